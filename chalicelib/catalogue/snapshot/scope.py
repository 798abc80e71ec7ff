"""What of a snapshot is seen under some rules (`catalogue.visibility`): the weakest first, each overrides."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.catalogue.snapshot.index import Index
from chalicelib.catalogue.visibility import Rule, What


def seen_under(index: Index, rules: Sequence[Rule]) -> int:
    """The set of places that are seen. What a rule names and the snapshot does not have changes nothing."""

    def depth(category_id: str) -> int:
        branch = index.branch.get(category_id)
        return branch.category.depth if branch else 0

    seen = index.everything
    for rule in sorted(rules, key=lambda one: one.strength(depth)):
        named = _named(index, rule)
        seen = seen | named if rule.shown else seen & ~named
    return seen


def _named(index: Index, rule: Rule) -> int:
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
