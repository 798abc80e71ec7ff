"""Whether the stock still has what an order holds."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chalicelib.ordering.cover import covered
from chalicelib.ordering.holding import Held, Reservation
from chalicelib.stock.model import Level, WarehouseLevel

D = Decimal


@pytest.mark.parametrize(
    ("held", "available", "among", "expected"),
    [
        ({"a": 4}, {"a": 6}, (), 10),
        ({}, {"a": 6, "b": 2}, ("b",), 2),
        ({"a": 4}, {"a": -3}, (), 1),  # the ERP says that less is there than orders hold
        ({"a": 4}, {"a": -9}, (), 0),
        ({"a": 4}, {"a": 5, "b": 1}, ("b",), 5),  # held elsewhere: the hold counts, what else is there does not
        ({"a": 4}, {}, (), 4),
    ],
)
def test_an_order_can_have_what_it_holds_and_what_is_free_where_it_is_really_there(
    held: dict[str, int], available: dict[str, int], among: tuple[str, ...], expected: int
) -> None:
    reservation = Reservation(held={"s": {name: Held(quantity=D(q)) for name, q in held.items()}})
    level = Level(sku="s", warehouses={n: WarehouseLevel(on_hand=D(99), available=D(q)) for n, q in available.items()})
    assert covered(reservation, level, among) == expected
