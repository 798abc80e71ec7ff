"""Many people and the ERP at the same stock at once, with calls that fail before or after they took effect: nothing is
oversold and nothing lost, what is on its way neither, what is on order is held nowhere, and the journal tells the same
as the counters."""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from chalicelib.kernel.access import Actor
from chalicelib.kernel.errors import KontorError
from chalicelib.kernel.ids import new_id
from chalicelib.ordering import cart_store, store
from chalicelib.ordering.actions import (
    Ask,
    NewOrder,
    apply_erp_update,
    cancel,
    change_lines,
    confirm,
    exported_versions,
    extend_reserve,
    mark_exported,
    orders_to_export,
    place_order,
    refuse,
)
from chalicelib.ordering.actions.arriving import settle, waiting_orders
from chalicelib.ordering.actions.stocktaking import disagreeing
from chalicelib.ordering.arriving import Changed
from chalicelib.ordering.cart import CartLine
from chalicelib.ordering.erp import ErpUpdate, ErpUpdateShipment
from chalicelib.ordering.holding import Reservation, wanted
from chalicelib.ordering.reservation_store import load_reservation, reservation_from, reservation_key
from chalicelib.ordering.states import State
from chalicelib.ordering.store import OrderFile
from chalicelib.stock import journal_store
from chalicelib.stock.actions import erp_levels
from chalicelib.stock.journal_store import turn_pages
from chalicelib.stock.store import levels, noted_writes
from chalicelib.stock.transit import Arrival, ByHand
from chalicelib.storage import keys
from chalicelib.storage.attempts import until_committed
from chalicelib.storage.session import TenantSession
from chalicelib.storage.writes import Write
from chalicelib.tenancy.model import StockKind
from chalicelib.tenancy.store import settings_write
from tests.support.shop import NOW, D, Shop, name_of, sku

THREADS = 64  # 60 buyers and managers, the rest is the ERP and the workers
SECONDS = 12
NAMES = ("a", "b", "c", "d", "e")
ON_ORDER = "e"  # may be ordered though there is none
MOST = dict.fromkeys(NAMES, 4) | {ON_ORDER: 15}  # that one line asks for
PLACES = ("w1", "w2", "w3")
FAULTS = 0.12  # of all transactions, half of them after they took effect
SEED = int(os.environ.get("KONTOR_SEED") or random.randrange(10**6))


class Broken(Exception):
    """The call failed; whether it took effect is not known."""


class Clock:
    """Moments that only go forward, some minutes each, so that reserves run out while others are made."""

    def __init__(self) -> None:
        self._lock, self._now = threading.Lock(), NOW

    def tick(self) -> datetime:
        with self._lock:
            self._now += timedelta(minutes=5)
            return self._now


class Shaky(TenantSession):
    """A session some of whose transactions fail, before or after they took effect."""

    chance: random.Random
    seen: Counter[str]

    def commit(self, writes: Sequence[Write]) -> None:
        fate = self.chance.random()
        if fate < FAULTS / 2:
            self.seen["failed before"] += 1
            raise Broken
        super().commit(writes)
        if fate > 1 - FAULTS / 2:
            self.seen["failed after"] += 1
            raise Broken


