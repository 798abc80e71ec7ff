"""Fields with quantities: `q-<line>` as typed, beside it, unseen, `was-<line>` as the page had it."""

from __future__ import annotations

from decimal import Decimal

from chalicelib.http.request import Form
from chalicelib.kernel.errors import Complaint, Invalid
from chalicelib.ordering.quickorder import number_of

_TYPED, _WAS = "q-", "was-"


def field_of(line: str) -> str:
    return _TYPED + line


def typed_quantities(form: Form) -> dict[str, Decimal]:
    """Quantities by what the fields stand for, an empty field as zero; Invalid names each that is no number."""
    out, wrong = {}, {}
    for name, value in form.plain().items():
        if name.startswith(_TYPED):
            number = number_of(value) if value else Decimal(0)
            if number is None or number < 0:
                wrong[name] = Complaint(code="not_a_number")
            else:
                out[name.removeprefix(_TYPED)] = number
    if wrong:
        raise Invalid(fields=wrong)
    return out


def retyped(form: Form) -> dict[str, Decimal]:
    """Those that are not as the page had them: whoever typed them has not seen yet what they come to."""
    return {
        line: number
        for line, number in typed_quantities(form).items()
        if (was := form.text(_WAS + line)) and number_of(was) != number
    }
