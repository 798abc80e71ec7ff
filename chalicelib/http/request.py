"""A request as a door sees it: who asks, for what, when; and the page that answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode

from chalicelib.http import csrf
from chalicelib.http.i18n import Translator, translator
from chalicelib.http.navigation import shell
from chalicelib.http.rendering import render
from chalicelib.http.responses import Response, redirect
from chalicelib.http.sessions import SignedIn, WebSession
from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.numbers import whole
from chalicelib.storage.keys import Key
from chalicelib.storage.session import Record, TenantSession

_MAX_FIELDS = 20_000
MAX_BODY = 6_000_000  # bytes; what Lambda accepts


class Form(dict[str, list[str]]):
    """Posted fields. `text` strips; missing fields are empty texts, as browsers leave them out or send them empty."""

    def text(self, name: str, default: str = "") -> str:
        values = self.get(name)
        return values[0].strip() if values else default

    def all(self, name: str) -> list[str]:
        return [value.strip() for value in self.get(name, [])]

    def plain(self) -> dict[str, str]:
        """First values by name: what a pydantic form model takes."""
        return {name: values[0].strip() for name, values in self.items() if values}

    @property
    def version(self) -> int:
        """Which version of a thing the person saw and means to change: the field `version`; -1 = none that there is."""
        version = whole(self.text("version"))
        return -1 if version is None else version


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request. `actor`, `db` and `person` exist for signed-in doors and raise LookupError at public ones."""

    method: str
    path: str  # as the client sent it, without the stage
    params: Mapping[str, str]
    query: Form
    headers: Mapping[str, str]  # lower-case names
    body: bytes
    cookies: Mapping[str, str]
    now: datetime
    request_id: str
    source_ip: str
    url: Callable[[str], str]
    locale: str
    form_secret: str
    session: WebSession | None = None
    storage: TenantSession | None = None
    ahead: Mapping[Key, Record] | None = None  # the rows that the door `reads`, if they came with the session

    @property
    def person(self) -> SignedIn:
        if self.session is None:
            raise LookupError("nobody is signed in at a public door")
        return self.session.person

    @property
    def actor(self) -> Actor:
        return self.person.actor

    @property
    def db(self) -> TenantSession:
        if self.storage is None:
            raise LookupError("nobody is signed in at a public door")
        return self.storage

    @cached_property
    def form(self) -> Form:
        """The urlencoded body."""
        return _form(self.body.decode("utf-8", "replace"))

    @property
    def t(self) -> Translator:
        return translator(self.locale)

    @property
    def csrf_token(self) -> str:
        return csrf.token_for(self.form_secret)

    @property
    def time_zone(self) -> str:
        return self.session.person.time_zone if self.session else "UTC"

    @property
    def idempotency_key(self) -> str:
        """The form's own key (every page has a fresh `once`): the same form sent twice is carried out once."""
        key = self.form.text("once")
        if not 16 <= len(key) <= 64 or not (key.isascii() and key.isalnum()):
            raise Invalid("form_expired")
        return key

    def page(
        self, template: str, *, status: int = 200, plain: bool = False, cart_count: int | None = None, **context: Any
    ) -> Response:
        """The page rendered in the reader's language; `plain` leaves out the frame (sign-in, errors). `cart_count` is
        for pages that have read the cart anyway: how full it is, is worth no round trip."""
        frame = None if plain or self.session is None else shell(self.session.person, self.path, cart_count)
        body = render(
            template,
            locale=self.locale,
            time_zone=self.time_zone,
            shell=frame,
            url=self.url,
            csrf=self.csrf_token,
            once=new_id(self.now),
            flash=self._flash(),
            lang_href=self._lang_href,
            this_address=self._address(),
            status=status,
            **context,
        )
        return Response(status=status, body=body)

    def _flash(self) -> tuple[str, str] | None:
        key = f"notice.{self.query.text('notice')}"
        return ("ok", self.t.t(key)) if self.t.has(key) else None

    def _lang_href(self, lang: str) -> str:
        """This page in another language: the rest of its address stays, but for a notice that was read."""
        return "?" + urlencode([*self._kept_query(), ("lang", lang)])

    def _address(self) -> str:
        """Where to come back to: this page without its language and the notice that was read."""
        query = urlencode(self._kept_query())
        return f"{self.path}?{query}" if query else self.path

    def _kept_query(self) -> list[tuple[str, str]]:
        pairs = [(name, value) for name, values in self.query.items() for value in values]
        return [pair for pair in pairs if pair[0] not in ("lang", "notice")]

    def go(self, path: str, *, notice: str | None = None, cookies: tuple[str, ...] = ()) -> Response:
        """After a form was carried out: show `path`, with the sentence `notice.<notice>` on top."""
        if notice:
            path += ("&" if "?" in path else "?") + urlencode({"notice": notice})
        return redirect(self.url(path), cookies=cookies)


def _form(encoded: str) -> Form:
    form = Form()
    try:
        pairs = parse_qsl(encoded, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError as wrong:
        raise Invalid("too_many_fields") from wrong
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    return form


def query_form(pairs: Mapping[str, list[str]]) -> Form:
    return Form({name: list(values) for name, values in pairs.items()})


def parse_cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}
