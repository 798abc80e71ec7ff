"""Every door of the application, tried with the ids of another tenant and of another dealer.

The answer is the same as for an id that never was, and nothing that belongs to the others changes (domain §9.2).
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest
from chalice.test import Client, HTTPResponse

import app
from chalicelib.catalogue.on_order import OnOrder, OnOrderRule
from chalicelib.catalogue.rules import What
from chalicelib.catalogue.store import assortment_put, on_order_put
from chalicelib.catalogue.visibility import Assortment, Rule, Whom
from chalicelib.gateways import credentials, mail, queues
from chalicelib.goods import store as goods
from chalicelib.goods.model import Upload
from chalicelib.http import csrf, sessions
from chalicelib.http.doors import ROUTES, Route
from chalicelib.identity.model import Invitation, User
from chalicelib.kernel.access import Permission, Role
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.job import JobState
from chalicelib.network.segments import DealerGroup, Region, Segments
from chalicelib.network.store import account_put, contract_put, entity_put, party_put, segments_put
from chalicelib.pictures.model import Size, digest_of
from chalicelib.pictures.store import copy_key
from chalicelib.pricelist import store as price_lists
from chalicelib.pricelist.model import Format, PriceList, Wish
from chalicelib.pricing import store as prices
from chalicelib.pricing.book import Book
from chalicelib.pricing.discounts import Discount, Kind, Step
from chalicelib.pricing.lists import ListVersion, OwnList
from chalicelib.pricing.uploads import RowUpload
from chalicelib.simulator import store as simulations
from chalicelib.simulator.model import Simulation
from chalicelib.storage import files, keys, snapshots
from chalicelib.storage.writes import Put
from tests.support.cabinet import cookie_of, signed_in
from tests.support.shop import D, Shop

_ID = re.compile(r"[0-9a-f]{32}-96\.webp|[0-9a-z]{20}|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{64}|[0-9A-Za-z_-]{43}")
_PARAM = re.compile(r"\{(\w+)\}")
_NEVER = "0" * 20
Ids = dict[str, str]


@dataclass(frozen=True)
class Visitor:
    """Somebody signed in, and whose things they must not reach."""

    role: Role
    cookie: str
    foreign: Ids
    owner: str  # what the foreign things' keys begin with


@dataclass(frozen=True)
class World:
    client: Client
    visitors: dict[str, Visitor]

    @property
    def owners(self) -> set[str]:
        return {visitor.owner for visitor in self.visitors.values()}

    def ask(self, visitor: Visitor, route: Route, ids: Ids, fields: dict[str, str]) -> HTTPResponse:
        path = _PARAM.sub(lambda found: ids.get(found.group(1), _NEVER), route.path)
        secret = visitor.cookie.split(".", 1)[1]
        body = urlencode({"csrf": csrf.token_for(secret), "once": new_id(utc_now()), **fields})
        headers = {
            "cookie": f"{sessions.cookie_name()}={visitor.cookie}",
            "host": "localhost",
            "accept-language": "en",
            "content-type": "application/x-www-form-urlencoded",
        }
        unsafe = route.method != "GET"
        return self.client.http.request(route.method, path, headers=headers, body=body.encode() if unsafe else b"")


def _refuse(*_: object, **__: object) -> None:
    raise AssertionError("a foreign request must not reach the outside world")


@pytest.fixture
def world(tables: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(mail, "send", _refuse)
    monkeypatch.setattr(queues, "send", _refuse)
    monkeypatch.setattr(credentials, "_client", _refuse, raising=False)
    home, abroad = (Shop({"A-1": ("100.00", 50)}) for _ in range(2))
    shelf = {copy_key(tenant := abroad.settings.id, digest_of(tenant.encode()), Size.SMALL): b"a picture"}
    monkeypatch.setattr(files, "find", lambda _owner, key: shelf.get(key))
    neighbour = _second_dealer(home)
    things_abroad, things_next_door = _things(abroad), _things(neighbour)
    visitors = {}
    for role in Role:
        foreign = {"another tenant": (things_abroad, keys.tenant_prefix(abroad.settings.id))}
        if role.is_dealer:
            foreign["another dealer"] = (things_next_door, keys.tenant_prefix(home.settings.id))
        for whose, (ids, owner) in foreign.items():
            visitors[f"{role} / {whose}"] = Visitor(
                role, cookie_of(home, signed_in(home, role, locale="en")), ids, owner
            )
    with Client(app.app) as client:
        yield World(client, visitors)


def _second_dealer(home: Shop) -> Shop:
    """The same tenant as another dealer sees it."""
    other = object.__new__(Shop)
    other.__dict__ = dict(home.__dict__)
    now = utc_now()
    other.party = replace(home.party, id=new_id(now), name="Дом и двор")
    other.entity = replace(home.entity, id=new_id(now), party_id=other.party.id, tax_id="7736207543")
    other.contract = replace(home.contract, id=new_id(now), party_id=other.party.id, entity_id=other.entity.id)
    other.buyer = replace(home.buyer, user_id=new_id(now), party_id=other.party.id)
    tenant = home.settings.id
    other.db.commit(
        [
            party_put(tenant, other.party, 0),
            entity_put(tenant, other.entity, 0),
            contract_put(tenant, other.contract, 0),
            account_put(tenant, other.contract),
        ]
    )
    return other


def _things(shop: Shop) -> Ids:
    """One of everything that has an id in an address: it exists, and the visitor must not find it."""
    now, tenant = utc_now(), shop.settings.id
    order = shop.confirmed(**{"A-1": 2}).order
    user = User(
        id=new_id(now), email=f"{new_id(now)}@example.org", name="Иван", role=Role.DEALER_BUYER, locale="ru",
        created=now, party_id=shop.party.id, party_name=shop.party.name, contract_id=shop.contract.id,
    )  # fmt: skip
    invitation = Invitation(
        id=new_id(now), email="x@example.org", name="Ия", role=Role.DEALER_BUYER, locale="ru", invited_by="Анна",
        created=now, expires=now + sessions.LIFETIME, party_id=shop.party.id, party_name=shop.party.name,
    )  # fmt: skip
    version = 10**19 + secrets.randbelow(10**19)
    snapshot = snapshots.Snapshot(version=version, key="x", sha256="x", size=1, published=now)
    group = DealerGroup(id=new_id(now), name="Север")
    region = Region(id=new_id(now), name="Урал")
    rule = Rule(id=new_id(now), whom=Whom.GROUP, whom_id=group.id, what=What.BRAND, key="x", name="x", shown=False)
    shop.db.commit(
        [
            segments_put(tenant, Segments(groups=(group,), regions=(region,))),
            assortment_put(tenant, Assortment(rules=(rule,))),
            on_order_put(tenant, OnOrder(rules=(OnOrderRule(id=rule.id, what=What.BRAND, key="x", days=3),))),
            Put(key=keys.snapshot_version(tenant, version), kind="snapshot", data=snapshot),
            Put(key=keys.party_user(tenant, shop.party.id, user.id), kind="user", data=user),
            Put(key=keys.staff_user(tenant, user.id), kind="user", data=user),
            Put(key=keys.party_invitation(tenant, shop.party.id, invitation.id), kind="invitation", data=invitation),
            Put(key=keys.staff_invitation(tenant, invitation.id), kind="invitation", data=invitation),
        ]
    )
    return {
        "order_id": order.id,
        "invoice_id": order.invoice_id or "",
        "party_id": shop.party.id,
        "entity_id": shop.entity.id,
        "contract_id": shop.contract.id,
        "user_id": user.id,
        "invitation_id": invitation.id,
        "group_id": group.id,
        "region_id": region.id,
        "rule_id": rule.id,
        "segment_id": group.id,
        "payment_id": _NEVER,
        "entry": _NEVER,
        "version": str(version),
        "sku": _NEVER,
        "arrival_id": _NEVER,
        "price_list_id": _price_list(shop),
        "price_type_id": _NEVER,
        **_own_list(shop),
        "simulation_id": _simulation(shop),
        "name": _NEVER,
        "upload_id": _goods_upload(shop),
        "category_id": _NEVER,
        "picture": f"{digest_of(tenant.encode())}-{Size.SMALL}.webp",
    }


def _goods_upload(shop: Shop) -> str:
    now = utc_now()
    upload = Upload(id=new_id(now), made=now, touched=now, by="Анна", state=JobState.DONE, bad=1)
    shop.db.commit([goods.upload_put(shop.settings.id, upload)])
    return upload.id


def _own_list(shop: Shop) -> Ids:
    """A list of the tenant's own with a version, and a file with rows for it."""
    now, tenant = utc_now(), shop.settings.id
    version = ListVersion(number=1, key="x", sha256="x", rows=1, made=now, made_by="Анна")
    own = OwnList(id=new_id(now), name="Опт", currency="RUB", versions=(version,))
    discount = Discount(id=new_id(now), name="Акция", kind=Kind.VOLUME, steps=(Step(percent=D(5), min_quantity=D(2)),))
    upload = RowUpload(id=new_id(now), list_id=own.id, actor=shop.manager, made=now, touched=now, name="x.csv", bad=1)
    book = prices.book_put(tenant, Book(lists=(own,), discounts=(discount,)), 0)
    shop.db.commit([replace(book, version=None), prices.upload_put(tenant, upload)])
    return {"list_id": own.id, "number": _NEVER, "price_upload_id": upload.id, "discount_id": discount.id}


