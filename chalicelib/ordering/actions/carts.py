"""The cart of a person under one contract: filling it, and what it shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import Complaint, Invalid, NotFound, Refused
from chalicelib.ordering import cart as carts
from chalicelib.ordering import cart_store, quickorder
from chalicelib.ordering.actions.desk import Desk, ShelfOf, read_desk
from chalicelib.ordering.actions.shelf import open_shelf
from chalicelib.ordering.cart import Cart, CartLine
from chalicelib.ordering.goods import Goods, terms_mark
from chalicelib.ordering.lines import Terms, summed
from chalicelib.ordering.model import OrderLine
from chalicelib.ordering.quickorder import BadRow, Found, Pasted, PastedRow, quantity_problem
from chalicelib.ordering.store import load_order
from chalicelib.storage import keys
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Done, guard

_REMEMBERED = timedelta(days=2)
_MOST_GUESSED = 12


@dataclass(frozen=True, slots=True)
class Pick:
    """A product that a person chose for a pasted row, given by its untouched text."""

    sku: str
    text: str


def priced_lines(terms: Terms, lines: Sequence[CartLine], goods: Mapping[str, Goods]) -> dict[str, OrderLine]:
    """Order lines of what has a price, summed up as the order will be; by SKU."""
    priced = [
        goods[line.sku].line(str(place), line.quantity)
        for place, line in enumerate(lines, 1)
        if line.sku in goods and goods[line.sku].price is not None
    ]
    return {line.sku: line for line in summed(priced, terms)}


def price_problem(line: CartLine, goods: Goods | None) -> str:
    """Why a line cannot be ordered at the price that was seen; empty if it can (domain §3.11)."""
    if goods is None or not goods.listed:
        return "withdrawn"
    if goods.price is None:
        return "no_price"
    return "price_changed" if goods.price != line.seen_price else ""


def add_to_cart(
    db: TenantSession,
    actor: Actor,
    contract_id: str | None,
    sku: str,
    quantity: Decimal,
    now: datetime,
    *,
    once: str = "",
    shelf_of: ShelfOf = open_shelf,
) -> None:
    """Adds so much of a SKU to what the cart has of it; `once` = the form's own key makes it happen once.

    NotFound for an unknown or withdrawn SKU, Invalid at `quantity`, Refused("no_price") without a price.
    """

    def change(desk: Desk) -> Cart:
        own = next((line.quantity for line in desk.cart.lines if line.sku == sku), Decimal(0))
        goods = desk.shelf.goods({sku: own + quantity}).get(sku)
        if goods is None or not goods.listed:
            raise NotFound()
        _check_quantity(quantity, goods, "quantity")
        _check_quantity(own + quantity, goods, "quantity")
        if goods.price is None:
            raise Refused("no_price", article=goods.article, name=goods.name)
        return _put(desk, [_line(goods, quantity)])

    _changed(db, actor, contract_id, shelf_of, now, change, once)


def change_cart(
    db: TenantSession,
    actor: Actor,
    contract_id: str | None,
    quantities: Mapping[str, Decimal],
    now: datetime,
    *,
    shelf_of: ShelfOf = open_shelf,
) -> None:
    """New quantities by SKU, zero takes a line out. Invalid names every wrong one at `q-<sku>`.

    A price that another tier brings along is no news: it was asked for by the quantity.
    """

    def change(desk: Desk) -> Cart:
        before = {line.sku: line.quantity for line in desk.cart.lines}
        own = {sku: quantity for sku, quantity in quantities.items() if sku in before}
        goods = desk.shelf.goods({sku: quantity or before[sku] for sku, quantity in own.items()})
        wrong = {}
        for sku, quantity in own.items():
            problem = quantity_problem(quantity, goods[sku].unit_code) if quantity and sku in goods else None
            if problem:
                wrong[f"q-{sku}"] = Complaint(code=f"quantity_{problem}", params={"article": goods[sku].article})
        if wrong:
            raise Invalid(fields=wrong)
        prices = {sku: one.price for sku, one in goods.items()}
        return _followed_tiers(desk, carts.changed(desk.cart, own), prices)

    _changed(db, actor, contract_id, shelf_of, now, change)


def _put(desk: Desk, added: Sequence[CartLine]) -> Cart:
    return _followed_tiers(desk, carts.put(desk.cart, added), {line.sku: line.seen_price for line in added})


def _followed_tiers(desk: Desk, after: Cart, prices: Mapping[str, Decimal | None]) -> Cart:
    """The changed cart, where these prices are no news to lines whose old price was the one seen and whose quantity is
    another now."""
    before = {line.sku: line for line in desk.cart.lines if line.sku in prices}
    at_old = desk.shelf.goods({sku: line.quantity for sku, line in before.items()})
    followed = {
        line.sku: prices[line.sku]
        for line in after.lines
        if line.sku in at_old
        and line.quantity != before[line.sku].quantity
        and at_old[line.sku].price == before[line.sku].seen_price
    }
    return carts.seen(after, followed)


def clear_cart(
    db: TenantSession, actor: Actor, contract_id: str | None, now: datetime, *, shelf_of: ShelfOf = open_shelf
) -> None:
    _changed(db, actor, contract_id, shelf_of, now, lambda desk: Cart(contract_id=desk.cart.contract_id))


def accept_prices(
    db: TenantSession,
    actor: Actor,
    contract_id: str | None,
    seen: str,
    now: datetime,
    *,
    shelf_of: ShelfOf = open_shelf,
) -> None:
    """The person has seen prices and when goods on order are there, of the mark `seen`, and goes on with them.
    Refused("cart_terms_changed") if they are others by now."""

    def change(desk: Desk) -> Cart:
        goods = desk.shelf.goods({line.sku: line.quantity for line in desk.cart.lines})
        if terms_mark(goods) != seen:
            raise Refused("cart_terms_changed")
        days = {sku: one.lead_days for sku, one in goods.items()}
        return carts.seen(desk.cart, {sku: one.price for sku, one in goods.items()}, days)

    _changed(db, actor, contract_id, shelf_of, now, change)


def paste_lines(
    db: TenantSession,
    actor: Actor,
    contract_id: str | None,
    text: str,
    now: datetime,
    *,
    pick: Pick | None = None,
    once: str = "",
    shelf_of: ShelfOf = open_shelf,
) -> Pasted:
    """Adds pasted "article quantity" rows; what comes back names every row that was bad (domain §5.7), the first of
    them with what they may have meant. `pick` is what the person chose for one of the rows.

    Invalid at `text` when there is nothing, or more than `quickorder.MAX_ROWS` rows.
    """
    rows = quickorder.rows_of(text)
    if not rows:
        raise Invalid(fields={"text": Complaint(code="required")})
    if len(rows) > quickorder.MAX_ROWS:
        raise Invalid(fields={"text": Complaint(code="too_many_rows", params={"limit": quickorder.MAX_ROWS})})
    result: list[Pasted] = []

    def change(desk: Desk) -> Cart:
        found = desk.shelf.found(quickorder.articles(rows))
        picked = _picked(pick, rows, desk)
        own = {line.sku: line.quantity for line in desk.cart.lines}
        known = frozenset(sku for answer in (*found.values(), *picked.values()) for sku in answer.skus)
        wanted = quickorder.resolved(rows, found, known, picked)
        totals = {sku: quantity + own.get(sku, Decimal(0)) for sku, quantity in wanted.quantities.items()}
        goods = desk.shelf.goods(totals)
        priced = frozenset(sku for sku, one in goods.items() if one.price is not None and one.listed)
        pasted = quickorder.resolved(rows, found, priced, picked)
        result[:] = [replace(pasted, bad=_with_alike(pasted.bad, desk))]
        return _put(desk, [_line(goods[sku], quantity) for sku, quantity in pasted.quantities.items()])

    _changed(db, actor, contract_id, shelf_of, now, change, once)
    return result[0]


def _picked(pick: Pick | None, rows: Sequence[PastedRow], desk: Desk) -> dict[int, Found]:
    """The chosen product by the number of the row that it was chosen for; nothing when either is no more."""
    row = next((row for row in rows if pick is not None and row.text == pick.text), None)
    goods = desk.shelf.goods({pick.sku: Decimal(1)}).get(pick.sku) if pick and row else None
    if row is None or goods is None:
        return {}
    return {row.number: Found(skus=(goods.sku,), unit_code=goods.unit_code, unit=goods.unit)}


def _with_alike(bad: Sequence[BadRow], desk: Desk) -> tuple[BadRow, ...]:
    """What the first unclear rows may have meant: a search costs time, and nobody reads suggestions by the hundred."""
    unclear = [row for row in bad if row.reason in ("unknown", "ambiguous")][:_MOST_GUESSED]
    guessed = {row.number: desk.shelf.alike(row.article, row.skus) for row in unclear}
    return tuple(replace(row, alike=guessed.get(row.number, ())) for row in bad)


def repeat_order(
    db: TenantSession,
    actor: Actor,
    contract_id: str | None,
    order_id: str,
    now: datetime,
    *,
    once: str = "",
    shelf_of: ShelfOf = open_shelf,
) -> tuple[OrderLine, ...]:
    """Puts an order's lines into the cart at today's prices; those that can't be ordered any more come back."""
    wanted = load_order(db, order_id, actor).live_lines
    left: list[OrderLine] = []

    def change(desk: Desk) -> Cart:
        own = {line.sku: line.quantity for line in desk.cart.lines}
        goods = desk.shelf.goods({line.sku: line.quantity + own.get(line.sku, Decimal(0)) for line in wanted})
        can = [line for line in wanted if line.sku in goods and goods[line.sku].listed and goods[line.sku].price]
        left[:] = [line for line in wanted if line not in can]
        return _put(desk, [_line(goods[line.sku], line.quantity) for line in can])

    _changed(db, actor, contract_id, shelf_of, now, change, once)
    return tuple(left)


