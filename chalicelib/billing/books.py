"""Whether a contract's ledger, account, invoices and payments tell the same (domain §6.4).

A nightly round looks at every contract whose account has changed since, and at each once a week (`ordering`, which
knows what orders hold, carries it out). What disagrees is looked at again a little later, since the indexes of
invoices and payments lag and acts go on meanwhile; only then it is told. Nothing is repaired.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from chalicelib.billing import store
from chalicelib.billing.ledger import OWED, Book, Mistake, book_sum, mistakes
from chalicelib.billing.terms import FIRST_YEAR
from chalicelib.network.model import ContractMark, Party
from chalicelib.network.store import account_from
from chalicelib.storage import keys
from chalicelib.storage.attempts import put_first
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.writes import Put

DUE = "books"
AGAIN = timedelta(minutes=10)
"""After this a difference is looked at a second time."""

_EVERY = timedelta(days=7)
_OPEN_YEARS = 2
"""Years of the ledger that are read at each check; the sums of earlier ones are kept with the last check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """What the ledger came to until the end of a year."""

    year: int
    receivable: Decimal
    advance: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The last check of a contract. `account` = the version of its account then; `suspect`: something disagreed at the
    first look, `wrong`: at the second look too."""

    party_id: str
    party_name: str
    contract_id: str
    contract_number: str
    currency: str
    account: int
    at: datetime
    closed: Closed | None = None
    suspect: bool = False
    wrong: tuple[Mistake, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """How far the nightly round has come: `cursor` None = it is over, and the next one has its time."""

    cursor: str | None = None
    parties: int = 0  # looked at in this round
    wrong: int = 0  # contracts of them that disagreed at the first look
    ended: datetime | None = None


def check_books(
    db: TenantSession, party_id: str, contract_id: str, now: datetime, held: Decimal | None = None
) -> tuple[Mistake, ...]:
    """What disagrees, read to the last entry; empty when all is well. `held` = what the contract's orders hold."""
    return _found(db, party_id, contract_id, now, held, None)[0]


def is_due(account: Record, last: Check | None, now: datetime) -> bool:
    """Whether a contract is looked at in this round."""
    return last is None or bool(last.wrong) or last.account != account.version or now - last.at >= _EVERY


def checked(
    db: TenantSession,
    party: Party,
    mark: ContractMark,
    account: Record,
    last: Check | None,
    held: Decimal | None,
    now: datetime,
    *,
    second: bool,
) -> Check:
    """The contract's new check, still to be written."""
    known = last.closed if last else None
    found, closed = _found(db, party.id, mark.id, now, held, known)
    if found and known is not None:  # somebody may have entered something of long ago
        found, closed = _found(db, party.id, mark.id, now, held, None)
    return Check(
        party_id=party.id,
        party_name=party.name,
        contract_id=mark.id,
        contract_number=mark.number,
        currency=mark.currency,
        account=account.version,
        at=now,
        closed=closed,
        suspect=bool(found),
        wrong=found if second else last.wrong if last and found else (),
    )


def _found(
    db: TenantSession, party_id: str, contract_id: str, now: datetime, held: Decimal | None, closed: Closed | None
) -> tuple[tuple[Mistake, ...], Closed]:
    """The mistakes, and what is kept of the years that are over."""
    books = {Book.RECEIVABLE: Decimal(0), Book.ADVANCE: Decimal(0)}
    last_closed = now.year - _OPEN_YEARS
    if closed is not None:
        books = {Book.RECEIVABLE: closed.receivable, Book.ADVANCE: closed.advance}
    kept = closed
    for year in range(closed.year + 1 if closed else FIRST_YEAR, now.year + 2):
        entries = store.ledger_entries(db, contract_id, year)
        for book in OWED:
            books[book] += book_sum(entries, book)
        if year == last_closed:
            kept = Closed(year=year, receivable=books[Book.RECEIVABLE], advance=books[Book.ADVANCE])
    assert kept is not None, "years that are over were read or known"
    account = db.fetch(keys.account(db.tenant_id, contract_id))
    invoices = (store.invoice_from(one) for one in store.open_invoices(db, party_id, contract_id))
    payments = (store.payment_from(one) for one in store.advances(db, party_id, contract_id))
    owed = _sum(invoice.rest.amount for invoice in invoices)
    advances = _sum(payment.advance for payment in payments)
    return mistakes(books, account_from(account), owed, advances, held), kept


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


# --- rows ----------------------------------------------------------------------------------------


def check_from(record: Record | None) -> Check | None:
    return record.load(Check) if record is not None else None


def check_put(tenant_id: str, check: Check, version: int, look_again: datetime | None) -> Put:
    """The contract's check; one that is wrong is listed for the owner."""
    places = []
    if check.wrong:
        places.append(keys.wrong_books_place(tenant_id, check.contract_id))
    if look_again is not None:
        places.append(keys.due_at(tenant_id, look_again, DUE, f"{check.party_id}#{check.contract_id}"))
    key = keys.books_check(tenant_id, check.contract_id)
    return Put(key=key, kind="books_check", data=check, indexes=tuple(places), version=version)


def wrong_books(db: TenantSession, *, limit: int) -> list[Check]:
    """Contracts whose books disagree, as the last round found."""
    page = db.query(keys.wrong_books(db.tenant_id), limit=limit)
    return [record.load(Check) for record in page.records]


def round_put(tenant_id: str, one: Round, version: int, at: datetime) -> Put:
    """How far the round has come, and when it goes on."""
    place = keys.due_at(tenant_id, at, DUE, "")
    return Put(key=keys.books_round(tenant_id), kind="books_round", data=one, indexes=(place,), version=version)


def begin_rounds(db: TenantSession, now: datetime) -> None:
    """From its first money on a tenant's books are looked at each night."""
    put_first(db, round_put(db.tenant_id, Round(), 0, now))
