"""Dealers on real transactions: made once, found, changed, blocked; their people invited and shut out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chalicelib.http import sessions
from chalicelib.http.sessions import SignedIn
from chalicelib.identity.model import User
from chalicelib.identity.store import load_user, user_put
from chalicelib.kernel.access import Actor, Role
from chalicelib.kernel.errors import Invalid, NotFound, Refused
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.numbers import parse_decimal
from chalicelib.network import store
from chalicelib.network.actions import contracts, dealers, people, segments
from chalicelib.network.actions.reading import choices, open_dealer
from chalicelib.network.model import Account, PriceType, Warehouse
from chalicelib.network.segments import StockShown, warehouses_of
from chalicelib.storage.session import TenantSession, open_tenant
from chalicelib.tenancy.store import settings_write
from tests.support.shop import manufacturer

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
TAX_IDS = ("7707083893", "7736050003", "7728168971")
FORM = {
    "name": "Светлый дом",
    "entity_name": "ООО «Светлый дом»",
    "country": "RU",
    "tax_id": TAX_IDS[0],
    "tax_reason": "770101001",
    "number": "14/2026",
    "currency": "RUB",
    "vat": "included",
    "price_type": "",
    "credit_limit": "1000",
    "deferral_days": "14",
}
_GROUP = {"name": "Оптовики", "stock_shown": "words", "few_at": "5", "transit_orders": "yes"}


class Manager:
    """A tenant's manager at work."""

    def __init__(self) -> None:
        settings = manufacturer(NOW)
        tenant_id = settings.id
        self.db: TenantSession = open_tenant(tenant_id)
        self.actor = Actor(tenant_id=tenant_id, user_id="olga", name="Ольга", role=Role.SALES_MANAGER)
        self.db.commit([settings_write(settings, 0)])

    def create(self, key: str = "", **changes: str) -> str:
        form = FORM | changes
        return dealers.create_dealer(self.db, self.actor, form, [], parse_decimal, key or new_id(NOW), NOW)

    def person(self, party_id: str) -> tuple[User, SignedIn]:
        dealer = open_dealer(self.db, party_id)
        user = User(
            id=new_id(NOW),
            email="boris@example.org",
            name="Борис",
            role=Role.DEALER_BUYER,
            locale="ru",
            created=NOW,
            party_id=party_id,
            party_name=dealer.party.name,
            contract_id=dealer.contracts[0].id,
            contract_label="?",
        )
        self.db.commit([user_put(self.db.tenant_id, user, 0)])
        person = SignedIn(
            tenant_id=self.db.tenant_id,
            tenant_name="Окна Севера",
            currency="RUB",
            time_zone="Europe/Moscow",
            user_id=user.id,
            name=user.name,
            email=user.email,
            locale="ru",
            role=user.role,
            party_id=party_id,
        )
        return user, person

    def session(self, person: SignedIn) -> SignedIn:
        (session,) = sessions.sessions_of(self.db, person.user_id, now=NOW)
        return session.person


@pytest.fixture
def manager(tables: None) -> Manager:
    return Manager()


def test_a_dealer_has_its_entity_its_contract_and_an_account_at_zero(manager: Manager) -> None:
    dealer = open_dealer(manager.db, manager.create())
    (entity,), (contract,) = dealer.entities, dealer.contracts
    assert (dealer.party.name, entity.tax_id, contract.number) == ("Светлый дом", TAX_IDS[0], "14/2026")
    assert contract.entity_id == entity.id
    assert dealer.accounts[contract.id] == Account()
    assert dealer.party.tax_ids == (TAX_IDS[0],)


def test_a_form_sent_twice_makes_one_dealer(manager: Manager) -> None:
    key = new_id(NOW)
    assert manager.create(key) == manager.create(key)
    assert dealers.list_dealers(manager.db).total == 1


