"""The cart: what a person means to order under one contract. Pure rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from chalicelib.kernel.errors import Refused

LINES_A_PAGE = 100
MAX_PAGES = 3
MAX_LINES = LINES_A_PAGE * MAX_PAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class CartLine:
    """A SKU and how much of it. `seen_price` is what a unit cost when the person last looked (None: no price),
    `seen_days` in how many days it was there on order (None: it was not); name and article are kept for a SKU that the
    catalogue may lose meanwhile."""

    sku: str
    quantity: Decimal
    article: str = ""
    name: str = ""
    seen_price: Decimal | None = None
    seen_days: int | None = None

    def is_later(self, lead_days: int | None, *, on_order: bool) -> bool:
        """Whether goods on order would be there later than the person saw. Who saw none of it on order hears of it if
        some of the line would be now: `on_order`, as far as the person is told."""
        if lead_days is None:
            return False
        return on_order if self.seen_days is None else lead_days > self.seen_days


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    """`versions` = the stored pages' optimistic locks, one a page that exists."""

    contract_id: str
    lines: tuple[CartLine, ...] = ()
    versions: tuple[int, ...] = ()


def put(cart: Cart, added: Sequence[CartLine]) -> Cart:
    """Adds quantities: to a SKU's own line if it has one, which keeps what was seen of it, or the shorter term of a
    SKU that was on order; else in a new line at the end.

    Refused("cart_full") above `MAX_LINES` lines.
    """
    lines = {line.sku: line for line in cart.lines}
    for line in added:
        own = lines.get(line.sku)
        lines[line.sku] = _joined(own, line) if own else line
    if len(lines) > MAX_LINES:
        raise Refused("cart_full", limit=MAX_LINES)
    return replace(cart, lines=tuple(lines.values()))


def _joined(own: CartLine, added: CartLine) -> CartLine:
    both_days = [days for days in (own.seen_days, added.seen_days) if days is not None]
    return replace(
        added,
        quantity=own.quantity + added.quantity,
        seen_price=own.seen_price,
        seen_days=None if own.seen_days is None else min(both_days),
    )


def changed(cart: Cart, quantities: Mapping[str, Decimal]) -> Cart:
    """New quantities by SKU; zero takes a line out. SKUs that are not in the cart are passed over."""
    lines = (replace(line, quantity=quantities.get(line.sku, line.quantity)) for line in cart.lines)
    return replace(cart, lines=tuple(line for line in lines if line.quantity > 0))


def without(cart: Cart, skus: frozenset[str]) -> Cart:
    return replace(cart, lines=tuple(line for line in cart.lines if line.sku not in skus))


def seen(cart: Cart, prices: Mapping[str, Decimal | None], days: Mapping[str, int | None] | None = None) -> Cart:
    """The person has seen these prices, and in how many days goods are there on order: they are no news any more."""
    terms = days or {}
    return replace(
        cart,
        lines=tuple(
            replace(
                line,
                seen_price=prices.get(line.sku, line.seen_price),
                seen_days=terms.get(line.sku, line.seen_days),
            )
            for line in cart.lines
        ),
    )


def pages(lines: Sequence[CartLine]) -> list[tuple[CartLine, ...]]:
    """Lines in stored pages."""
    return [tuple(lines[start : start + LINES_A_PAGE]) for start in range(0, len(lines), LINES_A_PAGE)]
