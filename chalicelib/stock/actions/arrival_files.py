"""Files that say what is on its way: brought, looked at, taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256

from chalicelib.catalogue.model import NO_WAREHOUSE
from chalicelib.catalogue.store import current_catalogue
from chalicelib.kernel.access import Actor
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import NotFound, Refused
from chalicelib.kernel.ids import new_id, stable_id
from chalicelib.kernel.sheets.reading import rows_of
from chalicelib.stock import store
from chalicelib.stock.actions.noting import told
from chalicelib.stock.arrival_rows import BadRow, Known, Row, expected, names_of, read_rows, understood
from chalicelib.stock.transit import MOST_ARRIVALS, Arrival
from chalicelib.storage import files, uploads
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.files import UploadForm
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Write, audit
from chalicelib.tenancy.store import load_settings

MAX_FILE = 5_000_000  # bytes
_FOLDER = "arrivals"
_AT_ONCE = 20  # SKUs of one transaction: up to five writes each
_LISTED_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalFile:
    """A file as it is understood."""

    name: str
    arrivals: Mapping[str, Sequence[Arrival]]  # by SKU
    bad: tuple[BadRow, ...]

    @property
    def good(self) -> int:
        return sum(map(len, self.arrivals.values()))

    @property
    def unsure(self) -> frozenset[str]:
        """SKUs of rows that cannot be taken: the file does not say what else is expected of them."""
        return frozenset(one.sku for one in self.bad if one.sku)


def upload_form(db: TenantSession, then: str, now: datetime) -> UploadForm:
    """The form that brings a file; the browser then goes to the path `then` with `?key=`."""
    folder = files.upload_key(db.tenant_id, _FOLDER, new_id(now))
    return uploads.form(db.tenant_id, folder, most=MAX_FILE, then=then)


def read_file(db: TenantSession, key: str, now: datetime) -> ArrivalFile:
    """What the file says. NotFound for a key that is no such file of the tenant's; Invalid where it cannot be read."""
    rows, digest = _rows(db, key)
    catalogue = current_catalogue(db, None, now)
    if catalogue is None:
        raise Refused("no_catalogue")
    matches = catalogue.by_article(list(dict.fromkeys(row.article for row in rows if row.article)))
    names = {one.id: one.name for one in catalogue.warehouses()} or {NO_WAREHOUSE: ""}
    known = Known(
        skus={match.asked: match.skus for match in matches},
        warehouses=names_of(names, names),
        today=local_day(now, load_settings(db).time_zone),
    )
    ids = {row.number: stable_id("arrival", digest, str(row.number)) for row in rows}
    arrivals, bad = understood(rows, known, ids)
    return ArrivalFile(name=key.rpartition("/")[2], arrivals=arrivals, bad=tuple(bad))


def take_file(db: TenantSession, actor: Actor, key: str, now: datetime, *, whole: bool) -> ArrivalFile:
    """Notes the file's arrivals; `whole` = what it does not name is expected no more, but for SKUs of rows that cannot
    be taken. A file that says the same again changes nothing. Refused("arrivals_too_many") takes nothing; one that
    breaks off half-way is finished by being sent again."""
    file = read_file(db, key, now)
    wanted = dict(file.arrivals)
    _refuse_too_many(db, {sku: rows for sku, rows in wanted.items() if not whole or sku in file.unsure})
    if whole:
        wanted |= {sku: () for sku in _expecting(db) if sku not in wanted}
    skus = list(wanted)
    changed = 0
    for start in range(0, len(skus), _AT_ONCE):
        part = {sku: wanted[sku] for sku in skus[start : start + _AT_ONCE]}
        replaced = part.keys() - file.unsure if whole else frozenset()
        changed += until_committed(partial(_note, db, actor, part, replaced, now))
    if changed:
        detail = {"file": file.name[:200], "rows": str(file.good), "whole": str(whole)}
        said = audit(
            db.tenant_id, "stock/arrivals", action="arrivals_taken", actor_id=actor.user_id, at=now,
            entry_id=new_id(now), detail=detail,
        )  # fmt: skip
        db.commit([said])
    return file


def _note(
    db: TenantSession, actor: Actor, part: Mapping[str, Sequence[Arrival]], replaced: Set[str], now: datetime
) -> int:
    """Notes the arrivals by SKU, of those `replaced` instead of what was noted; how many SKUs changed."""
    writes: list[Write] = []
    changed = 0
    for sku, level in store.levels(db, part, consistent=True).items():
        after = level.by_hand.expecting(expected(level.by_hand.arrivals, part[sku], whole=sku in replaced))
        if after != level.by_hand:
            writes += store.noted_writes(db.tenant_id, level, after)
            writes += told(db, actor, level, after, now)
            changed += 1
    db.commit(writes)
    return changed


def _refuse_too_many(db: TenantSession, wanted: Mapping[str, Sequence[Arrival]]) -> None:
    for sku, level in store.levels(db, wanted, consistent=True).items():
        if len(expected(level.by_hand.arrivals, wanted[sku], whole=False)) > MOST_ARRIVALS:
            raise Refused("arrivals_too_many", limit=MOST_ARRIVALS)


def _expecting(db: TenantSession) -> list[str]:
    """Every SKU with arrivals."""
    skus, after = store.coming_skus(db, limit=_LISTED_AT_ONCE)
    while after is not None:
        more, after = store.coming_skus(db, limit=_LISTED_AT_ONCE, after=after)
        skus += more
    return skus


def _rows(db: TenantSession, key: str) -> tuple[list[Row], str]:
    """The file's rows, and its digest."""
    folder, _, name = key.rpartition("/")
    if not name or folder.rpartition("/")[0] != files.upload_key(db.tenant_id, _FOLDER, "x").rpartition("/")[0]:
        raise NotFound()
    with uploads.looked_at(db.tenant_id, key) as file:
        digest = sha256(file.read()).hexdigest()
        file.seek(0)
        return read_rows(rows_of(file)), digest
