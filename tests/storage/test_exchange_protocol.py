"""The protocol of 1C, mode by mode, as independent clients speak it."""
# ruff: noqa: F811 - a fixture is imported and then named as an argument

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.clients.onec import ProtocolError, Reply, Transport, packed
from tests.storage.exchange_world import World, world  # noqa: F401 - a fixture

HEAD = '<?xml version="1.0" encoding="UTF-8"?><КоммерческаяИнформация ВерсияСхемы="2.07" ДатаФормирования="2026-11-20">'
END = "</КоммерческаяИнформация>"


def goods(*names: str, full: bool = False) -> bytes:
    rows = "".join(f"<Товар><Ид>{name}</Ид><Наименование>Товар {name}</Наименование></Товар>" for name in names)
    mark = "false" if full else "true"
    return f"{HEAD}<Каталог СодержитТолькоИзменения='{mark}'><Ид>k</Ид><Товары>{rows}</Товары></Каталог>{END}".encode()


def offers(*names: str, full: bool = False, quantity: int = 5) -> bytes:
    rows = "".join(
        f"<Предложение><Ид>{name}</Ид><Наименование>Товар {name}</Наименование><Цены><Цена><ИдТипаЦены>p</ИдТипаЦены>"
        f"<ЦенаЗаЕдиницу>100</ЦенаЗаЕдиницу><Валюта>руб</Валюта></Цена></Цены><Количество>{quantity}</Количество></Предложение>"
        for name in names
    )
    mark = "false" if full else "true"
    types = "<ТипыЦен><ТипЦены><Ид>p</Ид><Наименование>Опт</Наименование><Валюта>руб</Валюта></ТипЦены></ТипыЦен>"
    return (
        f"{HEAD}<ПакетПредложений СодержитТолькоИзменения='{mark}'><Ид>k#</Ид><ИдКаталога>k</ИдКаталога>{types}"
        f"<Предложения>{rows}</Предложения></ПакетПредложений>{END}"
    ).encode()


PORTION = {"import0_1.xml": goods("1", "2"), "offers0_1.xml": offers("1", "2")}


@pytest.mark.parametrize("script", ["/1c_exchange.php", "/bitrix/admin/1c_exchange.php"])
def test_a_run_of_ut_brings_the_catalogue(world: World, script: str) -> None:
    replies = world.client(script=script).upload(PORTION)
    assert [reply.word for reply in replies] == ["success", "success"]
    assert world.listed() == 2


@pytest.mark.parametrize(
    "habits",
    [
        {"cookies": "body", "basic_always": True},
        {"cookies": "body"},
        {"cookies": "header"},
        {"cookies": "none"},
        {"uses_zip": False},
        {"uses_zip": False, "cookies": "none"},
        {"version": "2.09"},
        {"content_type": "application/x-www-form-urlencoded"},
        {"content_type": "application/octet-stream"},
        {"content_type": "text/xml"},
    ],
)
def test_the_habits_of_clients_make_no_difference(world: World, habits: dict[str, object]) -> None:
    replies = world.client(**habits).upload(PORTION, limit=700)
    assert [reply.word for reply in replies] == ["success", "success"]
    assert world.listed() == 2


def test_checkauth_has_five_lines_for_the_catalogue_and_four_for_sales(world: World) -> None:
    client = world.client()
    catalogue = client.check_in("catalog")
    assert catalogue.status == 200
    assert catalogue.headers["content-type"] == ["text/plain; charset=utf-8"]
    assert [line.split("=")[0] for line in catalogue.lines[3:]] == ["sessid", "timestamp"]
    assert len(world.client().check_in("sale").lines) == 4


def test_a_session_of_one_type_is_good_for_the_other(world: World) -> None:
    client = world.client()
    client.check_in("sale")
    client.begin("catalog")
    client.send("import.xml", goods("1"))
    assert client.import_file("import.xml").word == "success"


def test_init_answers_exactly_two_lines_unless_the_client_tells_its_version(world: World) -> None:
    client = world.client()
    client.check_in()
    assert client.ask("type=catalog&mode=init").text == "zip=yes\nfile_limit=3000000"
    newer = world.client(version="2.09")
    newer.check_in()
    lines = newer.ask("type=catalog&mode=init").lines
    assert lines[:2] == ["zip=yes", "file_limit=3000000"]
    assert lines[2] == newer.session_line
    assert lines[3].startswith("version=")


def test_query_needs_no_init_and_an_empty_answer_is_an_empty_root(world: World) -> None:
    client = world.client()
    body = client.fetch_orders()
    assert "КоммерческаяИнформация" in body.decode("windows-1251")
    assert client.confirm().word == "success"


