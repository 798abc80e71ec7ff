"""Where a page's pictures come from."""

from __future__ import annotations

from chalicelib.http.doors import Doors
from chalicelib.http.request import Request
from chalicelib.http.responses import Response
from chalicelib.kernel.access import Permission
from chalicelib.pictures import actions

CACHE_CONTROL = "private, max-age=31536000, immutable"
doors = Doors(__name__)


@doors.page("/pictures/{picture}", may=Permission.CATALOGUE_READ)
def picture(request: Request) -> Response:
    """A copy of a picture. Its address names its content, so a browser asks for it once (docs/adr/0021)."""
    body = actions.copy_of(request.db, request.params["picture"])
    return Response(body=body, content_type="image/webp", headers={"Cache-Control": CACHE_CONTROL})
