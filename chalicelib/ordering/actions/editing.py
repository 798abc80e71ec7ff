"""Changing an order's lines by what somebody typed: quantities, and articles to add."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from chalicelib.catalogue.store import catalogue_keys
from chalicelib.kernel.errors import Complaint, Invalid
from chalicelib.network.model import VatMode
from chalicelib.ordering import quickorder, store
from chalicelib.ordering.actions.desk import ShelfOf
from chalicelib.ordering.actions.moderation import change_lines
from chalicelib.ordering.actions.shelf import open_shelf
from chalicelib.ordering.actions.transaction import Ask
from chalicelib.ordering.lines import held_by
from chalicelib.ordering.model import Order, OrderLine
from chalicelib.ordering.quickorder import BadRow
from chalicelib.pricing.chain import PriceBasis
from chalicelib.pricing.store import basis_keys, basis_of
from chalicelib.storage.session import TenantSession


def edit_order(
    db: TenantSession,
    ask: Ask,
    quantities: Mapping[str, Decimal],
    text: str,
    comment: str = "",
    *,
    shelf_of: ShelfOf = open_shelf,
) -> Order:
    """`change_lines` with "article quantity" rows to add, at today's prices of the order's contract, with the VAT of
    the day when it was placed, in the prices or on top as it was then.

    Lines that stay keep the price that they were ordered at; one that is added to costs what all of it costs today.
    Invalid names every bad row as `row-<number>`.
    """
    rows = quickorder.rows_of(text)
    added = _new_lines(db, ask, quantities, rows, shelf_of) if rows else ()
    return change_lines(db, ask, quantities, added, comment)


def _new_lines(
    db: TenantSession,
    ask: Ask,
    quantities: Mapping[str, Decimal],
    rows: tuple[quickorder.PastedRow, ...],
    shelf_of: ShelfOf,
) -> tuple[OrderLine, ...]:
    file = store.load_order(db, ask.order_id, ask.actor)
    order = file.order
    rows_of_basis = basis_keys(db.tenant_id, order.party_id, order.contract_id)
    found = db.get_many((*rows_of_basis, *catalogue_keys(db.tenant_id, order.party_id)))
    basis = basis_of(found, db.tenant_id, order.party_id, order.contract_id, ask.now)
    shelf = shelf_of(as_ordered(basis, order), found)
    answers = shelf.found(quickorder.articles(rows))
    known = frozenset(sku for answer in answers.values() for sku in answer.skus)
    wanted = quickorder.resolved(rows, answers, known).quantities
    goods = shelf.goods({sku: quantity + held_by(file.lines, quantities, sku) for sku, quantity in wanted.items()})
    priced = frozenset(sku for sku, one in goods.items() if one.price is not None and one.listed)
    pasted = quickorder.resolved(rows, answers, priced)
    if pasted.bad:
        raise Invalid(fields={f"row-{row.number}": complaint_of(row) for row in pasted.bad})
    return tuple(goods[sku].line("", quantity) for sku, quantity in pasted.quantities.items())


def as_ordered(basis: PriceBasis, order: Order) -> PriceBasis:
    """What today's prices of an order depend on: VAT of the day when it was placed, in the prices or on top as the
    order has it; without VAT it has neither."""
    contract = basis.contract
    if not contract.vat_exempt:
        contract = replace(contract, vat=VatMode.INCLUDED if order.vat_included else VatMode.ON_TOP)
    return replace(basis, contract=contract, vat_at=order.created)


def complaint_of(row: BadRow) -> Complaint:
    params = {
        "number": row.number,
        "article": row.article,
        "quantity": row.quantity,
        "unit": row.unit,
        "sold_in": row.sold_in,
    }
    return Complaint(code=f"row_{row.reason}", params=params)
