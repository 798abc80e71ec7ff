"""What every action on a cart reads, in one round trip: the cart, the terms, the catalogue's pointer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import NotFound, Refused
from chalicelib.network.model import Account, Contract, Party
from chalicelib.network.store import account_from, contract_from, party_from
from chalicelib.ordering import cart_store
from chalicelib.ordering.cart import Cart
from chalicelib.ordering.goods import Shelf
from chalicelib.ordering.lines import Terms
from chalicelib.storage import keys
from chalicelib.storage.keys import Key
from chalicelib.storage.session import Record, TenantSession
from chalicelib.tenancy.model import TenantSettings
from chalicelib.tenancy.store import settings_of

ShelfOf = Callable[[Contract, TenantSettings, Record | None, datetime], Shelf]
"""Opens the catalogue for a contract at the prices of a moment; the record is the snapshot's pointer as read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A person's cart with the terms that hold for it; `rows` has everything that was read."""

    cart: Cart
    contract: Contract
    party: Party
    account: Account
    settings: TenantSettings
    shelf: Shelf
    rows: Mapping[Key, Record]

    @property
    def terms(self) -> Terms:
        return Terms(
            currency=self.contract.currency,
            vat_included=self.shelf.vat_included,
            base=self.settings.rounding_base,
        )


def desk_keys(tenant_id: str, actor: Actor, contract_id: str) -> list[Key]:
    return [
        *cart_store.cart_keys(tenant_id, actor.user_id, contract_id),
        keys.contract(tenant_id, actor.party_id or "", contract_id),
        keys.party_profile(tenant_id, actor.party_id or ""),
        keys.account(tenant_id, contract_id),
        keys.tenant_settings(tenant_id),
        keys.snapshot_current(tenant_id),
    ]


def read_desk(
    db: TenantSession,
    actor: Actor,
    contract_id: str | None,
    shelf_of: ShelfOf,
    now: datetime,
    *,
    also: Iterable[Key] = (),
) -> Desk:
    """NotFound for another counterparty's contract; Refused("no_contract") when the person has none to work under."""
    if contract_id is None or actor.party_id is None:
        raise Refused("no_contract")
    rows = db.get_many([*desk_keys(db.tenant_id, actor, contract_id), *also])
    return desk_of(db, actor, contract_id, rows, shelf_of, now)


def desk_of(
    db: TenantSession, actor: Actor, contract_id: str, rows: Mapping[Key, Record], shelf_of: ShelfOf, now: datetime
) -> Desk:
    tenant_id, party_id = db.tenant_id, actor.party_id or ""
    contract = rows.get(keys.contract(tenant_id, party_id, contract_id))
    party = rows.get(keys.party_profile(tenant_id, party_id))
    account = rows.get(keys.account(tenant_id, contract_id))
    settings = rows.get(keys.tenant_settings(tenant_id))
    if contract is None or party is None or account is None or settings is None:
        raise NotFound()
    terms, tenant = contract_from(contract), settings_of(settings)
    pages = (rows.get(key) for key in cart_store.cart_keys(tenant_id, actor.user_id, contract_id))
    return Desk(
        cart=cart_store.cart_from(pages, contract_id),
        contract=terms,
        party=party_from(party),
        account=account_from(account),
        settings=tenant,
        shelf=shelf_of(terms, tenant, rows.get(keys.snapshot_current(tenant_id)), now),
        rows=rows,
    )
