"""An order of ours → the document that 1C gets (protocol §6)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from zoneinfo import ZoneInfo

from chalicelib.exchange.commerceml.orders_xml import BankAccount, Dialect, OrderDocument, OrderParty
from chalicelib.exchange.commerceml.orders_xml import OrderLine as XmlLine
from chalicelib.network.model import LegalEntity, Party
from chalicelib.ordering.erp import OrderForErp
from chalicelib.ordering.model import OrderLine
from chalicelib.tenancy.model import Charset, ExchangeSettings, OrderStructure, TenantSettings

STATUSES = ("confirmed", "in_production", "ready", "shipping", "completed", "cancelled")
"""The states of an order that 1C hears of, by their codes."""


def dialect_of(settings: ExchangeSettings) -> Dialect:
    return Dialect(
        charset="utf-8" if settings.charset is Charset.UTF_8 else "windows-1251",
        bom=settings.byte_order_mark,
        containers=settings.structure is OrderStructure.CONTAINER,
    )


def document_of(
    one: OrderForErp, settings: TenantSettings, currencies: Mapping[str, str], status_name: str
) -> OrderDocument:
    """`currencies` maps ISO codes to the words of the tenant's 1C; `status_name` is the state in its language."""
    order, zone = one.order, ZoneInfo(settings.time_zone)
    return OrderDocument(
        id=order.id,
        number=order.number,
        placed=order.created.astimezone(zone),
        currency=currencies.get(order.currency, order.currency),
        total=order.gross,
        party=_party(one.party, one.entity),
        lines=tuple(_line(line, included=order.vat_included) for line in one.lines),
        comment=order.comment,
        wished=order.wished,
        cancelled=one.is_cancelled,
        vat_included=order.vat_included,
        status=status_name,
        status_code=str(order.state),
        changed=order.changed.astimezone(zone),
        organisation=settings.exchange.organisation,
        contract=one.contract.number,
        version=order.edition,
    )


def _party(party: Party, entity: LegalEntity) -> OrderParty:
    account = None
    if entity.account:
        account = BankAccount(
            number=entity.account,
            bank=entity.bank,
            bic=entity.bank_code,
            correspondent=entity.correspondent_account,
        )
    contacts = (("Телефон рабочий", party.phone), ("Почта", party.email))
    return OrderParty(
        id=entity.id,
        name=entity.name,
        official_name=entity.name,
        tax_id=entity.tax_id,
        kpp=entity.tax_reason,
        legal_address=entity.address,
        account=account,
        contacts=tuple((kind, value) for kind, value in contacts if value),
    )


def _line(line: OrderLine, *, included: bool) -> XmlLine:
    return XmlLine(
        product_id=line.product_id,
        variant_id=line.variant_id or None,
        line_id=line.id,
        catalogue_id=line.catalogue_id,
        article=line.article,
        name=line.name,
        unit=line.unit or "шт",
        unit_code=line.unit_code,
        quantity=line.quantity,
        price=line.price,
        total=line.gross if included else line.net,
        vat_rate=line.vat_rate if line.vat_rate is not None else Decimal(0),
        vat_included=included,
        vat_amount=line.vat,
    )
