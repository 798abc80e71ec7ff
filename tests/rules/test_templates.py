"""Templates: they all compile, keep to the Content-Security-Policy, and show what they are given, escaped."""

from __future__ import annotations

import gzip
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from jinja2 import TemplateSyntaxError, UndefinedError, pass_context
from jinja2.runtime import Context

from chalicelib.http import rendering
from chalicelib.http.i18n import LOCALES
from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import BulkAction, Cell, Column, Filter, Listing, Row, View
from chalicelib.http.rendering import NavItem, Shell, environment, render, render_text
from chalicelib.http.static_files import read_static, static_url
from chalicelib.kernel.errors import NotFound

ROOMS = Path(__file__).parents[2] / "chalicelib"
TEMPLATES = sorted(path for path in ROOMS.glob("*/templates/**/*.html"))
PAGES = [path for path in TEMPLATES if "email" not in path.parts]
HTMX_SHA256 = "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130"
SHELL = Shell(
    tenant_name="Окна <Севера>",
    person="Анна Петрова",
    locale="ru",
    nav=(NavItem(label_key="http.search", href="/orders", current=True, count=0),),
    memberships=(("Stejar", "/switch/1"),),
    contract_label="14/2026",
    cart_count=0,
    cart_href="/cart",
)


class Page(HTMLParser):
    """The tags of a page and its visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag and wanted.items() <= attrs.items()]


def draw(source: str, shell: Shell | None = None, locale: str = "ru", **context: Any) -> Page:
    """A page whose content is `source`, as a door would answer with it."""
    layout = "http/base.html" if shell else "http/plain.html"
    blocks = "{% block title %}Проба{% endblock %}{% block content %}" + source + "{% endblock %}"
    template: Any = environment().from_string(f"{{% extends '{layout}' %}}{blocks}")
    frame = {"locale": locale, "time_zone": "Europe/Moscow", "shell": shell, "url": lambda path: "/dev" + path}
    return Page(render(template, **frame, csrf="tok", **context))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: "/".join(path.parts[-2:]))
def test_a_template_compiles(path: Path) -> None:
    try:
        environment().parse(path.read_text("utf-8"))
    except TemplateSyntaxError as wrong:
        pytest.fail(f"{path}:{wrong.lineno} {wrong}")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: "/".join(path.parts[-2:]))
def test_a_page_has_nothing_that_the_content_security_policy_forbids(path: Path) -> None:
    source = re.sub(r"{#.*?#}", "", path.read_text("utf-8"), flags=re.DOTALL)
    assert (
        re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)|hx-on|hx-vals=[\"']js:", source)
        == []
    )


@pytest.mark.parametrize("path", PAGES, ids=lambda path: "/".join(path.parts[-2:]))
def test_a_page_uses_the_macros_that_are_there_and_has_a_token_in_every_post_form(path: Path) -> None:
    source = path.read_text("utf-8")
    assert not re.search(r"""import\s+["']http/(ui|listing)\.html""", source), "ui and lists are there already"
    assert not re.search(r"\|\s*safe\b", source), "texts are escaped; markup comes from macros"
    for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", source, flags=re.DOTALL | re.IGNORECASE):
        leaves = 'action="{{ form.action }}"' in form  # signed for S3: our token is not for others to see
        assert ("csrf_field()" in form) != leaves, form[:120]


def test_what_is_given_is_escaped() -> None:
    page = draw("{{ ui.page_head(name) }}{{ ui.tag('ok', name) }}", name="<script>alert(1)</script>")
    assert page.text.count("<script>alert(1)</script>") == 2
    assert all("src" in attrs for attrs in page.all("script"))


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        draw("{{ nowhere }}")


def test_a_name_of_the_frame_cannot_be_given_by_a_door() -> None:
    with pytest.raises(ValueError, match="fmt"):
        draw("", fmt=1)


