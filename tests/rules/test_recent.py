"""Keeping the few things last used."""

from __future__ import annotations

from chalicelib.kernel.recent import Recent


def test_what_was_not_used_for_longest_goes_first() -> None:
    kept: Recent[str, int] = Recent(2)
    for name, value in (("a", 1), ("b", 2)):
        assert kept.keep(name, value) == value
    assert kept.get("a") == 1
    kept.keep("c", 3)
    assert [kept.get(name) for name in "abc"] == [1, None, 3]


def test_a_value_may_be_replaced_and_all_forgotten() -> None:
    kept: Recent[str, int] = Recent(2)
    for value in (1, 2):
        kept.keep("a", value)
    assert kept.get("a") == 2
    kept.clear()
    assert kept.get("a") is None
