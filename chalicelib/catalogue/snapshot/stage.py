"""A file's rows, checked one by one, go into the tables of its part as plain numbers.

Within one feed the last row about a thing wins. A row that cannot be taken is reported with its number and
reason, and costs nothing but itself.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from chalicelib.catalogue.amounts import PRICE_DIGITS
from chalicelib.catalogue.feed import (
    CardChange,
    CatalogueHead,
    CategoryChange,
    CategoryRow,
    FeedRow,
    KeptRow,
    OfferRow,
    PriceRow,
    PriceTypeRow,
    ProductRow,
    PropertyRow,
    RejectedRow,
    StockRow,
    WarehouseRow,
)
from chalicelib.catalogue.model import NO_WAREHOUSE
from chalicelib.catalogue.snapshot import stage_hand
from chalicelib.catalogue.snapshot.checks import (
    LARGEST,
    MAX_CODE,
    MAX_DESCRIPTION,
    MAX_NAME,
    Reject,
    fit,
    fit_offer,
    fit_pairs,
    need,
    scaled,
)
from chalicelib.catalogue.snapshot.engine import Connection
from chalicelib.catalogue.snapshot.numbers import Numbers
from chalicelib.catalogue.snapshot.rows import Buffers
from chalicelib.catalogue.snapshot.schema import QUANTITY_DIGITS

_FLUSH_AT = 10_000  # rows of the file
_ONE = 10**PRICE_DIGITS
_QUANTITY_UNITS = 10**QUANTITY_DIGITS
_HIDDEN_REQUISITES = frozenset({"полное наименование", "описаниевформатеhtml"})


class Staging:
    """Collects rows of one file. `received` and `rejected` are for the journal."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._numbers = Numbers(db)
        self._put = Buffers(list)
        self._seq = 0
        self._catalogue: int | None = None
        self._full = False
        self._scopes: set[tuple[str, int]] = set()
        self._parts: set[str] = set()  # of the package that is being read
        self.received: Counter[str] = Counter()
        self.rejected: list[RejectedRow] = []
        self._no_warehouse = self._numbers.warehouse.no(NO_WAREHOUSE)
        self._take: dict[type, tuple[str, Callable[[Any], None]]] = {
            CategoryRow: ("category", self._category),
            PropertyRow: ("property", self._property),
            PriceTypeRow: ("price_type", self._price_type),
            WarehouseRow: ("warehouse", self._warehouse),
            ProductRow: ("product", self._product),
            CardChange: ("product", self._card_change),
            CategoryChange: ("category", lambda row: stage_hand.category_change(row, self._numbers, self._put)),
            KeptRow: ("product", lambda row: stage_hand.kept(row, self._numbers, self._put)),
            OfferRow: ("offer", self._offer),
            PriceRow: ("price", self._price),
            StockRow: ("stock", self._stock),
        }

    def add_all(self, rows: Iterable[FeedRow]) -> None:
        take, received = self._take, self.received
        for count, row in enumerate(rows, 1):
            if type(row) in take:
                kind, add = take[type(row)]
                received[kind] += 1
                try:
                    add(row)
                except Reject as no:
                    self.rejected.append(
                        RejectedRow(
                            kind=kind, number=received[kind], reason=no.reason, subject=no.subject, detail=no.detail
                        )
                    )
            elif isinstance(row, RejectedRow):
                received[row.kind] += 1
                self.rejected.append(row)
            elif isinstance(row, CatalogueHead):
                self._catalogue = self._numbers.catalogue.no(row.catalogue_id)
                self._full = not row.only_changes
                self._parts.clear()
            if not count % _FLUSH_AT:
                self._flush()
        self._flush()
        self._db.executemany("INSERT OR IGNORE INTO scope VALUES (?, ?)", sorted(self._scopes))

    def _flush(self) -> None:
        for table, rows in self._put.items():
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                # `table` is one of our own words, never input.
                self._db.executemany(f"INSERT OR REPLACE INTO s_{table} VALUES ({marks})", rows)
                rows.clear()
        self._numbers.flush(self._db)

    def _in_scope(self, part: str) -> None:
        """Notes that a full package brought rows of this part: at the end of the run, absent ones are withdrawn."""
        if part not in self._parts:
            self._parts.add(part)
            if self._full and self._catalogue is not None:
                self._scopes.add((part, self._catalogue))

    def _category(self, row: CategoryRow) -> None:
        need(row.id, "no_id", row.name)
        if not row.deleted:
            need(row.name, "no_name", row.id)
        fit(row.id, MAX_NAME, row.name)
        fit(row.id, MAX_CODE, row.id, row.parent_id or "")
        if row.parent_id == row.id:
            raise Reject("own_parent", row.id, row.name)
        parent = self._numbers.category.no(row.parent_id) if row.parent_id else None
        self._put["category"].append((self._numbers.category.no(row.id), row.name.strip(), parent, row.deleted))

    def _property(self, row: PropertyRow) -> None:
        need(row.id, "no_id", row.name)
        fit(row.id, MAX_NAME, row.name)
        fit(row.id, MAX_CODE, row.id)
        fit_pairs(row.id, row.values)
        attribute = self._numbers.attribute("property", row.id)
        self._put["attribute"].append((attribute, row.name.strip(), row.deleted))
        for raw, text in row.values:
            if raw:
                self._put["value"].append((self._numbers.value(attribute, raw), text.strip() or None))

    def _price_type(self, row: PriceTypeRow) -> None:
        need(row.id, "no_id", row.name)
        fit(row.id, MAX_NAME, row.name)
        fit(row.id, MAX_CODE, row.id)
        number = self._numbers.price_type.no(row.id)
        self._put["price_type"].append((number, row.name.strip(), row.currency, row.vat_included, row.deleted))

    def _warehouse(self, row: WarehouseRow) -> None:
        need(row.id, "no_id", row.name)
        fit(row.id, MAX_NAME, row.name, row.address)
        fit(row.id, MAX_CODE, row.id)
        self._put["warehouse"].append(
            (self._numbers.warehouse.no(row.id), row.name.strip(), row.address.strip(), row.deleted)
        )

    def _product(self, row: ProductRow) -> None:
        need(row.id, "no_id", row.name)
        if not row.deleted:
            need(row.name, "no_name", row.id)
        fit_offer(row.id, row)
        fit(row.id, MAX_NAME, row.brand)
        fit(row.id, MAX_DESCRIPTION, row.description)
        fit_pairs(row.id, row.requisites)
        numbers = self._numbers
        self._in_scope("goods")
        if row.variant_id:
            self._offer_fields(row, attributes=(), partial=False)
            if row.deleted:  # one variant is gone, not its card
                return
        else:
            numbers.sku(row.id, None)
        self._seq += 1
        card, seq = numbers.card(row.id), self._seq
        own = ("", "") if row.variant_id else (row.article.strip(), row.barcode.strip())
        vat = None if row.vat_rate is None else format(row.vat_rate.normalize(), "f")
        self._put["card"].append(
            (card, seq, self._catalogue, row.deleted, row.name.strip(), *own, row.unit.strip(), row.unit_code.strip(),
             vat, row.description.strip())
        )  # fmt: skip
        for category in row.category_ids:
            self._put["card_category"].append((card, numbers.category.no(category), seq))
        for position, path in enumerate(dict.fromkeys(row.pictures)):
            self._put["card_picture"].append((card, position, path, seq))
        for value in self._values(row.attributes):
            self._put["card_value"].append((card, value, seq))
        if row.brand.strip():
            self._put["card_value"].append(
                (card, numbers.value(numbers.attribute("brand", ""), row.brand.strip()), seq)
            )
        for value in self._named_values("requisite", row.requisites):
            self._put["card_value"].append((card, value, seq))

    def _card_change(self, row: CardChange) -> None:
        stage_hand.card_change(row, self._catalogue, self._numbers, self._put)
        self._in_scope("goods")

    def _offer(self, row: OfferRow) -> None:
        need(row.product_id, "no_id", row.name)
        fit_offer(row.product_id, row)
        self._in_scope("offers")
        self._offer_fields(row, attributes=row.attributes, partial=True)

    def _offer_fields(
        self, row: ProductRow | OfferRow, *, attributes: Sequence[tuple[str, str]], partial: bool
    ) -> None:
        self._seq += 1
        product_id = row.id if isinstance(row, ProductRow) else row.product_id
        sku, seq = self._numbers.sku(product_id, row.variant_id), self._seq
        self._put["offer"].append(
            (sku, seq, partial, row.deleted, row.name.strip(), row.article.strip(), row.barcode.strip(),
             row.unit.strip(), row.unit_code.strip())
        )  # fmt: skip
        for value in self._named_values("characteristic", row.characteristics):
            self._put["sku_value"].append((sku, value, seq))
        for value in self._values(attributes):
            self._put["sku_value"].append((sku, value, seq))

    def _values(self, attributes: Sequence[tuple[str, str]]) -> set[int]:
        numbers = self._numbers
        return {
            numbers.value(numbers.attribute("property", attribute), raw.strip())
            for attribute, raw in attributes
            if attribute and raw.strip()
        }

    def _named_values(self, kind: str, pairs: Sequence[tuple[str, str]]) -> set[int]:
        numbers = self._numbers
        return {
            numbers.value(numbers.attribute(kind, name.strip()), text.strip())
            for name, text in pairs
            if name.strip() and text.strip() and name.strip().lower() not in _HIDDEN_REQUISITES
        }

    def _price(self, row: PriceRow) -> None:
        product, variant, price_type, amount, currency, unit, coefficient, least = row
        if not product or not price_type:
            raise Reject("no_id", product)
        self._in_scope("prices")
        if coefficient <= 0:
            raise Reject("bad_coefficient", product, str(coefficient))
        numbers = self._numbers
        self._put["price"].append(
            (
                numbers.sku(product, variant),
                numbers.price_type.no(price_type),
                unit.strip(),
                scaled(least, QUANTITY_DIGITS, "bad_quantity", product) if least else 0,
                # An empty price and a zero are both "on request" (domain §3.6).
                scaled(amount, PRICE_DIGITS, "bad_price", product, fine="price_too_fine") if amount else None,
                _ONE if coefficient == 1 else scaled(coefficient, PRICE_DIGITS, "bad_coefficient", product),
                currency,
            )
        )

    def _stock(self, row: StockRow) -> None:
        product, variant, place, quantity = row
        if not product:
            raise Reject("no_id")
        self._in_scope("stock")
        if not quantity.is_finite() or abs(quantity) >= LARGEST:
            raise Reject("bad_quantity", product, str(quantity))
        numbers = self._numbers
        warehouse = numbers.warehouse.no(place) if place else self._no_warehouse
        # What is finer than a thousandth is cut off: never promise more than there is.
        self._put["stock"].append((numbers.sku(product, variant), warehouse, math.floor(quantity * _QUANTITY_UNITS)))
