"""Groups and regions of dealers: what prices, assortments and stock are set for besides single dealers. Pure rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from chalicelib.network.model import Contract, Party

FEW = Decimal(10)
"""What a new group calls few, in the SKU's unit."""


class StockShown(StrEnum):
    """How much a dealer learns of the stock."""

    EXACT = "exact"  # the quantity
    WORDS = "words"  # many, few, none


class TransitOrders(StrEnum):
    """Whether dealers may order what is on its way."""

    TENANT = "tenant"  # as the tenant's settings say
    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class DealerGroup:
    """Dealers who are treated alike. With `WORDS`, up to `few_at` (in the SKU's unit) is few, more is many."""

    id: str
    name: str
    stock_shown: StockShown = StockShown.EXACT
    few_at: Decimal = FEW
    transit_orders: TransitOrders = TransitOrders.TENANT


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Where dealers are. `warehouse_ids` serve them unless a contract names its own; none = every warehouse."""

    id: str
    name: str
    warehouse_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """All groups and regions of a tenant, by name; a dealer is in at most one of each."""

    groups: tuple[DealerGroup, ...] = ()
    regions: tuple[Region, ...] = ()
    version: int = 0  # filled from the stored row

    def group(self, group_id: str) -> DealerGroup | None:
        return next((one for one in self.groups if one.id == group_id), None)

    def region(self, region_id: str) -> Region | None:
        return next((one for one in self.regions if one.id == region_id), None)

    def group_of(self, party: Party) -> DealerGroup | None:
        """The dealer's group; None without one."""
        return self.group(party.group_id)

    def region_of(self, party: Party) -> Region | None:
        """The dealer's region; None without one."""
        return self.region(party.region_id)

    def name_of(self, segment_id: str) -> str | None:
        """What the group or region of this id is called; None if there is none."""
        named = self.group(segment_id) or self.region(segment_id)
        return named.name if named else None

    def has_namesake(self, one: DealerGroup | Region) -> bool:
        """Whether another group, or another region, is called the same."""
        if isinstance(one, DealerGroup):
            return any(_alike(one, other) for other in self.groups)
        return any(_alike(one, other) for other in self.regions)

    def with_group(self, group: DealerGroup) -> Segments:
        """With this group, new or in the place of the one of its id."""
        others = [one for one in self.groups if one.id != group.id]
        return replace(self, groups=tuple(sorted([*others, group], key=_by_name)))

    def with_region(self, region: Region) -> Segments:
        others = [one for one in self.regions if one.id != region.id]
        return replace(self, regions=tuple(sorted([*others, region], key=_by_name)))

    def without(self, segment_id: str) -> Segments:
        """Without the group or region of this id."""
        return replace(
            self,
            groups=tuple(one for one in self.groups if one.id != segment_id),
            regions=tuple(one for one in self.regions if one.id != segment_id),
        )


def _alike(one: DealerGroup | Region, other: DealerGroup | Region) -> bool:
    return one.id != other.id and one.name.casefold() == other.name.casefold()


def _by_name(one: DealerGroup | Region) -> tuple[str, str]:
    return one.name.casefold(), one.id


def warehouses_of(contract: Contract | None, region: Region | None) -> tuple[str, ...]:
    """Where goods for the contract may come from, in the order of use: its own warehouses, else its region's, as
    without a contract; none named = every warehouse."""
    return (contract.warehouse_ids if contract else ()) or (region.warehouse_ids if region else ())
