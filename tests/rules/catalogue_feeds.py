"""Short ways to write a feed and to look at what a snapshot made of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from chalicelib.catalogue.feed import CatalogueHead, FeedRow, OfferRow, PriceRow, ProductRow, StockRow
from chalicelib.catalogue.model import Query
from chalicelib.catalogue.snapshot.assembled import Assembled
from chalicelib.catalogue.snapshot.build import BuildResult, Portion, apply, assemble, withdraw_absent
from chalicelib.catalogue.snapshot.part import read_part
from chalicelib.catalogue.snapshot.read import Catalogue

D = Decimal


def goods(*, full: bool = True, catalogue: str = "c") -> CatalogueHead:
    return CatalogueHead(catalogue_id=catalogue, only_changes=not full, kind="goods")


def offers(*, full: bool = True, catalogue: str = "c") -> CatalogueHead:
    return CatalogueHead(catalogue_id=catalogue, only_changes=not full, kind="offers")


def product(id: str, name: str = "", **more: object) -> ProductRow:
    return ProductRow(id=id, name=name or f"Товар {id}", **more)  # type: ignore[arg-type]


def offer(product_id: str, variant_id: str | None = None, **more: object) -> OfferRow:
    return OfferRow(product_id=product_id, variant_id=variant_id, **more)  # type: ignore[arg-type]


def price(
    product_id: str, amount: str | None, *, variant: str | None = None, of: str = "p", **more: object
) -> PriceRow:
    return PriceRow(
        product_id=product_id, variant_id=variant, price_type_id=of, amount=None if amount is None else D(amount),
        **{"currency": "RUB", **more},  # type: ignore[arg-type]
    )  # fmt: skip


def stock(product_id: str, quantity: str, warehouse: str | None = "w", *, variant: str | None = None) -> StockRow:
    return StockRow(product_id=product_id, variant_id=variant, warehouse_id=warehouse, quantity=D(quantity))


class Workshop:
    """A chain of snapshots in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0
        self.top: Path | None = None
        self.now = datetime(2026, 5, 1, tzinfo=UTC)

    def apply(self, *rows: FeedRow, run: str = "r") -> BuildResult:
        before, self._made = self.top, self._made + 1
        self.top = self._folder / f"{self._made}.sqlite"
        return apply(before, self.top, rows, run=run, at=self.now)

    def assemble(self, *portions: Iterable[FeedRow], run: str = "r", **how: object) -> Assembled:
        """Each portion a part of its own with a lot of its own, all of them assembled at once."""
        before, self._made = self.top, self._made + 1
        self.top = self._folder / f"{self._made}.sqlite"
        parts = [self._folder / f"{self._made}-{n}.part" for n, _ in enumerate(portions)]
        for path, rows in zip(parts, portions, strict=True):
            read_part(path, rows)
        told = [Portion(path=p, lot=n) for n, p in enumerate(parts)]
        return assemble(before, self.top, told, run=run, at=self.now, **how)  # type: ignore[arg-type]

    def withdraw(self, run: str = "r", *, deactivate: bool = False) -> BuildResult:
        assert self.top is not None
        before, self._made = self.top, self._made + 1
        self.top = self._folder / f"{self._made}.sqlite"
        return withdraw_absent(before, self.top, run=run, deactivate=deactivate, at=self.now)

    def as_another_release_writes(self) -> None:
        """Makes the top a snapshot of other tables than ours, as it says of itself."""
        assert self.top is not None
        with closing(sqlite3.connect(self.top)) as db:
            db.execute("UPDATE meta SET value = value + 1 WHERE key = 'schema'")
            db.commit()

    @contextmanager
    def open(self) -> Iterator[Catalogue]:
        assert self.top is not None
        catalogue = Catalogue(self.top)
        yield catalogue
        catalogue.close()

    def names(self, text: str = "", **query: object) -> list[str]:
        with self.open() as catalogue:
            return [item.name for item in catalogue.search(Query(text=text, **query)).items]  # type: ignore[arg-type]


def changed(result: BuildResult) -> dict[str, int]:
    return {kind: count.changed for kind, count in result.counts.items() if count.changed}


def said(rows: Iterable[object]) -> list[tuple[str, str, str]]:
    return [(row.sku, row.warehouse_id, str(row.quantity)) for row in rows]  # type: ignore[attr-defined]
