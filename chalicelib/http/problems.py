"""A refusal as the reader needs it: a page for people, `application/problem+json` (RFC 9457) for programs."""

from __future__ import annotations

from chalicelib.http.i18n import Translator
from chalicelib.http.request import Request
from chalicelib.http.responses import Response, json_body
from chalicelib.kernel.errors import Complaint, Invalid, KontorError, Refused, TooMany


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
    return _with_retry(response, refusal)


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
        request_id=request.request_id,
    )
    return _with_retry(response, refusal)


def _with_retry(response: Response, refusal: KontorError) -> Response:
    if not isinstance(refusal, TooMany):
        return response
    return Response(
        status=response.status,
        body=response.body,
        content_type=response.content_type,
        headers={"Retry-After": str(refusal.retry_after)},
    )
