"""What a version of a price list would change, from the question to the report, and that putting it in force is one
instant for everybody."""

from __future__ import annotations

import io
import json
import re
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.catalogue.model import Query, sku_id
from chalicelib.catalogue.rules import What
from chalicelib.catalogue.store import assortment_put
from chalicelib.catalogue.visibility import Assortment, Rule, Whom
from chalicelib.gateways import queues
from chalicelib.http import csrf, sessions
from chalicelib.identity.model import User
from chalicelib.kernel.access import Role
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.errors import NotFound, Refused
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.job import LONGEST, JobState
from chalicelib.network.model import ContractMark
from chalicelib.network.store import account_put, contract_put, party_put
from chalicelib.ops.queue_handlers import consume_imports
from chalicelib.ordering.actions import NewOrder, add_to_cart, confirm, place_order
from chalicelib.ordering.actions.cart_view import show_cart
from chalicelib.ordering.store import load_order
from chalicelib.pricing import office
from chalicelib.pricing.actions import PriceChange, change_book, load_book, upload_rows
from chalicelib.pricing.book import with_list
from chalicelib.pricing.derived import Formula
from chalicelib.pricing.lists import ListRow, OwnList
from chalicelib.pricing.model import Quote
from chalicelib.simulator import actions, making
from chalicelib.simulator.jobs import run_simulation
from chalicelib.simulator.model import Report
from chalicelib.stock.actions import erp_levels
from chalicelib.storage import files, keys
from chalicelib.storage.writes import Put
from chalicelib.storefront.actions import browse
from tests.clients.in_process import InProcess
from tests.clients.onec import Reply
from tests.support.cabinet import cookie_of, signed_in
from tests.support.range import publish_range
from tests.support.shop import D, Shop

pytestmark = pytest.mark.usefixtures("tables")
NOW = utc_now()  # what has expired by the real clock is not read
WINDOW, SECOND, HANDLE = sku_id("window-0", None), sku_id("window-1", None), sku_id("handle", "b")
LIST = "spring"


@dataclass
class World:
    """A dealer of the group `gold`, which is given the list `spring`; the worker's queue is a list."""

    shop: Shop
    queue: list[dict[str, Any]] = field(default_factory=list)

    def wish(self) -> PriceChange:
        version = load_book(self.shop.db)[1]
        return PriceChange(
            actor=self.shop.manager, version=version, key=new_id(NOW), action="prices.changed", about={}, now=NOW
        )

    def version(self, *rows: ListRow) -> int:
        found = upload_rows(self.shop.session(), self.wish(), LIST, rows).find(LIST)
        assert found
        return found.versions[-1].number

    def activate(self, number: int, since: datetime | None = None) -> None:
        office.activate(self.shop.session(), self.wish(), LIST, number, since)

    def asked(self, number: int, since: datetime | None = None, once: str = "") -> str:
        manager = self.shop.manager
        return actions.ask(self.shop.db, manager, LIST, number, since, once or new_id(NOW), NOW)

    def report(self, number: int, since: datetime | None = None) -> Report:
        asked = self.asked(number, since)
        self.work()
        return actions.read_report(self.shop.db, asked)[1]

    def work(self) -> None:
        for body in self.queue:
            run_simulation(body, lambda: NOW)
        self.queue.clear()

    def fill(self, **quantities: int) -> None:
        for sku, quantity in {"window": WINDOW, "second": SECOND, "handle": HANDLE}.items():
            if sku in quantities:
                add_to_cart(self.shop.db, self.shop.buyer, self.shop.contract.id, quantity, D(quantities[sku]), NOW)

    def place(self, **quantities: int) -> str:
        self.fill(**quantities)
        new = NewOrder(actor=self.shop.buyer, contract_id=self.shop.contract.id, key=new_id(NOW))
        return place_order(self.shop.db, new, NOW)

    def prices(self, after: timedelta = timedelta(0)) -> tuple[object, ...]:
        """What the buyer's page of the catalogue shows of two windows."""
        wanted = Query(category_id="windows")
        page = browse(self.shop.session(), self.shop.buyer, self.shop.contract.id, wanted, NOW + after)
        answers = {one.answer.sku: one.answer for one in page.offers}
        return tuple(one.price for one in (answers[WINDOW], answers[SECOND]) if isinstance(one, Quote))


