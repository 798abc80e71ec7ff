"""How a form puts a product's pictures in order, and what is kept of pictures that came meanwhile."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.goods.gallery import Place, in_order, rearranged

NAMES = st.lists(st.sampled_from("abcdefgh"), unique=True)


def places(**numbers: int | None) -> list[Place]:
    return [Place(name=name, was=at, number=number) for at, (name, number) in enumerate(numbers.items(), start=1)]


def test_of_two_with_the_same_number_the_one_that_was_moved_takes_the_place() -> None:
    assert in_order(places(a=1, b=2, c=1)) == ("c", "a", "b")
    assert in_order(places(a=2, b=2, c=3)) == ("b", "a", "c")
    assert in_order(places(a=1, b=None, c=2)) == ("a", "c", "b")


def test_the_main_picture_comes_first_and_one_that_is_taken_away_goes() -> None:
    assert in_order(places(a=1, b=2, c=3), main="c") == ("c", "a", "b")
    assert in_order([*places(a=1), Place(name="b", was=2, number=2, gone=True)]) == ("a",)


@given(NAMES, st.data())
def test_what_came_after_the_form_was_shown_is_kept_and_stays_last(now: list[str], data: st.DataObject) -> None:
    shown = [one for one in now if data.draw(st.booleans())]
    wanted = data.draw(st.permutations(shown))[: data.draw(st.integers(0, len(shown)))]
    after = rearranged(now, shown, wanted)
    assert after == (*wanted, *(one for one in now if one not in shown))


def test_another_order_than_the_form_showed_is_told() -> None:
    assert rearranged(["b", "a"], ["a", "b"], ["a"]) is None
    assert rearranged(["b"], ["a", "b"], ["b", "a"]) is None
