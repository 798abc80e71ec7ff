"""What a version of a price list would change: the page, its tables as files, and the way to putting it in force."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from zoneinfo import ZoneInfo

from chalicelib.http.doors import Doors
from chalicelib.http.formats import Formats
from chalicelib.http.list_query import ListQuery
from chalicelib.http.request import Request
from chalicelib.http.responses import XLSX, Response, download
from chalicelib.kernel.access import Permission
from chalicelib.kernel.errors import found
from chalicelib.kernel.numbers import whole
from chalicelib.pricing.forms import moment_from_form
from chalicelib.pricing.simulation import BARS, EDGES, Summary
from chalicelib.simulator import actions
from chalicelib.simulator.model import ChangedCart, ChangedOrder, Report, Simulation
from chalicelib.simulator.tables import kinds, listing, signed
from chalicelib.tenancy.company import Checks

doors = Doors(__name__)
_MAY = Permission.PRICES_EDIT
_PAGE = "/prices/simulations/{simulation_id}"


@doors.page("/prices/lists/{list_id}/simulate", may=_MAY, methods=("POST",))
def ask(request: Request) -> Response:
    """Invalid for what is no moment."""
    form = request.form.plain()
    checks = Checks(form)
    since = moment_from_form(checks, request.time_zone)
    checks.finish()
    made = actions.ask(
        request.db,
        request.actor,
        request.params["list_id"],
        found(whole(form.get("number", ""))),
        since,
        request.idempotency_key,
        request.now,
    )
    return request.go(f"/prices/simulations/{made}")


@doors.page(_PAGE, may=_MAY)
def simulation(request: Request) -> Response:
    seen = actions.look(request.db, request.params["simulation_id"])
    one, report = seen.simulation, seen.report
    if report is None:
        under_way = one.is_alive(request.now)
        said = request.t.t(f"error.{one.code}", **one.params) if one.code else ""
        return request.page("simulator/waiting.html", one=one, is_under_way=under_way, said=said)
    return request.page(
        "simulator/simulation.html",
        one=one,
        report=report,
        is_outdated=seen.is_outdated,
        tiles=_tiles(request, report),
        bars=_bars(request, report.total),
        largest=max(report.total.bars),
        listing=listing(request, ListQuery.parse(request.query.plain()), one.id, report),
        at=_clock_face(request, one),
        zone=request.time_zone,
    )


@doors.page(_PAGE + "/export.xlsx", may=_MAY)
def export(request: Request) -> Response:
    from chalicelib.simulator.sheets import sheet  # heavy, and needed here only

    one, report = actions.read_report(request.db, request.params["simulation_id"])
    title, content = sheet(request.t, ListQuery.parse(request.query.plain()).view, report)
    return download(content, name=f"{one.list_name} {one.number} - {title}.xlsx", content_type=XLSX)


def _clock_face(request: Request, one: Simulation) -> str:
    """The moment that was asked for, as its field has it."""
    return one.since.astimezone(ZoneInfo(request.time_zone)).strftime("%Y-%m-%dT%H:%M") if one.since else ""


Tile = tuple[str, str, str | None]


def _tiles(request: Request, report: Report) -> tuple[Tile, ...]:
    """Figures with their names, and a second line."""
    t, fmt = request.t.t, Formats(request.locale, request.time_zone)
    total = report.total
    mean = "—" if total.mean is None else signed(fmt, total.mean)
    between = t("simulator.between", least=signed(fmt, total.least), most=signed(fmt, total.most))
    whole = t("simulator.of_contracts", count=report.contracts)
    return (
        (t("simulator.contracts"), fmt.quantity(Decimal(len(report.changed))), whole),
        (t("simulator.prices"), fmt.quantity(Decimal(total.changed)), kinds(request.t, total)),
        (t("simulator.mean"), mean, between if total.counted else None),
        (t("simulator.carts"), fmt.quantity(Decimal(len(report.carts))), _difference(fmt, report.carts)),
        (t("simulator.orders"), fmt.quantity(Decimal(len(report.orders))), _difference(fmt, report.orders)),
    )


def _difference(fmt: Formats, rows: Iterable[ChangedCart | ChangedOrder]) -> str | None:
    """By how much their sums differ altogether, in each currency."""
    sums: dict[str, Decimal] = {}
    for one in rows:
        sums[one.currency] = sums.get(one.currency, Decimal(0)) + one.after - one.before
    told = (("+" if amount > 0 else "") + fmt.money(amount, currency) for currency, amount in sorted(sums.items()))
    return ", ".join(told) or None


def _bars(request: Request, total: Summary) -> tuple[tuple[str, int, str], ...]:
    """The histogram's bars from the first to the last that is not empty: name, number of prices, tone."""
    t = request.t.t
    edges = ["0", *map(str, EDGES)]
    half = BARS // 2
    names = [
        t("simulator.beyond", sign=sign, edge=edges[size])
        if size == half - 1
        else t("simulator.within", sign=sign, low=edges[size], high=edges[size + 1])
        for sign, sizes in (("−", reversed(range(half))), ("+", range(half)))
        for size in sizes
    ]
    filled = [place for place, count in enumerate(total.bars) if count]
    return tuple(
        (names[place], total.bars[place], "ok" if place < half else "warn")
        for place in (range(filled[0], filled[-1] + 1) if filled else ())
    )
