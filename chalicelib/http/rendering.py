"""Pages and mails from Jinja2 templates.

`render("ordering/order.html", …)` finds `chalicelib/ordering/templates/ordering/order.html`. Every template sees:

    t(key, **params)   a text in the reader's language          fmt        `Formats`: fmt.money(…), fmt.date(…)
    url(path)          a link inside the application            static(n)  the address of a static file
    csrf_field()       the hidden fields of every POST form     shell      the frame's content or None
    ui, lists          the macros of http/ui.html and http/listing.html, ready to be called
    has_text(key)      whether there is such a text
    locale, locales    the page's language and all of them
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from chalicelib.http.formats import Formats
from chalicelib.http.i18n import LOCALES, translator
from chalicelib.http.static_files import build_mark, static_url

if TYPE_CHECKING:
    from jinja2 import Environment

_ROOMS = Path(__file__).parents[1]
_COMPILED = Path(__file__).parent / "compiled"  # made by the packager only
CSRF_FIELD = "csrf"


@dataclass(frozen=True, slots=True, kw_only=True)
class NavItem:
    """One entry of the rail or of the person's menu; `count` is shown when it is not None."""

    label_key: str
    href: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """What the frame round a signed-in page shows.

    `memberships` and `contracts` are (label, path) of what the person may switch *to*; switching changes the
    session, so these paths are posted to with the CSRF token. `cart_href` None means: this person has no cart;
    `cart_count` None: how full it is, is not shown.
    """

    tenant_name: str
    person: str
    locale: str
    nav: tuple[NavItem, ...]
    memberships: tuple[tuple[str, str], ...] = ()
    contract_label: str | None = None
    contracts: tuple[tuple[str, str], ...] = ()
    cart_count: int | None = None
    cart_href: str | None = None
    menu: tuple[NavItem, ...] = ()
    search_href: str | None = "/catalogue"
    sign_out_href: str = "/signout"
    theme: str = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedMail:
    subject: str
    text: str
    html: str


def render(
    template: str,
    *,
    locale: str,
    time_zone: str,
    shell: Shell | None,
    url: Callable[[str], str],
    csrf: str,
    **context: Any,
) -> str:
    """A whole page. Undefined names in a template are errors; everything is escaped unless it is Markup.

    When the context has `once`, the key that lets a form count once, every form carries it beside the CSRF token.
    """
    hidden = _hidden_fields({CSRF_FIELD: csrf} | ({"once": context["once"]} if "once" in context else {}))
    frame = _frame(locale, time_zone, url) | {"shell": shell, "csrf_field": lambda: hidden}
    for name, macros in (("ui", "http/ui.html"), ("lists", "http/listing.html")):
        frame[name] = environment().get_template(macros).make_module(frame)
    return _filled(template, frame, context)


def render_text(template: str, *, locale: str, time_zone: str, url: Callable[[str], str], **context: Any) -> str:
    """A part of a mail (`<room>/email/<message>/body.txt`); `url` must make absolute addresses."""
    return _filled(template, _frame(locale, time_zone, url), context)


def render_mail(
    message: str, *, locale: str, time_zone: str, url: Callable[[str], str], **context: Any
) -> RenderedMail:
    """All parts of the mail `message` (`billing/email/reminder`): subject on one line, text and HTML."""

    def part(name: str) -> str:
        return render_text(f"{message}/{name}", locale=locale, time_zone=time_zone, url=url, **context)

    return RenderedMail(subject=" ".join(part("subject.txt").split()), text=part("body.txt"), html=part("body.html"))


def _frame(locale: str, time_zone: str, url: Callable[[str], str]) -> dict[str, Any]:
    def static(name: str) -> str:
        return url(static_url(name))

    return {
        "t": translator(locale).t,
        "has_text": translator(locale).has,
        "fmt": Formats(locale, time_zone),
        "url": url,
        "static": static,
        "locale": locale,
    }


def _filled(template: str, frame: dict[str, Any], context: dict[str, Any]) -> str:
    clash = frame.keys() & context.keys()
    if clash:
        raise ValueError(f"{template}: these names belong to the frame: {sorted(clash)}")
    return environment().get_template(template).render(frame | context)


def _hidden_fields(fields: Mapping[str, str]) -> Markup:
    field = Markup('<input type="hidden" name="{}" value="{}">')
    return Markup("").join(field.format(name, value) for name, value in fields.items())


def _initials(name: str) -> str:
    """`Анна Петрова` -> `АП`."""
    return "".join(word[0] for word in name.split()[:2]).upper()


def _combine(defaults: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return {**defaults, **given}


@cache
def environment() -> Environment:
    """The one Jinja2 environment, over every room's templates; the package carries them compiled."""
    # Imported on first use: the workers load this module too, but never render a page.
    from jinja2 import ChoiceLoader, FileSystemLoader, ModuleLoader, StrictUndefined, select_autoescape

    from chalicelib.http.jinja import Pages

    sources = FileSystemLoader(sorted(_ROOMS.glob("*/templates")))
    made = Pages(
        loader=ChoiceLoader([ModuleLoader(_COMPILED), sources]) if _COMPILED.is_dir() else sources,
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals.update(locales=LOCALES, build_mark=build_mark)
    made.filters.update(initials=_initials, combine=_combine)
    return made


def compile_templates(folder: Path) -> None:
    """Every template as a Python module under `folder`: a cold start then parses none (for the packager)."""
    environment().compile_templates(folder, zip=None, ignore_errors=False)
