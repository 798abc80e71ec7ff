"""What another version of a list would change: which chains, which prices, by how much. Pure rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.pricing.lists import ListVersion
from chalicelib.pricing.model import Answer, Origin, PriceList, PriceOnRequest, PriceTerms, Quote
from chalicelib.pricing.simulation import BARS, EDGES, WORST, PriceMove, Summary, Tally, added_up, moved, shifts

D = Decimal
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def version(number: int) -> ListVersion:
    return ListVersion(number=number, key="k", sha256=str(number), rows=1, made=NOW, made_by="Анна")


def terms(list_id: str, number: int, currency: str = "RUB") -> PriceTerms:
    own = PriceList(origin=Origin.GROUP, id=list_id, name=list_id, vat_included=True, version=version(number))
    return PriceTerms(
        chain=(own,), currency=currency, list_currency="RUB", vat_included=True, vat_rates=(), day=date(2026, 11, 20)
    )


def answer(*ladder: tuple[int, str]) -> Answer:
    if not ladder:
        return PriceOnRequest(sku="s", considered=())
    (least, price), *rest = ladder
    return Quote(
        sku="s", price=D(price), currency="RUB", vat_rate=None, vat_included=True,
        price_list=terms("l", 1).chain[0], list_amount=D(price), list_currency="RUB", unit="", coefficient=D(1),
        min_quantity=D(least), considered=(), next_tiers=tuple((D(n), D(p)) for n, p in rest),
    )  # fmt: skip


def tallied(*moves: PriceMove) -> Summary:
    tally = Tally()
    for move in moves:
        tally.add(move)
    return tally.summary()


def move(before: str | None, after: str | None, sku: str = "s") -> PriceMove:
    was, will = (None if price is None else D(price) for price in (before, after))
    return PriceMove(sku=sku, quantity=D(1), before=was, after=will)


def test_ten_thousand_contracts_over_forty_chains_are_forty_comparisons() -> None:
    before = {str(n): terms(f"l{n % 40}", n % 40) for n in range(10_000)}
    after = {one: terms(own.chain[0].id, 1000 + int(own.chain[0].id[1:])) for one, own in before.items()}
    found = shifts(before, after)
    assert len(found) == 40
    assert sorted(one for shift in found for one in shift.contract_ids) == sorted(before)
    assert {len(shift.contract_ids) for shift in found} == {250}


def test_contracts_whose_terms_stay_the_same_are_left_out() -> None:
    before = {"a": terms("x", 1), "b": terms("y", 2)}
    assert [one.contract_ids for one in shifts(before, before | {"a": terms("x", 3)})] == [("a",)]


def test_contracts_that_part_ways_are_compared_apart() -> None:
    """Two lists with the same rows are one chain, until one of them gets others."""
    before = {"a": terms("x", 1), "b": terms("y", 1), "c": terms("x", 1)}
    after = {"a": terms("x", 2), "b": terms("y", 1), "c": terms("x", 2)}
    assert [one.contract_ids for one in shifts(before, after)] == [("a", "c")]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (answer((0, "100")), answer((0, "100")), None),
        (answer((0, "100")), answer((0, "110")), (1, "100", "110")),
        (answer((0, "100"), (10, "90")), answer((0, "100"), (10, "80")), (10, "90", "80")),
        (answer((0, "100")), answer((0, "100"), (5, "95")), (5, "100", "95")),
        (answer((5, "100")), answer((10, "100")), (5, "100", None)),
        (answer(), answer((0, "100")), (1, None, "100")),
        (answer((0, "100")), answer(), (1, "100", None)),
        (answer(), answer(), None),
    ],
)
def test_a_price_is_compared_where_it_first_differs(
    before: Answer, after: Answer, expected: tuple[int, str | None, str | None] | None
) -> None:
    found = moved(before, after)
    if expected is None:
        assert found is None
    else:
        quantity, was, will = expected
        assert found == replace(move(was, will), quantity=D(quantity))


def test_a_summary_tells_how_many_prices_go_where_and_by_how_much() -> None:
    found = tallied(move("100", "110"), move("100", "95"), move(None, "7"), move("7", None), move("100", "102"))
    assert (found.up, found.down, found.new, found.gone, found.changed) == (2, 1, 1, 1, 5)
    assert (found.mean, found.least, found.most) == (D("2.33"), D("-5.00"), D("10.00"))


def test_bars_go_from_the_largest_fall_to_the_largest_rise_and_edges_belong_to_the_smaller_one() -> None:
    at_edges = [tallied(move("100", str(100 + sign * edge))).bars.index(1) for sign in (-1, 1) for edge in EDGES]
    assert at_edges == [5, 4, 3, 2, 1, 6, 7, 8, 9, 10]
    assert tallied(move("100", "1")).bars[0] == tallied(move("100", "300")).bars[-1] == 1
    assert tallied(move("1000000", "1000000.01")).bars[BARS // 2] == 1, "too small for a hundredth, but it rises"


def test_only_those_that_change_most_are_named() -> None:
    found = tallied(*(move("100", str(100 + n), sku=f"s{n}") for n in range(1, 20)), move("100", "50", sku="half"))
    assert [one.sku for one in found.worst] == ["half", "s19", "s18", "s17", "s16"]
    assert len(found.worst) == WORST


prices = st.none() | st.integers(1, 1_000_000).map(lambda kopecks: D(kopecks).scaleb(-2))
pairs = st.lists(st.tuples(prices, prices), max_size=8)


@given(pairs, pairs, st.integers(1, 5))
def test_the_whole_is_what_its_contracts_come_to(
    one: list[tuple[D | None, D | None]], other: list[tuple[D | None, D | None]], times: int
) -> None:
    moves = [
        [PriceMove(sku=f"{name}{n}", quantity=D(1), before=b, after=a) for n, (b, a) in enumerate(some) if a != b]
        for name, some in (("one", one), ("other", other))
    ]
    whole = added_up([(tallied(*moves[0]), times), (tallied(*moves[1]), 1)])
    at_once = tallied(*moves[0] * times, *moves[1])
    assert replace(whole, worst=()) == replace(at_once, worst=())
    assert sum(whole.bars) == whole.counted <= whole.changed
