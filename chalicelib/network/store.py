"""Counterparties in the `core` table: one partition each, so that a dealer's page is one query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from chalicelib.identity.model import User
from chalicelib.identity.store import user_of
from chalicelib.kernel.errors import NotFound, Refused
from chalicelib.network.model import DEALER, Account, Contract, LegalEntity, Party, PriceType, Warehouse
from chalicelib.network.segments import Segments
from chalicelib.storage import codec, keys
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.writes import Absent, Put

PARTY, ENTITY, CONTRACT, ACCOUNT = "party", "legal_entity", "contract", "account"


@dataclass(frozen=True, slots=True)
class _PriceTypes:
    types: tuple[PriceType, ...] = ()


@dataclass(frozen=True, slots=True)
class _Warehouses:
    warehouses: tuple[Warehouse, ...] = ()


def party_from(record: Record) -> Party:
    return record.load(Party)


def entity_from(record: Record) -> LegalEntity:
    return record.load(LegalEntity)


def contract_from(record: Record) -> Contract:
    return record.load(Contract)


def account_from(record: Record) -> Account:
    return Account(**record.n)


def load_party(db: TenantSession, party_id: str) -> Party:
    """The counterparty; NotFound if there is none of this id."""
    return party_from(db.fetch(keys.party_profile(db.tenant_id, party_id)))


def load_entity(db: TenantSession, party_id: str, entity_id: str) -> LegalEntity:
    """A legal entity of this counterparty; another's is NotFound."""
    return entity_from(db.fetch(keys.legal_entity(db.tenant_id, party_id, entity_id)))


def load_contract(db: TenantSession, party_id: str, contract_id: str) -> Contract:
    """A contract of this counterparty; another's is NotFound."""
    return contract_from(db.fetch(keys.contract(db.tenant_id, party_id, contract_id)))


def party_of(db: TenantSession, contract_id: str) -> str:
    """Whose a contract is: the id of its counterparty; NotFound if there is no such contract."""
    return str(db.fetch(keys.account(db.tenant_id, contract_id)).data["party_id"])


def people_of(db: TenantSession, party_id: str) -> list[User]:
    """The people of a counterparty, oldest first."""
    rows = db.query_all(keys.party_users(db.tenant_id, party_id), consistent=True)
    return [user_of(record) for record in rows]


def party_rows(db: TenantSession, party_id: str) -> dict[str, list[Record]]:
    """All rows of a counterparty by kind; NotFound if there is none of this id."""
    rows: dict[str, list[Record]] = {}
    for record in db.query_all(keys.party(db.tenant_id, party_id), consistent=True):
        rows.setdefault(record.kind, []).append(record)
    if PARTY not in rows:
        raise NotFound()
    return rows


def dealers(db: TenantSession) -> list[Party]:
    """Every dealer by name."""
    return [party_from(record) for record in db.query_all(keys.parties(db.tenant_id, DEALER))]


def tax_id_guard(tenant_id: str, entity: LegalEntity) -> Put:
    """Keeps the tax id unique within the tenant."""
    return Put(
        key=keys.tax_id_guard(tenant_id, entity.tax_id),
        kind="tax_id",
        data={"party_id": entity.party_id, "entity_id": entity.id},
        version=0,
        refusal=Refused("tax_id_taken", tax_id=entity.tax_id),
    )


def accounts_of(db: TenantSession, contract_ids: Sequence[str]) -> dict[str, Account]:
    """How the contracts' accounts stand, by contract id."""
    wanted = {keys.account(db.tenant_id, contract_id): contract_id for contract_id in contract_ids}
    return {wanted[key]: account_from(record) for key, record in db.get_many(wanted).items()}


def terms_of(db: TenantSession, parties: Sequence[Party]) -> dict[str, tuple[Contract, Account]]:
    """The contracts of the counterparties with their accounts, by contract id; one round trip for 50 contracts."""
    marks = [(party.id, mark.id) for party in parties for mark in party.contracts]
    contracts = {contract_id: keys.contract(db.tenant_id, party_id, contract_id) for party_id, contract_id in marks}
    accounts = {contract_id: keys.account(db.tenant_id, contract_id) for _, contract_id in marks}
    rows = db.get_many([*contracts.values(), *accounts.values()])
    return {
        contract_id: (contract_from(rows[key]), account_from(rows[accounts[contract_id]]))
        for contract_id, key in contracts.items()
        if key in rows and accounts[contract_id] in rows
    }


def party_put(tenant_id: str, party: Party, version: int) -> Put:
    """Writes the profile; `version` as in `Put` (0 = new)."""
    place = keys.party_by_name(tenant_id, party.kind, party.name, party.id)
    key = keys.party_profile(tenant_id, party.id)
    return Put(key=key, kind=PARTY, data=party, indexes=(place,), version=version)


def entity_put(tenant_id: str, entity: LegalEntity, version: int) -> Put:
    key = keys.legal_entity(tenant_id, entity.party_id, entity.id)
    return Put(key=key, kind=ENTITY, data=entity, version=version)


def contract_put(tenant_id: str, contract: Contract, version: int) -> Put:
    key = keys.contract(tenant_id, contract.party_id, contract.id)
    return Put(key=key, kind=CONTRACT, data=contract, version=version)


def account_put(tenant_id: str, contract: Contract) -> Put:
    """The contract's account, new and at zero."""
    data = {"party_id": contract.party_id, "currency": contract.currency}
    return Put(
        key=keys.account(tenant_id, contract.id), kind=ACCOUNT, data=data, counters=asdict(Account()), when=(Absent(),)
    )


def price_types(db: TenantSession) -> tuple[PriceType, ...]:
    """The price types that the last import brought, in its order."""
    record = db.get(keys.price_types(db.tenant_id), consistent=False)
    return record.load(_PriceTypes).types if record else ()


def warehouses(db: TenantSession) -> tuple[Warehouse, ...]:
    record = db.get(keys.warehouses(db.tenant_id), consistent=False)
    return record.load(_Warehouses).warehouses if record else ()


def price_types_write(tenant_id: str, types: Sequence[PriceType]) -> Put:
    """What an import tells about price types; it replaces what was told before."""
    return Put(key=keys.price_types(tenant_id), kind="price_types", data=codec.dump(_PriceTypes(tuple(types))))


def warehouses_write(tenant_id: str, known: Sequence[Warehouse]) -> Put:
    return Put(key=keys.warehouses(tenant_id), kind="warehouses", data=codec.dump(_Warehouses(tuple(known))))


def segments_of(record: Record | None) -> Segments:
    """Groups and regions of a row that the caller has read among others; none before the first is made."""
    return replace(record.load(Segments), version=record.version) if record else Segments()


def load_segments(db: TenantSession, *, consistent: bool = False) -> Segments:
    return segments_of(db.get(keys.segments(db.tenant_id), consistent=consistent))


def segments_put(tenant_id: str, segments: Segments) -> Put:
    """Writes all of them, if nobody else has since they were read."""
    data = replace(segments, version=0)
    return Put(key=keys.segments(tenant_id), kind="segments", data=data, version=segments.version)
