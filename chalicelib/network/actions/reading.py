"""What the other modules of these actions share: a dealer as read, what a contract may name, audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.identity.model import Invitation, User
from chalicelib.identity.store import INVITATION, PERSON, invitation_of, user_of
from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import found
from chalicelib.kernel.ids import new_id
from chalicelib.network import store
from chalicelib.network.forms import Known
from chalicelib.network.model import (
    Account,
    Contract,
    ContractMark,
    LegalEntity,
    Party,
    PriceType,
    Standing,
    Warehouse,
    standings,
)
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.writes import Put, Write, audit


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealer:
    """Everything of one dealer, in the order in which it was made."""

    party: Party
    entities: tuple[LegalEntity, ...]
    contracts: tuple[Contract, ...]
    people: tuple[User, ...]
    invitations: tuple[Invitation, ...]
    accounts: dict[str, Account]  # by contract id

    def entity(self, entity_id: str) -> LegalEntity:
        """NotFound for another dealer's."""
        return found(next((entity for entity in self.entities if entity.id == entity_id), None))

    @property
    def standings(self) -> tuple[Standing, ...]:
        return standings((one, self.accounts[one.id]) for one in self.contracts if one.id in self.accounts)

    def contract(self, contract_id: str) -> Contract:
        return found(next((contract for contract in self.contracts if contract.id == contract_id), None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the last import offers a contract to name."""

    price_types: tuple[PriceType, ...]
    warehouses: tuple[Warehouse, ...]

    @property
    def known(self) -> Known:
        return Known(price_types=[p.id for p in self.price_types], warehouses=[w.id for w in self.warehouses])


def open_dealer(db: TenantSession, party_id: str) -> Dealer:
    """The dealer's page: one query and one read of the accounts. NotFound if there is none."""
    rows = store.party_rows(db, party_id)
    contracts = tuple(store.contract_from(record) for record in rows.get(store.CONTRACT, ()))
    return Dealer(
        party=store.party_from(rows[store.PARTY][0]),
        entities=tuple(store.entity_from(record) for record in rows.get(store.ENTITY, ())),
        contracts=contracts,
        people=tuple(user_of(record) for record in rows.get(PERSON, ())),
        invitations=tuple(invitation_of(record) for record in rows.get(INVITATION, ())),
        accounts=store.accounts_of(db, [contract.id for contract in contracts]),
    )


def choices(db: TenantSession) -> Choices:
    return Choices(price_types=store.price_types(db), warehouses=store.warehouses(db))


def contract_writes(tenant_id: str, contract: Contract) -> list[Write]:
    return [store.contract_put(tenant_id, contract, 0), store.account_put(tenant_id, contract)]


def mark_of(contract: Contract) -> ContractMark:
    return ContractMark(id=contract.id, number=contract.number, currency=contract.currency)


def one_of(records: Sequence[Record], wanted: str) -> Record:
    return found(next((record for record in records if record.data["id"] == wanted), None))


def network_audit(db: TenantSession, actor: Actor, party_id: str, action: str, now: datetime, **detail: str) -> Put:
    return audit(
        db.tenant_id,
        f"party/{party_id}",
        action=action,
        actor_id=actor.user_id,
        at=now,
        entry_id=new_id(now),
        detail=detail,
    )
