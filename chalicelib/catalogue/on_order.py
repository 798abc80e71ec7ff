"""Which goods are on order: made or brought once somebody wants them, so that they may be ordered though there are
none (docs/adr/0027). Pure rules.

Without any rule nothing is. A rule names everything, a category with those below it, a brand, or a product with its
variants, and says in how many days such goods are there, or that they are not on order. For one product the most
specific rule that fits decides, by the first of these in which two differ:

1. a product beats a brand, a brand beats a category, a category beats everything;
2. of two categories the lower one beats the higher;
3. where a product is in two categories of the same depth, "not on order" beats any term, and a longer term a shorter
   one: nobody is promised too much.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chalicelib.catalogue.rules import About, RuleSet

MOST_DAYS = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class OnOrderRule(About):
    """`days` = calendar days from the order until the goods are there; None: they are not on order."""

    days: int | None = None

    def strength(self, depth: Callable[[str], int]) -> tuple[tuple[int, int], bool, int]:
        """Orders rules as above, the weakest first."""
        return self.closeness(depth), self.days is None, self.days or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OnOrder(RuleSet[OnOrderRule]):
    """All rules of a tenant of what is on order."""

    rules: tuple[OnOrderRule, ...] = ()
    removed: OnOrderRule | None = None


def decisive(rules: Sequence[OnOrderRule], depth: Callable[[str], int]) -> OnOrderRule | None:
    """Of rules that all fit one product, the one that decides; None: it is not on order."""
    return max(rules, key=lambda one: one.strength(depth), default=None)
