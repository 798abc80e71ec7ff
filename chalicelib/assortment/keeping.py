"""Keeping a tenant's rules of one kind: made, changed, removed, put back; once, audited, with an optimistic lock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from chalicelib.catalogue.rules import About, RuleSet
from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import Refused, found
from chalicelib.kernel.ids import new_id
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Put, audit

MOST_RULES = 200
"""Every page of a dealer's reads them all."""

S = TypeVar("S", bound=RuleSet[Any])
R = TypeVar("R", bound=About)


@dataclass(frozen=True, slots=True, kw_only=True)
class Book(Generic[S, R]):
    """Where rules are kept: `load` reads them as they are, `put` writes them over the version that was read. `name` is
    their audit trail's, `detail` what that says of a rule."""

    name: str
    load: Callable[[TenantSession], S]
    put: Callable[[str, S], Put]
    detail: Callable[[R], Mapping[str, str]]

    def save(self, db: TenantSession, actor: Actor, rule: R, seen: int | None, now: datetime) -> bool:
        """`seen` = the version of the rules that the person changes, None for a new rule. Refused("assortment_changed")
        for an older one, Refused("assortment_full") for more than `MOST_RULES`. Whether the rule took the place of
        another one, of the same subject."""

        def act() -> bool:
            before = self.load(db)
            after = before.having(rule)
            if len(after.rules) > MOST_RULES:
                raise Refused("assortment_full", limit=MOST_RULES)
            if after.rules != before.rules:
                if seen not in (None, before.version):
                    raise Refused("assortment_changed")
                db.commit([self.put(db.tenant_id, after), self._audit(db, actor, "saved", rule, now)])
            return any(one.subject == rule.subject and one.id != rule.id for one in before.rules)

        return until_committed(act)

    def remove(self, db: TenantSession, actor: Actor, rule_id: str, now: datetime) -> None:
        """NotFound if there is none, also the second time."""
        found(self.load(db).rule(rule_id))

        def act() -> None:
            rules = self.load(db)
            rule = rules.rule(rule_id)
            if rule is not None:
                done = self._audit(db, actor, "removed", rule, now)
                db.commit([self.put(db.tenant_id, rules.without(rule_id, now)), done])

        until_committed(act)

    def put_back(self, db: TenantSession, actor: Actor, rule_id: str, seen: int, now: datetime) -> None:
        """The rule that the last change removed is there again; NotFound for any other. `seen` = the version of the
        rules without it, that the person changes: Refused("assortment_changed") for an older one."""

        def act() -> None:
            rules = self.load(db)
            if rules.rule(rule_id) is not None:
                return
            if seen < rules.version:
                raise Refused("assortment_changed")
            rule = found(rules.removed if rules.removed and rules.removed.id == rule_id else None)
            db.commit([self.put(db.tenant_id, rules.having(rule)), self._audit(db, actor, "put_back", rule, now)])

        until_committed(act)

    def _audit(self, db: TenantSession, actor: Actor, done: str, rule: R, now: datetime) -> Put:
        return audit(
            db.tenant_id,
            self.name,
            action=f"{self.name}_rule_{done}",
            actor_id=actor.user_id,
            at=now,
            entry_id=new_id(now),
            detail={"what": rule.what, "key": rule.key, **self.detail(rule)},
        )
