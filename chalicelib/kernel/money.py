"""Exact money and quantities (domain §3.1, §3.3). No floats anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

_DIGITS = {
    # ISO 4217 currencies whose minor unit is not 1/100.
    **dict.fromkeys(
        (
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
CURRENCIES = ("RUB", "MDL", "RON", "EUR", "USD", "BYN", "KZT", "UAH", "PLN", "CZK", "HUF")
_QUANTITY_STEP = Decimal("0.001")
_QUANTITY_BOUND = Decimal(10) ** 15


def minor_digits(currency: str) -> int:
    """How many digits the currency keeps after the point (2 unless ISO 4217 says otherwise)."""
    return _DIGITS.get(currency, 2)


def quantum(currency: str) -> Decimal:
    """The smallest amount of the currency, e.g. 0.01 for RUB."""
    return Decimal(1).scaleb(-minor_digits(currency))


def rounded(amount: Decimal, currency: str) -> Decimal:
    """The amount in whole minor units, half up as accountants and 1C round."""
    with localcontext() as context:
        context.prec = 40
        return amount.quantize(quantum(currency), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An exact amount in one ISO 4217 currency, always in whole minor units."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError("money takes a Decimal")
        if len(self.currency) != 3 or not self.currency.isalpha() or not self.currency.isupper():
            raise ValueError(f"not an ISO 4217 code: {self.currency!r}")
        exact = rounded(self.amount, self.currency)
        if exact != self.amount:
            raise ValueError(f"{self.amount} is finer than {self.currency} allows; round it first")
        object.__setattr__(self, "amount", exact)

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __bool__(self) -> bool:
        return bool(self.amount)

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} don't mix")
        return other.amount


def money(amount: Decimal | int | str, currency: str) -> Money:
    """Money from any exact number, rounded half up to the currency's minor unit."""
    return Money(rounded(Decimal(amount), currency), currency)


def zero(currency: str) -> Money:
    return Money(Decimal(0), currency)


def total(parts: Sequence[Money], currency: str) -> Money:
    return Money(sum((part.amount for part in parts), Decimal(0)), currency)


def shares(whole: Money, weights: Sequence[Decimal]) -> tuple[Money, ...]:
    """Splits `whole` in proportion to `weights` by largest remainder: the parts add up exactly (domain §3.3)."""
    if not weights:
        return ()
    if any(weight < 0 for weight in weights):
        raise ValueError("weights can't be negative")
    weight_sum = sum(weights, Decimal(0))
    even = weight_sum == 0
    step = quantum(whole.currency)
    sign = -1 if whole.amount < 0 else 1
    units = int(abs(whole.amount) / step)
    with localcontext() as context:
        context.prec = 60
        exact = [Decimal(units) / len(weights) if even else Decimal(units) * w / weight_sum for w in weights]
    floors = [int(part) for part in exact]
    by_remainder = sorted(range(len(weights)), key=lambda i: (floors[i] - exact[i], i))
    for i in by_remainder[: units - sum(floors)]:
        floors[i] += 1
    return tuple(Money(sign * part * step, whole.currency) for part in floors)


def quantity(value: Decimal | int | str) -> Decimal:
    """A quantity in its unit, exact to a thousandth, without trailing zeros; ValueError if finer, not finite, or of
    more than fifteen digits before the point."""
    number = Decimal(value)
    if not number.is_finite() or abs(number) >= _QUANTITY_BOUND:
        raise ValueError("a quantity is a finite number")
    exact = number.quantize(_QUANTITY_STEP, ROUND_HALF_UP)
    if exact != number:
        raise ValueError("a quantity has at most three digits after the point")
    normal = exact.normalize()
    return normal if normal.as_tuple().exponent <= 0 else normal.quantize(Decimal(1))  # type: ignore[operator]
