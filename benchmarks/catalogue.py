"""How long a catalogue snapshot takes to build and to answer. `python -m benchmarks.catalogue [products …]`

One process, one run; the seed is fixed. Queries are timed in processor time: other work on the machine does not count.
"""

from __future__ import annotations

import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks.catalogue_rows import catalogue_rows
from benchmarks.made import Size, guid
from benchmarks.tables import keep_figure
from chalicelib.assortment.keeping import MOST_RULES
from chalicelib.catalogue.model import Available, Query, Sort, attribute_key
from chalicelib.catalogue.on_order import OnOrderRule
from chalicelib.catalogue.rules import What
from chalicelib.catalogue.snapshot import hint, news, sets, spelling
from chalicelib.catalogue.snapshot.build import apply, withdraw_absent
from chalicelib.catalogue.snapshot.index import Index
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.catalogue.snapshot.schema import open_for_building
from chalicelib.kernel.clock import utc_now
from chalicelib.kernel.vat import VatRate
from chalicelib.pricing.actions import quotes
from chalicelib.pricing.falls import fallen_under, falls
from chalicelib.pricing.model import Origin, PriceList, PriceTerms
from chalicelib.pricing.past import Past

_CHAIN = (guid(6, 0), guid(6, 1))
_MOST = 25.0  # ms, p95 of a search or of suggestions, warm
_WORDS = 60_000  # of a large catalogue; the made-up one has some fifty
_SYLLABLES = tuple(a + b for a in "бвгджзклмнпрстфхцчш" for b in ("а", "о", "у", "и", "е", "ан", "ор", "ист"))
_CATEGORIES = 150  # that rules are about
_TYPED = ("ру", "проф", "ручка дв", "00012", "AK-0000", "рчка", "двреная рчука")
_QUERIES = {
    "first page of everything": Query(),
    "deep page of everything": Query(page=100),
    "category": Query(category_id=guid(2, 3)),
    "category by price": Query(category_id=guid(2, 3), sort=Sort.PRICE, price_types=_CHAIN),
    "frequent word": Query(text="ручка"),
    "frequent word, page 200": Query(text="ручка", page=200),
    "frequent word by price": Query(text="ручка", sort=Sort.PRICE, price_types=_CHAIN),
    "one letter": Query(text="о"),
    "in stock": Query(available=Available.NOW),
    "everything by article": Query(sort=Sort.ARTICLE),
    "two words": Query(text="оконная ручка"),
    "four words and a number": Query(text="ручек оконных белых 1400"),
    "beginning of a word": Query(text="проф"),
    "piece of an article": Query(text="00012"),
    "exact article": Query(text="AK-000001/5"),
    "one letter wrong": Query(text="рчка"),
    "two words, each a letter wrong": Query(text="двреная рчука"),
    "a letter wrong, near nothing": Query(text="абракадабра"),
    "attribute": Query(attributes=((attribute_key("property", guid(3, 0)), ("белый",)),)),
    "words, attribute, stock": Query(
        text="окно", attributes=((attribute_key("property", guid(3, 1)), ("ПВХ",)),), available=Available.NOW
    ),
    "price range": Query(price_types=_CHAIN, price_from=Decimal(1000), price_to=Decimal(2000)),
}


def main(sizes: list[int]) -> None:
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            _measure(size, Path(folder))


def _measure(size: int, folder: Path) -> None:
    print(f"{size:,} products, 5 price types, 5 warehouses, 3 properties")
    rows = _timed("  make the rows", lambda: list(catalogue_rows(Size(products=size))))
    first = _timed("  build, first time", lambda: apply(None, folder / "1", rows, run="1"))
    again = _timed("  the same rows again", lambda: apply(folder / "1", folder / "2", rows, run="2"))
    assert first.changed
    assert not again.changed
    rows = list(catalogue_rows(Size(products=size, changed=0.01)))
    part = _timed("  full feed with 1 % changed", lambda: apply(folder / "2", folder / "3", rows, run="3"))
    _timed("  withdraw what is absent", lambda: withdraw_absent(folder / "3", folder / "4", run="3"))
    print(f"  changed: {part.counts['price'].changed:,} prices, {part.counts['stock'].changed:,} stock rows")
    print(f"  file {(folder / '4').stat().st_size / 1e6:.0f} MB, peak memory with all rows held {_peak_mb():.0f} MB")
    catalogue = _timed("  open and answer the first page", lambda: _opened(folder / "4"))
    for name, query in _QUERIES.items():
        total = catalogue.search(query).total
        _answers(f"{size:,} products, search: {name}", lambda query=query: catalogue.search(query), f"{total:,} found")
    for text in _TYPED:
        shown = catalogue.suggest(text)
        note = f"{len(shown.items)} products, {len(shown.categories)} categories"
        _answers(f"{size:,} products, suggestions: {text}", lambda text=text: catalogue.suggest(text), note)
    _on_order(size, catalogue)
    _many_words(size, folder)
    _news(size, folder)
    skus = [item.sku for item in catalogue.search(Query()).items]
    times = [_seconds(lambda: catalogue.prices(skus, _CHAIN)) for _ in range(50)]
    print(f"  {'prices of a page':28} p50 {median(times) * 1e3:7.2f} ms")


