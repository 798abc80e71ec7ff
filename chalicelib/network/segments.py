"""Groups and regions of dealers: what prices, assortments and stock are set for besides single dealers. Pure rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from chalicelib.network.model import Contract, Party

FEW = Decimal(10)
"""What a new group calls few, in the SKU's unit."""


class StockShown(StrEnum):
    """How much a dealer learns of the stock."""

    EXACT = "exact"  # the quantity
    WORDS = "words"  # many, few, none


@dataclass(frozen=True, slots=True, kw_only=True)
class DealerGroup:
    """Dealers who are treated alike. With `WORDS`, up to `few_at` (in the SKU's unit) is few, more is many."""

    id: str
    name: str
    stock_shown: StockShown = StockShown.EXACT
    few_at: Decimal = FEW


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Where dealers are. `warehouse_ids` serve them unless a contract names its own; none = every warehouse."""

    id: str
    name: str
    warehouse_ids: tuple[str, ...] = ()


Segment = DealerGroup | Region
_Kind = TypeVar("_Kind", DealerGroup, Region)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """All groups and regions of a tenant, by name; a dealer is in at most one of each."""

    groups: tuple[DealerGroup, ...] = ()
    regions: tuple[Region, ...] = ()
    version: int = 0  # filled from the stored row

    def group_of(self, party: Party) -> DealerGroup | None:
        """The dealer's group; None without one."""
        return next((one for one in self.groups if one.id == party.group_id), None)

    def region_of(self, party: Party) -> Region | None:
        """The dealer's region; None without one."""
        return next((one for one in self.regions if one.id == party.region_id), None)

    def with_group(self, group: DealerGroup) -> Segments:
        """With this group, new or in the place of the one of its id."""
        return replace(self, groups=_with(self.groups, group))

    def with_region(self, region: Region) -> Segments:
        return replace(self, regions=_with(self.regions, region))

    def without(self, segment_id: str) -> Segments:
        """Without the group or region of this id."""
        return replace(
            self,
            groups=tuple(one for one in self.groups if one.id != segment_id),
            regions=tuple(one for one in self.regions if one.id != segment_id),
        )


def _with(known: tuple[_Kind, ...], one: _Kind) -> tuple[_Kind, ...]:
    all_of_them = [*(other for other in known if other.id != one.id), one]
    return tuple(sorted(all_of_them, key=lambda each: (each.name.casefold(), each.id)))


def warehouses_of(contract: Contract, region: Region | None) -> tuple[str, ...]:
    """Where goods for the contract may come from, in the order of use: its own warehouses, else its region's; none
    named = every warehouse."""
    return contract.warehouse_ids or (region.warehouse_ids if region else ())
