"""Accounts, ledgers, invoices and payments."""

from __future__ import annotations

from datetime import date

from chalicelib.storage.keys.base import Index, IndexKey, Key, Partition, core, core_part, index_part, pattern


@pattern("balance, exposure and limit of a contract")
def account(tenant: str, contract: str) -> Key:
    return core(tenant, f"ACC#{contract}", "BALANCE")


@pattern("ledger of a contract in a year")
def ledger(tenant: str, contract: str, year: int) -> Partition:
    return core_part(tenant, f"ACC#{contract}#{year:04d}")


@pattern("one ledger entry")
def ledger_entry(tenant: str, contract: str, day: date, document: str) -> Key:
    return ledger(tenant, contract, day.year).item(f"{day.isoformat()}#{document}")


@pattern("how far the nightly look at the books has come, and (gsi2) when it goes on")
def books_round(tenant: str) -> Key:
    return core(tenant, "BOOKS", "ROUND")


@pattern("the last look at a contract's books, and (gsi2) when to look again")
def books_check(tenant: str, contract: str) -> Key:
    return core(tenant, f"ACC#{contract}", "BOOKS")


@pattern("contracts whose books disagree (gsi1, sparse)")
def wrong_books(tenant: str) -> Partition:
    return index_part(Index.GSI1, tenant, "BOOKS")


@pattern("a contract among those whose books disagree (gsi1)")
def wrong_books_place(tenant: str, contract: str) -> IndexKey:
    return wrong_books(tenant).place(contract)


@pattern("an invoice")
def invoice(tenant: str, invoice: str) -> Key:
    return core(tenant, f"INVOICE#{invoice}", "HEAD")


@pattern("invoice with its allocations and reminders")
def invoice_rows(tenant: str, invoice: str) -> Partition:
    return core_part(tenant, f"INVOICE#{invoice}")


@pattern("a page of an invoice's lines")
def invoice_lines(tenant: str, invoice: str, page: int) -> Key:
    return core(tenant, f"INVOICE#{invoice}", f"LINES#{page:04d}")


@pattern("an invoice's reminders: the steps sent, and (gsi2) when to look at it next")
def reminders(tenant: str, invoice: str) -> Key:
    return core(tenant, f"INVOICE#{invoice}", "REMINDERS")


@pattern("what an invoice got of payments")
def allocations(tenant: str, invoice: str) -> Partition:
    return core_part(tenant, f"INVOICE#{invoice}", "ALLOC#")


@pattern("a part of a payment that an invoice got")
def allocation(tenant: str, invoice: str, payment: str) -> Key:
    return allocations(tenant, invoice).item(payment)


@pattern("open invoices of the tenant, by counterparty and contract (gsi1, sparse)")
def all_open_invoices(tenant: str) -> Partition:
    return index_part(Index.GSI1, tenant, "OPENINV")


@pattern("open invoices of the tenant by due date (gsi2, sparse)")
def open_invoices_by_due(tenant: str) -> Partition:
    return index_part(Index.GSI2, tenant, "OPENDUE")


@pattern("an open invoice among the tenant's by due date (gsi2)")
def open_invoice_by_due(tenant: str, due: date, invoice: str) -> IndexKey:
    return open_invoices_by_due(tenant).place(f"{due.isoformat()}#{invoice}")


@pattern("what a counterparty owes by due day, and its advances")
def party_debt(tenant: str, party: str) -> Key:
    return core(tenant, f"DEBT#{party}", "DEBT")


@pattern("what all counterparties owe (gsi1, sparse)")
def debts(tenant: str) -> Partition:
    return index_part(Index.GSI1, tenant, "DEBTS")


@pattern("a counterparty among those that owe (gsi1)")
def debt_place(tenant: str, party: str) -> IndexKey:
    return debts(tenant).place(party)


@pattern("open invoices of a counterparty, by contract (gsi1, sparse)")
def party_open_invoices(tenant: str, party: str) -> Partition:
    return index_part(Index.GSI1, tenant, "OPENINV", f"{party}#")


@pattern("open invoices of a contract by due date (gsi1, sparse)")
def open_invoices(tenant: str, party: str, contract: str) -> Partition:
    return index_part(Index.GSI1, tenant, "OPENINV", f"{party}#{contract}#")


@pattern("an open invoice's place by due date (gsi1)")
def open_invoice(tenant: str, party: str, contract: str, due: date, invoice: str) -> IndexKey:
    return open_invoices(tenant, party, contract).place(f"{due.isoformat()}#{invoice}")


@pattern("invoices of a counterparty, newest first (gsi3)")
def party_invoices(tenant: str, party: str) -> Partition:
    return index_part(Index.GSI3, tenant, f"PARTY#{party}#INVOICES")


@pattern("an invoice among its counterparty's (gsi3)")
def invoice_by_party(tenant: str, party: str, day: date, invoice: str) -> IndexKey:
    return party_invoices(tenant, party).place(f"{day.isoformat()}#{invoice}")


@pattern("the factory's invoices of a month, by day: copies of their heads")
def month_invoices(tenant: str, month: str) -> Partition:
    return core_part(tenant, f"INVOICES#{month}")


@pattern("an invoice among those of its month")
def invoice_of_month(tenant: str, day: date, invoice: str) -> Key:
    return month_invoices(tenant, day.isoformat()[:7]).item(f"{day.isoformat()}#{invoice}")


@pattern("a payment")
def payment(tenant: str, payment: str) -> Key:
    return core(tenant, f"PAYMENT#{payment}", "HEAD")


@pattern("payments of a counterparty, newest first (gsi3)")
def party_payments(tenant: str, party: str) -> Partition:
    return index_part(Index.GSI3, tenant, f"PARTY#{party}#PAYMENTS")


@pattern("a payment among its counterparty's (gsi3)")
def payment_by_party(tenant: str, party: str, day: date, payment: str) -> IndexKey:
    return party_payments(tenant, party).place(f"{day.isoformat()}#{payment}")


@pattern("everybody's payments of a month, newest first (gsi2)")
def month_payments(tenant: str, month: str) -> Partition:
    return index_part(Index.GSI2, tenant, f"PAYMENTS#{month}")


@pattern("a payment among those of its month (gsi2)")
def payment_by_month(tenant: str, day: date, payment: str) -> IndexKey:
    return month_payments(tenant, day.isoformat()[:7]).place(f"{day.isoformat()}#{payment}")


@pattern("advances of a counterparty: payments with a rest, by contract, oldest first (gsi1, sparse)")
def party_advances(tenant: str, party: str) -> Partition:
    return index_part(Index.GSI1, tenant, "ADVANCES", f"{party}#")


@pattern("advances of a contract: payments with a rest, oldest first (gsi1, sparse)")
def advances(tenant: str, party: str, contract: str) -> Partition:
    return index_part(Index.GSI1, tenant, "ADVANCES", f"{party}#{contract}#")


@pattern("an advance's place by its day (gsi1)")
def advance(tenant: str, party: str, contract: str, day: date, payment: str) -> IndexKey:
    return advances(tenant, party, contract).place(f"{day.isoformat()}#{payment}")
