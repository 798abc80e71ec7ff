"""Orders for 1C: what a session was given, and what it has confirmed (protocol §6, domain §8.1–8.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from chalicelib.exchange import store
from chalicelib.exchange.commerceml.orders_xml import info_xml, orders_xml
from chalicelib.exchange.model import Direction, EntryKind, EntryState, JournalEntry, KindCount, Offer
from chalicelib.exchange.to_erp import STATUSES, dialect_of, document_of
from chalicelib.kernel.ids import new_id
from chalicelib.ordering.actions.export import exported_versions, mark_exported, orders_to_export
from chalicelib.storage.session import TenantSession
from chalicelib.tenancy.model import TenantSettings

MAX_ANSWER = 3_500_000  # bytes: a response carries 6 MB, base64 takes a third of it
AT_ONCE = 300

Words = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Answer:
    body: bytes
    content_type: str


def give_orders(
    db: TenantSession, session_id: str, settings: TenantSettings, status_name: Words, now: datetime
) -> Answer:
    """The orders that wait for 1C, and a note of exactly which they were. Nothing counts as exported yet.

    An answer is never larger than a response may be: what does not fit is offered next time.
    """
    dialect = dialect_of(settings.exchange)
    made = now.astimezone(ZoneInfo(settings.time_zone))
    waiting = orders_to_export(db, limit=AT_ONCE)
    currencies = store.load_state(db).currencies if waiting else {}
    documents = [document_of(one, settings, currencies, status_name(str(one.order.state))) for one in waiting]
    body = orders_xml(documents, dialect, made)
    while len(body) > MAX_ANSWER and len(documents) > 1:
        documents = documents[: len(documents) // 2]
        body = orders_xml(documents, dialect, made)
    given = waiting[: len(documents)]
    _note(db, session_id, exported_versions(given), now)
    return Answer(body, dialect.content_type)


def _note(db: TenantSession, session_id: str, orders: list[tuple[str, int]], now: datetime) -> None:
    if not orders:
        db.commit([store.offer_delete(db.tenant_id, session_id)])
        return
    entry = JournalEntry(
        id=new_id(now),
        kind=EntryKind.ORDERS,
        direction=Direction.SALE,
        state=EntryState.WAITING,
        at=now,
        session_id=session_id,
        counts=(KindCount(kind="order", received=len(orders)),),
    )
    offer = Offer(orders=tuple(orders), at=now, entry_id=entry.id)
    db.commit([store.offer_put(db.tenant_id, session_id, offer), store.entry_put(db.tenant_id, entry)])


def confirm_orders(db: TenantSession, session_id: str, now: datetime) -> int:
    """1C has loaded what the session was last given: exactly that counts as exported. How many; 0 the second time."""
    offer = store.load_offer(db, session_id)
    if offer is None:
        return 0
    exported = mark_exported(db, offer.orders, now)
    entry = store.load_entry(db, offer.entry_id)
    counts = (KindCount(kind="order", received=len(offer.orders), changed=len(exported.done)),)
    state = EntryState.PARTLY if exported.changed else EntryState.DONE
    note = "changed_meanwhile" if exported.changed else ""
    db.commit(
        [
            store.offer_delete(db.tenant_id, session_id),
            store.entry_put(
                db.tenant_id,
                replace(
                    entry,
                    counts=counts,
                    state=state,
                    finished=now,
                    code=note,
                    params={"count": str(len(exported.changed))} if note else {},
                ),
            ),
        ]
    )
    return len(exported.done)


def describe(settings: TenantSettings, status_name: Words, payment_name: str) -> Answer:
    """`mode=info`: the lists that 1C maps to its own statuses and ways of payment."""
    dialect = dialect_of(settings.exchange)
    statuses = [(code, status_name(code)) for code in STATUSES]
    return Answer(info_xml(statuses, [("invoice", payment_name)], dialect), dialect.content_type)