def row(amount: str, sku: str = WINDOW, least: int = 0) -> ListRow:
    return ListRow(sku=sku, amount=D(amount), min_quantity=D(least))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    shop = Shop({})
    tenant = shop.settings.id
    mark = ContractMark(id=shop.contract.id, number=shop.contract.number, currency="RUB")
    shop.party = replace(shop.party, group_id="gold", contracts=(mark,))
    boris = User(
        id=shop.buyer.user_id, email="b@example.org", name="Борис", role=Role.DEALER_BUYER, locale="ru", created=NOW,
        party_id=shop.party.id, party_name=shop.party.name, contract_id=shop.contract.id,
    )  # fmt: skip
    member = Put(key=keys.party_user(tenant, shop.party.id, boris.id), kind="user", data=boris)
    shop.db.commit([party_put(tenant, shop.party, 1), member])
    publish_range(shop.db, tmp_path, monkeypatch)
    bucket: dict[str, bytes] = {}
    monkeypatch.setattr(files, "put", lambda _tenant, key, content: bucket.update({key: content}))
    monkeypatch.setattr(files, "get", lambda _tenant, key: bucket[key])
    stock = [(sku, {"w1": D(50)}) for sku in (WINDOW, SECOND, HANDLE)]
    erp_levels(shop.db, stock, kind=shop.settings.exchange.stock_kind, as_of=NOW, message_id="m", now=NOW)
    made = World(shop)
    monkeypatch.setattr(queues, "send", lambda _url, body, **_: made.queue.append(body))
    own = OwnList(id=LIST, name="Весна", currency="RUB", exclusive=True)
    change_book(shop.db, made.wish(), lambda book: replace(with_list(book, own), groups={"gold": (LIST,)}))
    # The group's list stands behind the contract's price type, so this dealer is given it by contract.
    shop.contract = replace(shop.contract, price_list_ids=(LIST,))
    shop.db.commit([contract_put(tenant, shop.contract, 1)])
    return made


def second_dealer(world: World, **contract: object) -> None:
    """A dealer under a contract of its own."""
    shop, tenant = world.shop, world.shop.settings.id
    made = replace(shop.contract, id=new_id(NOW), party_id=new_id(NOW), number="15/2026", price_list_ids=())
    made = replace(made, **contract)  # type: ignore[arg-type]
    mark = ContractMark(id=made.id, number=made.number, currency=made.currency)
    party = replace(shop.party, id=made.party_id, name="Дом и двор", group_id="", contracts=(mark,))
    shop.db.commit([party_put(tenant, party, 0), contract_put(tenant, made, 0), account_put(tenant, made)])


def test_the_report_tells_contracts_carts_and_orders_and_by_how_much(world: World) -> None:
    second_dealer(world)
    world.activate(world.version(row("8000"), row("400", HANDLE)))
    order = world.place(window=1, handle=1)
    world.fill(window=2)
    number = world.version(row("8800"), row("300", HANDLE))
    found = world.report(number)
    assert (found.replaces, found.rows, found.contracts) == (1, 2, 2)
    assert [(one.party_name, one.number) for one in found.changed] == [("Светлый дом", "14/2026")]
    assert (found.total.up, found.total.down, found.total.least, found.total.most) == (1, 1, D("-25.00"), D("10.00"))
    assert [found.names[one.sku][0] for one in found.chains[0].worst] == ["RH-5", "ОК-1300"]
    (cart,) = found.carts
    assert (cart.person, cart.lines, cart.before, cart.after) == ("Борис", 1, D("16000.00"), D("17600.00"))
    (one,) = found.orders
    assert (one.id, one.lines, one.before, one.after) == (order, 2, D("8400.00"), D("9100.00"))


def test_asking_changes_nothing_and_what_was_told_comes_true(world: World) -> None:
    world.activate(world.version(row("8000")))
    order = world.place(window=1)
    world.fill(window=2)
    book = load_book(world.shop.db)
    number = world.version(row("8800.55"))
    told = world.report(number)
    assert load_book(world.shop.db)[1] == book[1] + 1, "the version alone was added"
    world.activate(number)
    shown = show_cart(world.shop.db, world.shop.buyer, world.shop.contract.id, NOW)
    assert shown.gross.amount == told.carts[0].after
    assert [line.problem for line in shown.lines] == ["price_changed"]
    assert load_order(world.shop.db, order).order.gross == told.orders[0].before, "an order keeps its price"


def test_an_answered_order_is_no_news(world: World) -> None:
    world.activate(world.version(row("8000")))
    file = load_order(world.shop.db, world.place(window=1))
    confirm(world.shop.db, world.shop.ask(file))
    assert not world.report(world.version(row("8800"))).orders


