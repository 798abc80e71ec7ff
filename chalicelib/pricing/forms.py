"""What is typed about prices, and its rules. Every wrong field is named at once; numbers are as people type them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from chalicelib.kernel.clock import local_moment
from chalicelib.kernel.errors import Complaint
from chalicelib.kernel.money import CURRENCIES
from chalicelib.kernel.numbers import parse_decimal
from chalicelib.pricing.derived import Formula
from chalicelib.pricing.discounts import Discount, Interaction, Kind, Step
from chalicelib.pricing.lists import OwnList
from chalicelib.pricing.rates import ExchangeRate
from chalicelib.tenancy.company import Checks

Typed = Mapping[str, str]
_NAME = 80
_MOST = Decimal(10) ** 9
_FINEST = 6
_MOST_NAMED = 200
STEPS = 5
"""Rows of quantities and percents that a discount's form has."""


def list_from_form(checks: Checks, before: OwnList) -> OwnList:
    """A list with rows of its own, of the fields `name currency vat since until exclusive fixed`. Currency and VAT of
    one that has rows stay."""
    has_rows = bool(before.versions)
    return replace(
        _common(checks, before),
        currency=before.currency if has_rows else checks.choice("currency", CURRENCIES),
        vat_included=before.vat_included if has_rows else checks.choice("vat", ("included", "on_top")) == "included",
    )


def derived_from_form(checks: Checks, before: OwnList, bases: Sequence[str]) -> OwnList:
    """A list derived by the formula of the fields `base factor step surcharge least_margin most_margin`, besides those
    that every list has. `bases` = the ids of what it may be derived from."""
    return replace(_common(checks, before), currency="", formula=formula_from_form(checks, bases))


def formula_from_form(checks: Checks, bases: Sequence[str]) -> Formula:
    least, most = _number(checks, "least_margin"), _number(checks, "most_margin")
    if least is not None and most is not None and least > most:
        checks.wrong.setdefault("most_margin", Complaint(code="margins_crossed"))
    return Formula(
        base_id=checks.choice("base", tuple(bases)),
        factor=_above_zero(checks, "factor", required=True) or Decimal(1),
        step=_above_zero(checks, "step"),
        surcharge=_number(checks, "surcharge") or Decimal(0),
        least_margin=least,
        most_margin=most,
    )


def _common(checks: Checks, before: OwnList) -> OwnList:
    since, until = _days(checks)
    return replace(
        before,
        name=checks.text("name", limit=_NAME, required=True),
        since=since,
        until=until,
        exclusive=bool(checks.text("exclusive", limit=1)),
        fixed=bool(checks.text("fixed", limit=1)),
    )


def moment_from_form(checks: Checks, time_zone: str) -> datetime | None:
    """The moment of the field `at`, a day and time in the tenant's zone; None = at once."""

    def moment(text: str) -> datetime | None:
        return local_moment(datetime.fromisoformat(text).replace(tzinfo=None), time_zone) if text else None

    return checks.parsed("at", moment, None, code="not_a_moment")


def rate_from_form(checks: Checks, home: str) -> ExchangeRate:
    """A rate of the fields `currency rate since`; `home` = the tenant's currency, which has none."""
    return ExchangeRate(
        currency=checks.choice("currency", tuple(one for one in CURRENCIES if one != home)),
        rate=_above_zero(checks, "rate", required=True) or Decimal(1),
        since=checks.parsed("since", _day, None, code="not_a_date"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a discount may name: ids of contracts, groups, regions and categories, and names of brands."""

    contract_ids: Sequence[str]
    group_ids: Sequence[str]
    region_ids: Sequence[str]
    category_ids: Sequence[str]


def discount_from_form(
    checks: Checks, chosen: Mapping[str, Sequence[str]], named: Named, skus: Mapping[str, str | None], discount_id: str
) -> Discount:
    """A discount of the fields `name kind interaction priority since until`, `percent_n` from `least_n` on, `brands`
    and `articles` (one a line). `chosen` = ticked ids by field; `skus` = what the articles mean, None for what the
    catalogue has not."""
    kind = checks.parsed("kind", Kind, Kind.PROMOTION, code="choose")
    unknown = [article for article, sku in skus.items() if sku is None]
    if unknown:
        told = {"articles": ", ".join(unknown[:5])}
        checks.wrong["articles"] = Complaint(code="articles_unknown", params=told)
    since, until = _days(checks)
    made = Discount(
        id=discount_id,
        name=checks.text("name", limit=_NAME, required=True),
        kind=kind,
        steps=_steps(checks),
        interaction=checks.parsed("interaction", Interaction, Interaction.BEST, code="choose"),
        priority=checks.whole("priority", 1, 99),
        since=since,
        until=until,
        contract_ids=_among(chosen, "contract", named.contract_ids),
        group_ids=_among(chosen, "group", named.group_ids),
        region_ids=_among(chosen, "region", named.region_ids),
        brands=tuple(lines_of(checks.text("brands", limit=4_000)))[:_MOST_NAMED],
        category_ids=_among(chosen, "category", named.category_ids),
        skus=tuple(dict.fromkeys(sku for sku in skus.values() if sku)),
    )
    if not checks.wrong and not made.is_sound:
        checks.wrong["kind"] = Complaint(code=f"discount_names_no_{kind}")
    return made


def lines_of(text: str) -> list[str]:
    """What stands on lines of its own, each once."""
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _steps(checks: Checks) -> tuple[Step, ...]:
    steps: list[Step] = []
    for place in range(STEPS):
        percent = _number(checks, f"percent_{place}")
        least = _number(checks, f"least_{place}") or Decimal(0)
        if percent is None:
            continue
        if not 0 < percent < 100:
            checks.wrong.setdefault(f"percent_{place}", Complaint(code="percent_wrong"))
        elif least < 0 or least in [step.min_quantity for step in steps]:
            checks.wrong.setdefault(f"least_{place}", Complaint(code="step_twice"))
        else:
            steps.append(Step(percent=percent, min_quantity=least))
    if not steps and "percent_0" not in checks.wrong:
        checks.wrong["percent_0"] = Complaint(code="required")
    return tuple(sorted(steps, key=lambda step: step.min_quantity))


def _among(chosen: Mapping[str, Sequence[str]], field: str, known: Sequence[str]) -> tuple[str, ...]:
    return tuple(one for one in dict.fromkeys(chosen.get(field, ())) if one in known)


def _days(checks: Checks) -> tuple[date | None, date | None]:
    since = checks.parsed("since", _day, None, code="not_a_date")
    until = checks.parsed("until", _day, None, code="not_a_date")
    if since and until and until < since:
        checks.wrong.setdefault("until", Complaint(code="days_crossed"))
    return since, until


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _number(checks: Checks, name: str) -> Decimal | None:
    return checks.parsed(name, _optional(lambda value: abs(value) < _MOST), None, code="not_a_number")


def _above_zero(checks: Checks, name: str, *, required: bool = False) -> Decimal | None:
    found = checks.parsed(name, _optional(lambda value: 0 < value < _MOST), None, code="not_above_zero")
    if required and found is None:
        checks.wrong.setdefault(name, Complaint(code="required"))
    return found


def _optional(fits: Callable[[Decimal], bool]) -> Callable[[str], Decimal | None]:
    def parse(text: str) -> Decimal | None:
        if not text:
            return None
        value = parse_decimal(text)
        if not fits(value) or value != round(value, _FINEST):
            raise ValueError
        return value

    return parse
