"""What a door answers with."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlsplit

from chalice.app import Response as ChaliceResponse

_TEXT = "text/plain; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PAGE_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "font-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
SECURITY_HEADERS = {
    "Content-Security-Policy": _PAGE_POLICY,
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A reply. `cookies` are complete `Set-Cookie` values."""

    status: int = 200
    body: str | bytes = ""
    content_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()


def sending_to(action: str, page: Response, *, by_script: bool = False) -> Response:
    """A page whose form goes straight to another server, such as S3: its policy lets it, and also its script if that
    sends the form several times."""
    where = urlsplit(action)
    policy = _PAGE_POLICY
    for rule in ("form-action 'self'", "connect-src 'self'") if by_script else ("form-action 'self'",):
        policy = policy.replace(rule, f"{rule} {where.scheme}://{where.netloc}")
    return replace(page, headers={**page.headers, "Content-Security-Policy": policy})


def redirect(location: str, *, cookies: tuple[str, ...] = ()) -> Response:
    """Go and GET that: the answer to a form that was carried out."""
    return Response(status=303, headers={"Location": location}, content_type=_TEXT, cookies=cookies)


def text(body: str, *, status: int = 200, cookies: tuple[str, ...] = ()) -> Response:
    return Response(status=status, body=body, content_type=_TEXT, cookies=cookies)


def json_body(value: object, *, status: int = 200, content_type: str = "application/json") -> Response:
    """JSON; Decimals must already be text (a float would lose kopecks)."""
    return Response(status=status, body=json.dumps(value, ensure_ascii=False), content_type=content_type)


def disposition(name: str, *, inline: bool = False) -> str:
    """The header that gives a file its name, which may be Cyrillic."""
    kind = "inline" if inline else "attachment"
    ascii_name = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    return f"{kind}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name)}"


def download(content: bytes, *, name: str, content_type: str, inline: bool = False) -> Response:
    """A file under a name that may be Cyrillic."""
    headers = {"Content-Disposition": disposition(name, inline=inline), "Cache-Control": "private, no-store"}
    return Response(body=content, content_type=content_type, headers=headers)


class LambdaReply(ChaliceResponse):
    """Bytes are sent base64-encoded whatever the client's Accept header says.

    Chalice itself refuses binary answers to clients without `Accept`, and 1C sends none.
    """

    def to_dict(self, binary_types: list[str] | None = None) -> dict[str, Any]:  # noqa: ARG002 - Chalice passes it
        if not isinstance(self.body, bytes):
            return super().to_dict()
        single, multi = self._sort_headers(self.headers)
        return {
            "headers": single,
            "multiValueHeaders": multi,
            "statusCode": self.status_code,
            "body": base64.b64encode(self.body).decode(),
            "isBase64Encoded": True,
        }


def as_chalice(response: Response) -> ChaliceResponse:
    headers: dict[str, Any] = {"Cache-Control": "no-store", **SECURITY_HEADERS, **response.headers}
    if response.status != 304:
        headers["Content-Type"] = response.content_type
    if response.cookies:
        headers["Set-Cookie"] = list(response.cookies)
    return LambdaReply(response.body, headers=headers, status_code=response.status)
