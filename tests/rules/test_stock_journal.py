"""The journal of movements: what it comes to, and where counters disagree with it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.stock.journal import (
    JournalPage,
    Mismatch,
    Movement,
    Shift,
    Sums,
    Why,
    added_up,
    cause,
    mismatches,
    moved,
    next_page,
    relied_on,
)
from chalicelib.stock.model import Level, WarehouseLevel
from chalicelib.stock.moving import Move, taken

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
D = Decimal


def _movement(order: str = "", **shifts: Shift) -> Movement:
    return Movement(cause=cause(Why.PLACED, NOW, order_id=order), shifts=shifts)


def test_a_movement_says_when_it_was() -> None:
    assert _movement().cause.at == NOW


def test_moves_that_come_to_nothing_are_no_movement() -> None:
    because = cause(Why.CHANGED, NOW)
    assert moved(because, {"w": taken(D(2)) + Move(allocated=D(-2))}) is None
    movement = moved(because, {"w": taken(D(2)), "v": Move()})
    assert movement is not None
    assert movement.shifts == {"w": Shift(allocated=D(2))}


def test_what_an_order_holds_no_more_is_left_out_of_the_holders() -> None:
    held = added_up(Sums(), [_movement("o1", w=Shift(allocated=D(3))), _movement("o2", w=Shift(allocated=D(1)))])
    assert held.holders == {"o1": {"w": D(3)}, "o2": {"w": D(1)}}
    left = added_up(held, [_movement("o1", w=Shift(allocated=D(-3)))])
    assert left.holders == {"o2": {"w": D(1)}}
    assert left.closing["w"].allocated == 1


def test_orders_that_relied_on_an_arrival_are_known_after_it_was_called_off() -> None:
    def of(order: str, why: Why, quantity: int) -> Movement:
        because = cause(why, NOW, order_id=order, number=order.upper())
        return Movement(cause=because, shifts={"in#1": Shift(allocated=D(quantity))})

    kept = [of("o1", Why.PLACED, 3), of("o2", Why.PLACED, 2), of("o2", Why.CANCELLED, -2), of("o1", Why.CALLED_OFF, -3)]
    assert relied_on(kept, "in#1") == {"o1": "O1"}
    assert relied_on(kept, "w") == {}


_MOVEMENTS = st.lists(
    st.builds(
        lambda order, warehouse, on_hand, allocated: _movement(
            order, **{warehouse: Shift(on_hand=D(on_hand), allocated=D(allocated) if order else D(0))}
        ),
        st.sampled_from(["", "o1", "o2"]),
        st.sampled_from(["w1", "w2"]),
        st.integers(-5, 5),
        st.integers(-5, 5),
    ),
    max_size=30,
)


@given(_MOVEMENTS, st.integers(1, 7))
def test_pages_carry_forward_what_all_movements_come_to(movements: list[Movement], size: int) -> None:
    last: JournalPage | None = None
    for start in range(0, len(movements), size):
        last = next_page(last, Sums(), movements[start : start + size])
    whole = added_up(Sums(), movements)
    assert (last.sums if last else Sums()) == whole
    assert (last.number if last else 0) == -(-len(movements) // size)
    held = {name: sum((h.get(name, D(0)) for h in whole.holders.values()), D(0)) for name in ("w1", "w2")}
    assert all(held[name] == whole.closing.get(name, Shift()).allocated for name in held)


def test_counters_that_are_not_what_the_journal_or_the_holds_come_to_are_named() -> None:
    level = Level(sku="s", warehouses={"w": WarehouseLevel(D(9), D(2), D(0), D(7))})
    sums = Sums(closing={"w": Shift(on_hand=D(10), allocated=D(2))})
    assert mismatches(level, sums, {"w": D(2)}) == (Mismatch(warehouse="w", what="on_hand", kept=D(9), due=D(10)),)
    assert [one.what for one in mismatches(level, sums, {})] == ["on_hand", "holds"]
    assert mismatches(Level(sku="s", warehouses={}), Sums(), {}) == ()
