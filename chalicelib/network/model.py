"""Dealers: counterparties, their legal entities, their contracts, their people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from chalicelib.kernel.access import Role

DEALER = "dealer"
"""The kind of counterparty that buys from the manufacturer (the kinds of `keys.parties`)."""

DEALER_ROLES = (Role.DEALER_BUYER, Role.DEALER_ACCOUNTANT)
_KPP = re.compile(r"\d{4}[\dA-Z]{2}\d{3}")


class VatMode(StrEnum):
    """How VAT stands to the prices of a contract."""

    BY_PRICE_TYPE = "by_price_type"  # as the price type says
    INCLUDED = "included"
    ON_TOP = "on_top"
    EXEMPT = "exempt"  # no VAT is charged (export, simplified taxation)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractMark:
    """A contract as lists of counterparties know it."""

    id: str
    number: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A counterparty: a company, or a group of legal entities, that buys. Blocked: its orders are refused.

    `tax_ids` and `contracts` repeat those of its entities and contracts, for lists and search. `group_id` and
    `region_id` are of `segments`; empty = in none.
    """

    id: str
    name: str
    created: datetime
    kind: str = DEALER
    phone: str = ""
    email: str = ""
    comment: str = ""  # for the manufacturer's own people only
    blocked: bool = False
    group_id: str = ""
    region_id: str = ""
    tax_ids: tuple[str, ...] = ()
    contracts: tuple[ContractMark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalEntity:
    """A counterparty's legal person. `tax_id` is in its normal form and unique in the tenant.

    `tax_reason` is the Russian КПП, empty for sole proprietors (12-digit ИНН) and other countries.
    """

    id: str
    party_id: str
    name: str
    country: str  # ISO 3166
    tax_id: str
    tax_reason: str = ""
    address: str = ""
    bank: str = ""
    bank_code: str = ""  # БИК, or SWIFT
    account: str = ""  # settlement account, or IBAN
    correspondent_account: str = ""  # Russia only


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A legal entity's terms: the key of prices and credit (domain §2).

    `credit_limit` None = no limit. An invoice is due `deferral_months` and `deferral_days` after its day.
    `warehouse_ids` empty = every warehouse. `price_list_ids`: the manufacturer's own lists, or price types, that are
    asked before `price_type_id`, in this order. Blocked: orders under it are refused.
    """

    id: str
    party_id: str
    entity_id: str
    number: str
    price_type_id: str
    currency: str  # ISO 4217
    signed: date | None = None
    vat: VatMode = VatMode.BY_PRICE_TYPE
    credit_limit: Decimal | None = None
    deferral_days: int = 0
    deferral_months: int = 0
    warehouse_ids: tuple[str, ...] = ()
    price_list_ids: tuple[str, ...] = ()
    blocked: bool = False

    @property
    def vat_included(self) -> bool | None:
        """Whether prices contain VAT; None = as the price type says (an exempt contract has no VAT to contain)."""
        return {VatMode.INCLUDED: True, VatMode.ON_TOP: False, VatMode.EXEMPT: True}.get(self.vat)

    @property
    def vat_exempt(self) -> bool:
        return self.vat is VatMode.EXEMPT

    def label(self, entity: LegalEntity) -> str:
        """What a dealer's person sees of the contract that they work under."""
        return f"{entity.name} · {self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A contract's counters, all in its currency; positive = the dealer owes. `exposure` = balance + ordered.

    `balance` is the ledger's (negative: an advance); `ordered` = orders not yet invoiced. Made with
    the contract; from then on only billing changes it.
    """

    balance: Decimal = Decimal(0)
    ordered: Decimal = Decimal(0)
    exposure: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a dealer stands in one currency, over its contracts. `limit` None: one of them has none.

    `free` is what may still be ordered: contracts don't lend each other their credit.
    """

    currency: str
    debt: Decimal
    ordered: Decimal
    used: Decimal
    limit: Decimal | None
    free: Decimal | None


def standings(terms: Iterable[tuple[Contract, Account]]) -> tuple[Standing, ...]:
    """One for each currency, in the order of the contracts."""
    by_currency: dict[str, list[tuple[Contract, Account]]] = {}
    for contract, account in terms:
        by_currency.setdefault(contract.currency, []).append((contract, account))
    return tuple(_standing(currency, group) for currency, group in by_currency.items())


def _standing(currency: str, terms: list[tuple[Contract, Account]]) -> Standing:
    limited = [(contract.credit_limit, account) for contract, account in terms if contract.credit_limit is not None]
    has_limit = len(limited) == len(terms)
    zero = Decimal(0)
    return Standing(
        currency=currency,
        debt=sum((account.balance for _, account in terms), zero),
        ordered=sum((account.ordered for _, account in terms), zero),
        used=sum((account.exposure for _, account in terms), zero),
        limit=sum((limit for limit, _ in limited), zero) if has_limit else None,
        free=sum((max(limit - account.exposure, zero) for limit, account in limited), zero) if has_limit else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceType:
    """A price type that contracts may name, as the last import told it. None = the ERP said nothing."""

    id: str
    name: str
    currency: str | None = None
    vat_included: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Warehouse:
    id: str
    name: str


def is_tax_reason(country: str, tax_id: str, text: str) -> bool:
    """Whether `text` may be the КПП beside this tax id: 9 characters for a Russian organisation, else empty."""
    if country != "RU" or len(tax_id) != 10:
        return text == ""
    return _KPP.fullmatch(text) is not None
