"""Which products a dealer sees: rules that show or hide, for everyone, a region, a group or one dealer. Pure rules.

Without any rule everything is seen. A rule names whom it is for and what it shows or hides: everything, a category with
those below it, a brand, or a product with its variants. For one product and one dealer the strongest rule that fits
both decides, by the first of these in which two rules differ:

1. a rule for the product itself beats any other;
2. one for the dealer beats one for its group, that one for its region, that one for everyone (as prices are resolved,
   domain §3.4);
3. a brand beats a category, a category beats everything;
4. of two categories the lower one beats the higher;
5. where a product is in two categories of the same depth, what hides beats what shows.

So "hide everything" for a group and "show windows" for the same group leaves it the windows, and a product that is
hidden from everyone stays hidden from a dealer who is shown its category, unless the dealer is shown the product.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.catalogue.rules import About, RuleSet, What
from chalicelib.network.model import Party


class Whom(StrEnum):
    """Whom a rule is for, the weakest first."""

    EVERYONE = "everyone"
    REGION = "region"
    GROUP = "group"
    DEALER = "dealer"


_WHOM = tuple(Whom)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(About):
    """`whom_id` = the region's, group's or dealer's id, empty for everyone."""

    whom: Whom
    whom_id: str = ""
    shown: bool

    @property
    def subject(self) -> tuple[str, ...]:
        return (self.whom, self.whom_id, self.what, self.key)

    def concerns(self, party: Party) -> bool:
        ids = {Whom.EVERYONE: "", Whom.REGION: party.region_id, Whom.GROUP: party.group_id, Whom.DEALER: party.id}
        return self.whom_id == ids[self.whom]

    def strength(self, depth: Callable[[str], int]) -> tuple[bool, int, tuple[int, int], bool]:
        """Orders rules as above, the weakest first; `depth` of a category, by its id, in the tree."""
        return self.what is What.PRODUCT, _WHOM.index(self.whom), self.closeness(depth), not self.shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Assortment(RuleSet[Rule]):
    """All rules of a tenant of who sees what."""

    rules: tuple[Rule, ...] = ()
    removed: Rule | None = None

    def of(self, party: Party) -> tuple[Rule, ...]:
        """The rules that concern a dealer: dealers with the same ones see the same."""
        return tuple(one for one in self.rules if one.concerns(party))


def decisive(rules: Sequence[Rule], depth: Callable[[str], int]) -> Rule | None:
    """Of rules that all fit one product and one dealer, the one that decides; None: the product is seen."""
    return max(rules, key=lambda one: one.strength(depth), default=None)