def test_the_frame_shows_who_is_where_and_links_under_the_stage() -> None:
    page = draw("", SHELL)
    assert "Окна <Севера>" in page.text
    assert {"/dev/orders", "/dev/cart", "/dev/"} <= {attrs.get("href") for attrs in page.all("a")}
    assert page.all("a", href="/dev/orders")[0]["aria-current"] == "page"
    assert page.all("form", action="/dev/switch/1", method="post")
    assert page.all("form", action="/dev/catalogue", method="get")
    assert len(page.all("input", name="csrf", value="tok")) == len(page.all("form", method="post"))


def test_a_form_counts_once_when_the_door_gives_a_key() -> None:
    page = draw("{{ ui.post('/orders', 'Заказать') }}", once="k3y")
    assert page.all("input", name="once", value="k3y")
    assert not draw("{{ ui.post('/orders', 'Заказать') }}").all("input", name="once")


def test_a_wrong_field_is_named_in_the_summary_and_at_its_place_and_keeps_what_was_typed() -> None:
    page = draw(
        "{% call ui.form('/dealers', 'Создать', errors) %}"
        "{{ ui.text('inn', 'ИНН', '77<', errors.inn, 'help', True) }}{% endcall %}",
        errors={"inn": "Не ИНН"},
    )
    (field,) = page.all("input", name="inn")
    assert field["value"] == "77<"
    assert field["aria-invalid"] == "true"
    assert field["aria-describedby"] == "e-inn h-inn"
    assert page.all("a", href="#f-inn")
    assert page.all("label", **{"for": "f-inn"})
    assert page.text.count("Не ИНН") == 2


@pytest.mark.parametrize(
    "macro",
    [
        "text('a', 'A')",
        "email('a', 'A')",
        "number('a', 'A')",
        "date('a', 'A')",
        "file('a', 'A')",
        "textarea('a', 'A')",
        "select('a', 'A', (('1', 'One'),))",
    ],
)
def test_every_field_has_a_label_and_says_when_it_is_required(macro: str) -> None:
    page = draw("{{ ui." + macro[:-1] + ", required=True) }}")
    assert page.all("label", **{"for": "f-a"})
    control = next(attrs for tag, attrs in page.tags if attrs.get("id") == "f-a")
    assert control["aria-required"] == "true"


def test_a_password_is_never_sent_back() -> None:
    assert draw("{{ ui.password('p', 'Пароль', 'secret') }}").all("input", name="p")[0]["value"] == ""


def test_the_chosen_option_is_marked_whatever_its_type() -> None:
    page = draw(
        "{{ ui.select('n', 'N', ((1, 'One'), (2, 'Two')), 2) }}{{ ui.radios('r', 'R', (('a', 'A'), ('b', 'B')), 'b') }}"
    )
    assert [attrs["value"] for attrs in page.all("option") if "selected" in attrs] == ["2"]
    assert [attrs["value"] for attrs in page.all("input", type="radio") if "checked" in attrs] == ["b"]


def test_bars_are_drawn_within_their_bounds() -> None:
    page = draw("{{ ui.bar(59, 100) }}{{ ui.bar(500, 100) }}{{ ui.bar(-5, 100) }}{{ ui.bar(1, 0) }}")
    assert [attrs["width"] for attrs in page.all("rect") if attrs.get("height") == "6"] == ["59", "100", "0", "0"]


def listing(query: ListQuery, **changes: Any) -> Listing:
    given: dict[str, Any] = {
        "caption_key": "http.pages",
        "columns": (
            Column(key="number", label_key="http.search", phone="id", sortable=True),
            Column(key="sum", label_key="http.cart", kind="money", phone="sum", unit="₽"),
        ),
        "rows": (Row(id="o1", cells={"number": Cell("СД-1", href="/orders/o1", sub="<b>"), "sum": "5,00"}),),
        "query": query,
        "empty_key": "http.cart_empty",
    }
    return Listing(**(given | changes))


