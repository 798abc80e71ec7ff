"""A price with its reasons, for who asks for one of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chalicelib.catalogue.store import catalogue_in, catalogue_keys
from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import NotFound, Refused
from chalicelib.network.store import party_of
from chalicelib.pricing import store
from chalicelib.pricing.actions import quotes
from chalicelib.pricing.chain import contract_terms
from chalicelib.pricing.falls import falls
from chalicelib.pricing.model import Answer, PriceTerms
from chalicelib.pricing.past import Fall, past_of
from chalicelib.storage.session import TenantSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A price with the terms that it was quoted under; `fall` = what it was, if it has lately fallen."""

    answer: Answer
    terms: PriceTerms
    fall: Fall | None


def explain_price(
    db: TenantSession, actor: Actor, contract_id: str, sku: str, quantity: Decimal | None, now: datetime
) -> Explained:
    """What a SKU costs under a contract and why; without a quantity at one unit or the smallest tier.

    NotFound for another dealer's contract and for what the catalogue has not, for a dealer also for what it no longer
    offers; Refused("no_catalogue") before the first import.
    """
    party_id = actor.party_id or party_of(db, contract_id)
    wanted = catalogue_keys(db.tenant_id, actor.party_id)
    rows = db.get_many([*store.basis_keys(db.tenant_id, party_id, contract_id), *wanted])
    basis = store.basis_of(rows, db.tenant_id, party_id, contract_id, now)
    catalogue = catalogue_in(db.tenant_id, rows, actor.party_id)
    if catalogue is None:
        raise Refused("no_catalogue")
    items = catalogue.skus([sku])
    if sku not in items or (actor.is_dealer and not items[sku].listed):
        raise NotFound()
    price_types = catalogue.price_types()
    terms = contract_terms(basis, price_types)
    quantities = {} if quantity is None else {sku: quantity}
    answers = quotes(catalogue, items, quantities, terms)
    fallen = falls(catalogue, items, answers, terms, past_of(basis, terms, price_types), quantities)
    return Explained(answer=answers[sku], terms=terms, fall=fallen.get(sku))
