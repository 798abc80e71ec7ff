"""Orders to the ERP: what it must get, and what it has confirmed (domain §8.1-2, protocol §6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.kernel.ids import new_id
from chalicelib.network.store import contract_from, entity_from, party_from
from chalicelib.ordering import store, task_store
from chalicelib.ordering.erp import OrderForErp
from chalicelib.ordering.erp_holding import known_to_erp
from chalicelib.ordering.model import Happening, Order
from chalicelib.ordering.reservation_store import holding_writes, reservation_from, reservation_key
from chalicelib.ordering.states import Side, State
from chalicelib.ordering.task_store import Queue, Task
from chalicelib.stock.journal import Cause, Why
from chalicelib.storage import keys
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import TenantSession

_AT_ONCE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """Ids of the orders that now count as exported, and of those that had changed meanwhile: they are offered again."""

    done: tuple[str, ...]
    changed: tuple[str, ...]


def orders_to_export(db: TenantSession, *, limit: int = 500) -> list[OrderForErp]:
    """Orders that the ERP must get, oldest first: newly confirmed ones, and cancelled ones that it may have.

    They stay in the queue until `mark_exported`; reading them is remembered, so that one which is cancelled later is
    told to the ERP even if the ERP never said that it got it.
    """
    tasks = _offer(db, limit)
    tenant_id = db.tenant_id
    rows = db.get_many(
        key
        for task in tasks
        for key in (
            keys.order_head(tenant_id, task.order_id),
            keys.party_profile(tenant_id, task.party_id),
            keys.legal_entity(tenant_id, task.party_id, task.entity_id),
            keys.contract(tenant_id, task.party_id, task.contract_id),
        )
    )
    heads = [rows[keys.order_head(tenant_id, task.order_id)] for task in tasks]
    orders = [store.order_from(head) for head in heads]
    pages = db.get_many(keys.order_lines(tenant_id, order.id, order.edition, 0) for order in orders)
    out = []
    for order in orders:
        lines = store.lines_from(pages[keys.order_lines(tenant_id, order.id, order.edition, 0)])
        live = tuple(line for line in lines if line.is_live)
        out.append(
            OrderForErp(
                order=order,
                lines=live or lines,
                party=party_from(rows[keys.party_profile(tenant_id, order.party_id)]),
                entity=entity_from(rows[keys.legal_entity(tenant_id, order.party_id, order.entity_id)]),
                contract=contract_from(rows[keys.contract(tenant_id, order.party_id, order.contract_id)]),
                is_cancelled=order.state is State.CANCELLED,
            )
        )
    return out


def _offer(db: TenantSession, limit: int) -> list[Task]:
    """The oldest tasks, each marked as offered before its order is read."""

    def once() -> list[Task]:
        tasks = _tasks(db, limit)
        for start in range(0, len(tasks), _AT_ONCE):
            part = tasks[start : start + _AT_ONCE]
            db.commit([task_store.offered(db.tenant_id, task.order_id) for task in part if not task.offered])
        return tasks

    return until_committed(once)  # one may be cancelled meanwhile


def _tasks(db: TenantSession, limit: int) -> list[Task]:
    """As they stand now: the index lags a little behind the tasks themselves."""
    places = [record.key for record in task_store.queue_page(db, Queue.EXPORT, limit=limit).records]
    found = db.get_many(places)
    return [task_store.task_from(found[place]) for place in places if place in found]


def mark_exported(db: TenantSession, orders: Iterable[tuple[str, int]], now: datetime) -> Exported:
    """The ERP has confirmed these orders at these versions (`mode=success`); saying it again changes nothing.

    What they hold of the stock counts as known to it. An order that has changed since stays in the queue.
    """
    done: list[str] = []
    changed: list[str] = []
    for order_id, version in orders:
        (done if _mark(db, order_id, version, now) else changed).append(order_id)
    return Exported(done=tuple(done), changed=tuple(changed))


def _mark(db: TenantSession, order_id: str, version: int, now: datetime) -> bool:
    head_key = keys.order_head(db.tenant_id, order_id)
    held_key = reservation_key(db.tenant_id, order_id)

    def once() -> bool:
        found = db.get_many([head_key, held_key])
        if head_key not in found or found[head_key].version != version:
            return False
        order = store.order_from(found[head_key])
        holding = known_to_erp(reservation_from(found.get(held_key)))
        after = replace(order, erp=replace(order.erp, exported_edition=order.edition, exported_at=now))
        exported = _exported(now, order)
        because = Cause(id=exported.id, why=Why.EXPORTED, number=order.number, order_id=order_id)
        db.commit(
            [
                store.order_put(db.tenant_id, after),
                task_store.task_delete(db.tenant_id, Queue.EXPORT, order_id),
                store.happening_put(db.tenant_id, order_id, exported),
                *(holding_writes(db.tenant_id, order_id, holding, because) if holding.moves else []),
            ]
        )
        return True

    return until_committed(once)


def _exported(now: datetime, order: Order) -> Happening:
    kind = "exported_cancelled" if order.state is State.CANCELLED else "exported"
    return Happening(id=new_id(now), kind=kind, at=now, side=Side.ERP)


def exported_versions(orders: Sequence[OrderForErp]) -> list[tuple[str, int]]:
    """What `mark_exported` wants back once the ERP has confirmed these."""
    return [(one.order.id, one.order.version) for one in orders]