def _simulation(shop: Shop) -> str:
    now = utc_now()
    one = Simulation(id=new_id(now), list_id=_NEVER, list_name="Опт", number=1, asked=now, asked_by="Анна", touched=now)
    shop.db.commit([simulations.put(shop.settings.id, one)])
    return one.id


def _price_list(shop: Shop) -> str:
    now = utc_now()
    made = PriceList(
        party_id=shop.party.id, contract_id=shop.contract.id, wish=Wish(format=Format.CSV, locale="ru"), run="1",
        asked=now, touched=now, state=JobState.DONE,
    )  # fmt: skip
    shop.db.commit([price_lists.put(shop.settings.id, made)])
    return made.id


def _stored(world: World) -> dict[tuple[str, str, str], Any]:
    """Everything that is stored under the keys of the owners, apart from the visitors' sessions."""
    client = boto3.client("dynamodb", endpoint_url=os.environ["AWS_ENDPOINT_URL_DYNAMODB"])
    found = {}
    for owner, table in product(world.owners, ("core", "stock", "ephemeral")):
        pages = client.get_paginator("scan").paginate(
            TableName=f"{os.environ['KONTOR_TABLE_PREFIX']}-{table}",
            FilterExpression="begins_with(pk, :owner)",
            ExpressionAttributeValues={":owner": {"S": owner}},
        )
        for item in (item for page in pages for item in page["Items"]):
            if "SESS#" not in item["pk"]["S"]:
                found[table, item["pk"]["S"], item["sk"]["S"]] = item
    return found


