"""Searching a snapshot: which SKUs, in which order, with which facets. Sets of places throughout (docs/adr/0019)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import reduce
from heapq import heappush, heappushpop
from itertools import chain, islice
from operator import and_

from chalicelib.catalogue import bits
from chalicelib.catalogue.amounts import Amounts
from chalicelib.catalogue.model import Available, Category, Facet, FacetValue, Query, Sort
from chalicelib.catalogue.snapshot.index import Branch, Index
from chalicelib.catalogue.snapshot.sets import MORE, NAME, Track
from chalicelib.catalogue.snapshot.text import fragment_query, normal_code, query_tokens, word_terms

_MAX_FACETS = 12
_MAX_VALUES = 30
_TEXT, _CATEGORY, _STOCK, _PRICE, _SELECTION = "text", "category", "stock", "price", "selection"
_FEW = 32  # fewer hits than one place in so many are put in order by themselves


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """SKU numbers of the page in order, and what is told of all that was found; see `model.Page`."""

    numbers: Sequence[int]
    total: int
    facets: tuple[Facet, ...] = ()
    categories: tuple[Category, ...] = ()
    prices: tuple[Decimal, Decimal] | None = None


def find(index: Index, query: Query, seen: int, on_order: Mapping[int, int]) -> Found:
    """A page of what fits, of what the reader may see at all. `on_order` = sets of what may be ordered though there is
    none."""
    amounts = query.amounts or index.amounts(query.price_types)
    tiers = text_tiers(index, query.text) if query.text.strip() else (index.everything,)
    filters = {_TEXT: bits.joined(tiers), **_filters(index, query, amounts, on_order)}

    def without(name: str | None) -> int:
        return reduce(and_, (found for key, found in filters.items() if key != name), seen)

    found = without(None)
    numbers = index.numbers(_page(index, query, amounts, [tier & found for tier in tiers]))
    return Found(
        numbers=numbers,
        total=found.bit_count(),
        # What an own filter leaves out is counted: it shows what else could be chosen.
        facets=tuple(islice(_facets(index, query, found, without), _MAX_FACETS)),
        categories=shown_branches(index, query.category_id, without(_CATEGORY)),
        prices=amounts.bounds(without(_PRICE)),
    )


def _filters(index: Index, query: Query, amounts: Amounts, on_order: Mapping[int, int]) -> dict[str, int]:
    """What each wish but the text leaves. Nothing has a category or an attribute that the snapshot does not know."""
    out: dict[str, int] = {}
    if query.category_id is not None:
        branch = index.branch.get(query.category_id)
        out[_CATEGORY] = index.shelf(branch.no) if branch else 0
    for key, texts in query.attributes:
        attribute, _ = index.attributes.get(key, (0, ""))
        out[key] = out.get(key, index.everything) & bits.joined(index.value(attribute, text) for text in texts)
    if query.available is not None:
        out[_STOCK] = _available(index, query, on_order)
    if query.price_from is not None or query.price_to is not None:
        out[_PRICE] = amounts.between(query.price_from, query.price_to)
    for number, selection in enumerate(query.selections):
        out[f"{_SELECTION}{number}"] = selection.places
    return out


def _available(index: Index, query: Query, on_order: Mapping[int, int]) -> int:
    there = index.in_stock(query.warehouses)
    if query.available is Available.NOW:
        return there
    on_their_way = index.of_skus(query.coming)
    if query.available is Available.COMING:
        return on_their_way
    neither, made = index.everything & ~there & ~on_their_way, bits.joined(on_order.values())
    return neither & made if query.available is Available.ORDER else neither & ~made


def text_tiers(index: Index, text: str) -> tuple[int, ...]:
    """What a typed text finds, the best first: an exact article or barcode, a piece of one, every word in the name,
    every word somewhere, a piece of a code among the words included."""
    kept = index.texts.get(text)
    if kept is not None:
        return kept
    fragment = fragment_query(text)
    return index.texts.keep(
        text,
        (
            codes(index, "SELECT sku_no FROM code WHERE normal = ?", normal_code(text)),
            _pieces(index, fragment) if fragment else 0,
            *word_tiers(index, text),
        ),
    )


def codes(index: Index, statement: str, *parameters: object) -> int:
    """The set of SKUs whose numbers a statement gives; all of them must be listed."""
    return index.of_numbers([no for (no,) in index.rows(statement, parameters)])


def _pieces(index: Index, fragment: str) -> int:
    return codes(index, "SELECT rowid FROM fragments WHERE fragments MATCH ?", fragment)


def word_tiers(index: Index, text: str) -> tuple[int, int]:
    """Every word in the name; every word somewhere, or some words and of the others, all digits, pieces of codes."""
    words = typed_words(index, text)
    if not words:
        return 0, 0
    in_name = reduce(and_, (name for _, name, _ in words))
    anywhere = reduce(and_, (anywhere for _, _, anywhere in words))
    pieces = [(fragment_query(token) if token.isdigit() else None) for token, _, _ in words]
    others = [anywhere for (_, _, anywhere), piece in zip(words, pieces, strict=True) if piece is None]
    if others and len(others) < len(words):
        anywhere |= reduce(and_, (*others, *(_pieces(index, piece) for piece in pieces if piece)))
    return in_name, anywhere


def typed_words(index: Index, text: str) -> list[tuple[str, int, int]]:
    """For each of `query_tokens` what has it in its name, and what has it anywhere; the last one may still be being
    typed."""
    tokens = query_tokens(text)
    out = []
    for n, token in enumerate(tokens):
        terms = word_terms(token, unfinished=n == len(tokens) - 1 and text[-1:].isalnum())
        name = bits.joined(index.term(term, NAME) for term in terms)
        out.append((token, name, name | bits.joined(index.term(term, MORE) for term in terms)))
    return out


def _page(index: Index, query: Query, amounts: Amounts, tiers: Sequence[int]) -> list[int]:
    """Places of the page's SKUs. Of equals the first by name comes first; of what a text finds equally well, the first
    by article."""
    begin = (max(query.page, 1) - 1) * query.size
    end = begin + query.size
    found = bits.joined(tiers)
    if query.sort is Sort.RELEVANCE and query.text.strip():
        return _by_tier(index, tiers, begin, end)
    if query.sort is Sort.RELEVANCE and query.selections:
        return list(islice(bits.along(query.selections[0].order, found, index.size), begin, end))
    if query.sort in (Sort.RELEVANCE, Sort.NAME):
        if query.sort is Sort.RELEVANCE or not query.descending:
            return bits.part(found, begin, end)
        total = found.bit_count()
        return bits.part(found, max(total - end, 0), max(total - begin, 0))[::-1]
    along = chain.from_iterable(bits.along(order, found, index.size) for order in _orders(index, query, amounts))
    return list(islice(along, begin, end))


def _orders(index: Index, query: Query, amounts: Amounts) -> tuple[Sequence[int], ...]:
    """The places of everything in the order of the query's sort, in turn; those without a price come last."""
    if query.sort is Sort.PRICE:
        return (amounts.falling if query.descending else amounts.rising), amounts.unpriced
    if query.sort is Sort.STOCK:
        return (index.by_stock(query.warehouses, falling=query.descending),)
    return (index.order(Track.ARTICLE)[:: -1 if query.descending else 1],)


