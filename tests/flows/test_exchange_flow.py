"""1C against the packaged stack: API Gateway, the queue, the worker and S3 as they are deployed."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable
from uuid import uuid4

import pytest

from tests.clients.onec import OneC, ProtocolError, over_http
from tests.rules.commerceml_sets import DAMAGED, FILES, real_file
from tests.support.stack import Stack
from tools.cabinet_client import Cabinet

HEAD = '<?xml version="1.0" encoding="UTF-8"?><КоммерческаяИнформация ВерсияСхемы="2.07">'
END = "</КоммерческаяИнформация>"


def goods(*names: str) -> bytes:
    rows = "".join(f"<Товар><Ид>{name}</Ид><Наименование>Товар {name}</Наименование></Товар>" for name in names)
    return f"{HEAD}<Каталог><Ид>k</Ид><Товары>{rows}</Товары></Каталог>{END}".encode()


@pytest.fixture(scope="module")
def owner(stack: Stack) -> Cabinet:
    """The owner of a manufacturer that has just signed up."""
    email = f"{uuid4().hex}@example.org"
    cabinet = Cabinet(stack.url)
    cabinet.get("/signup")
    cabinet.submit(
        "/signup",
        {
            "company": "Завод обмена",
            "country": "RU",
            "tax_id": "7707083893",
            "currency": "RUB",
            "time_zone": "Europe/Moscow",
            "locale": "ru",
            "name": "Анна",
            "email": email,
            "password": uuid4().hex,
        },
    )
    cabinet.submit("/signup/confirm", {"code": "123456"})
    return cabinet


@pytest.fixture(scope="module")
def connect(stack: Stack, owner: Cabinet) -> Callable[..., OneC]:
    """Makes clients of this manufacturer's exchange, each with its own habits."""
    owner.get("/exchange")
    page = owner.submit("/exchange/password")
    login = re.search(r"<code>(1c-[0-9a-z]{11})</code>", page)
    password = re.search(r"<code>([A-Za-z0-9]{24})</code>", page)
    assert login
    assert password

    def client(**habits: object) -> OneC:
        return OneC(over_http(stack.url), login[1], password[1], poll_limit=120, **habits)  # type: ignore[arg-type]

    return client


@pytest.mark.parametrize(
    "habits",
    [
        {"cookies": "body", "basic_always": True},
        {"cookies": "header", "uses_zip": False},
        {"cookies": "none"},
        {"script": "/bitrix/admin/1c_exchange.php", "version": "2.09", "content_type": "application/octet-stream"},
    ],
    ids=["ut", "set-cookie", "password each time", "bitrix module"],
)
def test_every_kind_of_client_brings_its_catalogue(
    connect: Callable[..., OneC], owner: Cabinet, habits: dict[str, object]
) -> None:
    name = f"import-{uuid4().hex[:8]}.xml"
    (reply,) = connect(**habits).upload({name: goods(*"abc")}, limit=200)
    assert reply.word == "success", reply.text
    assert name in owner.get("/exchange")


def test_bytes_that_are_no_text_arrive_as_they_were_sent(connect: Callable[..., OneC]) -> None:
    client = connect()
    client.check_in()
    client.begin()
    content = bytes(range(256)) * 40
    reply = client.ask("type=catalog&mode=file&filename=import_files/ab/1.jpg", method="POST", body=content)
    assert reply.text == f"success\nПолучено байт: {len(content)}"


def test_a_client_without_import_calls_gets_its_files_imported(connect: Callable[..., OneC], owner: Cabinet) -> None:
    name = f"import-{uuid4().hex[:8]}.xml"
    connect(calls_import=False, uses_zip=False).upload({name: goods("x")})
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        row = re.search(rf"<tr[^>]*>(?:(?!</tr>).)*{name}.*?</tr>", owner.get("/exchange"), re.DOTALL)
        if row and "Готово" in row.group():
            return
        time.sleep(0.5)
    pytest.fail("the file was never imported")


def test_the_damaged_file_and_wrong_logins_are_failures_with_a_sentence(
    connect: Callable[..., OneC], owner: Cabinet
) -> None:
    (reply,) = connect().upload({"damaged.xml": real_file(DAMAGED).read_bytes()})
    assert reply.word == "failure"
    assert "undefinedundefined" in reply.text
    stranger = connect()
    stranger.password = "wrong"
    answer = stranger.ask("type=catalog&mode=checkauth")
    assert (answer.status, answer.word) == (200, "failure")
    client = connect()
    client.check_in()
    client.begin()
    with pytest.raises(ProtocolError):
        client.send("../../etc/passwd.xml", goods("y"))


def test_a_real_set_of_many_files_is_imported_and_shown(connect: Callable[..., OneC], owner: Cabinet) -> None:
    name = "v3.1-bitrix-module6"
    files = {
        one.removeprefix(f"{name}/"): real_file(one).read_bytes()
        for one in FILES
        if one.startswith(f"{name}/") and "documents" not in one
    }
    replies = connect().upload(files, limit=200_000)
    assert [reply.word for reply in replies] == ["success"] * len(files)
    page = html.unescape(owner.get("/exchange?view=files"))
    for file in files:
        assert file in page


def test_orders_are_asked_for_and_confirmed_by_every_client(connect: Callable[..., OneC]) -> None:
    for habits in ({"cookies": "body"}, {"cookies": "header"}, {"cookies": "none"}):
        client = connect(**habits)
        assert client.fetch_orders().decode("windows-1251").startswith('<?xml version="1.0" encoding="windows-1251"?>')
        assert client.confirm().word == "success"
        info = client.ask("type=sale&mode=info")
        assert info.body.startswith(b"<?xml")
    assert connect(accept="").fetch_orders().startswith(b'<?xml version="1.0" encoding="utf-8"?>')
