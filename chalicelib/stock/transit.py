"""What people note of a SKU's stock beside what the ERP tells: goods on their way, its own safety stock. Pure rules.

An arrival stays until a person, or the next whole file of arrivals, says that it has come or was called off: when the
ERP raises what is on hand, nothing says that it was by this arrival. One whose day has passed is promised to nobody.

To orders an arrival is one more place of the SKU (docs/adr/0026): `place_of` names it beside the warehouses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from chalicelib.kernel.errors import Complaint
from chalicelib.kernel.money import quantity as exact_quantity
from chalicelib.tenancy.company import Checks

ParseNumber = Callable[[str], Decimal]
MOST_ARRIVALS = 50
"""Of one SKU: they stand in its row, which is read whole."""
MAX_QUANTITY = Decimal(10) ** 9
MAX_NOTE = 120
_MAX_SAFETY = 1_000_000
_PLACE = "in transit "  # no ERP calls a warehouse so


def place_of(arrival_id: str) -> str:
    """The arrival's name among the SKU's places."""
    return _PLACE + arrival_id


def is_arrival(place: str) -> bool:
    """Whether the place is an arrival and no warehouse."""
    return place.startswith(_PLACE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Goods that are still to come to a warehouse on a day, in the SKU's unit. `note` = what says so, e.g. a document;
    `listed` = the quantity that the last file said, None where people have typed another one since, or no file did.
    `came_at` = when somebody said that it has come."""

    id: str
    warehouse: str
    quantity: Decimal
    due: date
    note: str = ""
    listed: Decimal | None = None
    came_at: datetime | None = None

    @property
    def place(self) -> str:
        return place_of(self.id)

    def is_overdue(self, today: date) -> bool:
        return self.due < today


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """What people have noted of a SKU. `came` = arrivals that have come, while orders that have a promise of them wait
    for the ERP to tell of the goods: its next word of the warehouse settles it. `safety` = what is never promised of it
    in each warehouse, None: as much as the tenant's settings say; `edition` counts changes."""

    arrivals: tuple[Arrival, ...] = ()  # the first to come first
    came: tuple[Arrival, ...] = ()
    safety: Decimal | None = None
    edition: int = 0

    def expecting(self, arrivals: Iterable[Arrival]) -> ByHand:
        """With these and no other arrivals; what is expected again has not come."""
        expected = tuple(sorted(arrivals, key=lambda one: (one.due, one.warehouse, one.id)))
        ids = {one.id for one in expected}
        return replace(self, arrivals=expected, came=tuple(one for one in self.came if one.id not in ids))

    def left(self, counted: Mapping[str, Decimal]) -> ByHand:
        """With what is still to come by the arrivals' counters, by place: the ERP has told of the rest since."""
        if not self.arrivals:
            return self
        quantities = {place: max(Decimal(0), quantity) for place, quantity in counted.items()}
        arrivals = (replace(one, quantity=quantities.get(one.place, one.quantity)) for one in self.arrivals)
        return replace(self, arrivals=tuple(arrivals))

    def received(self, arrival: Arrival, now: datetime) -> ByHand:
        """It has come, as somebody says now."""
        left = self.expecting(one for one in self.arrivals if one.id != arrival.id)
        return replace(left, came=(*self.came, replace(arrival, came_at=now)))

    def arrival(self, arrival_id: str) -> Arrival | None:
        return next((one for one in self.arrivals if one.id == arrival_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """How much comes next, and when."""

    quantity: Decimal
    due: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """How much of a SKU is on order for an order of this number: to be made or brought, and by when."""

    number: str
    quantity: Decimal
    due: date


def coming(arrivals: Iterable[Arrival], today: date, among: Sequence[str] = ()) -> tuple[Coming, ...]:
    """What will come to the given warehouses (all if empty), by day, the first one first; nothing that is overdue."""
    days: dict[date, Decimal] = {}
    for one in arrivals:
        if one.quantity and not one.is_overdue(today) and (not among or one.warehouse in among):
            days[one.due] = days.get(one.due, Decimal(0)) + one.quantity
    return tuple(Coming(quantity=quantity, due=due) for due, quantity in sorted(days.items()))


def arrival_from_form(
    checks: Checks, parse: ParseNumber, places: Sequence[str], arrival_id: str, today: date
) -> Arrival:
    """An arrival of the fields `warehouse quantity due note`."""
    arrival = Arrival(
        id=arrival_id,
        warehouse=checks.choice("warehouse", tuple(places)),
        quantity=checks.parsed(
            "quantity", lambda text: expected_quantity(parse(text)), Decimal(1), code="arrival_quantity"
        ),
        due=checks.parsed("due", date.fromisoformat, today, code="not_a_date"),
        note=checks.text("note", limit=MAX_NOTE),
    )
    if arrival.is_overdue(today):
        checks.wrong["due"] = Complaint(code="day_passed")
    return arrival


def expected_quantity(number: Decimal) -> Decimal:
    """A quantity that may be on its way; ValueError for none, too much, or finer than a thousandth."""
    if not 0 < number <= MAX_QUANTITY:
        raise ValueError("out of bounds")
    return exact_quantity(number)


def safety_from_form(checks: Checks, parse: ParseNumber) -> Decimal | None:
    """The field `safety`; None where it is empty."""

    def kept(text: str) -> Decimal | None:
        number = parse(text) if text else None
        if number is not None and not 0 <= number <= _MAX_SAFETY:
            raise ValueError("out of bounds")
        return number if number is None else exact_quantity(number)

    return checks.parsed("safety", kept, None, code="number_between", low=0, high=_MAX_SAFETY)