_BY_ADDRESS = [route for route in ROUTES if _PARAM.search(route.path) and not route.path.startswith("/static/")]
_BY_FORM = {
    ("POST", "/contracts"): "contract_id",
    ("POST", "/payments"): "party_id",
    ("POST", "/payments/preview"): "party_id",
}


def _text(response: HTTPResponse) -> str:
    """The answer without what differs between any two answers: ids, tokens, the address."""
    text = response.body.decode("utf-8", "replace")
    return _ID.sub("·", text)


def test_every_door_is_registered_in_the_application() -> None:
    registered = {(method, path) for path, methods in app.app.routes.items() for method in methods}
    assert {(route.method, route.path) for route in ROUTES} == registered


def test_every_address_with_an_id_is_known_to_this_matrix(world: World) -> None:
    known = set(next(iter(world.visitors.values())).foreign)
    named = {name for route in _BY_ADDRESS for name in _PARAM.findall(route.path)}
    assert named <= known, "teach _things() to make one of these"


def test_nobody_opens_changes_or_tells_apart_what_belongs_to_others(world: World) -> None:
    before = _stored(world)
    wrong: list[str] = []
    asked = 0
    for who, visitor in world.visitors.items():
        for route in _BY_ADDRESS:
            fields = {"version": "1", "comment": "x", "reason": "x", "amount": "1", "name": "x", "role": "accountant"}
            answer = world.ask(visitor, route, visitor.foreign, fields)
            absent = world.ask(visitor, route, {}, fields)
            asked += 2
            allowed = isinstance(route.may, Permission) and route.may in _permissions(visitor.role)
            expected = 404 if allowed else 403
            case = f"{who}: {route.method} {route.path} -> {answer.status_code}, absent -> {absent.status_code}"
            if not isinstance(route.may, Permission):
                continue
            if answer.status_code != expected or _text(answer) != _text(absent):
                wrong.append(case)
    assert not wrong, f"{len(wrong)} of {asked}:\n" + "\n".join(wrong[:60])
    assert _stored(world) == before


