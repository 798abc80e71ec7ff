"""Groups and regions of dealers: made, changed, removed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import Complaint, Invalid, Refused, found
from chalicelib.kernel.ids import new_id, stable_id
from chalicelib.network import store
from chalicelib.network.forms import ParseNumber, Typed, group_from_form, region_from_form
from chalicelib.network.segments import DealerGroup, Region, Segments
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Put, audit
from chalicelib.tenancy.company import Checks


def add_group(db: TenantSession, actor: Actor, typed: Typed, parse: ParseNumber, key: str, now: datetime) -> None:
    """A new group; the same `key` again makes none. Invalid names every wrong field."""
    made = stable_id("group", key)
    if load(db).group(made) is None:
        _save(db, actor, _group(typed, parse, made), None, now)


def change_group(
    db: TenantSession, actor: Actor, group_id: str, typed: Typed, parse: ParseNumber, seen: int, now: datetime
) -> None:
    """`seen` = the version of the segments that the person changes. Refused("segments_changed") for an older one."""
    found(load(db).group(group_id))
    _save(db, actor, _group(typed, parse, group_id), seen, now)


def add_region(
    db: TenantSession, actor: Actor, typed: Typed, warehouses: Sequence[str], key: str, now: datetime
) -> None:
    """A new region that these warehouses serve; the same `key` again makes none."""
    made = stable_id("region", key)
    if load(db).region(made) is None:
        known = [one.id for one in store.warehouses(db)]
        _save(db, actor, _region(typed, known, warehouses, made), None, now)


def change_region(
    db: TenantSession,
    actor: Actor,
    region_id: str,
    typed: Typed,
    warehouses: Sequence[str],
    seen: int,
    now: datetime,
) -> None:
    """As `change_group`. Warehouses of which the ERP no longer tells may stay."""
    before = found(load(db).region(region_id))
    known = [*(one.id for one in store.warehouses(db)), *before.warehouse_ids]
    _save(db, actor, _region(typed, known, warehouses, region_id), seen, now)


def remove_segment(db: TenantSession, actor: Actor, segment_id: str, now: datetime) -> None:
    """Removes a group or region that no dealer is in; otherwise refused with their number. NotFound if there is none,
    also the second time."""
    known, members = load_with_members(db)
    found(known.name_of(segment_id))
    if members[segment_id]:
        raise Refused("segment_in_use", count=members[segment_id])

    def act() -> None:
        segments = load(db)
        name = segments.name_of(segment_id)
        if name is not None:
            done = _audit(db, actor, "segment_removed", segment_id, name, now)
            db.commit([store.segments_put(db.tenant_id, segments.without(segment_id)), done])

    until_committed(act)


def load(db: TenantSession) -> Segments:
    return store.load_segments(db, consistent=True)


def load_with_members(db: TenantSession) -> tuple[Segments, Counter[str]]:
    """All of them, and how many dealers are in each, by its id."""
    members = Counter(one for party in store.dealers(db) for one in (party.group_id, party.region_id))
    return load(db), members


def _group(typed: Typed, parse: ParseNumber, group_id: str) -> DealerGroup:
    checks = Checks(typed)
    group = group_from_form(checks, parse, group_id)
    checks.finish()
    return group


def _region(typed: Typed, known: Sequence[str], warehouses: Sequence[str], region_id: str) -> Region:
    checks = Checks(typed)
    region = region_from_form(checks, known, warehouses, region_id)
    checks.finish()
    return region


def _save(db: TenantSession, actor: Actor, one: DealerGroup | Region, seen: int | None, now: datetime) -> None:
    def act() -> None:
        before = load(db)
        after = before.with_group(one) if isinstance(one, DealerGroup) else before.with_region(one)
        if after.has_namesake(one):
            raise Invalid(fields={"name": Complaint(code="segment_name_taken")})
        if after != before:
            if seen not in (None, before.version):
                raise Refused("segments_changed")
            done = _audit(db, actor, "segment_saved", one.id, one.name, now)
            db.commit([store.segments_put(db.tenant_id, after), done])

    until_committed(act)


def _audit(db: TenantSession, actor: Actor, action: str, segment_id: str, name: str, now: datetime) -> Put:
    return audit(
        db.tenant_id,
        f"segment/{segment_id}",
        action=action,
        actor_id=actor.user_id,
        at=now,
        entry_id=new_id(now),
        detail={"name": name},
    )
