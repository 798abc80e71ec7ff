"""An order's lines as a document of the ERP has them. Pure rules (domain §5.2, protocol §7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from chalicelib.catalogue.model import sku_id
from chalicelib.ordering import lines as line_rules
from chalicelib.ordering.erp import ErpUpdateLine
from chalicelib.ordering.lines import Terms
from chalicelib.ordering.model import LineStatus, OrderLine

_ZERO = Decimal(0)
_PRICE_STEP = Decimal("0.0001")


def told_lines(lines: Sequence[OrderLine], told: Sequence[ErpUpdateLine], terms: Terms) -> tuple[OrderLine, ...]:
    """The order's lines with the ERP's quantities and prices; those that it does not name are cancelled.

    What the ERP tells with VAT where the order's prices are without it, or the other way round, costs what it told.
    """
    told = [_priced_as_ours(one, lines, terms) for one in told if one.quantity > 0]
    owns = _matched(lines, told)
    found: dict[str, OrderLine] = {}
    added: list[OrderLine] = []
    costs: dict[str, Decimal] = {}
    otherwise: set[str] = set()
    for one, own in zip(told, owns, strict=True):
        if own is not None:
            line = found[own.id] = _as_told(own, one)
        else:
            line = _new_line(one, line_rules.next_id([*lines, *added]), terms)
            added.append(line)
        if one.total is not None:
            costs[line.id] = one.total
            if one.vat_included is not terms.vat_included:
                otherwise.add(line.id)
        elif own is not None and (own.quantity, own.price) == (line.quantity, line.price):
            costs[line.id] = own.gross if terms.vat_included else own.net
    kept = [found.get(line.id) or line_rules.cancelled(line) for line in lines]
    other_terms = replace(terms, vat_included=not terms.vat_included)
    ours = line_rules.summed([line for line in (*kept, *added) if line.id not in otherwise], terms, costs)
    theirs = line_rules.summed([line for line in (*kept, *added) if line.id in otherwise], other_terms, costs)
    after = {line.id: line for line in (*ours, *theirs)}
    return tuple(after[line.id] for line in (*kept, *added))


def _priced_as_ours(one: ErpUpdateLine, lines: Sequence[OrderLine], terms: Terms) -> ErpUpdateLine:
    """The told line with its price in the order's mode of VAT; `vat_included` says in which its total is."""
    if one.vat_included is None or one.vat_included is terms.vat_included:
        return replace(one, vat_included=terms.vat_included)
    price = one.price
    if price is None and one.total is not None:
        price = one.total / one.quantity
    if price is None:
        return one
    sku = sku_id(one.product_id, one.variant_id)
    own_rate = next((line.vat_rate for line in lines if line.sku == sku), terms.standard_vat)
    factor = 1 + ((own_rate if one.vat_rate is None else one.vat_rate) or _ZERO) / 100
    price = price / factor if one.vat_included else price * factor
    return replace(one, price=price.quantize(_PRICE_STEP, ROUND_HALF_UP))


def _matched(lines: Sequence[OrderLine], told: Sequence[ErpUpdateLine]) -> list[OrderLine | None]:
    """For each told line the order's line of the same SKU, at the same price first; None for a new one."""
    free = list(lines)
    owns: list[OrderLine | None] = [None] * len(told)
    for by_price in (True, False):
        for place, one in enumerate(told):
            sku = sku_id(one.product_id, one.variant_id)
            same = [line for line in free if line.sku == sku and (line.price == one.price or not by_price)]
            if owns[place] is None and same:
                owns[place] = same[0]
                free.remove(same[0])
    return owns


def _as_told(own: OrderLine, one: ErpUpdateLine) -> OrderLine:
    return replace(
        own,
        quantity=one.quantity,
        price=one.price if one.price is not None else own.price,
        vat_rate=own.vat_rate if one.vat_rate is None else one.vat_rate or None,
        service=one.service,
        status=own.status if own.is_live else LineStatus.ACCEPTED,
    )


def _new_line(one: ErpUpdateLine, line_id: str, terms: Terms) -> OrderLine:
    """A line that the ERP added; its unit and names are as the document has them, its VAT is told or the standard."""
    price = one.price
    if price is None:
        price = one.total / one.quantity if one.total is not None else _ZERO
    return OrderLine(
        id=line_id,
        sku=sku_id(one.product_id, one.variant_id),
        product_id=one.product_id,
        variant_id=one.variant_id,
        catalogue_id="",
        article=one.article,
        name=one.name,
        unit=one.unit,
        unit_code="",
        quantity=one.quantity,
        price=price,
        vat_rate=(terms.standard_vat if one.vat_rate is None else one.vat_rate) or None,
        service=one.service,
        net=_ZERO,
        vat=_ZERO,
        gross=_ZERO,
    )
