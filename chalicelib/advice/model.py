"""What is ordered together: which products often stand in the same orders. Pure rules.

The rules know products and orders by small numbers only, so that half a year of a large tenant fits into memory.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import chain

KEPT = timedelta(days=180)
"""Orders that were placed longer ago say nothing any more."""
MOST_ORDERS = 10_000
"""The newest so many orders count."""
MOST_LINES = 30
"""An order of more products than this refills a store: it says little of what goes with what."""
LEAST_ORDERS = 3
"""Two products go together from so many orders on: fewer may be chance."""
MOST_COMPANIONS = 20
"""So many are kept of a product: more than are shown, as a dealer may not see all of them."""
MOST_CONSIDERED = 60
"""So many of a whole cart are looked up for the few that are shown."""
SHOWN = 6
"""So many a page shows."""


def tells(skus: Collection[str]) -> bool:
    """Whether an order of these products says anything of what goes with what."""
    return 1 < len(skus) <= MOST_LINES


def companions(baskets: Sequence[Sequence[int]]) -> Iterator[tuple[int, tuple[tuple[int, int], ...]]]:
    """For each product that has any: its companions, the closest first, each with the number of orders that have both.

    `baskets` = the different products of each order. A companion is one that stands in the product's orders at least
    as often as in all orders: what everybody orders with everything goes with nothing. Among them the number of
    orders counts, then the rarer product, then the number.
    """
    orders_of: dict[int, list[int]] = defaultdict(list)
    for place, basket in enumerate(baskets):
        for product in basket:
            orders_of[product].append(place)
    for product in sorted(orders_of):
        own = orders_of[product]
        both = Counter(chain.from_iterable(baskets[place] for place in own))
        del both[product]
        close = [
            (other, count)
            for other, count in both.items()
            if count >= LEAST_ORDERS and count * len(baskets) >= len(own) * len(orders_of[other])
        ]
        if close:
            close.sort(key=lambda one: (-one[1], len(orders_of[one[0]]), one[0]))
            yield product, tuple(close[:MOST_COMPANIONS])


def joint(found: Iterable[tuple[int, int]], without: Collection[int]) -> tuple[int, ...]:
    """The companions of several products at once, of all their (companion, number of orders): those with the most
    orders in all first, none of `without`, and no more than are worth a look."""
    orders: Counter[int] = Counter()
    for other, count in found:
        orders[other] += count
    ranked = sorted((-count, other) for other, count in orders.items() if other not in without)
    return tuple(other for _, other in ranked[:MOST_CONSIDERED])
