"""The chain of price lists of a contract, and everything else that its prices depend on (domain §3.4, §3.5). Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from chalicelib.catalogue.model import PriceType
from chalicelib.kernel.clock import local_day
from chalicelib.kernel.ids import fingerprint
from chalicelib.kernel.vat import rate_on
from chalicelib.network.model import Contract, Party
from chalicelib.pricing.book import Book, OwnPrices
from chalicelib.pricing.derived import rooted
from chalicelib.pricing.lists import OwnList
from chalicelib.pricing.model import Origin, PriceList, PriceTerms, Strategy
from chalicelib.pricing.rates import conversions
from chalicelib.tenancy.model import TenantSettings

VAT_INCLUDED_UNLESS_TOLD = True
"""For price types of which neither the contract nor the ERP says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBasis:
    """What is stored about a contract's prices, as of the moment `at`: its lists, discounts and rates hold.

    `vat_at`: the moment whose day says the VAT rate, if that is another one (an order keeps the day it was placed on).
    """

    contract: Contract
    party: Party
    settings: TenantSettings
    at: datetime
    book: Book = field(default_factory=Book)
    own: OwnPrices = field(default_factory=OwnPrices)
    vat_at: datetime | None = None


def contract_terms(basis: PriceBasis, price_types: Sequence[PriceType]) -> PriceTerms:
    """The terms of a contract: personal prices → the contract's lists and its price type → those of the counterparty's
    group → of its region → the tenant's default ones. `price_types` = those of the snapshot.

    By priority the contract's price type is exclusive, as an agreement in 1C is: what it prices costs that.
    """
    contract, party, settings, book = basis.contract, basis.party, basis.settings, basis.book
    day = local_day(basis.at, settings.time_zone)
    links = _Links(book, price_types, basis.at, day)
    if basis.own.prices is not None:
        links.add_own(Origin.PERSONAL, basis.own.prices)
    links.add(Origin.CONTRACT, contract.price_list_ids)
    by_priority = book.strategy is Strategy.PRIORITY
    contracted = links.add_price_type(Origin.CONTRACT, contract.price_type_id, exclusive=by_priority)
    links.add(Origin.GROUP, book.groups.get(party.group_id, ()))
    links.add(Origin.REGION, book.regions.get(party.region_id, ()))
    links.add(Origin.TENANT, book.default)
    chain = tuple(links.chain)
    first = contracted or next((one for one in chain if one.in_force), None)
    listed = VAT_INCLUDED_UNLESS_TOLD if first is None else first.vat_included
    told = contract.vat_included
    return PriceTerms(
        chain=chain,
        currency=contract.currency,
        list_currency=settings.currency,
        vat_included=listed if told is None else told,
        vat_rates=settings.vat_rates,
        day=day if basis.vat_at is None else local_day(basis.vat_at, settings.time_zone),
        vat_exempt=contract.vat_exempt,
        strategy=book.strategy,
        discounts=tuple(one for one in book.discounts if one.is_for(contract.id, party.group_id, party.region_id, day)),
        conversions=conversions(contract.currency, settings.currency, day, book.rates, basis.own.rates),
        tenant_id=settings.id,
    )


def list_terms(price_type: PriceType, settings: TenantSettings, day: date) -> PriceTerms:
    """The terms under which a price type shows exactly what it says: for the manufacturer's own people."""
    price_list = _of_price_type(Origin.TENANT, price_type.id, price_type)
    return PriceTerms(
        chain=(price_list,),
        currency=price_type.currency or settings.currency,
        list_currency=settings.currency,
        vat_included=price_list.vat_included,
        vat_rates=settings.vat_rates,
        day=day,
    )


def chain_id(terms: PriceTerms) -> str:
    """The same for all terms under which every price is the same: a hash of their normal form. It leaves out whose a
    list is and what it is called, and lists that are not in force.

    What is to be worked out for many contracts is worked out once for each of these (domain §3.5).
    """
    normal = [
        [_normal(one) for one in terms.chain if one.in_force],
        [terms.currency, terms.list_currency, terms.vat_included, terms.vat_exempt, terms.strategy],
        str(rate_on(terms.vat_rates, terms.day)),
        sorted({str(one.percent) for one in terms.vat_rates}),
        sorted(map(repr, terms.discounts)),
        sorted((one.currency, str(one.rate)) for one in terms.conversions),
    ]
    return fingerprint(json.dumps(normal, ensure_ascii=False))[:20]


def _normal(one: PriceList) -> list[object]:
    formulas = [
        [str(part) for part in (f.factor, f.step, f.surcharge, f.least_margin, f.most_margin)] for f in one.formulas
    ]
    rows = one.version.sha256 if one.version else one.source
    return [rows, one.currency, one.vat_included, one.exclusive, one.fixed, formulas]


def by_chain(terms: Mapping[str, PriceTerms]) -> dict[str, tuple[PriceTerms, tuple[str, ...]]]:
    """Contracts (`terms` by their id) by chain: one of its terms, and whose they are."""
    out: dict[str, tuple[PriceTerms, tuple[str, ...]]] = {}
    for contract_id, own in terms.items():
        key = chain_id(own)
        first, others = out.get(key, (own, ()))
        out[key] = (first, (*others, contract_id))
    return out


class _Links:
    """A chain in the making; a list that is in it already is not added again."""

    def __init__(self, book: Book, price_types: Sequence[PriceType], at: datetime, day: date) -> None:
        self._book = book
        self._known = {one.id: one for one in price_types}
        self._at, self._day = at, day
        self._formulas = book.formulas
        self.chain: list[PriceList] = []

    def add(self, origin: Origin, ids: Iterable[str]) -> None:
        for list_id in ids:
            own = self._book.find(list_id)
            if own is not None:
                self.add_own(origin, own)
            elif list_id in self._known:
                self.add_price_type(origin, list_id)

    def add_price_type(self, origin: Origin, price_type_id: str, *, exclusive: bool = False) -> PriceList | None:
        if not price_type_id or self._has(price_type_id):
            return None
        self.chain.append(_of_price_type(origin, price_type_id, self._known.get(price_type_id), exclusive=exclusive))
        return self.chain[-1]

    def add_own(self, origin: Origin, own: OwnList) -> None:
        if self._has(own.id):
            return
        root, formulas = rooted(own.id, self._formulas)
        source = own if root == own.id else self._book.find(root)
        version = source.version_at(self._at) if source else None
        told = source or _of_price_type(origin, root, self._known.get(root))
        self.chain.append(
            PriceList(
                origin=origin,
                id=own.id,
                name=own.name,
                vat_included=told.vat_included,
                exclusive=own.exclusive,
                fixed=own.fixed,
                in_force=own.holds_on(self._day) and (source is None or version is not None),
                rows_id=root,
                rows_name=told.name,
                currency=source.currency if source else None,
                version=version,
                formulas=formulas,
            )
        )

    def _has(self, list_id: str) -> bool:
        return any(one.id == list_id for one in self.chain)


def _of_price_type(
    origin: Origin, price_type_id: str, price_type: PriceType | None, *, exclusive: bool = False
) -> PriceList:
    told = price_type.vat_included if price_type else None
    return PriceList(
        origin=origin,
        id=price_type_id,
        name=price_type.name if price_type else price_type_id,
        vat_included=VAT_INCLUDED_UNLESS_TOLD if told is None else told,
        exclusive=exclusive,
    )