def test_a_tax_id_is_one_entity_of_the_tenant_and_of_another_tenant_too(manager: Manager) -> None:
    party_id = manager.create()
    with pytest.raises(Invalid) as wrong:
        manager.create()
    assert wrong.value.fields["tax_id"].code == "tax_id_taken"
    assert dealers.list_dealers(manager.db).total == 1
    Manager().create()
    dealers.add_entity(manager.db, manager.actor, party_id, FORM | {"tax_id": TAX_IDS[1]}, NOW)
    with pytest.raises(Invalid):
        manager.create(tax_id=TAX_IDS[1])


def test_a_tax_id_is_the_same_with_and_without_its_countrys_prefix(manager: Manager) -> None:
    romanian = {"country": "RO", "tax_reason": "", "currency": "RON"}
    manager.create(**romanian, tax_id="RO 18547290")
    with pytest.raises(Invalid) as wrong:
        manager.create(**romanian, tax_id="18547290")
    assert wrong.value.fields["tax_id"].code == "tax_id_taken"


def test_the_list_tells_what_each_dealer_may_still_order(manager: Manager) -> None:
    manager.create(credit_limit="1000")
    manager.create(name="Арка", tax_id=TAX_IDS[1], credit_limit="")
    before = manager.db.usage.calls
    arch, house = dealers.list_dealers(manager.db).rows
    assert manager.db.usage.calls - before == 2  # the list of names, then contracts and accounts together
    assert [(one.debt, one.limit, one.free) for one in house.standings] == [(0, 1000, 1000)]
    assert [(one.limit, one.free) for one in arch.standings] == [(None, None)]


def test_an_entity_that_changes_its_tax_id_frees_the_old_one(manager: Manager) -> None:
    party_id = manager.create()
    entity = open_dealer(manager.db, party_id).entities[0]
    dealers.change_entity(manager.db, manager.actor, party_id, entity.id, FORM | {"tax_id": TAX_IDS[1]}, NOW)
    assert open_dealer(manager.db, party_id).party.tax_ids == (TAX_IDS[1],)
    other = manager.create()
    with pytest.raises(Invalid):
        dealers.change_entity(
            manager.db,
            manager.actor,
            other,
            open_dealer(manager.db, other).entities[0].id,
            FORM | {"tax_id": TAX_IDS[1]},
            NOW,
        )


def test_dealers_are_listed_by_name_and_found_by_name_tax_id_and_contract(manager: Manager) -> None:
    for number, name in enumerate(("Яблоко", "арка", "Берёза")):
        manager.create(name=name, tax_id=TAX_IDS[number], number=f"Д-{number}")

    def names(**wanted: object) -> list[str]:
        return [row.party.name for row in dealers.list_dealers(manager.db, **wanted).rows]  # type: ignore[arg-type]

    assert names() == ["арка", "Берёза", "Яблоко"]
    assert names(search="БЕР") == ["Берёза"]
    assert names(search=TAX_IDS[1][:6]) == ["арка"]
    assert names(search="д-0") == ["Яблоко"]
    assert names(search="нет такого") == []


def test_a_renamed_dealer_moves_in_the_list_and_its_people_see_the_new_name(manager: Manager) -> None:
    party_id = manager.create()
    _, person = manager.person(party_id)
    sessions.start(manager.db, person, now=NOW, agent="")
    dealers.change_dealer(manager.db, manager.actor, party_id, {"name": "Ясный дом"}, NOW)
    assert [row.party.name for row in dealers.list_dealers(manager.db).rows] == ["Ясный дом"]
    session = manager.session(person)
    assert (session.party_name, session.contract_label) == ("Ясный дом", "ООО «Светлый дом» · 14/2026")


def test_blocking_holds_at_once_for_dealer_and_contract_and_can_be_undone(manager: Manager) -> None:
    party_id = manager.create()
    contract = open_dealer(manager.db, party_id).contracts[0]
    for _ in range(2):
        dealers.block_dealer(manager.db, manager.actor, party_id, True, NOW)
        contracts.block_contract(manager.db, manager.actor, party_id, contract.id, True, NOW)
    assert store.load_party(manager.db, party_id).blocked
    assert store.load_contract(manager.db, party_id, contract.id).blocked
    assert dealers.list_dealers(manager.db, blocked=False).total == 0
    dealers.block_dealer(manager.db, manager.actor, party_id, False, NOW)
    assert dealers.list_dealers(manager.db, blocked=False).total == 1


