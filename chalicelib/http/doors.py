"""Doors: how a URL reaches a function, and everything that is the same at each of them.

    doors = Doors(__name__)

    @doors.page("/orders/{order_id}", may=Permission.ORDERS_READ)
    def order_page(request: Request) -> Response: ...

    @doors.page("/orders/{order_id}/confirm", may=Permission.MODERATE, methods=("POST",))
    def confirm(request: Request) -> Response: ...

A door names who may pass (`may=` a permission, or PUBLIC). Before the function runs: the session is resumed, the
permission checked, and for unsafe methods the CSRF token. After it: refusals become pages or problem+json, security
headers are set, one log line is written. `ROUTES` lists every door for the tests that walk them all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote, urlencode

from chalice.app import Blueprint
from chalice.app import Request as ChaliceRequest
from chalice.app import Response as ChaliceResponse

from chalicelib.gateways.telemetry import count, failure, logger
from chalicelib.http import csrf, sessions
from chalicelib.http.i18n import LOCALES, negotiate
from chalicelib.http.problems import error_page, problem
from chalicelib.http.request import MAX_BODY, Request, parse_cookies, query_form
from chalicelib.http.responses import Response, as_chalice, redirect, text
from chalicelib.http.sessions import Reads, WebSession
from chalicelib.kernel.access import Permission
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.errors import Forbidden, Invalid, KontorError, Unauthenticated
from chalicelib.kernel.ids import new_secret

_SAFE = frozenset({"GET", "HEAD"})
_ALL_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_LANGUAGE_COOKIE = "kontor-lang"


def language_cookie(locale: str) -> str:
    """What speaks for a browser where nobody is signed in."""
    return sessions.set_cookie(_LANGUAGE_COOKIE, locale, seconds=31_536_000)


class Public:
    """The mark of a door that anybody may pass."""


PUBLIC = Public()
Handler = Callable[[Request], Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One door as registered: for the matrix tests and the API's description."""

    path: str
    method: str
    may: Permission | Public
    kind: str  # "page" | "endpoint" | "machine" | "rest"
    name: str
    reads: Reads | None = None


ROUTES: list[Route] = []


class Doors:
    """The doors of one room, as a Chalice blueprint that `app.py` registers."""

    def __init__(self, room: str) -> None:
        self.blueprint = Blueprint(room)

    def page(
        self,
        path: str,
        *,
        may: Permission | Public,
        methods: tuple[str, ...] = ("GET",),
        reads: Reads | None = None,
    ) -> Callable[[Handler], Handler]:
        """A page or a form of the cabinet: errors are pages, sign-in is offered to strangers. `reads` = the rows that
        the page will want of its person: they may come with the session, as `request.ahead`."""
        return self._door(path, may, methods, "page", reads)

    def endpoint(
        self, path: str, *, may: Permission | Public, methods: tuple[str, ...] = ("GET",)
    ) -> Callable[[Handler], Handler]:
        """A JSON door of the cabinet: errors are problem+json."""
        return self._door(path, may, methods, "endpoint")

    def machine(self, path: str, *, methods: tuple[str, ...] = ("GET", "POST")) -> Callable[[Handler], Handler]:
        """A door for programs that sign in by their own protocol: no session, no CSRF, any content type."""
        return self._door(path, PUBLIC, methods, "machine")

    def rest(self, handler: Handler) -> Handler:
        """What no other door takes, at any address and by any method. It changes nothing, so it wants no CSRF token."""
        return self._door("/{proxy+}", PUBLIC, _ALL_METHODS, "rest")(handler)

    def _door(
        self, path: str, may: Permission | Public, methods: tuple[str, ...], kind: str, reads: Reads | None = None
    ) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            for method in methods:
                route = Route(
                    path=path,
                    method=method,
                    may=may,
                    kind=kind,
                    name=f"{handler.__module__}.{handler.__name__}",
                    reads=reads,
                )
                ROUTES.append(route)
            first = ROUTES[-1]

            def view(**params: str) -> ChaliceResponse:
                return _serve(self.blueprint.current_request, self.blueprint.lambda_context, params, first, handler)

            view.__name__ = handler.__name__
            self.blueprint.route(path, methods=list(methods), content_types=["*/*"], name=handler.__name__)(view)
            return handler

        return register


def _serve(
    incoming: ChaliceRequest, context: Any, params: dict[str, str], route: Route, handler: Handler
) -> ChaliceResponse:
    started = time.perf_counter()
    try:
        request = _request(incoming, context, params, route)
    except Exception as broken:
        # Who asks could not be found out: no language, no frame, but a clear answer.
        failure("no request", broken, route=route.path)
        return as_chalice(text("503. Try again in a minute. Повторите через минуту.", status=503))
    try:
        response = _answer(request, route, handler)
    except KontorError as refusal:
        response = _refused(request, route, refusal)
    except Exception as broken:
        failure("unhandled", broken, request_id=request.request_id, route=route.path)
        response = _refused(request, route, KontorError("internal"))
    _log(request, route, response, time.perf_counter() - started)
    return as_chalice(replace(response, cookies=(*response.cookies, *_cookies(request, route))))


