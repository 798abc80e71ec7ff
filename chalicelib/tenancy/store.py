"""Tenant settings in the `core` table, and the tenant's entry in the directory."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.kernel.errors import NotFound
from chalicelib.storage import keys
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.writes import Put
from chalicelib.tenancy.model import TenantSettings

_DEALER = "dealer"  # the kind of counterparty that buys; its rules are network's


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginnings:
    """How far a new tenant has come."""

    settings: TenantSettings
    has_catalogue: bool
    has_dealer: bool

    @property
    def connected(self) -> bool:
        return self.settings.connected_at is not None

    @property
    def ready(self) -> bool:
        return self.connected and self.has_catalogue and self.has_dealer


def settings_of(record: Record) -> TenantSettings:
    return record.load(TenantSettings)


def load_settings(db: TenantSession) -> TenantSettings:
    """The tenant's settings; NotFound when the tenant is gone."""
    return settings_of(settings_record(db))


def settings_record(db: TenantSession) -> Record:
    """The row of the settings, with its version for an optimistic lock; NotFound when the tenant is gone."""
    return db.fetch(keys.tenant_settings(db.tenant_id))


def settings_write(settings: TenantSettings, version: int | None = None) -> Put:
    """Writes the settings; `version` as in `Put` (0 = a new tenant)."""
    return Put(key=keys.tenant_settings(settings.id), kind="tenant", data=settings, version=version)


def entry_write(settings: TenantSettings) -> Put:
    """The tenant in the directory's list of tenants, which the schedule fans out over."""
    return Put(key=keys.tenant_entry(settings.id), kind="tenant", data={"created": settings.created.isoformat()})


def load_beginnings(db: TenantSession, *, has_dealer: bool = False) -> Beginnings:
    """Two round trips: the settings with the catalogue's pointer, and the first dealer, unless it is known already."""
    wanted = (keys.tenant_settings(db.tenant_id), keys.snapshot_current(db.tenant_id))
    found = db.get_many(wanted)
    if wanted[0] not in found:
        raise NotFound()
    return Beginnings(
        settings=settings_of(found[wanted[0]]),
        has_catalogue=wanted[1] in found,
        has_dealer=has_dealer or bool(db.query(keys.parties(db.tenant_id, _DEALER), limit=1).records),
    )
