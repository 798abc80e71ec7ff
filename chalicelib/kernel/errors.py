"""The one tree of refusals.

An action raises one of these with a *code* and parameters; the edge turns it into a page or into
`application/problem+json` with the text `error.<code>` of the reader's language.

    KontorError
    ├── Invalid          422  what was sent is malformed; `fields` names each wrong field
    ├── Refused          409  a rule of the trade says no (stock, credit, state)
    ├── Unauthenticated  401  nobody is signed in
    ├── Forbidden        403  signed in, but the role may not do this
    ├── NotFound         404  absent, or another tenant's or dealer's: the two are never told apart
    ├── TooMany          429  `retry_after` seconds
    └── Unavailable      503  a dependency did not answer; nothing was changed
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One named thing that is wrong: a form field, a row of a file, a short order line."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)


class KontorError(Exception):
    """A refusal with a stable code; `params` fill the text's placeholders."""

    status = 500

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params: dict[str, object] = params

    def __str__(self) -> str:
        return f"{self.code} {self.params}" if self.params else self.code


class Invalid(KontorError):
    """Malformed input. `fields` maps a field's name (or `line 3`) to what is wrong with it."""

    status = 422

    def __init__(self, code: str = "invalid", fields: Mapping[str, Complaint] | None = None, **params: object) -> None:
        super().__init__(code, **params)
        self.fields: dict[str, Complaint] = dict(fields or {})


class Refused(KontorError):
    """A rule says no. `complaints` lists every reason at once, never only the first."""

    status = 409

    def __init__(self, code: str, complaints: tuple[Complaint, ...] = (), **params: object) -> None:
        super().__init__(code, **params)
        self.complaints = complaints


class Unauthenticated(KontorError):
    status = 401


class Forbidden(KontorError):
    status = 403


class NotFound(KontorError):
    status = 404

    def __init__(self, code: str = "not_found", **params: object) -> None:
        super().__init__(code, **params)


def found(thing: _T | None) -> _T:
    """What was looked for; NotFound when there is no such thing."""
    if thing is None:
        raise NotFound()
    return thing


class TooMany(KontorError):
    status = 429

    def __init__(self, code: str, retry_after: int, **params: object) -> None:
        super().__init__(code, retry_after=retry_after, **params)
        self.retry_after = retry_after


class Unavailable(KontorError):
    status = 503