def test_the_answer_to_query_says_its_charset(world: World) -> None:
    client = world.client()
    client.check_in("sale")
    reply = client.ask("type=sale&mode=query")
    assert reply.headers["content-type"] == ["application/xml; charset=windows-1251"]


def test_info_is_xml_with_statuses(world: World) -> None:
    client = world.client()
    client.check_in("sale")
    reply = client.ask("type=sale&mode=info")
    assert reply.body.startswith(b"<?xml")
    assert "<Cтатусы>" in reply.body.decode("windows-1251")


@pytest.mark.parametrize(("login", "password"), [("", ""), ("nobody", "x"), (None, "wrong"), (None, "")])
def test_a_wrong_login_is_a_failure_with_a_sentence_and_not_an_http_error(
    world: World,
    login: str | None,
    password: str,
) -> None:
    client = world.client()
    client.login = world.login if login is None else login
    client.password = password
    reply = client.ask("type=catalog&mode=checkauth")
    assert (reply.status, reply.word) == (200, "failure")
    assert "пользовател" in reply.text
    assert "set-cookie" not in reply.headers


def test_guessing_the_password_is_throttled_and_the_right_one_still_works(world: World) -> None:
    client = world.client()
    client.password = "wrong"
    replies = [client.ask("type=catalog&mode=checkauth") for _ in range(23)]
    assert {reply.word for reply in replies} == {"failure"}
    assert replies[-1].text != replies[0].text
    world.client().check_in()


@pytest.mark.parametrize(
    "query",
    [
        "type=catalog&mode=init",
        "type=catalog&mode=import&filename=import.xml",
        "type=catalog&mode=file&filename=import.xml",
        "type=sale&mode=query",
        "type=sale&mode=success",
        "type=catalog&mode=deactivate&timestamp=1",
    ],
)
def test_without_a_session_nothing_is_done(world: World, query: str) -> None:
    client = world.client()
    for cookie in (
        "",
        "kontor1c=",
        "kontor1c=x",
        f"kontor1c={world.tenant_id}.{'x' * 43}",
        "kontor1c=t00000000000.secret",
    ):
        client.cookie = cookie
        reply = client.ask(query, method="POST", body=goods("1"))
        assert (reply.status, reply.word) == (200, "failure")
    assert not world.blobs


def test_a_changed_password_ends_the_sessions_that_the_old_one_opened(world: World) -> None:
    from chalicelib.identity import machines
    from chalicelib.storage.session import open_directory

    client = world.client()
    client.check_in()
    machines.rotate(open_directory(), world.tenant_id, now=world.now)
    assert client.ask("type=catalog&mode=init").word == "failure"


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("type=catalog&mode=dance", "failure"),
        ("type=catalog", "failure"),
        ("type=dance&mode=init", "failure"),
        ("mode=checkauth", "failure"),
        ("type=catalog&mode=query", "failure"),
        ("type=catalog&mode=success", "success"),
        ("type=sale&mode=success", "success"),
        ("type=catalog&mode=complete", "success"),
        ("type=catalog&mode=deactivate", "failure"),
        ("type=catalog&mode=deactivate&timestamp=1", "success"),
        ("type=sale&mode=deactivate&timestamp=1", "failure"),
        ("type=catalog&mode=import&filename=never-sent.xml", "failure"),
        ("type=catalog&mode=import", "failure"),
        ("type=catalog&mode=file", "failure"),
    ],
)
def test_every_mode_has_a_clear_first_word(world: World, query: str, word: str) -> None:
    client = world.client()
    client.check_in()
    reply = client.ask(query)
    assert (reply.status, reply.word) == (200, word)
    if word == "failure":
        assert len(reply.lines) == 2
        assert len(reply.lines[1]) > 10


@pytest.mark.parametrize("name", ["../import.xml", "/etc/passwd", "a/../../b.xml", "C:\\a.xml", "a\x00.xml", "x" * 400])
def test_a_name_that_leaves_its_folder_is_a_failure_and_stores_nothing(world: World, name: str) -> None:
    client = world.client()
    client.check_in()
    client.begin()
    with pytest.raises(ProtocolError, match="failure"):
        client.send(name, goods("1"))
    assert not world.blobs


@pytest.mark.parametrize(
    "content",
    [
        b"undefinedundefined" + goods("1"),
        b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + goods("1"),
        (HEAD + "<Каталог>" + "<a>" * 50_000).encode(),
        goods("1")[:-20],
        b"\x00" * 5_000,
        "Ошибка соединения с MySQL".encode(),
        b"<html></html>",
        packed({"import.xml": b"0" * 30_000_000}),
        packed({"../../etc/cron.xml": b"1", "import.xml": goods("1")}),
        packed({"import.xml": goods("1")})[:-30],
        b"PK\x03\x04" + b"x" * 500,
    ],
)
def test_a_hostile_file_is_a_failure_with_a_sentence_and_changes_nothing(world: World, content: bytes) -> None:
    world.client().upload({"import.xml": goods("7"), "offers.xml": offers("7")})
    version = world.version()
    client = world.client(uses_zip=False)
    client.check_in()
    client.begin()
    name = "import.zip" if content.startswith(b"PK") else "import.xml"
    client.send(name, content)
    reply = client.import_file("import.xml")
    assert reply.word == "failure"
    assert len(reply.lines[1]) > 10
    assert (world.version(), world.listed()) == (version, 1)
    assert any(entry.state == "failed" and entry.code for entry in world.journal())


