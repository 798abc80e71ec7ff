"""What a snapshot says of prices, stock and warehouses, to whoever asks with the SKU in hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import Any

from chalicelib.catalogue.amounts import Amounts
from chalicelib.catalogue.model import Kinds, PriceTier, PriceType, Selection, Warehouse
from chalicelib.catalogue.snapshot import kinds
from chalicelib.catalogue.snapshot.index import Index
from chalicelib.catalogue.snapshot.items import quantity_of, tier_of
from chalicelib.catalogue.snapshot.news import NOTED
from chalicelib.catalogue.snapshot.schema import QUANTITY_DIGITS

CHUNK = 500
_MANY = 4  # one SKU in so many


class Facts:
    """The part of a `Catalogue` that is the same whatever its reader sees."""

    _index: Index

    def close(self) -> None:
        self._index.close()

    def _rows(self, statement: str, parameters: Sequence[object] = ()) -> list[Any]:
        return self._index.rows(statement, parameters)

    def _chunks(self, statement: str, keys: Sequence[object], *parameters: object) -> Iterator[Any]:
        """Runs a statement that ends with `IN (%s)` for any number of keys."""
        for start in range(0, len(keys), CHUNK):
            some = keys[start : start + CHUNK]
            yield from self._rows(statement % ", ".join("?" * len(some)), (*parameters, *some))

    def product_names(self, product_ids: Sequence[str]) -> dict[str, str]:
        """What products are called, by the ERP's id; unknown ones are left out."""
        return dict(self._chunks("SELECT id, name FROM card WHERE id IN (%s)", list(dict.fromkeys(product_ids))))

    def count_products(self) -> int:
        """Of how many products the listed SKUs are."""
        return int(self._rows("SELECT count(DISTINCT card_no) FROM item")[0][0])

    def places(self, skus: Sequence[str]) -> dict[str, int]:
        """Where listed SKUs stand in `Amounts`."""
        asked, stand = set(skus), "SELECT k.id, i.by_name FROM item i JOIN sku k ON k.no = i.sku_no"
        if len(asked) * _MANY > self._index.size:  # to read all takes less time than to find so many
            return {sku: place for sku, place in self._rows(stand) if sku in asked}
        return dict(self._chunks(stand + " WHERE k.id IN (%s)", list(asked)))

    def amounts_kept(self, key: str, make: Callable[[], Amounts]) -> Amounts:
        """What `make` makes, once for a key: it is kept with the snapshot, for all who read it."""
        with self._index.turn:
            kept = self._index.prices.get(key)
        if kept is not None:
            return kept
        made = make()
        with self._index.turn:
            return self._index.prices.keep(key, made)

    def vat_rates(self) -> list[Decimal | None]:
        """The goods' own rates in percent, by place as in `Amounts`; None: not given."""
        told = self._rows(
            "SELECT c.vat_rate FROM item i JOIN sku k ON k.no = i.sku_no JOIN card c ON c.no = k.card_no "
            "ORDER BY i.by_name"
        )
        return [None if rate is None else Decimal(rate) for (rate,) in told]

    def brands(self) -> tuple[str, ...]:
        """Brands of what is listed, by name."""
        rows = self._rows("SELECT text FROM facet WHERE attribute_no = ? ORDER BY text", (self._index.brand,))
        return tuple(text for (text,) in rows)

    def units(self, skus: Sequence[str]) -> dict[str, str]:
        """The unit of each SKU that is known, listed or not."""
        return dict(
            self._chunks(
                "SELECT k.id, coalesce(nullif(k.unit, ''), c.unit) FROM sku k JOIN card c ON c.no = k.card_no "
                "WHERE k.id IN (%s)",
                list(dict.fromkeys(skus)),
            )
        )

    def erp_stock(self, skus: Sequence[str], among: Sequence[str], safety: Decimal) -> Mapping[str, Decimal]:
        """What can be promised of what the ERP last told of each SKU that is known, from the given warehouses (all if
        empty), where `safety` stays in each. Orders that the ERP doesn't know yet are not taken off."""
        places = f" AND warehouse_no IN (SELECT no FROM warehouse WHERE id IN ({', '.join('?' * len(among))}))"
        rows = self._chunks(
            "SELECT id, (SELECT coalesce(sum(max(quantity - ?, 0)), 0) FROM stock WHERE sku_no = sku.no"
            f"{places if among else ''}) FROM sku WHERE id IN (%s)",
            skus,
            int(safety.scaleb(QUANTITY_DIGITS)),
            *among,
        )
        return {sku: quantity_of(thousandths) for sku, thousandths in rows}

    def prices(
        self, skus: Sequence[str], price_type_ids: Sequence[str] | None = None
    ) -> Mapping[str, tuple[PriceTier, ...]]:
        """All tiers per SKU in the given price types (None: in all), smallest first; SKUs without any are left out."""
        wanted = () if price_type_ids is None else tuple(price_type_ids)
        among = "" if price_type_ids is None else f" AND id IN ({', '.join('?' * len(wanted))})"
        rows = self._chunks(
            "SELECT k.id, t.id, p.unit, p.min_quantity, p.amount, p.coefficient, coalesce(p.currency, t.currency) "
            "FROM sku k CROSS JOIN price p ON p.sku_no = k.no "
            f"AND p.price_type_no IN (SELECT no FROM price_type WHERE NOT deleted{among}) "
            "CROSS JOIN price_type t ON t.no = p.price_type_no WHERE k.id IN (%s)",
            list(dict.fromkeys(skus)),
            *wanted,
        )
        return {
            sku: tuple(
                tier_of(price_type, amount, currency, unit, coefficient, least)
                for _, price_type, unit, least, amount, coefficient, currency in tiers
            )
            for sku, tiers in groupby(sorted(rows), itemgetter(0))
        }

    @cached_property
    def prices_noted(self) -> datetime:
        """Since when every change of a price is in `prices_before`."""
        ((noted,),) = self._rows("SELECT value FROM meta WHERE key = ?", (NOTED,))
        return datetime.fromtimestamp(int(noted), UTC)

    def prices_before(
        self, skus: Sequence[str], price_type_ids: Sequence[str], since: datetime
    ) -> Mapping[str, tuple[tuple[datetime, PriceTier], ...]]:
        """Tiers as they were until their last change, with its moment, of those that changed after `since`."""
        out: dict[str, list[tuple[datetime, PriceTier]]] = defaultdict(list)
        for sku, until, price_type, amount, currency, unit, coefficient, least in self._chunks(
            "SELECT k.id, b.until, t.id, b.amount, coalesce(b.currency, t.currency), b.unit, b.coefficient, "
            "b.min_quantity FROM sku k CROSS JOIN price_type t CROSS JOIN price_before b ON b.sku_no = k.no "
            "AND b.price_type_no = t.no AND b.until > ? WHERE NOT t.deleted "
            f"AND t.id IN ({', '.join('?' * len(price_type_ids))}) AND k.id IN (%s)",
            skus,
            int(since.timestamp()),
            *price_type_ids,
        ):
            tier = tier_of(price_type, amount, currency, unit, coefficient, least)
            out[sku].append((datetime.fromtimestamp(until, UTC), tier))
        return {sku: tuple(found) for sku, found in out.items()}

    def amounts_before(self, price_type: str, since: datetime) -> Mapping[int, int]:
        """By place, what `Amounts` of a price type had before its last change, where that was after `since`."""
        with self._index.turn:
            return self._index.amounts_before(price_type, int(since.timestamp()))

    def first_shown(self, skus: Sequence[str], since: datetime) -> dict[str, datetime]:
        """When those were shown first, to whomever, that were so at `since` or after it."""
        rows = self._chunks(
            "SELECT k.id, f.since FROM sku k JOIN first_shown f ON f.sku_no = k.no WHERE f.since >= ? AND k.id IN (%s)",
            skus,
            int(since.timestamp()),
        )
        return {sku: datetime.fromtimestamp(moment, UTC) for sku, moment in rows}

    def newest(self, since: datetime) -> Selection:
        """What was first shown at that moment or after it, the newest first."""
        with self._index.turn:
            key = f"newest {since}"
            kept = self._index.selections.get(key)
            return kept or self._index.selections.keep(key, self._index.newest(int(since.timestamp())))

    def selected(self, key: str, make: Callable[[], Selection]) -> Selection:
        """What `make` selects, once for a key: it is kept with the snapshot, for all who read it."""
        with self._index.turn:
            kept = self._index.selections.get(key)
        if kept is not None:
            return kept
        made = make()
        with self._index.turn:
            return self._index.selections.keep(key, made)

    def kinds(self, skus: Sequence[str]) -> dict[str, Kinds]:
        """Brand and categories by SKU; SKUs that have neither are left out."""
        return kinds.read(self._index.db, skus, self._index.brand, self._parents)

    @cached_property
    def _parents(self) -> dict[str, str | None]:
        return {one.category.id: one.category.parent_id for one in self._index.branches}

    def price_types(self) -> tuple[PriceType, ...]:
        rows = self._rows(
            "SELECT id, name, currency, vat_included FROM price_type WHERE known AND NOT deleted ORDER BY name, id"
        )
        return tuple(
            PriceType(id=i, name=n, currency=c, vat_included=None if v is None else bool(v)) for i, n, c, v in rows
        )

    def warehouses(self) -> tuple[Warehouse, ...]:
        """Warehouses that the ERP described or has stock in."""
        return self._warehouses

    @cached_property
    def _warehouses(self) -> tuple[Warehouse, ...]:
        """Kept: to know that one has no stock all rows of stock are read, 45 ms at 150,000 products."""
        rows = self._rows(
            "SELECT id, name, address FROM warehouse w WHERE NOT deleted AND (known OR EXISTS "
            "(SELECT 1 FROM stock s WHERE s.warehouse_no = w.no AND s.quantity <> 0)) ORDER BY name, id"
        )
        return tuple(Warehouse(id=i, name=n, address=a) for i, n, a in rows)
