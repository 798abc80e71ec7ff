"""The prices of one contract: its chain as it is resolved, and what it has for itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.catalogue.store import current_catalogue
from chalicelib.kernel.ids import stable_id
from chalicelib.network.actions.contracts import set_price_lists
from chalicelib.pricing import store
from chalicelib.pricing.actions import PriceChange, change_own_prices, with_rows
from chalicelib.pricing.book import OwnPrices
from chalicelib.pricing.chain import PriceBasis, contract_terms
from chalicelib.pricing.forms import Typed
from chalicelib.pricing.lists import ListVersion, OwnList, activated, with_version
from chalicelib.pricing.model import PriceTerms
from chalicelib.pricing.office import bases, checked_rate, with_rate, without_rate
from chalicelib.pricing.rowediting import TypedRows, next_rows
from chalicelib.pricing.sheet import BadRow
from chalicelib.storage import keys
from chalicelib.storage.session import TenantSession


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractPrices:
    """`version` = that of the contract's own prices, `contract_version` of the contract. `personal`: its own list, an
    empty one if it has none yet."""

    basis: PriceBasis
    terms: PriceTerms
    personal: OwnList
    version: int
    contract_version: int


def look(db: TenantSession, party_id: str, contract_id: str, now: datetime) -> ContractPrices:
    """NotFound for a contract that the counterparty has not."""
    rows = db.get_many(store.basis_keys(db.tenant_id, party_id, contract_id))
    basis = store.basis_of(rows, db.tenant_id, party_id, contract_id, now)
    catalogue = current_catalogue(db, None, now)
    terms = contract_terms(basis, catalogue.price_types() if catalogue else ())
    own = rows.get(keys.own_prices(db.tenant_id, contract_id))
    contract = basis.contract
    new = OwnList(
        id=stable_id("personal", contract_id),
        name=contract.number,
        currency=contract.currency,
        vat_included=terms.vat_included,
    )
    return ContractPrices(
        basis=basis,
        terms=terms,
        personal=basis.own.prices or new,
        version=own.version if own else 0,
        contract_version=rows[keys.contract(db.tenant_id, party_id, contract_id)].version,
    )


def give_lists(db: TenantSession, wish: PriceChange, party_id: str, contract_id: str, list_ids: Sequence[str]) -> None:
    """What the contract asks before its price type, in this order; lists that there are not are left out. The wish's
    version is that of the contract."""
    known = {one.id for one in bases(db)}
    wanted = [one for one in list_ids if one in known]
    version = -1 if wish.version is None else wish.version
    set_price_lists(db, wish.actor, party_id, contract_id, wanted, version, wish.now)


def edit_personal(
    db: TenantSession, wish: PriceChange, party_id: str, contract_id: str, typed: TypedRows
) -> tuple[BadRow, ...]:
    """Personal prices as they are typed; they hold at once. If any row is bad nothing is changed, and they are
    answered."""
    seen = look(db, party_id, contract_id, wish.now)
    rows, bad = next_rows(db, seen.personal, typed, wish.now)
    if bad:
        return bad

    def add(made: ListVersion) -> OwnPrices:
        def change(own: OwnPrices) -> OwnPrices:
            after = with_version(own.prices or seen.personal, made)
            number = after.versions[-1].number
            return replace(own, prices=activated(after, number, since=wish.now, by=wish.actor.name, now=wish.now))

        return change_own_prices(db, wish, party_id, contract_id, change)

    with_rows(db, wish, rows, add)
    return ()


def add_rate(db: TenantSession, wish: PriceChange, party_id: str, contract_id: str, typed: Typed, home: str) -> None:
    """A rate of the contract's own, which stands before the tenant's. `home` = the tenant's currency."""
    rate = checked_rate(typed, home)
    change_own_prices(db, wish, party_id, contract_id, lambda own: replace(own, rates=with_rate(own.rates, rate)))


def remove_rate(
    db: TenantSession, wish: PriceChange, party_id: str, contract_id: str, currency: str, since: str
) -> None:
    change_own_prices(
        db, wish, party_id, contract_id, lambda own: replace(own, rates=without_rate(own.rates, currency, since))
    )
