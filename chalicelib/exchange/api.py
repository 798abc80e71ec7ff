"""The door of 1C: one address, everything in the query string, plain text answers (protocol §§0–6).

Every answer is 200: 1C parses the body whatever the status is, and shows the sentence after `failure` to its user.
"""

from __future__ import annotations

import time
from dataclasses import replace

from chalicelib.exchange import protocol
from chalicelib.exchange.actions import ending, orders, sessions, uploads
from chalicelib.exchange.actions.sessions import COOKIE, Signed
from chalicelib.exchange.model import Direction, Upload, UploadState
from chalicelib.gateways.settings import settings
from chalicelib.gateways.telemetry import count, failure
from chalicelib.http.doors import Doors
from chalicelib.http.i18n import Translator, translator
from chalicelib.http.problems import sentence
from chalicelib.http.request import Request
from chalicelib.http.responses import Response, text
from chalicelib.kernel.errors import Invalid, KontorError, Unauthenticated
from chalicelib.tenancy.model import Charset, TenantSettings

WAIT_SECONDS = 5.0
"""How long `mode=import` is held back while the file is being imported (protocol §4).

УТ asks again without any pause, so an answer at once would bring hundreds of requests a second: held for five, a long
import costs twelve a minute. УНФ waits five seconds itself before each. Holding longer gains neither anything, and
keeps a worker of the web function, which pays for waiting by the second and is stopped after 28, from other people.
"""
doors = Doors(__name__)


@doors.machine("/1c_exchange.php")
def exchange(request: Request) -> Response:
    return _answer(request)


@doors.machine("/bitrix/admin/1c_exchange.php")
def exchange_as_bitrix(request: Request) -> Response:
    """Where 1C asks when its user has typed only the site's name."""
    return _answer(request)


def _answer(request: Request) -> Response:
    mode = request.query.text("mode").lower()
    locale = "ru"
    try:
        direction = protocol.direction_of(request.query.text("type"))
        if mode == "checkauth":
            return _check_in(request, direction)
        signed = _signed(request, direction)
        locale = signed.settings.locale
        response = _carried_out(request, signed, direction, mode)
        count("exchange_requests", signed.db.tenant_id)
        return response
    except KontorError as refusal:
        return text(protocol.failure(sentence(translator(locale), refusal)))
    except Exception as broken:
        failure("the exchange failed", broken, request_id=request.request_id, mode=mode[:20])
        return text(protocol.failure(sentence(translator(locale), KontorError("internal"))))


def _check_in(request: Request, direction: Direction) -> Response:
    given = protocol.credentials(request.headers)
    if given is None:
        raise Unauthenticated("exchange_no_login")
    signed = sessions.sign_in(given.login, given.password, direction, request.now)
    body = protocol.checked_in(direction, COOKIE, signed.cookie, signed.form_key, int(request.now.timestamp()))
    return text(body, cookies=(_set_cookie(signed.cookie),))


def _set_cookie(value: str) -> str:
    secure = "; Secure" if settings().cookie_secure else ""
    return f"{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax{secure}"


def _signed(request: Request, direction: Direction) -> Signed:
    """By the cookie; by the password alone for clients that send it with every request and keep no cookies."""
    cookie = request.cookies.get(COOKIE)
    signed = sessions.resume(cookie) if cookie else None
    if signed is not None:
        return signed
    given = protocol.credentials(request.headers)
    if given is None:
        raise Unauthenticated("exchange_no_session")
    return sessions.resume_by_password(given.login, given.password, direction, request.now)


def _carried_out(request: Request, signed: Signed, direction: Direction, mode: str) -> Response:
    t = translator(signed.settings.locale)
    tenant = _readable(request, signed.settings)
    match mode:
        case "init":
            begun = sessions.begin_set(signed, request.now)
            asks_version = bool(request.query.text("version"))
            return text(protocol.begun(begun.form_key, asks_version=asks_version))
        case "file":
            return _receive(request, signed, direction, t)
        case "import":
            return _import(request, signed, t)
        case "query" if direction is Direction.SALE:
            answer = orders.give_orders(signed.db, signed.session.id, tenant, _status_name(t), request.now)
            return _document(answer.body, answer.content_type)
        case "info" if direction is Direction.SALE:
            answer = orders.describe(tenant, _status_name(t), t.t("exchange.payment_by_invoice"))
            return _document(answer.body, answer.content_type)
        case "success":
            return _confirm(request, signed, direction, t)
        case "deactivate" | "complete" if direction is Direction.CATALOG:
            return _end(request, signed, mode, t)
        case _:
            raise Invalid("exchange_unknown_mode", mode=mode[:40])


def _readable(request: Request, tenant: TenantSettings) -> TenantSettings:
    """API Gateway hands bytes, and windows-1251 is bytes, only to clients with an Accept header; others get UTF-8."""
    if "accept" in request.headers:
        return tenant
    return replace(tenant, exchange=replace(tenant.exchange, charset=Charset.UTF_8))


def _document(body: bytes, content_type: str) -> Response:
    is_text = "utf-8" in content_type.lower()
    return Response(body=body.decode() if is_text else body, content_type=content_type)


def _receive(request: Request, signed: Signed, direction: Direction, t: Translator) -> Response:
    upload = uploads.receive(
        signed.db,
        signed.session.set_id,
        signed.session.id,
        direction,
        request.query.text("filename"),
        request.body,
        request.now,
    )
    return text(protocol.success(t.t("exchange.answer.received", bytes=upload.bytes)))


def _import(request: Request, signed: Signed, t: Translator) -> Response:
    upload = uploads.wait_for(
        signed.db,
        signed.session.set_id,
        request.query.text("filename"),
        request.now,
        seconds=WAIT_SECONDS,
        sleep=time.sleep,
        ticks=time.monotonic,
    )
    if upload is None:
        return text(protocol.progress(t.t("exchange.answer.progress")))
    return text(_told(upload, t))


def _told(upload: Upload, t: Translator) -> str:
    if upload.state is UploadState.FAILED:
        return protocol.failure(t.t(f"error.{upload.code}", **upload.params))
    return protocol.success(t.t("exchange.answer.imported", applied=upload.applied, rejected=upload.rejected))


def _confirm(request: Request, signed: Signed, direction: Direction, t: Translator) -> Response:
    """`type=catalog&mode=success` means nothing, and does no harm."""
    if direction is Direction.CATALOG:
        return text(protocol.success())
    exported = orders.confirm_orders(signed.db, signed.session.id, request.now)
    return text(protocol.success(t.t("exchange.answer.exported", count=exported)))


def _end(request: Request, signed: Signed, mode: str, t: Translator) -> Response:
    if mode == "deactivate" and not request.query.text("timestamp").isdecimal():
        raise Invalid("exchange_no_timestamp")
    uploads.queue_received(signed.db, signed.session.set_id, request.now)
    ending.ask_to_end(signed.db, run_id="", said=mode, now=request.now)
    return text(protocol.success(t.t("exchange.answer.ended")))


def _status_name(t: Translator) -> orders.Words:
    return lambda code: t.t(f"exchange.order_status.{code}")
