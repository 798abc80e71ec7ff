"""The catalogue in force with a contract's prices, as ordering asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from chalicelib.catalogue.model import Item, Match, Query
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.catalogue.store import catalogue_in
from chalicelib.kernel.errors import Refused
from chalicelib.ordering.goods import Goods, Shelf
from chalicelib.ordering.quickorder import Alike, Found
from chalicelib.pricing.actions import quotes
from chalicelib.pricing.chain import PriceBasis, contract_terms
from chalicelib.pricing.explain import why, why_not
from chalicelib.pricing.model import PriceOnRequest, PriceTerms, Quote
from chalicelib.storage.keys import Key
from chalicelib.storage.session import Record

_ALIKE = 4


class SnapshotShelf:
    """A catalogue snapshot seen under one contract."""

    def __init__(self, catalogue: Catalogue, terms: PriceTerms) -> None:
        self._catalogue = catalogue
        self._terms = terms

    @property
    def vat_included(self) -> bool:
        return self._terms.vat_included

    def goods(self, quantities: Mapping[str, Decimal]) -> dict[str, Goods]:
        items = self._catalogue.skus(list(quantities))
        answers = quotes(self._catalogue, items, quantities, self._terms)
        lead_days = self._catalogue.lead_days(list(items))
        return {sku: _goods(item, answers[sku], lead_days.get(sku)) for sku, item in items.items()}

    def found(self, articles: Sequence[str]) -> dict[str, Found]:
        matches = self._catalogue.by_article(list(dict.fromkeys(articles)))
        single = [match.sku for match in matches if match.sku is not None]
        items = self._catalogue.skus(single)
        return {match.asked: _found(match, items.get(match.sku or "")) for match in matches}

    def alike(self, text: str, skus: Sequence[str]) -> tuple[Alike, ...]:
        if skus:
            items: Iterable[Item] = self._catalogue.skus(list(skus[:_ALIKE])).values()
        else:
            items = self._catalogue.search(Query(text=text, size=_ALIKE)).items
        return tuple(Alike(sku=item.sku, article=item.article, name=item.name, unit=item.unit) for item in items)


def _found(match: Match, item: Item | None) -> Found:
    return Found(skus=match.skus, unit_code=item.unit_code, unit=item.unit) if item else Found(skus=match.skus)


def _goods(item: Item, answer: Quote | PriceOnRequest, lead_days: int | None) -> Goods:
    goods = Goods(
        sku=item.sku,
        product_id=item.product_id,
        variant_id=item.variant_id,
        name=item.name,
        article=item.article,
        unit=item.unit,
        unit_code=item.unit_code,
        listed=item.listed,
        price=None,
        vat_rate=None,
        catalogue_id=item.catalogue_id,
        lead_days=lead_days,
    )
    if isinstance(answer, PriceOnRequest):
        return replace(goods, why=why_not(answer))
    list_id = answer.price_list.id
    return replace(goods, price=answer.price, vat_rate=answer.vat_rate, price_type_id=list_id, why=why(answer))


def open_shelf(basis: PriceBasis, rows: Mapping[Key, Record]) -> Shelf:
    """As much of the snapshot as the contract's dealer sees, at the contract's prices; `rows` has what
    `catalogue_keys` names.

    Refused("no_catalogue") before the first import.
    """
    catalogue = catalogue_in(basis.settings.id, rows, basis.contract.party_id)
    if catalogue is None:
        raise Refused("no_catalogue")
    return SnapshotShelf(catalogue, contract_terms(basis, catalogue.price_types()))
