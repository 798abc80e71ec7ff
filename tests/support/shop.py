"""A manufacturer with one dealer, stock and prices, for tests that order; its catalogue is a dict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from chalicelib.catalogue.model import sku_id
from chalicelib.kernel.access import Actor, Role
from chalicelib.kernel.ids import new_id, new_tenant_id
from chalicelib.network.model import Account, Contract, LegalEntity, Party
from chalicelib.network.store import account_from, account_put, contract_put, entity_put, party_put
from chalicelib.ordering import cart_store, store, task_store
from chalicelib.ordering.actions import Ask, NewOrder, accept_prices, add_to_cart, confirm, place_order, show_cart
from chalicelib.ordering.goods import Goods
from chalicelib.ordering.quickorder import Alike, Found
from chalicelib.ordering.store import OrderFile
from chalicelib.stock.actions import erp_levels
from chalicelib.stock.model import WarehouseLevel
from chalicelib.stock.store import levels
from chalicelib.storage import keys
from chalicelib.storage.session import Record, TenantSession, open_tenant
from chalicelib.tenancy.model import ExchangeSettings, StockKind, TenantSettings
from chalicelib.tenancy.store import settings_write

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)  # a Friday
D = Decimal
W = "w1"


@dataclass
class Shelf:
    """Prices by SKU; everything costs `price` from one piece on and is sold by the piece."""

    prices: dict[str, Decimal | None]
    vat_included: bool = True
    vat_rate: Decimal | None = Decimal(22)
    withdrawn: set[str] = field(default_factory=set)
    lead_days: dict[str, int] = field(default_factory=dict)

    def goods(self, quantities: Mapping[str, Decimal]) -> dict[str, Goods]:
        return {
            sku: Goods(
                sku=sku,
                product_id=name_of(sku),
                variant_id="",
                name=f"Товар {name_of(sku)}",
                article=name_of(sku),
                unit="шт",
                unit_code="796",
                listed=sku not in self.withdrawn,
                price=self.prices[sku],
                vat_rate=self.vat_rate,
                price_type_id="p",
                why=(("list", "p"),),
                lead_days=self.lead_days.get(sku),
            )
            for sku in quantities
            if sku in self.prices
        }

    def found(self, articles: Sequence[str]) -> dict[str, Found]:
        known = {name_of(sku): Found(skus=(sku,), unit_code="796") for sku in self.prices}
        both = Found(skus=tuple(self.prices)[:2])
        return {text: known.get(text, both if text == "both" else Found(skus=())) for text in articles}

    def alike(self, text: str, skus: Sequence[str]) -> tuple[Alike, ...]:
        meant = skus or [sku for sku in self.prices if name_of(sku).startswith(text)]
        return tuple(Alike(sku=sku, article=name_of(sku), name=f"Товар {name_of(sku)}", unit="шт") for sku in meant)


_NAMES: dict[str, str] = {}


def sku(name: str) -> str:
    """The SKU of the ERP's product `name`."""
    made = sku_id(name, None)
    _NAMES[made] = name
    return made


def name_of(made: str) -> str:
    return _NAMES[made]


def manufacturer(created: datetime, **changes: object) -> TenantSettings:
    """A new tenant's settings."""
    settings = TenantSettings(
        id=new_tenant_id(),
        name="Окна Севера",
        country="RU",
        tax_id="7707083893",
        currency="RUB",
        locale="ru",
        time_zone="Europe/Moscow",
        created=created,
    )
    return replace(settings, **changes)  # type: ignore[arg-type]


