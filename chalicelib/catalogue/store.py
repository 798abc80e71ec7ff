"""The catalogue in force, opened: one copy of the file per machine, one open `Catalogue` per process and version."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from chalicelib.catalogue.on_order import OnOrder
from chalicelib.catalogue.rules import RuleSet
from chalicelib.catalogue.snapshot.cards import Cards
from chalicelib.catalogue.snapshot.difference import Difference
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.catalogue.visibility import Assortment
from chalicelib.kernel.errors import NotFound, Unavailable
from chalicelib.kernel.recent import Recent
from chalicelib.network.store import party_from
from chalicelib.storage import keys, snapshots
from chalicelib.storage.keys import Key
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.snapshots import Snapshot
from chalicelib.storage.writes import Put

_ATTEMPTS = 3
_Rules = TypeVar("_Rules", bound=RuleSet[Any])
_open: Recent[str, Catalogue] = Recent(8)
_cards: Recent[str, Cards] = Recent(4)
_difference: Recent[tuple[str, str], Difference] = Recent(1)


def catalogue_keys(tenant_id: str, party_id: str | None) -> list[Key]:
    """The rows that `catalogue_in` needs, to be read with other things."""
    wanted = [keys.snapshot_current(tenant_id), keys.on_order(tenant_id)]
    return (
        wanted if party_id is None else [*wanted, keys.assortment(tenant_id), keys.party_profile(tenant_id, party_id)]
    )


def catalogue_in(tenant_id: str, rows: Mapping[Key, Record], party_id: str | None) -> Catalogue | None:
    """As much of the catalogue in force as people of a dealer see, all of it for the tenant's own (`party_id` None),
    with what is on order, of rows that were read; None before the first import. NotFound if there is no such dealer."""
    snapshot = snapshots.snapshot_of(rows.get(keys.snapshot_current(tenant_id)))
    if snapshot is None:
        return None
    whole, on_order = opened(tenant_id, snapshot), _kept(OnOrder, rows.get(keys.on_order(tenant_id))).rules
    if party_id is None:
        return whole.narrowed((), on_order)
    party = rows.get(keys.party_profile(tenant_id, party_id))
    if party is None:
        raise NotFound()
    assortment = _kept(Assortment, rows.get(keys.assortment(tenant_id)))
    return whole.narrowed(assortment.of(party_from(party)), on_order)


def current_catalogue(db: TenantSession, party_id: str | None, now: datetime) -> Catalogue | None:
    """As `catalogue_in`, at most three seconds late. For a dealer it costs a round trip; the tenant's own are not told
    what is on order."""
    if party_id is None:
        snapshot = snapshots.current(db, now)
        return None if snapshot is None else opened(db.tenant_id, snapshot)
    rows = db.get_many(catalogue_keys(db.tenant_id, party_id), consistent=False)
    return catalogue_in(db.tenant_id, rows, party_id)


def load_assortment(db: TenantSession, *, consistent: bool = False) -> Assortment:
    return _kept(Assortment, db.get(keys.assortment(db.tenant_id), consistent=consistent))


def assortment_put(tenant_id: str, assortment: Assortment) -> Put:
    return _rules_put(keys.assortment(tenant_id), "assortment", assortment)


def load_on_order(db: TenantSession, *, consistent: bool = False) -> OnOrder:
    return _kept(OnOrder, db.get(keys.on_order(db.tenant_id), consistent=consistent))


def on_order_put(tenant_id: str, on_order: OnOrder) -> Put:
    return _rules_put(keys.on_order(tenant_id), "on_order", on_order)


def _kept(kind: type[_Rules], record: Record | None) -> _Rules:
    """What the stored rules are; none before the first."""
    return kind() if record is None else replace(record.load(kind), version=record.version)


def _rules_put(key: Key, kind: str, rules: RuleSet[Any]) -> Put:
    """Over the version that was read."""
    return Put(key=key, kind=kind, data=replace(rules, version=0), version=rules.version)


def opened(tenant_id: str, snapshot: Snapshot) -> Catalogue:
    catalogue = _open.get(snapshot.sha256)
    if catalogue is not None:
        return catalogue
    return _open.keep(snapshot.sha256, snapshots.opened_copy(tenant_id, snapshot, Catalogue))


def current_cards(db: TenantSession) -> Cards | None:
    """What the people who keep the catalogue see: the version in force, at once; None before the first one."""
    snapshot = snapshots.read_current(db)
    return None if snapshot is None else opened_cards(db.tenant_id, snapshot)


def opened_cards(tenant_id: str, snapshot: Snapshot) -> Cards:
    cards = _cards.get(snapshot.sha256)
    if cards is not None:
        return cards
    return _cards.keep(snapshot.sha256, snapshots.opened_copy(tenant_id, snapshot, Cards))


def difference(tenant_id: str, before: Snapshot, after: Snapshot) -> Difference:
    """What differs between two versions, kept for the next page of it. One at a time: the open files hold their place
    in the temporary folder, also when others need it."""
    pair = (before.sha256, after.sha256)
    kept = _difference.get(pair)
    if kept is not None:
        return kept
    _difference.clear()
    for _ in range(_ATTEMPTS):
        with TemporaryDirectory(prefix="kontor-versions-") as folder:
            paths = Path(folder, "before"), Path(folder, "after")
            try:
                for snapshot, path in zip((before, after), paths, strict=True):
                    os.link(snapshots.local_copy(tenant_id, snapshot), path)  # the second may take the first one's room
            except FileNotFoundError:  # another process deleted the copy to make room, just now
                continue
            return _difference.keep(pair, Difference(*paths))
    raise Unavailable("catalogue_unreadable")
