"""Which prices have lately fallen under some terms: of a page's goods exactly, of all goods to find where to look."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cache

from chalicelib.catalogue import bits
from chalicelib.catalogue.amounts import NONE
from chalicelib.catalogue.model import Item, PriceTier, Selection
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.pricing.actions import tiers_of
from chalicelib.pricing.chain import chain_id
from chalicelib.pricing.discounts import NO_KINDS
from chalicelib.pricing.model import Answer, PriceList, PriceTerms, Quote
from chalicelib.pricing.past import Fall, Past, deciding, fallen, tiers_before
from chalicelib.pricing.quoting import Quoting
from chalicelib.pricing.ranking import amounts_under, worked_out

_ONE = Decimal(1)


def falls(
    catalogue: Catalogue,
    items: Mapping[str, Item],
    answers: Mapping[str, Answer],
    terms: PriceTerms,
    past: Past,
    quantities: Mapping[str, Decimal] | None = None,
) -> dict[str, Fall]:
    """What became cheaper, by SKU. `answers` = the prices of now at `quantities`, as `actions.quotes` takes them."""
    known = max(past.oldest or past.since, catalogue.prices_noted)
    quoted = {sku: answer for sku, answer in answers.items() if isinstance(answer, Quote)}
    changes = catalogue.prices_before(list(quoted), _price_types(terms, past.terms), known)
    earlier = past.terms if catalogue.prices_noted <= past.since else None
    wanted = [sku for sku in quoted if sku in changes or earlier]
    if not wanted:
        return {}
    tiers = tiers_of(catalogue, wanted, terms)
    old_tiers = tiers_of(catalogue, wanted, earlier) if earlier else {}
    kinds = catalogue.kinds(wanted) if terms.ask_kinds or (earlier and earlier.ask_kinds) else {}
    under, under_earlier = _by_chain(terms), _by_chain(earlier or terms)
    out: dict[str, Fall] = {}
    for sku in wanted:
        now, what, vat_rate = quoted[sku], kinds.get(sku, NO_KINDS), items[sku].vat_rate
        quantity = (quantities or {}).get(sku, max(now.min_quantity, _ONE))
        chain = deciding(now, quantity)
        lately = [change for change in changes.get(sku, ()) if change[0] > past.since]
        own = _of_lists(lately, chain)
        if own:
            until, were = tiers_before(tiers.get(sku, ()), own)
            before = under(chain)(sku, were, quantity, vat_rate, what)
        elif earlier and not lately:
            until, were = past.since, old_tiers.get(sku, ())
            before = under_earlier(earlier.chain)(sku, were, quantity, vat_rate, what)
            chain = deciding(before, quantity) if isinstance(before, Quote) and before.price == now.price else ()
            own = _of_lists(changes.get(sku, ()), chain)
            if own:
                until, were = tiers_before(were, own)
                before = under_earlier(chain)(sku, were, quantity, vat_rate, what)
        else:
            continue
        fall = fallen(now, before, until)
        if fall is not None:
            out[sku] = fall
    return out


def _by_chain(terms: PriceTerms) -> Callable[[tuple[PriceList, ...]], Quoting]:
    """Quotes under some terms, but for another chain of lists."""
    return cache(lambda chain: Quoting(replace(terms, chain=chain)))


def _of_lists(
    changes: Sequence[tuple[datetime, PriceTier]], chain: Sequence[PriceList]
) -> list[tuple[datetime, PriceTier]]:
    sources = {one.source for one in chain}
    return [change for change in changes if change[1].price_type_id in sources]


def fallen_under(catalogue: Catalogue, terms: PriceTerms, past: Past) -> Selection:
    """Goods that lists alone say became cheaper (see `ranking`), those that fell most first: where to look for what
    `falls` tells. Worked out once for a snapshot, a chain and a day."""
    chains = [chain_id(one) for one in (terms, past.terms) if one]
    return catalogue.selected(f"fallen {chains} {past.since} {past.oldest}", lambda: _selection(catalogue, terms, past))


def _selection(catalogue: Catalogue, terms: PriceTerms, past: Past) -> Selection:
    changed, before = _before(catalogue, terms, past.since)
    earlier = past.terms if catalogue.prices_noted <= past.since else None
    if not (changed or earlier):
        return Selection(order=(), places=0)
    now = amounts_under(catalogue, terms).by_place
    if earlier:
        _, older = _before(catalogue, earlier, past.oldest or past.since)
        then = amounts_under(catalogue, earlier).by_place
        were = (amount if amount != now[place] else older[place] for place, amount in enumerate(then))
        before = array("q", (before[place] if place in changed else amount for place, amount in enumerate(were)))
    both = enumerate(zip(now, before, strict=True))
    percents = {place: amount * 100 // old for place, (amount, old) in both if old > amount > NONE}
    order = array(bits.PLACES, sorted(percents, key=percents.__getitem__))
    return Selection(order=order, places=bits.of(order, len(now)))


def _before(catalogue: Catalogue, terms: PriceTerms, since: datetime) -> tuple[set[int], Sequence[int]]:
    """The places of goods with rows that changed after `since`, and what all goods came to before."""
    known = max(since, catalogue.prices_noted)
    rows = {one: catalogue.amounts_before(one, known) for one in _price_types(terms)}
    changed = {place for amounts in rows.values() for place in amounts}
    return changed, (worked_out(catalogue, terms, rows) if changed else amounts_under(catalogue, terms)).by_place


def _price_types(*terms: PriceTerms | None) -> Sequence[str]:
    """The ERP's, that some terms read."""
    lists = (one for some in terms if some for one in some.chain if one.in_force and one.version is None)
    return list(dict.fromkeys(one.source for one in lists))
