"""Doors that belong to no room: static files and the health check."""

from __future__ import annotations

from chalicelib.http.doors import PUBLIC, Doors
from chalicelib.http.request import Request
from chalicelib.http.responses import Response, json_body
from chalicelib.http.static_files import read_static

doors = Doors(__name__)


@doors.endpoint("/static/{mark}/{name}", may=PUBLIC)
def static_file(request: Request) -> Response:
    """A file whose address changes with its content: browsers may keep it for ever."""
    content, content_type = read_static(request.params["mark"], request.params["name"])
    return Response(
        # Text goes as text: API Gateway decodes base64 only for clients that send an Accept header.
        body=content if content_type == "image/png" else content.decode(),
        content_type=content_type,
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )


@doors.endpoint("/health", may=PUBLIC)
def health(_: Request) -> Response:
    return json_body({"status": "ok"})