def _line(goods: Goods, quantity: Decimal) -> CartLine:
    return CartLine(
        sku=goods.sku,
        quantity=quantity,
        article=goods.article,
        name=goods.name,
        seen_price=goods.price,
        seen_days=goods.lead_days,
    )


def _check_quantity(quantity: Decimal, goods: Goods, field: str) -> None:
    problem = quantity_problem(quantity, goods.unit_code)
    if problem:
        raise Invalid(fields={field: Complaint(code=f"quantity_{problem}", params={"article": goods.article})})


def _changed(
    db: TenantSession,
    actor: Actor,
    contract_id: str | None,
    shelf_of: ShelfOf,
    now: datetime,
    change: Callable[[Desk], Cart],
    once: str = "",
) -> None:
    """Reads, changes, writes; anew when another window was faster. A key that was used before changes nothing."""
    guard_key = f"cart#{actor.user_id}#{once}" if once else ""
    guard_at = keys.idempotency(db.tenant_id, guard_key)

    def act() -> None:
        desk = read_desk(db, actor, contract_id, shelf_of, now, also=(guard_at,) if once else ())
        changes = cart_store.cart_writes(db.tenant_id, actor.user_id, desk.cart, change(desk))
        if guard_at in desk.rows:
            return
        writes = [replace(write, refusal=None) for write in changes]  # another window's change is no refusal here
        if once:
            done = guard(db.tenant_id, guard_key, Done(), now=now)
            writes.append(replace(done, expires=now + _REMEMBERED))
        db.commit(writes)

    until_committed(act)
