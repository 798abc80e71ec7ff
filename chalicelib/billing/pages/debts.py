"""Who owes what, for how long."""

from __future__ import annotations

from decimal import Decimal

from chalicelib.billing import actions
from chalicelib.billing.actions import Debtor
from chalicelib.billing.ageing import added_up
from chalicelib.billing.books import Check, wrong_books
from chalicelib.billing.pages.base import AGES, READ, age_names, doors, formats, money_text, today
from chalicelib.http.list_query import ListQuery
from chalicelib.http.listing import Cell, Column, Listing, Row
from chalicelib.http.request import Request
from chalicelib.http.responses import XLSX, Response, download
from chalicelib.kernel.money import Money

_WRONG_SHOWN = 10


@doors.page("/debts", may=READ)
def debt_list(request: Request) -> Response:
    query = ListQuery.parse(request.query.plain())
    found = actions.list_debtors(request.db, request.actor, today(request))
    sums = added_up(debtor.ageing for debtor in found)
    shown = found[(query.page - 1) * actions.PAGE :][: actions.PAGE]
    listing = Listing(
        caption_key="billing.debts",
        columns=(
            Column(key="party", label_key="billing.dealer", phone="id"),
            *(Column(key=f"age{n}", label_key=f"billing.age.{age}", kind="money") for n, age in enumerate(AGES)),
            Column(key="overdue", label_key="billing.overdue", kind="money", phone="units"),
            Column(key="debt", label_key="billing.debt", kind="money", phone="sum"),
        ),
        rows=tuple(_row(request, debtor) for debtor in shown),
        query=query,
        total_text=request.t.t("billing.debtor_count", count=len({debtor.party_id for debtor in found})),
        totals={
            **{f"age{n}": _added(request, [one.buckets[n] for one in sums]) for n in range(len(AGES))},
            "overdue": _added(request, [one.overdue for one in sums]),
            "debt": money_text(request, *(one.debt for one in sums)),
        },
        pages=max(1, -(-len(found) // actions.PAGE)),
        empty_key="billing.no_debts",
        empty_action=("billing.all_invoices", "/invoices?view=all"),
        export_href="/debts.xlsx" if found else None,
    )
    wrong = [_mistakes(request, check) for check in wrong_books(request.db, limit=_WRONG_SHOWN)]
    return request.page("billing/debts.html", listing=listing, ageing=sums, ages=age_names(request), wrong=wrong)


def _added(request: Request, sums: list[Money]) -> str:
    """As a row says it: nothing is a dash, not zeros."""
    return money_text(request, *(one for one in sums if one))


def _mistakes(request: Request, check: Check) -> str:
    """A contract whose books disagree, and in what."""
    t, currency = request.t.t, check.currency
    said = (
        t(f"billing.books.{one.what}", kept=Money(one.kept, currency), due=Money(one.due, currency))
        for one in check.wrong
    )
    return t("billing.books_of", party=check.party_name, number=check.contract_number, mistakes="; ".join(said))


@doors.page("/debts.xlsx", may=READ)
def debt_file(request: Request) -> Response:
    from chalicelib.http.spreadsheet import SheetColumn, xlsx

    t = request.t.t
    columns = [
        SheetColumn(t("billing.dealer"), 36),
        SheetColumn(t("billing.currency"), 9),
        *(SheetColumn(name, 16, is_money=True) for name in age_names(request)),
        *(SheetColumn(t(key), 16, is_money=True) for key in ("billing.overdue", "billing.debt", "billing.advance")),
    ]
    rows = [_sheet_row(debtor) for debtor in actions.list_debtors(request.db, request.actor, today(request))]
    return download(xlsx(t("billing.debts"), columns, rows), name=f"{t('billing.debts')}.xlsx", content_type=XLSX)


def _sheet_row(debtor: Debtor) -> tuple[str | Decimal, ...]:
    age = debtor.ageing
    sums = (*age.buckets, age.overdue, age.debt, debtor.advance)
    return debtor.party_name, age.currency, *(one.amount for one in sums)


def _row(request: Request, debtor: Debtor) -> Row:
    fmt, age, t = formats(request), debtor.ageing, request.t.t
    overdue = t("billing.overdue_by", count=age.oldest_days) if age.oldest_days else None
    advance = t("billing.advance_said", rest=debtor.advance) if debtor.advance else None
    return Row(
        id=f"{debtor.party_id}-{age.currency}",
        cells={
            "party": Cell(debtor.party_name, href=f"/invoices?party={debtor.party_id}", sub=overdue, tone="bad"),
            **{
                f"age{n}": fmt.money(bucket.amount, age.currency) if bucket else "—"
                for n, bucket in enumerate(age.buckets)
            },
            "overdue": fmt.money(age.overdue.amount, age.currency) if age.overdue else "—",
            "debt": Cell(fmt.money(age.debt.amount, age.currency), sub=advance),
        },
    )
