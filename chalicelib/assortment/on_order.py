"""Which goods are on order, and in how many days they are there: rules made, changed and removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from chalicelib.assortment.keeping import Book
from chalicelib.assortment.subjects import depth_in, subject_of
from chalicelib.catalogue.on_order import MOST_DAYS, OnOrder, OnOrderRule
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.catalogue.store import current_catalogue, load_on_order, on_order_put
from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import found
from chalicelib.kernel.ids import stable_id
from chalicelib.storage.session import TenantSession
from chalicelib.tenancy.company import Checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the pages of the rules show. `catalogue` None: before the first import."""

    on_order: OnOrder
    catalogue: Catalogue | None

    @property
    def ranked(self) -> list[OnOrderRule]:
        """The rules, the strongest first."""
        depth = depth_in(self.catalogue)
        return sorted(self.on_order.rules, key=lambda one: one.strength(depth), reverse=True)

    @property
    def count(self) -> int:
        """How many SKUs are on order."""
        return self.catalogue.narrowed((), self.on_order.rules).on_order_count if self.catalogue else 0


def look(db: TenantSession, now: datetime) -> Desk:
    return Desk(on_order=load_on_order(db, consistent=True), catalogue=current_catalogue(db, None, now))


def add_rule(db: TenantSession, actor: Actor, typed: Mapping[str, str], key: str, now: datetime) -> bool:
    """A new rule, in place of one that there is for the same subject: whether there was one. The same `key` again makes
    none.

    The fields are `what`, then `category`, `brand` or an article in `product`, and `decision` (`yes` with `days`, or
    `no`). Invalid names every wrong one.
    """
    made = stable_id("on_order", key)
    desk = look(db, now)
    if desk.on_order.rule(made) is not None:
        return False
    return BOOK.save(db, actor, _rule(desk, typed, made, None), None, now)


def change_rule(
    db: TenantSession, actor: Actor, rule_id: str, typed: Mapping[str, str], seen: int, now: datetime
) -> bool:
    """`seen` = the version of the rules that the person changes. Refused("assortment_changed") for an older one.
    Whether it now stands in place of another rule."""
    desk = look(db, now)
    return BOOK.save(db, actor, _rule(desk, typed, rule_id, found(desk.on_order.rule(rule_id))), seen, now)


def _rule(desk: Desk, typed: Mapping[str, str], rule_id: str, before: OnOrderRule | None) -> OnOrderRule:
    checks = Checks(typed)
    days = None
    if checks.choice("decision", ("yes", "no")) == "yes":
        days = checks.whole("days", 1, MOST_DAYS)
    what, key, name = subject_of(desk.catalogue, checks, before)
    checks.finish()
    return OnOrderRule(id=rule_id, what=what, key=key, name=name, days=days)


def _detail(rule: OnOrderRule) -> dict[str, str]:
    return {"days": "" if rule.days is None else str(rule.days)}


BOOK = Book(name="on_order", load=partial(load_on_order, consistent=True), put=on_order_put, detail=_detail)
