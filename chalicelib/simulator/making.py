"""Working out what a version of a price list would change: the worker's part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.catalogue.store import current_catalogue, load_assortment
from chalicelib.catalogue.visibility import Assortment
from chalicelib.kernel.errors import Refused, found
from chalicelib.kernel.job import JobState
from chalicelib.network import store as network
from chalicelib.pricing import store as pricing
from chalicelib.pricing.actions import load_book
from chalicelib.pricing.book import Book, changed
from chalicelib.pricing.chain import PriceBasis, contract_terms
from chalicelib.pricing.lists import activated
from chalicelib.pricing.simulation import Summary, shifts
from chalicelib.simulator import store
from chalicelib.simulator.audience import bases_of
from chalicelib.simulator.comparing import Seen, compared
from chalicelib.simulator.documents import Concerned, Question, changed_carts, changed_orders
from chalicelib.simulator.model import ChangedContract, Report, Simulation
from chalicelib.storage.session import TenantSession
from chalicelib.storage.worker import Clock, Progress
from chalicelib.tenancy.store import load_settings

MOST = 600_000
"""Prices that are compared, of all chains together: as many as a worker has time for. Of more, SKUs are taken at equal
distances; their order is that of hashes, so none is likelier than another. Carts and orders are always whole."""


def make(db: TenantSession, simulation_id: str, clock: Clock) -> None:
    """Works out what was asked; nothing if that is settled. What goes wrong is told to who asked: a message that comes
    again half an hour later helps nobody."""
    one = store.find(db, simulation_id)
    if one is None or not one.is_under_way:
        return
    progress = Progress(db, one, store.put, clock)
    why = progress.attempt(lambda: _make(db, progress, clock()), named="simulations", again=False)
    if why is not None:
        db.commit([store.put(db.tenant_id, progress.failed(why))])


def _make(db: TenantSession, progress: Progress[Simulation], now: datetime) -> None:
    store.write_report(db.tenant_id, progress.job.id, _report(db, progress, now))
    progress.write(state=JobState.DONE)


def _report(db: TenantSession, progress: Progress[Simulation], now: datetime) -> Report:
    one = progress.job
    catalogue = current_catalogue(db, None, now)
    if catalogue is None:
        raise Refused("no_catalogue")
    at = max(one.since or now, now)
    book, book_version = load_book(db)
    own = found(book.find(one.list_id))
    then = changed(book, own.id, lambda was: activated(was, one.number, since=at, by=one.asked_by, now=now))
    replaced = own.version_at(at)
    skus = pricing.differing(db.tenant_id, replaced, own.version(one.number))
    bases = bases_of(db, network.dealers(db), load_settings(db), book, at)
    concerned = _concerned(catalogue, load_assortment(db), bases, then)
    views = _views(concerned)
    some = skus[:: max(1, -(-len(views) * len(skus) // MOST))]
    progress.begin(done=0, total=len(views) * len(some))
    summaries = compared(views, some, lambda done: progress.tell(done=done))
    real = [(shift, summary) for (shift, _), summary in zip(views, summaries, strict=True) if summary.changed]
    chains = tuple(summary for _, summary in real)
    chain_of = {contract_id: place for place, (shift, _) in enumerate(real) for contract_id in shift.contract_ids}
    contracts = {contract_id: concerned[contract_id] for shift, _ in views for contract_id in shift.contract_ids}
    question = Question(skus=frozenset(skus), contracts=contracts)
    return Report(
        at=at,
        book_version=book_version,
        replaces=replaced.number if replaced else 0,
        rows=len(skus),
        compared=len(some),
        contracts=len(bases),
        chains=chains,
        changed=_by_size([_changed(bases[contract_id], place) for contract_id, place in chain_of.items()], chains),
        carts=tuple(sorted(changed_carts(db, question), key=lambda cart: (cart.party_name, cart.person))),
        orders=tuple(changed_orders(db, question)),
        names=_names(catalogue, chains),
    )


def _concerned(
    catalogue: Catalogue, assortment: Assortment, bases: Mapping[str, PriceBasis], then: Book
) -> dict[str, Concerned]:
    """Every contract, by its id: whether it is concerned turns out when its terms are compared."""
    types = catalogue.price_types()
    out = {}
    for contract_id, basis in bases.items():
        later = replace(basis, book=then)
        out[contract_id] = Concerned(
            before=basis,
            after=later,
            terms_before=contract_terms(basis, types),
            terms_after=contract_terms(later, types),
            catalogue=catalogue.narrowed(assortment.of(basis.party)),
        )
    return out


def _views(concerned: Mapping[str, Concerned]) -> list[Seen]:
    """What is to be compared: each pair of chains once for all dealers who see the same of the catalogue."""
    moves = shifts(
        {contract_id: one.terms_before for contract_id, one in concerned.items()},
        {contract_id: one.terms_after for contract_id, one in concerned.items()},
    )
    out = []
    for shift in moves:
        seeing: dict[int, list[str]] = {}
        for contract_id in shift.contract_ids:
            seeing.setdefault(id(concerned[contract_id].catalogue), []).append(contract_id)
        for ids in seeing.values():
            out.append((replace(shift, contract_ids=tuple(ids)), concerned[ids[0]].catalogue))
    return out


def _changed(basis: PriceBasis, chain: int) -> ChangedContract:
    return ChangedContract(
        id=basis.contract.id,
        number=basis.contract.number,
        party_id=basis.party.id,
        party_name=basis.party.name,
        currency=basis.contract.currency,
        chain=chain,
    )


def _by_size(contracts: Iterable[ChangedContract], chains: Sequence[Summary]) -> tuple[ChangedContract, ...]:
    """The largest average change first; where there is none, by the number of prices."""

    def rank(one: ChangedContract) -> tuple[Decimal, int, str, str]:
        chain = chains[one.chain]
        return -abs(chain.mean or Decimal(0)), -chain.changed, one.party_name, one.number

    return tuple(sorted(contracts, key=rank))


def _names(catalogue: Catalogue, chains: Sequence[Summary]) -> dict[str, tuple[str, ...]]:
    items = catalogue.skus(list({move.sku for chain in chains for move in chain.worst}))
    return {sku: (item.article, item.name) for sku, item in items.items()}
