"""Addresses that no door takes as they are asked: unknown ones, forms opened by hand, other methods."""

from __future__ import annotations

import json
import re

import pytest

import app  # noqa: F401 - it registers the doors
from chalicelib.http.doors import ROUTES
from chalicelib.http.responses import SECURITY_HEADERS
from tests.clients.in_process import InProcess
from tests.clients.onec import Reply

_ID = "0" * 20
_GET = {route.path for route in ROUTES if route.method == "GET" and route.kind == "page"}


def _ask(path: str, method: str = "GET", **headers: str) -> Reply:
    return InProcess()(method, path, {"Accept-Language": "en", **headers}, b"")


def _filled(template: str) -> str:
    return re.sub(r"\{\w+\}", _ID, template)


def _header(reply: Reply, name: str) -> str:
    return reply.headers[name.lower()][0]


@pytest.mark.parametrize("path", ["/nothing", "/nothing/at/all", "/orders/1/2/3", "/wp-login.php", "/%D0%B0/b%20c"])
def test_an_unknown_address_is_our_page_in_the_readers_language_with_all_security_headers(path: str) -> None:
    reply = _ask(path)
    assert reply.status == 404
    assert "Page not found" in reply.text
    assert "Страница не найдена" in _ask(path, **{"Accept-Language": "ru"}).text
    for name, value in SECURITY_HEADERS.items():
        assert _header(reply, name) == value


def test_an_unknown_address_of_the_api_is_told_to_a_program() -> None:
    reply = _ask("/api/v1/nothing")
    assert (reply.status, _header(reply, "Content-Type")) == (404, "application/problem+json")
    assert json.loads(reply.text)["code"] == "not_found"


def test_a_forms_address_that_is_only_looked_at_leads_to_the_page_above_it() -> None:
    forms = {route.path for route in ROUTES if route.method == "POST" and route.kind == "page"} - _GET
    assert len(forms) > 30
    for form in forms:
        reply = _ask(_filled(form))
        assert (reply.status, _header(reply, "Content-Type")) == (303, "text/plain; charset=utf-8"), form
        page = _header(reply, "Location")
        assert _filled(form).startswith(page), form
        assert page in {_filled(one) for one in _GET}, form


@pytest.mark.parametrize(
    ("path", "page"),
    [
        (f"/orders/{_ID}/change", f"/orders/{_ID}"),
        ("/cart/paste", "/cart"),
        ("/signout", "/"),
        ("/signup/resend", "/signup"),
        ("/orders/", "/orders"),
    ],
)
def test_which_page_that_is(path: str, page: str) -> None:
    assert _header(_ask(path), "Location") == page


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/orders", "GET"),
        ("PUT", f"/orders/{_ID}", "GET"),
        ("HEAD", "/catalogue", "GET"),
        ("DELETE", "/cart/add", "POST"),
    ],
)
def test_another_method_is_refused_with_those_that_the_address_takes(method: str, path: str, allowed: str) -> None:
    reply = _ask(path, method)
    assert (reply.status, _header(reply, "Allow")) == (405, allowed)
    assert "This address does not take such a request." in reply.text


def test_another_method_at_a_door_for_programs_is_told_to_a_program() -> None:
    reply = _ask("/health", "POST")
    assert (reply.status, _header(reply, "Allow")) == (405, "GET")
    assert _header(reply, "Content-Type") == "application/problem+json"
    assert json.loads(reply.text)["code"] == "wrong_method"


def test_a_stray_leads_nowhere_but_to_pages_of_ours() -> None:
    for path in ("/%2F%2Fevil.example/orders/", "/cart/add/%2F%2Fevil.example", "/%2F%2Fcart/add", "/cart%2Fadd"):
        reply = _ask(path)
        assert reply.headers.get("location", ["/cart"]) == ["/cart"], path
