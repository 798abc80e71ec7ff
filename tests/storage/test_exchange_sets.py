"""Every real set over the protocol: what the journal says came in is what the files hold, and the catalogue has it."""
# ruff: noqa: F811 - a fixture is imported and then named as an argument

from __future__ import annotations

from collections import Counter

import pytest

from chalicelib.exchange.model import EntryKind, EntryState
from tests.rules.commerceml_sets import DAMAGED, FILES, ending, paths, real_file
from tests.storage.exchange_world import World, world  # noqa: F401 - a fixture

CATALOGUES = sorted({name.split("/")[0] for name in FILES} - {"v2.03-orders-windows1251", "v2.05-site-to-1c"})

SENT_PLAIN = ("v2.07-ut11-warehouses", "v3.1-2024")  # file by file; the others in an archive


def files_of(name: str) -> dict[str, bytes]:
    found = {one.removeprefix(f"{name}/"): real_file(one).read_bytes() for one in FILES if one.startswith(f"{name}/")}
    return {one: content for one, content in found.items() if "order" not in one and "document" not in one}


@pytest.mark.parametrize("name", CATALOGUES)
def test_a_real_set_is_imported_with_the_counts_of_its_files(world: World, name: str) -> None:
    files = files_of(name)
    replies = world.client(uses_zip=name not in SENT_PLAIN).upload(files)
    assert [reply.word for reply in replies] == ["success"] * len(files)
    journal = {entry.name: entry for entry in world.journal() if entry.kind is EntryKind.CATALOGUE}
    assert journal.keys() == files.keys()
    for file, entry in journal.items():
        elements = paths(real_file(f"{name}/{file}"))
        received = Counter({one.kind: one.received for one in entry.counts})
        assert received["product"] == ending(elements, "Каталог/Товары/Товар")
        assert received["price"] == ending(elements, "Предложение/Цены/Цена")
        assert received["category"] == sum(
            n for path, n in elements.items() if path.startswith("Классификатор") and path.endswith("/Группа")
        )
        assert entry.rejected == 0
        assert entry.state in (EntryState.DONE, EntryState.WAITING)


def test_the_catalogue_of_a_real_set_has_its_products_prices_and_stock(world: World) -> None:
    world.client().upload(files_of("v2.07-split-names"))
    world.later(600)
    catalogue = world.catalogue()
    assert catalogue is not None
    assert len(catalogue) >= 283
    assert [one.name for one in catalogue.price_types()]
    assert {one.name for one in catalogue.warehouses()} >= {"Москва", "Владивосток", "Новосибирск"}


def test_the_damaged_set_fails_cleanly_and_changes_nothing(world: World) -> None:
    content = real_file(DAMAGED).read_bytes()
    for uses_zip in (True, False):
        (reply,) = world.client(uses_zip=uses_zip).upload({"import.xml": content})
        assert reply.word == "failure"
        assert "undefined" in reply.text
    assert world.version() == 0


def test_documents_of_a_real_set_are_read_and_each_is_answered(world: World) -> None:
    names = [name for name in FILES if "documents/" in name]
    files = {name.split("/", 1)[1]: real_file(name).read_bytes() for name in names}
    replies = world.client().upload(files, "sale")
    assert [reply.word for reply in replies] == ["success", "success"]
    counts = [(one.kind, one.received, one.rejected) for entry in world.journal() for one in entry.counts
              if entry.kind is EntryKind.DOCUMENTS]  # fmt: skip
    assert sorted(counts) == [("order", 4, 4), ("order", 20, 20)]  # none of them was ever ours
