"""What one person is offered: prices under their terms, stock as far as they are told, and what is news to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.catalogue.model import Item, PriceType, Selection
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.pricing.actions import quotes
from chalicelib.pricing.falls import fallen_under, falls
from chalicelib.pricing.model import Answer, PriceTerms
from chalicelib.pricing.past import Fall, Past
from chalicelib.stock import showing
from chalicelib.stock.model import Level
from chalicelib.storefront.desk import Desk

_NOTHING = Selection(order=(), places=0)


class News(StrEnum):
    """What goods are told of, for as long as the tenant says."""

    NEW = "new"  # shown for the first time
    CHEAPER = "cheaper"  # their price fell under the person's terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A SKU with its price (None: the person has no terms to be quoted under) and what they may be told of what can be
    promised now, and of what comes by day, which they may order or not (`takes_coming`). `lead_days` = in how many days
    it is there though there is none, None: it is not on order. `fall` = what it cost before, if that was more."""

    item: Item
    answer: Answer | None
    stock: showing.Shown
    coming: tuple[showing.Expected, ...] = ()
    takes_coming: bool = False
    lead_days: int | None = None
    is_new: bool = False
    fall: Fall | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """Where a person is served: the catalogue as they see it, and their terms, with how far back prices under them are
    compared; None: there are none."""

    desk: Desk
    catalogue: Catalogue
    terms: PriceTerms | None
    past: Past | None

    def offers(self, items: Mapping[str, Item], found: Mapping[str, Level]) -> dict[str, Offer]:
        """By SKU, in the order of `items`; `found` = the live stock of each."""
        desk = self.desk
        answers, fallen = self.priced(items)
        new = self.catalogue.first_shown(list(items), desk.news_since)
        lead_days = self.catalogue.lead_days(list(items))
        return {
            sku: Offer(
                item=item,
                answer=answers.get(sku),
                stock=desk.told(found[sku].available(desk.warehouses)),
                coming=desk.coming(found[sku]),
                takes_coming=desk.may_order_transit,
                lead_days=lead_days.get(sku),
                is_new=sku in new,
                fall=fallen.get(sku),
            )
            for sku, item in items.items()
        }

    def priced(self, items: Mapping[str, Item]) -> tuple[Mapping[str, Answer], Mapping[str, Fall]]:
        """Prices by SKU, and what of them fell."""
        if self.terms is None or self.past is None:
            return {}, {}
        answers = quotes(self.catalogue, items, {}, self.terms)
        return answers, falls(self.catalogue, items, answers, self.terms, self.past)

    def selection(self, news: News) -> Selection:
        """Where to look for some news: of what it names as cheaper, only what has a `fall` when it is offered is so."""
        if news is News.NEW:
            return self.catalogue.newest(self.desk.news_since)
        return fallen_under(self.catalogue, self.terms, self.past) if self.terms and self.past else _NOTHING


def counter(desk: Desk, catalogue: Catalogue, price_types: Sequence[PriceType], price_type_id: str) -> Counter:
    """`price_type_id` is what one of the manufacturer's people looks at."""
    terms = desk.terms(price_types, price_type_id)
    return Counter(desk=desk, catalogue=catalogue, terms=terms, past=desk.past(terms, price_types) if terms else None)
