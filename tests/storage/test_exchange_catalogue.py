"""From a file of 1C to what readers see: runs, staging, withdrawal, stock, and every row in the journal."""
# ruff: noqa: F811 - a fixture is imported and then named as an argument

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from chalicelib.catalogue.model import sku_id
from chalicelib.exchange import store as exchange_store
from chalicelib.exchange.model import EntryKind, EntryState
from chalicelib.network.store import price_types, warehouses
from chalicelib.stock import store as stock_store
from chalicelib.stock.journal import Why, cause
from chalicelib.stock.journal_store import moved_put
from chalicelib.stock.moving import Move
from chalicelib.stock.store import levels
from tests.storage.exchange_world import World, world  # noqa: F401 - a fixture
from tests.storage.test_exchange_protocol import END, HEAD, goods, offers

FULL = {"import.xml": goods("1", "2", "3", full=True), "offers.xml": offers("1", "2", "3", full=True)}


def test_an_import_brings_price_types_warehouses_and_stock_along(world: World) -> None:
    world.client().upload(FULL)
    assert [(one.id, one.name, one.currency) for one in price_types(world.db)] == [("p", "Опт", "RUB")]
    assert [one.id for one in warehouses(world.db)] == ["main"]
    level = levels(world.db, [sku_id("1", None)])[sku_id("1", None)]
    assert level.available() == Decimal(5)


def test_only_stock_that_differs_is_written_and_the_last_word_counts(world: World) -> None:
    world.client().upload(FULL)
    world.client().upload({"offers.xml": offers("1", quantity=7)})
    found = levels(world.db, [sku_id("1", None), sku_id("2", None)])
    assert [level.available() for level in found.values()] == [Decimal(7), Decimal(5)]


def test_the_journal_accounts_for_every_row(world: World) -> None:
    rows = (
        "<Товар><Ид>1</Ид><Наименование>Один</Наименование></Товар>"
        "<Товар><Наименование>Без ида</Наименование></Товар><Товар><Ид>3</Ид></Товар>"
    )
    content = f"{HEAD}<Каталог><Ид>k</Ид><Товары>{rows}</Товары></Каталог>{END}".encode()
    (reply,) = world.client().upload({"import.xml": content})
    assert reply.word == "success"
    assert "принято строк: 1, не принято: 2" in reply.text.lower().replace("импорт завершён. ", "")
    entry = world.entry("import.xml")
    assert (entry.kind, entry.state) == (EntryKind.CATALOGUE, EntryState.PARTLY)
    assert [(one.kind, one.received, one.rejected) for one in entry.counts] == [("product", 3, 2)]
    rejected = exchange_store.load_rejected(world.db, entry.id)
    assert [(row.number, row.reason, row.subject) for row in rejected] == [(2, "no_id", "Без ида"), (3, "no_name", "3")]
    archive = world.entry("v8_1A76_155ae.zip")
    assert (archive.kind, archive.state, archive.code) == (EntryKind.UPLOAD, EntryState.PARTLY, "archive")


def test_the_first_full_exchange_is_shown_at_once_even_without_offers(world: World) -> None:
    world.client().upload({"import.xml": goods("1", full=True)})
    assert world.listed() == 1


def test_goods_of_a_later_full_exchange_wait_for_their_offers(world: World) -> None:
    world.client().upload(FULL)
    version = world.version()
    (reply,) = world.client().upload({"import.xml": goods("1", "2", "3", "4", full=True)})
    assert reply.word == "success"
    assert (world.version(), world.listed()) == (version, 3)
    assert [entry.state for entry in world.journal() if entry.name == "import.xml"][-1] is EntryState.WAITING
    world.client().upload({"offers.xml": offers("1", "2", "3", "4", full=True)})
    assert world.listed() == 4


def test_goods_that_wait_in_vain_are_shown_when_the_run_has_fallen_silent(world: World) -> None:
    world.client().upload(FULL)
    world.later(600)
    world.client().upload({"import.xml": goods("1", "2", "3", "4", full=True)})
    assert world.listed() == 3
    world.later(600)
    assert world.listed() == 4


def test_a_full_exchange_with_a_broken_file_leaves_the_catalogue_as_it_was(world: World) -> None:
    world.client().upload(FULL)
    version = world.version()
    broken = {"import.xml": goods("1", "9", full=True), "offers.xml": offers("1", "9", full=True)[:-30]}
    replies = world.client().upload(broken)
    assert [reply.word for reply in replies] == ["failure"]
    assert (world.version(), world.listed()) == (version, 3)
    states = {entry.name: entry.state for entry in world.journal()[-3:]}
    assert states["import.xml"] is states["offers.xml"] is EntryState.FAILED
    world.later(600)
    assert world.listed() == 3


def test_a_broken_second_session_of_a_full_run_leaves_the_catalogue_as_it_was(world: World) -> None:
    world.client().upload(FULL)
    version = world.version()
    world.client().upload({"import.xml": goods("1", "9", full=True)})
    assert world.client().upload({"offers.xml": offers("1", "9", full=True)[:-30]})[0].word == "failure"
    world.later(600)
    assert (world.version(), world.listed()) == (version, 3)


def test_a_broken_file_among_changes_does_not_hold_back_the_others(world: World) -> None:
    world.client().upload(FULL)
    files = {"import.xml": goods("4"), "rests.xml": b"not xml", "offers.xml": offers("4")}
    client = world.client()
    replies = client.upload(files)
    assert [reply.word for reply in replies] == ["success", "failure"]
    assert client.import_file("offers.xml").word == "success"
    assert world.listed() == 4


