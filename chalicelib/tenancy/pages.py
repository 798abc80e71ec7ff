"""Doors: the tenant's settings."""

from __future__ import annotations

from typing import Any

from chalicelib.http.doors import Doors
from chalicelib.http.i18n import LOCALES
from chalicelib.http.problems import field_errors
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.kernel.access import Permission
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.numbers import parse_decimal
from chalicelib.tenancy import actions, options, store
from chalicelib.tenancy.model import RoundingBase, TenantSettings

doors = Doors(__name__)
_SETTINGS = "tenancy/settings.html"


@doors.page("/settings", may=Permission.SETTINGS)
def settings_page(request: Request) -> Response:
    settings = store.load_settings(request.db)
    return _settings(request, settings, _form(settings))


@doors.page("/settings", may=Permission.SETTINGS, methods=("POST",))
def change_settings(request: Request) -> Response:
    weekdays = request.form.all("closed_weekdays")
    try:
        settings = actions.change_settings(
            request.db,
            request.actor,
            request.form.plain(),
            weekdays=weekdays,
            parse_number=parse_decimal,
            now=request.now,
        )
    except Invalid as refusal:
        form = {**request.form.plain(), "closed_weekdays": weekdays}
        before = store.load_settings(request.db)
        return _settings(request, before, form, errors=field_errors(request.t, refusal), status=422)
    actions.tell_session(request.db, request.session, settings)
    return request.go("/settings", notice="saved")


def _settings(
    request: Request,
    settings: TenantSettings,
    form: dict[str, Any],
    *,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    t = request.t.t
    return request.page(
        _SETTINGS,
        status=status,
        settings=settings,
        form=form,
        errors=errors or {},
        languages=tuple((one, t(f"http.language.{one}")) for one in LOCALES),
        time_zones=options.time_zones(request.locale, request.now, settings.time_zone),
        rounding=tuple((str(one), t(f"tenancy.rounding.{one}")) for one in RoundingBase),
        weekdays=options.weekdays(request.locale),
        country=dict(options.countries(request.locale)).get(settings.country, settings.country),
    )


def _form(settings: TenantSettings) -> dict[str, Any]:
    """The settings as they are typed."""
    return {
        "company": settings.name,
        "tax_id": settings.tax_id,
        "address": settings.address,
        "bank_details": settings.bank_details,
        "locale": settings.locale,
        "time_zone": settings.time_zone,
        "order_prefix": settings.order_prefix,
        "vat_rate": "\n".join(f"{one.percent:f} {one.since or ''}".strip() for one in settings.vat_rates),
        "rounding_base": str(settings.rounding_base),
        "safety_stock": f"{settings.safety_stock:f}",
        "reserve_hours": str(settings.reserve_hours),
        "news_days": str(settings.news_days),
        "transit_orders": settings.transit_orders,
        "reminder_days": ", ".join(str(day) for day in settings.reminder_days),
        "closed_days": "\n".join(settings.closed_days),
        "closed_weekdays": [str(day) for day in settings.closed_weekdays],
    }
