"""The cart as its page shows it: today's prices, stock and credit, and what others order with what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from chalicelib.advice.model import SHOWN
from chalicelib.advice.store import companions_of
from chalicelib.kernel.access import Actor
from chalicelib.kernel.money import Money, money
from chalicelib.ordering.actions.carts import price_problem, priced_lines
from chalicelib.ordering.actions.desk import Desk, ShelfOf, read_desk
from chalicelib.ordering.actions.shelf import open_shelf
from chalicelib.ordering.cart import CartLine
from chalicelib.ordering.cover import Cover, told_cover
from chalicelib.ordering.goods import Goods, terms_mark
from chalicelib.ordering.model import OrderLine
from chalicelib.stock.model import Level
from chalicelib.stock.showing import Shown, shown
from chalicelib.stock.store import promised
from chalicelib.storage import keys
from chalicelib.storage.session import TenantSession


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLine:
    """A line of the cart as its page shows it. `problem` is a code `ordering.problem.<code>`, empty when it can be
    ordered: withdrawn, no_price, price_changed, short. `sums` None: it has no price. `cover` = what the quantity would
    come from, as far as the reader may know."""

    line: CartLine
    goods: Goods | None
    sums: OrderLine | None
    stock: Shown
    cover: Cover
    problem: str = ""

    @property
    def is_later(self) -> bool:
        days = self.goods.lead_days if self.goods else None
        return self.line.is_later(days, on_order=self.cover.on_order is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """What others order with something that is in the cart; `price` = of one unit."""

    goods: Goods
    price: Money
    stock: Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCart:
    """The cart with today's prices, stock and credit. `free_credit` None: the contract has no limit; `missing_credit`
    None: it is enough; `terms` = the mark of its prices and days."""

    lines: tuple[ShownLine, ...]
    terms: str
    currency: str
    net: Money
    vat: Money
    gross: Money
    free_credit: Money | None
    missing_credit: Money | None
    together: tuple[Companion, ...]

    @property
    def prices_changed(self) -> bool:
        return any(one.problem == "price_changed" for one in self.lines)

    @property
    def is_later(self) -> bool:
        """Whether some goods are there later than the person saw."""
        return any(one.is_later for one in self.lines)

    @property
    def due(self) -> date | None:
        """The day from which on all of it would be there; None: no part of it would have to come, or there is too
        little."""
        if self.short:
            return None
        return max((one.cover.due for one in self.lines if one.cover.due), default=None)

    @property
    def short(self) -> tuple[ShownLine, ...]:
        """Lines of which the stock has too little."""
        return tuple(one for one in self.lines if one.problem == "short")


def show_cart(
    db: TenantSession, actor: Actor, contract_id: str | None, now: datetime, *, shelf_of: ShelfOf = open_shelf
) -> ShownCart:
    """The cart as it stands now, in two round trips."""
    desk = read_desk(db, actor, contract_id, shelf_of, now, also=(keys.companions(db.tenant_id),))
    cart = desk.cart
    together = _together(desk)
    stock = promised(db, [*(line.sku for line in cart.lines), *(one.sku for one, _ in together)], now)
    goods = desk.shelf.goods({line.sku: line.quantity for line in cart.lines})
    sums = priced_lines(desk.terms, cart.lines, goods)
    lines = tuple(_shown(line, goods.get(line.sku), sums.get(line.sku), stock[line.sku], desk) for line in cart.lines)
    currency = desk.contract.currency
    gross = sum((line.gross for line in sums.values()), Decimal(0))
    limit = desk.contract.credit_limit
    rest = None if limit is None else limit - desk.account.exposure
    return ShownCart(
        lines=lines,
        terms=terms_mark(goods),
        currency=currency,
        net=money(sum((line.net for line in sums.values()), Decimal(0)), currency),
        vat=money(sum((line.vat for line in sums.values()), Decimal(0)), currency),
        gross=money(gross, currency),
        free_credit=None if rest is None else money(max(Decimal(0), rest), currency),
        missing_credit=None if rest is None or rest >= gross else money(gross - rest, currency),
        together=tuple(
            Companion(
                goods=one,
                price=money(price, currency),
                stock=shown(stock[one.sku].available(desk.sources.warehouses), desk.group),
            )
            for one, price in together
        ),
    )


def _together(desk: Desk) -> list[tuple[Goods, Decimal]]:
    """What others order with what is in the cart, as far as the dealer sees it and it has a price."""
    tenant_id = desk.settings.id
    companions = companions_of(tenant_id, desk.rows.get(keys.companions(tenant_id)))
    if companions is None or not desk.cart.lines:
        return []
    wanted = companions.of([line.sku for line in desk.cart.lines])
    goods = desk.shelf.goods(dict.fromkeys(wanted, Decimal(1)))
    found = [goods[sku] for sku in wanted if sku in goods]
    return [(one, one.price) for one in found if one.listed and one.price is not None][:SHOWN]


def _ready(goods: Goods | None, desk: Desk) -> date | None:
    """When goods on order are there."""
    days = goods.lead_days if goods else None
    return None if days is None else desk.day + timedelta(days=days)


def _shown(line: CartLine, goods: Goods | None, sums: OrderLine | None, level: Level, desk: Desk) -> ShownLine:
    cover = told_cover(level, line.quantity, desk.sources, desk.group, _ready(goods, desk))
    return ShownLine(
        line=line,
        goods=goods,
        sums=sums,
        stock=shown(level.available(desk.sources.warehouses), desk.group),
        cover=cover,
        problem=price_problem(line, goods) or ("short" if cover.lacking else ""),
    )
