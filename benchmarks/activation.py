"""How long a changed price list is on its way. `python -m benchmarks.activation [rows …]`

From the CSV that somebody has brought to S3, one row a product, each price changed, to the first page of the catalogue
that shows the new prices: the worker reads the file and makes a version, somebody puts it in force, a process that has
not seen its rows opens them. Between the two, the simulator works out what will change under the dealer's contract;
that is shown apart, as nobody has to ask for it. The application's own actions over Amazon's DynamoDB Local; files of
the bucket lie in a folder. Prices are drawn with a fixed seed.
"""

from __future__ import annotations

import csv
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from random import Random

from benchmarks import actions  # first: it says where settings come from

# isort: split
import pytest

from benchmarks.tables import keep_figure, print_table
from chalicelib.catalogue.model import Query
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.catalogue.store import current_catalogue
from chalicelib.gateways import queues
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.ids import new_id
from chalicelib.network.model import ContractMark
from chalicelib.network.store import contract_put, party_put
from chalicelib.pricing import importing, office, store
from chalicelib.pricing.actions import PriceChange, change_book, load_book, upload_rows
from chalicelib.pricing.book import with_list
from chalicelib.pricing.jobs import run_price_rows
from chalicelib.pricing.lists import ListRow, OwnList
from chalicelib.pricing.model import Quote
from chalicelib.pricing.sheet import guessed
from chalicelib.simulator import actions as simulator
from chalicelib.simulator.jobs import run_simulation
from chalicelib.storage import files
from chalicelib.storefront.actions import browse

SEED = 20_261_122
_LIST = "list"
Seconds = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of each step, on the clock and of them the processor's; and how many prices the simulator saw change."""

    read: Seconds
    simulated: Seconds
    activated: Seconds
    shown: Seconds
    changed: int

    @property
    def waited(self) -> Seconds:
        steps = (self.read, self.activated, self.shown)
        return sum(wall for wall, _ in steps), sum(own for _, own in steps)


def main(sizes: list[int]) -> None:
    rows = []
    for size in sizes:
        with actions.world(size) as (world, _), pytest.MonkeyPatch.context() as patches:
            spent = _measured(world, size, patches)
        times = (spent.read, spent.activated, spent.shown, spent.waited, spent.simulated)
        rows.append([f"{size:,}", *(f"{wall:.2f} ({own:.2f})" for wall, own in times), f"{spent.changed:,}"])
        name = f"a price list of {size:,} changed rows"
        keep_figure(f"{name}, file on S3 to in force and shown: wall / processor", "s", *spent.waited, most=5)
        keep_figure(f"{name}, what it changes under one chain: wall / processor", "s", *spent.simulated)
    heads = (
        "rows",
        "file to version, s",
        "put in force, s",
        "first page, s",
        "all three, s",
        "simulated, s",
        "changed",
    )
    print_table(f"A changed price list, seed {SEED}; in brackets the processor's seconds", heads, rows)


def _measured(world: actions.World, size: int, patches: pytest.MonkeyPatch) -> Spent:
    shop, db = world.shop, world.shop.session()
    sent: list[dict[str, object]] = []
    report: dict[str, bytes] = {}
    patches.setattr(queues, "send", lambda _url, body, **_: sent.append(body))
    patches.setattr(files, "put", lambda _tenant, key, content: report.update({key: content}))
    patches.setattr(files, "get", lambda _tenant, key: report[key])
    contract = replace(shop.contract, price_list_ids=(_LIST,))
    mark = ContractMark(id=contract.id, number=contract.number, currency=contract.currency)
    db.commit(
        [contract_put(db.tenant_id, contract, 1), party_put(db.tenant_id, replace(shop.party, contracts=(mark,)), 1)]
    )
    catalogue = current_catalogue(db, None, utc_now())
    assert catalogue, "the world has one"
    before = _drawn(catalogue)
    change_book(db, _wish(world), lambda book: with_list(book, OwnList(id=_LIST, name="List", currency="RUB")))
    upload_rows(db, _wish(world), _LIST, (ListRow(sku=sku, amount=price) for sku, (_, price) in before.items()))
    office.activate(db, _wish(world), _LIST, 1, None)
    _brought(world, {article: price + 1 for article, price in before.values()})
    read = _seconds(lambda: run_price_rows(sent.pop(), utc_now))
    own = load_book(db)[0].find(_LIST)
    assert own, "it was added"
    assert [one.rows for one in own.versions] == [size, size], "every row was taken"
    asked = simulator.ask(db, shop.manager, _LIST, 2, None, "once", utc_now())
    simulated = _seconds(lambda: run_simulation(sent.pop(), utc_now))
    changed = simulator.read_report(db, asked)[1].total.changed
    activated = _seconds(lambda: office.activate(db, _wish(world), _LIST, 2, None))
    shown = _seconds(lambda: _look(world, before))
    return Spent(read, simulated, activated, shown, changed)


def _drawn(catalogue: Catalogue) -> dict[str, tuple[str, Decimal]]:
    """Article and price of every SKU."""
    draw = Random(SEED)
    return {
        item.sku: (item.article, Decimal(draw.randint(1_000, 5_000_000)).scaleb(-2))
        for some in catalogue.listed()
        for _, item in some
    }


def _brought(world: actions.World, prices: dict[str, Decimal]) -> None:
    """A CSV with the prices, on S3 and waiting for the worker."""
    db, manager, now = world.shop.session(), world.shop.manager, utc_now()
    upload = store.find_upload(db, importing.begin(db, manager, _LIST, "once", now))
    assert upload, "it was just begun"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "prices.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=";").writerows([("Артикул", "Цена"), *prices.items()])
        files.put_path(db.tenant_id, f"{store.upload_folder(db.tenant_id, upload.id)}/{path.name}", path)
    first = importing.look(db, upload, path.name, None)
    importing.start(db, manager, upload, path.name, first, guessed(first.heads), now)


def _look(world: actions.World, before: dict[str, tuple[str, Decimal]]) -> None:
    """The first page of the catalogue as the dealer sees it: all its prices are the new ones."""
    shop = world.shop
    page = browse(shop.session(), shop.buyer, shop.contract.id, Query(), utc_now())
    for offer in page.offers:
        assert isinstance(offer.answer, Quote), "each product has a price"
        assert offer.answer.price == before[offer.answer.sku][1] + 1, "and it is the new one"


def _wish(world: actions.World) -> PriceChange:
    version = load_book(world.shop.db)[1]
    now = utc_now()
    return PriceChange(
        actor=world.shop.manager, version=version, key=new_id(now), action="benchmark", about={}, now=now
    )


def _seconds(work: Callable[[], object]) -> Seconds:
    begun, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - begun, time.process_time() - processor


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [150_000])
