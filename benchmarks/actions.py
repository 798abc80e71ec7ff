"""What the cabinet's main actions cost. `python -m benchmarks.actions [runs [products]]`

The application's own handlers in this process, warm, over Amazon's DynamoDB Local in memory; files of the bucket lie
in a folder. Each action runs once to warm up and to count units, then `runs` times on the clock, on data that grows
as it does in life: every run of "place" makes another order, which "confirm" then confirms.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode

# Settings are read when chalicelib is first used. Nothing may reach AWS: addresses that are not set lead nowhere.
os.environ.update(
    {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "KONTOR_STAGE": "bench",
        "KONTOR_TABLE_PREFIX": f"bench-{os.getpid()}",
        "KONTOR_COOKIE_SECURE": "0",
        "KONTOR_TENANT_ROLE_ARN": "",
        "POWERTOOLS_TRACE_DISABLED": "true",
        "POWERTOOLS_METRICS_NAMESPACE": "kontor-bench",
        "POWERTOOLS_SERVICE_NAME": "kontor",
    }
)
os.environ.pop("AWS_PROFILE", None)

import pytest
from chalice.test import Client, HTTPResponse

import app
from benchmarks.catalogue_rows import catalogue_rows
from benchmarks.made import Size, guid
from benchmarks.metering import Meter, Used
from benchmarks.tables import keep_figure, print_table
from chalicelib.catalogue.model import Query
from chalicelib.http import csrf, sessions
from chalicelib.kernel.access import Actor
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.ids import new_id
from chalicelib.ordering import store
from chalicelib.stock.actions import erp_levels
from chalicelib.storage import snapshots
from tests.support import run, tables
from tests.support.range import publish_range
from tests.support.shop import NOW, Shop

LINES = 10
TARGETS = {"catalogue page": 2, "place a 10-line order": 4, "order page": 2}  # round trips at most
_NOTE = f"""calls: DynamoDB round trips, the most of any run, reading the session included; units: of the first run.
Write units are computed from the items' sizes, index entries included: DynamoDB Local reports transactions wrongly.
ms: the whole handler with DynamoDB Local's own time; own ms: processor time of the handler alone. A page of the
catalogue shows 50 goods; orders have {LINES} lines."""


@dataclass(frozen=True, slots=True)
class Person:
    """The application as one signed-in person sees it."""

    client: Client
    cookie: str

    def get(self, path: str) -> HTTPResponse:
        return _accepted(self.client.http.get(path, headers=self._headers()))

    def post(self, path: str, **fields: str) -> HTTPResponse:
        token = csrf.token_for(self.cookie.split(".", 1)[1])
        given = {"csrf": token, "once": new_id(utc_now()), **fields}
        return _accepted(self.client.http.post(path, headers=self._headers(), body=urlencode(given).encode()))

    def _headers(self) -> dict[str, str]:
        return {
            "cookie": f"{sessions.cookie_name()}={self.cookie}",
            "host": "localhost",
            "content-type": "application/x-www-form-urlencoded",
        }


@dataclass(frozen=True, slots=True)
class Figures:
    """What an action cost: what its first run used, the most `calls` of any, `wall` and `own` milliseconds of each
    timed run."""

    used: Used
    calls: int
    wall: list[float]
    own: list[float]


@dataclass(slots=True)
class World:
    """One manufacturer with `skus` in its catalogue and in stock, a dealer's buyer and a sales manager."""

    shop: Shop
    buyer: Person
    manager: Person
    skus: list[str]
    articles: list[str]
    placed: list[str] = field(default_factory=list)  # addresses of orders, oldest first

    def fill_cart(self) -> None:
        self.buyer.post("/cart/clear")
        self.buyer.post("/cart/paste", text="\n".join(f"{article} 2" for article in self.articles))

    def place(self) -> None:
        self.placed.append(_address(self.buyer.post("/cart/place")))

    def order(self) -> store.OrderFile:
        """The oldest order."""
        return store.load_order(self.shop.db, self.placed[0].rpartition("/")[2])


def main(runs: int = 30, products: int = 2_000) -> None:
    with world(products) as (shop, meter):
        figures = dict(measure(shop, meter, runs))
    heads = ("action", "calls", "target", "read units", "write units", "p50 ms", "p95 ms", "own p50 ms", "own p95 ms")
    title = f"{runs} runs each, {products:,} products, prices of 5 types, stock in 5 warehouses"
    print_table(title, heads, [_row(name, one) for name, one in figures.items()], _NOTE)
    for name, one in figures.items():
        keep_figure(f"{name}: DynamoDB round trips", "calls", one.calls, most=TARGETS.get(name))
        keep_figure(f"{name}: capacity read / written", "units", float(one.used.read_units), one.used.write_units)
        keep_figure(f"{name}: handler, warm, p50 / p95", "ms", median(one.wall), _p95(one.wall))
        keep_figure(f"{name}: of it the processor", "ms", median(one.own), _p95(one.own))


def _row(name: str, one: Figures) -> list[str]:
    target = f"≤ {TARGETS[name]}" if name in TARGETS else ""
    times = (f"{value:.1f}" for times in (one.wall, one.own) for value in (median(times), _p95(times)))
    return [name, str(one.calls), target, f"{one.used.read_units.normalize():f}", str(one.used.write_units), *times]


