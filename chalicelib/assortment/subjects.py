"""What a rule is about, as its form has it: everything, a category, a brand, or a product by its article."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from chalicelib.catalogue.rules import About, What
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.kernel.errors import Complaint
from chalicelib.tenancy.company import Checks


def subject_of(catalogue: Catalogue | None, checks: Checks, before: About | None) -> tuple[What, str, str]:
    """What the fields `what` and `category`, `brand` or `product` name, its key and its name. What the rule was about
    may stay though the catalogue no longer has it."""
    what = checks.parsed("what", What, What.EVERYTHING, code="choose")
    return what, *_named(catalogue, checks, what, before)


def typed_subject(rule: About) -> dict[str, str]:
    """These fields, of a rule that there is."""
    return {"what": str(rule.what), str(rule.what): rule.name if rule.what is What.PRODUCT else rule.key}


def product_names(catalogue: Catalogue | None, rules: Iterable[About]) -> dict[str, str]:
    """What the products that rules are about are called today, by their key."""
    keys = [rule.key for rule in rules if rule.what is What.PRODUCT]
    return catalogue.product_names(keys) if catalogue and keys else {}


def depth_in(catalogue: Catalogue | None) -> Callable[[str], int]:
    """How deep a category is in the tree, by its id; without a catalogue all are alike."""
    return catalogue.depth if catalogue else lambda _: 0


def _named(catalogue: Catalogue | None, checks: Checks, what: What, before: About | None) -> tuple[str, str]:
    if what is What.EVERYTHING:
        return "", ""
    text = checks.text(what, limit=200, required=True)
    if before is not None and before.what is what and text in (before.key, before.name):
        return before.key, before.name
    named = _looked_up(catalogue, what, text) if catalogue else None
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