class Market:
    """A shop with many buyers, and what happened in it."""

    def __init__(self, kind: StockKind) -> None:
        self.shop = Shop(dict.fromkeys(NAMES, ("10.00", 0)), kind=kind)
        self.shop.shelf.lead_days[sku(ON_ORDER)] = 14
        self.shop.settings = replace(self.shop.settings, reserve_hours=1, transit_orders=True)
        self.shop.db.commit([settings_write(self.shop.settings, 1)])
        self.kind, self.clock, self.seen = kind, Clock(), Counter[str]()
        self.received: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self.sold: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self.landed: list[tuple[str, Arrival]] = []  # goods that have come, and the ERP does not know it yet
        self.placed: dict[str, str] = {}  # by the request's key
        self.known: set[str] = set()  # orders that the ERP has
        self.until = 0.0

    def session(self, seed: str) -> Shaky:
        made = Shaky(self.shop.db.tenant_id, self.shop.session()._connection)
        made.chance, made.seen = random.Random(f"{SEED}-{seed}"), self.seen
        return made

    def surely(self, act: Callable[[], object]) -> object:
        """Asks again, as one who got no answer does; a refusal is an answer."""
        while True:
            try:
                return act()
            except Broken:
                continue
            except KontorError as refusal:
                self.seen[f"refused {refusal.code}"] += 1
                return None

    # --- people ----------------------------------------------------------------------------------

    def person(self, number: int) -> None:
        rng, db = random.Random(f"{SEED}-person-{number}"), self.session(f"person-{number}")
        buyer, step = self.shop.other_buyer(f"u{number}"), 0
        while time.monotonic() < self.until:
            step += 1
            if rng.random() < 0.3:
                self.place(db, rng, buyer, f"key{number:04d}x{step:012d}")
            else:  # anybody's order: they are one dealer's people
                self._change(db, rng, buyer, rng.choice(list(self.placed.values())), f"act{number:04d}x{step:012d}")

    def place(self, db: Shaky, rng: random.Random, buyer: Actor, key: str) -> None:
        picks = {name: rng.randint(1, MOST[name]) for name in rng.sample(NAMES, rng.randint(1, 3))}
        self._fill(buyer, picks)
        new, now = NewOrder(actor=buyer, contract_id=self.shop.contract.id, key=key), self.clock.tick()
        order_id = self.surely(lambda: place_order(db, new, now, shelf_of=self.shop.shelf_of))
        if order_id is not None:
            self.seen["placed"] += 1
            self.placed[key] = str(order_id)
            self.seen["on order"] += bool(self.reservation(str(order_id)).on_order)

    def _fill(self, buyer: Actor, picks: dict[str, int]) -> None:
        """Exactly this is in the buyer's cart."""
        db, contract_id = self.shop.session(), self.shop.contract.id
        days = self.shop.shelf.lead_days
        lines = [
            CartLine(sku=sku(name), quantity=D(n), article=name, seen_price=D(10), seen_days=days.get(sku(name)))
            for name, n in picks.items()
        ]
        pages = db.get_many(cart_store.cart_keys(db.tenant_id, buyer.user_id, contract_id))
        before = cart_store.cart_from(pages.values(), contract_id)
        db.commit(cart_store.cart_writes(db.tenant_id, buyer.user_id, before, replace(before, lines=tuple(lines))))

    def _change(self, db: Shaky, rng: random.Random, buyer: Actor, order_id: str, key: str) -> None:
        file = store.load_order(db, order_id)
        actor = rng.choice((buyer, self.shop.manager))
        ask = Ask(actor=actor, order_id=order_id, version=file.order.version, key=key, now=self.clock.tick())
        quantities = {line.id: D(rng.randint(0, MOST[name_of(line.sku)])) for line in file.live_lines}
        acts: dict[str, Callable[[], object]] = {
            "confirmed": lambda: confirm(db, replace(ask, actor=self.shop.manager)),
            "changed": lambda: change_lines(db, ask, quantities),
            "extended": lambda: extend_reserve(db, ask),
            "cancelled": lambda: cancel(db, ask) if actor is buyer else refuse(db, ask, "нет"),
        }
        name = rng.choices(list(acts), weights=(4, 3, 1, 2))[0]
        if self.surely(acts[name]) is not None:
            self.seen[name] += 1

    # --- the ERP and the workers -----------------------------------------------------------------

    def erp(self) -> None:
        """One exchange after another: goods come, orders that have theirs are read, some leave."""
        rng, db = random.Random(f"{SEED}-erp"), self.session("erp")
        while time.monotonic() < self.until:
            self.exchange(rng, db)

    def exchange(self, rng: random.Random, db: Shaky) -> None:
        offered = [one for one in orders_to_export(self.shop.db) if not self.reservation(one.order.id).waits]
        self.surely(lambda: mark_exported(db, exported_versions(offered), self.clock.tick()))
        self.known |= {one.order.id for one in offered}
        for one in offered:
            file = store.load_order(self.shop.db, one.order.id)
            if file.order.state is State.CONFIRMED and file.order.erp.exported_edition and rng.random() < 0.7:
                self._ship(db, file)
        for name in rng.sample(NAMES, 2):
            self.received[name, rng.choice(PLACES)] += rng.randint(1, 6)
        while self.landed:
            name, arrival = self.landed.pop()
            self.received[name, arrival.warehouse] += arrival.quantity
        self.tell(db)

    def tell(self, db: TenantSession) -> None:
        """What the ERP has of everything: in the warehouse, or free of the orders that it knows."""
        known = self.counted() if self.kind is StockKind.FREE else {}
        rows = [
            (sku(name), {place: self._there(name, place) - known.get((name, place), D(0)) for place in PLACES})
            for name in NAMES
        ]
        now = self.clock.tick()
        waiting = waiting_orders(db, self.kind, now)
        self.surely(lambda: erp_levels(db, rows, kind=self.kind, as_of=now, message_id="m", now=now, waiting=waiting))
        self.seen["told"] += 1

    def _there(self, name: str, place: str) -> Decimal:
        return self.received[name, place] - self.sold[name, place]

    def _ship(self, db: Shaky, file: OrderFile) -> None:
        """What was on order has been made for it, and leaves with it: of that the ERP never tells any stock."""
        held = self.reservation(file.order.id).held
        whole = ErpUpdateShipment(id=f"s-{file.order.id}", number="Р-1")
        update = ErpUpdate(number=file.order.number, document_id=file.order.id, shipped=whole)
        self.surely(lambda: apply_erp_update(db, update, self.clock.tick()))
        if any(line.shipped for line in store.load_order(self.shop.db, file.order.id).lines):
            self.seen["shipped"] += 1
            for one, parts in held.items():
                for place, part in parts.items():
                    self.sold[name_of(one), place] += part.quantity

    def purchaser(self) -> None:
        """Goods are on their way, come, come later, or not at all."""
        rng, db = random.Random(f"{SEED}-purchaser"), self.session("purchaser")
        while time.monotonic() < self.until:
            self.purchase(rng, db)
            time.sleep(0.05)

    def purchase(self, rng: random.Random, db: Shaky, fate: str = "") -> None:
        """Another arrival, or some fate of one that orders have a promise of, if there is one."""
        found = levels(db, [sku(name) for name in NAMES], consistent=True)
        name = rng.choice(NAMES)
        if fate:
            name = max(NAMES, key=lambda one: sum(row.allocated for row in found[sku(one)].arriving.values()))
        arrivals = found[sku(name)].by_hand.arrivals
        if not arrivals or (len(arrivals) < 4 and not fate):
            self._note(db, name, "expected", lambda noted: noted.expecting((*noted.arrivals, self._arrival(rng))))
            return
        one = max(arrivals, key=found[sku(name)].promised)

        def instead(noted: ByHand, **said: object) -> ByHand:
            """The arrival with what is said of it now, or without it."""
            others = [other for other in noted.arrivals if other.id != one.id]
            still = noted.arrival(one.id)
            return noted.expecting([*others, replace(still, **said)] if still and said else others)  # type: ignore[arg-type]

        fate = fate or rng.choice(("came", "came", "off", "less", "later"))
        if fate == "came":
            told_first = rng.random() < 0.5
            if told_first:
                self.landed.append((name, one))
            said = self.clock.tick()
            self._note(db, name, fate, lambda noted: noted.received(one, said) if noted.arrival(one.id) else noted)
            if not told_first:
                self.landed.append((name, one))
        elif fate == "off":
            self._note(db, name, fate, instead)
        elif fate == "less":
            self._note(db, name, fate, lambda noted: instead(noted, quantity=D(1)))
        else:
            self._note(db, name, fate, lambda noted: instead(noted, due=one.due + timedelta(days=3)))

    def _arrival(self, rng: random.Random) -> Arrival:
        due = self.clock.tick().date() + timedelta(days=rng.randint(0, 30))
        place, quantity = rng.choice(PLACES), D(rng.randint(1, 9))
        return Arrival(id=new_id(self.clock.tick()), warehouse=place, quantity=quantity, due=due)

    def _note(self, db: Shaky, name: str, what: str, change: Callable[[ByHand], ByHand]) -> None:
        """One person notes what comes, so that nothing that was read is another one when it is written."""

        def once() -> None:
            level = levels(db, [sku(name)], consistent=True)[sku(name)]
            noted = change(level.by_hand)
            db.commit(noted_writes(db.tenant_id, level, noted))

        self.surely(lambda: until_committed(once))
        self.seen[what] += 1

    def worker(self) -> None:
        db = self.session("worker")
        while time.monotonic() < self.until:
            self.surely(lambda: turn_pages(db, [sku(name) for name in NAMES]))
            self.settle(db)
            time.sleep(0.2)

    def settle(self, db: TenantSession) -> None:
        for name in NAMES:
            now = self.clock.tick()
            change = Changed(sku=sku(name), actor_id="anna", actor_name="Анна")
            self.surely(lambda change=change, now=now: settle(db, change, now))  # type: ignore[misc]

    def reader(self) -> None:
        """Nobody ever sees a warehouse that has promised more than it has."""
        db = self.shop.session()
        while time.monotonic() < self.until:
            for level in levels(db, [sku(name) for name in NAMES], consistent=True).values():
                assert all(row.available >= 0 for row in level.warehouses.values()), level
            time.sleep(0.2)

    # --- what there is ---------------------------------------------------------------------------

    def files(self) -> Iterator[OrderFile]:
        for record in self.shop.db.query_all(keys.month_orders(self.shop.db.tenant_id, "2026-11")):
            yield store.load_order(self.shop.db, store.order_from(record).id)

    def reservation(self, order_id: str) -> Reservation:
        return load_reservation(self.shop.db, order_id)

    def held(self, orders: Iterable[str]) -> dict[tuple[str, str], Decimal]:
        """What the orders hold, by article and warehouse."""
        out: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        db = self.shop.session()
        rows = db.get_many(reservation_key(db.tenant_id, order_id) for order_id in orders)
        for row in rows.values():
            for one, parts in reservation_from(row).held.items():
                for place, part in parts.items():
                    out[name_of(one), place] += part.quantity
        return out

    def counted(self) -> dict[tuple[str, str], Decimal]:
        """What the ERP keeps for the orders that it knows: what such a one takes later, having been short, it does not
        know."""
        out: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for order_id in self.known:
            for one, parts in self.reservation(order_id).held.items():
                for place, part in parts.items():
                    out[name_of(one), place] += part.known
        return out

    def run(self) -> None:
        self.until = time.monotonic() + SECONDS
        jobs: list[Callable[[], None]] = [self.erp, self.worker, self.worker, self.purchaser, self.reader]
        jobs += [lambda number=number: self.person(number) for number in range(THREADS - len(jobs))]  # type: ignore[misc]
        with ThreadPoolExecutor(THREADS) as pool:
            for done in [pool.submit(job) for job in jobs]:
                done.result()


