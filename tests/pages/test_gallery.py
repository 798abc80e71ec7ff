"""The look, part by part: every macro and state of the gallery in Chromium, under the product's security policy."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages import gallery
from tests.support.browser import NewPage, axe_findings, pages, scrolls_sideways

LOOKS = {
    "light": {"width": 1360},
    "dark": {"width": 1360, "dark": True},
    "phone": {"width": 390, "height": 844},
    "narrow-dark": {"width": 320, "height": 640, "dark": True},
}
LOCALES = {"light": "ru", "dark": "en", "phone": "ro", "narrow-dark": "ru"}


CONTROLS = ", ".join(
    f"{one}:visible" for one in (".btn.main", ".rail a", ".top a", ".field > input", ".field > select")
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = gallery.server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def new_page(browser: Browser, address: str) -> Iterator[NewPage]:
    """Pages of the gallery instead of the packaged stack's."""
    with pages(browser, address) as maker:
        yield maker


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A window of its own: Chromium now and then never answers when a page of a window that stays is to be closed."""
    return new_page(width=1360)


SMALL = """() => [...document.querySelectorAll("button, .btn, .pill, nav a, summary, input:not([type=hidden]), select")]
  .filter(e => e.offsetParent && (e.offsetHeight < 24 || e.offsetWidth < 18)).map(e => e.outerHTML)
  .filter(html => !/checkbox|radio/.test(html))"""


@pytest.mark.parametrize("look", LOOKS)
def test_every_part_is_accessible_fits_its_window_and_obeys_the_security_policy(new_page: NewPage, look: str) -> None:
    page = new_page(**LOOKS[look])
    wrong: list[object] = []
    page.on("console", lambda message: wrong.append((page.url, message.text)))
    page.on("pageerror", lambda error: wrong.append((page.url, str(error))))
    for name in gallery.PAGES:
        page.goto(f"/{name}?lang={LOCALES[look]}")
        if scrolls_sideways(page):
            wrong.append((name, "scrolls sideways"))
        if look != "narrow-dark":  # the same parts and colours as in the two before it
            wrong += [(name, found) for found in axe_findings(page)]
        wrong += [(name, "too small", html) for html in page.evaluate(SMALL)]
    assert wrong == []


@pytest.mark.parametrize("look", ["dark", "phone"])
def test_open_menus_are_accessible_and_fit(new_page: NewPage, look: str) -> None:
    page = new_page(**LOOKS[look])
    page.goto("/list?status=ready")
    for menu in (".person > summary", ".filters .pill-box:nth-of-type(2) summary"):
        page.locator(menu).click()
        assert axe_findings(page) == []
        assert not scrolls_sideways(page)
        page.keyboard.press("Escape")
    expect(page.locator("details[open]")).to_have_count(0)


def test_main_targets_are_large_on_a_phone(new_page: NewPage) -> None:
    page = new_page(**LOOKS["phone"])
    for name in ("list", "form", "signin"):
        page.goto(f"/{name}")
        for control in page.locator(CONTROLS).all():
            assert control.evaluate("e => e.offsetHeight") >= 44, control.evaluate("e => e.outerHTML")


def test_views_filters_sorting_and_search_change_the_address_without_loading_the_page_anew(page: Page) -> None:
    page.goto("/list")
    page.evaluate("window.same = true")
    page.locator(".views a").nth(1).click()
    page.wait_for_url("**/list?view=mine")
    page.keyboard.press("/")
    page.keyboard.type("дуб")
    page.keyboard.press("Enter")
    page.wait_for_url("**/list?view=mine&q=*")
    expect(page.locator("#list-search")).to_be_focused()
    page.locator(".pill-box summary").first.click()
    page.locator(".pop a").filter(has_text="Готов").click()
    page.wait_for_url("**status=ready*")
    page.locator("th a").first.click()
    page.wait_for_url("**sort=number*")
    assert page.evaluate("window.same")
    page.go_back()
    page.wait_for_url("**status=ready")
    expect(page.locator("th[aria-sort]")).to_have_count(0)
    page.locator(".drop-filter").click()
    page.wait_for_url(lambda url: "status" not in url)
    assert page.evaluate("window.same")


@pytest.mark.parametrize("look", ["light", "phone"])
def test_everything_works_without_javascript(new_page: NewPage, look: str) -> None:
    page = new_page(**LOOKS[look], javascript=False)
    page.goto("/list?view=mine")
    page.locator("#list-search").fill("дуб")
    page.keyboard.press("Enter")
    page.wait_for_url("**/list?view=mine&q=*")
    page.locator(".filters summary").nth(1).click()
    page.locator(".pop input[name=placed_from]").fill("2026-11-01")
    page.locator(".pop form:visible button").click()
    page.wait_for_url("**placed_from=2026-11-01*")
    expect(page.locator(".pill.on")).to_contain_text("01.11.2026")
    expect(page.locator(".bulk")).to_be_visible()
    page.locator(".person > summary").click()
    expect(page.locator(".person .pop button").last).to_be_visible()
    expect(page.locator(".js-only:visible")).to_have_count(0)


def test_rows_are_walked_chosen_and_opened_by_keyboard_under_any_layout(page: Page) -> None:
    page.goto("/list")
    expect(page.locator(".bulk")).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.evaluate(  # К on a Russian layout is the key R of a Latin one; Л is K
        """document.activeElement.dispatchEvent(
             new KeyboardEvent("keydown", {key: "л", code: "KeyK", bubbles: true}))"""
    )
    expect(page.locator("tbody tr").first.locator("a").first).to_be_focused()
    page.keyboard.press("x")
    expect(page.locator(".bulk")).to_be_visible()
    expect(page.locator("[data-chosen] b")).to_have_text("1")
    page.locator("[data-all]").check()
    expect(page.locator("[data-chosen] b")).to_have_text("5")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders/**")


def test_keys_reach_search_help_and_named_buttons_but_not_while_typing(page: Page) -> None:
    page.goto("/list")
    page.keyboard.press("Control+k")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("?jx/")
    expect(page.locator("#find")).to_have_value("?jx/")
    page.locator("h1").click()
    page.keyboard.press("Shift+Slash")
    expect(page.locator("#keys")).to_be_visible()
    assert axe_findings(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Insert")
    page.wait_for_url("**/catalogue")


def test_the_theme_is_kept_and_drawn_at_once(page: Page) -> None:
    page.goto("/list")
    page.locator(".person > summary").click()
    page.locator("[data-theme-to=dark]").click()
    expect(page.locator("[data-theme-to=dark]")).to_have_attribute("aria-pressed", "true")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.locator(".person > summary").click()
    page.locator("[data-theme-to=auto]").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme || 'auto'") == "auto"


def test_an_export_is_downloaded_and_the_page_stays(page: Page) -> None:
    page.goto("/list?view=mine")
    with page.expect_download() as download:
        page.locator(".export").click()
    assert download.value.suggested_filename == "orders.xlsx"
    assert page.url.endswith("/list?view=mine")


def test_a_form_is_sent_once_however_often_it_is_pressed(page: Page) -> None:
    page.goto("/form")
    expect(page.locator(".errors")).to_be_focused()
    gallery.POSTED.clear()
    page.evaluate("const form = document.querySelector('.form'); for (const _ of [1, 2, 3]) form.requestSubmit()")
    expect(page.locator(".form")).not_to_have_attribute("aria-busy", "true")
    assert gallery.POSTED == ["/form"]


def test_a_lost_connection_is_said_and_what_was_typed_stays(page: Page) -> None:
    page.goto("/form")
    page.locator("[name=name]").fill("Светлый дом 2")
    page.route("**/form", lambda route: route.abort())
    page.locator("[data-submit]").click()
    expect(page.locator("#offline")).to_be_visible()
    expect(page.locator("[name=name]")).to_have_value("Светлый дом 2")
    page.unroute("**/form")
    page.locator("[data-submit]").click()
    expect(page.locator("#offline")).to_be_hidden()


def test_an_open_page_loads_anew_when_the_server_has_a_newer_build(page: Page) -> None:
    newer = gallery.gallery("list").replace('data-build="', 'data-build="newer')
    page.route("**/newer", lambda route: route.fulfill(body=newer, content_type="text/html; charset=utf-8"))
    page.goto("/list")
    page.evaluate("window.same = true; document.querySelector('.rail a').setAttribute('href', '/newer')")
    with page.expect_event("load"):
        page.locator(".rail a").first.click()
    assert page.evaluate("window.same === undefined && location.pathname === '/newer'")
