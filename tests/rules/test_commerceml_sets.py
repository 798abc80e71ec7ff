"""Every real set is read, and what comes out is counted against the file by another, simpler method."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from chalicelib.catalogue import feed
from chalicelib.exchange.commerceml.documents import read_documents
from chalicelib.exchange.commerceml.erp import ErpOrder
from chalicelib.exchange.commerceml.reader import read_catalogue
from chalicelib.exchange.commerceml.reading import FeedMemory
from chalicelib.kernel.errors import Invalid
from tests.rules.commerceml_sets import DAMAGED, FILES, chunks, ending, paths, real_file

MODULE6 = "v3.1-bitrix-module6/goods/1"
BITRIX = "v2.09-bitrix-module"


def rows_of(name: str, memory: FeedMemory | None = None) -> list[feed.FeedRow]:
    return list(read_catalogue(chunks(real_file(name)), memory))


def count(rows: list[feed.FeedRow], kind: type[object]) -> int:
    return sum(isinstance(row, kind) for row in rows)


@pytest.mark.parametrize("name", FILES)
def test_the_rows_of_a_real_file_are_as_many_as_its_elements(name: str) -> None:
    elements = paths(real_file(name))
    rows = rows_of(name)
    counted = Counter(type(row).__name__ for row in rows)
    wanted = {
        "ProductRow": ending(elements, "Каталог/Товары/Товар"),
        "PriceRow": sum(n for path, n in elements.items() if path.endswith("Предложение/Цены/Цена")),
        "CategoryRow": sum(
            n for path, n in elements.items() if path.startswith("Классификатор") and path.endswith("/Группа")
        ),
        "PropertyRow": elements["Классификатор/Свойства/Свойство"] + elements["Классификатор/Категории"],
        "PriceTypeRow": ending(elements, "ТипыЦен/ТипЦены"),
        "WarehouseRow": elements["ПакетПредложений/Склады/Склад"] + elements["Классификатор/Склады/Склад"],
        "CatalogueHead": elements["Каталог"] + elements["ПакетПредложений"],
    }
    assert {kind: counted[kind] for kind in wanted} == wanted
    assert counted["RejectedRow"] == 0


@pytest.mark.parametrize("name", FILES)
def test_every_stock_figure_of_a_real_file_becomes_one_row(name: str) -> None:
    elements = paths(real_file(name))
    offer = "ПакетПредложений/Предложения/Предложение"
    by_warehouse = elements[f"{offer}/Склад"] + elements[f"{offer}/Остатки/Остаток/Склад"]
    totals = 0 if by_warehouse else elements[f"{offer}/Количество"]
    assert count(rows_of(name), feed.StockRow) == by_warehouse + totals


@pytest.mark.parametrize("name", FILES)
def test_every_document_of_a_real_file_becomes_one_order(name: str) -> None:
    elements = paths(real_file(name))
    orders = list(read_documents(chunks(real_file(name))))
    assert all(isinstance(order, ErpOrder) for order in orders)
    assert len(orders) == elements["Документ"] + elements["Контейнер/Документ"]
    lines = sum(len(order.lines or ()) for order in orders if isinstance(order, ErpOrder))
    assert lines == ending(elements, "Документ/Товары/Товар")


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_how_the_bytes_are_cut_makes_no_difference(size: int) -> None:
    path = real_file("v2.08-unf-ns210/offers.xml")
    assert list(read_catalogue(chunks(path, size))) == list(read_catalogue(chunks(path)))


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        # The figures that the collection itself states.
        ("v2.021-windows1251/101_xmlcatalog_FUTURE-1C-CATALOG_ru.xml", feed.ProductRow, 30),
        ("v2.021-windows1251/100_xmlcatalog_FUTURE-1C-CATALOG-offers_ru.xml", feed.PriceRow, 644),
        ("v2.021-windows1251/100_xmlcatalog_FUTURE-1C-CATALOG-offers_ru.xml", feed.PriceTypeRow, 7),
        ("v2.04-official-doc/offers.xml", feed.PriceRow, 8),
        ("v2.04-ut-five-prices/offers.xml", feed.PriceRow, 70),
        ("v2.04-ut-five-prices/offers.xml", feed.OfferRow, 14),
        ("v2.07-split-names/import0_1.xml", feed.ProductRow, 36),
        ("v2.07-split-names/import0_1_with_nested_groups.xml", feed.ProductRow, 283),
        ("v2.07-split-names/offers0_1.xml", feed.OfferRow, 44),
        ("v2.07-ut11-warehouses/import.xml", feed.CategoryRow, 22),
        (f"{BITRIX}/import___b815e2db-7a65-4265-9241-5f0c4f0565a7.xml", feed.CategoryRow, 97),
        (f"{BITRIX}/import___b815e2db-7a65-4265-9241-5f0c4f0565a7.xml", feed.PropertyRow, 1908),
        (f"{BITRIX}/offers___7f304edc-2527-4d3d-b058-6e4ee53de2e0.xml", feed.OfferRow, 978),
        (f"{BITRIX}/prices___d66a6b51-ce9c-4e7a-8c7c-25079721107f.xml", feed.PriceRow, 978),
        (f"{BITRIX}/rests___1af6e7b8-a026-4690-9752-1c9d64cb914d.xml", feed.StockRow, 978),
        ("v3.1-bitrix-module6/import.xml", feed.PriceTypeRow, 8),
        ("v3.1-bitrix-module6/import.xml", feed.WarehouseRow, 12),
        (f"{MODULE6}/import.xml", feed.ProductRow, 21),
        (f"{MODULE6}/offers.xml", feed.OfferRow, 86),
        (f"{MODULE6}/prices.xml", feed.PriceRow, 86),
        (f"{MODULE6}/rests.xml", feed.StockRow, 1032),
    ],
)
def test_the_counts_are_those_that_the_collection_states(name: str, kind: type[object], expected: int) -> None:
    assert count(rows_of(name), kind) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("v2.07-split-names/import0_1.xml", 1),
        (f"{BITRIX}/import___b815e2db-7a65-4265-9241-5f0c4f0565a7.xml", 12),
        (f"{BITRIX}/offers___f0bab95c-14a6-4141-9746-6650b65f1191.xml", 12),
        (f"{MODULE6}/offers.xml", 6),
    ],
)
def test_what_a_real_file_marks_as_deleted_is_marked(name: str, expected: int) -> None:
    assert sum(getattr(row, "deleted", False) for row in rows_of(name)) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("v2.04-official-doc/import.xml", False),
        ("v2.05-changes-only/import.xml", True),
        ("v2.07-ut11-warehouses/offers.xml", False),
        ("v2.021-windows1251/101_xmlcatalog_FUTURE-1C-CATALOG_ru.xml", True),  # says nothing: nothing is withdrawn
        (f"{MODULE6}/rests.xml", True),
    ],
)
def test_only_an_explicit_false_makes_an_exchange_full(name: str, expected: bool) -> None:
    heads = [row for row in rows_of(name) if isinstance(row, feed.CatalogueHead)]
    assert [head.only_changes for head in heads] == [expected]


def test_goods_of_a_later_file_find_their_unit_in_the_classifier_of_an_earlier_one() -> None:
    memory = FeedMemory()
    rows_of("v3.1-bitrix-module6/import.xml", memory)
    products = [row for row in rows_of(f"{MODULE6}/import.xml", memory) if isinstance(row, feed.ProductRow)]
    assert {(product.unit, product.unit_code) for product in products} == {("шт", "796")}


def test_a_unit_given_by_code_and_full_name_alone_is_shown_short() -> None:
    products = [row for row in rows_of("v2.07-split-names/import0_1.xml") if isinstance(row, feed.ProductRow)]
    assert {(product.unit, product.unit_code) for product in products} == {("шт", "796")}


def test_ids_of_goods_and_offers_are_split_into_product_and_variant() -> None:
    offers = [row for row in rows_of("v2.05-changes-only/offers.xml") if isinstance(row, feed.OfferRow)]
    assert [(offer.product_id[:8], offer.variant_id and offer.variant_id[:8]) for offer in offers] == [
        ("421a531a", None),
        ("421a531a", "fd3fdddb"),
    ]
    assert offers[1].characteristics == (("Размер", "39"), ("Цвет", "Красный"))


def test_stock_in_attributes_and_in_elements_reads_alike() -> None:
    attributes = [row for row in rows_of("v2.07-split-names/offers0_1.xml") if isinstance(row, feed.StockRow)]
    elements = [row for row in rows_of("v3.1-2024/rests.xml") if isinstance(row, feed.StockRow)]
    assert all(row.warehouse_id for row in [*attributes, *elements])
    assert [row.quantity for row in elements] == [Decimal(0), Decimal(10), Decimal(12)]


def test_prices_keep_their_exact_amount_and_an_iso_currency() -> None:
    prices = [row for row in rows_of("v2.021-windows1251/100_xmlcatalog_FUTURE-1C-CATALOG-offers_ru.xml")
              if isinstance(row, feed.PriceRow)]  # fmt: skip
    assert {price.currency for price in prices} == {"RUB", "USD"}
    assert prices[0].amount == Decimal("1130.60")
    assert prices[0].price_type_id == "Оптовая"


def test_the_sender_is_answered_in_its_own_word_for_a_currency() -> None:
    memory = FeedMemory()
    rows_of("v2.08-unf-ns210/offers.xml", memory)
    assert memory.currencies == {"RUB": "руб"}


def test_reference_values_of_a_property_come_with_their_texts() -> None:
    rows = rows_of("v2.08-unf-ns210/import.xml")
    choices = {row.id: dict(row.values) for row in rows if isinstance(row, feed.PropertyRow)}
    product = next(row for row in rows if isinstance(row, feed.ProductRow))
    assert [choices[ref][value] for ref, value in product.attributes] == ["test1 catalog property", "Test1 Category"]


def test_categories_keep_their_parents_four_levels_deep() -> None:
    rows = rows_of(f"{BITRIX}/import___b815e2db-7a65-4265-9241-5f0c4f0565a7.xml")
    parents = {row.id: row.parent_id for row in rows if isinstance(row, feed.CategoryRow)}

    def depth(category: str) -> int:
        parent = parents[category]
        return 1 if parent is None else 1 + depth(parent)

    assert Counter(map(depth, parents)) == {1: 1, 2: 9, 3: 82, 4: 5}


def test_the_damaged_file_is_refused_with_what_it_begins_with() -> None:
    with pytest.raises(Invalid) as refusal:
        rows_of(DAMAGED)
    assert refusal.value.code == "xml_leading_garbage"
    assert str(refusal.value.params["start"]).startswith("undefinedundefined")


def test_documents_of_the_bitrix_module_tell_shipments() -> None:
    orders = list(read_documents(chunks(real_file("v3.1-bitrix-module6/documents/1/documents.xml"))))
    first = orders[0]
    assert isinstance(first, ErpOrder)
    assert (first.number, first.erp_number, first.posted, first.shipped) == ("320", "L320", True, True)
    assert first.shipment_number == "О0000000976"
    assert first.lines is not None
    assert (first.lines[0].unit, first.lines[0].price) == ("шт", Decimal(1320))


def test_a_document_that_lists_no_goods_says_nothing_about_lines() -> None:
    orders = list(read_documents(chunks(real_file("v2.04-official-doc/orders.xml"))))
    assert [isinstance(order, ErpOrder) and order.lines is None for order in orders] == [False, True, True]
