"""The exchange in the cabinet: connection, settings, journal."""
# ruff: noqa: F811 - a fixture is imported and then named as an argument

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest

from chalicelib.exchange.model import EntryKind
from chalicelib.http import csrf, sessions
from chalicelib.kernel.access import Role
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.ids import new_id
from chalicelib.tenancy.model import Charset, InvoiceSource, OrderStructure, StockKind
from tests.clients.in_process import InProcess
from tests.clients.onec import OneC, Reply
from tests.storage.exchange_world import World, make_world, new_tenant, world  # noqa: F401 - a fixture
from tests.storage.test_exchange_protocol import END, HEAD, PORTION, goods, offers

NAMELESS = "<Товар><Наименование>&lt;b&gt;Без ида</Наименование></Товар>"
BAD = f"{HEAD}<Каталог><Ид>k</Ид><Товары>{NAMELESS}</Товары></Каталог>{END}"


@dataclass
class Person:
    cookie: str

    def get(self, path: str) -> Reply:
        return InProcess()("GET", path, self._headers(), b"")

    def post(self, path: str, **fields: str) -> Reply:
        secret = self.cookie.split(".", 1)[1]
        body = urlencode({"csrf": csrf.token_for(secret), **fields}).encode()
        return InProcess()("POST", path, self._headers(), body)

    def _headers(self) -> dict[str, str]:
        return {
            "Cookie": f"{sessions.cookie_name()}={self.cookie}",
            "Content-Type": "application/x-www-form-urlencoded",
        }


def person(world: World, role: Role = Role.OWNER) -> Person:
    signed = sessions.SignedIn(
        tenant_id=world.tenant_id,
        tenant_name="Завод",
        currency="RUB",
        time_zone="Europe/Moscow",
        user_id=new_id(utc_now()),
        name="Анна",
        email="anna@example.org",
        locale="ru",
        role=role,
        party_id="p" if role.is_dealer else None,
    )
    return Person(sessions.start(world.db, signed, now=utc_now(), agent="test"))


def text(reply: Reply) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", reply.text))


def test_the_page_shows_what_to_type_into_1c(world: World) -> None:
    page = person(world).get("/exchange")
    assert page.status == 200
    assert "/1c_exchange.php" in page.text
    assert world.login in page.text
    assert world.password not in page.text


def test_a_new_password_is_shown_once_and_the_old_one_ends(world: World) -> None:
    anna = person(world)
    page = anna.post("/exchange/password")
    found = re.search(r'data-copy="([A-Za-z0-9]{24})"', page.text)
    assert found
    assert found[1] not in anna.get("/exchange").text
    old = world.client().ask("type=catalog&mode=checkauth")
    assert old.word == "failure"
    OneC(InProcess(), world.login, found[1]).check_in()


def test_the_settings_are_kept_and_wrong_ones_are_named(world: World) -> None:
    anna = person(world)
    wanted = {"charset": "utf-8", "byte_order_mark": "1", "structure": "container", "stock_kind": "physical"}
    wanted["invoices"] = "erp"
    assert anna.post("/exchange/settings", organisation="ООО «Завод»", **wanted).status == 303
    kept = world.settings.exchange
    assert (kept.charset, kept.byte_order_mark, kept.structure) == (Charset.UTF_8, True, OrderStructure.CONTAINER)
    assert (kept.stock_kind, kept.organisation) == (StockKind.PHYSICAL, "ООО «Завод»")
    assert kept.invoices is InvoiceSource.ERP
    wrong = anna.post("/exchange/settings", **{**wanted, "charset": "ebcdic", "organisation": "x" * 300})
    assert wrong.status == 422
    assert "x" * 300 in wrong.text
    assert world.settings.exchange == kept


def test_a_mark_of_byte_order_belongs_to_utf_8_alone(world: World) -> None:
    wanted = {"charset": "windows-1251", "byte_order_mark": "1", "structure": "flat", "stock_kind": "free"}
    wanted["invoices"] = "kontor"
    person(world).post("/exchange/settings", **wanted)
    assert not world.settings.exchange.byte_order_mark


def test_the_journal_lists_sessions_and_files_and_each_has_its_page(world: World) -> None:
    world.client().upload({**PORTION, "prices.xml": BAD.encode()})
    anna = person(world)
    page = anna.get("/exchange")
    for name in ("import0_1.xml", "offers0_1.xml", "prices.xml", "v8_1A76_155ae.zip", "1С вошла"):
        assert name in text(page)
    links = re.findall(r'href="[^"]*(/exchange/journal/[0-9a-z]{20})"', page.text)
    assert len(links) >= 5
    for link in links:
        assert anna.get(link).status == 200
    entry = world.entry("prices.xml")
    shown = anna.get(f"/exchange/journal/{entry.id}")
    assert "<b>Без ида" not in shown.text
    assert "&lt;b&gt;Без ида" in shown.text
    assert "Нет идентификатора" in text(shown)


def test_the_views_of_the_journal_choose(world: World) -> None:
    world.client().upload({"import.xml": goods("1"), "bad.xml": b"not xml"})
    anna = person(world)
    files = text(anna.get("/exchange?view=files"))
    assert "import.xml" in files
    assert "1С вошла" not in files
    problems = text(anna.get("/exchange?view=problems"))
    assert "bad.xml" in problems
    assert "import.xml" not in problems
    assert "import.xml" not in text(anna.get("/exchange?month=2020-01"))


def test_a_failed_file_says_why(world: World) -> None:
    world.client().upload({"bad.xml": b"undefined" + goods("1")})
    shown = text(person(world).get(f"/exchange/journal/{world.entry('bad.xml').id}"))
    assert "Это не XML: файл начинается с «undefined" in shown


def test_an_entry_of_another_tenant_is_not_there(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    world.client().upload({"import.xml": goods("1")})
    other = make_world(monkeypatch, tmp_path_factory.mktemp("other"), new_tenant())
    for entry in world.journal():
        assert person(other).get(f"/exchange/journal/{entry.id}").status == 404
        assert person(other).post(f"/exchange/journal/{entry.id}/withdraw").status == 404
    for never in ("0" * 20, "x", "z" * 20):
        assert person(world).get(f"/exchange/journal/{never}").status == 404


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OWNER])
def test_only_those_who_may_see_the_exchange_see_it(world: World, role: Role) -> None:
    somebody = person(world, role)
    assert somebody.get("/exchange").status == 403
    assert somebody.post("/exchange/password").status == 403


def test_a_withheld_withdrawal_can_be_confirmed_by_a_person(world: World) -> None:
    names = [str(i) for i in range(60)]
    world.client().upload({"import.xml": goods(*names, full=True), "offers.xml": offers(*names, full=True)})
    world.later(600)
    world.client().upload({"import.xml": goods("1", full=True), "offers.xml": offers("1", full=True)})
    world.later(600)
    (entry,) = [one for one in world.journal() if one.kind is EntryKind.RUN]
    anna = person(world)
    assert "59" in text(anna.get(f"/exchange/journal/{entry.id}"))
    assert anna.post(f"/exchange/journal/{entry.id}/withdraw").status == 303
    assert world.listed() == 1
    assert anna.post(f"/exchange/journal/{entry.id}/withdraw").status == 404