def test_a_list_that_another_is_derived_from_moves_that_ones_contracts(world: World) -> None:
    derived = OwnList(id="minus", name="Минус", formula=Formula(base_id=LIST, factor=D("0.5")))
    change_book(world.shop.db, world.wish(), lambda book: with_list(book, derived))
    second_dealer(world, price_type_id="", price_list_ids=("minus",))
    world.activate(world.version(row("8000")))
    found = world.report(world.version(row("9000")))
    assert sorted(one.number for one in found.changed) == ["14/2026", "15/2026"]
    assert [one.up for one in found.chains] == [1, 1]
    assert found.total.mean == D("12.50")


def test_a_price_that_another_list_decides_changes_for_nobody(world: World) -> None:
    contract = replace(world.shop.contract, price_list_ids=())
    world.shop.db.commit([contract_put(world.shop.settings.id, contract, 2)])
    world.activate(world.version(row("8000")))
    found = world.report(world.version(row("9000")))
    assert (found.rows, found.changed, found.total.changed) == (1, (), 0), "the price type before it has this window"


def test_what_is_hidden_from_a_dealer_changes_nothing_for_it(world: World) -> None:
    second_dealer(world, price_list_ids=(LIST,))
    world.activate(world.version(row("8000"), row("400", HANDLE)))
    rule = Rule(
        id="r", whom=Whom.DEALER, whom_id=world.shop.party.id, what=What.CATEGORY, key="windows", name="", shown=False
    )
    world.shop.db.commit([assortment_put(world.shop.settings.id, Assortment(rules=(rule,)))])
    found = world.report(world.version(row("8800"), row("300", HANDLE)))
    changes = {one.party_name: found.chains[one.chain] for one in found.changed}
    assert {name: (one.up, one.down) for name, one in changes.items()} == {"Дом и двор": (1, 1), "Светлый дом": (0, 1)}


def test_a_first_version_and_one_of_which_rows_are_missing(world: World) -> None:
    first = world.report(world.version(row("8000"), row("400", HANDLE)))
    assert (first.replaces, first.total.down, first.total.new) == (0, 1, 1), "handles had no price under this contract"
    world.activate(1)
    without = world.report(world.version(row("8000")))
    assert (without.rows, without.total.gone, without.total.mean) == (1, 1, None)


def test_it_is_compared_with_what_would_be_in_force_at_that_moment(world: World) -> None:
    world.activate(world.version(row("8000")))
    soon, later = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    world.activate(world.version(row("8200")), soon)
    number = world.version(row("8610"))
    assert (world.report(number).replaces, world.report(number).total.mean) == (1, D("7.63"))
    assert (world.report(number, later).replaces, world.report(number, later).total.mean) == (2, D("5.00"))


def test_beyond_what_a_worker_has_time_for_prices_are_a_sample_and_carts_are_whole(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "MOST", 1)
    world.activate(world.version(row("8000"), row("9000", SECOND)))
    world.fill(window=1, second=1)
    found = world.report(world.version(row("8800"), row("9900", SECOND)))
    assert (found.rows, found.compared, found.total.changed) == (2, 1, 1)
    assert (found.carts[0].lines, found.carts[0].after) == (2, D("18700.00"))


