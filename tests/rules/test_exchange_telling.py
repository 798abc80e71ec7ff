"""Which stock is told to the live rows: to tell only some of it ends in the same rows as to tell all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import event, given, settings
from hypothesis import strategies as st

from chalicelib.exchange.run import Run, StockTold
from chalicelib.exchange.telling import OLDEST, still_true, told_now
from chalicelib.stock.journal_store import SETTLED
from chalicelib.stock.model import Level, WarehouseLevel, nothing
from chalicelib.stock.moving import Move, counted, erp_changed, shipped, taken
from chalicelib.stock.restating import restate
from chalicelib.tenancy.model import StockKind

T0 = datetime(2026, 11, 21, 9, tzinfo=UTC)
D = Decimal
NONE = D(0)
SKUS, PLACES = ("a", "b", "c"), ("w", "v")
TOLD = StockTold(version=4, run="r", since=T0, whole=True, kind=StockKind.FREE, safety=D(0))
RUN = Run(id="r", begun=T0, touched=T0)

Pair = tuple[str, str]
EVERY = [(sku, place) for sku in SKUS for place in PLACES]
MOVES = ("taken", "given back", "counted", "shipped", "left uncounted", "changed by the ERP")


def move_of(name: str, kind: StockKind) -> Move:
    return {
        "taken": taken(D(2)),
        "given back": Move(allocated=D(-1)),
        "counted": counted(D(2)),
        "shipped": shipped(D(1), known=True, reflected=False),
        "left uncounted": shipped(D(1), known=False, reflected=False),
        "changed by the ERP": erp_changed(D(3), kind),
    }[name]


@dataclass
class Sky:
    """Two stores of live rows that live through the same: in `all` every number is told, in `some` only what must be.

    `facts` and `touched` are the snapshot's; `told` is what the exchange's state has. `moved` = notes of what was
    moved, by SKU and moment.
    """

    now: datetime = T0
    kind: StockKind = StockKind.FREE
    safety: Decimal = NONE
    version: int = 0
    facts: dict[Pair, Decimal] = field(default_factory=dict)
    touched: dict[Pair, str] = field(default_factory=dict)
    told: StockTold | None = None
    all: dict[str, Level] = field(default_factory=dict)
    some: dict[str, Level] = field(default_factory=dict)
    moved: list[tuple[str, datetime]] = field(default_factory=list)
    run: Run | None = None
    runs: int = 0

    def later(self, minutes: int = 1) -> None:
        self.now += timedelta(minutes=minutes)

    def move(self, sku: str, place: str, name: str) -> None:
        self.later()
        step = move_of(name, self.kind)
        for rows in (self.all, self.some):
            level = rows.get(sku, nothing(sku))
            row = level.warehouses.get(place)
            if row is None:
                continue
            after = WarehouseLevel(
                row.on_hand + step.on_hand,
                row.allocated + step.allocated,
                row.counted + step.counted,
                row.available + step.available,
            )
            at = self.now if step.stamped else level.moved_at
            rows[sku] = replace(level, warehouses={**level.warehouses, place: after}, moved_at=at)
        self.moved.append((sku, self.now))

    def tell(self, rows: dict[str, Level], sku: str, numbers: Mapping[str, Decimal], as_of: datetime) -> None:
        level = rows.get(sku, nothing(sku))
        changes = restate(level, numbers, kind=self.kind, as_of=as_of, safety=self.safety)
        if changes:
            warehouses = {**level.warehouses, **{one.warehouse: one.after for one in changes}}
            told = {**level.told, **{one.warehouse: as_of for one in changes}}
            rows[sku] = replace(level, warehouses=warehouses, told=told)
            self.moved.append((sku, self.now))

    def exchange(self, said: dict[Pair, int], between: list[tuple[str, str, str]], breaks: int, again: bool) -> None:
        """A file comes; orders move the stock `between` that and its telling, which `breaks` after so many SKUs or,
        from 90 on, after the switch. `again` = it belongs to the run before."""
        if not again or self.run is None:
            self.runs += 1
            self.run = Run(id=f"run {self.runs}", begun=self.now, touched=self.now)
        came = self.now
        for one in between:
            self.move(*one)
        self.later()
        run, numbers = self.run, {pair: D(number) for pair, number in said.items()}
        before = still_true(self.told, version=self.version, kind=self.kind, safety=self.safety, now=self.now)
        moved = None
        if before and before.whole:
            moved = {sku for sku, at in self.moved if at >= before.since - SETTLED}
        news = {pair[0] for pair, number in numbers.items() if number != self.facts.get(pair, D(0))}
        for at, sku in enumerate(sorted({sku for sku, _ in numbers})):
            if at == breaks:
                return
            told = {place: number for (one, place), number in numbers.items() if one == sku}
            self.tell(self.all, sku, told, came)
            if moved is None or sku in news | moved:
                self.tell(self.some, sku, told, came)
            else:
                event("left out")
        there = {pair for pair in numbers if numbers[pair] or pair in self.facts}
        self.facts |= {pair: numbers[pair] for pair in there}
        self.touched |= dict.fromkeys(there, run.id)
        self.version += bool(news)
        if breaks >= 90:
            return
        covered = all(self.touched[pair] == run.id for pair in self.facts)
        self.told = told_now(before, run, covered=covered, version=self.version, kind=self.kind, safety=self.safety)
        self.run = replace(run, shows=run.shows + bool(news))


_moves = st.tuples(st.sampled_from(SKUS), st.sampled_from(PLACES), st.sampled_from(MOVES))
_numbers = st.one_of(
    st.fixed_dictionaries({pair: st.integers(0, 3) for pair in EVERY}),
    st.dictionaries(st.tuples(st.sampled_from(SKUS), st.sampled_from(PLACES)), st.integers(0, 3), max_size=4),
)
_breaks = st.sampled_from([10, 10, 10, 10, 10, 0, 1, 2, 90])
_acts = st.one_of(
    st.tuples(st.just("exchange"), _numbers, st.lists(_moves, max_size=2), _breaks, st.booleans()),
    st.tuples(st.just("repeat"), st.lists(_moves, max_size=2), _breaks, st.booleans()),
    st.tuples(st.just("move"), _moves),
    st.tuples(st.just("wait"), st.sampled_from([1, 10, 60])),
    st.tuples(st.just("published"), st.none()),
    st.tuples(st.just("kind"), st.sampled_from(StockKind)),
    st.tuples(st.just("safety"), st.integers(0, 1)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_acts, max_size=14))
def test_to_tell_only_what_may_be_news_ends_in_the_rows_of_telling_everything(acts: list[tuple[object, ...]]) -> None:
    sky = Sky()
    for _ in range(2):
        sky.exchange(dict.fromkeys(EVERY, 2), [], 10, False)
        sky.later(10)
    for what, *more in acts:
        if what == "exchange":
            sky.exchange(*more)  # type: ignore[arg-type]
        elif what == "repeat":
            sky.exchange({pair: int(number) for pair, number in sky.facts.items()}, *more)  # type: ignore[arg-type]
        elif what == "move":
            sky.move(*more[0])  # type: ignore[misc]
        elif what == "wait":
            sky.later(more[0])  # type: ignore[arg-type]
        elif what == "published":
            sky.version += 1
        elif what == "kind":
            sky.kind = more[0]  # type: ignore[assignment]
        else:
            sky.safety = D(more[0])  # type: ignore[arg-type]
        assert sky.some == sky.all


def test_numbers_that_mean_something_else_or_another_snapshot_make_what_was_told_untrue() -> None:
    same = {"version": 4, "kind": StockKind.FREE, "safety": D(0), "now": T0}
    assert still_true(TOLD, **same) == TOLD  # type: ignore[arg-type]
    others = ({"version": 5}, {"kind": StockKind.PHYSICAL}, {"safety": D(1)}, {"now": T0 + OLDEST})
    assert [still_true(TOLD, **{**same, **other}) for other in others] == [None] * 4  # type: ignore[arg-type]


def _told(before: StockTold | None, run: Run, *, covered: bool) -> StockTold | None:
    return told_now(before, run, covered=covered, version=5, kind=StockKind.FREE, safety=D(0))


def test_a_run_that_told_all_stock_in_several_showings_has_told_the_whole() -> None:
    begun = _told(None, RUN, covered=False)
    assert begun is not None
    assert not begun.whole
    ended = _told(begun, replace(RUN, shows=1), covered=True)
    assert ended == replace(TOLD, version=5)


def test_a_run_of_which_an_earlier_showing_is_not_known_has_not_told_the_whole() -> None:
    assert _told(None, replace(RUN, shows=1), covered=True) is None
    assert _told(replace(TOLD, run="other", whole=False), replace(RUN, shows=1), covered=True) is None


def test_a_change_of_some_stock_leaves_the_rest_told_since_when_it_was() -> None:
    assert _told(TOLD, replace(RUN, id="later", begun=T0 + timedelta(hours=1)), covered=False) == replace(
        TOLD, version=5
    )
