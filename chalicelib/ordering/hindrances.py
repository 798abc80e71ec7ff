"""Several reasons why something cannot be done, told at once: nobody should mend one to meet the next. Pure rules."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from chalicelib.kernel.errors import Complaint, Refused
from chalicelib.network.segments import DealerGroup
from chalicelib.ordering.holding import Short
from chalicelib.stock.showing import Amount, Shown, is_exact


def all_at_once(*refusals: Refused | None) -> Refused | None:
    """One refusal that names everything: the only one as it is, several as "order_hindered" with every complaint."""
    reasons = [refusal for refusal in refusals if refusal is not None]
    if len(reasons) < 2:
        return next(iter(reasons), None)
    complaints = tuple(complaint for reason in reasons for complaint in _complaints(reason))
    return Refused("order_hindered", complaints, count=len(complaints))


def told_short(short: Sequence[Short], group: DealerGroup | None, *, alone: bool) -> Sequence[Short]:
    """What a dealer of the group is told to be short (domain §4.2). To whom stock is words only, what does not follow
    from the word is told where nothing else is in the way, and it is `alone` in that: else a refused order, of which
    nobody hears, would tell quantities (docs/adr/0026)."""
    if group is None or is_exact(group):
        return short
    follows = [one for one in short if one.available <= 0 or one.available <= group.few_at < one.wanted]
    return follows if follows or not alone else short


def shortage(told: Shown, *, article: str, name: str, wanted: Decimal, unit: str) -> Complaint:
    """A line of which there is too little, with what the reader may be told there is."""
    params = {"article": article, "name": name, "wanted": wanted, "unit": unit}
    if isinstance(told, Amount):
        return Complaint(code=f"short_line_{told}", params=params)
    return Complaint(code="short_line", params={**params, "available": told})


def _complaints(refusal: Refused) -> tuple[Complaint, ...]:
    return refusal.complaints or (Complaint(code=refusal.code, params=refusal.params),)
