"""Price lists in the ephemeral table, links in the core one; files under `made/`, which S3 deletes after a day."""

from __future__ import annotations

from chalicelib.pricelist.model import KEPT, Link, PriceList
from chalicelib.storage import files, keys
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.worker import job_of, job_put
from chalicelib.storage.writes import Delete, Put

_KIND, _LINK = "price_list", "price_link"


def list_from(record: Record) -> PriceList:
    return job_of(record, PriceList)


def find(db: TenantSession, contract_id: str, list_id: str) -> PriceList | None:
    """The last asking."""
    record = db.get(keys.price_list(db.tenant_id, contract_id, list_id))
    return list_from(record) if record else None


def asked_for(db: TenantSession, contract_id: str) -> list[PriceList]:
    """What was asked for under a contract within a day, newest first."""
    rows = db.query_all(keys.price_lists(db.tenant_id, contract_id), consistent=True)
    return sorted(map(list_from, rows), key=lambda one: one.asked, reverse=True)


def put(tenant_id: str, one: PriceList) -> Put:
    """Writes it under the version that was read."""
    return job_put(keys.price_list(tenant_id, one.contract_id, one.id), _KIND, one, expires=one.asked + KEPT)


def file_key(tenant_id: str, one: PriceList) -> str:
    return files.made_key(tenant_id, "price-lists", one.contract_id, f"{one.id}.{one.wish.format}")


def link_of(db: TenantSession, contract_id: str) -> Link | None:
    record = db.get(keys.price_link(db.tenant_id, contract_id))
    return link_from(record) if record else None


def link_from(record: Record) -> Link:
    return record.load(Link)


def link_put(tenant_id: str, link: Link) -> Put:
    return Put(key=keys.price_link(tenant_id, link.contract_id), kind=_LINK, data=link)


def link_delete(tenant_id: str, contract_id: str) -> Delete:
    return Delete(key=keys.price_link(tenant_id, contract_id))
