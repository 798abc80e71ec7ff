"""What every page of the catalogue reads of its person, in one round trip."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from chalicelib.catalogue.model import PriceType
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.catalogue.store import catalogue_in, catalogue_keys
from chalicelib.kernel.access import Actor, Permission
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import found
from chalicelib.network.segments import DealerGroup, StockShown, warehouses_of
from chalicelib.network.store import party_from, segments_of
from chalicelib.ordering.cart_store import cart_from, cart_keys
from chalicelib.ordering.sources import may_order_transit
from chalicelib.pictures.album import Album
from chalicelib.pictures.model import Picture
from chalicelib.pictures.store import album_of
from chalicelib.pricing.chain import PriceBasis, contract_terms, list_terms
from chalicelib.pricing.model import PriceTerms
from chalicelib.pricing.past import Past, past_of
from chalicelib.pricing.store import basis_keys, basis_of, book_of
from chalicelib.stock import showing
from chalicelib.stock.model import Level
from chalicelib.storage import keys
from chalicelib.storage.keys import Key
from chalicelib.storage.session import Record, TenantSession
from chalicelib.tenancy.model import TenantSettings
from chalicelib.tenancy.store import settings_of

Ahead = Mapping[Key, Record] | None
"""The rows of `desk_keys`, if somebody has read them already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the rows say."""

    catalogue: Catalogue | None
    settings: TenantSettings
    basis: PriceBasis | None  # None: the person has no contract
    group: DealerGroup | None  # says how much of the stock the person learns
    warehouses: tuple[str, ...]  # the contract's or its region's; none = every warehouse
    day: date
    news_since: datetime  # what came, or became cheaper, from then on is told
    cart: Mapping[str, Decimal] | None
    album: Album | None
    usual: tuple[str, ...]  # the lists and price types that everybody is given
    companions: Record | None  # says where it is kept what is ordered together

    def terms(self, price_types: Sequence[PriceType], price_type_id: str) -> PriceTerms | None:
        """A dealer's contract's, or those of the price type that one of the manufacturer's people looks at."""
        if self.basis is not None:
            return contract_terms(self.basis, price_types)
        chosen = next((one for one in price_types if one.id == price_type_id), None)
        return None if chosen is None else list_terms(chosen, self.settings, self.day)

    def past(self, terms: PriceTerms, price_types: Sequence[PriceType]) -> Past:
        """How far back prices under the terms are compared."""
        return Past(since=self.news_since) if self.basis is None else past_of(self.basis, terms, price_types)

    @property
    def may_rank_stock(self) -> bool:
        """Not for whom stock is words only: an order by it says more than words do."""
        return self.group is None or self.group.stock_shown is StockShown.EXACT

    @property
    def may_order_transit(self) -> bool:
        return may_order_transit(self.settings, self.group)

    def told(self, quantity: Decimal) -> showing.Shown:
        """What the person may know of a quantity in stock."""
        return showing.shown(quantity, self.group)

    def pictures(self, paths: Iterable[str]) -> Mapping[str, Picture]:
        """The pictures that came, by the names that goods give them."""
        return self.album.find(paths) if self.album else {}

    def coming(self, level: Level) -> tuple[showing.Expected, ...]:
        """What the person may know of what is on its way and promised to nobody."""
        return showing.expected(level.coming(self.day, self.warehouses), self.group)


def desk_keys(actor: Actor, contract_id: str | None) -> tuple[Key, ...]:
    """The rows that `desk_of` wants."""
    tenant_id, party_id = actor.tenant_id, actor.party_id
    files = (*catalogue_keys(tenant_id, party_id), keys.album(tenant_id), keys.companions(tenant_id))
    wanted = [*files, keys.tenant_settings(tenant_id)]
    if party_id:
        wanted += [keys.segments(tenant_id), keys.party_profile(tenant_id, party_id)]
    if party_id and contract_id:
        wanted += basis_keys(tenant_id, party_id, contract_id)
    elif not party_id:
        wanted.append(keys.price_book(tenant_id))
    return (*wanted, *_cart_keys(actor, contract_id))


def _cart_keys(actor: Actor, contract_id: str | None) -> list[Key]:
    """None for those who may not order."""
    if not contract_id or not actor.may(Permission.ORDER_PLACE):
        return []
    return cart_keys(actor.tenant_id, actor.user_id, contract_id)


def desk_of(rows: Mapping[Key, Record], actor: Actor, contract_id: str | None, now: datetime) -> Desk:
    """NotFound for a contract of another counterparty."""
    tenant_id, party_id = actor.tenant_id, actor.party_id
    settings = settings_of(found(rows.get(keys.tenant_settings(tenant_id))))
    basis = basis_of(rows, tenant_id, party_id, contract_id, now) if party_id and contract_id else None
    group, region = None, None
    if party_id:
        party = party_from(found(rows.get(keys.party_profile(tenant_id, party_id))))
        segments = segments_of(rows.get(keys.segments(tenant_id)))
        group, region = segments.group_of(party), segments.region_of(party)
    cart = _cart_keys(actor, contract_id)
    return Desk(
        catalogue=catalogue_in(tenant_id, rows, party_id),
        settings=settings,
        basis=basis,
        group=group,
        warehouses=warehouses_of(basis.contract if basis else None, region),
        day=local_day(now, settings.time_zone),
        news_since=settings.news_since(now),
        cart={line.sku: line.quantity for line in cart_from(map(rows.get, cart), contract_id).lines}
        if contract_id and cart
        else None,
        album=album_of(tenant_id, rows.get(keys.album(tenant_id))),
        usual=book_of(rows.get(keys.price_book(tenant_id))).default,
        companions=rows.get(keys.companions(tenant_id)),
    )


def read_desk(db: TenantSession, actor: Actor, contract_id: str | None, now: datetime, ahead: Ahead) -> Desk:
    """As `desk_of`; costs a round trip, unless the rows were read `ahead`."""
    rows = db.get_many(desk_keys(actor, contract_id)) if ahead is None else ahead
    return desk_of(rows, actor, contract_id, now)
