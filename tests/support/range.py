"""A small catalogue with prices and stock, published as an import would, with S3 in memory."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest

from chalicelib.catalogue import store as catalogue_store
from chalicelib.catalogue.feed import (
    CatalogueHead,
    CategoryRow,
    FeedRow,
    OfferRow,
    PriceRow,
    PriceTypeRow,
    ProductRow,
    PropertyRow,
    StockRow,
    WarehouseRow,
)
from chalicelib.catalogue.snapshot.build import apply
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.kernel.clock import utc_now
from chalicelib.storage import files, snapshots
from chalicelib.storage.session import TenantSession

WINDOWS = ("Окно ПВХ 1300×1400", "Окно ПВХ 900×1400", "Балконный блок 2100")


def _window(n: int, name: str) -> ProductRow:
    return ProductRow(
        id=f"window-{n}",
        name=name,
        article=f"ОК-{1300 + n}",
        barcode=f"460000000000{n}",
        unit="шт",
        unit_code="796",
        brand="КБЕ",
        category_ids=("pvc",),
        attributes=(("colour", "white" if n else "brown"),),
        description="Двухкамерный стеклопакет, профиль 70 мм.",
        vat_rate=Decimal(22),
    )


def _handle(variant: str, finish: str) -> OfferRow:
    name = f"Ручка Swing ({finish})"
    return OfferRow(product_id="handle", variant_id=variant, name=name, characteristics=(("Отделка", finish),))


def _price(product: str, amount: str, *, variant: str | None = None, of: str = "p", least: int = 0) -> PriceRow:
    return PriceRow(
        product_id=product,
        variant_id=variant,
        price_type_id=of,
        amount=Decimal(amount),
        currency="RUB",
        min_quantity=Decimal(least),
    )


ROWS: tuple[FeedRow, ...] = (
    CatalogueHead(catalogue_id="c", only_changes=False, kind="goods"),
    CategoryRow(id="windows", name="Окна", parent_id=None),
    CategoryRow(id="pvc", name="ПВХ", parent_id="windows"),
    CategoryRow(id="handles", name="Ручки", parent_id=None),
    PropertyRow(id="colour", name="Цвет", values=(("white", "Белый"), ("brown", "Коричневый"))),
    PriceTypeRow(id="p", name="Дилерская", currency="RUB", vat_included=True),
    PriceTypeRow(id="retail", name="Розничная", currency="RUB", vat_included=True),
    WarehouseRow(id="w1", name="Тверь"),
    WarehouseRow(id="w2", name="Москва"),
    *(_window(n, name) for n, name in enumerate(WINDOWS)),
    ProductRow(id="handle", name="Ручка Swing", article="RH-5", unit="шт", category_ids=("handles",)),
    CatalogueHead(catalogue_id="c", only_changes=False, kind="offers"),
    _handle("b", "бронза"),
    _handle("s", "серебро"),
    _price("window-0", "9000"),
    _price("window-0", "8000", least=10),
    _price("window-1", "10000"),
    _price("handle", "412.50", variant="b", of="retail"),
    _price("handle", "412.50", variant="s", of="retail"),
    StockRow(product_id="window-0", variant_id=None, warehouse_id="w1", quantity=Decimal(5)),
)


def publish_range(
    db: TenantSession, folder: Path, monkeypatch: pytest.MonkeyPatch, rows: Iterable[FeedRow] = ROWS
) -> Catalogue:
    """Makes `rows` the tenant's catalogue; files of the bucket live in `folder`."""

    def put(_tenant_id: str, key: str, path: Path) -> None:
        (folder / key.replace("/", "-")).write_bytes(path.read_bytes())

    def get(_tenant_id: str, key: str, path: Path) -> None:
        path.write_bytes((folder / key.replace("/", "-")).read_bytes())

    monkeypatch.setattr(files, "put_path", put)
    monkeypatch.setattr(files, "get_path", get)
    built = folder / "built.sqlite"
    result = apply(None, built, rows, run="1")
    snapshot = snapshots.publish(db, built, base=snapshots.read_current(db), listed=result.listed, now=utc_now())
    return catalogue_store.opened(db.tenant_id, snapshot)
