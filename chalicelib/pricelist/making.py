"""Making a price list's file: the worker's part. In constant memory, however many lines there are."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.catalogue.store import current_catalogue
from chalicelib.http.formats import Formats
from chalicelib.http.i18n import translator
from chalicelib.kernel.errors import Refused
from chalicelib.kernel.job import JobState
from chalicelib.network.segments import Segments, warehouses_of
from chalicelib.network.store import load_segments
from chalicelib.pictures.actions import small_copies
from chalicelib.pricelist import store
from chalicelib.pricelist.model import LIVE_UP_TO, Format, PriceList, Wish, line
from chalicelib.pricelist.sheets import Sheet, sheet
from chalicelib.pricing.actions import quotes
from chalicelib.pricing.chain import PriceBasis, contract_terms
from chalicelib.pricing.model import PriceTerms
from chalicelib.pricing.store import load_basis
from chalicelib.stock import store as stock
from chalicelib.stock.showing import shown
from chalicelib.storage import files
from chalicelib.storage.session import TenantSession, TransactionRefused
from chalicelib.storage.worker import Clock, Progress

Told = Callable[[int], None]


def make(db: TenantSession, contract_id: str, list_id: str, run: str, clock: Clock) -> None:
    """Makes the file that was asked for as `run`; nothing if it was asked for anew, or is settled.

    What goes wrong is told to who asked, and logged: a message that comes again half an hour later helps nobody.
    """
    one = store.find(db, contract_id, list_id)
    if one is None or one.run != run or not one.is_under_way:
        return
    progress = Progress(db, one, store.put, clock)
    try:
        why = progress.attempt(lambda: _make(db, progress, clock()), named="price_lists", again=False)
        if why is not None:
            db.commit([store.put(db.tenant_id, progress.failed(why))])
    except TransactionRefused:  # asked for anew: that one's message is on its way
        return


def _make(db: TenantSession, progress: Progress[PriceList], now: datetime) -> None:
    one = progress.job
    catalogue = current_catalogue(db, one.party_id, now)
    if catalogue is None:
        raise Refused("no_catalogue")
    basis, segments = load_basis(db, one.party_id, one.contract_id, now), load_segments(db)
    progress.begin(done=0, total=catalogue.count(one.wish.category_id))
    with tempfile.TemporaryDirectory(prefix="price-list-") as folder:
        path = Path(folder) / f"list.{one.wish.format}"
        lines = write(db, catalogue, basis, segments, one.wish, path, lambda written: progress.tell(done=written))
        files.put_path(db.tenant_id, store.file_key(db.tenant_id, one), path)
        size = path.stat().st_size
    progress.write(state=JobState.DONE, done=lines, total=lines, bytes=size)


def write(
    db: TenantSession,
    catalogue: Catalogue,
    basis: PriceBasis,
    segments: Segments,
    wish: Wish,
    path: Path,
    tell: Told,
) -> int:
    """Writes the file to `path`; returns how many lines it has. `tell` hears of every few hundred."""
    group = segments.group_of(basis.party)
    among = warehouses_of(basis.contract, segments.region_of(basis.party))
    terms = contract_terms(basis, catalogue.price_types())
    live = catalogue.count(wish.category_id) <= LIVE_UP_TO
    lines = 0
    with _opened(db, path, wish, basis.contract.number, terms, "stock" if live else "erp_stock") as into:
        for some in catalogue.listed(wish.category_id):
            items = {item.sku: item for _, item in some}
            answers = quotes(catalogue, items, {}, terms)
            quantities = (
                _live(db, items, among, basis.at)
                if live
                else catalogue.erp_stock(tuple(items), among, basis.settings.safety_stock)
            )
            for category, item in some:
                into.add(line(category, item, answers[item.sku], shown(quantities[item.sku], group)))
            lines += len(some)
            tell(lines)
    return lines


def _opened(
    db: TenantSession, path: Path, wish: Wish, contract_number: str, terms: PriceTerms, stock: str
) -> AbstractContextManager[Sheet]:
    t = translator(wish.locale)
    if wish.format is not Format.PDF:
        return sheet(path, wish.format, t, _price_head(terms), stock)
    from chalicelib.pricelist.printed import Paper  # the others needn't load what it prints with

    day = Formats(wish.locale, "UTC").date(terms.day)
    title = t.t("pricelist.of_day", contract=contract_number, day=day)
    columns = {"name": "name", "unit": "unit", "stock": stock, "price": _price_head(terms)}
    heads = {name: t.t(f"pricelist.column.{key}") for name, key in columns.items()}
    return Paper(path, t, title, heads, small_copies(db))


def _price_head(terms: PriceTerms) -> str:
    if terms.vat_exempt:
        return "price"
    return "price_with_vat" if terms.vat_included else "price_without_vat"


def _live(db: TenantSession, skus: Iterable[str], among: Sequence[str], now: datetime) -> dict[str, Decimal]:
    return {sku: level.available(among) for sku, level in stock.promised(db, skus, now).items()}
