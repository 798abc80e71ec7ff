"""Asking what a version of a price list would change, and reading the answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import Refused, found
from chalicelib.kernel.ids import stable_id
from chalicelib.pricing.actions import load_book
from chalicelib.pricing.lists import activated
from chalicelib.simulator import store
from chalicelib.simulator.model import Report, Simulation
from chalicelib.storage import worker
from chalicelib.storage.session import TenantSession, TransactionRefused


def ask(
    db: TenantSession, actor: Actor, list_id: str, number: int, since: datetime | None, once: str, now: datetime
) -> str:
    """Has it worked out what changes if the version is in force from `since` on (None = at once); the asking's id.
    The same form again is the same asking.

    NotFound for a list that is not in the book; Refused for a version that is not kept and a moment that has passed.
    """
    own = found(load_book(db)[0].find(list_id))
    activated(own, number, since=since or now, by=actor.name, now=now)  # refuses what could not be activated
    one = Simulation(
        id=stable_id("simulation", actor.user_id, once),
        list_id=list_id,
        list_name=own.name,
        number=number,
        asked=now,
        asked_by=actor.name,
        touched=now,
        since=since,
    )
    try:
        db.commit([store.put(db.tenant_id, one)])
    except TransactionRefused:  # the same form was sent twice
        return one.id
    worker.send(db.tenant_id, "price_simulation", dedup=one.id, lane="simulations", simulation=one.id)
    return one.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An asking; its report once it is made, and whether it is outdated: prices have been changed since."""

    simulation: Simulation
    report: Report | None
    is_outdated: bool


def look(db: TenantSession, simulation_id: str) -> Seen:
    """NotFound for one that there is not, or no longer."""
    one = found(store.find(db, simulation_id))
    if not one.is_done:
        return Seen(simulation=one, report=None, is_outdated=False)
    report = store.read_report(db.tenant_id, simulation_id)
    return Seen(simulation=one, report=report, is_outdated=load_book(db)[1] != report.book_version)


def read_report(db: TenantSession, simulation_id: str) -> tuple[Simulation, Report]:
    """A report that is made; Refused("simulation_not_ready") before that."""
    seen = look(db, simulation_id)
    if seen.report is None:
        raise Refused("simulation_not_ready")
    return seen.simulation, seen.report
