"""What the import queue and the due index hand to goods that are kept here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from chalicelib.goods import store
from chalicelib.goods.actions import products, uploads
from chalicelib.storage.session import TenantSession, open_tenant


def run_goods(body: Mapping[str, object], clock: Callable[[], datetime]) -> None:
    """One message; a second delivery finds everything done."""
    from chalicelib.goods import importing, publishing

    db = open_tenant(str(body["tenant"]))
    if body["do"] == "goods_edits":
        publishing.publish_edits(db, clock)
    else:
        importing.import_file(db, str(body["upload"]), str(body["run"]), clock)


def on_due(db: TenantSession, subject: str, now: datetime) -> None:
    """A file or a change by hand of which nothing has been heard."""
    kind, _, own_id = subject.partition("#")
    send_again = uploads.send_again if kind == "upload" else products.send_again
    send_again(db, own_id, now)


DUE: dict[str, Callable[[TenantSession, str, datetime], None]] = {store.DUE: on_due}
