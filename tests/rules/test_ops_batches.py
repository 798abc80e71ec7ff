"""Batches of queue messages, and which room's work a message is."""

from __future__ import annotations

import importlib
import json
import pkgutil
import subprocess
import sys
from typing import Any

import pytest

import chalicelib
from chalicelib.ops.batches import each_message
from chalicelib.ops.registry import due_handler, event_handler

_ROOMS = [room.name for room in pkgutil.iter_modules(chalicelib.__path__)]


def _jobs() -> list[Any]:
    found = [f"chalicelib.{room}.jobs" for room in _ROOMS if importlib.util.find_spec(f"chalicelib.{room}.jobs")]
    return [importlib.import_module(name) for name in found]


def _message(number: int, group: str = "") -> dict[str, Any]:
    attributes = {"MessageGroupId": group} if group else {}
    return {"messageId": f"m{number}", "body": json.dumps({"n": number}), "attributes": attributes}


def _failed(answer: dict[str, Any]) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def test_a_message_that_failed_comes_back_alone() -> None:
    handled: list[int] = []

    def handle(body: dict[str, Any]) -> None:
        if body["n"] == 1:
            raise RuntimeError("no")
        handled.append(body["n"])

    assert _failed(each_message({"Records": [_message(n) for n in range(4)]}, handle)) == ["m1"]
    assert handled == [0, 2, 3]


def test_a_failure_holds_back_what_follows_in_its_own_group_only() -> None:
    handled: list[int] = []

    def handle(body: dict[str, Any]) -> None:
        if body["n"] == 1:
            raise RuntimeError("no")
        handled.append(body["n"])

    batch = [_message(n, group) for n, group in enumerate("abaabb")]
    assert _failed(each_message({"Records": batch}, handle)) == ["m1", "m4", "m5"]
    assert handled == [0, 2, 3]


def test_a_message_that_is_no_json_is_a_failure_like_any_other() -> None:
    broken = _message(0) | {"body": "{"}
    assert _failed(each_message({"Records": [broken, _message(1)]}, lambda _: None)) == ["m0"]


def test_what_a_failed_message_said_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    def handle(body: dict[str, Any]) -> None:
        raise RuntimeError("secret@example.org")

    each_message({"Records": [_message(0)]}, handle)
    (entry,) = caplog.records
    assert entry.message == "message failed"
    assert "secret" not in str(vars(entry))


def test_every_event_and_due_work_that_a_room_handles_reaches_it() -> None:
    for jobs in _jobs():
        for name, handler in getattr(jobs, "HANDLERS", {}).items():
            assert event_handler(name) is handler, name
        for kind, handler in getattr(jobs, "DUE", {}).items():
            assert due_handler(kind) is handler, kind


def test_an_event_that_nobody_handles_is_nobodys_and_unknown_due_work_is_an_error() -> None:
    assert event_handler("weather.changed") is None
    assert event_handler("order.dreamed") is None
    with pytest.raises(LookupError):
        due_handler("weather")


@pytest.mark.parametrize("event", ["invitation.created", "weather.changed"])
def test_an_event_brings_in_its_own_room_only(event: str) -> None:
    program = (
        "import sys\n"
        "from chalicelib.ops.registry import event_handler\n"
        f"event_handler({event!r})\n"
        "print(*(name for name in sys.modules if name.startswith('chalicelib.')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[1] for name in done.stdout.split()}
    assert not loaded & {"ordering", "billing", "exchange"}
