"""Rows of a list typed by hand: what is shown of it, and the next version that the typing makes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chalicelib.catalogue.model import Item
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.catalogue.store import current_catalogue
from chalicelib.kernel.errors import Refused, found
from chalicelib.kernel.sheets.cells import SheetRow, row_of
from chalicelib.pricing import store
from chalicelib.pricing.actions import PriceChange, load_book, upload_rows
from chalicelib.pricing.lists import ListRow, OwnList
from chalicelib.pricing.sheet import BadRow, Layout, Taking
from chalicelib.storage.session import TenantSession

SHOWN = 50
"""Rows that one page of the grid has."""
_TYPED = Layout(head=0, places={"article": 0, "least": 1, "price": 2})
_PASTED = Layout(head=0, places={"article": 0, "price": 1, "least": 2})
RowKey = tuple[str, str, Decimal]


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row with what the catalogue has of its SKU, None if it has it no longer."""

    row: ListRow
    item: Item | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A page of the rows of a list's newest version; `more` follow."""

    rows: tuple[ShownRow, ...] = ()
    more: bool = False


def show_rows(db: TenantSession, own: OwnList, asked: str, page: int, now: datetime) -> Grid:
    """A page of the newest version's rows, counted from 1; of the articles or barcodes in `asked` only, if any."""
    if not own.versions:
        return Grid()
    catalogue = current_catalogue(db, None, now)
    rows: Iterator[ListRow] = store.opened(db.tenant_id, own.versions[-1]).rows()
    if asked:
        skus = {sku for match in catalogue.by_article([asked]) for sku in match.skus} if catalogue else set()
        rows = (row for row in rows if row.sku in skus)
    first = (page - 1) * SHOWN
    some = [row for place, row in enumerate(rows) if first <= place <= first + SHOWN]
    items = catalogue.skus([row.sku for row in some]) if catalogue else {}
    return Grid(rows=tuple(ShownRow(row, items.get(row.sku)) for row in some[:SHOWN]), more=len(some) > SHOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedRows:
    """What was typed: rows of the grid (article, minimum, price), pasted lines (article, price, minimum), new prices of
    rows that were shown and which of them are to go."""

    typed: Sequence[tuple[str, str, str]] = ()
    pasted: str = ""
    prices: Mapping[RowKey, Decimal] | None = None
    removed: frozenset[RowKey] = frozenset()


def edit_rows(db: TenantSession, wish: PriceChange, list_id: str, typed: TypedRows) -> tuple[BadRow, ...]:
    """Makes the next version of the newest one; it is not in force before it is activated. If any row is bad, nothing
    is made: they are answered, numbered as they were typed. Refused("rows_unchanged") where nothing was."""
    own = found(load_book(db)[0].find(list_id))
    rows, bad = next_rows(db, own, typed, wish.now)
    if not bad:
        upload_rows(db, wish, list_id, rows)
    return bad


def next_rows(
    db: TenantSession, own: OwnList, typed: TypedRows, now: datetime
) -> tuple[Collection[ListRow], tuple[BadRow, ...]]:
    """The newest version's rows after what was typed, and what of it was bad."""
    before = store.opened(db.tenant_id, own.versions[-1]).rows() if own.versions else iter(())
    kept = {(row.sku, row.unit, row.min_quantity): row for row in before}
    after, bad = edited(kept, typed, current_catalogue(db, None, now))
    if not bad and after == kept:
        raise Refused("rows_unchanged")
    return after.values(), bad


def edited(
    before: Mapping[RowKey, ListRow], typed: TypedRows, catalogue: Catalogue | None
) -> tuple[dict[RowKey, ListRow], tuple[BadRow, ...]]:
    """Rows after what was typed, and what of it was bad."""
    by_hand, pasted = Taking(_TYPED, catalogue), Taking(_PASTED, catalogue)
    by_hand.take(_rows(typed.typed))
    pasted.take(_rows(line.split("\t" if "\t" in line else ";") for line in typed.pasted.splitlines()))
    after = {key: row for key, row in before.items() if key not in typed.removed}
    for key, amount in (typed.prices or {}).items():
        if key in after:
            row = after[key]
            after[key] = ListRow(
                sku=row.sku, amount=amount, unit=row.unit, coefficient=row.coefficient, min_quantity=row.min_quantity
            )
    after |= by_hand.rows | pasted.rows
    return after, (*by_hand.bad.values(), *pasted.bad.values())


def _rows(lines: Iterable[Sequence[str]]) -> Iterator[SheetRow]:
    for number, cells in enumerate(lines, 1):
        row = row_of(number, cells)
        if row is not None:
            yield row
