"""What a product's page says of the product besides its price and stock."""

from __future__ import annotations

from decimal import Decimal

from chalicelib.http.formats import Formats
from chalicelib.http.i18n import Translator
from chalicelib.storefront.actions import Shown


def facts_of(shown: Shown, t: Translator, fmt: Formats) -> tuple[tuple[str, str], ...]:
    """Names with their values; what is not known is left out."""
    item = shown.product.item
    packs = (f"{unit} = {fmt.quantity(holds)} {item.unit}".rstrip() for unit, holds in shown.packs)
    facts = [
        (t.t("storefront.article"), item.article),
        (t.t("storefront.barcode"), ", ".join(shown.product.barcodes)),
        (t.t("storefront.unit"), ", ".join(filter(None, (item.unit, *packs)))),
        (t.t("storefront.vat"), _vat(item.vat_rate, t, fmt)),
    ]
    facts += [
        (attribute.name or t.t("storefront.brand"), ", ".join(attribute.values))
        for attribute in shown.product.attributes
        if attribute.kind != "requisite"
    ]
    return tuple(fact for fact in facts if fact[1])


def _vat(rate: Decimal | None, t: Translator, fmt: Formats) -> str:
    """The product's own rate; empty where the manufacturer's general one holds, which the price explains."""
    if rate is None:
        return ""
    return fmt.percent(rate) if rate else t.t("storefront.without_vat")
