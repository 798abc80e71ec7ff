"""What is typed about dealers, and its rules. Every wrong field is named at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from chalicelib.kernel.errors import Complaint
from chalicelib.kernel.money import CURRENCIES, minor_digits
from chalicelib.kernel.taxids import COUNTRIES, normal_tax_id
from chalicelib.network.model import Contract, LegalEntity, Party, VatMode, is_tax_reason
from chalicelib.network.segments import FEW, DealerGroup, Region, Segments, StockShown, TransitOrders
from chalicelib.tenancy.company import Checks

_MAX_DAYS = 365
_MAX_MONTHS = 24
_MAX_LIMIT = Decimal(10) ** 12
_MAX_FEW = Decimal(10) ** 6
Typed = Mapping[str, str]
ParseNumber = Callable[[str], Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a contract may name."""

    price_types: Sequence[str]
    warehouses: Sequence[str]

    def and_those_of(self, contract: Contract) -> Known:
        """Also what the contract names already: the ERP may have stopped telling of it."""
        return Known(
            price_types=(*self.price_types, contract.price_type_id),
            warehouses=(*self.warehouses, *contract.warehouse_ids),
        )


def party_from_form(checks: Checks, party: Party, segments: Segments) -> Party:
    """The counterparty with the fields `name phone email comment group region`."""
    email = checks.text("email", limit=254)
    if email and "@" not in email:
        checks.wrong["email"] = Complaint(code="email_wrong")
    return replace(
        party,
        name=checks.text("name", limit=120, required=True),
        phone=checks.text("phone", limit=40),
        email=email,
        comment=checks.text("comment", limit=1000),
        group_id=checks.choice("group", ("", *(one.id for one in segments.groups))),
        region_id=checks.choice("region", ("", *(one.id for one in segments.regions))),
    )


def entity_from_form(checks: Checks, party: Party, entity_id: str) -> LegalEntity:
    """A legal entity of the fields `entity_name country tax_id tax_reason address bank bank_code account
    correspondent_account`; Russian requisites must have their lengths."""
    country = checks.choice("country", COUNTRIES)
    tax_id = checks.text("tax_id", limit=40, required=True)
    if tax_id and country in COUNTRIES:
        tax_id = checks.parsed("tax_id", lambda text: normal_tax_id(country, text), "", code="tax_id_wrong")
    tax_reason = checks.text("tax_reason", limit=9).upper() if country == "RU" and len(tax_id) == 10 else ""
    if tax_id and not is_tax_reason(country, tax_id, tax_reason):
        checks.wrong.setdefault("tax_reason", Complaint(code="tax_reason_wrong"))
    is_russian = country == "RU"
    return LegalEntity(
        id=entity_id,
        party_id=party.id,
        name=checks.text("entity_name", limit=200, required=True),
        country=country,
        tax_id=tax_id,
        tax_reason=tax_reason,
        address=checks.text("address", limit=300),
        bank=checks.text("bank", limit=120),
        bank_code=_digits(checks, "bank_code", 9) if is_russian else checks.text("bank_code", limit=11),
        account=_digits(checks, "account", 20) if is_russian else checks.text("account", limit=42),
        correspondent_account=_digits(checks, "correspondent_account", 20) if is_russian else "",
    )


def contract_from_form(
    checks: Checks,
    parse: ParseNumber,
    known: Known,
    warehouses: Sequence[str],
    *,
    contract_id: str,
    entity: LegalEntity,
    before: Contract | None = None,
) -> Contract:
    """A contract of the fields `number signed price_type vat credit_limit deferral_days deferral_months` and, for a
    new one (`before` None), `currency`: that of an existing one stays, its ledger is kept in it, and so does what has
    pages of its own: whether it is blocked, and its price lists."""
    currency = before.currency if before else checks.choice("currency", CURRENCIES)
    return Contract(
        id=contract_id,
        party_id=entity.party_id,
        entity_id=entity.id,
        number=checks.text("number", limit=40, required=True),
        price_type_id=checks.choice("price_type", ("", *known.price_types)),
        currency=currency,
        signed=checks.parsed("signed", _day, None, code="not_a_date"),
        vat=checks.parsed("vat", VatMode, VatMode.BY_PRICE_TYPE, code="choose"),
        credit_limit=_limit(checks, parse, currency),
        deferral_days=checks.whole("deferral_days", 0, _MAX_DAYS, empty=0),
        deferral_months=checks.whole("deferral_months", 0, _MAX_MONTHS, empty=0),
        warehouse_ids=tuple(one for one in dict.fromkeys(warehouses) if one in known.warehouses),
        price_list_ids=before.price_list_ids if before else (),
        blocked=before.blocked if before else False,
    )


def group_from_form(checks: Checks, parse: ParseNumber, group_id: str) -> DealerGroup:
    """A group of dealers of the fields `name stock_shown few_at transit_orders`."""

    def positive(text: str) -> Decimal:
        value = parse(text)
        if not 0 < value <= _MAX_FEW:
            raise ValueError
        return value

    return DealerGroup(
        id=group_id,
        name=checks.text("name", limit=60, required=True),
        stock_shown=checks.parsed("stock_shown", StockShown, StockShown.EXACT, code="choose"),
        few_at=checks.parsed("few_at", positive, FEW, code="few_wrong"),
        transit_orders=checks.parsed("transit_orders", TransitOrders, TransitOrders.TENANT, code="choose"),
    )


def region_from_form(checks: Checks, known: Sequence[str], warehouses: Sequence[str], region_id: str) -> Region:
    """A region of the field `name` and the chosen warehouses, in the order of choice."""
    return Region(
        id=region_id,
        name=checks.text("name", limit=60, required=True),
        warehouse_ids=tuple(one for one in dict.fromkeys(warehouses) if one in known),
    )


def _digits(checks: Checks, name: str, length: int) -> str:
    text = checks.text(name, limit=40).replace(" ", "")
    if text and not (text.isascii() and text.isdigit() and len(text) == length):
        checks.wrong.setdefault(name, Complaint(code="digits_wrong", params={"length": length}))
    return text


def _limit(checks: Checks, parse: ParseNumber, currency: str) -> Decimal | None:
    def limit(text: str) -> Decimal | None:
        if not text:
            return None
        value = parse(text)
        if not 0 <= value <= _MAX_LIMIT or value != round(value, minor_digits(currency)):
            raise ValueError
        return value

    return checks.parsed("credit_limit", limit, None, code="limit_wrong")


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