def _on_order(size: int, catalogue: Catalogue) -> None:
    """With as many rules of what is on order as there may be, of every kind and of ten terms."""
    subjects = [(What.CATEGORY, one.id) for one in catalogue.categories()[:_CATEGORIES]]
    subjects += [(What.BRAND, one) for one in catalogue.brands()]
    subjects += [(What.PRODUCT, guid(5, number)) for number in range(MOST_RULES)]
    rules = [
        OnOrderRule(id=str(number), what=what, key=key, days=number % 11 or None)
        for number, (what, key) in enumerate(subjects[:MOST_RULES])
    ]
    view = _timed(f"  {len(rules)} rules of what is on order", lambda: catalogue.narrowed((), rules))
    items = catalogue.search(Query(page=20, size=3000)).items
    query = Query(available=Available.ORDER, coming=frozenset(item.sku for item in items))
    found = view.search(query)
    _answers(f"{size:,} products, search: on order", lambda: view.search(query), f"{found.total:,} found")
    skus = [item.sku for item in found.items]
    _answers(f"{size:,} products, terms of a page", lambda: view.lead_days(skus), f"{len(view.lead_days(skus))} known")


def _many_words(size: int, folder: Path) -> None:
    """The same with the vocabulary of a large catalogue: what finding near words costs grows with that alone."""
    path, draw = folder / "words", random.Random(size)
    shutil.copyfile(folder / "4", path)
    before = path.stat().st_size
    words = {"".join(draw.choice(_SYLLABLES) for _ in range(draw.randrange(2, 6))) for _ in range(_WORDS)}
    with closing(open_for_building(path)) as db:
        _timed(f"  {len(words):,} more words", lambda: spelling.keep(db, {word: word for word in words}))
        db.commit()
    print(f"  they take {(path.stat().st_size - before) / 1e6:.1f} MB")
    with closing(Index(path)) as index:
        for text in ("рчка", "двреная рчука", "абракадабра"):
            label = f"{size:,} products, {_WORDS:,} words: what {text} is near to"
            _answers(label, lambda text=text: hint.meant(index, text, index.everything), "")


def _news(size: int, folder: Path) -> None:
    """The same after a night in which every price fell and each hundredth product came."""
    path, now = folder / "news", utc_now()
    shutil.copyfile(folder / "4", path)
    before = path.stat().st_size
    with closing(open_for_building(path)) as db:
        news.watch_prices(db, now)
        _timed("  note what all prices were", lambda: db.execute("UPDATE price SET amount = amount - amount / 20"))
        sets.note_amounts(db)
        db.execute("UPDATE first_shown SET since = ? WHERE sku_no % 100 = 0", (int(now.timestamp()),))
        sets.note_newest(db, 0)
        db.commit()
    print(f"  it takes {(path.stat().st_size - before) / 1e6:.1f} MB")
    catalogue, past = Catalogue(path), Past(since=now - timedelta(days=1))
    lists = (PriceList(origin=Origin.CONTRACT, id=one, name=one, vat_included=True) for one in _CHAIN)
    rates = (VatRate(percent=Decimal(22)),)
    terms = PriceTerms(
        chain=tuple(lists), currency="RUB", list_currency="RUB", vat_included=True, vat_rates=rates, day=now.date()
    )
    fallen = _timed("  find all that fell, once", lambda: fallen_under(catalogue, terms, past))
    for name, selection in (("new", catalogue.newest(past.since)), ("cheaper", fallen)):
        query = Query(selections=(selection,))
        found = catalogue.search(query)
        _answers(f"{size:,} products, only what is {name}", partial(catalogue.search, query), f"{found.total:,} found")
    items = {item.sku: item for item in found.items}
    answers = quotes(catalogue, items, {}, terms)
    some = falls(catalogue, items, answers, terms, past)
    _answers(
        f"{size:,} products, what a page's prices were",
        lambda: falls(catalogue, items, answers, terms, past),
        f"{len(some)} fell",
    )


def _answers(label: str, work: Callable[[], object], note: str) -> None:
    times = sorted(_seconds(work) for _ in range(20))
    p50, p95 = median(times) * 1e3, quantiles(times, n=20)[-1] * 1e3
    print(f"  {label:56} p50 {p50:7.2f} ms   p95 {p95:7.2f} ms   {note}".rstrip())
    keep_figure(f"{label}, p50 / p95", "ms of processor", p50, p95, most=_MOST)


def _opened(path: Path) -> Catalogue:
    catalogue = Catalogue(path)
    catalogue.search(Query())
    return catalogue


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _timed(label: str, work: Callable[[], Any]) -> Any:
    start, cpu = time.perf_counter(), time.process_time()
    result = work()
    spent = f"{time.process_time() - cpu:7.2f} s of processor"
    print(f"{label:30} {time.perf_counter() - start:7.2f} s  ({spent})", flush=True)
    return result


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [500, 150_000])
