"""Askings in the ephemeral table; reports under `made/`, which S3 deletes after a day."""

from __future__ import annotations

import json

from chalicelib.simulator.model import KEPT, Report, Simulation
from chalicelib.storage import codec, files, keys
from chalicelib.storage.session import TenantSession
from chalicelib.storage.worker import job_of, job_put
from chalicelib.storage.writes import Put


def find(db: TenantSession, simulation_id: str) -> Simulation | None:
    record = db.get(keys.price_simulation(db.tenant_id, simulation_id))
    return job_of(record, Simulation) if record else None


def put(tenant_id: str, one: Simulation) -> Put:
    """Writes it under the version that was read."""
    key = keys.price_simulation(tenant_id, one.id)
    return job_put(key, "price_simulation", one, expires=one.asked + KEPT)


def write_report(tenant_id: str, simulation_id: str, report: Report) -> None:
    files.put(tenant_id, _file(tenant_id, simulation_id), json.dumps(codec.dump(report)).encode())


def read_report(tenant_id: str, simulation_id: str) -> Report:
    return codec.load(Report, json.loads(files.get(tenant_id, _file(tenant_id, simulation_id))))


def _file(tenant_id: str, simulation_id: str) -> str:
    return files.made_key(tenant_id, "simulations", f"{simulation_id}.json")
