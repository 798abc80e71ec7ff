"""Tenant settings in the `core` table."""

from __future__ import annotations

from chalicelib.kernel.errors import NotFound
from chalicelib.storage import keys
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.writes import Put
from chalicelib.tenancy.model import TenantSettings


def settings_of(record: Record) -> TenantSettings:
    return record.load(TenantSettings)


def load_settings(db: TenantSession) -> TenantSettings:
    """The tenant's settings; NotFound when the tenant is gone."""
    record = db.get(keys.tenant_settings(db.tenant_id))
    if record is None:
        raise NotFound()
    return settings_of(record)


def settings_write(settings: TenantSettings) -> Put:
    return Put(key=keys.tenant_settings(settings.id), kind="tenant", data=settings)
