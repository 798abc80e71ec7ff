"""One wrong letter in a typed word, and suggestions for a text that is being typed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from chalicelib.catalogue.feed import CategoryRow, PropertyRow
from chalicelib.catalogue.model import Query
from chalicelib.catalogue.snapshot import spelling
from chalicelib.catalogue.snapshot.read import Catalogue
from chalicelib.catalogue.snapshot.text import folded, tokens
from tests.rules.catalogue_feeds import Workshop, goods, product

NAMES = (
    "Подоконник усиленный", "Ручка оконная", "Ручка дверная с замком", "Петля левая нержавеющая", "Уплотнитель чёрный",
    "Саморез оцинкованный", "Стеклопакет двухкамерный", "Откосы утеплённые", "Балконный блок", "Наличник ёлочкой",
    "Window handle white", "Door closer heavy duty", "Sliding panel hinge", "Aluminium threshold",
    "Fereastră albă", "Ușă metalică", "Mâner din oțel", "Poartă batantă", "Geam termopan", "Broască îngropată",
)  # fmt: skip
WORDS = tuple(sorted({word for name in NAMES for word in tokens(name) if len(word) >= spelling.SHORTEST}))
LETTERS = {True: "абвгдежзийклмнопрстуфхцчшщъыьэюя", False: "abcdefghijklmnopqrstuvwxyz"}


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    shop = Workshop(tmp_path_factory.mktemp("spelling"))
    shop.apply(
        goods(),
        CategoryRow(id="h", name="Ручки и замки", parent_id=None),
        CategoryRow(id="w", name="Окна", parent_id=None),
        PropertyRow(id="colour", name="Цвет", values=(("b", "Антрацит"),)),
        *(product(f"{n:02}", name, article=f"FR-{n:02}/7", category_ids=("w",)) for n, name in enumerate(NAMES)),
        product("h", "Ручка Swing", article="RH-5512", barcode="4601234567890", category_ids=("h",),
                attributes=(("colour", "b"),)),
    )  # fmt: skip
    with shop.open() as opened:
        yield opened


@st.composite
def mistyped(draw: st.DrawFn, words: st.SearchStrategy[str] = st.sampled_from(WORDS)) -> tuple[str, str]:  # noqa: B008
    """A word, and the same with one letter more, less, another, or with two neighbours changed."""
    word = draw(words)
    at = draw(st.integers(0, len(word) - 1))
    letter = draw(st.sampled_from(LETTERS["а" <= word[0] <= "я"]))
    wrong = draw(
        st.sampled_from(
            (
                word[:at] + letter + word[at:],
                word + letter,
                word[:at] + word[at + 1 :],
                word[:at] + letter + word[at + 1 :],
                word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
            )
        )
    )
    assume(wrong != word)
    return word, wrong


@given(mistyped())
@example(("ручка", "рчука"))
@example(("ручка", "урчка"))
@example(("ручка", "ручак"))
@example(("albă", "alb"))
def test_every_word_with_one_wrong_letter_is_found_again(catalogue: Catalogue, pair: tuple[str, str]) -> None:
    word, wrong = pair
    there = {item.sku for item in catalogue.search(Query(text=word, size=100)).items}
    found = catalogue.search(Query(text=wrong, size=100))
    offered = {item.sku for text in found.meant for item in catalogue.search(Query(text=text, size=100)).items}
    if found.meant:
        assert there & offered
        assert found.items == catalogue.search(Query(text=found.meant[0], size=100)).items
    else:  # what was typed is a word, or the beginning of one, by itself
        assert found.total


@given(st.lists(st.text("абвг", min_size=2, max_size=8), min_size=1, max_size=12), st.data())
def test_a_vocabulary_gives_every_word_one_error_away_and_no_other(words: list[str], data: st.DataObject) -> None:
    _, typed = data.draw(mistyped(st.sampled_from(words)))
    db = sqlite3.connect(":memory:")
    db.executescript("CREATE TABLE word (key, stem, written); CREATE TABLE word_back (key);")
    db.executemany("INSERT INTO word VALUES (?, '', '')", ((word,) for word in words))
    db.executemany("INSERT INTO word_back VALUES (?)", ((word[::-1],) for word in words))
    near = {word for word in words if len(word) >= spelling.SHORTEST and spelling.one_error_apart(typed, word)}
    assert set(spelling.near(db, typed)) == (near if len(typed) >= spelling.SHORTEST - 1 else set())


@given(st.text("абв", max_size=6), st.text("абв", max_size=6))
def test_one_error_is_one_letter_more_less_other_or_two_neighbours_changed(one: str, other: str) -> None:
    letters = "абв"
    cuts = [(one[:at], one[at:]) for at in range(len(one) + 1)]
    edited = {a + letter + b[cut:] for a, b in cuts for letter in letters for cut in (0, 1)}
    edited |= {a + b[1:] for a, b in cuts} | {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    assert spelling.one_error_apart(one, other) == (other in edited - {one})
    assert spelling.one_error_apart(one, other) == spelling.one_error_apart(other, one)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("рчка", "ручка"),
        ("подаконников", "подоконник"),  # another form of the word, whose stem is a letter away
        ("Ручка двреная", "Ручка дверная"),
        ("рчука двреная", "ручка дверная"),
        ("Fereastra alba", ""),  # without its marks it is no error
        ("fereasta", "fereastră"),
        ("hadnle", "handle"),
        ("антроцит", "антрацит"),  # a property's value
        ("рчка RH-5512", "ручка RH-5512"),
        ("ручка", ""),
        ("ручк", ""),  # still being typed
        ("дверная window", ""),  # both are known: nothing has them together
        ("рчка абракадабра", ""),  # the other word is near nothing
        ("4601234567899", ""),  # a number is not guessed
        ("дом", ""),
        ("   ", ""),
    ],
)
def test_a_text_that_finds_nothing_is_answered_for_the_nearest_that_does(
    catalogue: Catalogue, typed: str, meant: str
) -> None:
    found = catalogue.search(Query(text=typed))
    assert found.meant[:1] == ((meant,) if meant else ())
    assert bool(found.total) == bool(meant or catalogue.search(Query(text=typed)).total)


def test_a_filter_that_leaves_nothing_is_no_typing_error(catalogue: Catalogue) -> None:
    assert catalogue.search(Query(text="подоконник", category_id="h")).meant == ()
    found = catalogue.search(Query(text="рчка", category_id="h"))
    assert ([item.name for item in found.items], found.meant[0]) == (["Ручка Swing"], "ручка")


def test_the_more_frequent_word_comes_first(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.apply(goods(), product("1", "Точка"), product("2", "Тачка большая"), product("3", "Тачка малая"))
    with shop.open() as catalogue:
        assert catalogue.search(Query(text="течка")).meant == ("тачка", "точка")


def test_words_come_and_go_with_the_products_that_have_them(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.apply(goods(), product("1", "Подоконник"), product("2", "Наличник"))
    shop.apply(goods(full=False), product("1", "Откосы"))
    with shop.open() as catalogue:
        assert catalogue.search(Query(text="откасы")).meant == ("откосы",)
        assert catalogue.search(Query(text="подаконник")).meant == ()
        assert catalogue.search(Query(text="наличнек")).meant == ("наличник",)
    assert shop.top is not None
    kept = {row[0] for row in sqlite3.connect(shop.top).execute("SELECT key FROM word")}
    assert "подоконник" not in kept


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("rh-55", "Ручка Swing"),  # the beginning of an article
        ("5512", "Ручка Swing"),  # a piece of it
        ("460123", "Ручка Swing"),  # of the barcode
        ("усил", "Подоконник усиленный"),
        ("ручки двер", "Ручка дверная с замком"),
        ("WIN", "Window handle white"),
        ("uși me", "Ușă metalică"),
        ("двреная", "Ручка дверная с замком"),
    ],
)
def test_what_is_typed_brings_products_by_code_or_by_words(catalogue: Catalogue, typed: str, first: str) -> None:
    assert [item.name for item in catalogue.suggest(typed).items][:1] == [first]


def test_what_is_typed_brings_categories(catalogue: Catalogue) -> None:
    assert [one.name for one in catalogue.suggest("замк").categories] == ["Ручки и замки"]
    assert [one.name for one in catalogue.suggest("окон").categories] == ["Окна"]
    assert catalogue.suggest("окн ручк").categories == ()


def test_an_article_comes_before_names(tmp_path: Path) -> None:
    shop = Workshop(tmp_path)
    shop.apply(goods(), product("1", "Анкер 900"), product("2", "Болт", article="X-9001"), product("3", "Винт 900 мм"))
    with shop.open() as catalogue:
        assert [item.name for item in catalogue.suggest("900").items] == ["Болт", "Анкер 900", "Винт 900 мм"]


@given(st.text(max_size=40))
@example("о")
@example('" OR * NEAR(')
def test_whatever_is_typed_suggestions_are_few_and_listed(catalogue: Catalogue, typed: str) -> None:
    found = catalogue.suggest(typed)
    assert len(found.items) <= 7
    assert len(found.categories) <= 3
    assert all(item.listed for item in found.items)
    assert folded(typed).strip() or not found.items
