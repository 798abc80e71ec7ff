"""Where the goods of a dealer's orders may come from. Pure rules."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kernel.clock import local_day
from chalicelib.network.model import Contract, Party
from chalicelib.network.segments import DealerGroup, Segments, TransitOrders, warehouses_of
from chalicelib.stock.model import Sources
from chalicelib.tenancy.model import TenantSettings


def may_order_transit(settings: TenantSettings, group: DealerGroup | None) -> bool:
    """Whether dealers of the group, or of none, may order what is on its way."""
    own = group.transit_orders if group else TransitOrders.TENANT
    return settings.transit_orders if own is TransitOrders.TENANT else own is TransitOrders.YES


def sources_of(
    settings: TenantSettings, segments: Segments, party: Party, contract: Contract, now: datetime
) -> Sources:
    """The warehouses of the contract, or of the dealer's region; and what is on its way there, where the dealer's group
    may order that, or the tenant lets everybody."""
    allowed = may_order_transit(settings, segments.group_of(party))
    return Sources(
        warehouses=warehouses_of(contract, segments.region_of(party)),
        arrivals_from=local_day(now, settings.time_zone) if allowed else None,
    )
