"""Rows of an uploaded file → rows of the catalogue's feed, each taken whole or named with its reason. Pure rules.

An empty cell says nothing. A product is known by its id, else by its article; one that is new needs a name.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from chalicelib.catalogue.feed import (
    CardChange,
    CatalogueHead,
    CategoryChange,
    FeedRow,
    KeptRow,
    OfferRow,
    PriceRow,
    PriceTypeRow,
    PropertyRow,
    RejectedRow,
    StockRow,
    WarehouseRow,
)
from chalicelib.catalogue.model import OWN_CATALOGUE
from chalicelib.catalogue.snapshot.cards import Identity
from chalicelib.goods.columns import ATTRIBUTE, PRICE, SEVERAL, STOCK, free_id, target
from chalicelib.goods.model import BadRow, Plan
from chalicelib.goods.paths import paths_in
from chalicelib.kernel.numbers import parse_decimal
from chalicelib.kernel.sheets.cells import SheetRow
from chalicelib.kernel.sheets.columns import SKIP
from chalicelib.ordering.units import unit_code_of

_NO_VAT = frozenset({"безндс", "withoutvat", "novat", "fărătva", "faratva", "0", "-"})
_TOLD_EACH = 500  # rows
_CARD_ONLY = ("category", "brand", "vat", "description")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the catalogue has, before the file."""

    products: frozenset[str] = frozenset()
    articles: Mapping[str, Identity | None] = field(default_factory=dict)
    categories: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    currency: str = ""


_NAMELESS = frozenset({"no_key", "ambiguous"})


