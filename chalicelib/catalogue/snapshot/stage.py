"""A file's rows, checked one by one, go into the tables of its part as plain numbers.

Within one feed the last row about a thing wins. A row that cannot be taken is reported with its number and
reason, and costs nothing but itself.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from itertools import chain
from typing import Any, TypeVar

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
from chalicelib.catalogue.snapshot.engine import Connection
from chalicelib.catalogue.snapshot.numbers import Numbers
from chalicelib.catalogue.snapshot.schema import QUANTITY_DIGITS

_FLUSH_AT = 20_000
_PRICE_UNITS = 10**PRICE_DIGITS
_QUANTITY_UNITS = 10**QUANTITY_DIGITS
_LARGEST = 10**12  # a millionth of it still fits SQLite's 64 bits
# Characters. 1C's own limits are 150 for a name and 1024 for a long one; one huge text would slow every later build.
_MAX_CODE, _MAX_NAME, _MAX_VALUE, _MAX_DESCRIPTION = 150, 1_024, 10_000, 100_000
_HIDDEN_REQUISITES = frozenset({"полное наименование", "описаниевформатеhtml"})
_Row = TypeVar("_Row")


class _Reject(Exception):
    def __init__(self, reason: str, subject: str = "", detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.subject = subject
        self.detail = detail


class Staging:
    """Collects rows of one file. `received` and `rejected` are for the journal."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._numbers = Numbers(db)
        self._buffers: defaultdict[str, list[tuple[object, ...]]] = defaultdict(list)
        self._waiting = 0
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
            CategoryChange: ("category", self._category_change),
            KeptRow: ("product", self._kept),
            OfferRow: ("offer", self._offer),
            PriceRow: ("price", self._price),
            StockRow: ("stock", self._stock),
        }

    def add_all(self, rows: Iterable[FeedRow]) -> None:
        take, received = self._take, self.received
        for row in rows:
            if isinstance(row, RejectedRow):
                received[row.kind] += 1
                self.rejected.append(row)
            elif isinstance(row, CatalogueHead):
                self._catalogue = self._numbers.catalogue.no(row.catalogue_id)
                self._full = not row.only_changes
                self._parts.clear()
            else:
                kind, add = take[type(row)]
                received[kind] += 1
                try:
                    add(row)
                except _Reject as no:
                    self.rejected.append(
                        RejectedRow(
                            kind=kind, number=received[kind], reason=no.reason, subject=no.subject, detail=no.detail
                        )
                    )
                if self._waiting > _FLUSH_AT:
                    self._flush()
        self._flush()
        self._db.executemany("INSERT OR IGNORE INTO scope VALUES (?, ?)", sorted(self._scopes))

    def _put(self, table: str, row: tuple[object, ...]) -> None:
        self._buffers[table].append(row)
        self._waiting += 1

    def _flush(self) -> None:
        for table, rows in self._buffers.items():
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                # `table` is one of our own words, never input.
                self._db.executemany(f"INSERT OR REPLACE INTO s_{table} VALUES ({marks})", rows)
                rows.clear()
        self._numbers.flush(self._db)
        self._waiting = 0

    def _in_scope(self, part: str) -> None:
        """Notes that a full package brought rows of this part: at the end of the run, absent ones are withdrawn."""
        if self._full and self._catalogue is not None and part not in self._parts:
            self._parts.add(part)
            self._scopes.add((part, self._catalogue))

    def _category(self, row: CategoryRow) -> None:
        _need(row.id, "no_id", row.name)
        if not row.deleted:
            _need(row.name, "no_name", row.id)
        _fit(row.id, _MAX_NAME, row.name)
        _fit(row.id, _MAX_CODE, row.id, row.parent_id or "")
        if row.parent_id == row.id:
            raise _Reject("own_parent", row.id, row.name)
        parent = self._numbers.category.no(row.parent_id) if row.parent_id else None
        self._put("category", (self._numbers.category.no(row.id), row.name.strip(), parent, row.deleted))

    def _property(self, row: PropertyRow) -> None:
        _need(row.id, "no_id", row.name)
        _fit(row.id, _MAX_NAME, row.name)
        _fit(row.id, _MAX_CODE, row.id)
        _fit(row.id, _MAX_VALUE, *chain.from_iterable(row.values))
        attribute = self._numbers.attribute("property", row.id)
        self._put("attribute", (attribute, row.name.strip(), row.deleted))
        for raw, text in row.values:
            if raw:
                self._put("value", (self._numbers.value(attribute, raw), text.strip() or None))

    def _price_type(self, row: PriceTypeRow) -> None:
        _need(row.id, "no_id", row.name)
        _fit(row.id, _MAX_NAME, row.name)
        _fit(row.id, _MAX_CODE, row.id)
        number = self._numbers.price_type.no(row.id)
        self._put("price_type", (number, row.name.strip(), row.currency, row.vat_included, row.deleted))

    def _warehouse(self, row: WarehouseRow) -> None:
        _need(row.id, "no_id", row.name)
        _fit(row.id, _MAX_NAME, row.name, row.address)
        _fit(row.id, _MAX_CODE, row.id)
        self._put("warehouse", (self._numbers.warehouse.no(row.id), row.name.strip(), row.address.strip(), row.deleted))

    def _product(self, row: ProductRow) -> None:
        _need(row.id, "no_id", row.name)
        if not row.deleted:
            _need(row.name, "no_name", row.id)
        _fit_offer(row.id, row)
        _fit(row.id, _MAX_NAME, row.brand)
        _fit(row.id, _MAX_DESCRIPTION, row.description)
        _fit(row.id, _MAX_VALUE, *chain.from_iterable(row.requisites))
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
        self._put(
            "card",
            (card, seq, self._catalogue, row.deleted, row.name.strip(), *own, row.unit.strip(), row.unit_code.strip(),
             vat, row.description.strip()),
        )  # fmt: skip
        for category in row.category_ids:
            self._put("card_category", (card, numbers.category.no(category), seq))
        for position, path in enumerate(dict.fromkeys(row.pictures)):
            self._put("card_picture", (card, position, path, seq))
        for value in self._values(row.attributes):
            self._put("card_value", (card, value, seq))
        if row.brand.strip():
            self._put("card_value", (card, numbers.value(numbers.attribute("brand", ""), row.brand.strip()), seq))
        for value in self._named_values("requisite", row.requisites):
            self._put("card_value", (card, value, seq))

    def _card_change(self, row: CardChange) -> None:
        _need(row.id, "no_id", row.name or "")
        if row.name is not None:
            _need(row.name, "no_name", row.id)
        _fit(row.id, _MAX_NAME, row.name or "", row.brand or "")
        _fit(row.id, _MAX_CODE, row.id, row.article or "", row.barcode or "", row.unit or "", row.unit_code or "")
        _fit(row.id, _MAX_DESCRIPTION, row.description or "")
        _fit(row.id, _MAX_VALUE, *chain.from_iterable(values for _, values in row.attributes))
        numbers = self._numbers
        self._in_scope("goods")
        numbers.sku(row.id, None)
        card = numbers.card(row.id)
        texts = (row.name, row.article, row.barcode, row.unit, row.unit_code, row.vat_rate, row.description)
        plain = (None if text is None else text.strip() for text in texts)
        self._put("change", (card, self._catalogue, *plain, row.category_ids is not None, row.hidden, row.lists))
        for category in row.category_ids or ():
            self._put("change_category", (card, numbers.category.no(category)))
        named = [("property", attribute, values) for attribute, values in row.attributes]
        if row.brand is not None:
            named.append(("brand", "", (row.brand,)))
        for kind, attribute, values in named:
            number = numbers.attribute(kind, attribute)
            self._put("change_attribute", (card, number))
            for value in filter(None, map(str.strip, values)):
                self._put("change_value", (card, numbers.value(number, value)))

    def _category_change(self, row: CategoryChange) -> None:
        _need(row.id, "no_id", row.name or "")
        if row.name is not None:
            _need(row.name, "no_name", row.id)
        _fit(row.id, _MAX_NAME, row.name or "")
        _fit(row.id, _MAX_CODE, row.id, row.parent_id or "")
        parent = self._numbers.category.no(row.parent_id) if row.parent_id else None
        name = None if row.name is None else row.name.strip()
        number = self._numbers.category.no(row.id)
        self._put("category_change", (number, name, row.parent_id is not None, parent, row.position))

    def _kept(self, row: KeptRow) -> None:
        self._put("kept", (self._numbers.sku(row.product_id, row.variant_id),))

    def _offer(self, row: OfferRow) -> None:
        _need(row.product_id, "no_id", row.name)
        _fit_offer(row.product_id, row)
        self._in_scope("offers")
        self._offer_fields(row, attributes=row.attributes, partial=True)

    def _offer_fields(
        self, row: ProductRow | OfferRow, *, attributes: Sequence[tuple[str, str]], partial: bool
    ) -> None:
        self._seq += 1
        product_id = row.id if isinstance(row, ProductRow) else row.product_id
        sku, seq = self._numbers.sku(product_id, row.variant_id), self._seq
        self._put(
            "offer",
            (sku, seq, partial, row.deleted, row.name.strip(), row.article.strip(), row.barcode.strip(),
             row.unit.strip(), row.unit_code.strip()),
        )  # fmt: skip
        for value in self._named_values("characteristic", row.characteristics):
            self._put("sku_value", (sku, value, seq))
        for value in self._values(attributes):
            self._put("sku_value", (sku, value, seq))

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
        if not row.product_id or not row.price_type_id:
            raise _Reject("no_id", row.product_id)
        self._in_scope("prices")
        amount = None
        if row.amount:  # an empty price and a zero are both "on request" (domain §3.6)
            amount = _scaled(row.amount, _PRICE_UNITS, "bad_price", row.product_id, fine="price_too_fine")
        coefficient, least = _PRICE_UNITS, 0  # almost always: one of the unit, from the first piece on
        if row.coefficient != 1:
            if row.coefficient <= 0:
                raise _Reject("bad_coefficient", row.product_id, str(row.coefficient))
            coefficient = _scaled(row.coefficient, _PRICE_UNITS, "bad_coefficient", row.product_id)
        if row.min_quantity:
            least = _scaled(row.min_quantity, _QUANTITY_UNITS, "bad_quantity", row.product_id)
        numbers = self._numbers
        self._put(
            "price",
            (numbers.sku(row.product_id, row.variant_id), numbers.price_type.no(row.price_type_id), row.unit.strip(),
             least, amount, coefficient, row.currency),
        )  # fmt: skip

    def _stock(self, row: StockRow) -> None:
        if not row.product_id:
            raise _Reject("no_id")
        self._in_scope("stock")
        if not row.quantity.is_finite() or abs(row.quantity) >= _LARGEST:
            raise _Reject("bad_quantity", row.product_id, str(row.quantity))
        # What is finer than a thousandth is cut off: never promise more than there is.
        quantity = math.floor(row.quantity * _QUANTITY_UNITS)
        warehouse = self._numbers.warehouse.no(row.warehouse_id) if row.warehouse_id else self._no_warehouse
        self._put("stock", (self._numbers.sku(row.product_id, row.variant_id), warehouse, quantity))


def _need(text: str, reason: str, subject: str = "") -> None:
    if not text.strip():
        raise _Reject(reason, subject)


def _fit(subject: str, most: int, *texts: str) -> None:
    for text in texts:
        if len(text) > most:
            raise _Reject("text_too_long", subject[:_MAX_CODE], text[:_MAX_CODE])


def _fit_offer(product_id: str, row: ProductRow | OfferRow) -> None:
    """What cards and their offers have in common."""
    _fit(product_id, _MAX_NAME, row.name)
    _fit(product_id, _MAX_CODE, product_id, row.variant_id or "", row.article, row.barcode, row.unit, row.unit_code)
    _fit(product_id, _MAX_VALUE, *chain.from_iterable(row.attributes), *chain.from_iterable(row.characteristics))


def _scaled(number: Decimal, units: int, reason: str, subject: str, *, fine: str | None = None) -> int:
    """The number in parts of which `units` make one; refused if negative, not finite, too large or finer than that."""
    if not number.is_finite() or not 0 <= number < _LARGEST:
        raise _Reject(reason, subject, str(number))
    scaled = number * units
    whole = int(scaled)
    if scaled != whole:
        raise _Reject(fine or reason, subject, str(number))
    return whole
