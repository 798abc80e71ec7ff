"""A snapshot that another release wrote, with other tables than this one's, is not read."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from chalicelib.catalogue.snapshot.cards import Cards
from chalicelib.catalogue.snapshot.difference import Difference
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.catalogue.snapshot.restore import restore
from chalicelib.kernel.errors import Refused, Unavailable
from tests.rules.catalogue_feeds import Workshop, goods, product


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def two(shop: Workshop) -> tuple[Path, Path]:
    """Our snapshot, and the other release's that came of it."""
    shop.apply(goods(), product("a"))
    ours = shop.top
    shop.apply(goods(full=False), product("b"))
    shop.as_another_release_writes()
    assert ours
    assert shop.top
    return ours, shop.top


@pytest.mark.parametrize("reader", [Catalogue, Cards])
def test_readers_are_told_that_another_release_wrote_it(shop: Workshop, reader: Callable[[Path], object]) -> None:
    ours, theirs = two(shop)
    reader(ours)
    with pytest.raises(Unavailable, match="catalogue_of_another_release"):
        reader(theirs)


def test_nothing_is_built_on_it(shop: Workshop, tmp_path: Path) -> None:
    two(shop)
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(Unavailable, match="catalogue_of_another_release"):
        shop.apply(goods(full=False), product("c"))
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_it_is_neither_compared_nor_gone_back_to(shop: Workshop, tmp_path: Path) -> None:
    ours, theirs = two(shop)
    target = tmp_path / "restored"
    for earlier, current in ((ours, theirs), (theirs, ours)):
        with pytest.raises(Refused, match="catalogue_of_another_release"):
            Difference(earlier, current)
        shutil.copyfile(earlier, target)
        with pytest.raises(Refused, match="catalogue_of_another_release"):
            restore(target, current, shop.now)
        assert target.read_bytes() == earlier.read_bytes()
