"""Price lists: the table of all, the forms of one, its versions and what is in force."""

from __future__ import annotations

from collections import Counter

from chalicelib.http.formats import Formats, number_text
from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Cell, Column, Listing, Row
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Invalid, Refused, found
from chalicelib.kernel.money import CURRENCIES
from chalicelib.network import store as network
from chalicelib.network.model import PriceType
from chalicelib.pricing import office
from chalicelib.pricing.actions import load_book
from chalicelib.pricing.book import Book
from chalicelib.pricing.forms import formula_from_form
from chalicelib.pricing.lists import OwnList
from chalicelib.pricing.pages.base import MAY, Form, doors, form_page, list_options, names_of, wish
from chalicelib.tenancy.company import Checks

_LIST = "/prices/lists/{list_id}"


@doors.page("/prices", may=MAY)
def price_lists(request: Request) -> Response:
    book, version = load_book(request.db)
    types = network.price_types(request.db)
    uses = _uses(request, book)
    listing = Listing(
        caption_key="pricing.lists",
        columns=(
            Column(key="name", label_key="pricing.list", phone="id"),
            Column(key="kind", label_key="pricing.list_kind", phone="what"),
            Column(key="terms", label_key="pricing.currency"),
            Column(key="rows", label_key="pricing.rows", kind="num", phone="units"),
            Column(key="used", label_key="pricing.used_by", phone="sum"),
            Column(key="state", label_key="pricing.in_force", kind="status", phone="state"),
        ),
        rows=(
            *(_own_row(request, book, one, types, uses) for one in book.lists),
            *(_type_row(request, one, uses) for one in types),
        ),
        query=ListQuery(),
        empty_key="pricing.no_lists",
    )
    return request.page("pricing/lists.html", listing=listing, version=version)


def _uses(request: Request, book: Book) -> dict[str, Counter[str]]:
    """By whom each list is asked: by everybody, and how many groups, regions and contracts."""
    contracts = [(*one.price_list_ids, one.price_type_id) for one in office.all_contracts(request.db)]
    given = {
        "everybody": (book.default,),
        "groups": book.groups.values(),
        "regions": book.regions.values(),
        "contracts": contracts,
    }
    return {kind: Counter(one for ids in every for one in ids if one) for kind, every in given.items()}


def _used(request: Request, list_id: str, uses: dict[str, Counter[str]]) -> str:
    counts = ((kind, among[list_id]) for kind, among in uses.items())
    return ", ".join(request.t.t(f"pricing.used_{kind}", count=count) for kind, count in counts if count)


def _own_row(
    request: Request, book: Book, own: OwnList, types: tuple[PriceType, ...], uses: dict[str, Counter[str]]
) -> Row:
    fmt, t = Formats(request.locale, request.time_zone), request.t.t
    current = own.version_at(request.now)
    names = names_of([*types, *book.lists])
    if own.formula:
        kind, terms = Cell(t("pricing.derived_from", name=names.get(own.formula.base_id, own.formula.base_id))), ""
        state = Cell(t("pricing.computed"), tone="ok")
    else:
        kind = Cell(t("pricing.own_rows"), sub=_versions(request, own))
        terms = f"{own.currency}, {t('pricing.vat_included' if own.vat_included else 'pricing.vat_on_top')}"
        state = Cell(t("pricing.is_in_force"), tone="ok") if current else Cell(t("pricing.never_active"), tone="warn")
    if not own.holds_on(local_day(request.now, request.time_zone)):
        state = Cell(t("pricing.not_today"), tone="mute", sub=_days(fmt, own))
    return Row(
        id=own.id,
        cells={
            "name": Cell(own.name, href=f"/prices/lists/{own.id}"),
            "kind": kind,
            "terms": terms,
            "rows": number_text(current.rows, request.locale) if current else "",
            "used": _used(request, own.id, uses),
            "state": state,
        },
    )


def _type_row(request: Request, one: PriceType, uses: dict[str, Counter[str]]) -> Row:
    told = {None: "", True: "pricing.vat_included", False: "pricing.vat_on_top"}[one.vat_included]
    terms = (one.currency or request.person.currency, request.t.t(told) if told else "")
    return Row(
        id=one.id,
        cells={
            "name": Cell(one.name, href=f"/prices/types/{one.id}"),
            "kind": request.t.t("pricing.from_erp"),
            "terms": ", ".join(filter(None, terms)),
            "used": _used(request, one.id, uses),
            "state": Cell(request.t.t("pricing.as_told"), tone="ok"),
        },
    )


def _versions(request: Request, own: OwnList) -> str | None:
    """What is in force and since when, and what comes next."""
    fmt, t = Formats(request.locale, request.time_zone), request.t.t
    current, planned = own.activation_at(request.now), own.planned(request.now)
    said = [t("pricing.version_since", number=current.number, at=fmt.datetime(current.since))] if current else []
    said += [t("pricing.next_at", number=one.number, at=fmt.datetime(one.since)) for one in planned[:1]]
    return " · ".join(said) or None


