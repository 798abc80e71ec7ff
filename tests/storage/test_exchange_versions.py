"""Versions of the catalogue in the cabinet: the list, what differs between two, and going back to an earlier one."""
# ruff: noqa: F811 - a fixture is imported and then named as an argument

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from chalicelib.catalogue.model import sku_id
from chalicelib.exchange import jobs, store
from chalicelib.exchange.model import EntryKind, EntryState
from chalicelib.gateways import queues
from chalicelib.kernel.access import Role
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.errors import Unavailable
from chalicelib.kernel.ids import new_id
from chalicelib.stock.store import levels
from chalicelib.storage import snapshots
from tests.clients.onec import Reply
from tests.storage.exchange_world import World, world  # noqa: F401 - a fixture
from tests.storage.test_exchange_pages import Person, person, text
from tests.storage.test_exchange_protocol import goods, offers

FULL = {"import.xml": goods("1", "2", full=True), "offers.xml": offers("1", "2", full=True)}


def cheaper(*names: str, quantity: int = 5) -> bytes:
    return offers(*names, quantity=quantity).replace(b">100<", b">80<")


@pytest.fixture
def changed(world: World) -> World:
    """Version 1: products 1 and 2. The last version: 3 came, 1 got cheaper and has less stock. All is quiet."""
    world.client().upload(FULL)
    world.later(600)
    world.client().upload({"import.xml": goods("3"), "offers.xml": cheaper("1", quantity=2)})
    world.client().upload({"offers.xml": offers("3")})
    world.later(600)
    return world


def restoring(someone: Person, version: int, over: int, once: str = "") -> Reply:
    return someone.post(f"/exchange/versions/{version}/restore", over=str(over), once=once or new_id(utc_now()))


def price(world: World, name: str) -> Decimal:
    catalogue = world.catalogue()
    assert catalogue
    sku = sku_id(name, None)
    return catalogue.prices([sku])[sku][0].amount


def names(world: World) -> list[str]:
    catalogue = world.catalogue()
    assert catalogue
    return sorted(item.name for item in catalogue.skus([sku_id(n, None) for n in "123"]).values() if item.listed)


def test_the_list_says_of_each_version_when_what_made_it_and_how_much_is_in_it(changed: World) -> None:
    anna = person(changed)
    assert "/exchange/versions" in anna.get("/exchange").text
    page = anna.get("/exchange/versions")
    last = changed.version()
    assert [f"Версия {n}" in text(page) for n in range(1, last + 1)] == [True] * last
    assert text(page).count("Действует") == 1
    assert "Остатки к версиям не относятся" in text(page)
    links = re.findall(r'href="[^"]*(/exchange/journal/[0-9a-z]{20})"', page.text)
    assert len(links) == last
    assert {anna.get(link).status for link in links} == {200}
    assert [(one.products, one.listed) for one in snapshots.versions(changed.db)][-1] == (3, 3)


def test_a_version_shows_what_it_changed_by_kind_and_price_type(changed: World) -> None:
    anna, last = person(changed), changed.version()
    page = text(anna.get(f"/exchange/versions/{last}?with=1"))
    assert re.search(r"Товар 3\s+Новый", page)
    assert re.search(r"Товар 1\s+Опт\s+100,00\s₽\s+80,00\s₽\s+−20\s%", page)
    prices = text(anna.get(f"/exchange/versions/{last}?with=1&view=price"))
    assert "Товар 3" not in prices
    assert "Опт (1)" in prices
    assert "Товар 1" not in text(anna.get(f"/exchange/versions/{last}?with=1&view=new"))
    assert "Товар 1" not in text(anna.get(f"/exchange/versions/{last}?with=1&price_type=other"))
    assert "Товар 3 Снят с показа" in re.sub(r"\s+", " ", text(anna.get(f"/exchange/versions/1?with={last}")))
    assert "сравнить не с чем" in text(anna.get("/exchange/versions/1"))


def test_two_versions_are_compared_where_there_is_room_for_one_file(
    changed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "_KEPT_BYTES", 1)
    anna, last = person(changed), changed.version()
    for _ in range(2):
        assert "Снят с показа" in text(anna.get(f"/exchange/versions/1?with={last}"))
    assert restoring(anna, 1, last).status == 303
    assert names(changed) == ["Товар 1", "Товар 2"]


def test_the_changes_come_as_a_spreadsheet_as_they_are_filtered(changed: World) -> None:
    last = changed.version()
    reply = person(changed).get(f"/exchange/versions/{last}/changes.xlsx?with=1&view=price")
    assert reply.status == 200
    with ZipFile(BytesIO(reply.body)) as book:
        strings, cells = (book.read(f"xl/{name}").decode() for name in ("sharedStrings.xml", "worksheets/sheet1.xml"))
    assert "Товар 1" in strings
    assert "Товар 3" not in strings
    assert "<v>-20.0</v>" in cells or "<v>-20</v>" in cells