def test_a_changed_contract_keeps_its_currency_its_entity_and_its_price_lists(manager: Manager) -> None:
    party_id = manager.create()
    contract = replace(open_dealer(manager.db, party_id).contracts[0], price_list_ids=("spring",))
    manager.db.commit([store.contract_put(manager.db.tenant_id, contract, 1)])
    changed = FORM | {"currency": "EUR", "credit_limit": "", "number": "15/2026"}
    contracts.change_contract(manager.db, manager.actor, party_id, contract.id, changed, [], parse_decimal, NOW)
    dealer = open_dealer(manager.db, party_id)
    after = dealer.contracts[0]
    assert after == replace(contract, credit_limit=None, number="15/2026")
    assert dealer.party.contracts[0].number == "15/2026"


def test_another_contract_belongs_to_an_entity_of_this_dealer_only(manager: Manager) -> None:
    party_id, other = manager.create(), manager.create(tax_id=TAX_IDS[1])
    foreign = open_dealer(manager.db, other).entities[0].id
    terms = FORM | {"number": "16", "currency": "EUR"}
    with pytest.raises(Invalid) as wrong:
        contracts.add_contract(manager.db, manager.actor, party_id, terms | {"entity": foreign}, [], parse_decimal, NOW)
    assert set(wrong.value.fields) == {"entity"}
    own = open_dealer(manager.db, party_id).entities[0].id
    contracts.add_contract(manager.db, manager.actor, party_id, terms | {"entity": own}, [], parse_decimal, NOW)
    assert {contract.currency for contract in open_dealer(manager.db, party_id).contracts} == {"RUB", "EUR"}


def test_what_the_import_tells_is_what_a_contract_may_name(manager: Manager) -> None:
    assert choices(manager.db).price_types == ()
    with pytest.raises(Invalid):
        manager.create(price_type="guid")
    types = [PriceType(id="guid", name="Оптовая", currency="RUB", vat_included=True), PriceType(id="7", name="Розница")]
    tenant_id = manager.db.tenant_id
    for _ in range(2):
        manager.db.commit([store.price_types_write(tenant_id, types)])
    manager.db.commit([store.warehouses_write(tenant_id, [Warehouse(id="w", name="Тверь")])])
    assert choices(manager.db).price_types == tuple(types)
    assert choices(manager.db).known.warehouses == ["w"]
    manager.create(price_type="guid")


def test_a_person_is_invited_with_a_role_a_language_and_a_contract(manager: Manager) -> None:
    party_id = manager.create()
    contract = open_dealer(manager.db, party_id).contracts[0]
    typed = {"person_name": "Борис", "email": "Boris@Example.org", "role": "dealer_buyer", "locale": "ro"}
    with pytest.raises(Invalid) as wrong:
        people.invite_person(manager.db, manager.actor, party_id, typed | {"email": "?", "role": "owner"}, NOW)
    assert set(wrong.value.fields) == {"email", "role", "contract"}
    typed["contract"] = contract.id
    people.invite_person(manager.db, manager.actor, party_id, typed, NOW)
    (invitation,) = open_dealer(manager.db, party_id).invitations
    assert (invitation.email, invitation.role, invitation.locale) == ("boris@example.org", Role.DEALER_BUYER, "ro")
    assert (invitation.party_id, invitation.contract_id) == (party_id, contract.id)
    with pytest.raises(Invalid) as taken:
        people.invite_person(manager.db, manager.actor, party_id, typed, NOW)
    assert taken.value.fields["email"].code == "email_taken"


def test_a_person_chooses_among_the_contracts_of_the_own_dealer(manager: Manager) -> None:
    party_id, other = manager.create(), manager.create(tax_id=TAX_IDS[1])
    user, person = manager.person(party_id)
    sessions.start(manager.db, person, now=NOW, agent="")
    own = open_dealer(manager.db, party_id)
    contracts.choose_contract(manager.db, person, own.contracts[0].id, NOW)
    assert manager.session(person).contract_label == "ООО «Светлый дом» · 14/2026"
    assert load_user(manager.db, user.id, party_id).contract_id == own.contracts[0].id
    foreign = open_dealer(manager.db, other).contracts[0].id
    for contract_id in (foreign, "nothing", ""):
        with pytest.raises(NotFound):
            contracts.choose_contract(manager.db, person, contract_id, NOW)
    with pytest.raises(NotFound):
        contracts.own_contracts(manager.db, manager.actor)


