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
    """What there is, and below it the next that may be ordered beyond that: what comes, or in how many days it is there
    on order; what comes and may not be ordered only where there is nothing else to say."""
    t, following = request.t, coming_texts(request, fmt, offer)[:1]
    there, more = is_there(offer.stock), list(following)
    if offer.lead_days is not None:
        also = t.t("storefront.and_on_order") if there else lead_text(t, offer.lead_days)
        more.insert(len(more) if offer.takes_coming else 0, also)
    if there:
        return Cell(stock_text(t, fmt, offer.stock, offer.item.unit), sub=next(iter(more), None))
    return Cell("", sub=next(iter(more), t.t("storefront.none_left")))


def coming_texts(request: Request, fmt: Formats, offer: Offer) -> tuple[str, ...]:
    today = local_day(request.now, request.time_zone)
    return tuple(coming_text(request.t, fmt, one, offer.item.unit, today) for one in offer.coming)


def later_texts(request: Request, fmt: Formats, offer: Offer) -> tuple[str, ...]:
    """What comes, and in how many days there is more of it on order: more than may be ordered at once, so that goods
    which come and may not be ordered are said last."""
    coming, orderable = coming_texts(request, fmt, offer), bool(offer.coming) and offer.takes_coming
    if offer.lead_days is None:
        return coming
    on_order = lead_text(request.t, offer.lead_days, beyond=is_there(offer.stock) or orderable)
    return (*coming, on_order) if orderable else (on_order, *coming)


def price_text(request: Request, answer: Answer | None) -> str:
    if isinstance(answer, Quote):
        return Formats(request.locale, request.time_zone).money(answer.price, answer.currency)
    return "—" if answer is None else request.t.t("pricing.on_request")


def at_least(offer: Offer) -> Decimal:
    """The quantity that the order field begins with: the smallest that has a price."""
    answer = offer.answer
    return max(answer.min_quantity, Decimal(1)) if isinstance(answer, Quote) else Decimal(1)