def test_a_list_shows_its_rows_with_links_under_the_stage() -> None:
    page = draw("{{ lists.list(listing) }}", SHELL, listing=listing(ListQuery()))
    assert page.all("a", href="/dev/orders/o1")
    assert "<b>" in page.text
    assert "Корзина, ₽" in page.text


def test_views_filters_and_sorting_are_links_that_keep_the_address() -> None:
    query = ListQuery.parse({"q": "дуб", "status": "new", "sort": "number"})
    page = draw(
        "{{ lists.list(listing) }}",
        SHELL,
        listing=listing(
            query,
            views=(View(key="", label_key="http.views"), View(key="mine", label_key="http.keys", count=0)),
            filters=(
                Filter(name="q", label_key="http.search", kind="search"),
                Filter(name="status", label_key="http.theme", options=(("new", "Новые"), ("old", "Старые"))),
                Filter(name="sum", label_key="http.cart", kind="range"),
                Filter(name="open", label_key="http.next", kind="flag"),
            ),
        ),
    )
    links = [dict(parse_qsl((attrs["href"] or "").removeprefix("?"))) for attrs in page.all("a")]
    here = {"q": "дуб", "status": "new", "sort": "number"}
    assert here | {"view": "mine"} in links
    assert here | {"status": "old"} in links
    assert here | {"sort": "-number"} in links
    assert here | {"open": "1"} in links
    assert {"q": "дуб", "sort": "number"} in links, "the cross on the status pill"
    assert page.all("th", **{"aria-sort": "ascending"})
    assert "Новые" in page.text


def test_chosen_rows_are_posted_with_the_token() -> None:
    actions = (BulkAction(label_key="http.copy", action="/copy"),)
    page = draw("{{ lists.list(listing) }}", SHELL, listing=listing(ListQuery(), bulk_actions=actions))
    assert page.all("input", type="checkbox", name="id", value="o1", form="list-bulk")
    assert page.all("button", formaction="/dev/copy")


@pytest.mark.parametrize(
    ("query", "changes", "said"),
    [
        ({}, {}, "пуста"),
        ({"q": "x"}, {"filters": (Filter(name="q", label_key="http.search", kind="search"),)}, "Ничего не нашлось"),
        ({"view": "mine"}, {}, "Ничего не нашлось"),
        ({}, {"error": "Каталог обновляется"}, "Каталог обновляется"),
    ],
)
def test_a_list_without_rows_says_why(query: dict[str, str], changes: dict[str, Any], said: str) -> None:
    page = draw("{{ lists.list(listing) }}", SHELL, listing=listing(ListQuery.parse(query), rows=(), **changes))
    assert said in page.text
    assert not page.all("table")


def test_a_page_may_draw_a_cell_itself() -> None:
    source = (
        "{% macro field(row, column, cell) %}<input name='q-{{ row.id }}'>{% endmacro %}"
        "{% macro nothing(row, column, cell) %}\n  {% if cell.tone %}!{% endif %}\n{% endmacro %}"
        "{{ lists.list(listing, {'sum': field, 'number': nothing}) }}"
    )
    page = draw(source, SHELL, listing=listing(ListQuery()))
    assert page.all("input", name="q-o1")
    assert page.all("a", href="/dev/orders/o1"), "what the page says nothing of is drawn as usual"


def test_who_wants_to_be_given_the_page_is_given_it() -> None:
    @pass_context
    def told(page: Context, name: str) -> str:
        return f"{page[name]}!"

    class Teller:
        @pass_context
        def told(self, page: Context, name: str) -> str:
            return f"{page[name]}?"

    source = "{% for one in [1] %}{% set near = 'loop' %}{{ told('far') }} {{ teller.told('near') }}{% endfor %}"
    assert "page! loop?" in draw(source, told=told, teller=Teller(), far="page").text


