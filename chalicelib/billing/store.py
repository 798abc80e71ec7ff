"""Invoices, payments and ledgers in the `core` table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime

from chalicelib.billing.ledger import Entry
from chalicelib.billing.model import Allocation, Invoice, InvoiceLine, OrderDocument, Payment, Reminders
from chalicelib.storage import codec, keys
from chalicelib.storage.session import Record, TenantSession
from chalicelib.storage.writes import Put, Update

LINES_A_PAGE = 200


def invoice_from(record: Record) -> Invoice:
    return record.load(Invoice)


def payment_from(record: Record) -> Payment:
    return record.load(Payment)


def reminders_from(record: Record) -> Reminders:
    return record.load(Reminders)


def invoice_puts(tenant_id: str, invoice: Invoice, version: int) -> list[Put]:
    """The invoice's head under the lock of `version` (0 = new), and its copy in the list of its month."""
    places = [keys.invoice_by_party(tenant_id, invoice.party_id, invoice.day, invoice.id)]
    if invoice.is_open:
        places.append(keys.open_invoice(tenant_id, invoice.party_id, invoice.contract_id, invoice.due, invoice.id))
        places.append(keys.open_invoice_by_due(tenant_id, invoice.due, invoice.id))
    return [
        Put(
            key=keys.invoice(tenant_id, invoice.id),
            kind="invoice",
            data=invoice,
            indexes=tuple(places),
            version=version,
        ),
        Put(key=keys.invoice_of_month(tenant_id, invoice.day, invoice.id), kind="invoice_of_month", data=invoice),
    ]


def line_puts(tenant_id: str, invoice_id: str, lines: Sequence[InvoiceLine]) -> list[Put]:
    return [
        Put(
            key=keys.invoice_lines(tenant_id, invoice_id, page),
            kind="invoice_lines",
            data={"lines": [codec.dump(line) for line in lines[start : start + LINES_A_PAGE]]},
        )
        for page, start in enumerate(range(0, len(lines), LINES_A_PAGE))
    ]


def lines_from(records: Iterable[Record]) -> tuple[InvoiceLine, ...]:
    """The lines of an invoice's line pages, given in their order."""
    return tuple(codec.load(InvoiceLine, line) for record in records for line in record.data["lines"])


def reminders_put(tenant_id: str, reminders: Reminders, look_at: datetime | None, version: int) -> Put:
    """The steps sent; `look_at` None = nothing more to come."""
    places = (_clock(tenant_id, reminders.invoice_id, look_at),) if look_at else ()
    key = keys.reminders(tenant_id, reminders.invoice_id)
    return Put(key=key, kind="reminders", data=reminders, indexes=places, version=version)


def clock_update(tenant_id: str, invoice_id: str, look_at: datetime | None) -> Update:
    """Moves or stops an invoice's reminders without touching what was sent."""
    key = keys.reminders(tenant_id, invoice_id)
    if look_at is None:
        return Update(key=key, changes=(), leave=("gsi2",))
    return Update(key=key, changes=(), indexes=(_clock(tenant_id, invoice_id, look_at),))


def _clock(tenant_id: str, invoice_id: str, at: datetime) -> keys.IndexKey:
    return keys.due_at(tenant_id, at, "reminder", invoice_id)


def payment_put(tenant_id: str, payment: Payment, version: int) -> Put:
    places = [
        keys.payment_by_party(tenant_id, payment.party_id, payment.day, payment.id),
        keys.payment_by_month(tenant_id, payment.day, payment.id),
    ]
    if payment.advance and not payment.returning:
        places.append(keys.advance(tenant_id, payment.party_id, payment.contract_id, payment.day, payment.id))
    key = keys.payment(tenant_id, payment.id)
    return Put(key=key, kind="payment", data=payment, indexes=tuple(places), version=version)


def allocation_put(tenant_id: str, invoice_id: str, allocation: Allocation) -> Put:
    """What the invoice has got of the payment in all."""
    key = keys.allocation(tenant_id, invoice_id, allocation.payment_id)
    return Put(key=key, kind="allocation", data=allocation)


def entry_put(tenant_id: str, contract_id: str, entry: Entry) -> Put:
    """An entry is only ever added."""
    key = keys.ledger_entry(tenant_id, contract_id, entry.day, entry.document)
    return Put(key=key, kind="ledger", data=entry, version=0)


def document_put(tenant_id: str, order_id: str, document: OrderDocument) -> Put:
    key = keys.order_document(tenant_id, order_id, document.kind, document.id)
    return Put(key=key, kind="order_document", data=document)


def load_invoice(db: TenantSession, invoice_id: str) -> Record:
    """The invoice's head; NotFound if there is none."""
    return db.fetch(keys.invoice(db.tenant_id, invoice_id))


