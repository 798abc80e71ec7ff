"""Contracts: terms, blocking, and which one a dealer's person works under."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from chalicelib.http.sessions import SignedIn
from chalicelib.identity.actions import work_under
from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import NotFound, Refused
from chalicelib.kernel.ids import new_id
from chalicelib.network import store
from chalicelib.network.actions.people import relabel
from chalicelib.network.actions.reading import (
    Dealer,
    choices,
    contract_writes,
    mark_of,
    network_audit,
    one_of,
    open_dealer,
)
from chalicelib.network.forms import ParseNumber, Typed, contract_from_form
from chalicelib.storage import keys
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Write
from chalicelib.tenancy.company import Checks


def add_contract(
    db: TenantSession,
    actor: Actor,
    party_id: str,
    typed: Typed,
    warehouses: Sequence[str],
    parse: ParseNumber,
    now: datetime,
) -> str:
    """Another contract of one of the dealer's entities (field `entity`), with its account at zero; its id."""
    rows = store.party_rows(db, party_id)
    profile = rows[store.PARTY][0]
    party = store.party_from(profile)
    entities = {str(record.data["id"]): store.entity_from(record) for record in rows.get(store.ENTITY, ())}
    checks = Checks(typed)
    entity = entities.get(checks.choice("entity", tuple(entities)), next(iter(entities.values())))
    known = choices(db).known
    contract = contract_from_form(checks, parse, known, warehouses, contract_id=new_id(now), entity=entity)
    checks.finish()
    db.commit(
        [
            *contract_writes(db.tenant_id, contract),
            store.party_put(
                db.tenant_id, replace(party, contracts=(*party.contracts, mark_of(contract))), profile.version
            ),
            network_audit(db, actor, party_id, "contract_added", now, number=contract.number),
        ]
    )
    return contract.id


def change_contract(
    db: TenantSession,
    actor: Actor,
    party_id: str,
    contract_id: str,
    typed: Typed,
    warehouses: Sequence[str],
    parse: ParseNumber,
    now: datetime,
) -> None:
    """Other terms, for orders from now on; the entity and the currency stay."""
    rows = store.party_rows(db, party_id)
    record = one_of(rows.get(store.CONTRACT, ()), contract_id)
    before = store.contract_from(record)
    entity = store.entity_from(one_of(rows.get(store.ENTITY, ()), before.entity_id))
    checks = Checks(typed)
    after = contract_from_form(
        checks,
        parse,
        choices(db).known.and_those_of(before),
        warehouses,
        contract_id=contract_id,
        entity=entity,
        before=before,
    )
    checks.finish()
    detail = {"limit": f"{before.credit_limit} → {after.credit_limit}", "number": after.number}
    writes: list[Write] = [
        store.contract_put(db.tenant_id, after, record.version),
        network_audit(db, actor, party_id, "contract_changed", now, **detail),
    ]
    if after.number != before.number:
        profile = rows[store.PARTY][0]
        party = store.party_from(profile)
        marks = tuple(mark_of(after) if mark.id == contract_id else mark for mark in party.contracts)
        writes.append(store.party_put(db.tenant_id, replace(party, contracts=marks), profile.version))
    db.commit(writes)
    relabel(db, party_id, now)


def set_price_lists(
    db: TenantSession,
    actor: Actor,
    party_id: str,
    contract_id: str,
    list_ids: Sequence[str],
    version: int,
    now: datetime,
) -> None:
    """What is asked for prices before the contract's price type, in this order. `version` = that of the contract as it
    was seen: Refused("contract_moved") if somebody has changed it since."""
    record = db.fetch(keys.contract(db.tenant_id, party_id, contract_id))
    contract = store.contract_from(record)
    wanted = tuple(dict.fromkeys(list_ids))
    if contract.price_list_ids == wanted:
        return
    if record.version != version:
        raise Refused("contract_moved")
    done = network_audit(
        db, actor, party_id, "contract_lists_set", now, number=contract.number, lists=", ".join(wanted)
    )
    db.commit([store.contract_put(db.tenant_id, replace(contract, price_list_ids=wanted), record.version), done])


def block_contract(
    db: TenantSession, actor: Actor, party_id: str, contract_id: str, blocked: bool, now: datetime
) -> None:
    record = db.fetch(keys.contract(db.tenant_id, party_id, contract_id))
    contract = store.contract_from(record)
    if contract.blocked is not blocked:
        action = "contract_blocked" if blocked else "contract_unblocked"
        done = network_audit(db, actor, party_id, action, now, number=contract.number)
        db.commit([store.contract_put(db.tenant_id, replace(contract, blocked=blocked), record.version), done])


def own_contracts(db: TenantSession, actor: Actor) -> Dealer:
    """What a dealer's person may work under; NotFound for the manufacturer's people."""
    if actor.party_id is None:
        raise NotFound()
    return open_dealer(db, actor.party_id)


def choose_contract(db: TenantSession, person: SignedIn, contract_id: str, now: datetime) -> None:
    """From now on the person works under this contract of their own counterparty; another's is NotFound."""
    if person.party_id is None:
        raise NotFound()
    contract = store.load_contract(db, person.party_id, contract_id)
    label = contract.label(store.load_entity(db, person.party_id, contract.entity_id))
    work_under(db, person, contract_id=contract.id, contract_label=label, now=now)