def _cookies(request: Request, route: Route) -> Iterator[str]:
    if route.kind != "page":
        return
    if request.session is None and csrf.FORM_COOKIE not in request.cookies:
        yield sessions.set_cookie(csrf.FORM_COOKIE, request.form_secret, seconds=86_400)
    if request.query.text("lang") in LOCALES:
        yield language_cookie(request.locale)


def _answer(request: Request, route: Route, handler: Handler) -> Response:
    if len(request.body) > MAX_BODY:
        raise Invalid("too_large")
    if isinstance(route.may, Permission):
        if request.session is None:
            raise Unauthenticated("sign_in_first")
        if not request.actor.may(route.may):
            raise Forbidden("not_allowed")
    if route.kind in ("page", "endpoint") and request.method not in _SAFE:
        sent = request.headers.get(csrf.HEADER) or request.form.text("csrf")
        csrf.check(request.headers, request.form_secret, sent)
    return handler(request)


def _refused(request: Request, route: Route, refusal: KontorError) -> Response:
    if route.kind in ("endpoint", "machine") or request.path.startswith("/api/"):
        return problem(request, refusal)
    if isinstance(refusal, Unauthenticated) and request.method in _SAFE:
        return redirect(request.url("/signin?" + urlencode({"next": request.path})))
    return error_page(request, refusal)


def _request(incoming: ChaliceRequest, context: Any, params: dict[str, str], route: Route) -> Request:
    now = utc_now()
    headers = {name.lower(): value for name, value in incoming.headers.items()}
    cookies = parse_cookies(headers.get("cookie", ""))
    cookie = cookies.get(sessions.cookie_name())
    resumed = sessions.resume(cookie, now=now, reads=route.reads) if cookie and route.kind != "machine" else None
    session = resumed.session if resumed else None
    query = query_form(_query(incoming))
    stage = _stage_prefix(incoming.context, headers.get("host", ""))
    return Request(
        method=incoming.method,
        path=_asked_path(incoming) if route.kind == "rest" else _filled_path(route.path, params),
        params=params,
        query=query,
        headers=headers,
        body=_bytes(incoming.raw_body),
        cookies=cookies,
        now=now,
        request_id=getattr(context, "aws_request_id", "") or incoming.context.get("requestId", ""),
        source_ip=incoming.context.get("identity", {}).get("sourceIp", ""),
        url=lambda path: stage + path,
        locale=_locale(query.text("lang"), session, cookies, headers),
        form_secret=resumed.secret if resumed else cookies.get(csrf.FORM_COOKIE) or new_secret(),
        session=session,
        storage=resumed.db if resumed else None,
        ahead=resumed.ahead if resumed else None,
    )


def _bytes(body: str | bytes) -> bytes:
    return body.encode() if isinstance(body, str) else body


def _query(incoming: ChaliceRequest) -> dict[str, list[str]]:
    params = incoming.query_params
    return {name: params.getlist(name) for name in params} if params else {}


def _locale(wished: str, session: WebSession | None, cookies: dict[str, str], headers: dict[str, str]) -> str:
    """What this page's address wishes, else the person's own language, else the browser's."""
    own = session.person.locale if session else cookies.get(_LANGUAGE_COOKIE, "")
    return next((one for one in (wished, own) if one in LOCALES), None) or negotiate(headers.get("accept-language"))


def _stage_prefix(context: dict[str, Any], host: str) -> str:
    """`/api` where the API is reached at its own AWS address; nothing under a domain name."""
    return f"/{context.get('stage', '')}" if ".execute-api." in host else ""


def _asked_path(incoming: ChaliceRequest) -> str:
    path: str = incoming.to_original_event()["path"]
    return quote(unquote(path), safe="/")


def _filled_path(template: str, params: dict[str, str]) -> str:
    path = template
    for name, value in params.items():
        path = path.replace("{" + name + "}", quote(value, safe=""))
    return path


def _log(request: Request, route: Route, response: Response, seconds: float) -> None:
    tenant_id = request.session.person.tenant_id if request.session else ""
    usage = request.storage.usage if request.storage else None
    logger().info(
        "request",
        tenant=tenant_id,
        request_id=request.request_id,
        route=f"{request.method} {route.path}",
        status=response.status,
        ms=round(seconds * 1000),
        calls=usage.calls if usage else 0,
        units=str(usage.units) if usage else "0",
    )
    if tenant_id:
        count("requests", tenant_id)
