"""Documents that come back from 1C: orders as they now stand there, with their papers (protocol §7).

Both structures (flat `Документ`, `Контейнер/Документ`) and all spellings of the requisites end in the same frozen
dataclasses. A document is taken whole or becomes one RejectedRow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from chalicelib.catalogue.feed import RejectedRow
from chalicelib.exchange.commerceml import document_parts as parts
from chalicelib.exchange.commerceml import papers, values
from chalicelib.exchange.commerceml.erp import ErpInvoice, ErpOrder, ErpParty, ErpPayment, ErpRow, ErpShipment
from chalicelib.exchange.commerceml.values import children, is_deleted, text
from chalicelib.exchange.commerceml.xmlstream import ROOT, Element, Limits, Node, Opened, read_parts

_STATUS_CODE = re.compile(r"\[([^\]]{1,20})\]\s*(.*)", re.DOTALL)


def read_documents(chunks: Iterable[bytes], limits: Limits | None = None) -> Iterator[ErpRow]:
    """Orders (with what hangs on them), papers on their own, and counterparties, in order.

    Raises Invalid like `xmlstream.read_parts`.
    """
    number, formed = 0, ""
    for part in read_parts(chunks, limits):
        if isinstance(part, Opened) and part.name == ROOT:
            formed = parts.formed(part.attributes.get("ДатаФормирования", ""))
        if not isinstance(part, Element) or not len(part.body):
            continue
        if part.name == "Документ":
            number += 1
            yield _formed(_document(part.body, number), formed)
        elif part.name == "Контейнер":
            rows = [_document(body, number + i) for i, body in enumerate(children(part.body, "Документ"), 1)]
            number += len(rows)
            yield from (_formed(row, formed) for row in _together(rows))
        elif part.container == "Контрагенты" and part.name == "Контрагент":
            number += 1
            yield _party_row(part.body, number)


def _together(rows: list[ErpRow]) -> Iterator[ErpRow]:
    """One container is one order with its papers; several orders in it keep their own."""
    orders = [row for row in rows if isinstance(row, ErpOrder)]
    if len(orders) != 1:
        yield from rows
        return
    order = orders[0]
    payments = tuple(row for row in rows if isinstance(row, ErpPayment))
    shipments = tuple(row for row in rows if isinstance(row, ErpShipment))
    invoices = tuple(row for row in rows if isinstance(row, ErpInvoice))
    yield replace(
        order,
        payments=order.payments + payments,
        shipments=order.shipments + shipments,
        invoices=order.invoices + invoices,
    )
    yield from (row for row in rows if isinstance(row, RejectedRow))


def _formed(row: ErpRow, formed: str) -> ErpRow:
    """The row with when its file was formed."""
    return replace(row, formed=formed) if isinstance(row, ErpOrder | ErpPayment | ErpShipment | ErpInvoice) else row


def _document(body: Node, number: int) -> ErpRow:
    subject = text(body, "Номер") or text(body, "Ид")
    if not subject:
        return RejectedRow(kind="document", number=number, reason="no_number")
    kind = papers.kind_of(body)
    if not kind:
        operation = " ".join(text(body, "ХозОперация").lower().split())[:60]
        return RejectedRow(
            kind="document", number=number, reason="unknown_operation", subject=subject, detail=operation
        )
    try:
        return _order(body) if kind == papers.ORDER else papers.paper(body, kind)
    except ValueError as wrong:
        return RejectedRow(kind="document", number=number, reason="bad_value", subject=subject, detail=str(wrong))


def _order(body: Node) -> ErpOrder:
    given = parts.requisites(body)
    known = {parts.plain(title): value.strip() for title, value in given}
    code, status = _status(known)
    under = [
        papers.paper(child, kind)
        for child in children(body, "ПодчиненныеДокументы", "ПодчиненныйДокумент")
        if (kind := papers.kind_of(child)) and kind != papers.ORDER
    ]
    payment_number, payment_date = known.get("номероплатыпо1с", ""), values.day(known.get("датаоплатыпо1с", ""))
    shipment_number = known.get("номеротгрузкипо1с", "")
    shipment_date = values.day(known.get("датаотгрузкипо1с", ""))
    parties = children(body, "Контрагенты", "Контрагент")
    return ErpOrder(
        number=parts.name(text(body, "Номер")),
        id=parts.name(text(body, "Ид")),
        version=text(body, "НомерВерсии"),
        erp_number=text(body, "Номер1С") or known.get("номерпо1с", ""),
        erp_date=values.day(text(body, "Дата1С") or known.get("датапо1с", "")),
        day=values.day(text(body, "Дата")),
        currency=values.currency(text(body, "Валюта")),
        total=parts.optional(text(body, "Сумма")),
        due=values.day(text(body, "СрокПлатежа")),
        comment=text(body, "Комментарий"),
        status=status,
        status_code=code,
        posted=parts.flag(known, "проведен"),
        paid=_told(parts.flag(known, "оплачен", "заказоплачен"), payment_number, payment_date),
        shipped=_told(parts.flag(known, "отгружен"), shipment_number, shipment_date),
        cancelled=parts.flag(known, "отменен"),
        deleted=is_deleted(body) or parts.flag(known, "пометкаудаления") is True,
        payment_number=payment_number,
        payment_date=payment_date,
        shipment_number=shipment_number,
        shipment_date=shipment_date,
        lines=parts.lines(body) or None,  # an empty list says nothing: a cancelled order is marked so
        payments=tuple(one for one in under if isinstance(one, ErpPayment)),
        shipments=tuple(one for one in under if isinstance(one, ErpShipment)),
        invoices=tuple(one for one in under if isinstance(one, ErpInvoice)),
        party=_party(parties[0]) if parties else None,
        requisites=given,
    )


def _party_row(body: Node, number: int) -> ErpRow:
    party = _party(body)
    if not party.id:
        return RejectedRow(kind="party", number=number, reason="no_id", subject=party.name)
    return party


def _party(body: Node) -> ErpParty:
    official = text(body, "ОфициальноеНаименование")
    address = [text(node, "Представление") for node in children(body, "Адрес")]
    legal_address = [
        text(node, "Представление")
        for name in ("ЮридическийАдрес", "АдресРегистрации")
        for node in children(body, name)
    ]
    return ErpParty(
        id=text(body, "Ид"),
        name=text(body, "Наименование"),
        full_name=official or text(body, "ПолноеНаименование"),
        legal=bool(official),
        tax_id=text(body, "ИНН"),
        kpp=text(body, "КПП"),
        okpo=text(body, "ОКПО") or text(body, "КодПоОКПО"),
        address=address[0] if address else "",
        legal_address=legal_address[0] if legal_address else "",
        contacts=tuple(
            (text(item, "Тип"), text(item, "Значение"))
            for item in children(body, "Контакты", "Контакт")
            if text(item, "Значение")
        ),
        requisites=parts.requisites(body),
        deleted=is_deleted(body),
    )


def _status(known: dict[str, str]) -> tuple[str, str]:
    shown = known.get("статусзаказа", "") or known.get("статус", "")
    code = known.get("статусазаказаид", "") or known.get("статусзаказаид", "")
    if found := _STATUS_CODE.fullmatch(shown):
        return code or found[1].strip(), found[2].strip()
    return code, shown


def _told(flagged: bool | None, number: str, day: date | None) -> bool | None:
    """УТ tells that something happened by its number and date alone."""
    return flagged if flagged is not None else True if number or day else None
