"""Counterparties with their legal entities, contracts and people."""

from __future__ import annotations

from chalicelib.storage.keys.base import (
    Index,
    IndexKey,
    Key,
    Partition,
    Table,
    core,
    core_part,
    index_part,
    pattern,
    tenant_prefix,
)


@pattern("counterparty with entities, contracts, users: all rows")
def party(tenant: str, party: str) -> Partition:
    return core_part(tenant, f"PARTY#{party}")


@pattern("a counterparty's profile")
def party_profile(tenant: str, party: str) -> Key:
    return core(tenant, f"PARTY#{party}", "PROFILE")


@pattern("a legal entity of a counterparty")
def legal_entity(tenant: str, party: str, entity: str) -> Key:
    return core(tenant, f"PARTY#{party}", f"LE#{entity}")


@pattern("a contract of a counterparty")
def contract(tenant: str, party: str, contract: str) -> Key:
    return core(tenant, f"PARTY#{party}", f"CONTRACT#{contract}")


@pattern("people of a counterparty")
def party_users(tenant: str, party: str) -> Partition:
    return core_part(tenant, f"PARTY#{party}", "USER#")


@pattern("a person of a counterparty")
def party_user(tenant: str, party: str, user: str) -> Key:
    return party_users(tenant, party).item(user)


@pattern("an open invitation to join a counterparty's people")
def party_invitation(tenant: str, party: str, invitation: str) -> Key:
    return core(tenant, f"PARTY#{party}", f"INV#{invitation}")


@pattern("counterparties of a kind by name (gsi1)")
def parties(tenant: str, kind: str) -> Partition:
    return index_part(Index.GSI1, tenant, f"PARTIES#{kind}")


@pattern("a counterparty among those of its kind (gsi1)")
def party_by_name(tenant: str, kind: str, name: str, party: str) -> IndexKey:
    return parties(tenant, kind).place(f"{name.casefold()[:200]}#{party}")


@pattern("price lists that were asked for under a contract; rows expire")
def price_lists(tenant: str, contract: str) -> Partition:
    return Partition(Table.EPHEMERAL, f"{tenant_prefix(tenant)}PLIST#{contract}")


@pattern("a price list of a contract, by its format, category and language")
def price_list(tenant: str, contract: str, price_list: str) -> Key:
    return price_lists(tenant, contract).item(price_list)


@pattern("the permanent link to a contract's price list: the hash of its secret")
def price_link(tenant: str, contract: str) -> Key:
    return core(tenant, f"PLINK#{contract}", "LINK")


@pattern("guard: a tax id is unique within the tenant")
def tax_id_guard(tenant: str, number: str) -> Key:
    return core(tenant, f"INN#{number}", "GUARD")
