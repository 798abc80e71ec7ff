"""What all rules over goods have in common: what they are about, and that of one subject there is one. Pure rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, Self, TypeVar

UNDONE_WITHIN = timedelta(days=1)


class What(StrEnum):
    """What a rule is about, the weakest first."""

    EVERYTHING = "everything"
    CATEGORY = "category"
    BRAND = "brand"
    PRODUCT = "product"


_WHAT = tuple(What)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """A rule about some goods. `key` = the ERP's id of a category or product, a brand's name, empty for everything;
    `name` is what `key` was called when the rule was made."""

    id: str
    what: What
    key: str = ""
    name: str = ""

    @property
    def subject(self) -> tuple[str, ...]:
        """What only one rule may decide."""
        return (self.what, self.key)

    def closeness(self, depth: Callable[[str], int]) -> tuple[int, int]:
        """Orders rules by how near to a single product they are, the widest first; `depth` of a category, by its id,
        in the tree."""
        return _WHAT.index(self.what), depth(self.key) if self.what is What.CATEGORY else 0


R = TypeVar("R", bound=About)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet(Generic[R]):
    """All rules of a tenant of one kind; `removed` = the one that the last change took away, if it did, and when."""

    rules: tuple[R, ...] = ()
    removed: R | None = None
    removed_at: datetime | None = None  # None also for what was removed before moments were kept
    version: int = 0  # filled from the stored row

    def rule(self, rule_id: str) -> R | None:
        return next((one for one in self.rules if one.id == rule_id), None)

    def having(self, rule: R) -> Self:
        """With this rule, in place of the one of the same subject."""
        others = (one for one in self.rules if one.subject != rule.subject and one.id != rule.id)
        rules = tuple(sorted((*others, rule), key=lambda one: one.subject))
        return replace(self, rules=rules, removed=None, removed_at=None)

    def without(self, rule_id: str, now: datetime) -> Self:
        others = tuple(one for one in self.rules if one.id != rule_id)
        return replace(self, rules=others, removed=self.rule(rule_id), removed_at=now)

    def undoable(self, now: datetime) -> R | None:
        """What was removed, as long as it is offered to put it back: for `UNDONE_WITHIN`."""
        return self.removed if self.removed_at and now - self.removed_at < UNDONE_WITHIN else None
