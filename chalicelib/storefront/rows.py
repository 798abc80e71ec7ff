"""Offers as rows of short lists, and what lists and pages say of an offer in the same words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from chalicelib.http.formats import Formats
from chalicelib.http.listing import Cell
from chalicelib.http.request import Request
from chalicelib.kernel.clock import local_day
from chalicelib.ordering.pages.base import GoodsRow, Was
from chalicelib.ordering.words import lead_text
from chalicelib.pricing.model import Answer, Quote
from chalicelib.stock.showing import is_there
from chalicelib.stock.words import coming_text, stock_text
from chalicelib.storefront.offers import Offer


def goods_rows(
    request: Request, offers: Iterable[Offer], cart: Mapping[str, Decimal] | None, current: str = ""
) -> tuple[GoodsRow, ...]:
    """`current` = the SKU whose page this is."""
    fmt = Formats(request.locale, request.time_zone)

    def row(offer: Offer) -> GoodsRow:
        item, stock = offer.item, stock_cell(request, fmt, offer)
        return GoodsRow(
            sku=item.sku,
            name=item.name,
            article=item.article,
            unit=item.unit,
            stock=stock.text or stock.sub or "",
            price=price_text(request, offer.answer),
            at_least=at_least(offer) if isinstance(offer.answer, Quote) else None,
            in_cart=(cart or {}).get(item.sku),
            is_current=item.sku == current,
            is_new=offer.is_new,
            was=was(fmt, offer),
        )

    return tuple(map(row, offers))


def was(fmt: Formats, offer: Offer) -> Was | None:
    """What it cost before; None if that was not more."""
    fall, answer = offer.fall, offer.answer
    if fall is None or not isinstance(answer, Quote):
        return None
    return Was(
        price=fmt.money(fall.price, answer.currency),
        less=fmt.percent(-fall.percent(answer.price)),
        until=fall.until,
    )


def stock_cell(request: Request, fmt: Formats, offer: Offer) -> Cell:
    """What there is, and what comes next; where there is neither, in how many days it is there on order."""
    following = coming_texts(request, fmt, offer)[:1]
    if is_there(offer.stock):
        return Cell(stock_text(request.t, fmt, offer.stock, offer.item.unit), sub=next(iter(following), None))
    otherwise = lead_text(request.t, offer.lead_days) or request.t.t("storefront.none_left")
    return Cell("", sub=next(iter(following), otherwise))


def coming_texts(request: Request, fmt: Formats, offer: Offer) -> tuple[str, ...]:
    today = local_day(request.now, request.time_zone)
    return tuple(coming_text(request.t, fmt, one, offer.item.unit, today) for one in offer.coming)


def on_order_text(request: Request, offer: Offer) -> str:
    """In how many days there is more of it than there is, and than comes; empty if it is not on order."""
    return lead_text(request.t, offer.lead_days, beyond=is_there(offer.stock) or bool(offer.coming))


def price_text(request: Request, answer: Answer | None) -> str:
    if isinstance(answer, Quote):
        return Formats(request.locale, request.time_zone).money(answer.price, answer.currency)
    return "—" if answer is None else request.t.t("pricing.on_request")


def at_least(offer: Offer) -> Decimal:
    """The quantity that the order field begins with: the smallest that has a price."""
    answer = offer.answer
    return max(answer.min_quantity, Decimal(1)) if isinstance(answer, Quote) else Decimal(1)