def test_the_same_form_and_a_message_that_comes_again_are_one_report(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = world.version(row("8000"))
    assert world.asked(number, once="a") == world.asked(number, once="a")
    (body,) = world.queue
    message = {"messageId": "1", "body": json.dumps(body), "attributes": {}}
    assert not consume_imports({"Records": [message]})["batchItemFailures"]
    monkeypatch.setattr(making, "_report", None)
    world.work()
    assert actions.look(world.shop.db, body["simulation"]).simulation.state is JobState.DONE


def test_what_cannot_be_put_in_force_cannot_be_asked_about(world: World) -> None:
    number = world.version(row("8000"))
    with pytest.raises(Refused, match="no_such_version"):
        world.asked(number + 1)
    with pytest.raises(Refused, match="moment_passed"):
        world.asked(number, NOW - timedelta(minutes=1))
    with pytest.raises(NotFound):
        actions.ask(world.shop.db, world.shop.manager, "nothing", number, None, "once", NOW)


def test_what_goes_wrong_is_told_and_a_worker_that_fell_silent_is_waited_for_no_longer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = world.version(row("8000"))
    silent = world.asked(number)
    world.queue.clear()
    one = actions.look(world.shop.db, silent).simulation
    assert one.is_alive(NOW)
    assert not one.is_alive(NOW + LONGEST)
    monkeypatch.setattr(making, "current_catalogue", lambda *_: None)
    failed = world.asked(number)
    world.work()
    one = actions.look(world.shop.db, failed).simulation
    assert (one.state, one.code) == (JobState.FAILED, "no_catalogue")
    with pytest.raises(Refused, match="simulation_not_ready"):
        actions.read_report(world.shop.db, failed)


@pytest.fixture
def page(world: World) -> Any:
    """The manager's browser: `page(method, path, **fields)`."""
    shop = world.shop
    cookie = cookie_of(shop, signed_in(shop, Role.SALES_MANAGER))
    headers = {
        "Cookie": f"{sessions.cookie_name()}={cookie}",
        "Content-Type": "application/x-www-form-urlencoded",
    }

    def ask(method: str, path: str, **fields: str) -> Reply:
        token = csrf.token_for(cookie.split(".", 1)[1])
        body = urlencode({"csrf": token, "once": new_id(utc_now()), **fields}).encode() if method == "POST" else b""
        return InProcess()(method, path, headers, body)

    return ask


def text(reply: Reply) -> str:
    return re.sub(r"[\u00a0\u202f]", " ", unescape(reply.body.decode()))


def test_from_the_lists_page_to_the_report_and_to_putting_it_in_force(world: World, page: Any) -> None:
    world.activate(world.version(row("8000")))
    world.place(window=1)
    world.fill(window=2)
    number = world.version(row("8800"))
    assert f"/prices/lists/{LIST}/simulate" in text(page("GET", f"/prices/lists/{LIST}"))
    went = page("POST", f"/prices/lists/{LIST}/simulate", number=str(number)).headers["location"][0]
    assert "Ждёт очереди" in text(page("GET", went))
    world.work()
    shown = text(page("GET", went))
    assert "+5…+10 % — 1 цена" in shown
    assert "+10 %" in shown
    assert "17 600,00 ₽" in text(page("GET", f"{went}?view=carts"))
    assert "+800,00 ₽" in text(page("GET", f"{went}?view=orders"))
    for view in ("", "carts", "orders"):
        sheet = page("GET", f"{went}/export.xlsx?view={view}")
        assert sheet.status == 200
        with zipfile.ZipFile(io.BytesIO(sheet.body)) as book:
            assert "Светлый дом" in book.read("xl/sharedStrings.xml").decode()
    version = re.search(r'name="version" value="(\d+)"', shown)
    assert version
    activated = page("POST", f"/prices/lists/{LIST}/activate", number=str(number), version=version[1])
    assert activated.status == 303
    assert world.prices(timedelta(days=1))[0] == D("8800")
    outdated = text(page("GET", went))
    assert "Цены с тех пор меняли" in outdated
    assert "Ввести сейчас" not in outdated


def test_an_activation_is_one_instant_for_every_reader_and_going_back_restores_every_kopeck(world: World) -> None:
    first = world.version(row("8000.01"), row("9999.99", SECOND))
    world.activate(first)
    old = world.prices()
    number = world.version(row("8800.10"), row("10500.50", SECOND))
    since = NOW + timedelta(hours=1)
    world.activate(number, since)
    instant = timedelta(hours=1)
    just_before = instant - timedelta(microseconds=1)
    new = world.prices(instant)
    assert world.prices(just_before) == old == (D("8000.01"), D("9999.99"))
    assert new == (D("8800.10"), D("10500.50"))
    office.activate(world.shop.session(), replace(world.wish(), now=since), LIST, first, None)
    assert world.prices(instant) == old


def test_readers_meanwhile_see_all_old_or_all_new_prices_never_a_mix(world: World) -> None:
    versions = [
        world.version(row("8000"), row("9000", SECOND)),
        world.version(row("8001"), row("9001", SECOND)),
    ]
    world.activate(versions[0])

    def read(_: int) -> list[tuple[object, ...]]:
        return [world.prices() for _ in range(12)]

    with ThreadPoolExecutor(4) as pool:
        reading = [pool.submit(read, n) for n in range(3)]
        for turn in range(8):
            world.activate(versions[(turn + 1) % 2])
        seen = {prices for one in reading for prices in one.result()}
    assert seen <= {(D("8000"), D("9000")), (D("8001"), D("9001"))}
    assert seen
