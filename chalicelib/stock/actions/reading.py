"""How the stock stands, and what moved it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chalicelib.catalogue.model import NO_WAREHOUSE, Item, Page, Query, Warehouse
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.catalogue.store import current_catalogue
from chalicelib.kernel.errors import NotFound, found
from chalicelib.stock import journal_store, store
from chalicelib.stock.journal import relied_on
from chalicelib.stock.journal_store import MovementList
from chalicelib.stock.model import Level
from chalicelib.stock.tally import Check
from chalicelib.stock.transit import Arrival, place_of
from chalicelib.storage.session import TenantSession
from chalicelib.tenancy.store import load_settings

_LATEST = 200  # movements


@dataclass(frozen=True, slots=True, kw_only=True)
class StockPage:
    """A page of the catalogue with live levels; `warehouses` names those that the ERP has described."""

    page: Page
    levels: Mapping[str, Level]
    warehouses: Mapping[str, Warehouse]


def wrong_stock(db: TenantSession, found: Sequence[Check], now: datetime) -> list[tuple[Check, Item | None]]:
    """What the nightly check found, with the catalogue's items."""
    catalogue = current_catalogue(db, None, now) if found else None
    items = catalogue.skus([one.sku for one in found]) if catalogue else {}
    return [(one, items.get(one.sku)) for one in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which movements: about `most`, between two moments, from the journal's pages `below` a number on (0 = all)."""

    most: int
    since: datetime | None = None
    until: datetime | None = None
    below: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMovements:
    """Movements of an item, newest first, with the warehouses that the ERP has described."""

    item: Item
    found: MovementList
    warehouses: Mapping[str, Warehouse]


def show_movements(db: TenantSession, sku: str, wanted: Wanted, now: datetime) -> ShownMovements:
    """NotFound for a SKU that the catalogue never had."""
    catalogue, item = known_item(db, sku, now)
    return ShownMovements(
        item=item,
        found=journal_store.movements(
            db, sku, most=wanted.most, since=wanted.since, until=wanted.until, below=wanted.below
        ),
        warehouses={warehouse.id: warehouse for warehouse in catalogue.warehouses()},
    )


def show_stock(db: TenantSession, query: Query, now: datetime) -> StockPage | None:
    """SKUs that fit with how they stand; None before the first import."""
    catalogue = current_catalogue(db, None, now)
    if catalogue is None:
        return None
    page = catalogue.search(query)
    return StockPage(
        page=page,
        levels=store.promised(db, [item.sku for item in page.items], now),
        warehouses={warehouse.id: warehouse for warehouse in catalogue.warehouses()},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStock:
    """How one SKU stands; `safety` = what the tenant keeps back of every SKU that has no safety stock of its own."""

    item: Item
    level: Level
    warehouses: Mapping[str, Warehouse]
    safety: Decimal

    @property
    def waited_for(self) -> tuple[Arrival, ...]:
        """Arrivals that have come, while orders wait for the ERP to tell of them."""
        return tuple(one for one in self.level.by_hand.came if self.level.promised(one))

    @property
    def places(self) -> tuple[str, ...]:
        """Warehouses where it is or may come to, by id."""
        return tuple(dict.fromkeys((*self.warehouses, *sorted(self.level.warehouses)))) or (NO_WAREHOUSE,)


def show_sku(db: TenantSession, sku: str, now: datetime) -> ShownStock:
    """NotFound for a SKU that the catalogue never had."""
    catalogue, item = known_item(db, sku, now)
    return ShownStock(
        item=item,
        level=store.levels(db, [sku], consistent=True)[sku].as_of(now),
        warehouses={warehouse.id: warehouse for warehouse in catalogue.warehouses()},
        safety=load_settings(db).safety_stock,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownArrival:
    """An arrival of a SKU; `item` None: the catalogue in force does not have it."""

    arrival: Arrival
    level: Level
    item: Item | None
    warehouses: Mapping[str, Warehouse]


def show_arrival(db: TenantSession, sku: str, arrival_id: str, now: datetime) -> ShownArrival:
    """NotFound if there is no such arrival."""
    level = store.levels(db, [sku], consistent=True)[sku].as_of(now)
    arrival = found(level.by_hand.arrival(arrival_id))
    catalogue = current_catalogue(db, None, now)
    return ShownArrival(
        arrival=arrival,
        level=level,
        item=catalogue.skus([sku]).get(sku) if catalogue else None,
        warehouses={warehouse.id: warehouse for warehouse in catalogue.warehouses()} if catalogue else {},
    )


def relying_orders(db: TenantSession, sku: str, arrival_id: str) -> dict[str, str]:
    """Numbers by order of those that a SKU's arrival concerns, as far as its latest movements tell."""
    found = journal_store.movements(db, sku, most=_LATEST)
    return relied_on(found.movements, place_of(arrival_id))


def known_item(db: TenantSession, sku: str, now: datetime) -> tuple[Catalogue, Item]:
    """An item of the catalogue; NotFound for a SKU that it never had."""
    catalogue = current_catalogue(db, None, now)
    item = catalogue.skus([sku]).get(sku) if catalogue else None
    if catalogue is None or item is None:
        raise NotFound()
    return catalogue, item


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownArrivals:
    """SKUs with goods on their way, by the day of the first arrival; `next` = where the list goes on."""

    levels: Mapping[str, Level]
    items: Mapping[str, Item]
    warehouses: Mapping[str, Warehouse]
    next: str | None


def show_arrivals(db: TenantSession, now: datetime, *, limit: int, after: str | None = None) -> ShownArrivals:
    catalogue = current_catalogue(db, None, now)
    skus, following = store.coming_skus(db, limit=limit, after=after)
    return ShownArrivals(
        levels=store.levels(db, skus) if skus else {},
        items=catalogue.skus(skus) if catalogue and skus else {},
        warehouses={warehouse.id: warehouse for warehouse in catalogue.warehouses()} if catalogue else {},
        next=following,
    )
