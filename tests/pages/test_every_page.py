"""Every page that a person can open: nothing for axe-core to find, nothing that scrolls sideways, no policy broken."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import app  # noqa: F401 - registers the doors
from chalicelib.http.doors import ROUTES
from chalicelib.kernel.access import ROLE_PERMISSIONS, Permission, Role
from tests.support.browser import NewPage, axe_findings, look, scrolls_sideways, signs_in

_LOOKS: dict[str, dict[str, Any]] = {"wide": {"width": 1280}, "narrow and dark": {"width": 390, "dark": True}}
_VISITOR_PAGES = ("/signin", "/signup", "/signup/confirm", "/forgot", "/reset", "/invitation?token=none")
_NO_PAGES = re.compile(r"\.xlsx$|\.php$|^/static|^/health|/suggest$|^/api/|/file/read$")
_STAFF_DONT = ("/contracts",)  # contracts of one's own company: staff have none
_DEALERS_DONT = ("/debts", "/dealers", "/moderation", "/stock", "/payments/new")


def _paths(role: Role) -> list[str]:
    return sorted(
        {
            route.path
            for route in ROUTES
            if route.method == "GET"
            and isinstance(route.may, Permission)
            and route.may in ROLE_PERMISSIONS[role]
            and "{" not in route.path
            and not _NO_PAGES.search(route.path)
            and route.path not in (_DEALERS_DONT if role.is_dealer else _STAFF_DONT)
        }
    )


def _looked_at(page: Page, path: str) -> list[str]:
    """What is wrong with the page, wide and light as well as narrow and dark; it is loaded once."""
    answer = page.goto(path)
    wrong = [] if answer and answer.status < 400 else [f"{path}: {answer.status if answer else 'no answer'}"]
    for name, shape in _LOOKS.items():
        look(page, **shape)
        wrong += [f"{path} {name}: {one['id']} {one['nodes'][:2]}" for one in axe_findings(page)]
        wrong += [f"{path} {name}: scrolls sideways"] if scrolls_sideways(page) else []
    return wrong


def _first_rows(page: Page) -> set[str]:
    """Addresses of the things that the open page's lists lead to."""
    links = page.locator("main tbody a[href]").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    return {str(link).split("?")[0] for link in links[:1]}


@pytest.mark.parametrize("role", [Role.OWNER, Role.DEALER_BUYER])
def test_every_page_is_accessible_and_fits(demo: dict[str, Any], new_page: NewPage, role: Role) -> None:
    page = new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{page.url}: {message.text}") if message.type == "error" else None)
    signs_in(page, demo, role)
    wrong: list[str] = []
    things: set[str] = set()
    for path in _paths(role):
        wrong += _looked_at(page, path)
        things |= _first_rows(page)
    for path in sorted(things):
        wrong += _looked_at(page, path)
    assert not wrong + said


def test_every_page_for_visitors_is_accessible_and_fits(new_page: NewPage) -> None:
    page = new_page()
    wrong = [found for path in _VISITOR_PAGES for found in _looked_at(page, path) if ": 4" not in found]
    assert not wrong


def test_an_order_can_be_placed_without_javascript(demo: dict[str, Any], new_page: NewPage) -> None:
    page = new_page(javascript=False)
    signs_in(page, demo, Role.DEALER_BUYER)
    page.goto("/cart")
    page.locator("[name=text]").fill("FR-RU-01 2")
    with page.expect_navigation():
        page.locator("form[action$='/cart/paste'] button").first.click()
    page.goto("/cart")
    with page.expect_navigation():
        page.locator("#checkout [data-submit]").click()
    assert re.search(r"/orders/[0-9a-z]{20}", page.url)


def test_the_country_of_a_sign_up_sets_its_currency_time_zone_and_language(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/signup")
    form = {name: page.locator(f"[name={name}]") for name in ("country", "currency", "time_zone", "locale")}
    expect(form["currency"]).to_have_value("RUB")
    form["country"].select_option("RO")
    expect(form["currency"]).to_have_value("RON")
    expect(form["time_zone"]).to_have_value("Europe/Bucharest")
    expect(form["locale"]).to_have_value("ro")
    form["currency"].select_option("USD")  # chosen by hand: from now on it stays
    form["country"].select_option("MD")
    expect(form["currency"]).to_have_value("USD")
    expect(form["time_zone"]).to_have_value("Europe/Chisinau")
    expect(form["locale"]).to_have_value("ru")  # the reader's own, which the country uses


def test_a_phone_shows_where_one_is_and_opens_the_other_sections(demo: dict[str, Any], new_page: NewPage) -> None:
    page = new_page(width=390, javascript=False)
    signs_in(page, demo, Role.OWNER)
    rail = page.locator(".rail")
    expect(rail.locator("[aria-current]:visible")).to_have_text(re.compile("Начало"))
    rail.locator("summary").click()
    rail.locator(".pop a", has_text="Обмен").click()
    expect(page.locator("h1")).to_contain_text("Обмен")
    current = rail.locator("[aria-current]:visible")
    expect(current).to_have_text(re.compile("Обмен"))
    box = current.bounding_box()
    assert box
    assert 0 <= box["x"] <= box["x"] + box["width"] <= 390


def test_an_unknown_address_leads_to_a_page_that_says_so(new_page: NewPage) -> None:
    page = new_page()
    answer = page.goto("/no/such/thing")
    assert answer
    assert answer.status == 404
    expect(page.locator("h1")).to_have_text("Страница не найдена")
