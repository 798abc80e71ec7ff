"""Dealers and their legal entities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import Complaint, Invalid, Refused, found
from chalicelib.kernel.ids import new_id
from chalicelib.network import store
from chalicelib.network.actions.people import relabel
from chalicelib.network.actions.reading import choices, contract_writes, mark_of, network_audit
from chalicelib.network.forms import ParseNumber, Typed, contract_from_form, entity_from_form, party_from_form
from chalicelib.network.model import Party, Standing, standings
from chalicelib.storage import keys
from chalicelib.storage.session import Record, TenantSession, TransactionRefused
from chalicelib.storage.writes import AlreadyDone, Delete, Done, Write, guard
from chalicelib.tenancy.company import Checks

PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class DealerRow:
    party: Party
    standings: tuple[Standing, ...]  # one a currency


@dataclass(frozen=True, slots=True, kw_only=True)
class DealerPage:
    rows: tuple[DealerRow, ...]
    total: int
    pages: int


def list_dealers(db: TenantSession, *, search: str = "", blocked: bool | None = None, page: int = 1) -> DealerPage:
    """A page of dealers by name; `search` is a part of a name, tax id or contract number."""
    wanted = search.casefold()
    fitting = [
        party
        for party in store.dealers(db)
        if (blocked is None or party.blocked is blocked) and any(wanted in text for text in _words(party))
    ]
    shown = fitting[(page - 1) * PAGE : page * PAGE]
    terms = store.terms_of(db, shown)
    rows = tuple(
        DealerRow(party=party, standings=standings(terms[mark.id] for mark in party.contracts if mark.id in terms))
        for party in shown
    )
    return DealerPage(rows=rows, total=len(fitting), pages=max(1, -(-len(fitting) // PAGE)))


def _words(party: Party) -> Sequence[str]:
    return (party.name.casefold(), *party.tax_ids, *(mark.number.casefold() for mark in party.contracts))


def create_dealer(
    db: TenantSession,
    actor: Actor,
    typed: Typed,
    warehouses: Sequence[str],
    parse: ParseNumber,
    key: str,
    now: datetime,
) -> str:
    """A dealer with a first legal entity and a first contract; the same `key` again answers the first one's id.

    Invalid names every wrong field; a tax id that another entity has is named too.
    """
    if (made := _made_by(db, key)) is not None:
        return str(made.data["result"]["party"])
    checks = Checks(typed)
    party = party_from_form(checks, Party(id=new_id(now), name="", created=now), store.load_segments(db))
    entity = entity_from_form(checks, party, new_id(now))
    known = choices(db).known
    contract = contract_from_form(checks, parse, known, warehouses, contract_id=new_id(now), entity=entity)
    checks.finish()
    party = replace(party, tax_ids=(entity.tax_id,), contracts=(mark_of(contract),))
    writes: list[Write] = [
        guard(db.tenant_id, f"dealer#{key}", Done({"party": party.id}), now=now),
        store.party_put(db.tenant_id, party, 0),
        store.entity_put(db.tenant_id, entity, 0),
        store.tax_id_guard(db.tenant_id, entity),
        *contract_writes(db.tenant_id, contract),
        network_audit(db, actor, party.id, "dealer_created", now, name=party.name),
    ]
    try:
        _commit_form(db, writes)
    except (AlreadyDone, TransactionRefused):  # the same form at the same moment, its tax id is taken by then
        return str(found(_made_by(db, key)).data["result"]["party"])
    return party.id


def _made_by(db: TenantSession, key: str) -> Record | None:
    """What the form with this key made before."""
    return db.get(keys.idempotency(db.tenant_id, f"dealer#{key}"))


def change_dealer(db: TenantSession, actor: Actor, party_id: str, typed: Typed, now: datetime) -> None:
    record = db.fetch(keys.party_profile(db.tenant_id, party_id))
    before = store.party_from(record)
    checks = Checks(typed)
    after = party_from_form(checks, before, store.load_segments(db))
    checks.finish()
    changed = network_audit(db, actor, party_id, "dealer_changed", now, before=before.name, after=after.name)
    db.commit([store.party_put(db.tenant_id, after, record.version), changed])
    relabel(db, party_id, now)


def block_dealer(db: TenantSession, actor: Actor, party_id: str, blocked: bool, now: datetime) -> None:
    """From now on the dealer's orders are refused, or accepted again. The same twice changes nothing."""
    record = db.fetch(keys.party_profile(db.tenant_id, party_id))
    party = store.party_from(record)
    if party.blocked is not blocked:
        done = network_audit(db, actor, party_id, "dealer_blocked" if blocked else "dealer_unblocked", now)
        db.commit([store.party_put(db.tenant_id, replace(party, blocked=blocked), record.version), done])


def add_entity(db: TenantSession, actor: Actor, party_id: str, typed: Typed, now: datetime) -> str:
    """Another legal entity of the dealer; its id."""
    record = db.fetch(keys.party_profile(db.tenant_id, party_id))
    party = store.party_from(record)
    checks = Checks(typed)
    entity = entity_from_form(checks, party, new_id(now))
    checks.finish()
    known = replace(party, tax_ids=(*party.tax_ids, entity.tax_id))
    writes: list[Write] = [
        store.party_put(db.tenant_id, known, record.version),
        store.entity_put(db.tenant_id, entity, 0),
        store.tax_id_guard(db.tenant_id, entity),
        network_audit(db, actor, party_id, "entity_added", now, tax_id=entity.tax_id),
    ]
    _commit_form(db, writes)
    return entity.id


def change_entity(db: TenantSession, actor: Actor, party_id: str, entity_id: str, typed: Typed, now: datetime) -> None:
    profile = db.fetch(keys.party_profile(db.tenant_id, party_id))
    record = db.fetch(keys.legal_entity(db.tenant_id, party_id, entity_id))
    party, before = store.party_from(profile), store.entity_from(record)
    checks = Checks(typed)
    after = entity_from_form(checks, party, entity_id)
    checks.finish()
    writes: list[Write] = [
        store.entity_put(db.tenant_id, after, record.version),
        network_audit(db, actor, party_id, "entity_changed", now, before=before.tax_id, after=after.tax_id),
    ]
    if after.tax_id != before.tax_id:
        others = tuple(after.tax_id if one == before.tax_id else one for one in party.tax_ids)
        writes += [
            Delete(key=keys.tax_id_guard(db.tenant_id, before.tax_id)),
            store.tax_id_guard(db.tenant_id, after),
            store.party_put(db.tenant_id, replace(party, tax_ids=others), profile.version),
        ]
    _commit_form(db, writes)
    relabel(db, party_id, now)


def _commit_form(db: TenantSession, writes: Sequence[Write]) -> None:
    try:
        db.commit(writes)
    except Refused as refusal:
        raise _at_field(refusal) from refusal


def _at_field(refusal: Refused) -> Refused | Invalid:
    if refusal.code != "tax_id_taken":
        return refusal
    return Invalid(fields={"tax_id": Complaint(code=refusal.code, params=refusal.params)})