def test_what_a_full_exchange_leaves_out_is_withdrawn_when_its_run_is_over(world: World) -> None:
    world.client().upload(FULL)
    world.later(600)
    world.client().upload({"import.xml": goods("1", "2", full=True), "offers.xml": offers("1", "2", full=True)})
    assert world.listed() == 3
    world.later(600)
    assert world.listed() == 2
    assert world.journal()[-1].kind is EntryKind.RUN
    assert levels(world.db, [sku_id("3", None)])[sku_id("3", None)].available() == 0


def test_changes_never_withdraw_anything(world: World) -> None:
    world.client().upload(FULL)
    world.later(600)
    world.client().upload({"import.xml": goods("1"), "offers.xml": offers("1")})
    world.later(600)
    assert world.listed() == 3


def test_portions_of_a_full_run_withdraw_nothing_by_silence_but_by_complete(world: World) -> None:
    world.client().upload(FULL)
    for said in ("", "complete"):
        world.later(600)
        world.client().upload({"import0_1.xml": goods("1", full=True)})
        world.client().upload({"import0_2.xml": goods("2")})
        world.client().upload({"offers0_1.xml": offers("1", "2")})
        if said:
            client = world.client()
            client.check_in()
            client.ask("type=catalog&mode=complete")
        world.later(600)
        assert world.listed() == (2 if said else 3)


def test_deactivate_withdraws_what_the_run_did_not_name(world: World) -> None:
    world.client().upload(FULL)
    world.later(600)
    client = world.client()
    client.upload({"import.xml": goods("1"), "offers.xml": offers("1")})
    reply = client.ask(f"type=catalog&mode=deactivate&timestamp={client.timestamp}")
    assert reply.word == "success"
    assert world.listed() == 1


def test_most_of_the_catalogue_is_never_withdrawn_without_being_asked(world: World) -> None:
    names = [str(i) for i in range(60)]
    world.client().upload({"import.xml": goods(*names, full=True), "offers.xml": offers(*names, full=True)})
    world.later(600)
    world.client().upload({"import.xml": goods("1", full=True), "offers.xml": offers("1", full=True)})
    world.later(600)
    assert world.listed() == 60
    entry = world.journal()[-1]
    assert (entry.kind, entry.state, entry.code) == (EntryKind.RUN, EntryState.WAITING, "withheld")


def test_a_run_that_was_broken_withdraws_nothing(world: World) -> None:
    world.client().upload(FULL)
    world.later(600)
    world.client().upload({"import.xml": goods("1", full=True), "offers.xml": offers("1", full=True)})
    world.client().upload({"prices.xml": offers("1", full=True)[:-30]})
    world.later(600)
    assert world.listed() == 3


def test_an_exchange_that_repeats_itself_makes_no_new_version(world: World) -> None:
    world.client().upload(FULL)
    version = world.version()
    world.client().upload(FULL)
    world.later(600)
    world.client().upload(FULL)
    world.later(600)
    assert world.version() == version


def test_the_units_of_an_earlier_file_are_remembered(world: World) -> None:
    units = (
        f"{HEAD}<Классификатор><ЕдиницыИзмерения><ЕдиницаИзмерения><Ид>u-1</Ид><Код>999</Код><НаименованиеКраткое>бухта"
        f"</НаименованиеКраткое></ЕдиницаИзмерения></ЕдиницыИзмерения></Классификатор>{END}"
    ).encode()
    world.client().upload({"import.xml": units})
    product = "<Товар><Ид>1</Ид><Наименование>Кабель</Наименование><БазоваяЕдиница>u-1</БазоваяЕдиница></Товар>"
    content = f"{HEAD}<Каталог><Ид>k</Ид><Товары>{product}</Товары></Каталог>{END}".encode()
    world.client().upload({"import.xml": content})
    catalogue = world.catalogue()
    assert catalogue is not None
    assert catalogue.skus([sku_id("1", None)])[sku_id("1", None)].unit == "бухта"


def test_two_tenants_never_meet(world: World) -> None:
    world.client().upload(FULL)
    stranger = world.client()
    stranger.check_in()
    tenant, _, secret = stranger.cookie.removeprefix("kontor1c=").partition(".")
    other = "t" + ("0" * 11 if tenant != "t" + "0" * 11 else "1" * 11)
    stranger.cookie = f"kontor1c={other}.{secret}"
    assert stranger.ask("type=catalog&mode=init").word == "failure"


def test_a_number_that_came_too_early_to_be_believed_is_believed_when_it_comes_again(world: World) -> None:
    """The file was on its way while 1C confirmed an order: it may only lower the stock until the next one (ADR 8)."""
    world.client().upload(FULL)
    sku = sku_id("1", None)
    because = cause(Why.EXPORTED, world.now + timedelta(minutes=1))
    moved = stock_store.move(world.tenant_id, sku, {"main": Move(stamped=True)}, because)
    world.db.commit([moved, moved_put(world.tenant_id, because, [sku])])
    world.client().upload({"offers.xml": offers("1", quantity=9)})
    assert levels(world.db, [sku])[sku].available() == Decimal(5)
    world.later(120)
    version = world.version()
    world.client().upload({"offers.xml": offers("1", quantity=9)})
    assert levels(world.db, [sku])[sku].available() == Decimal(9)
    assert world.version() == version
