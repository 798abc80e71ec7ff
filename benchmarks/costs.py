"""What operations ask of AWS, and what a tenant of full size costs a month. `python -m benchmarks.costs [products]`

Requests and units are counted, not guessed: the application's own handlers and worker over DynamoDB Local. An exchange
is done with so many products and with twice as many, in as many files and fragments as one of `WHOLE`; what differs is
each product's share, and the straight line through both leads to `WHOLE`. Seconds of Lambda are those of the
processor here, and `WAIT` for each round trip. The outbox and its events are not part of an action.
"""

from __future__ import annotations

import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median

from benchmarks import actions  # first: it sets the environment
from benchmarks.commerceml import Export, files
from benchmarks.made import Size
from benchmarks.metering import Meter
from benchmarks.tables import keep_figure, print_table

import pytest  # isort: skip
from chalicelib.exchange import runs, showing  # isort: skip
from chalicelib.exchange.model import FILE_LIMIT  # isort: skip
from chalicelib.stock import journal_store  # isort: skip
from tests.storage.exchange_world import World, make_world, new_tenant  # isort: skip

WHOLE = 150_000
CHANGED = 0.01
DAYS = 30
EXCHANGES = 48
"""A day, each a full one with `CHANGED` of the products changed."""
DEALERS = 300
A_DAY = {
    "catalogue page": 20, "catalogue search": 10, "product page": 10, "add to cart": 10, "cart page": 2,
    "place a 10-line order": 1, "order page": 2, "orders list": 2, "confirm": 1, "invoices": 1, "invoice page": 1,
}  # fmt: skip
"""How often for each dealer, its manager's work included."""
WAIT = 0.005
"""Seconds that a function waits for DynamoDB at each round trip; for S3 and SQS as long."""
WEB, WORKER, WHOLE_CORE = 1024, 1769, 1769
"""Megabytes of the functions, and those that come with one whole processor."""
_PRICES = Path(__file__).with_name("public_prices.toml")
_PORTION = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one operation uses; `seconds` of functions of `megabytes`."""

    read_units: float = 0
    write_units: float = 0
    puts: float = 0
    gets: float = 0
    messages: float = 0
    requests: float = 0
    seconds: float = 0
    megabytes: int = WEB

    @property
    def gb_seconds(self) -> float:
        return self.seconds * self.megabytes / 1024

    def dollars(self, price: dict[str, Decimal]) -> Decimal:
        # A message is sent, received and deleted; each request and each message calls a function.
        amounts = {
            "read_unit": self.read_units, "write_unit": self.write_units, "s3_put": self.puts, "s3_get": self.gets,
            "message": 3 * self.messages, "api_request": self.requests, "invocation": self.requests + self.messages,
            "gb_second": self.gb_seconds,
        }  # fmt: skip
        return sum((price[name] * Decimal(str(amount)) for name, amount in amounts.items()), Decimal(0))


def main(products: int = 1_000) -> None:
    price = {name: Decimal(one) for name, one in tomllib.loads(_PRICES.read_text())["price"].items()}
    with actions.world(500) as (shop, meter):
        done = dict(actions.measure(shop, meter, 5))
        first, again = _exchanges(meter, products)
    costs = {name: (_of_action(one), DEALERS * A_DAY.get(name, 0)) for name, one in done.items()}
    costs["first full exchange"] = first, 0
    costs["full exchange, 1 % changed"] = again, EXCHANGES
    rows, total = [], Decimal(0)
    for name, (one, often) in costs.items():
        month = one.dollars(price) * often * DAYS
        total += month
        shown = (one.read_units, one.write_units, one.puts, one.gets, one.messages, one.requests, one.gb_seconds)
        rows.append(
            [name, *(f"{value:,.5g}" for value in shown), f"{one.dollars(price):.7f}", str(often), f"{month:.2f}"]
        )
        keep_figure(f"{name}: read / written units", "units", one.read_units, one.write_units)
        keep_figure(f"{name}: S3 PUT / GET, messages", "requests", one.puts, one.gets, one.messages)
        keep_figure(f"{name}: Lambda", "GB s", one.gb_seconds)
    heads = ("operation", "read", "write", "PUT", "GET", "SQS", "API", "GB s", "$ each", "a day", "$ a month")
    title = f"{WHOLE:,} products, {EXCHANGES} exchanges a day, {DEALERS} dealers; seed {Size(products=1).seed}"
    print_table(title, heads, rows, f"In all ${total:.2f} a month, from {_PRICES.name}; storage and traffic apart.")
    keep_figure(
        f"a tenant of {WHOLE:,} products, {EXCHANGES} exchanges a day, {DEALERS} dealers", "$ a month", float(total)
    )


def _of_action(one: actions.Figures) -> Cost:
    used = one.used
    return Cost(
        read_units=float(used.read_units),
        write_units=used.write_units,
        puts=used.puts,
        gets=used.gets,
        messages=used.messages,
        requests=1,
        seconds=median(one.own) / 1e3 * WHOLE_CORE / WEB + WAIT * (used.calls + used.puts + used.gets + used.messages),
    )


def _exchanges(meter: Meter, products: int) -> tuple[Cost, Cost]:
    """A first full exchange of `WHOLE`, and one that repeats it with some products changed."""
    small, large = (_exchanged(meter, size) for size in (products, 2 * products))
    ahead = WHOLE / products - 1

    def led(at: Cost, further: Cost) -> Cost:
        line = {
            name: (a := getattr(at, name)) + max(0, getattr(further, name) - a) * ahead
            for name in ("read_units", "write_units", "puts", "gets", "messages", "requests", "seconds")
        }
        return Cost(**line, megabytes=WORKER)

    return led(small[0], large[0]), led(small[1], large[1])


def _exchanged(meter: Meter, products: int) -> tuple[Cost, Cost]:
    """The first one's units are counted and its time taken at once: of so many writes the counting is a small part. The
    second one, which tells all stock again because the first one moved it, is no exchange of every day."""
    with _erp(meter) as world:
        first = _exchange(world, meter, products, 0)
        _exchange(world, meter, products, 0, sizing=False)
        counted = _exchange(world, meter, products, CHANGED)
        timed = _exchange(world, meter, products, 0, sizing=False)
    return first, replace(counted, seconds=timed.seconds)


def _exchange(world: World, meter: Meter, products: int, changed: float, *, sizing: bool = True) -> Cost:
    """One archive with all files, then the end that 1C tells."""
    scale = products / WHOLE
    export = Export(size=Size(products=products, changed=changed), portion=int(_PORTION * scale))
    content = {name: "".join(pieces).encode() for name, pieces in files(export)}
    client = world.client()
    meter.start(sizing=sizing)
    begun = time.process_time()
    replies = client.upload(content, limit=int(FILE_LIMIT * scale))
    if any(reply.word != "success" for reply in replies):
        raise RuntimeError(replies[-1].text)
    world.later(3_600)
    world.ahead = timedelta()
    used = meter.used
    waits = used.calls + used.puts + used.gets + used.messages
    return Cost(
        read_units=float(used.read_units), write_units=used.write_units, puts=used.puts, gets=used.gets,
        messages=used.messages, requests=len(client.log), seconds=time.process_time() - begun + WAIT * waits,
        megabytes=WORKER,
    )  # fmt: skip


@contextmanager
def _erp(meter: Meter) -> Iterator[World]:
    """A tenant with its 1C. Files that are small only here are remembered as large ones are, and exchanges follow one
    another at once, so that no more than the last one is looked back at as in life."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patches:
        patches.setattr(runs, "WORTH_REMEMBERING", 0)
        patches.setattr(journal_store, "SETTLED", timedelta())
        patches.setattr(showing, "CHEAP", 10**9)  # what waits would be told an hour later than the next one
        world = make_world(patches, Path(folder), new_tenant())
        meter.watch_requests()
        yield world


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
