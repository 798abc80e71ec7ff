"""What the launcher answers itself before MiniStack sees a request.

- `http://localhost:<port>/` is the cabinet: requests for that host go to the API's stage as if by
  an API Gateway custom domain. (MiniStack takes only names with a dot for custom domains, and it
  keeps paths such as /login and /health for itself on every host.) AWS calls use 127.0.0.1.
- `/_kontor/...` on 127.0.0.1: the mailbox page and the launcher's own switches.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote

import mailpage
from durability import Durability

CABINET_HOSTS = ("localhost", "kontor.localhost")
CABINET_DOMAIN = "kontor.localhost"  # the custom domain that a deployment registers

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Any, Send], Awaitable[None]]


def in_front_of(application: Application, gateway: Any, durability: Durability) -> Application:
    """The ASGI application to serve; `gateway` is MiniStack's apigateway_v1 module."""

    async def front(scope: Scope, receive: Any, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        durability.seen_request()
        host = _header(scope, b"host").rsplit(":", 1)[0].lower()
        if host in CABINET_HOSTS:
            await _to_cabinet(application, gateway, scope, receive, send)
        elif scope["path"].startswith("/_kontor/"):
            await _own_page(scope, send, durability)
        else:
            await application(scope, receive, send)

    return front


async def _to_cabinet(application: Application, gateway: Any, scope: Scope, receive: Any, send: Send) -> None:
    target = gateway.resolve_base_path_mapping(CABINET_DOMAIN, scope["path"])
    if target is None:
        await _answer(send, 503, "text/plain; charset=utf-8", b"Kontor is not deployed here yet: make run\n")
        return
    api, stage, _ = target
    prefix = f"/_aws/execute-api/{api}/{stage}"
    raw = scope.get("raw_path") or scope["path"].encode()
    if not _header(scope, b"content-type"):
        # 1C names no type. AWS takes such a body for binary where `*/*` is; MiniStack would spoil it as text.
        scope = {**scope, "headers": [*scope["headers"], (b"content-type", b"application/octet-stream")]}
    await application({**scope, "path": prefix + scope["path"], "raw_path": prefix.encode() + raw}, receive, send)


async def _own_page(scope: Scope, send: Send, durability: Durability) -> None:
    method, path = scope["method"], scope["path"].rstrip("/")
    if (method, path) == ("POST", "/_kontor/hold"):
        durability.hold()
        await _answer(send, 200, "application/json", b"{}")
    elif (method, path) == ("POST", "/_kontor/snapshot"):
        durability.snapshot()
        await _answer(send, 200, "application/json", b"{}")
    elif (method, path) == ("GET", "/_kontor/status"):
        await _answer(send, 200, "application/json", json.dumps(durability.status()).encode())
    elif (method, path) == ("GET", mailpage.PATH):
        page = mailpage.page(durability.sent_mails())
        await _answer(send, 200, "text/html; charset=utf-8", page, mailpage.POLICY)
    elif method == "GET" and path.startswith(mailpage.PATH + "/"):
        await _attachment(send, path, durability)
    else:
        await _answer(send, 404, "text/plain; charset=utf-8", b"no such page\n")


async def _attachment(send: Send, path: str, durability: Durability) -> None:
    identity, _, number = unquote(path.removeprefix(mailpage.PATH + "/")).partition("/")
    mails = durability.sent_mails()
    found = mailpage.attachment(mails, identity, int(number)) if number.isdecimal() else None
    if found is None:
        await _answer(send, 404, "text/plain; charset=utf-8", b"no such attachment\n")
        return
    media_type, content = found
    await _answer(send, 200, media_type, content, "sandbox")


def _header(scope: Scope, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name.lower() == wanted), "")


async def _answer(send: Send, status: int, media_type: str, body: bytes, policy: str = "default-src 'none'") -> None:
    headers = [
        (b"content-type", media_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
