"""What a product's form says, beside what it was shown with: only what a person changed counts. Pure rules."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from chalicelib.catalogue.snapshot.cards import Property
from chalicelib.goods.columns import own_id
from chalicelib.goods.edits import TEXTS, ProductEdit, Value
from chalicelib.goods.feeding import vat_digits
from chalicelib.goods.model import CATEGORIES
from chalicelib.kernel.errors import Complaint
from chalicelib.kernel.numbers import parse_decimal

ATTRIBUTES = 60  # rows of the form, at most
_MOST = {"name": 1_024, "article": 150, "barcode": 150, "unit": 150, "brand": 1_024, "description": 100_000}
_MOST_VALUE = 10_000
_FINEST = Decimal("0.000001")


def edit_of(
    form: Mapping[str, str], product_id: str, properties: tuple[Property, ...], price_types: tuple[str, ...]
) -> tuple[ProductEdit, dict[str, Complaint]]:
    """The edit and what is wrong with the form. Each field `x` comes with `was_x`, what it was shown with."""
    wrong: dict[str, Complaint] = {}
    texts = {name: form.get(name, "") for name in TEXTS if name in form and _changed(form, name)}
    if not form.get("name", "") and "name" in form:
        wrong["name"] = Complaint(code="required")
    for name, text in texts.items():
        if len(text) > _MOST.get(name, 150):
            wrong[name] = Complaint(code="too_long", params={"limit": _MOST[name]})
    if texts.get("vat_rate"):
        rate = vat_digits(texts["vat_rate"])
        if rate is None:
            wrong["vat_rate"] = Complaint(code="goods_bad_vat")
        else:
            texts["vat_rate"] = rate
    prices: list[tuple[str, Decimal | None]] = []
    for place, kind in enumerate(price_types):
        if _changed(form, f"price_{place}"):
            try:
                prices.append((kind, _amount(form[f"price_{place}"])))
            except ValueError:
                wrong[f"price_{place}"] = Complaint(code="goods_bad_price")
    edit = ProductEdit(
        product_id=product_id,
        texts=texts,
        category_ids=_categories(form),
        attributes=_attributes(form, properties, wrong),
        prices=tuple(prices),
        hidden=bool(form.get("hidden")) if bool(form.get("hidden")) != bool(form.get("was_hidden")) else None,
    )
    return edit, wrong


def _changed(form: Mapping[str, str], name: str) -> bool:
    """Line ends don't count: browsers send their own."""
    return name in form and _plain(form[name]) != _plain(form.get(f"was_{name}", ""))


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _categories(form: Mapping[str, str]) -> tuple[str, ...] | None:
    """All that the product is in, if any of them was changed."""
    names = [f"category_{place}" for place in range(CATEGORIES)]
    if not any(_changed(form, name) for name in names):
        return None
    return tuple(dict.fromkeys(filter(None, (form.get(name, "") for name in names))))


def _attributes(
    form: Mapping[str, str], properties: tuple[Property, ...], wrong: dict[str, Complaint]
) -> tuple[Value, ...]:
    """Rows of a name and its values, apart by `;`. A row without a name is no row; one without values is taken away."""
    by_name = {one.name.casefold(): one for one in properties}
    found: dict[str, Value] = {}
    for place in range(ATTRIBUTES):
        name = form.get(f"attribute_{place}", "")
        if not name or not (_changed(form, f"attribute_{place}") or _changed(form, f"values_{place}")):
            continue
        values = tuple(
            dict.fromkeys(text.strip() for text in form.get(f"values_{place}", "").split(";") if text.strip())
        )
        if any(len(text) > _MOST_VALUE for text in values) or len(name) > _MOST["name"]:
            wrong[f"values_{place}"] = Complaint(code="too_long", params={"limit": _MOST_VALUE})
        before = by_name.get(form.get(f"was_attribute_{place}", "").casefold())
        if before is not None:  # under another name it is another attribute
            found.setdefault(before.id, Value(id=before.id, name=before.name, values=()))
        known = by_name.get(name.casefold())
        one = known.id if known else own_id("attribute", name)
        found[one] = Value(id=one, name=known.name if known else name, values=values)
    return tuple(found.values())


def _amount(text: str) -> Decimal | None:
    """A price; None for an empty text and zero: on request. ValueError for what is none."""
    amount = parse_decimal(text) if text else Decimal(0)
    if not 0 <= amount < 10**12 or amount != amount.quantize(_FINEST):
        raise ValueError(text)
    return amount or None
