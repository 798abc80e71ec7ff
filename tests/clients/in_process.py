"""The application in this process, reached by the events that API Gateway would send it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.clients.onec import Reply


@dataclass
class _Context:
    aws_request_id: str = "test-request"


class InProcess:
    """A `Transport`: each call is one invocation of the web function."""

    def __init__(self) -> None:
        import app

        self._app = app.app

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        parts = urlsplit(path)
        query: dict[str, list[str]] = {}
        for name, value in parse_qsl(parts.query, keep_blank_values=True):
            query.setdefault(name, []).append(value)
        resource, params = self._route(method, parts.path)
        event = {
            "resource": resource,
            "path": parts.path,
            "httpMethod": method,
            "headers": {"Host": "kontor.example", **headers},
            "multiValueHeaders": {name: [value] for name, value in {"Host": "kontor.example", **headers}.items()},
            "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
            "multiValueQueryStringParameters": query or None,
            "pathParameters": params or None,
            "stageVariables": None,
            "requestContext": {
                "resourcePath": resource,
                "httpMethod": method,
                "stage": "api",
                "requestId": "test-request",
                "identity": {"sourceIp": "127.0.0.1"},
            },
            "body": base64.b64encode(body).decode() if body else None,
            "isBase64Encoded": bool(body),
        }
        answer: dict[str, Any] = self._app(json.loads(json.dumps(event)), _Context())
        content = answer.get("body") or ""
        raw = base64.b64decode(content) if answer.get("isBase64Encoded") else content.encode()
        received: dict[str, list[str]] = {
            name.lower(): [value] for name, value in (answer.get("headers") or {}).items()
        }
        for name, values in (answer.get("multiValueHeaders") or {}).items():
            received[name.lower()] = list(values)
        return Reply(answer["statusCode"], received, raw)

    def _route(self, method: str, path: str) -> tuple[str, dict[str, str]]:
        """The route that API Gateway would choose: the one with the fewest parameters that fits, and the greedy one
        when there is none or it does not take the method."""
        for template in sorted(self._app.routes, key=lambda one: one.count("{")):
            pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template))
            if found := re.fullmatch(pattern, path):
                if method not in self._app.routes[template]:
                    break
                return template, {name: unquote(value) for name, value in found.groupdict().items()}
        return "/{proxy+}", {"proxy": unquote(path[1:])}
