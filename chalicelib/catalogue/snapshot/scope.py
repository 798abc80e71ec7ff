"""What of a snapshot some rules are about: the weakest first, each overrides."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.catalogue.on_order import OnOrderRule
from chalicelib.catalogue.rules import About, What
from chalicelib.catalogue.snapshot.index import Index
from chalicelib.catalogue.visibility import Rule


def seen_under(index: Index, rules: Sequence[Rule]) -> int:
    """The set of places that are seen (`catalogue.visibility`). What a rule names and the snapshot does not have
    changes nothing."""
    seen = index.everything
    for rule in sorted(rules, key=lambda one: one.strength(index.depth)):
        about = named(index, rule)
        seen = seen | about if rule.shown else seen & ~about
    return seen


def on_order_under(index: Index, rules: Sequence[OnOrderRule]) -> dict[int, int]:
    """The sets of places that are on order (`catalogue.on_order`) by the days that they take, none in two of them."""
    found: dict[int, int] = {}
    for rule in sorted(rules, key=lambda one: one.strength(index.depth)):
        about = named(index, rule)
        found = {days: places & ~about for days, places in found.items()}
        if rule.days is not None:
            found[rule.days] = found.get(rule.days, 0) | about
    return {days: places for days, places in found.items() if places}


def named(index: Index, rule: About) -> int:
    """The set of places that a rule is about."""
    if rule.what is What.EVERYTHING:
        return index.everything
    if rule.what is What.CATEGORY:
        branch = index.branch.get(rule.key)
        return index.shelf(branch.no) if branch else 0
    if rule.what is What.BRAND:
        return index.value(index.brand, rule.key)
    numbers = index.rows(
        "SELECT i.sku_no FROM card c JOIN sku k ON k.card_no = c.no JOIN item i ON i.sku_no = k.no WHERE c.id = ?",
        (rule.key,),
    )
    return index.of_numbers([no for (no,) in numbers])
