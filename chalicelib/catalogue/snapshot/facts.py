"""What a snapshot says of prices, stock and warehouses, to whoever asks with the SKU in hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

from chalicelib.catalogue.model import Kinds, PriceTier, PriceType, Warehouse
from chalicelib.catalogue.snapshot import kinds
from chalicelib.catalogue.snapshot.index import Index
from chalicelib.catalogue.snapshot.items import quantity_of, tier_of

CHUNK = 500


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

    def units(self, skus: Sequence[str]) -> dict[str, str]:
        """The unit of each SKU that is known, listed or not."""
        return dict(
            self._chunks(
                "SELECT k.id, coalesce(nullif(k.unit, ''), c.unit) FROM sku k JOIN card c ON c.no = k.card_no "
                "WHERE k.id IN (%s)",
                list(dict.fromkeys(skus)),
            )
        )

    def erp_stock(self, skus: Sequence[str]) -> Mapping[str, Mapping[str, Decimal]]:
        """What the ERP last told of each SKU by warehouse; SKUs that it has none of are left out."""
        out: dict[str, dict[str, Decimal]] = defaultdict(dict)
        for sku, warehouse, thousandths in self._chunks(
            "SELECT k.id, w.id, s.quantity FROM sku k JOIN stock s ON s.sku_no = k.no "
            "JOIN warehouse w ON w.no = s.warehouse_no WHERE s.quantity <> 0 AND k.id IN (%s)",
            skus,
        ):
            out[sku][warehouse] = quantity_of(thousandths)
        return out

    def prices(
        self, skus: Sequence[str], price_type_ids: Sequence[str] | None = None
    ) -> Mapping[str, tuple[PriceTier, ...]]:
        """All tiers per SKU in the given price types (None: in all), smallest first; SKUs without any are left out."""
        out: dict[str, list[PriceTier]] = defaultdict(list)
        wanted = () if price_type_ids is None else tuple(price_type_ids)
        among = "" if price_type_ids is None else f"AND t.id IN ({', '.join('?' * len(wanted))}) "
        for sku, price_type, amount, currency, unit, coefficient, least in self._chunks(
            "SELECT k.id, t.id, p.amount, coalesce(p.currency, t.currency), p.unit, p.coefficient, p.min_quantity "
            "FROM sku k JOIN price p ON p.sku_no = k.no JOIN price_type t ON t.no = p.price_type_no AND NOT t.deleted "
            + among
            + "WHERE k.id IN (%s)",
            list(dict.fromkeys(skus)),
            *wanted,
        ):
            out[sku].append(tier_of(price_type, amount, currency, unit, coefficient, least))
        return {
            sku: tuple(sorted(tiers, key=lambda tier: (tier.price_type_id, tier.unit, tier.min_quantity)))
            for sku, tiers in out.items()
        }

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
        rows = self._rows(
            "SELECT id, name, address FROM warehouse w WHERE NOT deleted AND (known OR EXISTS "
            "(SELECT 1 FROM stock s WHERE s.warehouse_no = w.no AND s.quantity <> 0)) ORDER BY name, id"
        )
        return tuple(Warehouse(id=i, name=n, address=a) for i, n, a in rows)
