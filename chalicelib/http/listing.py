"""The one list component: what a door hands to `lists.list(listing)` of http/listing.html.

A door parses the address, asks one action for a page of rows, and describes them:

    query = ListQuery.parse(request.query)
    page = list_orders(session, actor, status=query.get("status"), search=query.get("q"), cursor=query.cursor)
    Listing(
        caption_key="ordering.orders",
        columns=(
            Column(key="number", label_key="ordering.number", phone="id", sortable=True),
            Column(key="placed", label_key="ordering.placed", kind="date"),
            Column(key="what", label_key="ordering.content", phone="what"),
            Column(key="status", label_key="ordering.status", kind="status", phone="state"),
            Column(key="sum", label_key="ordering.sum", kind="money", phone="sum"),
        ),
        rows=tuple(
            Row(
                id=order.id,
                cells={
                    "number": Cell(order.number, href=f"/orders/{order.id}", sub=order.entity_name),
                    "placed": fmt.date(order.placed_at),
                    "what": Cell(order.first_line, sub=t("ordering.and_more", count=order.others)),
                    "status": Cell(t(f"ordering.state.{order.state}"), tone=TONES[order.state]),
                    "sum": Cell(fmt.amount(order.total, order.currency), sub=order.rest_text, tone="bad"),
                },
            )
            for order in page.orders
        ),
        totals={"sum": fmt.amount(page.total, currency)},
        views=(View(key="", label_key="ordering.view.all"), View(key="mine", label_key="ordering.view.mine", count=1)),
        filters=(
            Filter(name="q", label_key="ordering.find", kind="search"),
            Filter(name="status", label_key="ordering.status", kind="choice", options=(("new", t("…")), …)),
            Filter(name="placed", label_key="ordering.placed", kind="dates"),  # placed_from, placed_to
        ),
        query=query,
        next_cursor=page.next_cursor,
        empty_key="ordering.no_orders",
        export_href=query.link("/orders.xlsx"),
        bulk_actions=(BulkAction(label_key="ordering.confirm", action="/moderation/confirm"),),
    )

Everything that shapes the list lives in the address: filters under their own names, and `view`, `sort` (`-sum`
is descending), `cursor` or `page`. Every link keeps the rest; a changed filter, view or sort begins at the top.
A cell that needs more than text is drawn by the page, which gives a macro of (row, column, cell) by the column's key:
`lists.list(listing, {"add": add})`; where the macro says nothing, the cell is drawn as usual.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal

from chalicelib.http.formats import Formats
from chalicelib.http.list_query import ListQuery

Tone = Literal["ok", "warn", "bad", "info", "mute"]
Kind = Literal["text", "num", "money", "date", "status", "link", "units"]
Phone = Literal["id", "sum", "what", "units", "state", "hide"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: the text, where it leads, a second line, and a tone (of the tag in a status cell, else of `sub`).

    `kind` overrides the column's. A `units` cell shows `units` = (ready, total) as blocks beside the text.
    """

    text: str
    href: str | None = None
    sub: str | None = None
    kind: Kind | None = None
    tone: Tone | None = None
    units: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`id` is what a bulk action gets; `cells` maps column keys to cells or plain texts, absent ones are empty."""

    id: str
    cells: Mapping[str, Cell | str]

    def cell(self, key: str) -> Cell:
        return as_cell(self.cells.get(key, ""))

    def across(self, columns: tuple[Column, ...]) -> list[tuple[Column, Cell]]:
        """Each column with the row's cell in it."""
        return [(column, as_cell(self.cells.get(column.key, ""))) for column in columns]


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column. `phone` is the cell's place on the three-line card that a row becomes on a phone:
    `id` and `sum` above, `what` in the middle, `units` and `state` below; `hide` leaves it out.

    There is no head on a phone: a cell says its column's name itself, but for the row's own name, a status and a
    text in the middle. `named` True or False says otherwise."""

    key: str
    label_key: str
    kind: Kind = "text"
    phone: Phone = "hide"
    sortable: bool = False
    unit: str | None = None  # said in the head, e.g. the currency of the whole column
    named: bool | None = None

    @cached_property  # every row asks
    def names_itself(self) -> bool:
        if self.named is not None:
            return self.named
        return self.phone != "id" and self.kind != "status" and (self.phone != "what" or self.kind != "text")

    @property
    def right(self) -> bool:
        return self.kind in ("num", "money")

    @cached_property
    def classes(self) -> str:
        """Of its cells."""
        wraps = self.kind == "text" and self.phone == "what"
        return f"{self.phone}{' num' * self.right}{' date' * (self.kind == 'date')}{' wrap' * wraps}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A filter in the address under `name`. `choice` offers (value, label) pairs, `flag` is on (`1`) or absent,
    `dates` and `range` take `<name>_from` and `<name>_to`, `search` is the field in front of the pills.
    `label` is a name that is data (an attribute's) and stands in place of the key's text. A `choice` is `open` if its
    options are only some of the values that a list can be narrowed to."""

    name: str
    label_key: str
    kind: Literal["search", "choice", "flag", "text", "dates", "range"] = "choice"
    label: str = ""
    options: tuple[tuple[str, str], ...] = ()
    open: bool = False
    hints: tuple[str, ...] = ()  # for `range`: what stands in its two empty fields
    suggest: str = ""  # for `search`: the door that draws suggestions for what is being typed

    @property
    def names(self) -> tuple[str, ...]:
        return (f"{self.name}_from", f"{self.name}_to") if self.kind in ("dates", "range") else (self.name,)

    def choices(self, query: ListQuery) -> list[tuple[str, str, bool]]:
        """The text of each option, the list's address with it, and whether it is the one that is set."""
        chosen = query.get(self.name)
        return [(text, query.href(**{self.name: value}), value == chosen) for value, text in self.options]

    def said(self, query: ListQuery, fmt: Formats) -> str:
        """What the filter is set to, for its pill; empty when it is off."""
        values = [query.get(name) for name in self.names]
        if self.kind == "choice":
            return dict(self.options).get(values[0], values[0])
        if self.kind == "dates":
            values = [_as_date(value, fmt) for value in values]
        return " – ".join(values).strip() if any(values) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A saved view: a tab. `key` is the `view` of the address, empty for the first one."""

    key: str
    label_key: str
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkAction:
    """A button that posts the ids of the chosen rows (`id` = …, `id` = …) and the CSRF token to `action`."""

    label_key: str
    action: str
    tone: Literal["main", "plain", "bad"] = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list as the page shows it. `caption_key` names the table for screen readers.

    Give `next_cursor` for lists that go on by cursor, or `pages` for numbered ones. `empty_key` is said when there is
    nothing at all (with `empty_action` = label's key, path); when only the filters leave nothing, the list says so.
    `error` stands in place of rows that could not be read. `order_key` names the order without a sort: a pill has all.
    `query` is kept without what its filters do not offer: that is off, for doors as well.
    """

    caption_key: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    query: ListQuery
    empty_key: str
    id: str = "list"
    totals: Mapping[str, Cell | str] = field(default_factory=dict)
    total_text: str | None = None
    views: tuple[View, ...] = ()
    filters: tuple[Filter, ...] = ()
    next_cursor: str | None = None
    pages: int | None = None
    empty_action: tuple[str, str] | None = None
    error: str | None = None
    export_href: str | None = None
    bulk_actions: tuple[BulkAction, ...] = ()
    order_key: str = ""

    def __post_init__(self) -> None:
        query = self.query
        for one in self.filters:
            if one.kind == "choice" and not one.open:
                query = query.among(one.name, [value for value, _ in one.options])
        object.__setattr__(self, "query", query)

    @property
    def search(self) -> Filter | None:
        return next((one for one in self.filters if one.kind == "search"), None)

    @property
    def pills(self) -> tuple[Filter, ...]:
        return tuple(one for one in self.filters if one.kind != "search")

    @property
    def filter_names(self) -> tuple[str, ...]:
        return tuple(name for one in self.filters for name in one.names)

    @property
    def is_filtered(self) -> bool:
        return any(self.query.get(name) for name in self.filter_names)

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter but the search is set."""
        return any(self.query.get(name) for one in self.pills for name in one.names)

    def total(self, key: str) -> Cell:
        return as_cell(self.totals.get(key, ""))


def as_cell(value: Cell | str) -> Cell:
    return value if isinstance(value, Cell) else Cell(value)


def _as_date(value: str, fmt: Formats) -> str:
    try:
        return fmt.date(date.fromisoformat(value))
    except ValueError:
        return value
