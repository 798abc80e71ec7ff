"""An order as its page shows it: its lines, what covers them, and what a manager looks at before deciding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.billing.ageing import Ageing, ageing
from chalicelib.billing.store import listed_open
from chalicelib.kernel.access import Actor
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.errors import NotFound, found
from chalicelib.kernel.money import Money, money
from chalicelib.network.store import account_from, contract_from, party_from, segments_of
from chalicelib.ordering import store
from chalicelib.ordering.cover import Cover, cover_of, covered, is_early, told_of
from chalicelib.ordering.holding import ready_by, wanted_of
from chalicelib.ordering.reservation_store import reservation_from, reservation_key
from chalicelib.ordering.sources import sources_of
from chalicelib.ordering.store import OrderFile
from chalicelib.stock.showing import is_exact
from chalicelib.stock.store import level_from, level_key
from chalicelib.stock.transit import Coming
from chalicelib.storage import keys
from chalicelib.storage.session import TenantSession
from chalicelib.tenancy.store import settings_of


def show_order(db: TenantSession, actor: Actor, order_id: str) -> OrderFile:
    """The whole order in one round trip; another dealer's is NotFound."""
    return store.load_order(db, order_id, actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCover:
    """By line what covers what has not left yet, as far as it is not simply there. `exact`: the reader may be told how
    much (`cover.told_of` has what is left out otherwise). `holds`: the order's reserve is of something
    (`Reservation.holds`)."""

    lines: Mapping[str, Cover]
    exact: bool
    holds: bool = True

    @property
    def due(self) -> date | None:
        """The day from which on all of the order is there; None: no part of it is on its way, or some is nowhere."""
        if any(one.lacking for one in self.lines.values()):
            return None
        return max((one.due for one in self.lines.values() if one.due), default=None)

    def is_after(self, wished: date | None) -> bool:
        """Whether not all of the order is there on the day that its buyer wishes."""
        return is_early(wished, self.due)


def show_cover(db: TenantSession, actor: Actor, file: OrderFile, now: datetime) -> ShownCover:
    """Nothing of an order that holds nothing and has nothing on order, because it is over or its time is; and of one
    that never waited for goods, and has none that may be on order, there is nothing to look up."""
    if not file.order.in_transit and not any(line.lead_days is not None for line in file.live_lines):
        return ShownCover(lines={}, exact=not actor.is_dealer)
    tenant_id, order = db.tenant_id, file.order
    held_at, segments_at = reservation_key(tenant_id, order.id), keys.segments(tenant_id)
    party_at = keys.party_profile(tenant_id, order.party_id)
    settings_at = keys.tenant_settings(tenant_id)
    rows = db.get_many((held_at, party_at, segments_at, settings_at))
    reservation = reservation_from(rows.get(held_at))
    group = segments_of(rows.get(segments_at)).group_of(party_from(found(rows.get(party_at))))
    exact = not actor.is_dealer or is_exact(group)
    if not (reservation.held or reservation.on_order) or reservation.is_lost(now):
        return ShownCover(lines={}, exact=exact)
    placed = local_day(order.created, settings_of(found(rows.get(settings_at))).time_zone)
    covers = {}
    for line in file.lines:
        if rest := wanted_of(line):
            held = reservation.held.get(line.sku, {})
            cover = cover_of(held, rest, reservation.on_order.get(line.sku))
            covers[line.id] = cover if exact else told_of(cover, rest, ready_by([line], placed).get(line.sku))
    return ShownCover(
        lines={line_id: one for line_id, one in covers.items() if one.due or one.untold or one.lacking},
        exact=exact,
        holds=reservation.holds,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionDesk:
    """What a manager looks at before deciding, as it stands now. `covered` is by SKU: what the order can have of it;
    `on_order` = what of it is so, `ready` = when it would be there if it were ordered now.

    `free` is what is left of the contract's limit with this order counted in, negative when it is exceeded; None
    without a limit. `ageing` is the dealer's debt, one a currency. `blocked`: the dealer or the contract is.
    `holds`: the order's reserve is of something.
    """

    covered: Mapping[str, Cover]
    on_order: Mapping[str, Coming]
    ready: Mapping[str, date]
    holds: bool
    limit: Money | None
    free: Money | None
    ageing: tuple[Ageing, ...]
    blocked: bool


def decision_desk(db: TenantSession, file: OrderFile, now: datetime) -> DecisionDesk:
    """Two round trips; the open invoices are as the index has them, which lags a little."""
    tenant_id, order = db.tenant_id, file.order
    contract_at = keys.contract(tenant_id, order.party_id, order.contract_id)
    account_at = keys.account(tenant_id, order.contract_id)
    party_at = keys.party_profile(tenant_id, order.party_id)
    held_at = reservation_key(tenant_id, order.id)
    skus = list(dict.fromkeys(line.sku for line in file.lines if not line.service))
    segments_at = keys.segments(tenant_id)
    settings_at = keys.tenant_settings(tenant_id)
    needed = (settings_at, contract_at, account_at, party_at)
    rows = db.get_many([*needed, segments_at, held_at, *(level_key(tenant_id, sku) for sku in skus)])
    if any(key not in rows for key in needed):
        raise NotFound()
    contract, party = contract_from(rows[contract_at]), party_from(rows[party_at])
    settings = settings_of(rows[settings_at])
    sources = sources_of(settings, segments_of(rows.get(segments_at)), party, contract, now)
    reservation = reservation_from(rows.get(held_at))
    levels = [level_from(rows.get(level_key(tenant_id, sku)), sku).as_of(now, but=order.id) for sku in skus]
    limit, exposure = contract.credit_limit, account_from(rows[account_at]).exposure
    return DecisionDesk(
        covered={level.sku: covered(reservation, level, sources) for level in levels},
        on_order=reservation.on_order,
        holds=reservation.holds,
        ready=ready_by(file.lines, local_day(now, settings.time_zone)),
        limit=None if limit is None else money(limit, contract.currency),
        free=None if limit is None else money(limit - exposure, contract.currency),
        ageing=tuple(ageing(listed_open(db, order.party_id), local_day(now, settings.time_zone))),
        blocked=contract.blocked or party.blocked,
    )
