"""What the pages of rules share."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from chalicelib.assortment.keeping import Book
from chalicelib.catalogue.rules import About, What
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.http.doors import Doors
from chalicelib.http.formats import Formats
from chalicelib.http.listing import Cell, Column
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.kernel.access import Permission

doors = Doors("chalicelib.assortment.pages")
COUNT = Column(key="count", label_key="assortment.count", kind="num", phone="sum")
Form = dict[str, str]
Options = list[tuple[str, str]]


def saved_notice(replaced: bool) -> str:
    return "rule_replaced" if replaced else "rule_saved"


def subject_cell(request: Request, rule: About, names: Mapping[str, str], href: str | None) -> Cell:
    """What a rule is about, in a list of rules; `names` = what products are called."""
    t = request.t.t
    sub = t(f"assortment.what.{rule.what}") if rule.name else None
    if sub and rule.what is What.PRODUCT and rule.key in names:
        sub = f"{sub}: {names[rule.key]}"
    return Cell(rule.name or t("assortment.what.everything"), href=href, sub=sub)


def count_text(request: Request, count: int) -> str:
    return Formats(request.locale, request.time_zone).quantity(Decimal(count))


def about_text(request: Request, catalogue: Catalogue | None, rule: About) -> str:
    """How many products a rule is about; empty before the first import."""
    return count_text(request, catalogue.count_of(rule)) if catalogue else ""


def undo(request: Request, page: str, version: int, rule: About, *decided: str) -> tuple[str, str, int]:
    """What the last change took away, the door that puts it back, and the rules' version without it."""
    subject = rule.name or request.t.t("assortment.what.everything")
    return request.t.t("assortment.removed", rule=", ".join((subject, *decided))), f"{page}/{rule.id}/put-back", version


def undo_doors(page: str, may: Permission, book: Book[Any, Any]) -> None:
    """The doors that delete a rule of a page's, and put it back."""

    @doors.page(page + "/{rule_id}/remove", may=may, methods=("POST",))
    def remove_rule(request: Request) -> Response:
        book.remove(request.db, request.actor, request.params["rule_id"], request.now)
        return request.go(page, notice="rule_removed")

    @doors.page(page + "/{rule_id}/put-back", may=may, methods=("POST",))
    def put_rule_back(request: Request) -> Response:
        book.put_back(request.db, request.actor, request.params["rule_id"], request.form.version, request.now)
        return request.go(page, notice="rule_put_back")


def subject_options(request: Request, catalogue: Catalogue | None, form: Mapping[str, str]) -> dict[str, Options]:
    """What can be chosen in `assortment/parts.html`."""
    categories, brands = (catalogue.categories(), catalogue.brands()) if catalogue else ((), ())
    return {
        "what": [(str(one), request.t.t(f"assortment.what.{one}")) for one in What],
        "categories": _with(form.get("category", ""), [(c.id, "\u2003" * (c.depth - 1) + c.name) for c in categories]),
        "brands": _with(form.get("brand", ""), [(one, one) for one in brands]),
    }


def _with(chosen: str, options: Options) -> Options:
    """None at first, and what was chosen though the catalogue no longer has it."""
    known = {key for key, _ in options}
    return [("", "—"), *options, *([(chosen, chosen)] if chosen and chosen not in known else [])]