def _days(fmt: Formats, own: OwnList) -> str:
    return " – ".join(fmt.date(one) if one else "…" for one in (own.since, own.until))


# --- forms ---------------------------------------------------------------------------------------------------


@doors.page("/prices/lists/new", may=MAY)
def list_form(request: Request) -> Response:
    return _own_form(request, {"currency": request.person.currency, "vat": "included"})


@doors.page("/prices/lists/new", may=MAY, methods=("POST",))
def add_list(request: Request) -> Response:
    form = request.form.plain()
    try:
        made = office.add_list(request.db, wish(request, "list.added", name=form.get("name", "")[:80]), form)
    except (Invalid, Refused) as wrong:
        return _own_form(request, form, wrong=wrong)
    return request.go(f"/prices/lists/{made}", notice="price_list_added")


@doors.page("/prices/lists/derive", may=MAY)
def derive_form(request: Request) -> Response:
    return _derived_form(request, {"factor": "1", "surcharge": "0", "base": request.query.text("base")})


@doors.page("/prices/lists/derive", may=MAY, methods=("POST",))
def add_derived(request: Request) -> Response:
    form = request.form.plain()
    if form.get("preview"):
        return _previewed(request, form, None)
    try:
        made = office.add_derived(request.db, wish(request, "list.added", name=form.get("name", "")[:80]), form)
    except (Invalid, Refused) as wrong:
        return _derived_form(request, form, wrong=wrong)
    return request.go(f"/prices/lists/{made}", notice="price_list_added")


@doors.page(_LIST + "/edit", may=MAY)
def edit_form(request: Request) -> Response:
    own = _own(request)
    form = _typed(request, own)
    return _derived_form(request, form, own=own) if own.formula else _own_form(request, form, own=own)


@doors.page(_LIST + "/edit", may=MAY, methods=("POST",))
def change_list(request: Request) -> Response:
    own, form = _own(request), request.form.plain()
    if form.get("preview") and own.formula:
        return _previewed(request, form, own)
    try:
        office.change_list(request.db, wish(request, "list.changed", list=own.id, name=own.name), own.id, form)
    except (Invalid, Refused) as wrong:
        shown = _derived_form if own.formula else _own_form
        return shown(request, form, own=own, wrong=wrong)
    return request.go(f"/prices/lists/{own.id}", notice="price_list_saved")


def _own(request: Request) -> OwnList:
    return found(load_book(request.db)[0].find(request.params["list_id"]))


def _own_form(
    request: Request, form: Form, *, own: OwnList | None = None, wrong: Invalid | Refused | None = None
) -> Response:
    t = request.t.t
    return form_page(
        request,
        "pricing/list_form.html",
        form,
        wrong,
        own=own,
        version=load_book(request.db)[1],
        currencies=tuple((one, one) for one in CURRENCIES),
        vat_modes=tuple((one, t(f"pricing.vat_{one}")) for one in ("included", "on_top")),
    )


def _derived_form(
    request: Request,
    form: Form,
    *,
    own: OwnList | None = None,
    wrong: Invalid | Refused | None = None,
    samples: tuple[office.Sample, ...] | None = None,
) -> Response:
    known = office.bases(request.db)
    return form_page(
        request,
        "pricing/derived_form.html",
        form,
        wrong,
        own=own,
        version=load_book(request.db)[1],
        bases=(
            *(() if form.get("base") else (("", request.t.t("pricing.choose_base")),)),
            *list_options(request, known, without=(own.id,) if own else ()),
        ),
        samples=samples,
    )


def _previewed(request: Request, form: Form, own: OwnList | None) -> Response:
    checks = Checks(form)
    formula = formula_from_form(checks, [one.id for one in office.bases(request.db)])
    if checks.wrong:
        return _derived_form(request, form, own=own, wrong=Invalid(fields=checks.wrong))
    samples = office.formula_samples(request.db, formula, request.person.currency, request.now)
    return _derived_form(request, form, own=own, samples=tuple(samples))


def _typed(request: Request, own: OwnList) -> Form:
    fmt = Formats(request.locale, request.time_zone)
    form = {
        "name": own.name,
        "since": own.since.isoformat() if own.since else "",
        "until": own.until.isoformat() if own.until else "",
        "exclusive": "1" if own.exclusive else "",
        "fixed": "1" if own.fixed else "",
        "currency": own.currency,
        "vat": "included" if own.vat_included else "on_top",
    }
    if own.formula:
        form["base"] = own.formula.base_id
        for name in ("factor", "step", "surcharge", "least_margin", "most_margin"):
            value = getattr(own.formula, name)
            form[name] = "" if value is None else fmt.quantity(value)
    return form