def test_a_client_without_import_calls_gets_its_files_imported(world: World) -> None:
    for habits in ({"uses_zip": True}, {"uses_zip": False}):
        world.client(calls_import=False, **habits).upload(PORTION)
    world.work()
    assert world.listed() == 2


def test_a_file_that_never_visibly_ends_is_imported_when_1c_falls_silent(world: World) -> None:
    client = world.client(calls_import=False, uses_zip=False)
    client.upload({"import.xml": goods("1") + b"<!-- made by hand -->"})
    assert world.listed() == 0
    assert world.later(60) == 0
    world.later(60)
    assert world.listed() == 1


def test_the_next_init_takes_what_was_sent_before_as_whole(world: World) -> None:
    client = world.client(calls_import=False, uses_zip=False)
    client.upload({"import.xml": goods("1") + b"<!-- made by hand -->"})
    client.begin()
    assert world.listed() == 1


def test_complete_takes_what_was_sent_before_as_whole(world: World) -> None:
    client = world.client(calls_import=False, uses_zip=False)
    client.upload({"import.xml": goods("1") + b"<!-- made by hand -->"})
    assert client.ask("type=catalog&mode=complete").word == "success"
    assert world.listed() == 1


def test_while_the_worker_is_busy_the_answer_is_progress(world: World) -> None:
    world.eager = False
    client = world.client(uses_zip=False)
    client.check_in()
    client.begin()
    client.send("import.xml", goods("1"))
    assert client.ask("type=catalog&mode=import&filename=import.xml").word == "progress"
    world.work()
    assert client.import_file("import.xml").word == "success"
    # Asked again, the answer is the same and nothing is done a second time.
    assert client.import_file("import.xml").word == "success"
    assert world.work() == 0


def test_a_message_that_comes_twice_is_worked_on_once(world: World) -> None:
    world.eager = False
    client = world.client()
    client.calls_import = False
    client.upload(PORTION)
    twice = list(world.queue)
    world.work()
    version, entries = world.version(), len(world.journal())
    world.queue.extend(twice)
    world.work()
    assert (world.version(), len(world.journal())) == (version, entries)


def test_the_same_portion_again_changes_nothing(world: World) -> None:
    world.client().upload(PORTION)
    version = world.version()
    replies = world.client().upload(PORTION)
    assert [reply.word for reply in replies] == ["success", "success"]
    assert world.version() == version


def test_a_session_that_breaks_at_any_step_is_simply_run_again(world: World) -> None:
    for steps in range(100):
        client = world.client(uses_zip=False)
        client.transport = Breaking(client.transport, steps)
        try:
            client.upload(PORTION, limit=900)
        except ConnectionError:
            continue
        break
    assert 5 < steps < 99
    assert world.listed() == 2


class Breaking:
    """A connection that breaks after so many requests."""

    def __init__(self, transport: Transport, steps: int) -> None:
        self._transport = transport
        self._left = steps

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        self._left -= 1
        if self._left < 0:
            raise ConnectionError
        return self._transport(method, path, headers, body)


def test_prices_may_come_before_the_goods_that_they_belong_to(world: World) -> None:
    client = world.client(uses_zip=False)
    client.check_in()
    client.begin()
    client.send("prices.xml", offers("1"))
    assert client.import_file("prices.xml").word == "success"
    assert world.listed() == 0
    client.send("import.xml", goods("1"))
    assert client.import_file("import.xml").word == "success"
    catalogue = world.catalogue()
    assert catalogue is not None
    assert len(catalogue) == 1
    assert len(catalogue.prices([catalogue.by_article(["x"])[0].sku or ""]) or {}) == 0


def test_an_archive_of_folders_is_imported_by_the_names_inside(world: World) -> None:
    files = {"goods/1/import___b815e2db.xml": goods("1"), "goods/1/offers___f0bab95c.xml": offers("1")}
    assert [reply.word for reply in world.client().upload(files)] == ["success", "success"]
    assert world.listed() == 1


def test_the_first_good_import_marks_the_tenant_as_connected(world: World) -> None:
    assert world.settings.connected_at is None
    world.client().upload(PORTION)
    assert world.settings.connected_at is not None
