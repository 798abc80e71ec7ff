"""Open carts and unanswered orders whose prices would change.

There is no index of carts: those of the people of the dealers concerned are read, a key for each person and contract.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.network import store as network
from chalicelib.ordering import cart_store, store
from chalicelib.ordering.actions.carts import priced_lines
from chalicelib.ordering.actions.editing import as_ordered
from chalicelib.ordering.actions.moderation import terms_of
from chalicelib.ordering.actions.shelf import SnapshotShelf
from chalicelib.ordering.cart import LINES_A_PAGE, Cart
from chalicelib.ordering.goods import Goods
from chalicelib.ordering.lines import Terms, summed
from chalicelib.ordering.model import Order, OrderLine
from chalicelib.ordering.states import UNCONFIRMED
from chalicelib.pricing.chain import PriceBasis, contract_terms
from chalicelib.pricing.model import PriceTerms
from chalicelib.simulator.model import ChangedCart, ChangedOrder
from chalicelib.storage import keys
from chalicelib.storage.session import TenantSession

_AT_ONCE = 100
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Concerned:
    """A contract whose terms change: what its prices depend on and its terms, before and after, and as much of the
    catalogue as its dealer sees."""

    before: PriceBasis
    after: PriceBasis
    terms_before: PriceTerms
    terms_after: PriceTerms
    catalogue: Catalogue

    def goods(
        self, before: PriceTerms, after: PriceTerms, quantities: Mapping[str, Decimal]
    ) -> tuple[dict[str, Goods], dict[str, Goods], list[str]]:
        """Goods before and after, and the SKUs whose prices differ."""
        was, will = (SnapshotShelf(self.catalogue, terms).goods(quantities) for terms in (before, after))
        return was, will, [sku for sku in was if was[sku].listed and was[sku].price != will[sku].price]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of carts and orders: `skus` are all that can have another price, `contracts` by their id."""

    skus: Collection[str]
    contracts: Mapping[str, Concerned]


def changed_carts(db: TenantSession, question: Question) -> Iterator[ChangedCart]:
    """Carts with at least one line of another price."""
    of_party: dict[str, list[str]] = {}
    for contract_id, one in question.contracts.items():
        of_party.setdefault(one.before.party.id, []).append(contract_id)
    owners = [
        (person.name, person.id, contract_id)
        for party_id, contract_ids in of_party.items()
        for person in network.people_of(db, party_id)
        for contract_id in contract_ids
    ]
    for some in _some_at_a_time(owners):
        for name, contract_id, cart in _carts(db, some):
            if any(line.sku in question.skus for line in cart.lines):
                yield from _changed_cart(question.contracts[contract_id], name, cart)


def _carts(db: TenantSession, owners: Sequence[tuple[str, str, str]]) -> Iterator[tuple[str, str, Cart]]:
    """Carts that are not empty, as (person's name, contract, cart). Of most a page is all there is."""
    pages = {one: cart_store.cart_keys(db.tenant_id, one[1], one[2]) for one in owners}
    rows = db.get_many((page[0] for page in pages.values()), consistent=False)
    full = (
        key
        for first, *others in pages.values()
        if first in rows and len(rows[first].data["lines"]) == LINES_A_PAGE
        for key in others
    )
    rows |= db.get_many(full, consistent=False)
    for (name, _, contract_id), keys_of in pages.items():
        if keys_of[0] in rows:
            yield name, contract_id, cart_store.cart_from(map(rows.get, keys_of), contract_id)


def _changed_cart(one: Concerned, person: str, cart: Cart) -> Iterator[ChangedCart]:
    quantities = {line.sku: line.quantity for line in cart.lines}
    was, will, changed = one.goods(one.terms_before, one.terms_after, quantities)
    if not changed:
        return
    terms = Terms(
        currency=one.terms_before.currency,
        vat_included=one.terms_before.vat_included,
        base=one.before.settings.rounding_base,
    )
    yield ChangedCart(
        party_name=one.before.party.name,
        person=person,
        contract_number=one.before.contract.number,
        currency=terms.currency,
        lines=len(changed),
        before=_gross(priced_lines(terms, cart.lines, was).values()),
        after=_gross(priced_lines(terms, cart.lines, will).values()),
    )


def changed_orders(db: TenantSession, question: Question) -> Iterator[ChangedOrder]:
    """Orders that wait for somebody's answer, with at least one line of another price; newest first."""
    for some in _some_at_a_time(list(_unanswered(db, question.contracts))):
        pages = {order.id: keys.order_lines(db.tenant_id, order.id, order.edition, 0) for order in some}
        rows = db.get_many(pages.values(), consistent=False)
        for order in some:
            if pages[order.id] in rows:
                lines = store.lines_from(rows[pages[order.id]])
                yield from _changed_order(question, question.contracts[order.contract_id], order, lines)


def _unanswered(db: TenantSession, contracts: Collection[str]) -> Iterator[Order]:
    after: str | None = None
    while True:
        page = store.open_orders(db, after=after)
        for order in map(store.order_from, page.records):
            if order.state in UNCONFIRMED and order.contract_id in contracts:
                yield order
        if page.next is None:
            return
        after = page.next


def _changed_order(
    question: Question, one: Concerned, order: Order, lines: Sequence[OrderLine]
) -> Iterator[ChangedOrder]:
    quantities = {line.sku: line.quantity for line in lines if line.is_live and not line.service}
    if not any(sku in question.skus for sku in quantities):
        return
    types = one.catalogue.price_types()
    before, after = (contract_terms(as_ordered(basis, order), types) for basis in (one.before, one.after))
    _, will, changed = one.goods(before, after, quantities)
    if not changed:
        return
    anew = [_at_price(line, will[line.sku].price) if line.sku in changed else line for line in lines]
    yield ChangedOrder(
        id=order.id,
        number=order.number,
        party_name=order.party_name,
        contract_number=order.contract_number,
        currency=order.currency,
        lines=len(changed),
        before=order.gross,
        after=_gross(summed(anew, terms_of(order, one.before.settings))),
    )


def _at_price(line: OrderLine, price: Decimal | None) -> OrderLine:
    """A line without a price any more keeps its own: there is nothing to compare it with."""
    return line if price is None else replace(line, price=price)


def _some_at_a_time(every: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(every), _AT_ONCE):
        yield every[start : start + _AT_ONCE]


def _gross(lines: Iterable[OrderLine]) -> Decimal:
    return sum((line.gross for line in lines), Decimal(0))
