"""A manufacturer's account and its settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from chalicelib.kernel.clock import local_day, start_of_day
from chalicelib.kernel.vat import VatRate

MOST_NEWS_DAYS = 90
"""For no longer it is remembered what was new or cost more."""


class StockKind(StrEnum):
    """What the ERP's stock messages count (domain §4.4)."""

    PHYSICAL = "physical"  # everything in the warehouse, reserved or not
    FREE = "free"  # what is left after the orders that the ERP knows


class RoundingBase(StrEnum):
    """Where VAT is rounded, so that totals equal the ERP's (domain §3.2)."""

    UNIT = "unit"
    ROW = "row"
    TOTAL = "total"


class OrderStructure(StrEnum):
    """How orders are laid out for 1C (protocol §6)."""

    FLAT = "flat"  # КоммерческаяИнформация/Документ: УТ, УНФ
    CONTAINER = "container"  # Контейнер/Документ: the Bitrix module ≥ 6.5


class InvoiceSource(StrEnum):
    """Who issues invoices (docs/adr/0012)."""

    KONTOR = "kontor"  # when an order is confirmed
    ERP = "erp"  # the ERP sends its own


class Charset(StrEnum):
    WINDOWS_1251 = "windows-1251"
    UTF_8 = "utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeSettings:
    """How the tenant's 1C speaks."""

    charset: Charset = Charset.WINDOWS_1251
    byte_order_mark: bool = False
    structure: OrderStructure = OrderStructure.FLAT
    stock_kind: StockKind = StockKind.FREE
    organisation: str = ""  # requisite `Организация`, matched by exact name in 1C
    invoices: InvoiceSource = InvoiceSource.KONTOR


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantSettings:
    """What a tenant sets for itself. `reminder_days` count from the due day: 0 is the day itself."""

    id: str
    name: str
    country: str  # ISO 3166, e.g. RU
    tax_id: str
    currency: str  # ISO 4217
    locale: str  # ru | en | ro: of the tenant's documents and mails to people without a language
    time_zone: str  # IANA, e.g. Europe/Moscow
    created: datetime
    order_prefix: str = "K-"
    vat_rate: Decimal = Decimal(20)  # standard rate in percent, until the first of `vat_changes`
    vat_changes: tuple[VatRate, ...] = ()  # later standard rates, each from its day on
    rounding_base: RoundingBase = RoundingBase.ROW
    safety_stock: Decimal = Decimal(0)  # pieces of every SKU that are never promised
    reserve_hours: int = 0  # how long an order that is not confirmed holds its goods; 0 = without end
    news_days: int = 30  # for how long a product counts as new, and a price as lately lowered
    transit_orders: bool = False  # dealers may order what is on its way, unless their group says otherwise
    reminder_days: tuple[int, ...] = (0, 3, 7)
    closed_days: tuple[str, ...] = ()  # ISO dates on which no reminder is sent
    closed_weekdays: tuple[int, ...] = (5, 6)  # 0 = Monday
    exchange: ExchangeSettings = field(default_factory=ExchangeSettings)
    bank_details: str = ""  # printed on invoices
    address: str = ""
    connected_at: datetime | None = None  # the ERP's first successful exchange

    def reserved_until(self, now: datetime) -> datetime | None:
        """When the goods of an order that is made now are free again unless it is confirmed; None = never."""
        return now + timedelta(hours=self.reserve_hours) if self.reserve_hours else None

    def news_since(self, now: datetime) -> datetime:
        """What was first shown, or lowered, at that moment or later is told: the beginning of a day."""
        return start_of_day(local_day(now, self.time_zone) - timedelta(days=self.news_days), self.time_zone)

    @property
    def vat_rates(self) -> tuple[VatRate, ...]:
        """All standard rates, the oldest first."""
        return (VatRate(percent=self.vat_rate), *self.vat_changes)
