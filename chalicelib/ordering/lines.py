"""An order's lines: what they cost, and how an edit changes them. Pure rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from chalicelib.kernel.errors import Complaint, Invalid
from chalicelib.kernel.money import money, rounded, shares
from chalicelib.kernel.vat import vat_of
from chalicelib.ordering.model import LineStatus, OrderLine
from chalicelib.ordering.quickorder import quantity_problem
from chalicelib.tenancy.model import RoundingBase

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How an order's lines are summed up: where VAT is rounded, and whether prices contain it (domain §3.2).

    `standard_vat` = the rate in percent of a line for which nobody names one; None = without VAT.
    """

    currency: str
    vat_included: bool
    base: RoundingBase
    standard_vat: Decimal | None = None


def summed(
    lines: Sequence[OrderLine], terms: Terms, told: Mapping[str, Decimal] | None = None
) -> tuple[OrderLine, ...]:
    """The lines with `net`, `vat` and `gross` from their price and quantity; each of them adds up to the order's.

    By units the VAT in a unit's price is rounded and taken as many times as there are units; by rows each line's is;
    by total the VAT of all lines of a rate is, and then shared among them.
    `told` = what lines cost by id where somebody else has worked it out, in the price's mode of VAT.
    """
    known = told or {}
    amounts = [rounded(known.get(line.id, line.price * line.quantity), terms.currency) for line in lines]
    taxes = [_ZERO] * len(lines)
    for rate in {line.vat_rate for line in lines}:
        mine = [i for i, line in enumerate(lines) if line.vat_rate == rate]
        if rate and terms.base is RoundingBase.TOTAL:
            whole = money(_tax(sum((amounts[i] for i in mine), _ZERO), rate, terms), terms.currency)
            for i, share in zip(mine, shares(whole, [amounts[i] for i in mine]), strict=True):
                taxes[i] = share.amount
        elif rate:
            for i in mine:
                taxes[i] = _line_tax(lines[i], amounts[i], rate, terms)
    return tuple(
        replace(
            line,
            net=amount - tax if terms.vat_included else amount,
            vat=tax,
            gross=amount if terms.vat_included else amount + tax,
        )
        for line, amount, tax in zip(lines, amounts, taxes, strict=True)
    )


def _line_tax(line: OrderLine, amount: Decimal, rate: Decimal, terms: Terms) -> Decimal:
    if terms.base is RoundingBase.ROW or not line.quantity:
        return _tax(amount, rate, terms)
    is_by_price = amount == rounded(line.price * line.quantity, terms.currency)
    unit = line.price if is_by_price else amount / line.quantity
    return rounded(_tax(unit, rate, terms) * line.quantity, terms.currency)


def _tax(amount: Decimal, rate: Decimal, terms: Terms) -> Decimal:
    return vat_of(amount, rate, terms.currency, included=terms.vat_included)


def edited(
    lines: Sequence[OrderLine], quantities: Mapping[str, Decimal], added: Sequence[OrderLine], terms: Terms
) -> tuple[OrderLine, ...]:
    """Other quantities by line id (zero cancels a line; ids that are no lines are passed over) and added lines.

    An added SKU that the order has already raises that line, at the added line's price: it must be that of the whole
    quantity (`held_by` + what is added). `id` of added lines is given here.
    Invalid names each wrong quantity at `q-<line id>`.
    """
    wrong = {}
    out = []
    for line in lines:
        quantity = quantities.get(line.id, line.quantity)
        problem = None if quantity == 0 else quantity_problem(quantity, line.unit_code)
        if problem is not None:
            wrong[f"q-{line.id}"] = Complaint(code=f"quantity_{problem}", params={"article": line.article})
        out.append(_at(line, quantity))
    if wrong:
        raise Invalid(fields=wrong)
    for new in added:
        at = next((i for i, line in enumerate(out) if line.sku == new.sku), None)
        if at is None:
            out.append(replace(new, id=next_id(out)))
        else:
            out[at] = replace(new, id=out[at].id, quantity=out[at].quantity + new.quantity)
    return summed(out, terms)


def held_by(lines: Sequence[OrderLine], quantities: Mapping[str, Decimal], sku: str) -> Decimal:
    """The quantity, after an edit, of the line that an added SKU raises; 0 if it becomes a line of its own."""
    return next((quantities.get(line.id, line.quantity) for line in lines if line.sku == sku), _ZERO)


def _at(line: OrderLine, quantity: Decimal) -> OrderLine:
    if quantity == 0:
        return cancelled(line)
    status = line.status if line.is_live else LineStatus.ACCEPTED
    return replace(line, quantity=quantity, status=status)


def cancelled(line: OrderLine) -> OrderLine:
    """A line that is no more: its row stays, so that everybody sees that it was there."""
    return replace(line, quantity=_ZERO, net=_ZERO, vat=_ZERO, gross=_ZERO, status=LineStatus.CANCELLED)


def restored(lines: Sequence[OrderLine], agreed: Sequence[OrderLine]) -> tuple[OrderLine, ...]:
    """The agreed lines again; what was added since is cancelled."""
    ids = {line.id for line in agreed}
    return (*agreed, *(cancelled(line) for line in lines if line.id not in ids))


def next_id(lines: Sequence[OrderLine]) -> str:
    return str(max((int(line.id) for line in lines), default=0) + 1)


def same(before: Sequence[OrderLine], now: Sequence[OrderLine]) -> bool:
    return not difference(before, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChange:
    """A line that differs between two editions; `before` None = added, `after` None = removed."""

    line_id: str
    before: OrderLine | None
    after: OrderLine | None


def difference(before: Sequence[OrderLine], after: Sequence[OrderLine]) -> tuple[LineChange, ...]:
    """What somebody changed: quantities, prices, added and removed lines; a line's progress is no change."""
    old = {line.id: line for line in before if line.is_live}
    new = {line.id: line for line in after if line.is_live}
    changes = []
    for line_id in dict.fromkeys((*old, *new)):
        was, now = old.get(line_id), new.get(line_id)
        if was is None or now is None or _content(was) != _content(now):
            changes.append(LineChange(line_id=line_id, before=was, after=now))
    return tuple(changes)


def _content(line: OrderLine) -> tuple[object, ...]:
    return line.sku, line.quantity, line.price, line.gross


def arrived(lines: Sequence[OrderLine]) -> tuple[OrderLine, ...]:
    """The lines after what was on its way has arrived."""
    return tuple(
        replace(line, status=LineStatus.AT_DEALER) if line.status is LineStatus.IN_DELIVERY else line for line in lines
    )
