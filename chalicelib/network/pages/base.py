"""What the network's pages share: the blueprint, a form shown again, the options of its selects."""

from __future__ import annotations

from typing import Any

from chalicelib.http.doors import Doors
from chalicelib.http.problems import field_errors
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.kernel.access import Permission
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.money import CURRENCIES
from chalicelib.kernel.taxids import COUNTRIES
from chalicelib.network.actions.reading import choices
from chalicelib.network.model import VatMode
from chalicelib.network.store import load_segments

doors = Doors("chalicelib.network.pages")
READ, EDIT = Permission.NETWORK_READ, Permission.NETWORK_EDIT
DEALER = "/dealers/{party_id}"
Form = dict[str, str]


def form_page(request: Request, template: str, form: Form, wrong: Invalid | None = None, **context: Any) -> Response:
    """A form with what was typed and what is wrong with it."""
    errors = field_errors(request.t, wrong) if wrong else {}
    return request.page(template, status=422 if wrong else 200, form=form, errors=errors, **context)


def contract_options(request: Request, chosen: tuple[str, ...] | None = None) -> dict[str, Any]:
    t, known = request.t.t, choices(request.db)
    return {
        "countries": country_names(request.locale).items(),
        "currencies": tuple((code, code) for code in CURRENCIES),
        "price_types": (("", t("network.default_price_type")), *((p.id, p.name) for p in known.price_types)),
        "vat_modes": tuple((str(mode), t(f"network.vat.{mode}")) for mode in VatMode),
        "warehouses": tuple((one.id, one.name or one.id) for one in known.warehouses),
        "chosen": request.form.all("warehouse") if chosen is None else chosen,
    }


def segment_options(request: Request) -> dict[str, Any]:
    """What the selects of a dealer's group and region offer."""
    segments, none = load_segments(request.db), ("", request.t.t("network.no_segment"))
    return {
        "groups": (none, *((one.id, one.name) for one in segments.groups)),
        "regions": (none, *((one.id, one.name) for one in segments.regions)),
    }


def country_names(locale: str) -> dict[str, str]:
    """Countries that a legal entity may be of, by code, in the reader's language."""
    from babel.core import Locale

    names = Locale.parse(locale).territories
    return {code: str(names[code]) for code in COUNTRIES}
