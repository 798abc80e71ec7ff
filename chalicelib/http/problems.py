"""A refusal as the reader needs it: a page for people, `application/problem+json` (RFC 9457) for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.http.i18n import Translator
from chalicelib.http.request import Request
from chalicelib.http.responses import Response, json_body
from chalicelib.kernel.errors import Complaint, Invalid, KontorError, Refused, TooMany


class WrongMethod(KontorError):
    """The address takes the methods `allowed` and no other."""

    status = 405

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__("wrong_method")
        self.allowed = tuple(allowed)


def sentence(t: Translator, refusal: KontorError | Complaint) -> str:
    """What happened, in the reader's language."""
    return t.t(f"error.{refusal.code}", **dict(refusal.params))


def field_errors(t: Translator, refusal: Invalid) -> dict[str, str]:
    """What is wrong with each field, for the form to show at its place."""
    return {name: sentence(t, complaint) for name, complaint in refusal.fields.items()}


def problem(request: Request, refusal: KontorError) -> Response:
    t = request.t
    body: dict[str, object] = {
        "type": f"{request.url('/errors')}#{refusal.code}",
        "title": sentence(t, refusal),
        "status": refusal.status,
        "code": refusal.code,
        "request_id": request.request_id,
    }
    if isinstance(refusal, Invalid) and refusal.fields:
        body["errors"] = [
            {"field": name, "code": complaint.code, "detail": sentence(t, complaint)}
            for name, complaint in refusal.fields.items()
        ]
    if isinstance(refusal, Refused) and refusal.complaints:
        body["errors"] = [{"code": c.code, "detail": sentence(t, c)} for c in refusal.complaints]
    response = json_body(body, status=refusal.status, content_type="application/problem+json")
    return _with_headers(response, refusal)


def error_page(request: Request, refusal: KontorError) -> Response:
    t = request.t
    complaints = [sentence(t, c) for c in refusal.complaints] if isinstance(refusal, Refused) else []
    if isinstance(refusal, Invalid):
        complaints = list(field_errors(t, refusal).values())
    response = request.page(
        "http/error.html",
        status=refusal.status,
        text=sentence(t, refusal),
        complaints=complaints,
        wanted_change=request.method not in ("GET", "HEAD"),
        request_id=request.request_id,
    )
    return _with_headers(response, refusal)


def _with_headers(response: Response, refusal: KontorError) -> Response:
    match refusal:
        case TooMany():
            return replace(response, headers={"Retry-After": str(refusal.retry_after)})
        case WrongMethod():
            return replace(response, headers={"Allow": ", ".join(refusal.allowed)})
    return response
