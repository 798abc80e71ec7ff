"""The tables of a report on its page: contracts, open carts, unanswered orders."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from chalicelib.http.formats import Formats
from chalicelib.http.i18n import Translator
from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Cell, Column, Listing, Row, View
from chalicelib.http.request import Request
from chalicelib.pricing.simulation import PriceMove, Summary
from chalicelib.simulator.model import ChangedCart, ChangedContract, ChangedOrder, Report

_PAGE = 50
_SUMS = (
    Column(key="lines", label_key="simulator.lines", kind="num", phone="units"),
    Column(key="before", label_key="simulator.before", kind="money"),
    Column(key="after", label_key="simulator.after", kind="money", phone="sum", named=False),
    Column(key="difference", label_key="simulator.difference", kind="money", phone="state"),
)
_COLUMNS = {
    "contracts": (
        Column(key="party", label_key="simulator.dealer", phone="id"),
        Column(key="prices", label_key="simulator.prices", kind="num", phone="units"),
        Column(key="mean", label_key="simulator.mean", kind="num", phone="sum"),
        Column(key="worst", label_key="simulator.worst", phone="what", named=True),
    ),
    "carts": (
        Column(key="party", label_key="simulator.dealer", phone="id"),
        Column(key="person", label_key="simulator.person", phone="what"),
        *_SUMS,
    ),
    "orders": (
        Column(key="order", label_key="simulator.order", phone="id"),
        Column(key="party", label_key="simulator.dealer", phone="what"),
        *_SUMS,
    ),
}


def signed(fmt: Formats, percent: Decimal) -> str:
    """`+4,5 %`, `−10 %`."""
    return ("+" if percent > 0 else "") + fmt.percent(percent)


def kinds(t: Translator, summary: Summary) -> str:
    """How many prices go up, down, appear and disappear: those that do."""
    counts = {"up": summary.up, "down": summary.down, "new": summary.new, "gone": summary.gone}
    return ", ".join(t.t(f"simulator.kind.{kind}", count=count) for kind, count in counts.items() if count)


def _view(name: str) -> str:
    return name if name in _COLUMNS else "contracts"


def listing(request: Request, query: ListQuery, simulation_id: str, report: Report) -> Listing:
    view = _view(query.view)
    fmt = Formats(request.locale, request.time_zone)
    of_view = {"contracts": report.changed, "carts": report.carts, "orders": report.orders}
    every: Sequence[object] = of_view[view]
    pages = max(1, -(-len(every) // _PAGE))
    first = (min(query.page, pages) - 1) * _PAGE
    rows = [_row(request.t, fmt, report, one) for one in every[first : first + _PAGE]]
    return Listing(
        caption_key=f"simulator.{view}",
        columns=_COLUMNS[view],
        rows=tuple(rows),
        query=query,
        views=tuple(
            View(key="" if name == "contracts" else name, label_key=f"simulator.{name}", count=len(ones))
            for name, ones in of_view.items()
        ),
        pages=pages,
        empty_key="simulator.nothing_changes",
        export_href=query.link(f"/prices/simulations/{simulation_id}/export.xlsx") if every else None,
    )


def _row(t: Translator, fmt: Formats, report: Report, one: object) -> Row:
    match one:
        case ChangedContract():
            return _contract(t, fmt, report, one)
        case ChangedCart():
            party = Cell(one.party_name, sub=_by(t, one.contract_number))
            row_id = f"{one.party_name}-{one.person}-{one.contract_number}"
            return Row(id=row_id, cells={"party": party, "person": one.person, **_sums(fmt, one)})
        case ChangedOrder():
            party = Cell(one.party_name, sub=_by(t, one.contract_number))
            order = Cell(one.number, href=f"/orders/{one.id}")
            return Row(id=one.id, cells={"order": order, "party": party, **_sums(fmt, one)})
    raise TypeError(f"{type(one).__name__} is no row of a report")


def _contract(t: Translator, fmt: Formats, report: Report, one: ChangedContract) -> Row:
    chain = report.chains[one.chain]
    told = [_move(fmt, report, move) for move in chain.worst[:2]]
    mean = Cell("—")
    if chain.mean is not None:
        between = t.t("simulator.between", least=signed(fmt, chain.least), most=signed(fmt, chain.most))
        mean = Cell(signed(fmt, chain.mean), sub=between)
    return Row(
        id=one.id,
        cells={
            "party": Cell(one.party_name, href=f"/dealers/{one.party_id}", sub=_by(t, one.number)),
            "prices": fmt.quantity(Decimal(chain.changed)),
            "mean": mean,
            "worst": Cell(told[0], sub=told[1] if told[1:] else None) if told else "—",
        },
    )


def _by(t: Translator, number: str) -> str:
    return t.t("simulator.by_contract", number=number)


def _move(fmt: Formats, report: Report, move: PriceMove) -> str:
    """`RH-5 Handle +12,5 %`: what changes most is always told in percent."""
    name = " ".join(filter(None, report.names.get(move.sku, ())))
    return f"{name} {signed(fmt, move.percent or Decimal(0))}"


def _sums(fmt: Formats, one: ChangedCart | ChangedOrder) -> dict[str, str]:
    difference = one.after - one.before
    return {
        "lines": fmt.quantity(Decimal(one.lines)),
        "before": fmt.money(one.before, one.currency),
        "after": fmt.money(one.after, one.currency),
        "difference": ("+" if difference > 0 else "") + fmt.money(difference, one.currency),
    }
