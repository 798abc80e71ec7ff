"""Doors: a manufacturer signs up and confirms the e-mail."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.http.doors import PUBLIC
from chalicelib.http.i18n import LOCALES
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.identity.actions import signing_up
from chalicelib.identity.desk import desk
from chalicelib.identity.model import normal_email
from chalicelib.identity.pages.registry import again, doors, go_on, step_secret, typed, visitor
from chalicelib.identity.passwords import PASSWORD_MIN, password_complaint
from chalicelib.kernel.errors import Complaint, Invalid, KontorError, Refused
from chalicelib.tenancy import options
from chalicelib.tenancy.company import checked_company

_FORM = "identity/signup.html"
_CONFIRM = "identity/signup_confirm.html"
_NAME_LENGTH = 80


@doors.page("/signup", may=PUBLIC)
def sign_up_page(request: Request) -> Response:
    if request.session is not None:
        return request.go("/")
    form = {"country": options.likely_country(request.locale)}
    return request.page(_FORM, form=form, errors={}, summary=None, **_choices(request))


@doors.page("/signup", may=PUBLIC, methods=("POST",))
def sign_up(request: Request) -> Response:
    try:
        entry = signing_up.sign_up(desk(), _typed(request), visitor=visitor(request), now=request.now)
    except KontorError as refusal:
        return again(request, _FORM, refusal, **_choices(request))
    return go_on(request, entry)


@doors.page("/signup/confirm", may=PUBLIC)
def confirm_page(request: Request) -> Response:
    waiting = signing_up.waiting_email(desk(), step_secret(request))
    form = {"email": waiting or ""}
    return request.page(_CONFIRM, form=form, errors={}, summary=None, waiting=waiting, least=PASSWORD_MIN)


@doors.page("/signup/confirm", may=PUBLIC, methods=("POST",))
def confirm(request: Request) -> Response:
    waiting = signing_up.waiting_email(desk(), step_secret(request))
    try:
        entry = signing_up.confirm(
            desk(),
            step_secret=step_secret(request),
            email=waiting or normal_email(request.form.text("email")),
            code="".join(request.form.text("code").split()),
            password=request.form.get("password", [""])[0],
            visitor=visitor(request),
            now=request.now,
        )
    except Refused as refusal:
        return request.go("/signin", notice=refusal.code)
    except KontorError as refusal:
        return again(request, _CONFIRM, refusal, waiting=waiting, least=PASSWORD_MIN)
    return go_on(request, entry)


@doors.page("/signup/resend", may=PUBLIC, methods=("POST",))
def resend(request: Request) -> Response:
    waiting = signing_up.waiting_email(desk(), step_secret(request))
    try:
        email = waiting or normal_email(request.form.text("email"))
        signing_up.resend_code(desk(), email=email, visitor=visitor(request), now=request.now)
    except KontorError as refusal:
        return again(request, _CONFIRM, refusal, waiting=waiting, least=PASSWORD_MIN)
    return request.go("/signup/confirm", notice="code_sent")


def _typed(request: Request) -> signing_up.Typed:
    """The whole form; Invalid names every wrong field of it at once."""
    form = request.form
    wrong: dict[str, Complaint] = {}
    company, email = None, ""
    try:
        company = checked_company(options.as_at_home(typed(request), request.locale))
    except Invalid as invalid:
        wrong |= invalid.fields
    name = form.text("name")
    if not name:
        wrong["name"] = Complaint(code="required")
    elif len(name) > _NAME_LENGTH:
        wrong["name"] = Complaint(code="too_long", params={"limit": _NAME_LENGTH})
    try:
        email = normal_email(form.text("email"))
    except Invalid as invalid:
        wrong |= invalid.fields
    password = form.get("password", [""])[0]
    if complaint := password_complaint(password, email):
        wrong["password"] = complaint
    if wrong or company is None:
        raise Invalid(fields=wrong)
    return signing_up.Typed(company=company, name=name, email=email, password=password, once=request.idempotency_key)


def _choices(request: Request) -> dict[str, Any]:
    as_country = ("", request.t.t("identity.as_country"))
    return {
        "countries": options.countries(request.locale),
        "homes": json.dumps(options.homes(request.locale)),
        "currencies": (as_country, *options.currencies(request.locale)),
        "time_zones": (as_country, *options.time_zones(request.locale, request.now)),
        "languages": (as_country, *((one, request.t.t(f"http.language.{one}")) for one in LOCALES)),
        "least": PASSWORD_MIN,
    }
