"""Headless Chromium for page tests, and axe-core on a page."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from chalicelib.kernel.access import Role
from tools import test_needs

FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-dev-shm-usage",
]

NewPage = Callable[..., Page]


@contextmanager
def launched() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(test_needs.chromium()), headless=True, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def pages(browser: Browser, base_url: str) -> Iterator[NewPage]:
    """A maker of pages, each with its own cookies; they are closed at the end.

    `new_page(width=1280, height=900, dark=False, javascript=True, locale="ru-RU")`
    """
    contexts = []

    def new_page(
        *, width: int = 1280, height: int = 900, dark: bool = False, javascript: bool = True, locale: str = "ru-RU"
    ) -> Page:
        context = browser.new_context(
            base_url=base_url,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
            locale=locale,
            accept_downloads=True,
            bypass_csp=False,
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        return context.new_page()

    yield new_page
    for context in contexts:
        context.close()


def signs_in(page: Page, demo: dict[str, Any], role: Role) -> None:
    """As the demo company's person of that role."""
    user = next(user for user in demo["users"] if user["role"] == role)
    page.goto("/signin")
    page.locator("[name=email]").fill(user["email"])
    page.locator("[name=password]").fill(user["password"])
    with page.expect_navigation():
        page.locator("main form button").first.click()


def axe_findings(page: Page) -> list[dict[str, Any]]:
    """What axe-core finds on the page as it stands: [{"id", "impact", "help", "nodes": [html, …]}, …]."""
    # Through the debugger's channel: the page's content security policy forbids foreign scripts.
    session = page.context.new_cdp_session(page)
    if session.send("Runtime.evaluate", {"expression": "typeof axe"})["result"]["value"] == "undefined":
        session.send("Runtime.evaluate", {"expression": _axe()})  # once a page: it stays until the next is loaded
    answer = session.send(
        "Runtime.evaluate",
        {
            "expression": "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => "
            "({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.map(n => n.html)})))",
            "awaitPromise": True,
            "returnByValue": True,
        },
    )
    session.detach()
    if "exceptionDetails" in answer:
        raise AssertionError(f"axe-core did not run: {answer['exceptionDetails']}")
    found: list[dict[str, Any]] = answer["result"]["value"]
    return found


@cache
def _axe() -> str:
    return test_needs.axe_script().read_text(encoding="utf-8")


def look(page: Page, *, width: int, height: int = 900, dark: bool = False) -> None:
    """The open page in another window and in light or dark, without loading it anew."""
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="dark" if dark else "light")


def scrolls_sideways(page: Page) -> bool:
    """Whether the page is wider than the window."""
    wider: bool = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return wider
