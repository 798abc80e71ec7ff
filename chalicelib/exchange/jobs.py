"""What the import queue and the due index hand to the exchange."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime

from chalicelib.exchange import store
from chalicelib.exchange.actions import ending, uploads
from chalicelib.exchange.actions.pictures import PictureJob
from chalicelib.storage.session import TenantSession, open_tenant


def run_import(body: Mapping[str, object], now: datetime) -> None:
    """One message of the import queue; a second delivery finds everything done."""
    from chalicelib.exchange import importing, lanes, picture_import, restoring  # the worker alone needs all of it

    db = open_tenant(str(body["tenant"]))
    if body["do"] == "import":
        set_id, name, generation = str(body["set"]), str(body["name"]), int(str(body["generation"]))
        importing.import_upload(db, set_id, name, generation, now, time.sleep)
    elif body["do"] == "read":
        lanes.read_beside(db, str(body["set"]), str(body["name"]))
    elif body["do"] == "pictures":
        picture_import.import_pictures(db, PictureJob.parse(body), now, time.monotonic)
    elif body["do"] == "show":
        importing.show_what_waits(db, str(body["run"]), now)
    elif body["do"] == "restore":
        restoring.restore_version(db, str(body["entry"]), now)
    else:
        importing.end_of_run(db, str(body.get("run", "")), str(body.get("said", "")), now)


def on_due(db: TenantSession, subject: str, now: datetime) -> None:
    """An upload that fell silent is whole; a run that fell silent is shown, and then over."""
    upload = store.parse_due(subject)
    if upload is not None:
        uploads.queue_if_silent(db, *upload, now)
    else:
        ending.look_at_run(db, subject.partition("#")[2], now)


DUE: dict[str, Callable[[TenantSession, str, datetime], None]] = {store.DUE: on_due}