def _by_tier(index: Index, tiers: Sequence[int], begin: int, end: int) -> list[int]:
    out: list[int] = []
    before, taken = 0, 0
    for tier in tiers:
        own = tier & ~taken
        count = own.bit_count()
        if begin < before + count and before < end:
            out += islice(_by_article(index, own, count), max(begin - before, 0), min(end - before, count))
        before += count
        taken |= own
    return out


def _by_article(index: Index, found: int, count: int) -> Iterable[int]:
    if count * _FEW < index.size:
        return sorted(bits.places(found), key=index.by_article.__getitem__)
    return bits.along(index.order(Track.ARTICLE), found, index.size)


def _facets(index: Index, query: Query, found: int, without: Callable[[str], int]) -> Iterator[Facet]:
    """The attributes that tell most apart: those that were chosen from, then those that most of what fits has."""
    chosen = {key: frozenset(texts) for key, texts in query.attributes}
    ranked = []
    for key, (no, name) in index.attributes.items():
        if no in index.choices:
            among = without(key) if key in chosen else found
            ranked.append((key not in chosen, -(among & index.having(no)).bit_count(), name, key, no, among))
    for _, _, name, key, no, among in sorted(ranked):
        texts = chosen.get(key, frozenset())
        values = _values(index, no, among, texts)
        if len(values) > 1 or (values and texts):
            yield Facet(key=key, name=name, values=values)


def _values(index: Index, attribute: int, among: int, texts: Collection[str]) -> tuple[FacetValue, ...]:
    """The chosen values and the most frequent ones."""
    whole = among == index.everything
    counts = {text: (among & index.value(attribute, text)).bit_count() for text in texts}
    most: list[int] = []
    for text, ever in index.choices[attribute]:
        if len(most) == _MAX_VALUES and ever < most[0]:
            break  # nor has any of the rest as many
        count = counts[text] = ever if whole else (among & index.value(attribute, text)).bit_count()
        (heappush if len(most) < _MAX_VALUES else heappushpop)(most, count)
    ranked = sorted((text not in texts, -count, text) for text, count in counts.items() if count)[:_MAX_VALUES]
    return tuple(
        FacetValue(text=text, count=-count, chosen=not other)
        for other, count, text in sorted(ranked, key=lambda one: one[1:])
    )


def shown_branches(index: Index, category_id: str | None, among: int) -> tuple[Category, ...]:
    """The top of the tree, and what is below a category and those above it, as far as a set has anything there; the
    category and those above it in any case."""
    at = index.branch.get(category_id) if category_id else None
    opened = {one.category.id for one in index.branches if at and one.position <= at.position <= one.last}
    shown = [one for one in index.branches if one.category.parent_id in (None, *opened)]
    return tuple(one for one in counted(index, shown, among) if one.count or one.id in opened)


def counted(index: Index, branches: Sequence[Branch], among: int) -> Iterator[Category]:
    """Categories with how many SKUs of a set are in them and below."""
    if among == index.everything:
        yield from (one.category for one in branches)
    else:
        yield from (replace(one.category, count=(among & index.shelf(one.no)).bit_count()) for one in branches)
