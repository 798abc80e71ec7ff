"""The nightly round through the books: what accounts, ledgers, invoices, payments and orders say must agree.

A piece of it looks at the contracts of some dealers; the due index brings the next piece, and a second look at what
disagreed. What still disagrees is logged, counted, noted in the account's audit and shown to the owner.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from chalicelib.billing import books
from chalicelib.billing.books import Check, Round
from chalicelib.billing.debts import note_debt
from chalicelib.gateways.telemetry import count, failure, logger
from chalicelib.kernel.clock import local_day, start_of_day
from chalicelib.kernel.ids import new_id
from chalicelib.network.model import DEALER, ContractMark, Party
from chalicelib.network.store import load_party, party_from
from chalicelib.ordering import store
from chalicelib.storage import keys
from chalicelib.storage.keys import Key
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.writes import Write, audit
from chalicelib.tenancy.store import load_settings

_PARTIES = 40
"""Dealers of one piece."""
_ORDERS_A_PAGE, _MOST_ORDERS = 200, 2000
_NIGHT = timedelta(hours=3)


def go_on(db: TenantSession, subject: str, now: datetime) -> None:
    """Due work: the round's next piece, or a second look at one contract (`<party>#<contract>`)."""
    if subject:
        party_id, contract_id = subject.split("#")
        _second_look(db, party_id, contract_id, now)
        return
    record = db.fetch(keys.books_round(db.tenant_id))
    before = record.load(Round)
    page = db.query(keys.parties(db.tenant_id, DEALER), limit=_PARTIES, after=before.cursor)
    parties = [party_from(one) for one in page.records]
    wrong = sum(_look(db, party, now) for party in parties)
    after = replace(before, cursor=page.next, parties=before.parties + len(parties), wrong=before.wrong + wrong)
    if page.next is not None:
        db.commit([books.round_put(db.tenant_id, after, record.version, now)])
        return
    logger().info("books were looked at", tenant=db.tenant_id, parties=after.parties, wrong=after.wrong)
    zone = load_settings(db).time_zone
    tonight = start_of_day(local_day(now, zone) + timedelta(days=1), zone) + _NIGHT
    db.commit([books.round_put(db.tenant_id, Round(ended=now), record.version, tonight)])


def _look(db: TenantSession, party: Party, now: datetime) -> int:
    """How many of the dealer's contracts disagree. One that cannot be looked at keeps no other from it."""
    rows = _rows(db, party.contracts)
    due = [mark for mark in party.contracts if _is_due(db, rows, mark, now)]
    held = held_by_contract(db, party.id) if due else None
    wrong = 0
    for mark in due:
        try:
            wrong += _looked_at(db, party, mark, rows, held, now, second=False).suspect
        except Exception as broken:
            failure("the books of a contract could not be read", broken, tenant=db.tenant_id, contract=mark.id)
            count("books_unread", db.tenant_id)
    if due:
        note_debt(db, party.id)
    return wrong


def _second_look(db: TenantSession, party_id: str, contract_id: str, now: datetime) -> None:
    party = load_party(db, party_id)
    mark = next(one for one in party.contracts if one.id == contract_id)
    rows = _rows(db, (mark,))
    _looked_at(db, party, mark, rows, held_by_contract(db, party_id), now, second=True)


def _rows(db: TenantSession, marks: tuple[ContractMark, ...]) -> Mapping[Key, Record]:
    wanted = [(keys.account(db.tenant_id, mark.id), keys.books_check(db.tenant_id, mark.id)) for mark in marks]
    return db.get_many(key for pair in wanted for key in pair)


def _is_due(db: TenantSession, rows: Mapping[Key, Record], mark: ContractMark, now: datetime) -> bool:
    account = rows.get(keys.account(db.tenant_id, mark.id))
    last = books.check_from(rows.get(keys.books_check(db.tenant_id, mark.id)))
    return account is not None and books.is_due(account, last, now)


def _looked_at(
    db: TenantSession,
    party: Party,
    mark: ContractMark,
    rows: Mapping[Key, Record],
    held: Mapping[str, Decimal] | None,
    now: datetime,
    *,
    second: bool,
) -> Check:
    account, known = rows[keys.account(db.tenant_id, mark.id)], rows.get(keys.books_check(db.tenant_id, mark.id))
    last = books.check_from(known)
    holds = None if held is None else held[mark.id]
    check = books.checked(db, party, mark, account, last, holds, now, second=second)
    again = now + books.AGAIN if check.suspect and not second else None
    writes: list[Write] = [books.check_put(db.tenant_id, check, known.version if known else 0, again)]
    if check.wrong and (last is None or last.wrong != check.wrong):
        writes.append(_told(db.tenant_id, check, now))
    db.commit(writes)
    return check


def _told(tenant_id: str, check: Check, now: datetime) -> Write:
    """A new difference: in the log and the metrics by what it is, in the audit with its sums."""
    what = [one.what for one in check.wrong]
    logger().error("books disagree", tenant=tenant_id, contract=check.contract_id, what=what)
    count("books_wrong", tenant_id)
    return audit(
        tenant_id,
        f"account/{check.contract_id}",
        action="books.disagree",
        actor_id="system",
        at=now,
        entry_id=new_id(now),
        detail={one.what: f"{one.kept}, should be {one.due}" for one in check.wrong},
    )


def held_by_contract(db: TenantSession, party_id: str) -> Mapping[str, Decimal] | None:
    """What the dealer's orders hold of the credit, by contract; None when it has too many to say."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    cursor: str | None = None
    for _ in range(_MOST_ORDERS // _ORDERS_A_PAGE):
        page = store.party_orders(db, party_id, limit=_ORDERS_A_PAGE, after=cursor)
        for record in page.records:
            order = store.order_from(record)
            sums[order.contract_id] += order.held
        cursor = page.next
        if cursor is None:
            return sums
    return None
