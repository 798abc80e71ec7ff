"""Every part of the look with sample data: `python -m tests.pages.gallery` serves it at http://127.0.0.1:8765/.

The pages go through the same renderer, style sheet and Content-Security-Policy as the product's.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jinja2 import ChoiceLoader, FileSystemLoader

from chalicelib.http.formats import Formats
from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import BulkAction, Cell, Column, Filter, Listing, Row, View
from chalicelib.http.rendering import NavItem, Shell, environment, render
from chalicelib.http.static_files import read_static
from chalicelib.kernel.errors import NotFound

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
ZONE = "Europe/Moscow"


def shell(locale: str) -> Shell:
    # The rail's words are borrowed from the frame's own catalogue: the gallery has no rooms.
    keys = (
        "http.search",
        "http.sections",
        "http.cart",
        "http.pages",
        "http.views",
        "http.keys",
        "http.theme",
        "http.export",
    )
    return Shell(
        tenant_name="Окна Севера",
        person="Анна Петрова",
        locale=locale,
        nav=tuple(
            NavItem(label_key=key, href=f"/{place}", current=place == 1, count=(None, 12, None, None, 2)[place % 5])
            for place, key in enumerate(keys)
        ),
        memberships=(("Профиль-Сервис, Кишинёв", "/switch/1"), ("Stejar Uși SRL", "/switch/2")),
        contract_label="ООО «Светлый дом» · договор 14/2026",
        contracts=(("ИП Волкова · договор 3/2025", "/contract/2"), ("ООО «Светлый дом» · 15/2026, EUR", "/contract/3")),
        cart_count=3,
        cart_href="/cart",
        menu=(NavItem(label_key="http.keys", href="/me"), NavItem(label_key="http.theme", href="/sessions")),
    )


def orders(query: ListQuery, locale: str, **changes: Any) -> Listing:
    fmt = Formats(locale, ZONE)

    def row(
        number: str,
        sub: str,
        what: str,
        more: str,
        units: tuple[int, int],
        state: str,
        tone: Any,
        total: str,
        rest: str,
    ) -> Row:
        return Row(
            id=number,
            cells={
                "number": Cell(number, href=f"/orders/{number}", sub=sub),
                "placed": fmt.date(NOW - timedelta(days=len(what) % 9)),
                "what": Cell(what, sub=more),
                "units": Cell("", units=units),
                "status": Cell(state, tone=tone),
                "ship": Cell("27.11", sub="обещано 26.11"),
                "sum": Cell(fmt.amount(Decimal(total), "RUB"), sub=rest, tone="bad" if "осталось" in rest else None),
            },
        )

    rows = (
        row(
            "СД-00418",
            "ООО «Светлый дом»",
            "Окно ПВХ 1300×1400, белое, 5 шт.",
            "и ещё 3 позиции",
            (4, 5),
            "В производстве",
            "warn",
            "142650",
            "осталось 38 900,00",
        ),
        row(
            "СД-00417",
            "ИП Волкова",
            "Дверь входная «Сенатор», дуб, 2 шт.",
            "розница: Дом и Двор",
            (0, 2),
            "Ждёт вашего ответа",
            "info",
            "96200",
            "счёт не выставлен",
        ),
        row(
            "СД-00415",
            "ООО «Светлый дом»",
            "Фурнитура Roto, 64 позиции",
            "склады Тверь и Москва",
            (64, 64),
            "Готов",
            "ok",
            "310415.8",
            "оплачен",
        ),
        row(
            "СД-00411",
            "ООО «Светлый дом»",
            "Профиль КБЕ 70, 120 хлыстов",
            "",
            (120, 120),
            "В доставке",
            "ok",
            "186420.5",
            "до 28 ноября",
        ),
        row(
            "СД-00409",
            "ООО «Светлый дом»",
            "Подоконник Moeller 400, 12 шт.",
            "и ещё 1 позиция",
            (0, 12),
            "Отменён",
            "mute",
            "18920",
            "",
        ),
    )
    listing = Listing(
        caption_key="http.views",
        columns=(
            Column(key="number", label_key="http.search", phone="id", sortable=True),
            Column(key="placed", label_key="http.from", kind="date", sortable=True),
            Column(key="what", label_key="http.sections", phone="what"),
            Column(key="units", label_key="http.done", kind="units", phone="units"),
            Column(key="status", label_key="http.chosen", kind="status", phone="state"),
            Column(key="ship", label_key="http.to", kind="date"),
            Column(key="sum", label_key="http.cart", kind="money", phone="sum", sortable=True, unit="₽"),
        ),
        rows=rows,
        query=query,
        empty_key="http.nothing_found",
        empty_action=("http.try_again", "/catalogue"),
        totals={"sum": fmt.amount(Decimal("754606.3"), "RUB")},
        total_text="5 заказов",
        views=(
            View(key="", label_key="http.theme.auto"),
            View(key="mine", label_key="http.to_start_page", count=1),
            View(key="made", label_key="http.list_failed"),
            View(key="unpaid", label_key="http.choose_all", count=14),
        ),
        filters=(
            Filter(name="q", label_key="http.search", kind="search"),
            Filter(name="status", label_key="http.theme", options=(("new", "На модерации"), ("ready", "Готов"))),
            Filter(name="placed", label_key="http.pages", kind="dates"),
            Filter(name="sum", label_key="http.cart", kind="range"),
            Filter(name="unpaid", label_key="http.export", kind="flag"),
        ),
        next_cursor="abc",
        export_href=query.link("/orders.xlsx"),
        bulk_actions=(
            BulkAction(label_key="http.apply", action="/confirm", tone="main"),
            BulkAction(label_key="http.copy", action="/copy"),
        ),
    )
    return replace(listing, **changes)


def context(page: str, query: ListQuery, locale: str) -> dict[str, Any]:
    fmt = Formats(locale, ZONE)
    match page:
        case "list":
            return {"listing": orders(query, locale), "flash": ("ok", "Заказ СД-00418 отправлен на модерацию.")}
        case "states":
            plain = {"views": (), "filters": (), "bulk_actions": (), "export_href": None, "next_cursor": None}
            return {
                "listings": (
                    orders(query, locale, id="empty", rows=(), **plain),
                    orders(
                        ListQuery.parse({"q": "дуб", "status": "new"}),
                        locale,
                        id="filtered",
                        rows=(),
                        caption_key="http.pages",
                    ),
                    orders(query, locale, id="failed", error="Каталог сейчас обновляется. Ничего не потеряно."),
                    orders(replace(query, page=2), locale, id="pages", **(plain | {"pages": 9})),
                ),
            }
        case "parts":
            return {
                "now": NOW,
                "events": (
                    {"title": "Подтверждён", "at": fmt.datetime(NOW), "who": "Сергей Климов", "text": "", "tone": "ok"},
                    {
                        "title": "Количество изменено",
                        "at": fmt.ago(NOW - timedelta(hours=3), NOW),
                        "who": "Сергей Климов",
                        "text": "Строка 2: 12 → 10 шт., нет на складе",
                        "tone": "warn",
                    },
                    {
                        "title": "Создан",
                        "at": fmt.datetime(NOW - timedelta(days=1)),
                        "who": "Анна Петрова",
                        "text": "",
                        "tone": None,
                    },
                ),
                "steps": (
                    {
                        "title": "Подключите 1С",
                        "text": "Адрес, логин и пароль обмена",
                        "done": True,
                        "action": None,
                        "main": False,
                    },
                    {
                        "title": "Проверьте каталог",
                        "text": "1 284 товара загружены",
                        "done": False,
                        "action": ("Открыть каталог", "/catalogue"),
                        "main": True,
                    },
                    {
                        "title": "Пригласите дилера",
                        "text": "",
                        "done": False,
                        "action": ("Пригласить", "/dealers/new"),
                        "main": False,
                    },
                ),
            }
        case "form":
            return {
                "errors": {"inn": "В ИНН должно быть 10 или 12 цифр.", "limit": "Введите сумму, например 150 000,00."}
            }
        case "error" | "error-framed":
            return {"status": 404, "request_id": "9f1c2a7e-5d7b-4a51"}
    return {}


POSTED: list[str] = []
PAGES = ("list", "states", "parts", "form", "signin", "error", "error-framed")


def gallery(page: str, locale: str = "ru", query: ListQuery | None = None, url: Callable[[str], str] = str) -> str:
    template = "http/error.html" if page.startswith("error") else f"gallery/{page}.html"
    loader = environment().loader
    assert loader is not None
    if not isinstance(loader, ChoiceLoader):
        environment().loader = ChoiceLoader([loader, FileSystemLoader(Path(__file__).parent / "templates")])
    return render(
        template,
        locale=locale,
        time_zone=ZONE,
        shell=None if page in ("signin", "error") else shell(locale),
        url=url,
        csrf="token",
        **context(page, query or ListQuery(), locale),
    )


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        parts = address.path.strip("/").split("/")
        params = dict(parse_qsl(address.query))
        body, kind, status = b"", "text/html; charset=utf-8", 200
        if parts[0] == "static" and len(parts) == 3:
            try:
                body, kind = read_static(parts[1], parts[2])
            except NotFound:
                status = 404
        elif parts[0] in PAGES:
            body = gallery(parts[0], params.pop("lang", "ru"), ListQuery.parse(params)).encode()
        elif parts[0].endswith(".xlsx"):
            body, kind = b"PK", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        else:
            body = "".join(f'<p><a href="/{page}">{page}</a>' for page in PAGES).encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-security-policy", CSP)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", "0")))
        POSTED.append(self.path)
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Quiet."""


def server(port: int = 0) -> ThreadingHTTPServer:
    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8765
    print(f"http://127.0.0.1:{port}/")
    server(port).serve_forever()
