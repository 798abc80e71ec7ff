"""The rail: which sections a person sees. A section shows when the role may read it."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.http.rendering import NavItem, Shell
from chalicelib.http.sessions import SignedIn
from chalicelib.kernel.access import Permission


@dataclass(frozen=True, slots=True)
class Section:
    label_key: str
    path: str
    permission: Permission
    dealer: bool
    staff: bool


SECTIONS = (
    Section("http.nav.start", "/", Permission.OWN_ACCOUNT, dealer=True, staff=True),
    Section("http.nav.catalogue", "/catalogue", Permission.CATALOGUE_READ, dealer=True, staff=True),
    Section("http.nav.orders", "/orders", Permission.ORDERS_READ, dealer=True, staff=True),
    Section("http.nav.moderation", "/moderation", Permission.MODERATE, dealer=False, staff=True),
    Section("http.nav.invoices", "/invoices", Permission.BILLING_READ, dealer=True, staff=True),
    Section("http.nav.prices", "/prices", Permission.PRICES_EDIT, dealer=False, staff=True),
    Section("http.nav.dealers", "/dealers", Permission.NETWORK_READ, dealer=False, staff=True),
    Section("http.nav.goods", "/goods", Permission.CATALOGUE_EDIT, dealer=False, staff=True),
    Section("http.nav.stock", "/stock", Permission.STOCK_READ, dealer=False, staff=True),
    Section("http.nav.exchange", "/exchange", Permission.EXCHANGE, dealer=False, staff=True),
    Section("http.nav.settings", "/settings", Permission.SETTINGS, dealer=False, staff=True),
)
_MENU = (("http.nav.account", "/account"), ("http.nav.sessions", "/account/sessions"))


def shell(person: SignedIn, path: str, cart_count: int | None = None) -> Shell:
    actor = person.actor
    nav = tuple(
        NavItem(label_key=section.label_key, href=section.path, current=_is_current(section.path, path))
        for section in SECTIONS
        if actor.may(section.permission) and (section.dealer if actor.is_dealer else section.staff)
    )
    menu = [NavItem(label_key=label, href=href) for label, href in _MENU]
    if person.many_tenants:
        menu.insert(0, NavItem(label_key="http.nav.switch", href="/switch"))
    if actor.is_dealer:
        menu.insert(0, NavItem(label_key="http.nav.contracts", href="/contracts"))
    return Shell(
        tenant_name=person.tenant_name,
        person=person.name,
        locale=person.locale,
        nav=nav,
        contract_label=person.contract_label or None,
        cart_href="/cart" if actor.may(Permission.ORDER_PLACE) else None,
        cart_count=cart_count,
        menu=tuple(menu),
        theme=person.theme,
    )


def _is_current(section: str, path: str) -> bool:
    return path == section if section == "/" else path == section or path.startswith(section + "/")
