"""Real CommerceML sets as catalogues: all is there, twice is once, and the order of the files does not matter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from chalicelib.catalogue.feed import FeedRow, OfferRow, PriceRow, ProductRow
from chalicelib.catalogue.model import Query, sku_id
from chalicelib.catalogue.snapshot.digest import content_digest
from chalicelib.exchange.commerceml.reader import read_catalogue
from chalicelib.exchange.commerceml.reading import FeedMemory
from tests.rules.catalogue_feeds import Workshop
from tests.rules.commerceml_sets import FILES, chunks, real_file

_OTHER_THINGS = ("orders", "from.xml", "query-response", "documents", "_v1", "wo_classifier", "names/import0_1.xml")
SETS: dict[str, list[str]] = {}
for file in FILES:
    if not any(part in file for part in _OTHER_THINGS):
        SETS.setdefault(file.split("/")[0], []).append(file)

LISTED = {
    "v2.021-windows1251": 30,
    "v2.04-characteristics-in-goods": 4,
    "v2.04-official-doc": 4,
    "v2.04-ut-five-prices": 3,
    "v2.05-changes-only": 2,
    "v2.07-split-names": 283,
    "v2.07-ut11-warehouses": 5,
    "v2.08-unf-ns210": 3,
    "v2.09-bitrix-module": 0,  # the set has no goods: its offers wait for them
    "v3.1-2024": 3,
    "v3.1-bitrix-module6": 80,
}


def built(folder: Path, files: Sequence[str], times: int = 1) -> tuple[Workshop, list[FeedRow], bool]:
    """The catalogue of some files, its rows, and whether the last round of them changed anything."""
    folder.mkdir()
    shop, memory, rows, different = Workshop(folder), FeedMemory(), [], False
    for _ in range(times):
        rows, different = [], False
        for name in files:
            read = list(read_catalogue(chunks(real_file(name)), memory))
            result = shop.apply(*read)
            assert result.rejected == ()
            rows += read
            different = different or result.changed
    return shop, rows, different


def test_every_set_is_looked_at() -> None:
    assert SETS.keys() == LISTED.keys()


@pytest.mark.parametrize("name", SETS)
def test_a_real_set_becomes_a_catalogue_with_everything_in_it(name: str, tmp_path: Path) -> None:
    shop, rows, _ = built(tmp_path / "once", SETS[name])
    goods = {row.id for row in rows if isinstance(row, ProductRow) and not row.deleted}
    with shop.open() as catalogue:
        assert len(catalogue) == LISTED[name]
        shown = catalogue.search(Query(size=1000)).items
        assert {item.product_id for item in shown} == goods - _deleted(rows)
        priced = [row for row in rows if isinstance(row, PriceRow) and row.amount]
        found = catalogue.prices(list({sku_id(row.product_id, row.variant_id) for row in priced}))
        told = {(sku_id(row.product_id, row.variant_id), row.price_type_id): row.amount for row in priced}
        assert {(sku, t.price_type_id): t.amount for sku, tiers in found.items() for t in tiers} == told
        for item in shown[:40]:
            assert item.name
            assert item in catalogue.search(Query(text=item.name, size=1000)).items
            if item.article:
                assert item.sku in catalogue.by_article([item.article])[0].skus


def _deleted(rows: list[FeedRow]) -> set[str]:
    return {row.id for row in rows if isinstance(row, ProductRow) and row.deleted}


@pytest.mark.parametrize("name", SETS)
def test_a_real_set_a_second_time_changes_nothing(name: str, tmp_path: Path) -> None:
    *_, different = built(tmp_path / "twice", SETS[name], times=2)
    assert not different


@pytest.mark.parametrize("name", SETS)
def test_the_files_of_a_real_set_may_come_in_any_order(name: str, tmp_path: Path) -> None:
    forth, _, _ = built(tmp_path / "forth", SETS[name])
    back, _, _ = built(tmp_path / "back", SETS[name][::-1])
    assert content_digest(forth.top or Path()) == content_digest(back.top or Path())


def test_licences_are_found_by_the_article_that_only_a_property_has(tmp_path: Path) -> None:
    shop, rows, _ = built(tmp_path / "licences", SETS["v3.1-bitrix-module6"])
    assert any(isinstance(row, OfferRow) for row in rows)
    with shop.open() as catalogue:
        match = catalogue.by_article(["RL 00610"])[0]
        assert match.skus
        found = catalogue.search(Query(text="rl00610")).items
        assert found[0].sku in match.skus
        assert len(found) > len(match.skus)  # RL 00610-2 too: it has the piece
