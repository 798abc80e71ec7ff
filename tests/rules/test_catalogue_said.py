"""What is said again word for word is not compared again: the catalogue is what it would be if it were."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.catalogue.feed import CardChange, CategoryRow, FeedRow, KeptRow, PriceTypeRow, PropertyRow, WarehouseRow
from chalicelib.catalogue.model import NO_WAREHOUSE, OWN_CATALOGUE, sku_id
from chalicelib.catalogue.snapshot import said
from chalicelib.catalogue.snapshot.assembled import Assembled
from chalicelib.catalogue.snapshot.build import End, Portion, assemble
from chalicelib.catalogue.snapshot.digest import content_digest
from chalicelib.catalogue.snapshot.part import read_part
from chalicelib.catalogue.snapshot.renewal import Records
from chalicelib.catalogue.snapshot.restore import restore
from tests.rules.catalogue_feeds import goods, offer, offers, price, product, stock

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SKUS = [("a", None), ("b", None), ("c", None), ("v", "red"), ("v", "blue"), ("v", None)]
Record = tuple[FeedRow, ...]


@dataclass(frozen=True)
class File:
    """A file of an exchange as `read_part` gets it; `own` = it is no file of an ERP, and has no records."""

    head: Record
    records: Sequence[Record]
    own: bool = False

    def read_into(self, part: Path) -> None:
        digests = [hashlib.sha256(repr((self.head[:1], record)).encode()).digest()[:16] for record in self.records]
        rows = [*self.head, *(row for record in self.records for row in record)]
        read_part(part, rows, None if self.own else Records(digests, lambda _: iter(())))


@dataclass
class Line:
    """A tenant's snapshots. With `forgetful` all that was said is compared each time."""

    folder: Path
    forgetful: bool
    top: Path | None = None
    made: int = 0

    def next(self) -> Path:
        self.made += 1
        return self.folder / f"{self.forgetful}-{self.made}.sqlite"

    def assemble(self, parts: Sequence[Path], run: str, units: dict[str, str], end: End | None) -> Assembled:
        target = self.next()
        portions = [Portion(path=part, lot=lot) for lot, part in enumerate(parts)]
        done = assemble(self.top, target, portions, run=run, at=NOW, units=units, end=end)
        if self.forgetful:
            with closing(sqlite3.connect(target)) as db:
                for part in said.FACTS:
                    rows = said.FACTS[part]
                    db.execute(
                        f"UPDATE {rows[0]} SET touched = d.run_no FROM said_{part} d WHERE d.no = {rows[0]}.{rows[1]} "
                        f"AND touched < d.run_no"
                    )
                    db.execute(f"DELETE FROM said_{part}")
                db.commit()
        self.top = target
        return done

    def back_to(self, number: int) -> None:
        target = self.next()
        shutil.copyfile(self.folder / f"{self.forgetful}-{number}.sqlite", target)
        restore(target, self.shown(), NOW)
        self.top = target

    def shown(self) -> Path:
        assert self.top is not None
        return self.top

    def said(self) -> int:
        with closing(sqlite3.connect(self.shown())) as db:
            return sum(db.execute(f"SELECT count(*) FROM said_{part}").fetchone()[0] for part in said.FACTS)


Told = dict[int, list[tuple[str, dict[str, Decimal]]]]


def told(done: Assembled, moved: list[str] | None, had: set[tuple[str, str]]) -> Told:
    """What is told, but for zeros of warehouses that never had any, from which nothing follows, and of no warehouse,
    which may be told once more."""
    out = {}
    for lot in done.told.lots():
        rows = [
            (sku, {place: n for place, n in levels.items() if n or ((sku, place) in had and place != NO_WAREHOUSE)})
            for sku, levels in done.told.by_sku(lot, moved)
        ]
        out[lot] = sorted((sku, levels) for sku, levels in rows if levels)
    return {lot: rows for lot, rows in out.items() if rows}


def stocked(line: Line) -> set[tuple[str, str]]:
    """SKUs and warehouses that have had stock."""
    if line.top is None:
        return set()
    with closing(sqlite3.connect(line.top)) as db:
        return set(
            db.execute(
                "SELECT k.id, w.id FROM stock s JOIN sku k ON k.no = s.sku_no JOIN warehouse w ON w.no = s.warehouse_no"
            )
        )


