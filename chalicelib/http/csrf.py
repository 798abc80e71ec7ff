"""Only our own pages may submit our forms.

Every unsafe request needs the token derived from the session's secret (or, before sign-in, from a random cookie)
and must not come from another site by the browser's own word.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from chalicelib.kernel.errors import Forbidden

FORM_COOKIE = "kontor-form"
HEADER = "x-csrf-token"


def token_for(secret: str) -> str:
    return hmac.new(secret.encode(), b"kontor csrf", hashlib.sha256).hexdigest()


def check(headers: Mapping[str, str], secret: str | None, sent: str | None) -> None:
    """Raises Forbidden("csrf") unless the token is this browser's and the request came from our own pages."""
    site = headers.get("sec-fetch-site", "same-origin")
    if site not in ("same-origin", "none"):
        raise Forbidden("csrf")
    origin = headers.get("origin")
    if origin and origin != "null" and urlsplit(origin).netloc != headers.get("host", ""):
        raise Forbidden("csrf")
    if not secret or not sent or not hmac.compare_digest(token_for(secret).encode(), sent.encode()):
        raise Forbidden("csrf")