class _Bad(Exception):
    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class Feed:
    """One file as a feed. `bad` are the rows that were not taken, `read` is how many there were."""

    def __init__(self, plan: Plan, known: Known, tell: Callable[[int], None] = lambda _read: None) -> None:
        self._plan = plan
        self._known = known
        self._tell = tell
        self._fields: list[tuple[int, str]] = []  # (place, meaning) of plain columns
        self._of: dict[str, list[tuple[int, str, str]]] = {kind: [] for kind in SEVERAL}  # (place, id, head) of others
        self._by_path = dict(known.categories)
        self._taken = set(known.categories.values())
        self._rows_of: dict[Identity, int] = {}  # the row that was given for a SKU
        self._refused: set[Identity] = set()  # SKUs of rows that were not
        self._given: defaultdict[str, array[int]] = defaultdict(lambda: array("l"))  # rows by kind, as they were given
        self.read = 0
        self.bad: dict[int, BadRow] = {}

    def rows(self, sheet: Iterable[SheetRow]) -> Iterator[FeedRow]:
        yield CatalogueHead(catalogue_id=OWN_CATALOGUE, only_changes=not self._plan.full, kind="goods")
        for row in sheet:
            if row.number == self._plan.head:
                yield from self._counted(row.number, self._begin(row.cells))
            elif row.number > self._plan.head:
                self.read += 1
                if self.read % _TOLD_EACH == 0:
                    self._tell(self.read)
                try:
                    made = list(self._row(row.number, row.cells))
                except _Bad as bad:
                    article = self._values(row.cells).get("article", "")
                    self.bad[row.number] = BadRow(
                        number=row.number, reason=bad.reason, detail=bad.detail[:120], article=article[:100]
                    )
                    continue
                yield from self._counted(row.number, made)

    def blame(self, rejected: Sequence[RejectedRow]) -> None:
        """Notes what the catalogue did not take of rows that were given to it."""
        for one in rejected:
            number = self._given[one.kind][one.number - 1]
            self.bad.setdefault(
                number, BadRow(number=number, reason=one.reason, detail=one.detail[:120], article=one.subject[:100])
            )

    @property
    def nameless(self) -> int:
        """Bad rows of which nobody knows what product they mean: it may be any that the file seems to leave out."""
        return sum(bad.reason in _NAMELESS for bad in self.bad.values())

    def kept(self) -> Iterator[FeedRow]:
        """The SKUs of the catalogue that bad rows name, after `blame`: they are there, though nothing new is told of
        them."""
        blamed = {who for who, number in self._rows_of.items() if number in self.bad}
        for product_id, variant_id in sorted((who.product_id, who.variant_id) for who in self._refused | blamed):
            if product_id in self._known.products:
                yield KeptRow(product_id, variant_id or None)

    def _counted(self, number: int, made: Iterable[FeedRow]) -> Iterator[FeedRow]:
        for one in made:
            self._given[_KINDS[type(one)]].append(number)
            yield one

    def _begin(self, heads: Sequence[str]) -> Iterator[FeedRow]:
        """Notes where is what; price types, warehouses and attributes that the columns make."""
        for place, (meaning, head) in enumerate(zip(self._plan.columns, heads, strict=False)):
            kind, named, new = target(meaning, head)
            if kind not in SEVERAL:
                self._fields += [(place, meaning)] if meaning != SKIP else []
                continue
            self._of[kind].append((place, named, head))
            if new and kind == PRICE:
                yield PriceTypeRow(id=named, name=head, currency=self._known.currency, vat_included=None)
            elif new and kind == STOCK:
                yield WarehouseRow(id=named, name=head)
            elif new:
                yield PropertyRow(id=named, name=head)

    def _values(self, cells: Sequence[str]) -> dict[str, str]:
        """What is filled in, by its plain meaning."""
        return {meaning: cells[place] for place, meaning in self._fields if place < len(cells) and cells[place]}

    def _several(self, kind: str, cells: Sequence[str]) -> Iterator[tuple[str, str, str]]:
        """(id, column's head, text) of the filled cells of a kind."""
        for place, named, head in self._of[kind]:
            if place < len(cells) and cells[place]:
                yield named, head, cells[place]

    def _row(self, number: int, cells: Sequence[str]) -> Iterator[FeedRow]:
        values = self._values(cells)
        who, is_new = self._identity(values)
        try:
            yield from self._told(who, is_new, values, cells)
        except _Bad:
            self._refused.add(who)
            raise
        self._rows_of[who] = number

    def _told(self, who: Identity, is_new: bool, values: Mapping[str, str], cells: Sequence[str]) -> Iterator[FeedRow]:
        variant = who.variant_id or None
        attributes = tuple((named, (text,)) for named, _, text in self._several(ATTRIBUTE, cells))
        numbers = [*self._prices(who, variant, cells), *self._stock(who, variant, cells)]
        if variant:
            yield from self._offer(who, values, attributes)
        else:
            yield from self._card(who.product_id, is_new, values, attributes)
        yield from numbers

    def _identity(self, values: Mapping[str, str]) -> tuple[Identity, bool]:
        own, article = values.get("id", ""), values.get("article", "")
        if own:
            who = Identity(product_id=own)
        elif not article:
            raise _Bad("no_key")
        elif article in self._known.articles:
            known = self._known.articles[article]
            if known is None:
                raise _Bad("ambiguous", article)
            who = known
        else:
            who = Identity(product_id=free_id(self._known.products.__contains__, "product", article))
        if who in self._rows_of:
            raise _Bad("duplicate", own or article)
        is_new = who.product_id not in self._known.products
        if is_new and not values.get("name"):
            raise _Bad("new_without_name")
        return who, is_new

    def _card(
        self,
        product_id: str,
        is_new: bool,
        values: Mapping[str, str],
        attributes: tuple[tuple[str, tuple[str, ...]], ...],
    ) -> Iterator[FeedRow]:
        if not self._plan.full and not is_new and not attributes and not set(values) - {"id", "article"}:
            return
        unit, vat = values.get("unit"), _vat(values["vat"]) if "vat" in values else None
        categories, made = self._categories(values["category"]) if "category" in values else (None, ())
        change = CardChange(
            id=product_id,
            name=values.get("name"),
            article=values.get("article"),
            barcode=values.get("barcode"),
            unit=unit,
            description=values.get("description"),
            brand=values.get("brand"),
            unit_code=None if unit is None else unit_code_of(unit),
            vat_rate=vat,
            category_ids=categories,
            attributes=attributes,
            lists=True,
        )
        yield from made
        yield change

    def _offer(
        self, who: Identity, values: Mapping[str, str], attributes: tuple[tuple[str, tuple[str, ...]], ...]
    ) -> Iterator[FeedRow]:
        """A variant has only some fields of its own; the rest is its card's."""
        foreign = next((name for name in _CARD_ONLY if name in values), None)
        if foreign or attributes:
            raise _Bad("of_card_only", values.get(foreign or "", ""))
        if set(values) - {"id", "article"}:
            unit = values.get("unit", "")
            yield OfferRow(
                who.product_id, who.variant_id, name=values.get("name", ""), barcode=values.get("barcode", ""),
                unit=unit, unit_code=unit_code_of(unit),
            )  # fmt: skip

    def _categories(self, text: str) -> tuple[tuple[str, ...], list[FeedRow]]:
        """The categories that some paths lead to (`Windows / PVC; Sale`), and those on the way that have to be made."""
        try:
            named = paths_in(text)
        except ValueError:
            raise _Bad("bad_category", text) from None
        made: list[FeedRow] = []
        return tuple(dict.fromkeys(self._category(path, made) for path in named)), made

    def _category(self, names: Sequence[str], made: list[FeedRow]) -> str:
        path: tuple[str, ...] = ()
        for name in names:
            parent, path = path, (*path, name.casefold())
            if path not in self._by_path:
                self._by_path[path] = free_id(self._taken.__contains__, "category", *path)
                self._taken.add(self._by_path[path])
                made.append(CategoryChange(self._by_path[path], name=name, parent_id=self._by_path.get(parent, "")))
        return self._by_path[path]

    def _prices(self, who: Identity, variant: str | None, cells: Sequence[str]) -> Iterator[FeedRow]:
        for named, head, text in self._several(PRICE, cells):
            amount = _number(text, "bad_price", head)
            if amount < 0:
                raise _Bad("bad_price", f"{head}: {text}")
            yield PriceRow(who.product_id, variant, named, amount or None, None)

    def _stock(self, who: Identity, variant: str | None, cells: Sequence[str]) -> Iterator[FeedRow]:
        for named, head, text in self._several(STOCK, cells):
            yield StockRow(who.product_id, variant, named, _number(text, "bad_quantity", head))


_KINDS: dict[type, str] = {
    CardChange: "product",
    CategoryChange: "category",
    OfferRow: "offer",
    PriceRow: "price",
    PriceTypeRow: "price_type",
    PropertyRow: "property",
    StockRow: "stock",
    WarehouseRow: "warehouse",
}
"""What the catalogue counts these rows as."""


def _number(text: str, reason: str, head: str) -> Decimal:
    try:
        return parse_decimal(text)
    except ValueError:
        raise _Bad(reason, f"{head}: {text}") from None


def _vat(text: str) -> str:
    rate = vat_digits(text)
    if rate is None:
        raise _Bad("bad_vat", text)
    return rate


def vat_digits(text: str) -> str | None:
    """A VAT rate as people write it (`22%`, `без НДС`) in digits; None for what is none."""
    plain = "".join(text.casefold().split()).rstrip("%").rstrip(".")
    if plain in _NO_VAT:
        return "0"
    try:
        rate = parse_decimal(plain)
    except ValueError:
        return None
    return format(rate.normalize(), "f") if 0 <= rate <= 100 else None
