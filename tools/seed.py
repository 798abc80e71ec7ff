"""The demo company of `make run`, made once, through the same doors that people and 1C use."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from tools import demo_catalogue, demo_pictures
from tools.cabinet_client import Cabinet, OneC, PageError

_CODE = "123456"  # what the embedded cloud's Cognito mails to everybody
_OWNER = "anna@okna-severa.example"


@dataclass(frozen=True, slots=True)
class Seeded:
    """What the seed made: `users` [{"role", "email", "password", "url"}], `exchange` {"url", "user", "password"}."""

    users: list[dict[str, str]]
    exchange: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    role: str
    email: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealer:
    """A dealer with one legal entity and contract; its first person orders."""

    name: str
    entity: str
    tax_id: str
    tax_reason: str
    contract: str
    price_type: str
    credit_limit: str
    deferral_days: str
    people: tuple[Person, ...]
    orders: tuple[tuple[str, ...], ...] = field(default=())
    invited: Person | None = None  # asked, and has not come yet


_STAFF = (
    Person(role="sales_manager", email="igor@okna-severa.example", name="Игорь Лапин"),
    Person(role="accountant", email="vera@okna-severa.example", name="Вера Соколова"),
    Person(role="warehouse", email="oleg@okna-severa.example", name="Олег Рыбин"),
)
_RESERVE_HOURS = "72"
_ON_THEIR_WAY = (("OK-3S-02", "14", 6), ("PD-MO-03", "120", 11))  # article, quantity, in how many days
_ON_ORDER = (("category", "Окна деревянные", 21), ("brand", "Велюкс", 30))  # what, which, in how many days
_DRAWN = ("OK-70-01", "DV-SEN-01")  # articles
_DEALERS = (
    Dealer(
        name="Светлый дом",
        entity="ООО «Светлый дом»",
        tax_id="7736207543",
        tax_reason="773601001",
        contract="14/2026",
        price_type="Дилерская золото",
        credit_limit="900000",
        deferral_days="14",
        people=(
            Person(role="dealer_buyer", email="pavel@svetly-dom.example", name="Павел Волков"),
            Person(role="dealer_accountant", email="rita@svetly-dom.example", name="Рита Белова"),
        ),
        orders=(
            ("OK-70-01 5", "FR-NT-01 5", "PD-MO-03 6,5"),
            ("DV-SEN-01 2", "FR-ZM-02 2"),
            ("OK-58-02 4", "MS-RM-01 4", "OT-ST-01 12"),
            ("OD-S-01 3", "OD-S-02 2", "FR-NT-01 4"),
        ),
    ),
    Dealer(
        name="Дом и двор",
        entity="ИП Волкова А. С.",
        tax_id="500100732259",
        tax_reason="",
        contract="27/2026",
        price_type="Дилерская",
        credit_limit="250000",
        deferral_days="0",
        people=(Person(role="dealer_buyer", email="alla@dom-i-dvor.example", name="Алла Волкова"),),
        orders=(("DM-CL-01 3", "FR-PT-01 9"),),
        invited=Person(role="dealer_accountant", email="nina@dom-i-dvor.example", name="Нина Орлова"),
    ),
)


def _silently(_: str) -> None:
    """Says nothing."""


def seed(config: dict[str, Any], say: Callable[[str], None] = _silently) -> Seeded:
    """Fill an empty stack; `config` is .local/kontor.json as far as it is known (url, mailbox, aws_endpoint, stack)."""
    demo = _Demo(config["url"], config["aws_endpoint"])
    say("   the owner signs up")
    owner = demo.sign_up()
    say("   1C brings products, prices and stock")
    exchange = demo.connect_erp(owner)
    say("   by hand: reserves with an end, goods on their way and on order, drawings")
    demo.keep_reserves(owner)
    demo.expect_goods(owner)
    demo.make_on_order(owner)
    demo.add_drawings(owner)
    say("   staff are invited and join")
    people = [demo.invite_staff(owner, person) for person in _STAFF]
    manager = demo.signed_in(_STAFF[0].email)
    orders: list[str] = []
    for dealer in _DEALERS:
        say(f"   {dealer.name}: contract, people, orders")
        path = demo.add_dealer(owner, dealer)
        people += [demo.invite_dealer_person(owner, path, person) for person in dealer.people]
        if dealer.invited:
            demo.ask_dealer_person(owner, path, dealer.invited)
        buyer = demo.signed_in(dealer.people[0].email)
        orders += [demo.order(buyer, lines) for lines in dealer.orders]
        buyer.submit("/signout")
    for order in orders[:2]:
        demo.confirm(manager, order)
    demo.ask(manager, orders[2], "Подоконник серый или белый?")
    for cabinet in (manager, owner):
        cabinet.submit("/signout")
    return Seeded(users=[demo.login("owner", _OWNER), *people], exchange=exchange)


class _Demo:
    """The steps of the seed; every password is made anew and told in .local/kontor.json only."""

    def __init__(self, url: str, aws_endpoint: str) -> None:
        self.url = url
        self.mails = f"{aws_endpoint}/_ministack/ses/messages"
        self.passwords: dict[str, str] = {}

    def login(self, role: str, email: str) -> dict[str, str]:
        return {"role": role, "email": email, "password": self.passwords[email], "url": self.url}

    def signed_in(self, email: str) -> Cabinet:
        cabinet = Cabinet(self.url)
        cabinet.get("/signin")
        cabinet.submit("/signin", {"email": email, "password": self.passwords[email]})
        return cabinet

    def sign_up(self) -> Cabinet:
        cabinet = Cabinet(self.url)
        cabinet.get("/signup")
        cabinet.submit(
            "/signup",
            {
                "company": "Окна Севера",
                "country": "RU",
                "tax_id": "7707083893",
                "currency": "RUB",
                "time_zone": "Europe/Moscow",
                "locale": "ru",
                "name": "Анна Петрова",
                "email": _OWNER,
                "password": self._password(_OWNER),
            },
        )
        cabinet.submit("/signup/confirm", {"code": _CODE})
        return cabinet

    def connect_erp(self, owner: Cabinet) -> dict[str, str]:
        page = owner.get("/exchange")
        address, user = re.findall(r"<code>([^<]+)</code>", page)[:2]
        password = re.findall(r"<code>([^<]+)</code>", owner.submit("/exchange/password"))[0]
        erp = OneC(address, user, password)
        for first in (True, False):  # the second one has news
            goods, offers = demo_catalogue.import_xml(first=first), demo_catalogue.offers_xml(first=first)
            erp.upload({"import0_1.xml": goods, "offers0_1.xml": offers})
            erp.expect("catalog", "complete")
        erp.upload({"pictures.zip": demo_pictures.archive()})
        return {"url": address, "user": user, "password": password}

    def keep_reserves(self, owner: Cabinet) -> None:
        """What an order that nobody has confirmed holds is free again after some days."""
        owner.get("/settings")
        owner.submit("/settings", {"reserve_hours": _RESERVE_HOURS})

    def expect_goods(self, owner: Cabinet) -> None:
        warehouse = demo_catalogue.guid(demo_catalogue.WAREHOUSES[0][0])
        for article, quantity, days in _ON_THEIR_WAY:
            path = f"/stock/{self._sku(owner, article)}/arrivals"
            due = (datetime.now(UTC) + timedelta(days=days)).date().isoformat()
            owner.get(path)
            owner.submit(path, {"quantity": quantity, "due": due, "warehouse": warehouse, "note": "Завод, рейс 12"})

    def make_on_order(self, owner: Cabinet) -> None:
        """What may be ordered though there is none of it."""
        for what, name, days in _ON_ORDER:
            key = demo_catalogue.guid(name) if what == "category" else name
            owner.get("/stock/on-order/new")
            owner.submit("/stock/on-order/new", {"what": what, what: key, "decision": "yes", "days": str(days)})

    def add_drawings(self, owner: Cabinet) -> None:
        """A picture by hand beside those of 1C, as a person adds it on the product's page."""
        for article in _DRAWN:
            owner.get(f"/goods/{self._sku(owner, article)}/pictures")
            owner.bring(f"{article}.png", demo_pictures.drawing(article))

    def _sku(self, owner: Cabinet, article: str) -> str:
        found = re.search(r"/goods/([0-9a-z]{20})", owner.get(f"/goods?q={article}"))
        if found is None:
            raise PageError(f"no product {article}")
        return found[1]

    def invite_staff(self, owner: Cabinet, person: Person) -> dict[str, str]:
        owner.get("/settings/staff/invite")
        fields = {"name": person.name, "email": person.email, "role": person.role, "locale": "ru"}
        owner.submit("/settings/staff/invite", fields)
        return self._join(person)

    def add_dealer(self, owner: Cabinet, dealer: Dealer) -> str:
        owner.get("/dealers/new")
        owner.submit(
            "/dealers",
            {
                "name": dealer.name,
                "entity_name": dealer.entity,
                "country": "RU",
                "tax_id": dealer.tax_id,
                "tax_reason": dealer.tax_reason,
                "currency": "RUB",
                "number": dealer.contract,
                "price_type": demo_catalogue.guid(dealer.price_type),
                "credit_limit": dealer.credit_limit,
                "deferral_days": dealer.deferral_days,
            },
        )
        if owner.page is None:
            raise PageError("no page after a new dealer")
        found = re.search(r"/dealers/[0-9a-z]{20}", owner.page.url)
        if found is None:
            raise PageError(f"no dealer at {owner.page.url}")
        return found.group()

    def invite_dealer_person(self, owner: Cabinet, dealer_path: str, person: Person) -> dict[str, str]:
        self.ask_dealer_person(owner, dealer_path, person)
        return self._join(person)

    def ask_dealer_person(self, owner: Cabinet, dealer_path: str, person: Person) -> None:
        owner.get(f"{dealer_path}/invite")
        fields = {"person_name": person.name, "email": person.email, "role": person.role, "locale": "ru"}
        owner.submit(f"{dealer_path}/invite", fields)

    def order(self, buyer: Cabinet, lines: tuple[str, ...]) -> str:
        """Pastes the lines into the cart and orders; the order's path."""
        buyer.get("/cart")
        buyer.submit("/cart/paste", {"text": "\n".join(lines)})
        buyer.get("/cart")
        buyer.submit("/cart/place")
        if buyer.page is None:
            raise PageError("no page after an order")
        found = re.search(r"/orders/[0-9a-z]{20}", buyer.page.url)
        if found is None:
            raise PageError(f"no order at {buyer.page.url}")
        return found.group()

    def confirm(self, manager: Cabinet, order: str) -> None:
        manager.get(order)
        manager.submit(f"{order}/confirm")

    def ask(self, manager: Cabinet, order: str, question: str) -> None:
        manager.get(order)
        manager.submit(f"{order}/ask", {"question": question})

    def _password(self, email: str) -> str:
        return self.passwords.setdefault(email, secrets.token_urlsafe(9))

    def _join(self, person: Person) -> dict[str, str]:
        """Opens the link of the mailed invitation and chooses a password."""
        visitor = Cabinet(self.url)
        visitor.get(self._invitation(person.email))
        visitor.submit("/invitation", {"password": self._password(person.email)})
        visitor.submit("/signout")
        return self.login(person.role, person.email)

    def _invitation(self, email: str) -> str:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            answer = requests.get(self.mails, timeout=10).json()["messages"]
            for mail in (mail for group in answer.values() for mail in group if email in mail["To"]):
                link = re.search(r"\S+/invitation\?token=[\w.-]+", str(mail))
                if link:
                    return "/invitation?" + link.group().split("?", 1)[1]
            time.sleep(0.3)
        raise PageError(f"no invitation was mailed to {email}")