class Shop:
    """One tenant, one dealer, one contract. `goods` = article → (price, quantity in the only warehouse)."""

    def __init__(
        self,
        goods: Mapping[str, tuple[str, int]],
        *,
        limit: str | None = None,
        kind: StockKind = StockKind.FREE,
        **contract: object,
    ) -> None:
        self.settings = manufacturer(NOW, exchange=ExchangeSettings(stock_kind=kind))
        self.db: TenantSession = open_tenant(self.settings.id)
        self.party = Party(id=new_id(NOW), name="Светлый дом", created=NOW)
        self.entity = LegalEntity(
            id=new_id(NOW), party_id=self.party.id, name="ООО «Светлый дом»", country="RU", tax_id="7707083893"
        )
        self.contract = Contract(
            id=new_id(NOW),
            party_id=self.party.id,
            entity_id=self.entity.id,
            number="14/2026",
            price_type_id="p",
            currency="RUB",
            credit_limit=None if limit is None else D(limit),
            deferral_days=14,
        )
        self.contract = replace(self.contract, **contract)  # type: ignore[arg-type]
        self.shelf = Shelf({sku(name): D(price) for name, (price, _) in goods.items()})
        self.buyer = self._actor("boris", Role.DEALER_BUYER)
        self.manager = self._actor("anna", Role.SALES_MANAGER)
        self._keys = count(1)
        self.db.commit(
            [
                settings_write(self.settings, 0),
                party_put(self.settings.id, self.party, 0),
                entity_put(self.settings.id, self.entity, 0),
                contract_put(self.settings.id, self.contract, 0),
                account_put(self.settings.id, self.contract),
            ]
        )
        self.tell({name: quantity for name, (_, quantity) in goods.items()}, NOW - timedelta(days=1))

    def _actor(self, user_id: str, role: Role) -> Actor:
        party_id = self.party.id if role.is_dealer else None
        return Actor(tenant_id=self.settings.id, user_id=user_id, name=user_id, role=role, party_id=party_id)

    def other_buyer(self, user_id: str) -> Actor:
        return self._actor(user_id, Role.DEALER_BUYER)

    def shelf_of(self, *_: object) -> Shelf:
        return self.shelf

    def session(self) -> TenantSession:
        """Another session of the tenant: sessions are not shared by threads."""
        return open_tenant(self.settings.id)

    def tell(self, quantities: Mapping[str, int], as_of: datetime, warehouse: str = W) -> None:
        """The ERP's stock message."""
        rows = [(sku(name), {warehouse: D(quantity)}) for name, quantity in quantities.items()]
        kind = self.settings.exchange.stock_kind
        erp_levels(self.db, rows, kind=kind, as_of=as_of, message_id="m", now=NOW)

    def fill(self, actor: Actor | None = None, db: TenantSession | None = None, **quantities: int) -> None:
        for name, quantity in quantities.items():
            add_to_cart(
                db or self.db,
                actor or self.buyer,
                self.contract.id,
                sku(name),
                D(quantity),
                NOW,
                shelf_of=self.shelf_of,
            )

    def accept_terms(self, now: datetime = NOW) -> None:
        """The buyer goes on with the prices and days that the cart shows now."""
        seen = show_cart(self.db, self.buyer, self.contract.id, now, shelf_of=self.shelf_of).terms
        accept_prices(self.db, self.buyer, self.contract.id, seen, now, shelf_of=self.shelf_of)

    def key(self) -> str:
        return f"once{next(self._keys):016d}"

    def place(
        self, actor: Actor | None = None, key: str | None = None, db: TenantSession | None = None, **quantities: int
    ) -> OrderFile:
        """Puts the quantities into the cart and orders it."""
        session = db or self.db
        self.fill(actor, session, **quantities)
        new = NewOrder(actor=actor or self.buyer, contract_id=self.contract.id, key=key or self.key())
        return store.load_order(session, place_order(session, new, NOW, shelf_of=self.shelf_of))

    def ask(self, file: OrderFile, actor: Actor | None = None, key: str | None = None, minutes: int = 1) -> Ask:
        """A request on the order as it stands now."""
        return Ask(
            actor=actor or self.manager,
            order_id=file.order.id,
            version=self.load(file).order.version,
            key=key or self.key(),
            now=NOW + timedelta(minutes=minutes),
        )

    def confirmed(self, **quantities: int) -> OrderFile:
        file = self.place(**quantities)
        confirm(self.db, self.ask(file))
        return self.load(file)

    def load(self, file: OrderFile) -> OrderFile:
        return store.load_order(self.db, file.order.id)

    def level(self, name: str, warehouse: str = W) -> WarehouseLevel:
        return levels(self.db, [sku(name)], consistent=True)[sku(name)].warehouses[warehouse]

    def account(self) -> Account:
        record = self.db.get(keys.account(self.settings.id, self.contract.id))
        assert record is not None
        return account_from(record)

    def cart(self, actor: Actor | None = None) -> dict[str, Decimal]:
        pages = cart_store.cart_keys(self.settings.id, (actor or self.buyer).user_id, self.contract.id)
        rows = self.db.get_many(pages)
        cart = cart_store.cart_from((rows.get(page) for page in pages), self.contract.id)
        return {name_of(line.sku): line.quantity for line in cart.lines}

    def events(self) -> list[str]:
        """Names of what was told through the outbox, in order of their making."""
        rows: list[Record] = list(self.db.query_all(keys.due(self.settings.id)))
        found = self.db.get_many(record.key for record in rows)
        return [str(found[record.key].data["name"]) for record in rows if found[record.key].kind == "outbox"]

    def queue(self, queue: task_store.Queue) -> list[str]:
        """Ids of the orders in a work queue."""
        return [task_store.task_from(record).order_id for record in task_store.queue_page(self.db, queue).records]
