"""Requests that no door takes: at an unknown address, or at a known one in another way than it is meant for.

API Gateway would answer them itself, with a line of JSON and nothing of ours. It chooses among resources *and*
methods, so one greedy route gets all of them (ADR 13), and here they are answered as everything else is: in the
reader's language, within the frame, with the security headers. A form's address that was typed by hand or kept in the
browser's history leads to the page that the form is on.
"""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.http.doors import ROUTES, Doors, Route
from chalicelib.http.problems import WrongMethod, problem
from chalicelib.http.request import Request
from chalicelib.http.responses import Response, redirect
from chalicelib.kernel.errors import NotFound

doors = Doors(__name__)


@doors.rest
def stray(request: Request) -> Response:
    """303 to the nearest page for whoever only wants to look, else 405 or 404."""
    segments = _segments(request.path)
    fitting = [route for route in ROUTES if route.kind != "rest" and _fits(_segments(route.path), segments)]
    if not fitting:
        raise NotFound()
    # As API Gateway chooses: where a word stands in an address, it is meant before any `{id}`.
    here = [route for route in fitting if route.path.count("{") == min(one.path.count("{") for one in fitting)]
    if request.method == "GET" and all(route.kind == "page" for route in here):
        return redirect(request.url(_nearest_page(here[0], segments)))
    refusal = WrongMethod(sorted({route.method for route in here}))
    if any(route.kind == "page" for route in here):
        raise refusal
    return problem(request, refusal)


def _nearest_page(route: Route, segments: Sequence[str]) -> str:
    """The route's own address if it is a page's, else the one above it that is."""
    pages = {_segments(page.path) for page in ROUTES if page.kind == "page" and page.method == "GET"}
    parts = _segments(route.path)
    depth = next(depth for depth in range(len(parts), -1, -1) if parts[:depth] in pages)  # `/` is a page
    return "/" + "/".join(segments[:depth])


def _segments(path: str) -> tuple[str, ...]:
    return tuple(segment for segment in path.split("/") if segment)


def _fits(parts: Sequence[str], segments: Sequence[str]) -> bool:
    return len(parts) == len(segments) and all(
        part == segment or part.startswith("{") for part, segment in zip(parts, segments, strict=True)
    )
