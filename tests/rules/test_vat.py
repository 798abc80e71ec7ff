"""VAT: the rate of a day, and where it is rounded (domain §3.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.money import quantum
from chalicelib.kernel.vat import VatRate, rate_of_goods, rate_on, vat_of
from chalicelib.ordering.lines import Terms, summed
from chalicelib.ordering.model import OrderLine
from chalicelib.tenancy.model import RoundingBase

D = Decimal
RUSSIA = (VatRate(percent=D(20)), VatRate(percent=D(22), since=date(2026, 1, 1)))
LAST, FIRST = date(2025, 12, 31), date(2026, 1, 1)
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
percents = st.integers(0, 30).map(D)
dated_rates = st.lists(days, unique=True, min_size=1, max_size=4).flatmap(
    lambda since: st.tuples(*(st.builds(VatRate, percent=percents, since=st.just(day)) for day in since))
)


def line(price: str, quantity: str, rate: str | None = "22", line_id: str = "1") -> OrderLine:
    return OrderLine(
        id=line_id,
        sku="s",
        product_id="p",
        variant_id="",
        catalogue_id="",
        article="A",
        name="Окно",
        unit="шт",
        unit_code="796",
        quantity=D(quantity),
        price=D(price),
        vat_rate=None if rate is None else D(rate),
        net=D(0),
        vat=D(0),
        gross=D(0),
    )


def terms(base: RoundingBase, *, included: bool = True) -> Terms:
    return Terms(currency="RUB", vat_included=included, base=base)


def test_a_rate_holds_from_its_first_day_on_and_the_one_before_it_to_its_last() -> None:
    assert [rate_on(RUSSIA, day) for day in (date(2019, 5, 1), LAST, FIRST, date(2031, 5, 1))] == [20, 20, 22, 22]
    assert rate_on(RUSSIA[1:], LAST) == 0
    assert rate_on((), FIRST) == 0


@given(dated_rates, days)
def test_the_rate_of_a_day_is_that_of_the_latest_beginning(rates: tuple[VatRate, ...], day: date) -> None:
    found = rate_on(rates, day)
    begun = {one.since: one.percent for one in rates if one.since is not None and one.since <= day}
    assert found == (begun[max(begun)] if begun else 0)
    assert rate_on(tuple(reversed(rates)), day) == found
    if day + timedelta(days=1) not in {one.since for one in rates}:
        assert rate_on(rates, day + timedelta(days=1)) == found


@pytest.mark.parametrize(
    ("told", "before", "after"),
    [(None, 20, 22), ("20", 20, 22), ("22", 20, 22), ("10", 10, 10), ("0", 0, 0)],
)
def test_goods_of_the_standard_rate_follow_the_day_and_other_rates_are_their_own(
    told: str | None, before: int, after: int
) -> None:
    said = None if told is None else D(told)
    assert [rate_of_goods(said, RUSSIA, day) for day in (LAST, FIRST)] == [before, after]


@given(dated_rates, days, st.none() | percents)
def test_goods_never_bear_a_standard_rate_of_another_day(
    rates: tuple[VatRate, ...], day: date, told: Decimal | None
) -> None:
    found = rate_of_goods(told, rates, day)
    assert found == rate_on(rates, day) or (found == told and told not in {one.percent for one in rates})


def test_vat_is_rounded_half_up() -> None:
    assert vat_of(D("100.00"), D(22), "RUB", included=True) == D("18.03")
    assert vat_of(D("0.25"), D(22), "RUB", included=False) == D("0.06")
    assert vat_of(D("5"), D(0), "RUB", included=True) == 0
    assert vat_of(D("1050"), D(10), "JPY", included=False) == 105


@pytest.mark.parametrize(
    ("base", "vat", "gross"),
    [(RoundingBase.UNIT, "0.60", "3.10"), (RoundingBase.ROW, "0.55", "3.05"), (RoundingBase.TOTAL, "0.55", "3.05")],
)
def test_vat_on_top_is_rounded_in_the_unit_in_the_row_or_in_the_total(base: RoundingBase, vat: str, gross: str) -> None:
    (one,) = summed([line("0.25", "10")], terms(base, included=False))
    assert (one.net, one.vat, one.gross) == (D("2.50"), D(vat), D(gross))


def test_two_rows_are_rounded_each_or_together() -> None:
    rows = [line("0.33", "1"), line("0.33", "1", line_id="2")]
    assert [one.vat for one in summed(rows, terms(RoundingBase.ROW, included=False))] == [D("0.07"), D("0.07")]
    assert [one.vat for one in summed(rows, terms(RoundingBase.TOTAL, included=False))] == [D("0.08"), D("0.07")]


def test_a_total_that_somebody_else_worked_out_is_shared_among_its_units() -> None:
    (one,) = summed([line("10.00", "3")], terms(RoundingBase.UNIT), {"1": D("29.00")})
    assert (one.gross, one.vat) == (D("29.00"), D("5.22"))  # 9.666… a unit, of it 1.74


quantities = st.one_of(st.integers(1, 500).map(D), st.decimals("0.001", "50", places=3))
prices = st.one_of(st.decimals("0.01", "9999", places=2), st.decimals("0.0001", "50", places=4))
rates_of_lines = st.sampled_from((None, "5", "10", "20", "22"))


@given(st.lists(st.tuples(prices, quantities, rates_of_lines), min_size=1, max_size=6), st.booleans())
def test_whatever_the_base_each_line_adds_up_and_differs_from_the_exact_vat_by_no_more_than_its_roundings(
    given_lines: list[tuple[Decimal, Decimal, str | None]], included: bool
) -> None:
    lines = [line(str(p), str(q), rate, str(n)) for n, (p, q, rate) in enumerate(given_lines, 1)]
    half = quantum("RUB") / 2
    for base in RoundingBase:
        done = summed(lines, terms(base, included=included))
        for one in done:
            assert one.net + one.vat == one.gross
            assert one.vat >= 0
            assert (one.vat == 0) or one.vat_rate is not None
        if base is RoundingBase.TOTAL:
            continue
        for one in done:
            rate = one.vat_rate or D(0)
            part = rate / (100 + rate) if included else rate / 100
            roundings = half * (one.quantity + 2 if base is RoundingBase.UNIT else 1)
            amount = one.gross if included else one.net
            assert abs(one.vat - amount * part) <= roundings


@given(prices, st.integers(1, 200), st.sampled_from(("5", "10", "20", "22")), st.booleans())
def test_by_units_n_pieces_bear_n_times_the_vat_of_one(price: Decimal, pieces: int, rate: str, included: bool) -> None:
    by_unit = terms(RoundingBase.UNIT, included=included)
    (one,) = summed([line(str(price), "1", rate)], by_unit)
    (many,) = summed([line(str(price), str(pieces), rate)], by_unit)
    exact = vat_of(price, D(rate), "RUB", included=included)
    assert (one.vat, many.vat) == (exact, exact * pieces)


@given(prices, rates_of_lines, st.booleans())
def test_one_line_of_one_piece_is_the_same_by_every_base(price: Decimal, rate: str | None, included: bool) -> None:
    price = price.quantize(D("0.01"))
    results = {summed([line(str(price), "1", rate)], terms(base, included=included)) for base in RoundingBase}
    assert len(results) == 1


@given(prices, quantities, st.booleans(), st.sampled_from(RoundingBase))
def test_summing_up_again_what_was_summed_up_changes_nothing(
    price: Decimal, quantity: Decimal, included: bool, base: RoundingBase
) -> None:
    (once,) = summed([line(str(price), str(quantity))], terms(base, included=included))
    costs = {"1": once.gross if included else once.net}
    assert summed([once], terms(base, included=included), costs) == (once,)
    assert summed([replace(once, vat=D(9))], terms(base, included=included)) == (once,)