def _p95(times: list[float]) -> float:
    return quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else times[0]


def measure(world: World, meter: Meter, runs: int) -> Iterator[tuple[str, Figures]]:
    buyer, manager = world.buyer, world.manager

    def measured(name: str, work: Callable[[], object], before: Callable[[], object] = int) -> tuple[str, Figures]:
        return name, _figures(meter, runs, work, before)

    buyer.get("/catalogue")  # a session's first page in a process costs one more call
    yield measured("catalogue page", lambda: buyer.get("/catalogue"))
    yield measured("catalogue search", lambda: buyer.get("/catalogue?" + urlencode({"q": "ручка оконная"})))
    yield measured("product page", lambda: buyer.get(f"/catalogue/{world.skus[0]}"))
    yield measured("add to cart", lambda: buyer.post("/cart/add", sku=world.skus[0], quantity="1"))
    world.fill_cart()
    yield measured("cart page", lambda: buyer.get("/cart"))
    yield measured("place a 10-line order", world.place, world.fill_cart)
    yield measured("order page", lambda: buyer.get(world.placed[0]))
    yield measured("orders list", lambda: buyer.get("/orders"))
    yield measured("moderation", lambda: manager.get("/moderation"))
    first = world.order()
    assert len(first.lines) == LINES, "the orders are as long as said"
    version = str(first.order.version)
    waiting = iter(world.placed)
    yield measured("confirm", lambda: manager.post(f"{next(waiting)}/confirm", version=version))
    invoice = world.order().order.invoice_id
    assert invoice, "confirming an order makes its invoice"
    yield measured("invoices", lambda: buyer.get("/invoices"))
    yield measured("invoice page", lambda: buyer.get(f"/invoices/{invoice}"))


def _figures(meter: Meter, runs: int, work: Callable[[], object], before: Callable[[], object]) -> Figures:
    before()
    snapshots._seen.clear()  # so that the run pays for the pointer's reading, which is kept three seconds
    meter.start(sizing=True)
    work()
    used, calls = meter.used, meter.used.calls
    wall, own = [], []
    for _ in range(runs):
        before()
        meter.start(sizing=False)
        begun, cpu = time.perf_counter(), time.process_time()
        work()
        wall.append((time.perf_counter() - begun) * 1e3)
        own.append((time.process_time() - cpu) * 1e3)
        calls = max(calls, meter.used.calls)
    return Figures(used, calls, wall, own)


@contextmanager
def world(products: int) -> Iterator[tuple[World, Meter]]:
    """Starts DynamoDB Local and fills it; ends it and removes everything. Log lines go nowhere meanwhile."""
    run_folder = run.begin()
    with ExitStack() as kept:
        kept.callback(run.end, run_folder)
        folder = Path(kept.enter_context(tempfile.TemporaryDirectory()))
        patches = kept.enter_context(pytest.MonkeyPatch.context())
        patches.setattr(tempfile, "tempdir", str(folder))  # where copies of snapshots go
        kept.enter_context(redirect_stdout(kept.enter_context(open(os.devnull, "w"))))
        endpoint = tables.start_server()["endpoint"]
        patches.setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
        tables.create_tables(endpoint, os.environ["KONTOR_TABLE_PREFIX"])
        shop = Shop({}, limit="1000000000", price_type_id=guid(6, 0))
        catalogue = publish_range(shop.db, folder, patches, catalogue_rows(Size(products=products)))
        items = catalogue.search(Query()).items[:LINES]
        stock = [(item.sku, {guid(7, n): Decimal(1_000_000) for n in range(5)}) for item in items]
        erp_levels(shop.db, stock, kind=shop.settings.exchange.stock_kind, as_of=NOW, message_id="m", now=NOW)
        client = kept.enter_context(Client(app.app))
        buyer, manager = (Person(client, _sign_in(shop, actor)) for actor in (shop.buyer, shop.manager))
        meter = Meter(tables.client(endpoint))
        meter.install()
        skus, articles = ([getattr(item, name) for item in items] for name in ("sku", "article"))
        yield World(shop, buyer, manager, skus, articles), meter


def _sign_in(shop: Shop, actor: Actor) -> str:
    dealer = actor.role.is_dealer
    person = sessions.SignedIn(
        tenant_id=shop.settings.id,
        tenant_name=shop.settings.name,
        currency="RUB",
        time_zone="Europe/Moscow",
        user_id=actor.user_id,
        name=actor.name,
        email="person@example.org",
        locale="ru",
        role=actor.role,
        party_id=shop.party.id if dealer else None,
        contract_id=shop.contract.id if dealer else None,
        contract_label=shop.contract.number if dealer else "",
    )
    return sessions.start(shop.db, person, now=utc_now(), agent="benchmark")


def _accepted(answer: HTTPResponse) -> HTTPResponse:
    """The answer, if the action did what it is measured for."""
    if answer.status_code not in (200, 303):
        raise RuntimeError(f"{answer.status_code}: {answer.body.decode()[:2000]}")
    return answer


def _address(answer: HTTPResponse) -> str:
    location: object = answer.headers["Location"]
    return str(location[0] if isinstance(location, list) else location).partition("?")[0]


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
