"""The tenant's own price lists: their heads, the versions of their rows, and which holds when. Pure rules.

A version's rows are an immutable file. Which version is in force is not switched by anybody: it follows from the
moments in the head (`activations`), so that all readers see the change at the same instant, a later one needs no job,
and going back is one more activation of an earlier version.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from chalicelib.kernel.errors import Refused
from chalicelib.pricing.derived import Formula

KEPT_VERSIONS = 10
"""The newest ones of a list, beside those that are in force, were so before, or will be."""
JUST_BEFORE = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """One price: `amount` for `coefficient` base units, from `min_quantity` base units on; `unit` empty = the SKU's
    own. Of one SKU and unit every minimum occurs once."""

    sku: str
    amount: Decimal
    unit: str = ""
    coefficient: Decimal = Decimal(1)
    min_quantity: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListVersion:
    """Rows as they were once uploaded: the file `key` in S3, found to be whole by its `sha256`."""

    number: int
    key: str
    sha256: str
    rows: int
    made: datetime
    made_by: str  # the person's name
    made_of: str = ""  # the key of the change that made it


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """From the moment `since` on the version `number` is in force, until the next activation's."""

    number: int
    since: datetime
    decided: datetime
    decided_by: str  # the person's name


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnList:
    """A list that is uploaded or typed (it has versions) or derived from another one (it has a formula, and its
    currency and mode of VAT are the base's).

    `exclusive`: if it has any price of a SKU, lists behind it in a chain are not asked. `fixed`: no discount is given
    on its prices. `since` and `until`: its first and last day in the tenant's time zone, None = without bound.
    """

    id: str
    name: str
    currency: str = ""  # ISO 4217
    vat_included: bool = True
    exclusive: bool = False
    fixed: bool = False
    since: date | None = None
    until: date | None = None
    formula: Formula | None = None
    versions: tuple[ListVersion, ...] = ()  # the oldest first
    activations: tuple[Activation, ...] = ()  # in the order they were decided in

    def holds_on(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)

    def activation_at(self, now: datetime) -> Activation | None:
        """The one that holds; None before the first. Of two for the same moment the later word counts."""
        begun = [(one.since, place) for place, one in enumerate(self.activations) if one.since <= now]
        return self.activations[max(begun)[1]] if begun else None

    def planned(self, now: datetime) -> tuple[Activation, ...]:
        """Those that are still to come, the next one first."""
        return tuple(sorted((one for one in self.activations if one.since > now), key=lambda one: one.since))

    def version_at(self, now: datetime) -> ListVersion | None:
        """The version in force; None before the first activation."""
        activation = self.activation_at(now)
        return None if activation is None else self.version(activation.number)

    def version(self, number: int) -> ListVersion:
        """Refused("no_such_version") for one that is no longer kept."""
        for one in self.versions:
            if one.number == number:
                return one
        raise Refused("no_such_version", list=self.name, number=number)

    @property
    def is_sound(self) -> bool:
        """Whether its days are in order, and it has either a currency or a base."""
        in_order = self.since is None or self.until is None or self.since <= self.until
        return in_order and bool(self.currency) != bool(self.formula) and (not self.formula or self.formula.is_sound)


def with_version(own: OwnList, made: ListVersion) -> OwnList:
    """The list with one more version, numbered after its last one; it is not in force before it is activated. Versions
    that are neither among the newest nor in force nor to come are dropped, but not the one before that in force: what
    prices were is told by it (ADR 24)."""
    numbered = replace(made, number=max((one.number for one in own.versions), default=0) + 1)
    versions = (*own.versions, numbered)
    current = own.activation_at(made.made)
    in_force = [current, own.activation_at(current.since - JUST_BEFORE)] if current else []
    needed = {one.number for one in own.activations if one.since > made.made}
    needed |= {one.number for one in versions[-KEPT_VERSIONS:]} | {one.number for one in in_force if one}
    return replace(
        own,
        versions=tuple(one for one in versions if one.number in needed),
        activations=tuple(one for one in own.activations if one.number in needed),
    )


def activated(own: OwnList, number: int, *, since: datetime, by: str, now: datetime) -> OwnList:
    """The list with a version in force from a moment on. An earlier one's number goes back to it. Refused for a version
    that is not kept ("no_such_version") and for a moment that has passed ("moment_passed")."""
    own.version(number)
    if since < now:
        raise Refused("moment_passed", list=own.name)
    decided = Activation(number=number, since=since, decided=now, decided_by=by)
    return replace(own, activations=(*own.activations, decided))


def called_off(own: OwnList, now: datetime) -> OwnList:
    """The list without the activations that are still to come."""
    return replace(own, activations=tuple(one for one in own.activations if one.since <= now))
