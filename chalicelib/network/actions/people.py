"""A dealer's people: who is asked to join, and what their rows repeat of the dealer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chalicelib.http.i18n import LOCALES
from chalicelib.identity.actions import invite, refresh_sessions
from chalicelib.identity.model import normal_email
from chalicelib.identity.store import user_of, user_put, user_record
from chalicelib.kernel.access import Actor, Role
from chalicelib.kernel.errors import Complaint, Invalid, NotFound, Refused
from chalicelib.network.actions.reading import open_dealer
from chalicelib.network.forms import Typed
from chalicelib.network.model import DEALER_ROLES
from chalicelib.storage.session import TenantSession
from chalicelib.tenancy.company import Checks


def invite_person(db: TenantSession, actor: Actor, party_id: str, typed: Typed, now: datetime) -> None:
    """Asks a person by mail to join the dealer: fields `person_name email role locale contract`."""
    dealer = open_dealer(db, party_id)
    contracts = {contract.id: contract for contract in dealer.contracts}
    checks = Checks(typed)
    name = checks.text("person_name", limit=80, required=True)
    role = checks.choice("role", tuple(str(role) for role in DEALER_ROLES))
    locale = checks.choice("locale", LOCALES)
    contract = contracts.get(checks.choice("contract", tuple(contracts)))
    try:
        email = normal_email(typed.get("email", ""))
    except Invalid as wrong:
        checks.wrong.update(wrong.fields)
    checks.finish()
    if contract is None:
        raise NotFound()
    _, writes = invite(
        db.tenant_id,
        actor,
        email=email,
        name=name,
        role=Role(role),
        locale=locale,
        now=now,
        party_id=party_id,
        party_name=dealer.party.name,
        contract_id=contract.id,
        contract_label=contract.label(dealer.entity(contract.entity_id)),
    )
    try:
        db.commit(writes)
    except Refused as refusal:
        raise Invalid(fields={"email": Complaint(code=refusal.code)}) from refusal


def relabel(db: TenantSession, party_id: str, now: datetime) -> None:
    """Brings up to date what the people's rows and open sessions repeat: the dealer's name, their contract's label."""
    dealer = open_dealer(db, party_id)
    labels = {contract.id: contract.label(dealer.entity(contract.entity_id)) for contract in dealer.contracts}
    for person in dealer.people:
        label = labels.get(person.contract_id or "", "")
        if (person.party_name, person.contract_label) != (dealer.party.name, label):
            record = user_record(db, person.id, party_id)
            changed = replace(user_of(record), party_name=dealer.party.name, contract_label=label)
            db.commit([user_put(db.tenant_id, changed, record.version)])
            refresh_sessions(db, changed, now=now)
