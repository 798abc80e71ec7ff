"""A 1C as the site sees it: the requests of УТ 11 and УНФ, and the habits of other clients, over any transport.

It trusts nothing: an answer that real configurations would stumble over raises `ProtocolError`.
"""

from __future__ import annotations

import base64
import io
import re
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote


class ProtocolError(AssertionError):
    """1C would have stopped here."""


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, list[str]]  # lower-case names
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    @property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @property
    def word(self) -> str:
        """The first line as 1C compares it."""
        return self.lines[0].strip().lower()


class Transport(Protocol):
    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply: ...


@dataclass
class OneC:
    """One exchange node. Knobs are the habits of different clients.

    cookies: "body" (УТ: lines 2 and 3, by hand), "header" (libraries: Set-Cookie alone), "none" (password each time).
    """

    transport: Transport
    login: str
    password: str
    script: str = "/1c_exchange.php"
    cookies: str = "body"
    basic_always: bool = False
    calls_import: bool = True
    uses_zip: bool = True
    version: str = ""
    poll_limit: float = 60.0
    content_type: str = ""
    accept: str = "*/*"  # what 1C's HTTP library sends by itself
    cookie: str = ""
    session_line: str = ""
    timestamp: str = ""
    file_limit: int = 0
    log: list[tuple[str, str]] = field(default_factory=list)

    def ask(self, query: str, *, method: str = "GET", body: bytes = b"", sign: bool = True) -> Reply:
        headers: dict[str, str] = {"User-Agent": "1C+Enterprise/8.3"}
        if self.basic_always or self.cookies == "none" or "mode=checkauth" in query:
            pair = f"{self.login}:{self.password}".encode()
            headers["Authorization"] = "Basic " + base64.b64encode(pair).decode()
        if sign and self.cookie and self.cookies != "none":
            headers["Cookie"] = self.cookie
        if self.accept:
            headers["Accept"] = self.accept
        if self.content_type:
            headers["Content-Type"] = self.content_type
        if self.version and "mode=checkauth" not in query:
            query += f"&version={self.version}"
        reply = self.transport(method, f"{self.script}?{query}", headers, body)
        self.log.append((query, reply.lines[0] if reply.body[:1] != b"<" else "<xml>"))
        return reply

    # --- the steps ---------------------------------------------------------------------------------------------

    def check_in(self, direction: str = "catalog") -> Reply:
        reply = self.ask(f"type={direction}&mode=checkauth")
        if reply.word != "success":
            raise ProtocolError(f"Проверьте имя пользователя и пароль. {reply.text[:255]}")
        if len(reply.lines) != (5 if direction == "catalog" else 4):
            raise ProtocolError(f"checkauth: {len(reply.lines)} lines")
        name, value, session_line = reply.lines[1:4]
        if not re.fullmatch(r"sessid=[0-9a-f]{16,64}", session_line):
            raise ProtocolError(f"line 4: {session_line!r}")
        self.session_line = session_line
        if direction == "catalog":
            self.timestamp = reply.lines[4].removeprefix("timestamp=")
        if self.cookies == "body":
            self.cookie = f"{name}={value}"
        elif self.cookies == "header":
            (header,) = reply.headers["set-cookie"]
            self.cookie = header.split(";")[0]
            if self.cookie != f"{name}={value}":
                raise ProtocolError("the two cookies differ")
        return reply

    def begin(self, direction: str = "catalog") -> None:
        reply = self.ask(f"type={direction}&mode=init")
        if len(reply.lines) != (4 if self.version else 2):
            raise ProtocolError(f"init: {reply.text!r}")
        if reply.lines[0] not in ("zip=yes", "zip=no"):
            raise ProtocolError(f"init: {reply.text!r}")
        self.file_limit = int(reply.lines[1].removeprefix("file_limit="))

    def send(self, name: str, content: bytes, direction: str = "catalog", *, limit: int | None = None) -> None:
        """A file in fragments under one name, without index or total."""
        size = limit or self.file_limit or len(content) or 1
        for start in range(0, len(content), size):
            path = f"type={direction}&mode=file&filename={quote(name)}"
            reply = self.ask(path, method="POST", body=content[start : start + size])
            if reply.word != "success":
                raise ProtocolError(f"{name}: {reply.text}")

    def import_file(self, name: str, direction: str = "catalog") -> Reply:
        """Asks again and again, as УТ does: without any pause."""
        until = time.monotonic() + self.poll_limit
        while time.monotonic() < until:
            reply = self.ask(f"type={direction}&mode=import&filename={quote(name)}")
            if reply.word in ("success", "failure"):
                return reply
            if reply.word != "progress":
                raise ProtocolError(f"Получен неизвестный статус импорта: {reply.text[:80]!r}")
        raise ProtocolError(f"{name}: no end of the import in sight: {self.log[-1]}")

    # --- what a run does ---------------------------------------------------------------------------------------

    def upload(
        self, files: Mapping[str, bytes], direction: str = "catalog", *, limit: int | None = None
    ) -> list[Reply]:
        """One portion: a whole session of its own. The replies to the import calls, up to the first failure."""
        self.check_in(direction)
        self.begin(direction)
        if self.uses_zip:
            self.send("v8_1A76_155ae.zip", packed(files), direction, limit=limit)
        else:
            for name, content in files.items():
                self.send(name, content, direction, limit=limit)
        replies: list[Reply] = []
        if self.calls_import:
            for name in files:
                if name.lower().endswith(".xml"):
                    replies.append(self.import_file(name, direction))
                    if replies[-1].word == "failure":
                        break
        return replies

    def fetch_orders(self) -> bytes:
        """The orders' XML; the caller says `confirm` once it has loaded them."""
        self.check_in("sale")
        reply = self.ask("type=sale&mode=query")
        if reply.body[:5] != b"<?xml" and not reply.body.startswith(b"\xef\xbb\xbf<?xml"):
            raise ProtocolError(f"query: {reply.body[:60]!r}")
        return reply.body

    def confirm(self) -> Reply:
        return self.ask("type=sale&mode=success")


def packed(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def over_http(address: str) -> Transport:
    """Requests to a running site, without following redirects or keeping cookies."""
    import requests

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        answer = requests.request(
            method,
            address.rstrip("/") + path,
            headers={"Accept": None, **headers},  # None: the library's own is not sent
            data=body or None,
            timeout=60,
            allow_redirects=False,
        )
        received = {name.lower(): [value] for name, value in answer.headers.items()}
        return Reply(answer.status_code, received, answer.content)

    return send