class Sender:
    """An ERP that mostly says what it has said before."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.known: dict[str, Record] = {}

    def record(self, kind: str, product_id: str, variant: str | None) -> Record:
        key = f"{kind} {product_id} {variant}"
        if key not in self.known or self.random.random() < 0.2:
            self.known[key] = tuple(self.rows(kind, product_id, variant))
        return self.known[key]

    def rows(self, kind: str, product_id: str, variant: str | None) -> Iterator[FeedRow]:
        pick = self.random.choice
        if kind == "goods":
            yield product(
                product_id, pick(["Окно", "Дверь"]), variant_id=variant, article=pick(["", "A1", "A2"]),
                unit=pick(["шт", "u1"]), category_ids=pick([(), ("g",), ("g", "h")]),
                attributes=pick([(), (("p", "x"),)]), deleted=pick([False] * 9 + [True]),
                pictures=pick([(), ("1.jpg",), ("2.jpg", "1.jpg")]),
            )  # fmt: skip
            return
        if "offers" in kind:
            yield offer(
                product_id, variant, name=pick(["", "Особое"]), unit=pick(["", "u1"]),
                deleted=pick([False] * 9 + [True]), characteristics=pick([(), (("Цвет", "белый"),)]),
            )  # fmt: skip
        if "prices" in kind:
            for of in pick([("p",), ("q",), ("p", "q"), ()]):
                yield price(product_id, pick(["5", "6", None]), variant=variant, of=of)
        if "stock" in kind:
            for place in pick([("w",), ("x",), ("w", "x"), (None,), ()]):
                yield stock(product_id, pick(["0", "3", "4"]), place, variant=variant)

    def file(self) -> File:
        kind = self.random.choice(["goods", "offers prices stock", "prices", "stock", "prices stock"])
        full = self.random.random() < 0.8
        some = [sku for sku in SKUS if self.random.random() < 0.85]
        if self.random.random() < 0.7:
            some = [sku for sku in some if kind != "goods" or sku[1] is None]
        gone = self.random.random() < 0.1
        names: Record = (CategoryRow(id="g", name="Г", parent_id=None), PropertyRow(id="p", name="П"))
        if kind != "goods":
            names = (
                PriceTypeRow(id="p", name="П", currency="RUB", vat_included=None),
                WarehouseRow(id="x", name="С", deleted=gone),
            )
        head = goods(full=full) if kind == "goods" else offers(full=full)
        return File((head, *names), [self.record(kind, *sku) for sku in some])

    def by_hand(self) -> File:
        own = goods(full=self.random.random() < 0.5, catalogue=OWN_CATALOGUE)
        rows: list[FeedRow] = [
            CardChange(id="a", name=self.random.choice(["Моё", "Окно", "Дверь"])),
            CardChange(id="b", unit="м", pictures=("2.jpg",), category_ids=("h",)),
            CardChange(id="v", article="S", hidden=self.random.random() < 0.5),
            price("a", self.random.choice(["5", "9"])),
            stock("b", self.random.choice(["1", "4"])),
            KeptRow("k", None),
            CardChange(id="k", name="Наше"),
        ]
        return File((own,), [(self.random.choice(rows),)], own=True)


@settings(max_examples=25)
@given(st.integers(0, 2**32))
def test_the_catalogue_and_what_is_told_are_those_of_comparing_everything(seed: int) -> None:
    random = Random(seed)
    sender = Sender(random)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = [Line(folder, forgetful=False), Line(folder, forgetful=True)]
        run, units = 1, {"u1": "шт"}
        for step in range(random.randint(3, 9)):
            if step and random.random() < 0.1:
                number = random.randint(1, lines[0].made)
                for line in lines:
                    line.back_to(number)
            if random.random() < 0.1:
                units = {"u1": random.choice(["шт", "уп"])}
            hand = step > 0 and random.random() < 0.2
            files = [sender.by_hand()] if hand else [sender.file() for _ in range(random.randint(1, 3))]
            parts = [folder / f"{step}-{n}.part" for n in range(len(files))]
            for file, part in zip(files, parts, strict=True):
                file.read_into(part)
            ends = random.random() < 0.6
            doubts = random.random() < 0.1
            end = End(lot=9, everything=random.random() < 0.2, doubt=lambda *_, no=doubts: no) if ends else None
            name_of_run = f"hand {step}" if hand else f"run {run}"
            had = stocked(lines[0])
            one, other = (line.assemble(parts, name_of_run, units, end) for line in lines)
            run += not hand and (ends or random.random() < 0.2)
            assert (one.parts, one.withdrawn, one.withheld) == (other.parts, other.withdrawn, other.withheld)
            assert (one.waiting, one.listed) == (other.waiting, other.listed)
            assert one.covered or not other.covered, "zeros of no warehouse may be told once more"
            for moved in (None, [], [sku_id("a", None), sku_id("v", "red")]):
                assert told(one, moved, had) == told(other, moved, had)
            mine, other_content = (content_digest(line.shown()) for line in lines)
            assert mine == other_content


def test_a_repeated_file_stages_nothing(tmp_path: Path) -> None:
    head = (goods(), CategoryRow(id="g", name="Г", parent_id=None))
    both = [
        File(head, [(product("a", category_ids=("g",)),), (product("b"),)]),
        File((offers(),), [(offer("a"), price("a", "5"), stock("a", "3")), (offer("b"), price("b", "6"))]),
    ]
    line = Line(tmp_path, forgetful=False)
    parts = [tmp_path / f"{number}.part" for number in range(2)]
    for file, part in zip(both, parts, strict=True):
        file.read_into(part)
    line.assemble(parts, "1", {}, End(lot=9))
    assert line.said() == 2 + 2 + 2 + 1
    done = line.assemble(parts, "2", {}, End(lot=9))
    assert not done.changed
    with closing(sqlite3.connect(line.shown())) as db:
        for table, _ in said.FACTS.values():
            assert db.execute(f"SELECT DISTINCT touched FROM {table}").fetchall() == [(1,)]
    assert done.covered
    assert told(done, None, set()) == {1: [(sku_id("a", None), {"w": Decimal(3)})]}


def test_the_end_of_another_run_forgets_only_what_it_withdraws(tmp_path: Path) -> None:
    erp = File((goods(),), [(product("a"),), (product("b"),)])
    ours = File((goods(catalogue=OWN_CATALOGUE),), [(CardChange(id="k", name="Наше"),)], own=True)
    line = Line(tmp_path, forgetful=False)
    parts = {file: tmp_path / f"{number}.part" for number, file in enumerate(("erp", "ours"))}
    erp.read_into(parts["erp"])
    ours.read_into(parts["ours"])
    line.assemble([parts["erp"]], "1", {}, End(lot=9))
    line.assemble([parts["erp"]], "2", {}, None)
    line.assemble([parts["ours"]], "by hand", {}, End(lot=9))
    assert line.said() == 2
    assert not any(line.assemble([], "2", {}, End(lot=9)).withdrawn.values())
    line.assemble([], "3", {}, End(lot=9, everything=True))
    assert line.said() == 2, "a run that brings no goods withdraws none"
