"""Sets of places as bits, and amounts by place: the same as plain sets and lists would answer."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.catalogue import bits
from chalicelib.catalogue.amounts import NONE, Amounts, scaled

SIZE = 700
PLACES = st.one_of(
    st.lists(st.integers(0, SIZE - 1), max_size=10),
    st.lists(st.integers(0, SIZE - 1), min_size=30, max_size=300),
    st.just(list(range(SIZE))),
)


@given(PLACES, PLACES)
@example([], [])
def test_a_packed_set_is_read_as_it_was_and_several_are_joined(one: list[int], other: list[int]) -> None:
    kept = [bits.packed_list(one, SIZE), bits.packed(bits.of(other, SIZE), SIZE)]
    assert list(bits.places(bits.unpacked(kept, SIZE))) == sorted({*one, *other})
    assert bits.unpacked(kept[:1], SIZE) == bits.of(one, SIZE) == bits.of(one[::-1], SIZE)
    assert [bits.counted(one, SIZE) for one in kept] == [len(set(one)), len(set(other))]
    assert all(len(one) <= -(-SIZE // 8) for one in kept)
    assert bits.packed_all(kept, SIZE) == bits.packed_list([*one, *other], SIZE)


@given(PLACES, st.integers(-5, SIZE + 5), st.integers(-5, 60))
def test_a_part_of_a_set_is_that_of_its_sorted_list(places: list[int], begin: int, length: int) -> None:
    found = sorted(set(places))
    assert bits.part(bits.of(places, SIZE), begin, begin + length) == found[max(begin, 0) : max(begin + length, 0)]


@given(PLACES, st.permutations(range(50)))
def test_a_set_is_walked_in_another_order(places: list[int], order: list[int]) -> None:
    assert list(bits.along(order, bits.of(places, SIZE), SIZE)) == [place for place in order if place in places]


PRICE = st.none() | st.decimals(0, 100, places=1)


@given(st.lists(PRICE, min_size=1, max_size=40), PRICE, PRICE, st.sets(st.integers(0, 39)))
def test_amounts_are_sorted_and_bounded(
    prices: list[Decimal | None], least: Decimal | None, most: Decimal | None, among: set[int]
) -> None:
    size = len(prices)
    amounts = Amounts(array("q", (NONE if price is None else scaled(price) for price in prices)))
    priced = [(price, place) for place, price in enumerate(prices) if price is not None]
    assert list(amounts.rising) == [place for _, place in sorted(priced)]
    assert list(amounts.falling) == [place for _, place in sorted(priced, key=lambda one: (-one[0], one[1]))]
    assert list(amounts.unpriced) == [place for place, price in enumerate(prices) if price is None]
    within = [p for price, p in priced if (least is None or price >= least) and (most is None or price <= most)]
    assert list(bits.places(amounts.between(least, most))) == within
    some = [price for price, place in priced if place in among]
    found = bits.of([place for place in among if place < size], size)
    assert amounts.bounds(found) == ((min(some), max(some)) if some else None)


@given(st.lists(st.tuples(PRICE, PRICE), min_size=1, max_size=20))
def test_amounts_of_two_lists_become_the_first_or_the_least_of_both(pairs: list[tuple[Decimal | None, ...]]) -> None:
    def amounts(prices: Iterable[Decimal | None]) -> Amounts:
        return Amounts(array("q", (NONE if price is None else scaled(price) for price in prices)))

    one, other = (amounts(prices) for prices in zip(*pairs, strict=True))
    assert one.before(other).by_place == amounts(b if a is None else a for a, b in pairs).by_place
    least = (min((price for price in pair if price is not None), default=None) for pair in pairs)
    assert one.at_best(other).by_place == amounts(least).by_place