@pytest.mark.parametrize("address", ["99", "0", "x", "1?with=99", "1?with=x", "99999999999"])
def test_a_version_that_is_not_kept_is_not_found(changed: World, address: str) -> None:
    anna = person(changed)
    assert anna.get(f"/exchange/versions/{address}").status == 404
    number = address.partition("?")[0]
    if number != "1":
        assert anna.get(f"/exchange/versions/{number}/restore").status == 404
        assert restoring(anna, 99, 1).status == 404


def test_going_back_brings_earlier_goods_and_prices_and_leaves_the_stock(changed: World) -> None:
    anna, last = person(changed), changed.version()
    confirm = text(anna.get("/exchange/versions/1/restore"))
    assert re.search(r"Будут сняты с показа\s+1\b", confirm)
    assert "Остатки и резервы не откатываются" in confirm
    reply = restoring(anna, 1, last)
    assert reply.status == 303
    assert changed.version() == last + 1
    assert (names(changed), price(changed, "1")) == (["Товар 1", "Товар 2"], Decimal(100))
    sku = sku_id("1", None)
    assert levels(changed.db, [sku])[sku].available() == 2
    catalogue = changed.catalogue()
    assert catalogue
    assert catalogue.skus([sku])[sku].erp_stock == 2
    current = snapshots.read_current(changed.db)
    assert current
    assert (current.listed, current.products) == (2, 2)
    entry = store.load_entry(changed.db, current.entry_id)
    assert (entry.kind, entry.state) == (EntryKind.VERSION, EntryState.DONE)
    assert "Возврат каталога к версии 1" in text(anna.get("/exchange"))
    assert "снова те, что были в версии 1" in text(anna.get(f"/exchange/journal/{entry.id}"))


def test_the_same_form_twice_goes_back_once(changed: World) -> None:
    anna, last, once = person(changed), changed.version(), new_id(utc_now())
    first, second = restoring(anna, 1, last, once), restoring(anna, 1, last, once)
    assert first.headers["location"] == second.headers["location"]
    assert changed.version() == last + 1
    done = [entry for entry in changed.journal() if entry.kind is EntryKind.VERSION]
    jobs.run_import({"tenant": changed.tenant_id, "do": "restore", "entry": done[0].id}, changed.now)
    assert (len(done), changed.version()) == (1, last + 1)