@pytest.mark.parametrize(("escaping", "said"), [("true", "<&amp;>"), ("false", "<&>")])
def test_what_a_macro_says_is_escaped_once_or_where_nothing_is_not_at_all(escaping: str, said: str) -> None:
    source = "{% macro say(what) %}<{{ what }}>{% endmacro %}{{ say('&') }}"
    drawn = environment().from_string(f"{{% autoescape {escaping} %}}{source}{{% endautoescape %}}").render()
    assert drawn == said


def test_macros_and_functions_are_called_without_asking_them_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    slow = Context.call

    def call(context: Context, called: Any, *given: Any, **named: Any) -> Any:
        asked.append(called)
        return slow(context, called, *given, **named)

    monkeypatch.setattr(Context, "call", call)
    draw("{% macro say(what) %}{{ t(what) }}{% endmacro %}{{ say('http.search') }}{{ fmt.quantity(1) }}")
    assert asked == []


def test_pages_go_by_number_or_by_cursor() -> None:
    by_number = draw("{{ lists.list(listing) }}", SHELL, listing=listing(ListQuery.parse({"page": "2"}), pages=3))
    assert {"?", "?page=3"} <= {attrs.get("href") for attrs in by_number.all("a")}
    by_cursor = draw("{{ lists.list(listing) }}", SHELL, listing=listing(ListQuery(), next_cursor="abc"))
    assert by_cursor.all("a", href="?cursor=abc", rel="next")


def test_compiled_templates_give_the_same_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def page() -> str:
        frame = {"locale": "ru", "time_zone": "UTC", "shell": SHELL, "url": str, "csrf": "t"}
        return render("http/error.html", **frame, status=404, request_id="r")

    from_sources = page()
    rendering.compile_templates(tmp_path / "compiled")
    monkeypatch.setattr(rendering, "_COMPILED", tmp_path / "compiled")
    fresh = rendering.environment.__wrapped__()
    monkeypatch.setattr(rendering, "environment", lambda: fresh)
    assert page() == from_sources
    assert fresh.get_template("http/ui.html").filename.startswith(str(tmp_path))


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 418, 422, 429, 500, 503])
def test_every_refusal_has_a_page_with_and_without_the_frame(locale: str, status: int) -> None:
    for shell in (None, SHELL):
        html = render(
            "http/error.html",
            locale=locale,
            time_zone="UTC",
            shell=shell,
            url=str,
            csrf="t",
            status=status,
            request_id="r-1",
            complaints=["Строка 3"],
        )
        page = Page(html)
        assert "r-1" in page.text
        assert "Строка 3" in page.text
        assert str(status) in page.text


def test_a_mails_layout_is_drawn_without_a_session() -> None:
    html = render_text("http/email/layout.html", locale="ro", time_zone="UTC", url=str)
    assert 'lang="ro"' in html


def test_static_addresses_change_with_the_content() -> None:
    _, _, mark, name = static_url("kontor.css").split("/")
    content, content_type = read_static(mark, name)
    assert hashlib.sha256(content).hexdigest().startswith(mark)
    assert content_type == "text/css; charset=utf-8"


@pytest.mark.parametrize(("mark", "name"), [("00000000", "kontor.css"), ("x", "../rendering.py"), ("x", "nowhere.css")])
def test_another_version_or_name_is_not_found(mark: str, name: str) -> None:
    with pytest.raises(NotFound):
        read_static(mark, name)


def test_htmx_is_the_published_file() -> None:
    mark = static_url("htmx-4.0.1.min.js").split("/")[2]
    assert hashlib.sha256(read_static(mark, "htmx-4.0.1.min.js")[0]).hexdigest() == HTMX_SHA256


def test_the_look_stays_small() -> None:
    def packed(name: str) -> int:
        return len(gzip.compress(read_static(static_url(name).split("/")[2], name)[0]))

    assert packed("kontor.css") < 6_500
    assert packed("kontor.js") < 3_500
    assert packed("suggest.js") < 1_500