def load_payment(db: TenantSession, payment_id: str) -> Record:
    return db.fetch(keys.payment(db.tenant_id, payment_id))


def open_invoices(db: TenantSession, party_id: str, contract_id: str) -> list[Record]:
    """Heads of the contract's open invoices as they stand now, the oldest due first."""
    return _fresh(db, keys.open_invoices(db.tenant_id, party_id, contract_id), lambda r: invoice_from(r).is_open)


def advances(db: TenantSession, party_id: str, contract_id: str) -> list[Record]:
    """The contract's payments with a rest as they stand now, the oldest first."""
    return _fresh(db, keys.advances(db.tenant_id, party_id, contract_id), _has_advance)


def party_open_invoices(db: TenantSession, party_id: str) -> list[Record]:
    """Heads of the counterparty's open invoices as they stand now, by contract and due day."""
    return _fresh(db, keys.party_open_invoices(db.tenant_id, party_id), lambda r: invoice_from(r).is_open)


def party_advances(db: TenantSession, party_id: str) -> list[Record]:
    """The counterparty's payments with a rest as they stand now, by contract, the oldest first."""
    return _fresh(db, keys.party_advances(db.tenant_id, party_id), _has_advance)


def _has_advance(record: Record) -> bool:
    payment = payment_from(record)
    return payment.advance > 0 and not payment.returning


def ledger_entries(db: TenantSession, contract_id: str, year: int) -> list[Entry]:
    """The contract's entries of a year by day."""
    partition = keys.ledger(db.tenant_id, contract_id, year)
    return [record.load(Entry) for record in db.query_all(partition, consistent=True)]


def invoices_of_months(db: TenantSession, since: date, until: date) -> Iterator[Invoice]:
    """The factory's invoices with `since` ≤ day ≤ `until`, newest first."""
    for month in months_back(since, until):
        partition = keys.month_invoices(db.tenant_id, month)
        places = db.query_all(partition, since=since.isoformat(), until=_after(until), newest_first=True)
        yield from (invoice_from(record) for record in places)


def invoices_of_party(db: TenantSession, party_id: str, since: date, until: date) -> Iterator[Invoice]:
    """A counterparty's invoices with `since` ≤ day ≤ `until`, newest first."""
    partition = keys.party_invoices(db.tenant_id, party_id)
    places = db.query_all(partition, since=since.isoformat(), until=_after(until), newest_first=True)
    yield from (invoice_from(record) for record in places)


def payments_of_months(db: TenantSession, since: date, until: date) -> Iterator[Payment]:
    """Everybody's payments with `since` ≤ day ≤ `until`, newest first."""
    for month in months_back(since, until):
        partition = keys.month_payments(db.tenant_id, month)
        places = db.query_all(partition, since=since.isoformat(), until=_after(until), newest_first=True)
        yield from (payment_from(record) for record in places)


def payments_of_party(
    db: TenantSession, party_id: str, since: date | None = None, until: date | None = None
) -> Iterator[Payment]:
    """A counterparty's payments, newest first; those with `since` ≤ day ≤ `until` if given."""
    places = db.query_all(
        keys.party_payments(db.tenant_id, party_id),
        newest_first=True,
        since=since.isoformat() if since else None,
        until=_after(until) if until else None,
    )
    yield from (payment_from(record) for record in places)


def listed_open(db: TenantSession, party_id: str) -> list[Invoice]:
    """The counterparty's open invoices as the index has them (it lags a little), by contract and due day."""
    return [invoice_from(record) for record in db.query_all(keys.party_open_invoices(db.tenant_id, party_id))]


def open_by_due(db: TenantSession, until: date | None = None) -> Iterator[Invoice]:
    """The tenant's open invoices as the index has them, the oldest due first; `until` = due before that day."""
    end = until.isoformat() if until is not None else None
    places = db.query_all(keys.open_invoices_by_due(db.tenant_id), until=end)
    yield from (invoice_from(record) for record in places)


def months_back(since: date, until: date) -> Iterator[str]:
    """`2026-11`, `2026-10`, … from the month of `until` back to that of `since`."""
    month = until.year * 12 + until.month - 1
    while month >= since.year * 12 + since.month - 1:
        yield f"{month // 12:04d}-{month % 12 + 1:02d}"
        month -= 1


def _after(day: date) -> str:
    """A sort key after everything of the day."""
    return day.isoformat() + "~"


def _fresh(db: TenantSession, places: keys.Partition, is_wanted: Callable[[Record], bool]) -> list[Record]:
    """An index's items read anew in its order: the index lags a little behind them."""
    order = [record.key for record in db.query_all(places)]
    records = db.get_many(order)
    return [records[key] for key in order if key in records and is_wanted(records[key])]
