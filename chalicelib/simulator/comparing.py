"""Prices of a catalogue under the terms of before and after, some hundred SKUs at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chalicelib.catalogue.model import Item
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.pricing.actions import quotes
from chalicelib.pricing.simulation import ChainShift, Summary, Tally, moved

_CHUNK = 500
Seen = tuple[ChainShift, Catalogue]
"""A shift, and as much of the catalogue as the dealers of its contracts see."""


def compared(views: Sequence[Seen], skus: Sequence[str], tell: Callable[[int], None]) -> list[Summary]:
    """What changes of these SKUs under each shift, in their order; what dealers are not shown is left out. `tell` hears
    how many prices are done."""
    tallies = [Tally() for _ in views]
    catalogues = {id(catalogue): catalogue for _, catalogue in views}
    done = 0
    for start in range(0, len(skus), _CHUNK):
        some = skus[start : start + _CHUNK]
        listed = {number: _listed(catalogue, some) for number, catalogue in catalogues.items()}
        for (shift, catalogue), tally in zip(views, tallies, strict=True):
            seen = listed[id(catalogue)]
            before, after = (quotes(catalogue, seen, {}, terms) for terms in (shift.before, shift.after))
            for sku in seen:
                move = moved(before[sku], after[sku])
                if move is not None:
                    tally.add(move)
            done += len(some)
            tell(done)
    return [tally.summary() for tally in tallies]


def _listed(catalogue: Catalogue, skus: Sequence[str]) -> dict[str, Item]:
    return {sku: item for sku, item in catalogue.skus(skus).items() if item.listed}
