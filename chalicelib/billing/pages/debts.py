"""Who owes what, for how long."""

from __future__ import annotations

from chalicelib.billing import actions
from chalicelib.billing.actions import Debtor
from chalicelib.billing.ageing import added_up
from chalicelib.billing.pages.base import AGES, READ, age_names, doors, formats, money_text, today
from chalicelib.http.listing import Cell, Column, Listing, ListQuery, Row
from chalicelib.http.request import Request
from chalicelib.http.responses import Response


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
            Column(key="debt", label_key="billing.debt", kind="money", phone="sum"),
        ),
        rows=tuple(_row(request, debtor) for debtor in shown),
        query=query,
        total_text=request.t.t("billing.debtor_count", count=len(found)),
        totals={"debt": money_text(request, *(one.debt for one in sums))},
        pages=max(1, -(-len(found) // actions.PAGE)),
        empty_key="billing.no_debts",
    )
    return request.page("billing/debts.html", listing=listing, ageing=sums, ages=age_names(request))


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
            "debt": Cell(fmt.money(age.debt.amount, age.currency), sub=advance),
        },
    )
