"""What the real sets don't show but the protocol tells: other notations, bad rows among good ones, odd places."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chalicelib.catalogue.feed import (
    CatalogueHead,
    FeedRow,
    OfferRow,
    PriceRow,
    PriceTypeRow,
    ProductRow,
    PropertyRow,
    RejectedRow,
    StockRow,
    WarehouseRow,
)
from chalicelib.exchange.commerceml.reader import read_catalogue

HEAD = '<?xml version="1.0" encoding="UTF-8"?><КоммерческаяИнформация ВерсияСхемы="2.07">'
END = "</КоммерческаяИнформация>"


def read(body: str, encoding: str = "utf-8") -> list[FeedRow]:
    return list(read_catalogue([f"{HEAD}{body}{END}".replace("UTF-8", encoding).encode(encoding)]))


def goods(body: str) -> list[FeedRow]:
    return read(f"<Каталог СодержитТолькоИзменения='true'><Ид>k</Ид><Товары>{body}</Товары></Каталог>")[1:]


def offers(body: str) -> list[FeedRow]:
    return read(f"<ПакетПредложений><Ид>k#</Ид><Предложения>{body}</Предложения></ПакетПредложений>")[1:]


def offer(body: str) -> list[FeedRow]:
    return offers(f"<Предложение><Ид>a#b</Ид>{body}</Предложение>")


def price(body: str) -> FeedRow:
    (row,) = offer(f"<Цены><Цена>{body}</Цена></Цены>")
    return row


def stock(*pairs: tuple[str | None, int]) -> list[StockRow]:
    return [
        StockRow(product_id="a", variant_id="b", warehouse_id=place, quantity=Decimal(amount))
        for place, amount in pairs
    ]


def test_a_bad_row_is_named_by_number_and_reason_and_its_neighbours_survive() -> None:
    rows = goods(
        "<Товар><Ид>1</Ид><Наименование>Один</Наименование></Товар>"
        "<Товар><Наименование>Без ида</Наименование></Товар>"
        "<Товар><Ид>3</Ид></Товар>"
        "<Товар/>"
        "<Товар><Ид>5</Ид><Наименование>Пять</Наименование></Товар>"
    )
    assert [row.id for row in rows if isinstance(row, ProductRow)] == ["1", "5"]
    assert [row for row in rows if isinstance(row, RejectedRow)] == [
        RejectedRow(kind="product", number=2, reason="no_id", subject="Без ида"),
        RejectedRow(kind="product", number=3, reason="no_name", subject="3"),
        RejectedRow(kind="product", number=4, reason="no_id"),
    ]


def test_a_product_with_an_impossible_vat_rate_is_taken_without_it_and_that_is_said() -> None:
    value, product = goods(
        "<Товар><Ид>1</Ид><Наименование>Один</Наименование><СтавкиНалогов><СтавкаНалога><Наименование>НДС</Наименование>"
        "<Ставка>много</Ставка></СтавкаНалога></СтавкиНалогов></Товар>"
    )
    assert isinstance(value, RejectedRow)
    assert (value.kind, value.reason) == ("value", "bad_vat_rate")
    assert isinstance(product, ProductRow)
    assert product.vat_rate is None


@pytest.mark.parametrize(("said", "rate"), [("Без НДС", 0), ("0", 0), ("22%", 22), ("", None)])
def test_goods_without_vat_are_told_from_goods_that_name_no_rate(said: str, rate: int | None) -> None:
    (product,) = goods(
        "<Товар><Ид>1</Ид><Наименование>Один</Наименование><СтавкиНалогов><СтавкаНалога><Наименование>НДС</Наименование>"
        f"<Ставка>{said}</Ставка></СтавкаНалога></СтавкиНалогов></Товар>"
    )
    assert isinstance(product, ProductRow)
    assert product.vat_rate == rate


def test_all_three_notations_of_deleted_mean_deleted() -> None:
    for mark in (
        "<Товар Статус='Удален'>{}",
        "<Товар>{}<Статус>Удалён</Статус>",
        "<Товар>{}<ПометкаУдаления>true</ПометкаУдаления>",
    ):
        (row,) = goods(mark.format("<Ид>1</Ид>") + "</Товар>")
        assert isinstance(row, ProductRow)
        assert row.deleted
    (row,) = goods("<Товар Статус='Изменен'><Ид>1</Ид><Наименование>Один</Наименование></Товар>")
    assert isinstance(row, ProductRow)
    assert not row.deleted


def test_prices_and_stock_that_come_alone_bring_no_card() -> None:
    rows = offer(
        "<Цены><Цена><ИдТипаЦены>p</ИдТипаЦены><ЦенаЗаЕдиницу>5</ЦенаЗаЕдиницу></Цена></Цены><Количество>2</Количество>"
    )
    assert [type(row) for row in rows] == [PriceRow, StockRow]


def test_an_offer_with_nothing_but_its_id_is_an_offer() -> None:
    assert offer("") == [OfferRow(product_id="a", variant_id="b")]


def test_an_unmarked_deletion_flag_among_numbers_makes_no_card_but_a_set_one_does() -> None:
    rest = "<Количество>1</Количество>"
    assert [type(row) for row in offer(f"<ПометкаУдаления>false</ПометкаУдаления>{rest}")] == [StockRow]
    assert [type(row) for row in offer(f"<ПометкаУдаления>true</ПометкаУдаления>{rest}")] == [OfferRow, StockRow]


def test_the_short_package_of_changes_brings_prices_and_stock() -> None:
    head, *rows = read(
        "<ИзмененияПакетаПредложений СодержитТолькоИзменения='false'><Ид>k#</Ид><ИдКаталога>k</ИдКаталога><Предложения>"
        "<Предложение><Ид>a</Ид><ИдХарактеристики>b</ИдХарактеристики><КодЕдиницыИзмерения>796</КодЕдиницыИзмерения>"
        "<Склады ИдСклада='w' КоличествоНаСкладе='3'/><Склады ИдСклада='v' КоличествоНаСкладе='-1'/>"
        "<Цены><Цена><ИдТипаЦены>p</ИдТипаЦены><ЦенаЗаЕдиницу>7</ЦенаЗаЕдиницу></Цена></Цены><Количество>2</Количество>"
        "</Предложение></Предложения></ИзмененияПакетаПредложений>"
    )
    assert head == CatalogueHead(catalogue_id="k", only_changes=True, kind="offers")
    price_row, *stock_rows = rows
    assert isinstance(price_row, PriceRow)
    assert (price_row.product_id, price_row.variant_id, price_row.amount) == ("a", "b", Decimal(7))
    assert stock_rows == stock(("w", 3), ("v", -1))


def test_stock_is_read_in_every_notation() -> None:
    assert offer("<Количество>5</Количество>") == stock((None, 5))
    assert offer("<Количество/>") == stock((None, 0))
    assert offer("<Склад ИдСклада='w' КоличествоНаСкладе='5'/><Количество>9</Количество>") == stock(("w", 5))
    assert offer("<Склады><Склад><Ид>w</Ид><Количество>5</Количество></Склад></Склады>") == stock(("w", 5))
    nested = "<Остатки><Остаток><Склад><Ид>w</Ид><Количество>5</Количество></Склад></Остаток></Остатки>"
    assert offer(nested) == stock(("w", 5))
    assert offer("<Остатки><Остаток><Количество>5</Количество></Остаток></Остатки>") == stock((None, 5))


def test_a_stock_figure_that_is_no_number_is_rejected_alone() -> None:
    good, bad = offer("<Склад ИдСклада='w' КоличествоНаСкладе='5'/><Склад ИдСклада='v' КоличествоНаСкладе='много'/>")
    assert good == stock(("w", 5))[0]
    assert isinstance(bad, RejectedRow)
    assert (bad.kind, bad.number, bad.reason, bad.subject) == ("stock", 2, "bad_number", "a#b")


def test_an_empty_price_is_no_price_and_not_zero() -> None:
    row = price("<ИдТипаЦены>p</ИдТипаЦены><ЦенаЗаЕдиницу/><Валюта>грн</Валюта>")
    assert isinstance(row, PriceRow)
    assert (row.amount, row.currency) == (None, "UAH")


def test_a_price_keeps_its_unit_coefficient_and_minimum() -> None:
    row = price(
        "<ИдТипаЦены>p</ИдТипаЦены><ЦенаЗаЕдиницу>1 234,50</ЦенаЗаЕдиницу><Единица>778</Единица>"
        "<Коэффициент>12</Коэффициент><МинКоличество>2</МинКоличество>"
    )
    assert isinstance(row, PriceRow)
    assert (row.amount, row.unit, row.coefficient, row.min_quantity) == (
        Decimal("1234.50"),
        "упак",
        Decimal(12),
        Decimal(2),
    )


def test_prices_that_cannot_be_are_rejected_with_their_reason() -> None:
    base = "<ИдТипаЦены>p</ИдТипаЦены>"
    for body, reason in (
        ("<ЦенаЗаЕдиницу>5</ЦенаЗаЕдиницу>", "no_price_type"),
        (f"{base}<ЦенаЗаЕдиницу>пять</ЦенаЗаЕдиницу>", "bad_number"),
        (f"{base}<ЦенаЗаЕдиницу>-5</ЦенаЗаЕдиницу>", "negative_number"),
        (f"{base}<ЦенаЗаЕдиницу>5</ЦенаЗаЕдиницу><Коэффициент>0</Коэффициент>", "negative_number"),
        (f"{base}<ЦенаЗаЕдиницу>5</ЦенаЗаЕдиницу><Валюта>у.е.</Валюта>", "unknown_currency"),
    ):
        row = price(body)
        assert isinstance(row, RejectedRow)
        assert (row.kind, row.reason, row.subject) == ("price", reason, "a#b")


def test_the_unit_is_found_in_text_attributes_code_or_classifier() -> None:
    unit = (
        "<Классификатор><ЕдиницыИзмерения><ЕдиницаИзмерения><Ид>g-1</Ид><НаименованиеКраткое>бухта</НаименованиеКраткое>"
        "<Код>999 </Код></ЕдиницаИзмерения></ЕдиницыИзмерения></Классификатор>"
    )
    for given, shown, code in (
        ("<БазоваяЕдиница Код='796 '>шт</БазоваяЕдиница>", "шт", "796"),
        ("<БазоваяЕдиница Код='166'/>", "кг", "166"),
        ("<БазоваяЕдиница>796</БазоваяЕдиница>", "шт", "796"),
        ("<БазоваяЕдиница>g-1</БазоваяЕдиница>", "бухта", ""),
        ("<БазоваяЕдиница>999</БазоваяЕдиница>", "бухта", "999"),
        ("<БазоваяЕдиница Код='111222' НаименованиеПолное='Поддон'/>", "Поддон", "111222"),
        ("<БазоваяЕдиница Код='796'>шт <Пересчет><Единица>778</Единица></Пересчет></БазоваяЕдиница>", "шт", "796"),
        ("", "", ""),
    ):  # fmt: skip
        body = f"<Товар><Ид>1</Ид><Наименование>Один</Наименование>{given}</Товар>"
        *_, row = read(f"{unit}<Каталог><Ид>k</Ид><Товары>{body}</Товары></Каталог>")
        assert isinstance(row, ProductRow)
        assert (row.unit, row.unit_code) == (shown, code), given


def test_the_namespace_and_its_prefix_mean_nothing() -> None:
    xml = (
        '<?xml version="1.0"?><c:КоммерческаяИнформация xmlns:c="urn:anything"><c:Каталог'
        ' c:СодержитТолькоИзменения="false">'
        "<c:Ид>k</c:Ид><c:Товары><c:Товар><c:Ид>1</c:Ид><c:Наименование>Один</c:Наименование></c:Товар></c:Товары>"
        "</c:Каталог></c:КоммерческаяИнформация>"
    )
    head, product = read_catalogue([xml.encode()])
    assert head == CatalogueHead(catalogue_id="k", only_changes=False, kind="goods")
    assert isinstance(product, ProductRow)


def test_comments_and_character_data_sections_do_not_cut_a_text() -> None:
    (row,) = goods(
        "<Товар><!-- новый --><Ид>1<!-- не 2 -->7</Ид><?x y?>"
        "<Наименование>Гайка <![CDATA[<М6> & ]]>шайба</Наименование></Товар>"
    )
    assert isinstance(row, ProductRow)
    assert (row.id, row.name) == ("17", "Гайка <М6> & шайба")


def test_of_several_fields_of_one_name_the_first_counts() -> None:
    row = price("<ИдТипаЦены>p</ИдТипаЦены><ЦенаЗаЕдиницу>1</ЦенаЗаЕдиницу><ЦенаЗаЕдиницу>2</ЦенаЗаЕдиницу>")
    assert isinstance(row, PriceRow)
    assert row.amount == 1


def test_encodings_and_marks_of_order_make_no_difference() -> None:
    body = (
        "<Каталог><Ид>k</Ид><Товары><Товар><Ид>1</Ид><Наименование>Щётка №5</Наименование></Товар></Товары></Каталог>"
    )
    expected = read(body)
    xml = f"{HEAD}{body}{END}"
    assert read(body, "windows-1251") == expected
    assert list(read_catalogue([b"\xef\xbb\xbf" + xml.encode()])) == expected
    assert list(read_catalogue([b"\xef\xbb\xbf\r\n" + xml.encode()])) == expected
    assert list(read_catalogue([b"\n\n" + xml.encode()])) == expected
    assert list(read_catalogue([xml.replace("UTF-8", "utf-16").encode("utf-16")])) == expected
    # A mark of UTF-8 says more than a declaration that somebody forgot to change.
    assert list(read_catalogue([b"\xef\xbb\xbf" + xml.replace("UTF-8", "windows-1251").encode()])) == expected


def test_goods_and_offers_may_share_a_file_and_each_package_has_its_head() -> None:
    rows = read(
        "<Каталог СодержитТолькоИзменения='false'><Ид>k</Ид></Каталог>"
        "<ПакетПредложений СодержитТолькоИзменения='true'><Ид>#k</Ид>"
        "<ТипыЦен><ТипЦены><Ид>p</Ид><Наименование>Опт</Наименование><Валюта>RUB</Валюта><Налог><УчтеноВСумме>true</УчтеноВСумме>"
        "</Налог></ТипЦены></ТипыЦен><Склады><Склад><Ид>w</Ид><Наименование>Главный</Наименование><Адрес>"
        "<Представление>Кишинёв</Представление></Адрес></Склад></Склады></ПакетПредложений>"
    )
    assert rows == [
        CatalogueHead(catalogue_id="k", only_changes=False, kind="goods"),
        CatalogueHead(catalogue_id="k", only_changes=True, kind="offers"),
        PriceTypeRow(id="p", name="Опт", currency="RUB", vat_included=True),
        WarehouseRow(id="w", name="Главный", address="Кишинёв"),
    ]


def test_properties_inside_a_category_are_read_too() -> None:
    rows = read(
        "<Классификатор><Группы><Группа><Ид>g</Ид><Наименование>Группа</Наименование><Свойства><Свойство><Ид>s</Ид>"
        "<Наименование>Цвет</Наименование></Свойство></Свойства></Группа></Группы></Классификатор>"
    )
    assert rows[1] == PropertyRow(id="s", name="Цвет")


def test_requisites_keep_their_own_language() -> None:
    (row,) = goods(
        "<Товар><Ид>1</Ид><Наименование>Один</Наименование><ЗначенияРеквизитов><ЗначениеРеквизита>"
        "<Наименование>Повне найменування</Наименование><Значение>Перший</Значение>"
        "</ЗначениеРеквизита></ЗначенияРеквизитов><Вес>0.3</Вес></Товар>"
    )
    assert isinstance(row, ProductRow)
    assert row.requisites == (("Повне найменування", "Перший"), ("Вес", "0.3"))
