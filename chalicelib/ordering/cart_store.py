"""Carts in the `core` table: pages of lines, each under its own lock."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.kernel.errors import Refused
from chalicelib.ordering import cart as carts
from chalicelib.ordering.cart import Cart, CartLine
from chalicelib.storage import codec, keys
from chalicelib.storage.keys import Key
from chalicelib.storage.session import Record
from chalicelib.storage.writes import Delete, Equals, Put, Write


def cart_keys(tenant_id: str, user_id: str, contract_id: str) -> list[Key]:
    """Every page that a cart can have: an absent one costs next to nothing, a second round trip does not."""
    return [keys.cart_page(tenant_id, user_id, contract_id, page) for page in range(carts.MAX_PAGES)]


def cart_from(records: Iterable[Record | None], contract_id: str) -> Cart:
    """The cart of its pages as read, in their order."""
    found = [record for record in records if record is not None]
    lines = tuple(codec.load(CartLine, line) for record in found for line in record.data["lines"])
    return Cart(contract_id=contract_id, lines=lines, versions=tuple(record.version for record in found))


def cart_writes(tenant_id: str, user_id: str, before: Cart, after: Cart) -> list[Write]:
    """What changes in the stored pages; Refused("cart_changed") when another window was faster."""
    refusal = Refused("cart_changed")
    old, new = carts.pages(before.lines), carts.pages(after.lines)
    writes: list[Write] = []
    for page, key in enumerate(cart_keys(tenant_id, user_id, before.contract_id)):
        version = before.versions[page] if page < len(before.versions) else 0
        if page < len(new):
            if page >= len(old) or old[page] != new[page]:
                data = {"lines": [codec.dump(line) for line in new[page]]}
                writes.append(Put(key=key, kind="cart", data=data, version=version, refusal=refusal))
        elif version:
            writes.append(Delete(key=key, when=(Equals(("version",), version),), refusal=refusal))
    return writes
