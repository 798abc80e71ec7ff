"""What API Gateway answers by itself: requests too large or too many, no answer in time.

It can't tell a reader's language or a program from a person, so there is one page for each case with the texts of our
error pages in every language, one above the other, and the security headers of every page of ours.
"""

from typing import Any

from markupsafe import Markup

from chalicelib.http.i18n import LOCALES, translator
from chalicelib.http.responses import SECURITY_HEADERS
from chalicelib.http.static_files import static_url

# Gateway response → (whose texts of `http.error.<status>`, the status to answer with; None = the gateway's own).
RESPONSES: dict[str, tuple[int, int | None]] = {
    "DEFAULT_4XX": (400, None),
    "DEFAULT_5XX": (503, None),
    "MISSING_AUTHENTICATION_TOKEN": (404, 404),  # what it says where there is no such address
    "REQUEST_TOO_LARGE": (413, None),
    "THROTTLED": (429, None),
    "QUOTA_EXCEEDED": (429, None),
}
_WAIT = "60"  # seconds

_PAGE = Markup("""<!doctype html>
<html lang="{first}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · {product}</title>
<link rel="stylesheet" href="{style}">
</head>
<body class="alone">
<header><a class="brand" href="/"><span>{product}</span></a></header>
<main class="card">{sections}
<p class="small muted">{request_id} $context.requestId</p>
</main>
</body>
</html>
""")
_SECTION = Markup("""
<section lang="{lang}"><{head}>{title}</{head}><p>{text} {kept} {next}</p><p><a href="/">{start}</a></p></section>""")


def gateway_responses() -> dict[str, Any]:
    """SAM's `GatewayResponses` of the API: by type, each with its headers and its page."""
    return {kind: _response(texts, status) for kind, (texts, status) in RESPONSES.items()}


def _response(texts: int, status: int | None) -> dict[str, Any]:
    headers = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", **SECURITY_HEADERS}
    if texts in (429, 503):
        headers["Retry-After"] = _WAIT
    response: dict[str, Any] = {
        "ResponseParameters": {"Headers": {name: f"'{value}'" for name, value in headers.items()}},
        # The gateway takes the template of this type whatever the request accepts; the header says what it is.
        "ResponseTemplates": {"application/json": _page(texts)},
    }
    return response if status is None else {"StatusCode": str(status), **response}


def _page(texts: int) -> str:
    first = translator(LOCALES[0])
    sections = [
        _SECTION.format(
            lang=locale,
            head="h1" if locale == LOCALES[0] else "h2",
            start=translator(locale).t("http.to_start_page"),
            **{part: translator(locale).t(f"http.error.{texts}.{part}") for part in ("title", "text", "kept", "next")},
        )
        for locale in LOCALES
    ]
    return _PAGE.format(
        first=LOCALES[0],
        title=first.t(f"http.error.{texts}.title"),
        product=first.t("http.product"),
        style=static_url("kontor.css"),
        sections=Markup("").join(sections),
        request_id=first.t("http.request_id"),
    )
