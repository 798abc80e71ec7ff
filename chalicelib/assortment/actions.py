"""Who sees which products: rules made, changed, removed, and what comes of them for each dealer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.catalogue.store import assortment_put, current_catalogue, load_assortment
from chalicelib.catalogue.visibility import Assortment, Rule, What, Whom
from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import Complaint, Refused, found
from chalicelib.kernel.ids import new_id, stable_id
from chalicelib.network.model import Party
from chalicelib.network.segments import Segments
from chalicelib.network.store import dealers, load_segments
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Put, audit
from chalicelib.tenancy.company import Checks

MOST_RULES = 200
"""Every page of a dealer's reads them all."""


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

        def depth(category_id: str) -> int:
            return len(self.catalogue.category_path(category_id)) if self.catalogue else 0

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


def add_rule(db: TenantSession, actor: Actor, typed: Mapping[str, str], key: str, now: datetime) -> None:
    """A new rule, in place of one that there is for the same subject; the same `key` again makes none.

    The fields are `whom` (`everyone`, or `region:<id>`, `group:<id>`, `dealer:<id>`), `what`, then `category`, `brand`
    or an article in `product`, and `shown` (`yes` or `no`). Invalid names every wrong one.
    """
    made = stable_id("assortment", key)
    if load_assortment(db, consistent=True).rule(made) is None:
        _save(db, actor, _rule(look(db, now), typed, made, None), None, now)


def change_rule(
    db: TenantSession, actor: Actor, rule_id: str, typed: Mapping[str, str], seen: int, now: datetime
) -> None:
    """`seen` = the version of the rules that the person changes. Refused("assortment_changed") for an older one."""
    desk = look(db, now)
    _save(db, actor, _rule(desk, typed, rule_id, found(desk.assortment.rule(rule_id))), seen, now)


def remove_rule(db: TenantSession, actor: Actor, rule_id: str, now: datetime) -> None:
    """NotFound if there is none, also the second time."""
    found(load_assortment(db, consistent=True).rule(rule_id))

    def act() -> None:
        assortment = load_assortment(db, consistent=True)
        rule = assortment.rule(rule_id)
        if rule is not None:
            done = _audit(db, actor, "assortment_rule_removed", rule, now)
            db.commit([assortment_put(db.tenant_id, assortment.without(rule_id)), done])

    until_committed(act)


def _save(db: TenantSession, actor: Actor, rule: Rule, seen: int | None, now: datetime) -> None:
    def act() -> None:
        before = load_assortment(db, consistent=True)
        after = before.having(rule)
        if len(after.rules) > MOST_RULES:
            raise Refused("assortment_full", limit=MOST_RULES)
        if after != before:
            if seen not in (None, before.version):
                raise Refused("assortment_changed")
            done = _audit(db, actor, "assortment_rule_saved", rule, now)
            db.commit([assortment_put(db.tenant_id, after), done])

    until_committed(act)


def _rule(desk: Desk, typed: Mapping[str, str], rule_id: str, before: Rule | None) -> Rule:
    checks = Checks(typed)
    whom, whom_id = _whom(desk, checks)
    what = checks.parsed("what", What, What.EVERYTHING, code="choose")
    key, name = _subject(desk, checks, what, before)
    shown = checks.choice("shown", ("yes", "no")) == "yes"
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


def _subject(desk: Desk, checks: Checks, what: What, before: Rule | None) -> tuple[str, str]:
    """Key and name of what a rule is about. What it was about may stay though the catalogue no longer has it."""
    if what is What.EVERYTHING:
        return "", ""
    text = checks.text(what, limit=200, required=True)
    if before is not None and before.what is what and text in (before.key, before.name):
        return before.key, before.name
    named = _looked_up(desk.catalogue, what, text) if desk.catalogue else None
    if named is None and what not in checks.wrong:
        checks.wrong[what] = Complaint(code=f"assortment_no_{what}", params={"text": text})
    return named or ("", "")


def _looked_up(catalogue: Catalogue, what: What, text: str) -> tuple[str, str] | None:
    if what is What.CATEGORY:
        path = catalogue.category_path(text)
        return (text, " / ".join(one.name for one in path)) if path else None
    if what is What.BRAND:
        return (text, text) if text in catalogue.brands() else None
    items = catalogue.skus(catalogue.by_article([text])[0].skus).values()
    ids = {item.product_id for item in items}
    return (ids.pop(), text) if len(ids) == 1 else None


def _audit(db: TenantSession, actor: Actor, action: str, rule: Rule, now: datetime) -> Put:
    decision = "shown" if rule.shown else "hidden"
    return audit(
        db.tenant_id,
        "assortment",
        action=action,
        actor_id=actor.user_id,
        at=now,
        entry_id=new_id(now),
        detail={"whom": whom_value(rule.whom, rule.whom_id), "what": rule.what, "key": rule.key, "decision": decision},
    )
