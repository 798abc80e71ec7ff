"""A reader of the cabinet without a browser: opens pages, fills in their forms, reads the mailbox.

For the demo's seed and for flow tests; it knows only what a browser sees.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

_TIMEOUT = 60


@dataclass
class HtmlForm:
    """One form of a page, or one of its buttons that sends it elsewhere, with what it would send untouched."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[HtmlForm] = []
        self._open: HtmlForm | None = None
        self._by_id: dict[str, HtmlForm] = {}
        self._elsewhere: list[tuple[HtmlForm | str, str]] = []  # a form or its id, and the button's own address
        self._select: str | None = None
        self._options: list[tuple[str, bool]] = []
        self._textarea: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = HtmlForm(a.get("action", ""), a.get("method", "get").lower())
            self.forms.append(self._open)
            self._by_id[a.get("id", "")] = self._open
        elif tag == "button" and a.get("formaction") and (a.get("form") or self._open):
            self._elsewhere.append((a.get("form") or self._open or "", a["formaction"]))
        elif self._open is None:
            return
        elif tag == "input" and a.get("name"):
            kind = a.get("type", "text")
            ticked = kind not in ("checkbox", "radio") or "checked" in a
            if kind not in ("submit", "button") and ticked:
                self._open.fields.append((a["name"], a.get("value", "on" if kind == "checkbox" else "")))
        elif tag == "select" and a.get("name"):
            self._select, self._options = a["name"], []
        elif tag == "option" and self._select:
            self._options.append((a.get("value", ""), "selected" in a))
        elif tag == "textarea" and a.get("name"):
            self._textarea, self._text = a["name"], ""

    def close(self) -> None:
        super().close()
        for form, action in self._elsewhere:
            sent = self._by_id[form] if isinstance(form, str) else form
            self.forms.append(HtmlForm(action, sent.method, sent.fields))

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select" and self._select and self._open:
            chosen = [value for value, selected in self._options if selected] or [v for v, _ in self._options[:1]]
            self._open.fields += [(self._select, value) for value in chosen]
            self._select = None
        elif tag == "textarea" and self._textarea and self._open:
            self._open.fields.append((self._textarea, self._text))
            self._textarea = None


class PageError(RuntimeError):
    """The cabinet answered with an error page; the message is its text."""


class Cabinet:
    """One browser profile: its cookies, and the page that it last saw."""

    def __init__(self, url: str, *, language: str = "ru") -> None:
        self.url = url.rstrip("/")
        self.http = requests.Session()
        self.http.headers["Accept-Language"] = language
        self.page: requests.Response | None = None

    def get(self, path: str, *, expect: int = 200) -> str:
        return self._seen(self.http.get(urljoin(self.url + "/", path), timeout=_TIMEOUT), expect)

    def forms(self) -> list[HtmlForm]:
        if self.page is None:
            raise PageError("no page is open")
        parser = _Forms()
        parser.feed(self.page.text)
        parser.close()
        return parser.forms

    def submit(self, action: str, fields: dict[str, str | list[str]] | None = None, *, expect: int = 200) -> str:
        """Sends the open page's form whose action ends in `action`, with `fields` changed; follows to the next page."""
        form = next((f for f in self.forms() if f.method == "post" and urlsplit(f.action).path.endswith(action)), None)
        if form is None or self.page is None:
            raise PageError(f"no form {action} on {self.page.url if self.page is not None else 'no page'}")
        changed = fields or {}
        data = [(name, value) for name, value in form.fields if name not in changed]
        for name, values in changed.items():
            data += [(name, value) for value in ([values] if isinstance(values, str) else values)]
        target = urljoin(self.page.url, form.action or self.page.url)
        return self._seen(self.http.post(target, data=data, headers={"Origin": self.url}, timeout=_TIMEOUT), expect)

    def bring(self, name: str, content: bytes) -> str:
        """Sends a file by the open page's form that goes straight to S3, which leads back to the next page."""
        form = next((f for f in self.forms() if urlsplit(f.action).netloc), None)
        if form is None:
            raise PageError("no form that brings a file")
        return self._seen(self.http.post(form.action, data=form.fields, files={"file": (name, content)}), 200)

    def _seen(self, response: requests.Response, expect: int) -> str:
        self.page = response
        if response.status_code != expect:
            text = re.sub(r"<[^>]+>", " ", response.text)
            raise PageError(f"{response.status_code} at {response.url}: {' '.join(text.split())[:800]}")
        return response.text


class OneC:
    """What 1C does: sign in, upload, ask for the import until it is done."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url = url
        self.auth = (user, password)
        self.http = requests.Session()

    def call(self, kind: str, mode: str, body: bytes | None = None, **query: str) -> bytes:
        params = {"type": kind, "mode": mode, **query}
        method = "GET" if body is None else "POST"
        answer = self.http.request(method, self.url, params=params, data=body, auth=self.auth, timeout=_TIMEOUT)
        return answer.content

    def expect(self, kind: str, mode: str, body: bytes | None = None, **query: str) -> str:
        answer = self.call(kind, mode, body, **query).decode("utf-8", "replace")
        if not answer.startswith(("success", "zip=")):
            raise PageError(f"{kind} {mode}: {answer[:500]}")
        return answer

    def upload(self, files: dict[str, bytes], *, kind: str = "catalog") -> None:
        self.expect(kind, "checkauth")
        self.expect(kind, "init")
        for name, content in files.items():
            self.expect(kind, "file", content, filename=name)
        for name in files:
            deadline = time.monotonic() + 120
            while True:
                answer = self.call(kind, "import", filename=name).decode("utf-8", "replace")
                if not answer.startswith("progress"):
                    break
                if time.monotonic() > deadline:
                    raise PageError(f"import of {name} never ended")
            if not answer.startswith("success"):
                raise PageError(f"import of {name}: {answer[:500]}")


def mails(json_url: str) -> list[dict[str, str]]:
    """Mails sent so far, the oldest first, as the emulator lists them."""
    answer = requests.get(json_url, timeout=_TIMEOUT).json()
    found: list[dict[str, str]] = (
        answer if isinstance(answer, list) else answer.get("messages", answer.get("emails", []))
    )
    return found
