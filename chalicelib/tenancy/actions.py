"""What the owner does with the tenant itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import datetime
from decimal import Decimal

from chalicelib.http import sessions
from chalicelib.http.sessions import WebSession
from chalicelib.kernel.access import Actor
from chalicelib.kernel.ids import new_id
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import audit
from chalicelib.tenancy import store
from chalicelib.tenancy.company import changed_settings
from chalicelib.tenancy.model import TenantSettings


def change_settings(
    db: TenantSession,
    actor: Actor,
    typed: Mapping[str, str],
    *,
    weekdays: list[str],
    parse_number: Callable[[str], Decimal],
    now: datetime,
) -> TenantSettings:
    """Writes the settings page's fields; Invalid names every wrong one. The same form again changes nothing."""
    record = store.settings_record(db)
    before = store.settings_of(record)
    after = changed_settings(before, typed, weekdays, parse_number)
    changed = {
        f.name: f"{getattr(before, f.name)} → {getattr(after, f.name)}"
        for f in fields(after)
        if getattr(before, f.name) != getattr(after, f.name)
    }
    if changed:
        entry = audit(
            db.tenant_id,
            "tenant",
            action="settings_changed",
            actor_id=actor.user_id,
            at=now,
            entry_id=new_id(now),
            detail=changed,
        )
        db.commit([store.settings_write(after, record.version), entry])
    return after


def tell_session(db: TenantSession, session: WebSession | None, settings: TenantSettings) -> None:
    """The session that changed the settings shows them at once; other people's do after their next sign-in."""
    if session is not None:
        person = replace(session.person, tenant_name=settings.name, time_zone=settings.time_zone)
        sessions.change(db, session, person)
