"""Products and categories changed by hand: the form, what readers then see, and what the next exchange makes of it."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlencode

import pytest

from chalicelib.catalogue.model import Query, sku_id
from chalicelib.catalogue.snapshot.cards import Cards
from chalicelib.goods import store
from chalicelib.http import csrf, sessions
from chalicelib.kernel.ids import new_id
from chalicelib.storage import keys
from tests.clients.in_process import InProcess
from tests.clients.onec import Reply
from tests.storage.exchange_world import world as world
from tests.storage.test_goods_uploads import DOOR, WINDOW, Office, kontor_sku, names
from tests.storage.test_goods_uploads import office as office

_HEAD = "Артикул;Наименование;Группа;Ед.;НДС;Цена Розница;Остаток Север;Цвет\n"
_ERP = """<?xml version="1.0" encoding="UTF-8"?><КоммерческаяИнформация ВерсияСхемы="2.08">
<Каталог СодержитТолькоИзменения="true"><Ид>c</Ид><Товары><Товар><Ид>p-1</Ид><Артикул>ERP-1</Артикул>
<Наименование>{}</Наименование></Товар></Товары></Каталог></КоммерческаяИнформация>"""


def send(office: Office, path: str, page: str, **fields: str) -> Reply:
    """The page's form as a browser sends it, with some fields typed anew."""
    given: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name = re.search(r' name="([^"]+)"', tag)
        value = re.search(r' value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            given[name[1]] = unescape(value[1]) if value else ""
    for select in re.findall(r"<select.*?</select>", page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', select)
        given[re.findall(r' name="([^"]+)"', select)[0]] = chosen[1] if chosen else ""
    for name, text in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL):
        given[name] = unescape(text)
    return office.ask("POST", path, {k: v for k, v in given.items() if k not in ("csrf", "once")} | fields)


def change(office: Office, sku: str, **fields: str) -> Reply:
    page = office.ask("GET", f"/goods/{sku}").body.decode()
    return send(office, f"/goods/{sku}", page, **fields)


def from_erp(office: Office, name: str) -> str:
    office.world.eager = True
    office.world.client().upload({"import.xml": _ERP.format(name).encode()})
    office.world.eager = False
    return sku_id("p-1", None)


def test_a_catalogue_can_be_begun_by_hand(office: Office) -> None:
    assert "Каталога ещё нет" in office.text("/goods")
    page = office.ask("GET", "/goods/new").body.decode()
    answer = send(
        office, "/goods/new", page, name="Окно", article="A-1", unit="шт", attribute_0="Цвет", values_0="белый"
    )
    assert answer.status == 303
    assert "Публикуются правки: 1" in office.text("/goods")
    office.work()
    sku = kontor_sku(office, "A-1")
    catalogue = office.world.catalogue()
    assert catalogue
    shown = catalogue.product(sku)
    assert shown
    assert (shown.item.name, shown.item.unit_code) == ("Окно", "796")
    assert [(one.name, one.values) for one in shown.attributes] == [("Цвет", ("белый",))]


@pytest.mark.parametrize("hidden", [False, True])
def test_an_article_that_another_product_has_is_refused_with_what_was_typed(
    office: Office, monkeypatch: pytest.MonkeyPatch, hidden: bool
) -> None:
    office.take(_HEAD + WINDOW)
    if hidden:
        office.ask("POST", "/goods/hide", {"id": kontor_sku(office, "A-1")})
        office.work()
    monkeypatch.delattr(Cards, "by_article")  # one article is asked for, not all that there are
    page = office.ask("GET", "/goods/new").body.decode()
    answer = send(office, "/goods/new", page, name="Другое", article="A-1")
    assert answer.status == 409
    assert 'value="Другое"' in unescape(answer.body.decode())


def test_every_field_of_an_own_product_can_be_changed(office: Office) -> None:
    office.take(_HEAD + WINDOW + DOOR)
    sku = kontor_sku(office, "A-1")
    answer = change(
        office, sku, name="Окно 2", vat_rate="без НДС", price_0="2 100,50", values_0="синий; красный", description="Да"
    )
    assert answer.status == 303
    office.work()
    catalogue = office.world.catalogue()
    assert catalogue
    shown = catalogue.product(sku)
    assert shown
    assert (shown.item.name, str(shown.item.vat_rate), shown.description) == ("Окно 2", "0", "Да")
    assert [one.values for one in shown.attributes] == [("красный", "синий")]
    assert [str(tier.amount) for tier in catalogue.prices([sku])[sku]] == ["2100.5"]
    assert [one.name for one in shown.category_path] == ["Окна", "ПВХ"]


def test_a_form_that_changes_nothing_makes_no_version(office: Office) -> None:
    office.take(_HEAD + WINDOW)
    assert change(office, kontor_sku(office, "A-1")).status == 303
    assert (office.world.queue, office.world.version()) == ([], 1)


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_written(office: Office) -> None:
    office.take(_HEAD + WINDOW)
    answer = change(office, kontor_sku(office, "A-1"), name="", vat_rate="много", price_0="дорого")
    page = unescape(answer.body.decode())
    assert answer.status == 422
    assert {"e-name", "e-vat_rate", "e-price_0"} <= set(re.findall(r'id="(e-\w+)"', page))
    assert store.waiting_edits(office.world.db) == []


def test_two_editors_of_one_product_are_told_and_what_the_second_typed_is_kept(office: Office) -> None:
    office.take(_HEAD + WINDOW)
    sku = kontor_sku(office, "A-1")
    page = office.ask("GET", f"/goods/{sku}").body.decode()
    assert send(office, f"/goods/{sku}", page, name="Первый").status == 303
    second = send(office, f"/goods/{sku}", page, name="Второй")
    said = unescape(second.body.decode())
    assert second.status == 409
    assert "Анна" in said
    assert 'name="name" required aria-required="true" value="Второй"' in said
    assert 'name="was_name" value="Первый"' in said
    assert send(office, f"/goods/{sku}", second.body.decode(), name="Второй").status == 303
    office.work()
    assert names(office) == ["Второй"]


def test_the_same_form_twice_is_one_edit(office: Office) -> None:
    office.take(_HEAD + WINDOW)
    sku = kontor_sku(office, "A-1")
    once = new_id(office.world.now)
    for _ in range(2):
        body = {"csrf": csrf.token_for(office.cookie.split(".", 1)[1]), "once": once, "id": sku}
        headers = {"cookie": f"{sessions.cookie_name()}={office.cookie}"}
        headers |= {"content-type": "application/x-www-form-urlencoded"}
        assert InProcess()("POST", "/goods/hide", headers, urlencode(body).encode()).status == 303
    assert len(store.waiting_edits(office.world.db)) == 1


def test_a_text_of_an_erps_product_holds_and_can_be_given_back(office: Office) -> None:
    sku = from_erp(office, "Окно")
    assert change(office, sku, name="Окно тёплое").status == 303
    office.work()
    from_erp(office, "Окно 2")
    assert names(office) == ["Окно тёплое"]
    assert "В 1С: Окно 2" in office.text(f"/goods/{sku}")
    assert change(office, sku, take_back="name").status == 303
    office.work()
    assert names(office) == ["Окно 2"]
    from_erp(office, "Окно 3")
    assert names(office) == ["Окно 3"]


def test_hidden_products_leave_the_list_and_the_catalogue_and_come_back(office: Office) -> None:
    office.take(_HEAD + WINDOW + DOOR)
    sku = kontor_sku(office, "A-1")
    office.ask("POST", "/goods/hide", {"id": sku})
    office.work()
    assert names(office) == ["Дверь"]
    assert "Окно" in office.text("/goods?view=hidden")
    assert "Окно" not in re.sub("<nav.*?</nav>", "", office.text("/goods"), flags=re.DOTALL)
    office.ask("POST", "/goods/show", {"id": sku})
    office.work()
    assert names(office) == ["Дверь", "Окно"]


def test_edits_that_wait_are_shown_together_in_one_version(office: Office) -> None:
    office.take(_HEAD + WINDOW + DOOR)
    for article, name in (("A-1", "Первое"), ("B-1", "Второе")):
        change(office, kontor_sku(office, article), name=name)
    office.work()
    assert (names(office), office.world.version()) == (["Второе", "Первое"], 2)
    (entry,) = [one for one in office.world.journal() if one.kind == "hand"]
    assert (entry.name, entry.changed) == ("Анна", 2)


def test_a_change_is_audited_with_what_it_said(office: Office) -> None:
    office.take(_HEAD + WINDOW)
    change(office, kontor_sku(office, "A-1"), name="Окно 2")
    (product,) = store.waiting_edits(office.world.db)[0].products
    rows = office.world.db.query_all(keys.audit(office.world.tenant_id, f"goods/{product.product_id}"))
    assert [(row.data["action"], row.data["detail"]) for row in rows] == [("product_changed", {"name": "Окно 2"})]


def test_categories_are_made_renamed_moved_and_put_in_order(office: Office) -> None:
    office.take(_HEAD + WINDOW + DOOR)
    listed = office.text("/goods/categories")
    links = dict(re.findall(r'href="/goods/categories/(kontor-\w+)">\s*([^<]+)<', listed))
    ids = {name.strip(): own for own, name in links.items()}
    page = office.ask("GET", f"/goods/categories/{ids['Окна']}").body.decode()
    send(office, f"/goods/categories/{ids['Окна']}", page, position="1", name="Оконные блоки")
    office.work()
    catalogue = office.world.catalogue()
    assert catalogue
    assert [one.name for one in catalogue.categories()] == ["Оконные блоки", "ПВХ", "Двери"]
    page = office.ask("GET", f"/goods/categories/{ids['Окна']}").body.decode()
    answer = send(office, f"/goods/categories/{ids['Окна']}", page, parent=ids["ПВХ"])
    assert answer.status == 422
    assert "нельзя вложить" in unescape(answer.body.decode())
    page = office.ask("GET", "/goods/categories/new").body.decode()
    assert send(office, "/goods/categories/new", page, name="Двери").status == 422
    assert send(office, "/goods/categories/new", page, name="Стальные", parent=ids["Двери"]).status == 303
    assert "Стальные" in office.text("/goods/categories")


def test_two_editors_of_a_category_are_told(office: Office) -> None:
    office.take(_HEAD + DOOR)
    (own,) = set(re.findall(r"/goods/categories/(kontor-\w+)", office.text("/goods/categories")))
    page = office.ask("GET", f"/goods/categories/{own}").body.decode()
    assert send(office, f"/goods/categories/{own}", page, name="А").status == 303
    assert send(office, f"/goods/categories/{own}", page, name="Б").status == 409


def places(page: str) -> dict[str, str]:
    """The fields of the tree's form, as it was drawn."""
    return {
        found[1]: unescape(found[2])
        for tag in re.findall(r"<input[^>]*>", page)
        if (found := re.search(r' name="((?:id|parent|place)_\d+|seen)" value="([^"]*)"', tag))
    }


def test_categories_are_put_in_order_and_elsewhere_by_one_form_which_can_be_undone(office: Office) -> None:
    office.take(_HEAD + WINDOW + DOOR)
    page = office.ask("GET", "/goods/categories").body.decode()
    form = places(page)
    doors, windows, pvc = (form[f"id_{at}"] for at in (1, 2, 3))
    moved = form | {"place_1": "2", "place_2": "1", "parent_3": doors, "place_3": "1"}
    assert office.ask("POST", "/goods/categories", moved).status == 303
    assert office.ask("POST", "/goods/categories", moved).status == 409
    shown = places(office.text("/goods/categories"))
    assert [shown[f"id_{at}"] for at in (1, 2, 3)] == [windows, doors, pvc]
    office.work()
    catalogue = office.world.catalogue()
    assert catalogue
    assert [("." * one.depth + one.name) for one in catalogue.categories()] == [".Двери", "..ПВХ"]
    page = office.ask("GET", "/goods/categories").body.decode()
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    assert office.ask("POST", "/goods/categories/undo", {"version": version[1]}).status == 303
    assert office.ask("POST", "/goods/categories/undo", {"version": version[1]}).status == 409
    office.work()
    assert places(office.text("/goods/categories")) | {"seen": ""} == form | {"seen": ""}


def test_a_tree_that_makes_no_sense_is_refused_with_the_reason(office: Office) -> None:
    office.take(_HEAD + WINDOW + DOOR)
    form = places(office.text("/goods/categories"))
    for wrong, why in (
        ({"parent_2": form["id_3"]}, "нельзя вложить в саму себя"),
        ({"place_1": "первая"}, "Целое число"),
    ):
        answer = office.ask("POST", "/goods/categories", form | wrong)
        assert (answer.status, why in unescape(answer.body.decode())) == (422, True)
    assert office.ask("POST", "/goods/categories", form | {"parent_1": "gone"}).status == 404
    assert store.waiting_edits(office.world.db) == []


def test_categories_are_not_put_in_one_another_on_more_than_twenty_levels(office: Office) -> None:
    rows = "".join(DOOR.replace("Двери", f"Двери {n:02}").replace("B-1", f"B-{n}") for n in range(1, 22))
    office.take(_HEAD + rows)
    form = places(office.text("/goods/categories"))
    assert "id_21" in form
    chain = form | {f"parent_{n}": form[f"id_{n - 1}"] for n in range(2, 22)}
    refused = office.ask("POST", "/goods/categories", chain)
    assert refused.status == 422
    assert "не больше 20 уровней" in unescape(refused.body.decode())
    assert office.ask("POST", "/goods/categories", chain | {"parent_21": ""}).status == 303


def test_an_exchange_that_moves_a_category_meanwhile_is_told_too(office: Office) -> None:
    office.take(_HEAD + WINDOW + DOOR)
    form = places(office.text("/goods/categories"))
    office.take(_HEAD + WINDOW.replace("Окна / ПВХ", "Окна / Дерево"))
    assert office.ask("POST", "/goods/categories", form | {"place_1": "5"}).status == 409


def test_a_product_is_in_several_categories_and_counted_once_in_each(office: Office) -> None:
    office.take(_HEAD + WINDOW.replace("Окна / ПВХ", '"Окна / ПВХ; Распродажа; Окна"') + DOOR)
    sku = kontor_sku(office, "A-1")
    catalogue = office.world.catalogue()
    assert catalogue
    counts = {one.name: one.count for one in catalogue.categories()}
    assert counts == {"Двери": 1, "Окна": 1, "ПВХ": 1, "Распродажа": 1}
    product = catalogue.product(sku)
    assert product
    assert [one.name for one in product.category_path] == ["Окна"]
    ids = {one.name: one.id for one in catalogue.categories()}
    change(office, sku, category_0=ids["ПВХ"], category_1="", category_2=ids["Двери"], category_3=ids["ПВХ"])
    office.work()
    catalogue = office.world.catalogue()
    assert catalogue
    assert {one.name: one.count for one in catalogue.categories()} == {"Двери": 2, "Окна": 1, "ПВХ": 1}
    page = catalogue.search(Query(category_id=ids["Двери"]))
    assert sorted(item.article for item in page.items) == ["A-1", "B-1"]


@pytest.mark.parametrize("path", ["/goods/" + "0" * 20, "/goods/categories/" + "0" * 20])
def test_what_is_not_there_is_not_found(office: Office, path: str) -> None:
    assert office.ask("GET", path).status == 404
    assert office.ask("POST", path, {"name": "x"}).status == 404


def test_what_was_renamed_is_never_taken_for_what_is_called_so_now(office: Office) -> None:
    office.take(_HEAD + WINDOW)
    change(office, kontor_sku(office, "A-1"), article="Z-9", name="Окно старое")
    office.work()
    office.take(_HEAD + "A-1;Створка;Окна / ПВХ;шт;22%;5;3;\n")
    assert names(office) == ["Окно старое", "Створка"]
    change(office, kontor_sku(office, "A-1"), article="Z-8")
    office.work()
    page = office.ask("GET", "/goods/new").body.decode()
    for _ in range(2):  # sent twice
        assert send(office, "/goods/new", page, name="Ручка", article="A-1", unit="шт", once="k" * 20).status == 303
    office.work()
    assert names(office) == ["Окно старое", "Ручка", "Створка"]


def test_a_renamed_category_keeps_its_goods_and_its_old_name_is_free(office: Office) -> None:
    office.take(_HEAD + "A-1;Окно;Окна;шт;;5;3;\n")
    page = office.ask("GET", "/goods/categories").body.decode()
    own = re.search(r'/goods/categories/(?!new)([^"/?]+)"', page)
    assert own
    form = office.ask("GET", f"/goods/categories/{own[1]}").body.decode()
    send(office, f"/goods/categories/{own[1]}", form, name="Окна старые")
    office.work()
    office.take(_HEAD + "B-1;Дверь;Окна;шт;;5;3;\n")
    catalogue = office.world.catalogue()
    assert catalogue
    assert sorted((one.name, one.count) for one in catalogue.categories()) == [("Окна", 1), ("Окна старые", 1)]
