"""Who acts, and what a role may do. Every door names the permission that it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    OWNER = "owner"
    SALES_MANAGER = "sales_manager"
    ACCOUNTANT = "accountant"
    WAREHOUSE = "warehouse"
    DEALER_BUYER = "dealer_buyer"
    DEALER_ACCOUNTANT = "dealer_accountant"

    @property
    def is_dealer(self) -> bool:
        """True for people of a counterparty; their actor always carries its id."""
        return self in (Role.DEALER_BUYER, Role.DEALER_ACCOUNTANT)


class Permission(StrEnum):
    OWN_ACCOUNT = "own_account"  # own sessions, language, password: everybody who is signed in
    SETTINGS = "settings"
    STAFF = "staff"
    EXCHANGE = "exchange"
    NETWORK_READ = "network_read"
    NETWORK_EDIT = "network_edit"
    CATALOGUE_READ = "catalogue_read"
    CATALOGUE_EDIT = "catalogue_edit"
    STOCK_READ = "stock_read"
    STOCK_EDIT = "stock_edit"
    ORDER_PLACE = "order_place"
    PRICE_LISTS = "price_lists"
    PRICES_EDIT = "prices_edit"
    ORDERS_READ = "orders_read"
    MODERATE = "moderate"
    BILLING_READ = "billing_read"
    PAYMENTS_EDIT = "payments_edit"


_EVERYBODY = frozenset({Permission.OWN_ACCOUNT})
_STAFF_READS = _EVERYBODY | {
    Permission.CATALOGUE_READ,
    Permission.STOCK_READ,
    Permission.ORDERS_READ,
    Permission.NETWORK_READ,
}

_DEALERS_ONLY = {Permission.ORDER_PLACE, Permission.PRICE_LISTS}
_DEALER_READS = _EVERYBODY | {
    Permission.CATALOGUE_READ,
    Permission.PRICE_LISTS,
    Permission.ORDERS_READ,
    Permission.BILLING_READ,
}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission) - _DEALERS_ONLY,
    Role.SALES_MANAGER: _STAFF_READS
    | {
        Permission.NETWORK_EDIT,
        Permission.MODERATE,
        Permission.BILLING_READ,
        Permission.CATALOGUE_EDIT,
        Permission.PRICES_EDIT,
        Permission.STOCK_EDIT,
    },
    Role.ACCOUNTANT: _STAFF_READS | {Permission.BILLING_READ, Permission.PAYMENTS_EDIT},
    Role.WAREHOUSE: _STAFF_READS | {Permission.STOCK_EDIT},
    Role.DEALER_BUYER: _DEALER_READS | {Permission.ORDER_PLACE},
    Role.DEALER_ACCOUNTANT: _DEALER_READS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who does something: always an argument, never a global.

    `party_id` is the counterparty of a dealer's person and None for the manufacturer's own people.
    """

    tenant_id: str
    user_id: str
    name: str
    role: Role
    party_id: str | None = None

    def may(self, permission: Permission) -> bool:
        return permission in ROLE_PERMISSIONS[self.role]

    @property
    def is_dealer(self) -> bool:
        return self.role.is_dealer
