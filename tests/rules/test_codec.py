"""What is stored of a dataclass, and that it comes back as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal, Inexact
from enum import StrEnum
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.storage import codec
from chalicelib.storage.rows import CountersAttribute, DocumentAttribute, to_attribute


class Colour(StrEnum):
    OAK = "oak"
    WHITE = "white"


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    price: Decimal
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class OnRequest:
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    name: str
    number: int
    glazed: bool
    price: Decimal
    made: datetime
    due: date
    colour: Colour
    parts: tuple[Part, ...]
    sizes: tuple[tuple[Decimal, int], ...]
    words: Mapping[str, str]
    held: dict[str, Mapping[str, Part]]
    tone: Literal["ok", "bad"] = "ok"
    note: str | None = None
    main: Part | None = None
    answer: Priced | OnRequest | None = None


DOOR = Door(
    name="Дверь",
    number=7,
    glazed=True,
    price=Decimal("1234.50"),
    made=datetime(2026, 11, 21, 8, 30, 0, 5, UTC),
    due=date(2026, 12, 1),
    colour=Colour.OAK,
    parts=(Part("рама", Decimal("0.7")),),
    sizes=((Decimal("2.1"), 1),),
    words={"ru": "дуб"},
    held={"w": {"a": Part("лист", Decimal(1))}},
    tone="bad",
    main=Part("створка", Decimal("0.3")),
    answer=Priced(price=Decimal(5), day=date(2026, 1, 2)),
)
STORED = {
    "name": "Дверь",
    "number": 7,
    "glazed": True,
    "price": "1234.50",
    "made": "2026-11-21T08:30:00.000005Z",
    "due": "2026-12-01",
    "colour": "oak",
    "parts": [{"name": "рама", "share": "0.7"}],
    "sizes": [["2.1", 1]],
    "words": {"ru": "дуб"},
    "held": {"w": {"a": {"name": "лист", "share": "1"}}},
    "tone": "bad",
    "main": {"name": "створка", "share": "0.3"},
    "answer": {"price": "5", "day": "2026-01-02"},
}


def test_numbers_and_dates_are_stored_as_exact_sortable_text_and_nothing_is_stored_of_none() -> None:
    assert codec.dump(DOOR) == STORED
    assert type(codec.dump(DOOR)["colour"]) is str


@pytest.mark.parametrize(
    "door",
    [
        DOOR,
        replace(DOOR, main=None, answer=None),
        replace(DOOR, answer=OnRequest(why="договорная"), parts=(), words={}),
    ],
    ids=["everything", "nothing optional", "the other answer"],
)
def test_a_dataclass_comes_back_as_it_was(door: Door) -> None:
    assert codec.load(Door, codec.dump(door)) == door


def test_members_of_a_later_version_are_passed_over_and_missing_ones_take_their_defaults() -> None:
    old = {name: value for name, value in STORED.items() if name != "tone"}
    assert codec.load(Door, {**old, "height": 3}) == replace(DOOR, tone="ok")


@pytest.mark.parametrize(
    ("member", "stored"),
    [
        ("name", 5),
        ("number", "7"),
        ("glazed", "yes"),
        ("price", "much"),
        ("made", "soon"),
        ("due", "2026-13-01"),
        ("colour", "red"),
        ("sizes", [["1"]]),
        ("tone", "loud"),
    ],
)  # fmt: skip
def test_a_stored_value_of_another_kind_is_an_error_and_no_guess(member: str, stored: object) -> None:
    with pytest.raises((TypeError, ValueError, ArithmeticError)):
        codec.load(Door, {**STORED, member: stored})


def test_a_map_without_a_required_member_is_an_error() -> None:
    with pytest.raises(TypeError, match="price"):
        codec.load(Door, {name: value for name, value in STORED.items() if name != "price"})


@dataclass(frozen=True)
class Lossy:
    note: str | None


@dataclass(frozen=True)
class Holder:
    parts: tuple[Lossy, ...] = ()


@dataclass(frozen=True)
class Measured:
    weight: float


@pytest.mark.parametrize("value", [Lossy(None), Holder(), Measured(1.5), {"a": 1}, Lossy], ids=repr)
def test_what_could_not_be_loaded_again_is_refused_before_it_is_stored(value: object) -> None:
    with pytest.raises(TypeError):
        codec.dump(value)


_PLAIN: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(document=st.dictionaries(st.text(max_size=5), _PLAIN, max_size=4))
def test_a_plain_map_comes_back_from_dynamodbs_form(document: dict[str, Any]) -> None:
    attribute = DocumentAttribute()
    assert attribute.deserialize(attribute.serialize(document)) == document


def test_counters_come_back_as_exact_decimals() -> None:
    attribute = CountersAttribute()
    counters = {"w1": {"available": Decimal("0.30")}, "last": Decimal(12)}
    read = attribute.deserialize(attribute.serialize(counters))
    assert read == counters
    assert isinstance(read["last"], Decimal)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (1.5, TypeError),
        (Decimal("NaN"), TypeError),
        (Decimal("Infinity"), TypeError),
        (Decimal("1." + "1" * 40), Inexact),
        ({1, 2}, TypeError),
    ],
    ids=str,
)
def test_a_number_that_dynamodb_would_round_or_cannot_hold_is_refused(value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        to_attribute(value)
