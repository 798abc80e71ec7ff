"""Rules of who sees what: their pages, and that what is hidden from a dealer is behind none of its doors."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import pytest

from chalicelib.assortment import actions
from chalicelib.assortment.keeping import MOST_RULES
from chalicelib.catalogue.model import Query, sku_id
from chalicelib.catalogue.rules import What
from chalicelib.catalogue.store import assortment_put, current_catalogue, load_assortment
from chalicelib.catalogue.visibility import Assortment, Rule, Whom
from chalicelib.kernel.access import Role
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.errors import Invalid, NotFound, Refused
from chalicelib.kernel.ids import new_id
from chalicelib.network.segments import DealerGroup, Segments
from chalicelib.network.store import load_party, party_put, segments_put
from chalicelib.ordering.actions import NewOrder, add_to_cart, paste_lines, place_order, repeat_order, show_cart
from chalicelib.ordering.actions.editing import edit_order
from chalicelib.ordering.actions.moderation import Ask
from chalicelib.pricelist import making
from chalicelib.pricelist.model import Format, Wish
from chalicelib.pricing.explaining import explain_price
from chalicelib.pricing.store import basis_keys, basis_of
from chalicelib.stock.actions import erp_levels
from chalicelib.storefront.actions import browse, look_at, suggest
from tests.support.cabinet import Visit, visits
from tests.support.range import WINDOWS, publish_range
from tests.support.shop import NOW, Shop

pytestmark = pytest.mark.usefixtures("tables")
WINDOW, OTHER = sku_id("window-0", None), sku_id("window-1", None)


@pytest.fixture
def shop(tables: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    shop = Shop({})
    publish_range(shop.db, tmp_path, monkeypatch)
    told = [(one, {"w1": Decimal(50)}) for one in (WINDOW, OTHER)]
    erp_levels(shop.db, told, kind=shop.settings.exchange.stock_kind, as_of=NOW, message_id="m", now=NOW)
    return shop


def hide(shop: Shop, **rule: object) -> None:
    given = {"whom": Whom.EVERYONE, "what": What.PRODUCT, "key": "window-0", "shown": False, **rule}
    before = load_assortment(shop.db, consistent=True)
    after = before.having(Rule(id=new_id(utc_now()), **given))  # type: ignore[arg-type]
    shop.db.commit([assortment_put(shop.settings.id, after)])


def test_what_is_hidden_is_behind_no_door_of_the_dealers(shop: Shop, tmp_path: Path) -> None:
    buyer, contract = shop.buyer, shop.contract.id
    whole = current_catalogue(shop.db, None, NOW)
    assert whole is not None
    article = whole.skus([WINDOW])[WINDOW].article
    add_to_cart(shop.db, buyer, contract, WINDOW, Decimal(1), NOW)
    placed = place_order(shop.db, NewOrder(actor=buyer, contract_id=contract, key="k"), NOW)
    add_to_cart(shop.db, buyer, contract, WINDOW, Decimal(2), NOW)
    hide(shop)

    found = browse(shop.db, buyer, contract, Query(), NOW)
    assert found is not None
    assert WINDOW not in [item.sku for item in found.page.items]
    assert found.page.total == len(whole) - 1
    searched = browse(shop.db, buyer, contract, Query(text=article), NOW)
    assert searched is not None
    assert searched.page.total == 0
    assert WINDOW not in [item.sku for item in suggest(shop.db, buyer, article, NOW).items]
    with pytest.raises(NotFound):
        look_at(shop.db, buyer, contract, WINDOW, NOW)
    with pytest.raises(NotFound):
        explain_price(shop.db, buyer, contract, WINDOW, None, NOW)
    with pytest.raises(NotFound):
        add_to_cart(shop.db, buyer, contract, WINDOW, Decimal(1), NOW)
    (row,) = paste_lines(shop.db, buyer, contract, f"{article} 3", NOW).bad
    assert row.reason == "unknown"
    assert WINDOW not in [one.sku for one in row.alike]
    assert [line.problem for line in show_cart(shop.db, buyer, contract, NOW).lines] == ["withdrawn"]
    with pytest.raises(Refused) as refused:
        place_order(shop.db, NewOrder(actor=buyer, contract_id=contract, key="k2"), NOW)
    assert refused.value.code == "cart_attention"
    assert [line.sku for line in repeat_order(shop.db, buyer, contract, placed, NOW)] == [WINDOW]
    with pytest.raises(Invalid):
        edit_order(shop.db, Ask(order_id=placed, actor=buyer, version=1, key="e", now=NOW), {}, f"{article} 1")
    path = tmp_path / "list.csv"
    narrow = current_catalogue(shop.db, buyer.party_id, NOW)
    assert narrow is not None
    wish = Wish(format=Format.CSV, locale="ru")
    tenant = shop.settings.id
    rows = shop.db.get_many(basis_keys(tenant, shop.party.id, contract))
    basis = basis_of(rows, tenant, shop.party.id, contract, NOW)
    making.write(shop.db, narrow, basis, Segments(), wish, path, lambda _: None)
    assert WINDOWS[0] not in path.read_text("utf-8-sig")
    assert WINDOWS[1] in path.read_text("utf-8-sig")


def test_the_manufacturers_people_go_on_seeing_everything(shop: Shop) -> None:
    hide(shop)
    found = browse(shop.db, shop.manager, None, Query(), NOW)
    assert found is not None
    assert WINDOW in [item.sku for item in found.page.items]
    assert look_at(shop.db, shop.manager, None, WINDOW, NOW).product.item.listed


def test_a_rule_for_a_group_is_for_its_dealers_as_soon_as_they_are_in_it(shop: Shop) -> None:
    group = DealerGroup(id="g", name="Север")
    shop.db.commit([segments_put(shop.settings.id, Segments(groups=(group,)))])
    hide(shop, whom=Whom.GROUP, whom_id="g")
    assert look_at(shop.db, shop.buyer, shop.contract.id, WINDOW, NOW)
    party = load_party(shop.db, shop.party.id)
    shop.db.commit([party_put(shop.settings.id, replace(party, group_id="g"), 1)])
    with pytest.raises(NotFound):
        look_at(shop.db, shop.buyer, shop.contract.id, WINDOW, NOW)


FIELDS = {"whom": "everyone", "what": "category", "category": "windows", "shown": "no"}


def test_rules_are_made_once_changed_replaced_and_removed(shop: Shop) -> None:
    def rules() -> list[tuple[str, str, bool]]:
        return [(one.what, one.key, one.shown) for one in load_assortment(shop.db, consistent=True).rules]

    for _ in range(2):
        actions.add_rule(shop.db, shop.manager, FIELDS, "once", NOW)
    assert rules() == [("category", "windows", False)]
    (rule,) = load_assortment(shop.db, consistent=True).rules
    typed = {**FIELDS, "what": "product", "product": _article(shop), "shown": "yes"}
    actions.change_rule(shop.db, shop.manager, rule.id, typed, 1, NOW)
    assert rules() == [("product", "window-0", True)]
    actions.change_rule(shop.db, shop.manager, rule.id, typed, 1, NOW)  # sent twice
    with pytest.raises(Refused, match="assortment_changed"):
        actions.change_rule(shop.db, shop.manager, rule.id, FIELDS, 1, NOW)
    actions.add_rule(shop.db, shop.manager, {**typed, "shown": "no"}, "other", NOW + timedelta(minutes=1))
    assert rules() == [("product", "window-0", False)], "of one subject there is one rule"
    (rule,) = load_assortment(shop.db, consistent=True).rules
    actions.BOOK.remove(shop.db, shop.manager, rule.id, NOW)
    assert rules() == []
    with pytest.raises(NotFound):
        actions.BOOK.remove(shop.db, shop.manager, rule.id, NOW)


def _article(shop: Shop) -> str:
    whole = current_catalogue(shop.db, None, NOW)
    assert whole is not None
    return whole.skus([WINDOW])[WINDOW].article


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"whom": "group:nobody"}, {"whom"}),
        ({"what": "?", "shown": ""}, {"what", "shown"}),
        ({"category": "nowhere"}, {"category"}),
        ({"category": ""}, {"category"}),
        ({"what": "brand", "brand": "Нет такого"}, {"brand"}),
        ({"what": "product", "product": "нет"}, {"product"}),
    ],
)
def test_a_rule_names_what_there_is(shop: Shop, typed: dict[str, str], wrong: set[str]) -> None:
    with pytest.raises(Invalid) as invalid:
        actions.add_rule(shop.db, shop.manager, FIELDS | typed, "k", NOW)
    assert set(invalid.value.fields) == wrong


def test_there_are_not_too_many_rules(shop: Shop) -> None:
    rules = [Rule(id=str(n), whom=Whom.EVERYONE, what=What.BRAND, key=str(n), shown=False) for n in range(MOST_RULES)]
    shop.db.commit([assortment_put(shop.settings.id, Assortment(rules=tuple(rules)))])
    with pytest.raises(Refused):
        actions.add_rule(shop.db, shop.manager, FIELDS, "k", NOW)


@pytest.fixture
def visit(shop: Shop) -> Visit:
    return visits(shop)


def test_the_page_shows_the_rules_and_how_much_each_dealer_sees(shop: Shop, visit: Visit) -> None:
    assert visit("/dealers/assortment/new", **FIELDS).status_code == 303
    page = visit("/dealers/assortment").body.decode()
    assert "Окна" in page
    (rule,) = load_assortment(shop.db, consistent=True).rules
    narrow = current_catalogue(shop.db, shop.party.id, NOW)
    assert narrow is not None
    whole = current_catalogue(shop.db, None, NOW)
    assert whole is not None
    assert re.search(rf">Скрыто</td><td[^>]*>{len(whole) - len(narrow)}<", page), "how many products it is about"
    assert re.search(rf"Светлый дом.*?>{len(narrow)}<", page, re.DOTALL)
    form = visit(f"/dealers/assortment/{quote(rule.id)}").body.decode()
    assert re.search(r'<option value="windows" selected', form)
    assert visit("/dealers/assortment/new", **FIELDS | {"category": "no"}).status_code == 422
    assert visit(f"/dealers/assortment/{rule.id}/remove", yes="1").status_code == 303
    assert visit(f"/dealers/assortment/{rule.id}").status_code == 404
    assert "Удалено правило: Окна, Все дилеры, Скрыто" in visit("/dealers/assortment").body.decode()
    reader = replace(shop.manager, role=Role.ACCOUNTANT)
    assert "Удалено правило" not in visit("/dealers/assortment", reader).body.decode()
    assert visit(f"/dealers/assortment/{rule.id}/put-back", version="2").status_code == 303
    assert load_assortment(shop.db, consistent=True).rules == (rule,)
