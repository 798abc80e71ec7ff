"""Stock by warehouse: what may be promised, and what the ERP's numbers mean (domain §4)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.stock.model import Level, Sources, WarehouseLevel, nothing, spread
from chalicelib.stock.moving import Move, counted, erp_changed, is_reflected, shipped, taken
from chalicelib.stock.restating import restate
from chalicelib.tenancy.model import StockKind

T0 = datetime(2026, 11, 21, 9, tzinfo=UTC)
D = Decimal


def given_back(quantity: Decimal, *, known: bool) -> Move:
    """What an order lets go of; `known` = the ERP had counted the order."""
    return Move(allocated=-quantity, counted=-quantity if known else D(0))


def _level(told: datetime | None = None, moved_at: datetime | None = None, **available: int) -> Level:
    warehouses = {name: WarehouseLevel(D(q), D(0), D(0), D(q)) for name, q in available.items()}
    return Level(
        sku="s", warehouses=warehouses, told=dict.fromkeys(warehouses, told) if told else {}, moved_at=moved_at
    )


def _moved(before: WarehouseLevel, move: Move) -> WarehouseLevel:
    return WarehouseLevel(
        before.on_hand + move.on_hand,
        before.allocated + move.allocated,
        before.counted + move.counted,
        before.available + move.available,
    )


def test_a_warehouse_below_zero_does_not_lessen_what_another_can_promise() -> None:
    level = _level(a=5, b=-3)
    assert level.available() == 5
    assert level.available(("b",)) == 0
    assert level.available(("unknown",)) == 0


def test_given_warehouses_are_used_up_in_their_order() -> None:
    assert spread(_level(a=5, b=9), D(7), Sources(warehouses=("a", "b"))) == {"a": D(5), "b": D(2)}


def test_without_given_warehouses_the_fullest_comes_first() -> None:
    assert spread(_level(a=5, b=9), D(7), Sources()) == {"b": D(7)}


def test_too_little_is_as_much_as_there_is() -> None:
    assert spread(_level(a=5, b=9), D(15), Sources()) == {"a": D(5), "b": D(9)}
    assert spread(_level(a=5, b=9), D(6), Sources(warehouses=("a",))) == {"a": D(5)}
    assert spread(nothing("s"), D(1), Sources()) == {}


@given(
    st.dictionaries(st.sampled_from("abcd"), st.integers(-5, 20), max_size=4),
    st.integers(1, 60),
    st.lists(st.sampled_from("abcde"), unique=True),
)
def test_a_spread_is_whole_and_never_above_what_a_warehouse_has(
    available: dict[str, int], quantity: int, among: list[str]
) -> None:
    level = _level(**available)
    taken_from = spread(level, D(quantity), Sources(warehouses=tuple(among)))
    assert sum(taken_from.values()) == min(quantity, level.available(among))
    assert all(0 < part <= level.warehouses[name].available for name, part in taken_from.items())


def test_a_free_number_gets_back_what_the_erp_has_counted_and_nothing_else() -> None:
    level = Level(sku="s", warehouses={"a": WarehouseLevel(D(100), D(30), D(20), D(70))})
    (change,) = restate(level, {"a": D(90)}, kind=StockKind.FREE, as_of=T0)
    assert change.after == WarehouseLevel(D(110), D(30), D(20), D(80))  # 90 free − 10 not yet counted


def test_a_physical_number_knows_of_no_orders() -> None:
    level = Level(sku="s", warehouses={"a": WarehouseLevel(D(100), D(30), D(20), D(70))})
    (change,) = restate(level, {"a": D(90)}, kind=StockKind.PHYSICAL, as_of=T0)
    assert change.after.available == 60


def test_safety_stock_is_never_promised_and_negative_stock_is_kept() -> None:
    (change,) = restate(nothing("s"), {"a": D(-4)}, kind=StockKind.FREE, as_of=T0, safety=D(2))
    assert change.after == WarehouseLevel(D(-4), D(0), D(0), D(-6))


def test_what_is_already_known_is_no_change() -> None:
    assert restate(_level(a=5), {"a": D(5)}, kind=StockKind.FREE, as_of=T0) == ()


def test_a_message_older_than_the_last_one_changes_nothing() -> None:
    level = _level(told=T0, a=5)
    assert restate(level, {"a": D(9)}, kind=StockKind.FREE, as_of=T0 - timedelta(seconds=1)) == ()
    assert restate(level, {"a": D(9)}, kind=StockKind.FREE, as_of=T0)


def test_a_message_older_than_our_own_move_may_only_lower() -> None:
    level = _level(moved_at=T0, a=5)
    before = T0 - timedelta(seconds=1)
    assert restate(level, {"a": D(9)}, kind=StockKind.FREE, as_of=before) == ()
    (change,) = restate(level, {"a": D(3)}, kind=StockKind.FREE, as_of=before)
    assert change.after.available == 3


def test_a_complete_message_empties_the_warehouses_that_it_does_not_name() -> None:
    (change,) = restate(_level(a=5, b=2), {"a": D(5)}, kind=StockKind.FREE, as_of=T0, complete=True)
    assert (change.warehouse, change.after.available) == ("b", 0)
    assert restate(_level(a=5, b=2), {"a": D(5)}, kind=StockKind.FREE, as_of=T0) == ()


def test_moves_of_one_order_add_up_and_need_only_what_they_take_together() -> None:
    edited = given_back(D(3), known=False) + taken(D(5))
    assert (edited.allocated, edited.needs) == (2, 2)
    lowered = given_back(D(5), known=False) + taken(D(3))
    assert (lowered.allocated, lowered.needs) == (-2, None)


def test_a_shipment_of_unknown_moment_counts_as_later_than_the_erps_number() -> None:
    level = _level(told=T0, a=5)
    assert not is_reflected(level, "a", StockKind.PHYSICAL, None)
    assert is_reflected(level, "a", StockKind.PHYSICAL, T0 - timedelta(days=1))
    assert not is_reflected(level, "a", StockKind.FREE, T0 - timedelta(days=1))


@dataclass
class _World:
    """One SKU in one warehouse, as 1C and as we see it. An order is (quantity, does 1C know it)."""

    kind: StockKind
    physical: int = 20
    now: datetime = T0
    open: list[tuple[int, bool]] = field(default_factory=list)
    ours: Level = field(default_factory=lambda: nothing("s"))

    def tick(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    def tell(self) -> None:
        """1C sends its number; it is ours to apply."""
        reserved = sum(quantity for quantity, known in self.open if known)
        number = self.physical - (reserved if self.kind is StockKind.FREE else 0)
        at = self.tick()
        for change in restate(self.ours, {"w": D(number)}, kind=self.kind, as_of=at):
            self.ours = Level(sku="s", warehouses={"w": change.after}, told={"w": at}, moved_at=self.ours.moved_at)

    def apply(self, move: Move) -> None:
        level = _moved(self.ours.warehouses["w"], move)
        moved_at = self.tick() if move.stamped else self.ours.moved_at
        self.ours = replace(self.ours, warehouses={"w": level}, moved_at=moved_at)

    def place(self, quantity: int) -> None:
        if self.ours.available() >= quantity:
            self.open.append((quantity, False))
            self.apply(taken(D(quantity)))

    def export(self) -> None:
        for i, (quantity, known) in enumerate(self.open):
            if not known:
                self.open[i] = (quantity, True)
                self.apply(counted(D(quantity)))

    def cancel(self) -> None:
        if self.open:
            quantity, known = self.open.pop()
            self.apply(given_back(D(quantity), known=known))

    def ship(self, *, told_first: bool) -> None:
        """1C ships its oldest order; its stock number comes before (as in a run of 1C) or after its document."""
        at = next((i for i, (_, known) in enumerate(self.open) if known), None)
        if at is None:
            return
        quantity, _ = self.open.pop(at)
        self.physical -= quantity
        shipped_at = self.tick()
        if told_first:
            self.tell()
        reflected = is_reflected(self.ours, "w", self.kind, shipped_at)
        self.apply(shipped(D(quantity), known=True, reflected=reflected))

    def change(self, by: int) -> None:
        """1C changes the quantity of an order that it knows and tells us so."""
        at = next((i for i, (_, known) in enumerate(self.open) if known), None)
        if at is None or self.open[at][0] + by <= 0:
            return
        self.open[at] = (self.open[at][0] + by, True)
        self.apply(erp_changed(D(by), self.kind))

    @property
    def truly_free(self) -> int:
        return self.physical - sum(quantity for quantity, _ in self.open)


_STEPS = st.one_of(
    st.tuples(st.just("place"), st.integers(1, 9)),
    st.tuples(st.sampled_from(("export", "tell", "cancel", "ship", "ship_late")), st.just(0)),
    st.tuples(st.just("change"), st.integers(-3, 3)),
)


@given(st.sampled_from(StockKind), st.lists(_STEPS, max_size=40))
@settings(max_examples=80)
def test_once_the_erp_has_spoken_after_an_exchange_we_promise_exactly_what_is_free(
    kind: StockKind, steps: list[tuple[str, int]]
) -> None:
    world = _World(kind)
    world.tell()
    for name, value in steps:
        match name:
            case "place":
                world.place(value)
            case "change":
                world.change(value)
            case "ship":
                world.ship(told_first=True)
            case "ship_late":
                world.ship(told_first=False)
            case _:
                getattr(world, name)()
        level = world.ours.warehouses["w"]
        assert level.available == level.on_hand - level.allocated
        assert level.allocated == sum(quantity for quantity, _ in world.open)
        assert 0 <= level.counted <= level.allocated
    world.export()
    world.tell()
    assert world.ours.warehouses["w"].available == world.truly_free


@given(st.sampled_from(StockKind), st.lists(_STEPS.filter(lambda step: step[0] != "change"), max_size=40))
@settings(max_examples=80)
def test_orders_alone_never_promise_more_than_there_is(kind: StockKind, steps: list[tuple[str, int]]) -> None:
    world = _World(kind)
    world.tell()
    for name, value in steps:
        match name:
            case "place":
                world.place(value)
            case "ship":
                world.ship(told_first=True)
            case "ship_late":
                world.ship(told_first=False)
            case "cancel":
                known = bool(world.open) and world.open[-1][1]
                world.cancel()
                if known:
                    world.tell()  # a cancelled order that 1C knew reaches it before it speaks again
            case _:
                getattr(world, name)()
        assert world.truly_free >= 0
