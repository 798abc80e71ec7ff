"""A person's file of goods while an exchange of 1C has not ended yet."""

from __future__ import annotations

from chalicelib.catalogue.model import sku_id
from chalicelib.stock.store import levels
from tests.storage.exchange_world import world as world
from tests.storage.test_exchange_protocol import goods, offers
from tests.storage.test_goods_uploads import _HEAD, WINDOW, Office
from tests.storage.test_goods_uploads import office as office

NAMES = [str(number) for number in range(1, 16)]


def state(office: Office) -> tuple[int, int, int]:
    """SKUs that are listed, those of 1C's that have a price, and pieces of them."""
    catalogue = office.world.catalogue()
    assert catalogue
    skus = [sku_id(name, None) for name in (*NAMES, "30")]
    pieces = sum(int(level.available()) for level in levels(office.world.db, skus, consistent=True).values())
    return office.world.listed(), len(catalogue.prices(skus)), pieces


def test_a_full_file_by_hand_between_an_exchange_and_its_end_withdraws_nothing_of_1c(office: Office) -> None:
    world = office.world
    office.take(_HEAD + WINDOW)
    world.eager = True
    for names in (NAMES, [*NAMES, "30"]):
        world.client().upload({"import.xml": goods(*names, full=True), "offers.xml": offers(*names, full=True)})
        if names is NAMES:
            world.later(700)
    before = state(office)
    assert before[:2] == (17, 16)
    world.eager = False
    assert not office.take(_HEAD + WINDOW + "A-2;Новое;;;;5;3;\n", mode="full").withdrawn
    world.eager = True
    world.later(700)
    assert state(office) == (before[0] + 1, *before[1:])
