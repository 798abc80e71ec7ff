"""What an order holds once the ERP has spoken of it (domain §4.4). Pure rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from chalicelib.ordering.holding import Held, Holding, Moves, Reservation, changed, let_go
from chalicelib.stock import model as stock
from chalicelib.stock import moving
from chalicelib.stock.model import Level
from chalicelib.stock.moving import Move
from chalicelib.stock.transit import Coming, is_arrival
from chalicelib.tenancy.model import StockKind

_ZERO = Decimal(0)


def known_to_erp(before: Reservation) -> Holding:
    """The ERP has confirmed that it has the order: everything held is counted there."""
    held: dict[str, dict[str, Held]] = {}
    moves: Moves = {}
    for sku, parts in before.held.items():
        for warehouse, part in parts.items():
            held.setdefault(sku, {})[warehouse] = replace(part, known=part.quantity)
            if part.quantity != part.known:
                moves.setdefault(sku, {})[warehouse] = moving.counted(part.quantity - part.known)
    return Holding(reservation=replace(before, held=held), moves=moves)


def as_the_erp_says(
    before: Reservation,
    quantities: Mapping[str, Decimal],
    levels: Mapping[str, Level],
    among: Sequence[str],
    kind: StockKind,
) -> Holding:
    """The ERP itself changed an order that it knows: held whether it is available or not.

    What is on order stays so: the ERP's number says when it is there. A SKU whose stock nobody has told is not held.
    """
    held = {sku: dict(parts) for sku, parts in before.held.items()}
    made = dict(before.on_order)
    moves: Moves = {}
    for sku in sorted({*held, *made, *quantities}):
        change = quantities.get(sku, _ZERO) - before.total(sku) - before.to_be_made(sku)
        if change < 0:
            change += _not_made(made, sku, -change)
        if change > 0:
            warehouse = _home(held.get(sku, {}), levels.get(sku, stock.nothing(sku)), among)
            if warehouse is not None:
                own = held.setdefault(sku, {}).get(warehouse, Held(quantity=_ZERO))
                held[sku][warehouse] = Held(quantity=own.quantity + change, known=own.known + change)
                moves.setdefault(sku, {})[warehouse] = moving.erp_changed(change, kind)
        elif change < 0:
            for place, move in let_go(held[sku], -change).items():
                moves.setdefault(sku, {})[place] = (
                    move if is_arrival(place) else moving.erp_changed(move.allocated, kind)
                )
    return changed(before, held, made, moves)


def _home(parts: Mapping[str, Held], level: Level, among: Sequence[str]) -> str | None:
    """Where more of a SKU is held: where it is held already, else in the fullest of the contract's warehouses."""
    if there := [name for name in parts if not is_arrival(name)]:
        return there[0]
    names = [name for name in level.warehouses if not among or name in among] or list(level.warehouses)
    return max(names, key=lambda name: (level.warehouses[name].available, name), default=None)


def sent_off(
    before: Reservation,
    quantities: Mapping[str, Decimal],
    levels: Mapping[str, Level],
    kind: StockKind,
    shipped_at: datetime | None,
) -> Holding:
    """What left is held no more, and then on order no more; more than was held leaves the stock as the ERP will tell
    it."""
    held = {sku: dict(parts) for sku, parts in before.held.items()}
    made = dict(before.on_order)
    moves: Moves = {}
    for sku, quantity in sorted(quantities.items()):
        rest = quantity
        parts = held.get(sku, {})
        for place in sorted(parts, key=lambda name: parts[name].due or date.min):
            own = parts[place]
            part = min(rest, own.quantity)
            if part > 0:
                known = min(own.known, part)
                level = levels.get(sku, stock.nothing(sku))
                reflected = moving.is_reflected(level, place, kind, shipped_at)
                gone = moving.shipped(part, known=False, reflected=reflected)
                moves.setdefault(sku, {})[place] = gone + Move(counted=-known)
                parts[place] = replace(own, quantity=own.quantity - part, known=own.known - known)
                rest -= part
        _not_made(made, sku, rest)
    return changed(before, held, made, moves)


def _not_made(made: dict[str, Coming], sku: str, quantity: Decimal) -> Decimal:
    """Takes as much of the quantity as there is off what is on order; how much that was."""
    own = made.pop(sku, None)
    part = min(quantity, own.quantity) if own else _ZERO
    if own and part < own.quantity:
        made[sku] = replace(own, quantity=own.quantity - part)
    return part
