"""The tables of a report as files."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.http.i18n import Translator
from chalicelib.http.spreadsheet import SheetColumn, Value, xlsx
from chalicelib.simulator.model import ChangedCart, ChangedOrder, Report

_SUMS = (
    ("simulator.lines", 10, False),
    ("simulator.currency", 9, False),
    ("simulator.before", 16, True),
    ("simulator.after", 16, True),
)
_COLUMNS = {
    "contracts": (
        ("simulator.dealer", 36, False),
        ("simulator.contract", 18, False),
        ("simulator.currency", 9, False),
        ("simulator.prices", 12, False),
        ("simulator.rise", 12, False),
        ("simulator.fall", 12, False),
        ("simulator.appear", 12, False),
        ("simulator.vanish", 12, False),
        ("simulator.mean", 12, False),
        ("simulator.least", 12, False),
        ("simulator.most", 12, False),
        ("simulator.article", 18, False),
        ("simulator.product", 48, False),
        ("simulator.was", 14, True),
        ("simulator.will", 14, True),
    ),
    "carts": (
        ("simulator.dealer", 36, False),
        ("simulator.contract", 18, False),
        ("simulator.person", 28, False),
        *_SUMS,
    ),
    "orders": (
        ("simulator.dealer", 36, False),
        ("simulator.contract", 18, False),
        ("simulator.order", 14, False),
        *_SUMS,
    ),
}


def sheet(t: Translator, view: str, report: Report) -> tuple[str, bytes]:
    """The whole table of a view: its title and the file. Changes are in percent; of each contract the product is named
    that changes most."""
    view = view if view in _COLUMNS else "contracts"
    columns = [SheetColumn(t.t(key), width, is_money) for key, width, is_money in _COLUMNS[view]]
    title = t.t(f"simulator.{view}")
    return title, xlsx(title, columns, _rows(view, report))


def _rows(view: str, report: Report) -> Iterator[tuple[Value, ...]]:
    if view == "carts":
        for cart in report.carts:
            yield cart.party_name, cart.contract_number, cart.person, *_sums(cart)
    elif view == "orders":
        for order in report.orders:
            yield order.party_name, order.contract_number, order.number, *_sums(order)
    else:
        yield from _contracts(report)


def _sums(one: ChangedCart | ChangedOrder) -> tuple[Value, ...]:
    return one.lines, one.currency, one.before, one.after


def _contracts(report: Report) -> Iterator[tuple[Value, ...]]:
    for one in report.changed:
        chain = report.chains[one.chain]
        head = (one.party_name, one.number, one.currency, chain.changed, chain.up, chain.down, chain.new, chain.gone)
        if not chain.worst:
            yield *head, *(None,) * 7
            continue
        worst = chain.worst[0]
        names = report.names.get(worst.sku, ("", ""))
        yield *head, chain.mean, chain.least, chain.most, *names, worst.before, worst.after