def test_what_is_not_this_dealers_is_not_found(manager: Manager) -> None:
    party_id, other = manager.create(), manager.create(tax_id=TAX_IDS[1])
    foreign = open_dealer(manager.db, other)
    with pytest.raises(NotFound):
        open_dealer(manager.db, "nobody")
    with pytest.raises(NotFound):
        store.load_contract(manager.db, party_id, foreign.contracts[0].id)
    with pytest.raises(NotFound):
        store.load_entity(manager.db, party_id, foreign.entities[0].id)
    with pytest.raises(NotFound):
        open_dealer(manager.db, party_id).entity(foreign.entities[0].id)
    with pytest.raises(NotFound):
        dealers.change_dealer(manager.db, manager.actor, "nobody", {"name": "x"}, NOW)


def test_a_dealer_is_in_a_group_and_a_region_that_cannot_be_removed_meanwhile() -> None:
    manager = Manager()
    db, actor = manager.db, manager.actor
    db.commit([store.warehouses_write(db.tenant_id, [Warehouse(id="w1", name="Главный")])])
    segments.add_group(db, actor, _GROUP, parse_decimal, "g", NOW)
    segments.add_group(db, actor, _GROUP, parse_decimal, "g", NOW)
    segments.add_region(db, actor, {"name": "Урал"}, ["w1", "nowhere"], "r", NOW)
    known = store.load_segments(db, consistent=True)
    (group,), (region,) = known.groups, known.regions
    assert (group.stock_shown, group.few_at) == (StockShown.WORDS, 5)
    assert region.warehouse_ids == ("w1",)

    segments.change_group(db, actor, group.id, _GROUP | {"few_at": "7"}, parse_decimal, known.version, NOW)
    with pytest.raises(Refused, match="segments_changed"):
        segments.change_group(db, actor, group.id, _GROUP | {"few_at": "9"}, parse_decimal, known.version, NOW)

    party_id = manager.create(group=group.id, region=region.id)
    dealer = open_dealer(db, party_id)
    assert known.group_of(dealer.party) == group
    assert warehouses_of(dealer.contracts[0], known.region_of(dealer.party)) == ("w1",)
    assert warehouses_of(replace(dealer.contracts[0], warehouse_ids=("w2",)), region) == ("w2",)
    with pytest.raises(Refused, match="segment_in_use"):
        segments.remove_segment(db, actor, group.id, NOW)

    dealers.change_dealer(db, actor, party_id, FORM, NOW)
    segments.remove_segment(db, actor, group.id, NOW)
    with pytest.raises(NotFound):
        segments.remove_segment(db, actor, group.id, NOW)
    assert store.load_segments(db, consistent=True).groups == ()


def test_two_groups_have_two_names_and_one_that_is_not_there_is_not_found() -> None:
    manager = Manager()
    db, actor = manager.db, manager.actor
    segments.add_group(db, actor, _GROUP, parse_decimal, "1", NOW)
    with pytest.raises(Invalid) as wrong:
        segments.add_group(db, actor, _GROUP | {"name": "оптовики", "few_at": "0"}, parse_decimal, "2", NOW)
    assert set(wrong.value.fields) == {"few_at"}
    with pytest.raises(Invalid) as wrong:
        segments.add_group(db, actor, _GROUP | {"name": "оптовики"}, parse_decimal, "2", NOW)
    assert set(wrong.value.fields) == {"name"}
    with pytest.raises(NotFound):
        segments.change_group(db, actor, "0" * 20, _GROUP, parse_decimal, 1, NOW)
    with pytest.raises(Invalid) as wrong:
        manager.create(group="0" * 20)
    assert set(wrong.value.fields) == {"group"}
