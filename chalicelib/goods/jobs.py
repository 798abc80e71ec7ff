"""What the import queue hands to goods that are kept here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from chalicelib.storage.session import open_tenant


def run_goods(body: Mapping[str, object], clock: Callable[[], datetime]) -> None:
    """One message; a second delivery finds everything done."""
    from chalicelib.goods import importing, publishing

    db = open_tenant(str(body["tenant"]))
    if body["do"] == "goods_edits":
        publishing.publish_edits(db, clock)
    else:
        importing.import_file(db, str(body["upload"]), str(body["run"]), clock)