def test_a_request_whose_queue_did_not_answer_is_carried_out_when_it_is_sent_again(
    changed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, last, once = person(changed), changed.version(), new_id(utc_now())
    sends = queues.send

    def broken(*_: object, **__: object) -> None:
        raise Unavailable("storage_busy")

    monkeypatch.setattr(queues, "send", broken)
    assert restoring(anna, 1, last, once).status == 503
    monkeypatch.setattr(queues, "send", sends)
    assert restoring(anna, 1, last, once).status == 303
    assert changed.version() == last + 1


def test_another_version_in_force_meanwhile_refuses_with_a_sentence(changed: World) -> None:
    anna, last = person(changed), changed.version()
    reply = restoring(anna, 1, last - 1)
    assert reply.status == 409
    assert f"другая версия каталога ({last})" in text(reply)
    assert restoring(anna, last, last).status == 409
    assert changed.version() == last


def test_an_import_that_was_queued_before_refuses_in_the_journal(changed: World) -> None:
    anna, last = person(changed), changed.version()
    changed.eager = False
    assert restoring(anna, 1, last).status == 303
    request = changed.queue.pop()
    changed.eager = True
    changed.client().upload({"offers.xml": cheaper("2")})
    assert changed.version() == last + 1
    jobs.run_import(request, changed.now)
    (entry,) = [one for one in changed.journal() if one.kind is EntryKind.VERSION]
    assert (entry.state, entry.code) == (EntryState.FAILED, "version_exchange_running")
    assert "идёт обмен с 1С" in text(anna.get(f"/exchange/journal/{entry.id}"))
    assert (changed.version(), price(changed, "2")) == (last + 1, Decimal(80))


def test_while_1c_is_sending_nobody_goes_back(changed: World) -> None:
    anna = person(changed)
    changed.client().upload({"offers.xml": cheaper("2")})
    reply = restoring(anna, 1, changed.version())
    assert reply.status == 409
    assert "идёт обмен с 1С" in text(reply)
    changed.later(600)
    assert restoring(anna, 1, changed.version()).status == 303
    assert price(changed, "2") == 100


def test_changes_after_going_back_build_on_the_version_in_force(changed: World) -> None:
    restoring(person(changed), 1, changed.version())
    changed.client().upload({"offers.xml": cheaper("2")})
    changed.later(600)
    assert (names(changed), price(changed, "1"), price(changed, "2")) == (
        ["Товар 1", "Товар 2"],
        Decimal(100),
        Decimal(80),
    )


def test_a_full_exchange_after_going_back_brings_everything_again(changed: World) -> None:
    restoring(person(changed), 1, changed.version())
    full = {"import.xml": goods("1", "2", "3", full=True), "offers.xml": offers("1", "2", "3", full=True)}
    changed.client().upload(full)
    changed.later(600)
    assert names(changed) == ["Товар 1", "Товар 2", "Товар 3"]


def test_a_full_exchange_after_going_back_takes_away_stock_that_only_later_versions_knew(changed: World) -> None:
    restoring(person(changed), 1, changed.version())
    without = offers("1", "2", "3", full=True).replace("<Количество>5</Количество>".encode(), b"", 2)
    changed.client().upload({"import.xml": goods("1", "2", "3", full=True), "offers.xml": without})
    changed.later(600)
    found = levels(changed.db, [sku_id(n, None) for n in "123"])
    assert [found[sku_id(n, None)].available() for n in "123"] == [0, 0, 5]


@pytest.mark.parametrize("said", ["complete", "deactivate"])
def test_what_1c_says_of_a_run_after_going_back_withdraws_nothing(changed: World, said: str) -> None:
    restoring(person(changed), 1, changed.version())
    client = changed.client()
    client.check_in()
    client.ask(f"type=catalog&mode={said}")
    changed.later(600)
    assert names(changed) == ["Товар 1", "Товар 2"]


def test_a_withheld_withdrawal_of_before_cannot_be_confirmed_after_going_back(world: World) -> None:
    many = [str(i) for i in range(60)]
    world.client().upload({"import.xml": goods(*many, full=True), "offers.xml": offers(*many, full=True)})
    world.later(600)
    world.client().upload({"import.xml": goods("1", full=True), "offers.xml": cheaper("1")})
    world.later(600)
    (entry,) = [one for one in world.journal() if one.kind is EntryKind.RUN]
    anna = person(world)
    restoring(anna, 1, world.version())
    assert anna.post(f"/exchange/journal/{entry.id}/withdraw").status == 409
    assert world.listed() == 60


def test_one_may_go_forward_again_in_the_same_way(changed: World) -> None:
    anna, last = person(changed), changed.version()
    restoring(anna, 1, last)
    restoring(anna, last, last + 1)
    assert (names(changed), price(changed, "1")) == (["Товар 1", "Товар 2", "Товар 3"], Decimal(80))


def test_a_version_that_another_release_wrote_is_refused_with_a_sentence(changed: World, tmp_path: Path) -> None:
    anna, current, ours = person(changed), snapshots.read_current(changed.db), tmp_path / "ours"
    assert current
    snapshots.fetch(changed.tenant_id, current, ours)
    with closing(sqlite3.connect(shutil.copyfile(ours, tmp_path / "theirs"))) as db, db:
        db.execute("UPDATE meta SET value = value + 1 WHERE key = 'schema'")
    theirs = snapshots.publish(changed.db, tmp_path / "theirs", base=current, listed=3, now=changed.now)
    last = snapshots.publish(changed.db, ours, base=theirs, listed=3, now=changed.now).version
    for address in (f"/{theirs.version}", f"/{theirs.version}/restore", f"/{last}"):
        reply = anna.get(f"/exchange/versions{address}")
        assert (reply.status, "записал другой выпуск Kontor" in text(reply)) == (409, True)
    assert anna.get("/exchange/versions").status == 200
    page = restoring(anna, theirs.version, last)
    (entry,) = [one for one in changed.journal() if one.kind is EntryKind.VERSION]
    assert (page.status, entry.state, changed.version()) == (303, EntryState.FAILED, last)
    assert "записал другой выпуск Kontor" in text(anna.get(f"/exchange/journal/{entry.id}"))


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OWNER])
def test_only_those_who_may_see_the_exchange_see_and_change_versions(changed: World, role: Role) -> None:
    somebody, last = person(changed, role), changed.version()
    for path in ("", "/1", "/1/restore", f"/{last}/changes.xlsx"):
        assert somebody.get(f"/exchange/versions{path}").status == 403
    assert restoring(somebody, 1, last).status == 403
    assert changed.version() == last
