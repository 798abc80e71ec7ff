"""The application as somebody who is signed in sees it, for tests of its doors."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from chalice.test import Client, HTTPResponse

import app
from chalicelib.http import csrf, sessions
from chalicelib.http.sessions import SignedIn
from chalicelib.kernel.access import Actor, Role
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.ids import new_id
from tests.support.shop import Shop

Visit = Callable[..., HTTPResponse]


def signed_in(
    shop: Shop, role: Role, *, user_id: str = "", name: str = "Борис", locale: str = "ru", contract_id: str = ""
) -> SignedIn:
    """A person of the manufacturer's, or of the dealer's under its contract if no other is named."""
    dealer = role.is_dealer
    return SignedIn(
        tenant_id=shop.settings.id,
        tenant_name=shop.settings.name,
        currency="RUB",
        time_zone="Europe/Moscow",
        user_id=user_id or new_id(utc_now()),
        name=name,
        email="x@example.org",
        locale=locale,
        role=role,
        party_id=shop.party.id if dealer else None,
        contract_id=(contract_id or shop.contract.id) if dealer else None,
        contract_label=shop.contract.number if dealer else "",
    )


def cookie_of(shop: Shop, person: SignedIn) -> str:
    return sessions.start(shop.db, person, now=utc_now(), agent="test")


@dataclass
class Cabinet:
    """The application as one signed-in person sees it."""

    client: Client
    cookie: str

    def get(self, path: str) -> HTTPResponse:
        return self.client.http.get(path, headers=self._headers())

    def post(self, path: str, **fields: str) -> HTTPResponse:
        token = csrf.token_for(self.cookie.split(".", 1)[1])
        given = {"csrf": token, "once": new_id(utc_now()), **fields}
        return self.client.http.post(path, headers=self._headers(), body=urlencode(given).encode())

    def _headers(self) -> dict[str, str]:
        return {
            "cookie": f"{sessions.cookie_name()}={self.cookie}",
            "host": "localhost",
            "content-type": "application/x-www-form-urlencoded",
        }


def cabinet_of(shop: Shop, actor: Actor, client: Client, *, name: str = "", locale: str = "ru") -> Cabinet:
    person = signed_in(shop, actor.role, user_id=actor.user_id, name=name or actor.name, locale=locale)
    return Cabinet(client, cookie_of(shop, person))


def seen_in(page: HTTPResponse) -> dict[str, str]:
    """What the page's forms say that their reader saw."""
    return dict(re.findall(r'name="(edition|shown)" value="([^"]*)"', page.body.decode()))


def visits(shop: Shop) -> Visit:
    """`ask(path, actor, **fields)`: a page as the manager, or the actor, sees it; with fields a form that is sent."""

    def ask(path: str, actor: Actor = shop.manager, **fields: str) -> HTTPResponse:
        cabinet = cabinet_of(shop, actor, Client(app.app))
        return cabinet.post(path, **fields) if fields else cabinet.get(path)

    return ask
