"""Suggestions under the search fields, by keyboard and by mouse, and without a script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from chalicelib.kernel.access import Role
from tests.support.browser import NewPage, axe_findings, look, scrolls_sideways, signs_in


@pytest.fixture
def catalogue(demo: dict[str, Any], new_page: NewPage) -> Iterator[Page]:
    """A dealer's catalogue; at the end the browser has had nothing to complain of."""
    page = new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    signs_in(page, demo, Role.DEALER_BUYER)
    page.goto("/catalogue")
    yield page
    assert not said


def test_suggestions_are_walked_by_keys_and_announced(catalogue: Page) -> None:
    field = catalogue.locator("#find")
    field.press_sequentially("fr-ru")
    options = catalogue.get_by_role("option")
    expect(options.first).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(catalogue.locator(".find [role=status]")).to_have_text(re.compile("подсказ"))
    field.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", str(options.first.get_attribute("id")))
    for dark in (False, True):
        look(catalogue, width=1280, dark=dark)
        assert not axe_findings(catalogue)
    field.press("Escape")
    expect(options.first).to_be_hidden()
    expect(field).to_have_value("fr-ru")
    field.press_sequentially("-0")
    expect(options.first).to_be_visible()
    field.press("ArrowDown")
    with catalogue.expect_navigation():
        field.press("Enter")
    assert re.search(r"/catalogue/\w{20}$", catalogue.url)


def test_on_a_phone_the_lists_own_field_suggests_and_an_option_can_be_tapped(catalogue: Page) -> None:
    look(catalogue, width=390, dark=True)
    field = catalogue.locator("#list-search")
    field.press_sequentially("рчка")  # a letter is missing
    expect(catalogue.locator(".suggest p")).to_contain_text("«рчка»")
    assert not axe_findings(catalogue)
    assert not scrolls_sideways(catalogue)
    with catalogue.expect_navigation():
        catalogue.get_by_role("option").first.click()
    assert re.search(r"/catalogue[/?]", catalogue.url)


def test_enter_without_a_choice_searches_and_says_what_was_meant(catalogue: Page) -> None:
    field = catalogue.locator("#list-search")
    field.press_sequentially("рчка")
    field.press("Enter")
    expect(catalogue.locator("main .note")).to_contain_text("По запросу «рчка» ничего не нашлось")
    expect(catalogue.locator("main tbody tr").first).to_contain_text(re.compile("ручка", re.IGNORECASE))
    expect(catalogue.get_by_role("option")).to_have_count(0)
    assert not axe_findings(catalogue)
    catalogue.locator("main .note a").first.click()
    expect(catalogue.locator("main .note")).to_have_count(0)


def test_without_a_script_the_fields_just_search(demo: dict[str, Any], new_page: NewPage) -> None:
    page = new_page(javascript=False)
    signs_in(page, demo, Role.DEALER_BUYER)
    page.locator("#find").fill("рчка")
    with page.expect_navigation():
        page.locator("#find").press("Enter")
    expect(page.locator("main .note")).to_contain_text("«рчка»")
    assert page.locator("[role=combobox]").count() == 0