@pytest.mark.timeout(900)  # 64 threads: minutes, where other work takes the processor
@pytest.mark.parametrize("kind", list(StockKind))
def test_sold_and_held_and_free_is_what_was_received_whatever_happens_at_once(tables: None, kind: StockKind) -> None:
    market = Market(kind)
    for name in NAMES:
        for place in PLACES:
            market.received[name, place] = D(9)
    market.tell(market.shop.db)
    rng = random.Random(SEED)
    for _ in range(20):
        market.purchase(rng, market.session("expected"))
    for number in range(40):
        market.place(market.session("first"), random.Random(number), market.shop.buyer, f"first{number:016d}")
    for order_id in list(market.placed.values())[:6]:
        file = store.load_order(market.shop.db, order_id)
        confirm(market.shop.db, replace(market.shop.ask(file), now=market.clock.tick()))
    market.exchange(rng, market.session("early"))
    market.run()
    late = market.session("late")
    for turn, fate in enumerate(("", "off", "came", "", "less", "later") * 3):
        market.purchase(rng, late, fate)
        market.settle(late)
        market.place(late, rng, market.shop.buyer, f"late{turn:016d}")
    market.exchange(rng, market.session("last"))  # a cancelled order is free when the ERP knows of it
    market.settle(market.session("end"))
    movements = [
        one for name in NAMES for one in journal_store.movements(market.shop.db, sku(name), most=10**6).movements
    ]
    market.seen.update(f"moved: {one.cause.why}" for one in movements)
    db, files = market.shop.db, list(market.files())
    held = market.held(file.order.id for file in files)
    found = levels(db, [sku(name) for name in NAMES], consistent=True)
    for name in NAMES:
        for place in PLACES:
            row = found[sku(name)].warehouses[place]
            case = f"{name} in {place}, seed {SEED}"
            assert row.available >= 0, f"oversold: {case}"
            assert row.allocated == held[name, place], f"holds: {case}"
            assert market.sold[name, place] + row.allocated + row.available == market.received[name, place], case
        for one in (*found[sku(name)].by_hand.arrivals, *found[sku(name)].by_hand.came):
            row = found[sku(name)].arriving[one.place]
            case = f"{name} in transit, seed {SEED}"
            assert 0 <= row.allocated <= row.on_hand <= one.quantity, f"more is promised than comes: {case}"
            assert row.allocated == held[name, one.place], f"promises: {case}"
    assert not any(level.by_hand.came for level in found.values()), "the ERP's last word settles what has come"
    places = {*PLACES, *(place for level in found.values() for place in level.arriving)}
    assert {place for _, place in held} <= places, "nobody has a promise of what is not to come"
    assert disagreeing(db, [sku(name) for name in NAMES], [file.order.id for file in files]) == {}

    assert {file.order.id for file in files} == set(market.placed.values()), "each request made one order"
    assert len(set(market.placed.values())) == len(market.placed)
    for file in files:
        reserve = market.reservation(file.order.id)
        total = {one: reserve.total(one) + reserve.to_be_made(one) for one in {*reserve.held, *reserve.on_order}}
        assert set(reserve.on_order) <= {sku(ON_ORDER)}, file.order.number
        if any(one.kind == "arrival_short" for one in file.happenings):
            assert all(total[one] <= wanted(file.lines)[one] for one in total), file.order.number
            continue
        assert total in ({}, wanted(file.lines)), file.order.number
        if not file.order.has_lapsed(market.clock.tick()) and file.order.state is not State.CANCELLED:
            assert total == wanted(file.lines), file.order.number
        noted = [one for one, level in found.items() if file.order.id in level.timed]
        assert sorted(noted) == sorted(reserve.held if reserve.until else ()), file.order.number
    print(f"seed {SEED}: {dict(sorted(market.seen.items()))}")
    assert market.seen["failed before"] + market.seen["failed after"] > 0
    assert market.seen["moved: lapsed"] > 0, "goods were short, and somebody's time was over"
    assert market.seen["shipped"] > 0
    assert market.seen["on order"] > 0
    # Which of the two it is depends on whose turn came first; test_ordering_transit has each by itself.
    assert market.seen["moved: arrived"] + market.seen["moved: called_off"] > 0
