"""Amounts for sorting are made as prices are, only faster."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.catalogue.amounts import NONE, PRICE_DIGITS, scaled
from chalicelib.kernel.vat import VatRate
from chalicelib.pricing.derived import Formula, derived
from chalicelib.pricing.model import Origin, PriceList, PriceTerms
from chalicelib.pricing.quoting import price_of_one
from chalicelib.pricing.ranking import Way

D = Decimal
_FORMULA = Formula(base_id="p", factor=D("0.5"), step=D(10), surcharge=D("-0.01"), least_margin=D(-400))
_PERCENTS = st.lists(st.sampled_from([D(5), D("12.5"), D("33.33")]), max_size=2)


@given(
    st.decimals("0.01", "999999.99", places=2),
    st.sampled_from([D(1), D(12), D("0.333")]),
    st.none() | st.just(D("0.0108695652174")),
    st.none() | st.sampled_from([D(10), D(22)]),
    st.tuples(st.booleans(), st.booleans()),
    _PERCENTS,
    st.sampled_from([(), (_FORMULA,)]),
    st.sampled_from(["RUB", "JPY", "TND"]),
)
def test_an_amount_is_what_quoting_makes_of_it(
    amount: Decimal,
    coefficient: Decimal,
    rate: Decimal | None,
    vat_rate: Decimal | None,
    with_vat: tuple[bool, bool],
    percents: list[Decimal],
    formulas: tuple[Formula, ...],
    currency: str,
) -> None:
    price_list = PriceList(origin=Origin.GROUP, id="p", name="P", vat_included=with_vat[0], formulas=formulas)
    terms = PriceTerms(
        chain=(price_list,),
        currency=currency,
        list_currency=currency,
        vat_included=with_vat[1],
        vat_rates=(VatRate(percent=D(22)),),
        day=date(2026, 5, 1),
    )
    quoted = price_of_one(
        amount,
        coefficient,
        formulas=formulas,
        rate=rate,
        vat_rate=vat_rate,
        listed_with_vat=with_vat[0],
        quoted_with_vat=with_vat[1],
        percents=percents,
        currency=currency,
    )
    way = Way(price_list, terms, rate, tuple(percents))
    found = way.pricing()(scaled(amount), int(coefficient.scaleb(PRICE_DIGITS)), vat_rate)
    assert found == (scaled(quoted) if derived(amount, formulas) > 0 else NONE)
