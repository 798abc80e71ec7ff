"""What the import queue and the due index hand to goods that are kept here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from chalicelib.goods import store
from chalicelib.goods.actions import edits, pictures, uploads
from chalicelib.storage.session import TenantSession, open_tenant


def run_goods(body: Mapping[str, object], clock: Callable[[], datetime]) -> None:
    """One message; a second delivery finds everything done."""
    from chalicelib.goods import importing, picturing, publishing

    db = open_tenant(str(body["tenant"]))
    if body["do"] == "goods_edits":
        publishing.publish_edits(db, clock)
    elif body["do"] == "goods_picture":
        picturing.take_picture(db, str(body["sku"]), str(body["picture"]), clock)
    else:
        importing.import_file(db, str(body["upload"]), str(body["run"]), clock)


def on_due(db: TenantSession, subject: str, now: datetime) -> None:
    """A file, a picture or a change by hand of which nothing has been heard."""
    match subject.split("#"):
        case ["upload", upload_id]:
            uploads.send_again(db, upload_id, now)
        case ["picture", sku, picture_id]:
            pictures.send_again(db, sku, picture_id, now)
        case [_, edit_id]:
            edits.send_again(db, edit_id, now)


DUE: dict[str, Callable[[TenantSession, str, datetime], None]] = {store.DUE: on_due}
