"""The invoice on paper: A4, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from chalicelib.billing.actions import InvoicePaper
from chalicelib.billing.model import Invoice, InvoiceLine, VatShare
from chalicelib.http.formats import Formats
from chalicelib.http.i18n import Translator
from chalicelib.http.paper import INK, LINE, PLAIN, styles

_WIDTH = A4[0] - 36 * mm
_WIDTHS = [part * mm for part in (9, 24, 63, 17, 12, 23, 26)]


def printed_invoice(paper: InvoicePaper, t: Translator, fmt: Formats) -> bytes:
    """The invoice as PDF."""
    invoice = paper.page.invoice
    title = t.t("billing.pdf.title", number=invoice.number, day=fmt.date(invoice.day))
    content = BytesIO()
    document = SimpleDocTemplate(
        content,
        pagesize=A4,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=16 * mm,
        bottomMargin=18 * mm,
        title=title,
        author=paper.seller.name,
        lang=fmt.locale,
        invariant=1,
    )
    story = [*_parties(paper, title, t, fmt), _lines(paper.page.lines, invoice, t, fmt), *_totals(paper, t, fmt)]
    document.build(story, onFirstPage=_footer(title, t), onLaterPages=_footer(title, t))
    return content.getvalue()


def _p(text: str, style: str = "text") -> Paragraph:
    return Paragraph("<br/>".join(escape(line) for line in text.splitlines()), styles()[style])


def _parties(paper: InvoicePaper, title: str, t: Translator, fmt: Formats) -> list[Flowable]:
    seller, buyer, invoice = paper.seller, paper.buyer, paper.page.invoice
    tax = t.t("billing.pdf.tax_id", tax_id=buyer.tax_id)
    if buyer.tax_reason:
        tax += ", " + t.t("billing.pdf.tax_reason", tax_reason=buyer.tax_reason)
    signed = paper.contract.signed
    terms = t.t("billing.pdf.contract", number=invoice.contract_number)
    if signed:
        terms += " " + t.t("billing.pdf.of", day=fmt.date(signed))
    rows = [
        (
            t.t("billing.pdf.seller"),
            _lines_of(seller.name, t.t("billing.pdf.tax_id", tax_id=seller.tax_id), seller.address),
        ),
        (t.t("billing.pdf.bank"), seller.bank_details),
        (t.t("billing.pdf.buyer"), _lines_of(buyer.name, tax, buyer.address)),
        (t.t("billing.pdf.ground"), terms),
        (t.t("billing.order"), invoice.order_number),
        (t.t("billing.due"), fmt.date(invoice.due)),
    ]
    cells = [[_p(label, "small"), _p(text)] for label, text in rows if text]
    table = Table(cells, colWidths=[34 * mm, _WIDTH - 34 * mm], hAlign="LEFT")
    table.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, -1), 0), *_tight(1.5)])
    return [_p(title, "title"), table, Spacer(0, 5 * mm)]


def _lines_of(*texts: str) -> str:
    return "\n".join(text for text in texts if text)


def _tight(points: float) -> list[tuple[Any, ...]]:
    return [("TOPPADDING", (0, 0), (-1, -1), points), ("BOTTOMPADDING", (0, 0), (-1, -1), points)]


_FIGURES = ("quantity", "price", "amount")


def _lines(lines: Iterable[InvoiceLine], invoice: Invoice, t: Translator, fmt: Formats) -> Table:
    keys = ("line", "article", "name", "quantity", "unit", "price", "amount")
    head = [_p(t.t(f"billing.pdf.{key}"), "sum" if key in _FIGURES else "bold") for key in keys]
    rows = [
        [
            _p(str(number)),
            _p(line.article),
            _p(line.name),
            _p(fmt.quantity(line.quantity), "right"),
            _p(line.unit),
            _p(fmt.amount(line.price, invoice.currency), "right"),
            _p(fmt.amount(line.amount, invoice.currency), "right"),
        ]
        for number, line in enumerate(lines, 1)
    ]
    table = Table([head, *rows], colWidths=_WIDTHS, repeatRows=1, hAlign="LEFT")
    table.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, INK),
            ("LINEBELOW", (0, 1), (-1, -1), 0.3, LINE),
            ("LEFTPADDING", (0, 0), (-1, -1), 2),
            ("RIGHTPADDING", (0, 0), (-1, -1), 2),
            *_tight(2.5),
        ]
    )
    return table


def _totals(paper: InvoicePaper, t: Translator, fmt: Formats) -> list[Flowable]:
    invoice = paper.page.invoice
    rows = [(t.t("billing.pdf.total"), fmt.money(invoice.total, invoice.currency), "sum")]
    rows += [(_vat_name(share, t, fmt), fmt.money(share.vat, invoice.currency), "right") for share in invoice.vat]
    if invoice.paid:
        rows.append((t.t("billing.paid"), fmt.money(invoice.paid, invoice.currency), "right"))
    rows.append((t.t("billing.pdf.to_pay"), fmt.money(invoice.rest.amount, invoice.currency), "sum"))
    cells = [[_p(label, "sum" if style == "sum" else "right"), _p(value, style)] for label, value, style in rows]
    table = Table(cells, colWidths=[_WIDTH - 40 * mm, 40 * mm], hAlign="LEFT")
    table.setStyle(_tight(1.5))
    state = t.t("billing.pdf.state", state=t.t(f"billing.state.{invoice.state}").lower())
    return [
        Spacer(0, 2 * mm),
        KeepTogether([table, Spacer(0, 4 * mm), _p(state), _p(t.t("billing.pdf.note"), "small")]),
    ]


def _vat_name(share: VatShare, t: Translator, fmt: Formats) -> str:
    if share.rate is None:
        return t.t("billing.without_vat")
    return t.t("billing.vat_of", rate=fmt.percent(share.rate))


def _footer(title: str, t: Translator) -> Any:
    def draw(canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.setFont(PLAIN, 7)
        canvas.setFillColor(INK)
        canvas.drawString(18 * mm, 10 * mm, title)
        canvas.drawRightString(A4[0] - 18 * mm, 10 * mm, t.t("billing.pdf.page", number=document.page))

    return draw
