"""An invoice and a payment of it, for tests of rules."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from chalicelib.billing.model import Invoice, Payment

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
DAY = date(2026, 11, 20)
D = Decimal
INVOICE = Invoice(
    id="i",
    number="K-1",
    party_id="p",
    party_name="Светлый дом",
    contract_id="c",
    contract_number="14",
    entity_id="e",
    currency="RUB",
    total=D(100),
    vat=(),
    day=DAY,
    due=DAY,
    created=NOW,
    line_pages=0,
)
PAYMENT = Payment(
    id="p",
    number="55",
    party_id="p",
    party_name="Светлый дом",
    contract_id="c",
    contract_number="14",
    currency="RUB",
    amount=D(100),
    day=DAY,
    created=NOW,
)
