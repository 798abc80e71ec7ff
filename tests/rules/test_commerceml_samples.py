"""Our own small files, one set for each way in which 1C writes: read whole, in order, without a rejected row."""

from __future__ import annotations

import hashlib
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from chalicelib.catalogue.feed import FeedRow, PriceRow, ProductRow, RejectedRow, StockRow
from chalicelib.exchange.commerceml.cutting import READER
from chalicelib.exchange.commerceml.documents import read_documents
from chalicelib.exchange.commerceml.erp import ErpOrder, ErpParty
from chalicelib.exchange.commerceml.reader import read_catalogue
from chalicelib.exchange.commerceml.reading import FeedMemory
from chalicelib.exchange.model import EntryKind, import_order
from chalicelib.exchange.reading import kind_of

SAMPLES = Path(__file__).parents[1] / "samples" / "commerceml"


def rows_of(folder: str) -> list[FeedRow]:
    memory = FeedMemory()
    names = import_order(tuple(str(path.relative_to(SAMPLES / folder)) for path in (SAMPLES / folder).rglob("*.xml")))
    return [row for name in names for row in read_catalogue([(SAMPLES / folder / name).read_bytes()], memory)]


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("ut-2.07", {"ProductRow": 3, "CategoryRow": 2, "PropertyRow": 1, "PriceTypeRow": 2, "WarehouseRow": 2,
                     "OfferRow": 2, "PriceRow": 6, "StockRow": 4, "CatalogueHead": 3}),
        ("module-3.1", {"ProductRow": 1, "CategoryRow": 1, "PriceTypeRow": 1, "WarehouseRow": 2, "OfferRow": 2,
                        "PriceRow": 1, "StockRow": 1, "CatalogueHead": 5}),
    ],
)  # fmt: skip
def test_a_sample_set_gives_the_rows_that_it_was_written_with(folder: str, expected: dict[str, int]) -> None:
    rows = rows_of(folder)
    assert Counter(type(row).__name__ for row in rows) == expected
    assert not [row for row in rows if isinstance(row, RejectedRow)]


def test_the_changes_of_ut_come_after_what_they_change() -> None:
    rows = rows_of("ut-2.07")
    prices = [row.amount for row in rows if isinstance(row, PriceRow) and row.price_type_id == "t-dealer"]
    assert prices == [Decimal("18400.50"), Decimal(350), Decimal(320), Decimal("18900.00")]
    stock = [(row.warehouse_id, row.quantity) for row in rows if isinstance(row, StockRow)]
    assert stock == [("w-main", 10), ("w-shop", 2), ("w-main", -3), ("w-main", 7)]


def test_goods_of_the_module_find_their_unit_in_the_classifier() -> None:
    (product,) = [row for row in rows_of("module-3.1") if isinstance(row, ProductRow)]
    assert (product.unit, product.unit_code) == ("компл", "839")


def test_files_are_told_apart_by_what_they_hold() -> None:
    kinds = {path.name: kind_of(iter([path.read_bytes()])) for path in (SAMPLES / "unf-2.10").iterdir()}
    assert kinds == {"orders.xml": EntryKind.DOCUMENTS, "contragents.xml": EntryKind.DOCUMENTS}
    assert kind_of(iter([(SAMPLES / "ut-2.07/offers0_2.xml").read_bytes()])) is EntryKind.CATALOGUE


def test_an_order_of_unf_has_its_payment_and_shipment() -> None:
    (order,) = read_documents([(SAMPLES / "unf-2.10/orders.xml").read_bytes()])
    assert isinstance(order, ErpOrder)
    assert (order.number, order.erp_number, order.status) == ("K-000001", "УНФ-000045", "В производстве")
    assert [payment.amount for payment in order.payments] == [Decimal(20000)]
    assert [len(shipment.lines) for shipment in order.shipments] == [1]
    (party,) = read_documents([(SAMPLES / "unf-2.10/contragents.xml").read_bytes()])
    assert isinstance(party, ErpParty)
    assert party.legal


def test_a_reader_that_makes_other_rows_of_the_same_files_has_another_number() -> None:
    """What was read before is not read again as long as the number is the same: raise `cutting.READER` together with
    the digest here."""
    seen = hashlib.sha256()
    for folder in sorted(path.name for path in SAMPLES.iterdir()):
        seen.update(repr(rows_of(folder)).encode())
    assert (READER, seen.hexdigest()[:16]) == (b"1", "3f96595a69efbf89")
