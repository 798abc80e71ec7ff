"""What every action on a cart reads, in one round trip: the cart, the terms, the catalogue's pointer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.catalogue.store import catalogue_keys
from chalicelib.kernel.access import Actor
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import Refused, found
from chalicelib.network.model import Account, Contract, Party
from chalicelib.network.segments import DealerGroup, Segments
from chalicelib.network.store import account_from, segments_of
from chalicelib.ordering import cart_store
from chalicelib.ordering.cart import Cart
from chalicelib.ordering.goods import Shelf
from chalicelib.ordering.lines import Terms
from chalicelib.ordering.sources import sources_of
from chalicelib.pricing.chain import PriceBasis
from chalicelib.pricing.store import basis_keys, basis_of
from chalicelib.stock.model import Sources
from chalicelib.storage import keys
from chalicelib.storage.keys import Key
from chalicelib.storage.session import Record, TenantSession
from chalicelib.tenancy.model import TenantSettings

ShelfOf = Callable[[PriceBasis, Mapping[Key, Record]], Shelf]
"""Opens the catalogue at a contract's prices; what was read has the rows of `catalogue_keys`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A person's cart with the terms that hold for it; `sources` = where goods may come from, `day` = today, `rows` has
    everything that was read."""

    cart: Cart
    contract: Contract
    party: Party
    account: Account
    settings: TenantSettings
    segments: Segments
    sources: Sources
    day: date
    shelf: Shelf
    rows: Mapping[Key, Record]

    @property
    def group(self) -> DealerGroup | None:
        """The dealer's group: it says how much of the stock the person learns."""
        return self.segments.group_of(self.party)

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
        *basis_keys(tenant_id, actor.party_id or "", contract_id),
        *catalogue_keys(tenant_id, actor.party_id or ""),
        keys.account(tenant_id, contract_id),
        keys.segments(tenant_id),
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
    tenant_id = db.tenant_id
    basis = basis_of(rows, tenant_id, actor.party_id or "", contract_id, now)
    segments = segments_of(rows.get(keys.segments(tenant_id)))
    pages = (rows.get(key) for key in cart_store.cart_keys(tenant_id, actor.user_id, contract_id))
    return Desk(
        cart=cart_store.cart_from(pages, contract_id),
        contract=basis.contract,
        party=basis.party,
        account=account_from(found(rows.get(keys.account(tenant_id, contract_id)))),
        settings=basis.settings,
        segments=segments,
        sources=sources_of(basis.settings, segments, basis.party, basis.contract, now),
        day=local_day(now, basis.settings.time_zone),
        shelf=shelf_of(basis, rows),
        rows=rows,
    )
