"""Who sees which products: rules made, changed, removed, and what comes of them for each dealer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from chalicelib.assortment.keeping import Book
from chalicelib.assortment.subjects import depth_in, subject_of
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.catalogue.store import assortment_put, current_catalogue, load_assortment
from chalicelib.catalogue.visibility import Assortment, Rule, Whom
from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import found
from chalicelib.kernel.ids import stable_id
from chalicelib.network.model import Party
from chalicelib.network.segments import Segments
from chalicelib.network.store import dealers, load_segments
from chalicelib.storage.session import TenantSession
from chalicelib.tenancy.company import Checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the pages of rules show. `catalogue` None: before the first import."""

    assortment: Assortment
    segments: Segments
    dealers: tuple[Party, ...]
    catalogue: Catalogue | None

    @property
    def ranked(self) -> list[Rule]:
        """The rules, the strongest first."""
        depth = depth_in(self.catalogue)
        return sorted(self.assortment.rules, key=lambda one: one.strength(depth), reverse=True)

    def seen_by(self, party: Party) -> int:
        """How many SKUs a dealer sees."""
        return len(self.catalogue.narrowed(self.assortment.of(party))) if self.catalogue else 0

    def name_of(self, rule: Rule) -> str | None:
        """What the region, group or dealer is called that a rule is for; None for everyone, and if it is gone."""
        named = next((one.name for one in self.dealers if one.id == rule.whom_id), None)
        return named or self.segments.name_of(rule.whom_id)


def look(db: TenantSession, now: datetime) -> Desk:
    return Desk(
        assortment=load_assortment(db, consistent=True),
        segments=load_segments(db),
        dealers=tuple(dealers(db)),
        catalogue=current_catalogue(db, None, now),
    )


def add_rule(db: TenantSession, actor: Actor, typed: Mapping[str, str], key: str, now: datetime) -> bool:
    """A new rule, in place of one that there is for the same subject: whether there was one. The same `key` again makes
    none.

    The fields are `whom` (`everyone`, or `region:<id>`, `group:<id>`, `dealer:<id>`), `what`, then `category`, `brand`
    or an article in `product`, and `shown` (`yes` or `no`). Invalid names every wrong one.
    """
    made = stable_id("assortment", key)
    if load_assortment(db, consistent=True).rule(made) is not None:
        return False
    return BOOK.save(db, actor, _rule(look(db, now), typed, made, None), None, now)


def change_rule(
    db: TenantSession, actor: Actor, rule_id: str, typed: Mapping[str, str], seen: int, now: datetime
) -> bool:
    """`seen` = the version of the rules that the person changes. Refused("assortment_changed") for an older one.
    Whether it now stands in place of another rule."""
    desk = look(db, now)
    return BOOK.save(db, actor, _rule(desk, typed, rule_id, found(desk.assortment.rule(rule_id))), seen, now)


def _rule(desk: Desk, typed: Mapping[str, str], rule_id: str, before: Rule | None) -> Rule:
    checks = Checks(typed)
    whom, whom_id = _whom(desk, checks)
    shown = checks.choice("shown", ("yes", "no")) == "yes"
    what, key, name = subject_of(desk.catalogue, checks, before)
    checks.finish()
    return Rule(id=rule_id, whom=whom, whom_id=whom_id, what=what, key=key, name=name, shown=shown)


def _whom(desk: Desk, checks: Checks) -> tuple[Whom, str]:
    options = [
        (Whom.EVERYONE, ""),
        *((Whom.REGION, one.id) for one in desk.segments.regions),
        *((Whom.GROUP, one.id) for one in desk.segments.groups),
        *((Whom.DEALER, one.id) for one in desk.dealers),
    ]
    known = {whom_value(whom, whom_id): (whom, whom_id) for whom, whom_id in options}
    chosen = checks.choice("whom", tuple(known))
    return known.get(chosen, (Whom.EVERYONE, ""))


def whom_value(whom: Whom, whom_id: str) -> str:
    """What the form's field says for a region, group or dealer."""
    return f"{whom}:{whom_id}" if whom_id else str(whom)


def _detail(rule: Rule) -> dict[str, str]:
    return {"whom": whom_value(rule.whom, rule.whom_id), "decision": "shown" if rule.shown else "hidden"}


BOOK = Book(name="assortment", load=partial(load_assortment, consistent=True), put=assortment_put, detail=_detail)