@pytest.mark.parametrize(("where", "field"), _BY_FORM.items(), ids=lambda value: str(value))
def test_an_id_in_a_form_opens_nothing_of_others_either(world: World, where: tuple[str, str], field: str) -> None:
    route = next(route for route in ROUTES if (route.method, route.path) == where)
    before = _stored(world)
    for visitor in world.visitors.values():
        fields = {
            field: visitor.foreign[field],
            **{name: value for name, value in visitor.foreign.items() if name != field},
        }
        answer = world.ask(visitor, route, visitor.foreign, fields)
        assert answer.status_code in (403, 404, 422), (visitor.role, where, answer.status_code)
    assert _stored(world) == before


def _permissions(role: Role) -> frozenset[Permission]:
    from chalicelib.kernel.access import ROLE_PERMISSIONS

    return ROLE_PERMISSIONS[role]


def test_every_door_says_who_may_pass_and_only_named_ones_are_open_to_all() -> None:
    public = {route.path for route in ROUTES if not isinstance(route.may, Permission)}
    assert public == {
        "/1c_exchange.php",
        "/bitrix/admin/1c_exchange.php",
        "/forgot",
        "/health",
        "/invitation",
        "/price-list/{name}",
        "/reset",
        "/signin",
        "/signin/code",
        "/signout",
        "/signup",
        "/signup/confirm",
        "/signup/resend",
        "/static/{mark}/{name}",
        "/{proxy+}",
    } & {route.path for route in ROUTES}


def test_a_stranger_is_sent_to_sign_in_and_can_change_nothing(world: World) -> None:
    for route in ROUTES:
        if not isinstance(route.may, Permission):
            continue
        path = _PARAM.sub(_NEVER, route.path)
        answer = world.client.http.request(route.method, path, headers={"host": "localhost"}, body=b"")
        expected = (303,) if route.method == "GET" and route.kind == "page" else (401,)
        assert answer.status_code in expected, (route.method, route.path, answer.status_code)


def test_a_form_without_this_sessions_token_is_refused_at_every_door(world: World) -> None:
    mine = next(v for name, v in world.visitors.items() if name.startswith("owner"))
    dealer = next(v for name, v in world.visitors.items() if name.startswith("dealer_buyer"))
    for route in ROUTES:
        if route.method == "GET" or route.kind == "machine" or not isinstance(route.may, Permission):
            continue
        visitor = mine if route.may in _permissions(Role.OWNER) else dealer
        path = _PARAM.sub(_NEVER, route.path)
        cookie = f"{sessions.cookie_name()}={visitor.cookie}"
        for extra, token in (
            ({}, ""),
            ({}, csrf.token_for("another session")),
            ({"sec-fetch-site": "cross-site"}, csrf.token_for(visitor.cookie.split(".", 1)[1])),
            ({"origin": "https://evil.example"}, csrf.token_for(visitor.cookie.split(".", 1)[1])),
        ):
            answer = world.client.http.request(
                route.method,
                path,
                headers={"cookie": cookie, "host": "localhost", **extra},
                body=urlencode({"csrf": token}).encode(),
            )
            assert answer.status_code == 403, (route.method, route.path, extra, answer.status_code)
