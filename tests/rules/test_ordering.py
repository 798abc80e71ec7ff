"""Orders without storage: states, sums, differences, quick order, what the ERP's documents make of an order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chalicelib.catalogue.model import sku_id
from chalicelib.kernel.errors import Invalid, Refused
from chalicelib.ordering import cart as carts
from chalicelib.ordering.cart import Cart, CartLine
from chalicelib.ordering.erp import ErpStatus, ErpUpdate, ErpUpdateLine, ErpUpdateShipment
from chalicelib.ordering.erp_holding import as_the_erp_says, known_to_erp, sent_off
from chalicelib.ordering.erp_rules import followed
from chalicelib.ordering.holding import Held, Reservation, follow, wanted
from chalicelib.ordering.lines import Terms, cancelled, difference, edited, held_by, restored, summed
from chalicelib.ordering.model import LineStatus, OrderLine, Shipment, derived_percent, derived_state, order_number
from chalicelib.ordering.quickorder import Found, Reading, articles, quantity_problem, resolved, rows_of
from chalicelib.ordering.states import ALLOWED, Act, Side, State, after, may
from chalicelib.stock.model import Level, Sources, WarehouseLevel
from chalicelib.stock.moving import Move
from chalicelib.stock.transit import place_of
from chalicelib.tenancy.model import RoundingBase, StockKind

D = Decimal
TERMS = Terms(currency="RUB", vat_included=True, base=RoundingBase.ROW)


def _line(name: str, quantity: str = "1", price: str = "10", line_id: str = "1", **more: object) -> OrderLine:
    line = OrderLine(
        id=line_id,
        sku=sku_id(name, None),
        product_id=name,
        variant_id="",
        catalogue_id="",
        article=name,
        name=name,
        unit="шт",
        unit_code="796",
        quantity=D(quantity),
        price=D(price),
        vat_rate=D(22),
        net=D(0),
        vat=D(0),
        gross=D(quantity) * D(price),
    )
    return replace(line, **more)  # type: ignore[arg-type]


# --- states --------------------------------------------------------------------------------------


def test_a_confirmed_order_is_no_longer_the_dealers_to_edit() -> None:
    assert not may(State.CONFIRMED, Act.EDIT, Side.DEALER)
    with pytest.raises(Refused) as refused:
        after(State.CONFIRMED, Act.EDIT, Side.DEALER)
    assert refused.value.code == "order_state"


def test_a_dealer_cancels_before_production_only_the_manufacturer_later() -> None:
    assert may(State.CONFIRMED, Act.CANCEL, Side.DEALER)
    assert not may(State.IN_PRODUCTION, Act.CANCEL, Side.DEALER)
    assert may(State.READY, Act.CANCEL, Side.STAFF)
    assert not may(State.SHIPPING, Act.CANCEL, Side.STAFF)


def test_only_the_erp_follows_a_completed_order_and_nobody_a_cancelled_one() -> None:
    acts = {state: [key for key, states in ALLOWED.items() if state in states] for state in State if state.is_final}
    assert acts == {State.COMPLETED: [(Act.FOLLOW, Side.ERP)], State.CANCELLED: []}


def test_the_state_follows_from_the_lines() -> None:
    accepted, made = _line("a"), _line("b", status=LineStatus.IN_PRODUCTION, line_id="2")
    ready, gone = _line("c", status=LineStatus.READY), _line("d", status=LineStatus.IN_DELIVERY)
    there, off = _line("e", status=LineStatus.AT_DEALER), cancelled(_line("f"))
    for lines, state in (
        ([accepted], State.CONFIRMED),
        ([accepted, made], State.IN_PRODUCTION),
        ([accepted, ready], State.IN_PRODUCTION),
        ([ready, off], State.READY),
        ([accepted, gone], State.SHIPPING),
        ([replace(accepted, shipped=D(1), quantity=D(2))], State.SHIPPING),
        ([there, gone], State.SHIPPING),
        ([there, off], State.COMPLETED),
        ([off], State.CANCELLED),
    ):
        assert derived_state(State.CONFIRMED, lines) is state
    assert derived_state(State.SUBMITTED, [there]) is State.SUBMITTED


def test_the_percentage_weighs_lines_by_what_they_cost() -> None:
    dear = _line("a", "1", "300", status=LineStatus.AT_DEALER)
    cheap = _line("b", "1", "100", line_id="2")
    assert derived_percent([dear, cheap]) == 75
    assert derived_percent([replace(dear, status=LineStatus.ACCEPTED, quantity=D(4), shipped=D(2)), cheap]) == 28
    assert derived_percent([]) == 0


class OrderMachine(RuleBasedStateMachine):
    """Every act by everybody, in any order: only allowed ones change anything, and lines decide from there on."""

    @initialize()
    def begin(self) -> None:
        self.state = after(State.DRAFT, Act.PLACE, Side.DEALER)
        self.lines = [_line("a"), _line("b", line_id="2")]
        self.seen = [self.state]

    @rule(act=st.sampled_from(Act), side=st.sampled_from(Side))
    def do(self, act: Act, side: Side) -> None:
        before = self.state
        if act is Act.FOLLOW:
            return
        if may(before, act, side):
            self.state = after(before, act, side)
        else:
            with pytest.raises(Refused):
                after(before, act, side)
        self.seen.append(self.state)

    @precondition(lambda self: may(self.state, Act.FOLLOW, Side.ERP))
    @rule(at=st.sampled_from((0, 1)), status=st.sampled_from(LineStatus))
    def move(self, at: int, status: LineStatus) -> None:
        self.lines[at] = replace(self.lines[at], status=status)
        self.state = derived_state(self.state, self.lines)
        self.seen.append(self.state)

    @invariant()
    def never_back_from_the_end_nor_out_of_nowhere(self) -> None:
        for before, now in zip(self.seen, self.seen[1:], strict=False):
            if before is State.CANCELLED:
                assert now is before
            if now.is_confirmed and not before.is_confirmed:
                assert (before, now) == (State.SUBMITTED, State.CONFIRMED)
            if before.is_confirmed:
                assert now.is_confirmed or now is State.CANCELLED


TestOrderMachine = OrderMachine.TestCase
TestOrderMachine.settings = settings(max_examples=30, stateful_step_count=30)


# --- numbers, sums, editions ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prefix", "running", "number"),
    [("K-", 7, "K-000007"), ("СЕВЕР-", 123, "СЕВЕР-00123"), ("", 1, "000001"), ("K-", 123456789, "K-123456789")],
)
def test_an_order_number_fits_1cs_column(prefix: str, running: int, number: str) -> None:
    assert order_number(prefix, running) == number
    assert len(number) <= 11


def test_numbers_that_don_t_fit_any_more_are_an_error_not_a_duplicate() -> None:
    with pytest.raises(ValueError, match="no order numbers"):
        order_number("K-", 1_234_567_890)


@given(
    st.lists(
        st.tuples(st.integers(0, 999), st.integers(1, 99_999), st.sampled_from(("22", "10", None))),
        min_size=1,
        max_size=8,
    ),
    st.booleans(),
    st.sampled_from(RoundingBase),
)
def test_lines_add_up_to_the_order_whatever_the_vat(
    given_lines: list[tuple[int, int, str | None]], included: bool, base: RoundingBase
) -> None:
    lines = [
        _line("x", str(q), str(D(p) / 100), str(i), vat_rate=None if rate is None else D(rate))
        for i, (q, p, rate) in enumerate(given_lines, 1)
    ]
    done = summed(lines, Terms(currency="RUB", vat_included=included, base=base))
    for line in done:
        assert line.net + line.vat == line.gross
        assert (line.gross if included else line.net) == line.price * line.quantity
        assert line.vat == 0 or line.vat_rate is not None
    if base is RoundingBase.TOTAL:
        for rate in {line.vat_rate for line in done if line.vat_rate}:
            mine = [line for line in done if line.vat_rate == rate]
            base_sum = sum((line.price * line.quantity for line in mine), D(0))
            exact = base_sum * rate / (D(100) + rate) if included else base_sum * rate / D(100)
            assert abs(sum((line.vat for line in mine), D(0)) - exact) <= D("0.005")


def test_an_edit_changes_cancels_adds_and_keeps_ids() -> None:
    lines = summed([_line("a", "2"), _line("b", "3", line_id="2")], TERMS)
    done = edited(lines, {"1": D(5), "2": D(0)}, [_line("c", "4", line_id=""), _line("a", "1", line_id="")], TERMS)
    assert [(line.id, line.article, line.quantity, line.status) for line in done] == [
        ("1", "a", 6, LineStatus.ACCEPTED),
        ("2", "b", 0, LineStatus.CANCELLED),
        ("3", "c", 4, LineStatus.ACCEPTED),
    ]
    assert sum(line.gross for line in done) == 100
    changed = {one.line_id: (one.before is not None, one.after is not None) for one in difference(lines, done)}
    assert changed == {"1": (True, True), "2": (True, False), "3": (False, True)}


def test_what_is_added_to_a_line_is_priced_with_what_it_has() -> None:
    lines = [_line("a", "100"), _line("b", "2", line_id="2")]
    a, b, c = (sku_id(name, None) for name in "abc")
    assert (held_by(lines, {}, a), held_by(lines, {"2": D(5)}, b), held_by(lines, {}, c)) == (100, 5, 0)


def test_declining_brings_back_exactly_what_was_agreed() -> None:
    agreed = summed([_line("a", "2"), _line("b", "3", line_id="2")], TERMS)
    changed = edited(agreed, {"1": D(5), "2": D(0)}, [_line("c", line_id="")], TERMS)
    assert difference(agreed, restored(changed, agreed)) == ()


def test_every_wrong_quantity_of_an_edit_is_named() -> None:
    lines = [_line("a"), _line("b", line_id="2")]
    with pytest.raises(Invalid) as invalid:
        edited(lines, {"1": D("0.5"), "2": D(-1)}, [], TERMS)
    assert {name: one.code for name, one in invalid.value.fields.items()} == {
        "q-1": "quantity_not_whole",
        "q-2": "quantity_not_positive",
    }


def test_progress_is_no_difference() -> None:
    line = _line("a")
    assert difference([line], [replace(line, shipped=D(1), status=LineStatus.IN_DELIVERY)]) == ()


# --- quick order and cart ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "article", "quantity"),
    [
        ("A-1\t5", "A-1", "5"),
        ("A-1;2,5", "A-1", "2,5"),
        ("A 1 00  12", "A 1 00", "12"),
        ("A-1\tОкно белое\t\t7\t", "A-1", "7"),
        ("4601234567890", "4601234567890", ""),
        ('"A-1";"3"', "A-1", "3"),
        ("\ufeffA-1 3", "A-1", "3"),
        (";3", "", "3"),
    ],
)
def test_a_pasted_row_has_an_article_and_a_quantity(row: str, article: str, quantity: str) -> None:
    (made,) = rows_of(row)
    assert (made.number, made.text, made.readings) == (1, row, (Reading(article, quantity),))


def test_rows_are_numbered_as_an_editor_shows_them() -> None:
    assert [row.number for row in rows_of("a 1\r\n\r\n  \nb 2\rc 3\n")] == [1, 4, 5]


@pytest.mark.parametrize(
    ("quantity", "code", "problem"),
    [
        (D(3), "796", None),
        (D("2.5"), "006", None),
        (D("2.5"), "796", "not_whole"),
        (D("2.0"), "796", None),
        (D(0), "796", "not_positive"),
        (D("0.0001"), "006", "too_fine"),
        (D(10_000_000), "796", "too_much"),
        (None, "796", "not_a_number"),
    ],
)
def test_a_quantity_that_can_t_be_ordered_says_why(quantity: Decimal | None, code: str, problem: str | None) -> None:
    assert quantity_problem(quantity, code) == problem


@given(st.text(alphabet="ab;\t 12,.\n-", max_size=60))
def test_no_pasted_row_is_ever_dropped_silently(text: str) -> None:
    rows = rows_of(text)
    found = {name: Found(skus=("s-" + name,), unit_code="796") for name in articles(rows) if "a" in name}
    pasted = resolved(rows, found, frozenset(f"s-{name}" for name in found if "b" not in name))
    good = len(rows) - len(pasted.bad)
    assert len(rows) == len([line for line in text.split("\n") if line.strip()])
    assert len(pasted.quantities) <= good
    assert all(row.reason for row in pasted.bad)
    assert all(quantity > 0 for quantity in pasted.quantities.values())


def test_rows_of_one_sku_are_added_up() -> None:
    found = {"A-1": Found(skus=("s",)), "4601": Found(skus=("s",))}
    pasted = resolved(rows_of("A-1 2\n4601 3"), found, frozenset({"s"}))
    assert pasted.quantities == {"s": D(5)}


def test_a_cart_adds_up_changes_and_has_a_limit() -> None:
    first = [CartLine(sku="a", quantity=D(1), seen_price=D(8)), CartLine(sku="b", quantity=D(2))]
    cart = carts.put(Cart(contract_id="c"), first)
    cart = carts.put(cart, [CartLine(sku="a", quantity=D(4), seen_price=D(9))])
    assert [(line.sku, line.quantity, line.seen_price) for line in cart.lines] == [("a", 5, 8), ("b", 2, None)]
    assert [line.sku for line in carts.changed(cart, {"a": D(0), "nobody": D(3)}).lines] == ["b"]
    many = [CartLine(sku=str(i), quantity=D(1)) for i in range(carts.MAX_LINES + 1)]
    with pytest.raises(Refused) as refused:
        carts.put(Cart(contract_id="c"), many)
    assert refused.value.code == "cart_full"
    assert [len(page) for page in carts.pages(many[:250])] == [100, 100, 50]


@pytest.mark.parametrize(
    ("seen", "now", "kept"), [(14, 21, 14), (14, 7, 7), (14, None, 14), (None, 14, None), (None, None, None)]
)
def test_more_of_a_line_keeps_the_term_that_was_seen_unless_it_is_shorter_now(
    seen: int | None, now: int | None, kept: int | None
) -> None:
    cart = carts.put(Cart(contract_id="c"), [CartLine(sku="a", quantity=D(1), seen_days=seen)])
    (line,) = carts.put(cart, [CartLine(sku="a", quantity=D(1), seen_days=now)]).lines
    assert line.seen_days == kept


# --- what is held --------------------------------------------------------------------------------


def _levels(**available: int) -> dict[str, Level]:
    return {
        name: Level(sku=name, warehouses={"w": WarehouseLevel(D(q), D(0), D(0), D(q))}) for name, q in available.items()
    }


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 12)), min_size=1, max_size=6))
def test_holding_follows_the_lines_and_never_takes_more_than_is_missing(edits: list[tuple[str, int]]) -> None:
    levels = _levels(a=10, b=5, c=0)
    held = Reservation()
    quantities: dict[str, Decimal] = {}
    for sku, quantity in edits:
        asked = {**quantities, sku: D(quantity)}
        done = follow(held, asked, levels, Sources())
        if done.short:
            (short,) = done.short
            assert short.sku == sku
            assert short.available == held.total(sku) + levels[sku].available()
            continue
        for name, moves in done.moves.items():
            before = levels[name].warehouses["w"]
            move = moves["w"]
            assert move.needs is None or move.needs <= before.available
            moved = WarehouseLevel(
                before.on_hand, before.allocated + move.allocated, D(0), before.available + move.available
            )
            levels[name] = replace(levels[name], warehouses={"w": moved})
        held, quantities = done.reservation, {name: q for name, q in asked.items() if q}
        for name, level in levels.items():
            assert held.total(name) == quantities.get(name, 0) == level.warehouses["w"].allocated
            assert level.warehouses["w"].available >= 0


def test_what_the_erp_has_not_counted_is_given_back_first() -> None:
    held = Reservation(held={"a": {"w1": Held(quantity=D(5), known=D(5)), "w2": Held(quantity=D(3), known=D(1))}})
    done = follow(held, {"a": D(6)}, {}, Sources())
    assert done.moves["a"]["w2"].allocated == -2
    assert done.moves["a"]["w2"].counted == 0
    assert done.reservation.held["a"]["w2"] == Held(quantity=D(1), known=D(1))


COMES = place_of("a")
WAITS = Reservation(
    held={"a": {COMES: Held(quantity=D(4), known=D(4), due=date(2026, 12, 5)), "w": Held(quantity=D(3), known=D(3))}}
)


def test_what_comes_last_is_given_back_first_and_what_is_there_is_sent_first() -> None:
    assert follow(WAITS, {"a": D(5)}, {}, Sources()).moves == {"a": {COMES: Move(allocated=D(-2), counted=D(-2))}}
    sent = sent_off(WAITS, {"a": D(5)}, {}, StockKind.PHYSICAL, None)
    assert {name: (one.on_hand, one.allocated) for name, one in sent.moves["a"].items()} == {
        "w": (-3, -3),
        COMES: (-2, -2),
    }


@pytest.mark.parametrize("kind", list(StockKind))
def test_the_erp_holds_more_in_a_warehouse_and_less_of_what_comes_without_changing_how_much_comes(
    kind: StockKind,
) -> None:
    raised = as_the_erp_says(WAITS, {"a": D(9)}, _levels(a=1), (), kind)
    assert raised.moves["a"].keys() == {"w"}
    lowered = as_the_erp_says(WAITS, {"a": D(6)}, _levels(a=1), (), kind)
    assert lowered.moves == {"a": {COMES: Move(allocated=D(-1), counted=D(-1))}}


def test_confirming_twice_that_the_erp_knows_counts_once() -> None:
    once = known_to_erp(Reservation(held={"a": {"w": Held(quantity=D(5), known=D(2))}}))
    assert once.moves["a"]["w"].counted == 3
    assert known_to_erp(once.reservation).moves == {}


@pytest.mark.parametrize("kind", list(StockKind))
def test_the_erp_may_hold_more_than_there_is_but_nothing_where_nobody_told_the_stock(kind: StockKind) -> None:
    done = as_the_erp_says(Reservation(), {"a": D(50), "delivery": D(1)}, _levels(a=1), (), kind)
    assert done.reservation.total("a") == 50
    assert set(done.moves) == {"a"}
    gone = sent_off(done.reservation, {"a": D(60)}, _levels(a=1), kind, None)
    assert gone.reservation.held == {}
    assert gone.moves["a"]["w"].allocated == -50


def test_what_has_left_needs_no_hold() -> None:
    assert wanted([_line("a", "5", shipped=D(2)), cancelled(_line("b"))]) == {sku_id("a", None): D(3)}


# --- the ERP's documents -------------------------------------------------------------------------


def _told(*lines: tuple[str, str], **facts: object) -> ErpUpdate:
    told = tuple(ErpUpdateLine(product_id=name, variant_id="", quantity=D(q)) for name, q in lines) or None
    return replace(ErpUpdate(number="K-1", lines=told), **facts)  # type: ignore[arg-type]


def _shipment(shipment_id: str, *lines: tuple[str, str], day: int = 21) -> ErpUpdateShipment:
    told = tuple(ErpUpdateLine(product_id=name, variant_id="", quantity=D(q)) for name, q in lines)
    return ErpUpdateShipment(id=shipment_id, day=date(2026, 11, day), lines=told)


def test_a_document_replaces_the_lines_and_the_same_one_changes_nothing() -> None:
    lines = summed([_line("a", "2"), _line("b", "3", line_id="2")], TERMS)
    update = _told(("b", "4"), ("c", "1"))
    done = followed(lines, (), update, TERMS)
    assert [(line.article or line.product_id, line.quantity) for line in done.lines] == [("a", 0), ("b", 4), ("c", 1)]
    assert done.content_changed
    again = followed(done.lines, done.shipments, update, TERMS)
    assert (again.lines, again.content_changed) == (done.lines, False)


def test_two_lines_of_one_sku_at_different_prices_stay_two() -> None:
    lines = summed([_line("a", "2", "10")], TERMS)
    told = tuple(
        ErpUpdateLine(product_id="a", variant_id="", quantity=D(q), price=D(p)) for q, p in (("1", "9"), ("2", "10"))
    )
    done = followed(lines, (), ErpUpdate(number="K-1", lines=told), TERMS)
    assert {(line.id, line.quantity, line.price) for line in done.lines} == {("1", D(2), D(10)), ("2", D(1), D(9))}


def test_a_total_that_the_erp_has_worked_out_is_taken_as_it_is() -> None:
    told = ErpUpdateLine(product_id="a", variant_id="", quantity=D(3), price=D("3.33"), total=D("10.00"))
    done = followed([_line("a")], (), ErpUpdate(number="K-1", lines=(told,)), TERMS)
    assert (done.lines[0].gross, done.lines[0].vat) == (D("10.00"), D("1.80"))


@pytest.mark.parametrize(
    ("ours", "price", "total", "costs"),
    [
        (False, "122", "244.00", ("100", "200.00", "44.00", "244.00")),
        (False, "122", "100.01", ("100", "81.98", "18.03", "100.01")),
        (False, None, "244.00", ("100", "200.00", "44.00", "244.00")),
        (False, "122", None, ("100", "200.00", "44.00", "244.00")),
        (True, "100", "200.00", ("122", "200.00", "44.00", "244.00")),
    ],
)
def test_what_the_erp_tells_in_the_other_mode_of_vat_costs_what_the_erp_says(
    ours: bool, price: str | None, total: str | None, costs: tuple[str, str, str, str]
) -> None:
    terms = replace(TERMS, vat_included=ours)
    told = ErpUpdateLine(
        product_id="a",
        variant_id="",
        quantity=D(2),
        price=None if price is None else D(price),
        total=None if total is None else D(total),
        vat_rate=D(22),
        vat_included=not ours,
    )
    update = ErpUpdate(number="K-1", lines=(told,))
    done = followed(summed([_line("a", "2", "100")], terms), (), update, terms)
    (line,) = done.lines
    assert (line.price, line.net, line.vat, line.gross) == tuple(map(D, costs))
    assert followed(done.lines, (), update, terms).lines == done.lines


@pytest.mark.parametrize(("shipped", "quantity", "cost"), [("3", 3, "25.00"), ("2", 2, "16.67"), ("0", 0, "0")])
def test_cancelling_the_rest_leaves_what_was_shipped_at_the_cost_that_the_erp_told(
    shipped: str, quantity: int, cost: str
) -> None:
    told = (
        ErpUpdateLine(product_id="a", variant_id="", quantity=D(3), price=D(10), total=D(25)),
        ErpUpdateLine(product_id="b", variant_id="", quantity=D(1), price=D(10)),
    )
    update = replace(_told(shipments=(_shipment("s1", ("a", shipped)),), cancelled=True), lines=told)
    lines = summed([_line("a", "3"), _line("b", line_id="2")], TERMS)
    done = followed(lines, (), update, TERMS)
    assert [(line.quantity, line.gross) for line in done.lines] == [(quantity, D(cost)), (0, 0)]
    assert followed(done.lines, done.shipments, update, TERMS).lines == done.lines


def test_shipments_in_parts_and_the_rest_by_one_word() -> None:
    lines = summed([_line("a", "5"), _line("b", "1", line_id="2")], TERMS)
    part = followed(lines, (), _told(shipments=(_shipment("s1", ("a", "2")),)), TERMS)
    assert [(line.shipped, line.status) for line in part.lines] == [
        (D(2), LineStatus.ACCEPTED),
        (D(0), LineStatus.ACCEPTED),
    ]
    whole = followed(part.lines, part.shipments, _told(shipped=ErpUpdateShipment(id="s2")), TERMS)
    assert [line.shipped for line in whole.lines] == [5, 1]
    assert {one.id: dict(one.quantities) for one in whole.shipments}["s2"] == {
        sku_id("a", None): 3,
        sku_id("b", None): 1,
    }
    again = followed(whole.lines, whole.shipments, _told(shipped=ErpUpdateShipment(id="s2")), TERMS)
    assert (again.lines, again.shipments) == (whole.lines, whole.shipments)


def test_that_all_was_shipped_may_be_denied_later_but_not_against_the_orders_status() -> None:
    lines = summed([_line("a", "5")], TERMS)
    denied = ErpUpdateShipment(id="s", deleted=True)
    never = followed(lines, (), _told(shipped=denied), TERMS)
    assert (never.lines, never.shipments) == (lines, ())
    whole = followed(lines, (), _told(shipped=ErpUpdateShipment(id="s")), TERMS)
    assert whole.lines[0].shipped == 5
    taken_back = followed(whole.lines, whole.shipments, _told(shipped=denied), TERMS)
    assert (taken_back.lines[0].shipped, taken_back.lines[0].status) == (0, LineStatus.READY)
    kept = followed(whole.lines, whole.shipments, _told(shipped=denied, status=ErpStatus.SHIPPED), TERMS)
    assert kept.lines[0].shipped == 5


def test_a_deleted_shipment_brings_its_lines_back() -> None:
    gone = (Shipment(id="s1", number="", quantities={sku_id("a", None): D(2)}),)
    line = _line("a", "2", shipped=D(2), status=LineStatus.IN_DELIVERY)
    done = followed([line], gone, _told(shipments=(ErpUpdateShipment(id="s1", deleted=True),)), TERMS)
    assert (done.lines[0].shipped, done.lines[0].status) == (0, LineStatus.READY)


def test_an_order_with_delivery_is_complete_when_its_goods_have_arrived() -> None:
    delivery = ErpUpdateLine(product_id="ORDER_DELIVERY", variant_id="", quantity=D(1), price=D(300), service=True)
    goods = ErpUpdateLine(product_id="a", variant_id="", quantity=D(2))
    order = [_line("a", "2")]
    sent = ErpUpdateShipment(id="s", lines=(goods,))
    update = ErpUpdate(number="7", lines=(goods, delivery), shipments=(sent,), status=ErpStatus.DELIVERED)
    made = followed(order, (), update, TERMS)
    assert [(line.service, line.shipped) for line in made.lines] == [(False, D(2)), (True, D(0))]
    assert derived_state(State.CONFIRMED, made.lines) is State.COMPLETED
    assert derived_percent(made.lines) == 100
    assert sum(line.gross for line in made.lines) == 320
    assert wanted(made.lines) == {}


def test_a_shipment_of_services_alone_ships_no_goods() -> None:
    update = ErpUpdate(number="7", shipments=(ErpUpdateShipment(id="s", lines=()),))
    made = followed([_line("a", "2")], (), update, TERMS)
    assert (made.shipments, made.lines[0].shipped) == ((), 0)


@pytest.mark.parametrize(("told", "rate"), [(None, D(22)), (D(0), None), (D(10), D(10))])
def test_without_vat_is_not_the_same_as_no_word_of_vat(told: Decimal | None, rate: Decimal | None) -> None:
    line = ErpUpdateLine(product_id="a", variant_id="", quantity=D(1), vat_rate=told)
    (made,) = followed([_line("a")], (), ErpUpdate(number="7", lines=(line,)), TERMS).lines
    assert made.vat_rate == rate


def test_delivered_means_at_the_dealer_and_a_late_word_does_not_take_it_back() -> None:
    done = followed([_line("a", "2")], (), _told(status=ErpStatus.DELIVERED), TERMS)
    assert done.lines[0].status is LineStatus.AT_DEALER
    late = followed(done.lines, done.shipments, _told(status=ErpStatus.SHIPPED), TERMS)
    assert late.lines[0].status is LineStatus.AT_DEALER


_DOCUMENTS = st.builds(
    lambda lines, shipped, status, cancelled: _told(
        *lines, shipments=tuple(_shipment(*one) for one in shipped), status=status, cancelled=cancelled
    ),
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(("1", "2", "5"))), max_size=3),
    st.lists(
        st.tuples(st.sampled_from(("s1", "s2")), st.tuples(st.sampled_from("abc"), st.sampled_from(("1", "3")))),
        max_size=2,
    ),
    st.one_of(st.none(), st.sampled_from(ErpStatus)),
    st.booleans(),
)


@given(st.lists(_DOCUMENTS, min_size=1, max_size=4))
def test_any_document_twice_is_as_good_as_once_and_lines_stay_sound(documents: list[ErpUpdate]) -> None:
    lines: tuple[OrderLine, ...] = summed([_line("a", "2"), _line("b", "3", line_id="2")], TERMS)
    shipments: tuple[Shipment, ...] = ()
    for document in documents:
        once = followed(lines, shipments, document, TERMS)
        twice = followed(once.lines, once.shipments, document, TERMS)
        assert not twice.content_changed
        assert twice.shipments == once.shipments
        lines, shipments = once.lines, once.shipments
        assert len({line.id for line in lines}) == len(lines)
        for line in lines:
            assert 0 <= line.shipped <= line.quantity
            assert line.net + line.vat == line.gross
            assert line.is_live == (line.quantity > 0)
