"""Whose prices a change of the book could touch: every dealer's contracts with what their prices depend on."""

from __future__ import annotations

from datetime import datetime

from chalicelib.network import store as network
from chalicelib.network.model import Party
from chalicelib.pricing.book import Book, OwnPrices
from chalicelib.pricing.chain import PriceBasis
from chalicelib.storage import keys
from chalicelib.storage.session import TenantSession
from chalicelib.tenancy.model import TenantSettings


def bases_of(
    db: TenantSession, parties: list[Party], settings: TenantSettings, book: Book, at: datetime
) -> dict[str, PriceBasis]:
    """By contract, in two reads for a hundred of them; as the index and replicas have it, which lag a little."""
    contracts = {
        keys.contract(db.tenant_id, party.id, mark.id): (party, keys.own_prices(db.tenant_id, mark.id))
        for party in parties
        for mark in party.contracts
    }
    rows = db.get_many(contracts, consistent=False)
    own = db.get_many((own_key for _, own_key in contracts.values()), consistent=False)
    out = {}
    for key, record in rows.items():
        party, own_key = contracts[key]
        contract = network.contract_from(record)
        out[contract.id] = PriceBasis(
            contract=contract,
            party=party,
            settings=settings,
            at=at,
            book=book,
            own=own[own_key].load(OwnPrices) if own_key in own else OwnPrices(),
        )
    return out
