"""What the pages of prices share: the blueprint, a wish of a form, a form shown again, names of lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from chalicelib.http.doors import Doors
from chalicelib.http.problems import field_errors, sentence
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.kernel.access import Permission
from chalicelib.kernel.errors import Invalid, Refused
from chalicelib.network.model import PriceType
from chalicelib.pricing.actions import PriceChange
from chalicelib.pricing.lists import OwnList

doors = Doors("chalicelib.pricing.pages")
MAY = Permission.PRICES_EDIT
Form = dict[str, str]
Options = tuple[tuple[str, str], ...]
_SPARE = 2  # empty selects behind the chosen lists


def wish(request: Request, action: str, **about: str) -> PriceChange:
    """The change of the posted form; its field `version` says what the person saw."""
    return PriceChange(
        actor=request.actor,
        version=request.form.version,
        key=request.idempotency_key,
        action=action,
        about=about,
        now=request.now,
    )


def form_page(
    request: Request,
    template: str,
    form: Form,
    wrong: Invalid | Refused | None = None,
    *,
    status: int = 200,
    **context: Any,
) -> Response:
    """A form with what was typed and what is wrong with it: at its fields, or as a whole (`refused`, sentences)."""
    errors = field_errors(request.t, wrong) if isinstance(wrong, Invalid) else {}
    told = said(request, wrong) if wrong and not errors else ()
    status = wrong.status if wrong else status
    return request.page(template, status=status, form=form, errors=errors, refused=told, **context)


def said(request: Request, wrong: Invalid | Refused) -> tuple[str, ...]:
    """What was refused and every reason."""
    complaints = wrong.complaints if isinstance(wrong, Refused) else ()
    return (sentence(request.t, wrong), *(sentence(request.t, one) for one in complaints))


def list_options(request: Request, known: Iterable[OwnList | PriceType], *, without: Sequence[str] = ()) -> Options:
    """Lists and price types for a select, by id."""
    t = request.t.t
    return tuple(
        (one.id, one.name if isinstance(one, OwnList) else t("pricing.price_type_named", name=one.name))
        for one in known
        if one.id not in without
    )


def names_of(known: Iterable[OwnList | PriceType]) -> dict[str, str]:
    """What lists and price types are called, by id."""
    return {one.id: one.name for one in known}


def chosen_lists(given: Sequence[str]) -> list[str]:
    """What the selects of an ordered choice show: the given lists, and room for more."""
    return [*given, *[""] * _SPARE]
