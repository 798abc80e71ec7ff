"""One change of an order as one transaction: once per key, only on the version that was seen, repeated when others
interfere. Every action on an order goes through `carry_out`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import Invalid, NotFound, Refused
from chalicelib.kernel.ids import fingerprint, new_id
from chalicelib.network.model import Contract, Party
from chalicelib.network.segments import DealerGroup
from chalicelib.network.store import contract_from, party_from, segments_of
from chalicelib.ordering import store, task_store
from chalicelib.ordering.actions.lapsing import release, release_lapsed
from chalicelib.ordering.hindrances import shortage, told_short
from chalicelib.ordering.holding import Holding, Reservation, Short
from chalicelib.ordering.model import Happening, Order, OrderLine, derived_percent, derived_state
from chalicelib.ordering.reservation_store import because, holding_writes, reservation_from, reservation_key
from chalicelib.ordering.sources import sources_of
from chalicelib.ordering.states import Side
from chalicelib.ordering.store import OrderFile
from chalicelib.ordering.task_store import Queue, Task
from chalicelib.stock.journal import Cause, Why
from chalicelib.stock.model import Level, Sources
from chalicelib.stock.showing import shown
from chalicelib.stock.store import level_from, level_key
from chalicelib.storage import keys
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.writes import Done, Write, guard
from chalicelib.tenancy.model import TenantSettings
from chalicelib.tenancy.store import settings_of

MAX_WRITES = 100
"""What DynamoDB carries out in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Who wants what of which order. `version` = the order's as the person saw it; `key` makes the request happen
    once; `body` tells requests of one key apart."""

    actor: Actor
    order_id: str
    version: int
    key: str
    now: datetime
    body: str = ""

    @property
    def side(self) -> Side:
        return Side.DEALER if self.actor.is_dealer else Side.STAFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What else was read for the change. `group` = the dealer's; `sources` = where the order's goods may come from."""

    settings: TenantSettings
    contract: Contract
    party: Party
    group: DealerGroup | None
    sources: Sources
    reservation: Reservation
    export: Task | None
    levels: Mapping[str, Level]

    def told_to(self, actor: Actor) -> DealerGroup | None:
        """The group that says how much of the stock this person learns; None = all."""
        return self.group if actor.is_dealer else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What an action makes of an order. `lines` None = as they are; a new edition must have been counted up in
    `order`. `holding` None = it holds what it held; `happening` None: the history has it already."""

    order: Order
    happening: Happening | None
    lines: tuple[OrderLine, ...] | None = None
    holding: Holding | None = None
    writes: Sequence[Write] = field(default_factory=tuple)


Decide = Callable[[OrderFile, Situation], Step]


def carry_out(
    db: TenantSession, ask: Ask, decide: Decide, *, also: Callable[[OrderFile], Iterable[str]] | None = None
) -> Order:
    """Reads, decides, commits; the order as it then is.

    `also` names SKUs whose stock the decision needs. The same key again answers the order as it is, another body under
    the same key is Invalid("key_reused"). Refused("order_changed") when the order is no longer the version that was
    seen; short lines are all named in Refused("short").
    """
    done_key = _guard_key(ask.actor, ask.key)

    def once() -> Order:
        file = store.load_order(db, ask.order_id, ask.actor)
        situation, done = read_situation(db, file, ask.now, also=also, guard_key=done_key)
        if done is not None:
            return first_answer(done, ask, file.order)
        if file.order.version != ask.version:
            raise Refused("order_changed", number=file.order.number)
        step = decide(file, situation)
        if step.holding is not None and situation.reservation.is_lost(ask.now):
            release(db, file.order.id, ask.now)  # others may have had its goods since: it takes anew what there is
            return once()
        if step.holding is not None and release_lapsed(db, step.holding, situation.levels, ask.now, but=file.order.id):
            return once()
        if step.holding is not None and step.holding.short:
            reader = situation.told_to(ask.actor)
            told = told_short(step.holding.short, reader, alone=True)
            raise short_refusal(told, reader, file.lines, step.lines or ())
        result = Done({"order": file.order.id}, fingerprint(ask.body))
        writes = [guard(db.tenant_id, done_key, result, now=ask.now), *step_writes(db.tenant_id, step, ask.now)]
        if len(writes) > MAX_WRITES:
            raise Refused("order_too_large", limit=MAX_WRITES)
        db.commit(writes)
        return replace(step.order, version=step.order.version + 1)

    return until_committed(once)


def read_situation(
    db: TenantSession,
    file: OrderFile,
    now: datetime,
    *,
    also: Callable[[OrderFile], Iterable[str]] | None = None,
    guard_key: str = "",
) -> tuple[Situation, Record | None]:
    """What a change needs beside the order itself, in one round trip; and the guard, if the key was used before."""
    tenant_id, order = db.tenant_id, file.order
    settings_key = keys.tenant_settings(tenant_id)
    contract_key = keys.contract(tenant_id, order.party_id, order.contract_id)
    party_key = keys.party_profile(tenant_id, order.party_id)
    segments_key = keys.segments(tenant_id)
    held_key = reservation_key(tenant_id, order.id)
    export_key = keys.task(tenant_id, Queue.EXPORT, order.id)
    done_key = keys.idempotency(tenant_id, guard_key)
    skus = list(dict.fromkeys(also(file))) if also else []
    needed = (settings_key, contract_key, party_key)
    others = (segments_key, held_key, export_key, done_key)
    found = db.get_many([*needed, *others, *(level_key(tenant_id, sku) for sku in skus)])
    if any(key not in found for key in needed):
        raise NotFound()
    export = found.get(export_key)
    contract, party = contract_from(found[contract_key]), party_from(found[party_key])
    segments, settings = segments_of(found.get(segments_key)), settings_of(found[settings_key])
    situation = Situation(
        settings=settings,
        contract=contract,
        party=party,
        group=segments.group_of(party),
        sources=sources_of(settings, segments, party, contract, now),
        reservation=reservation_from(found.get(held_key)),
        export=task_store.task_from(export) if export else None,
        levels={sku: level_from(found.get(level_key(tenant_id, sku)), sku) for sku in skus},
    )
    return situation, found.get(done_key) if guard_key else None


def first_answer(done: Record, ask: Ask, order: Order) -> Order:
    if done.data["fingerprint"] != fingerprint(ask.body):
        raise Invalid("key_reused")
    return order


def step_writes(tenant_id: str, step: Step, now: datetime) -> list[Write]:
    """The rows of the change: head, lines, history, what is held, and what the action adds."""
    writes: list[Write] = [store.order_put(tenant_id, with_holding(step.order, step.holding))]
    if step.happening is not None:
        writes.append(store.happening_put(tenant_id, step.order.id, step.happening))
    if step.lines is not None:
        writes.append(store.lines_put(tenant_id, step.order, step.lines))
    if step.holding is not None:
        writes.extend(holding_writes(tenant_id, step.order.id, step.holding, _cause(step, now)))
    return [*writes, *step.writes]


def _cause(step: Step, now: datetime) -> Cause:
    order = step.order
    if step.happening is None:
        return Cause(id=new_id(now), why=Why.ERP, number=order.number, order_id=order.id)
    return because(order, step.happening)


def with_lines(order: Order, lines: Sequence[OrderLine], now: datetime) -> Order:
    """The head as its lines make it: sums, state, progress."""
    live = [line for line in lines if line.is_live]
    return replace(
        order,
        net=sum((line.net for line in live), Decimal(0)),
        vat=sum((line.vat for line in live), Decimal(0)),
        gross=sum((line.gross for line in live), Decimal(0)),
        line_count=len(live),
        first_line=live[0].name if live else "",
        percent=derived_percent(lines),
        state=derived_state(order.state, lines),
        changed=now,
    )


def with_holding(order: Order, holding: Holding | None) -> Order:
    """The head as what the order holds makes it."""
    return replace(order, in_transit=order.in_transit or (holding is not None and holding.reservation.waits))


def happening(kind: str, ask: Ask, *, comment: str = "", edition: int = 0, **params: str) -> Happening:
    return Happening(
        id=new_id(ask.now),
        kind=kind,
        at=ask.now,
        side=ask.side,
        actor_id=ask.actor.user_id,
        actor_name=ask.actor.name,
        comment=comment,
        edition=edition,
        params=params,
    )


def refuse_blocked(contract: Contract, party: Party) -> None:
    """Refused when nothing may be ordered under the contract, or by the dealer."""
    if contract.blocked:
        raise Refused("contract_blocked", number=contract.number)
    if party.blocked:
        raise Refused("dealer_blocked")


def short_refusal(told: Sequence[Short], told_to: DealerGroup | None, *lines: Sequence[OrderLine]) -> Refused:
    """Every SKU of which there is too little, at once (domain §4.2), with as much as the reader may know of it."""
    known = {line.sku: line for several in lines for line in several}
    return Refused(
        "short",
        tuple(
            shortage(
                shown(short.available, told_to),
                article=known[short.sku].article,
                name=known[short.sku].name,
                wanted=short.wanted,
                unit=known[short.sku].unit,
            )
            for short in told
        ),
        count=len(told),
    )


def _guard_key(actor: Actor, key: str) -> str:
    return f"order#{actor.user_id}#{key}"
