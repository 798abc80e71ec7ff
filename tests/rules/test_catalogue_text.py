"""Words in three languages, articles and barcodes, and nothing that a person types is an operator."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.catalogue.snapshot.text import (
    folded,
    fragment_query,
    index_tokens,
    normal_code,
    normal_codes,
    query_tokens,
    sort_key,
    sort_keys,
    tokens,
    tokens_of_each,
    word_terms,
)

FAMILIES = (
    "окно окна окон окнами окну",
    "ручка ручки ручек ручками",
    "дверь двери дверей дверью",
    "петля петли петель петлями",
    "замок замка замки замков",
    "стекло стекла стекол",
    "уголок уголки уголка",
    "белый белая белое белых белыми",
    "ёлка елки ёлок",
    "ușă ușa uși ușile usi usa",
    "fereastră fereastra ferestre ferestrele ferestrelor",
    "mâner mânere mânerul manere",
    "alb albă albe albi",
    "poartă poarta porți porti",
    "instalație instalații instalațiile",
    "balama balamale balamalele",
    "șurub șuruburi suruburile",
    "profil profile profilul profiluri",
    "window windows",
    "handle handles handled",
    "battery batteries",
)


def finds(indexed: str, typed: str, *, unfinished: bool = False) -> bool:
    there, typed_words = index_tokens(tokens(indexed)), query_tokens(typed)
    asked = [
        word_terms(token, unfinished=unfinished and n == len(typed_words) - 1) for n, token in enumerate(typed_words)
    ]
    return all(any(_has(there, term) for term in terms) for terms in asked)


def _has(there: list[str], term: str) -> bool:
    return any(one.startswith(term[:-1]) for one in there) if term.endswith("*") else term in there


@pytest.mark.parametrize("family", FAMILIES)
def test_every_form_of_a_word_finds_every_other(family: str) -> None:
    words = family.split()
    assert [(a, b) for a in words for b in words if not finds(a, b)] == []


@pytest.mark.parametrize(
    ("indexed", "typed"),
    [("окно", "дверь"), ("ușă", "fereastră"), ("window", "door"), ("1300", "13"), ("замок", "замша")],
)
def test_other_words_are_not_found(indexed: str, typed: str) -> None:
    assert not finds(indexed, typed)


@pytest.mark.parametrize("typed", ["пла", "пластик", "пластиков", "пластиковый", "окно пласти", "пластиковое окн"])
def test_a_word_that_is_still_being_typed_is_found_by_its_beginning(typed: str) -> None:
    assert finds("Окно пластиковое", typed, unfinished=True)


def test_words_may_come_in_any_order_and_all_must_be_there() -> None:
    assert finds("Ручка оконная белая", "белых ручек")
    assert not finds("Ручка оконная белая", "ручка чёрная")


def test_letters_and_digits_are_words_of_their_own_and_the_cross_of_sizes_is_none() -> None:
    assert tokens("Профиль 70мм 1300×1400, 900х600, 5 x 7") == [
        "профиль",
        "70",
        "мм",
        "1300",
        "1400",
        "900",
        "600",
        "5",
        "7",
    ]


def test_accents_and_yo_do_not_count_but_short_i_does() -> None:
    assert folded("Ёлка Чай UȘĂ Schüco") == "елка чай usa schuco"


def test_articles_are_compared_without_marks_case_and_look_alikes() -> None:
    assert normal_code("АВ-12/3 с") == normal_code("ab 12.3C") == "ab123c"  # the first is Cyrillic
    assert fragment_query("12") is None
    assert fragment_query("а-12") == '"a12"'


def test_only_the_first_dozen_words_are_looked_for() -> None:
    assert len(query_tokens(" ".join(f"слово{chr(1072 + n)}" for n in range(30)))) == 12


@given(typed=st.text(max_size=60), unfinished=st.booleans())
def test_whatever_is_typed_makes_a_valid_query(typed: str, unfinished: bool) -> None:
    if query_tokens(typed):
        finds("окно", typed, unfinished=unfinished)


@given(text=st.text(alphabet=st.characters(codec="utf-8"), max_size=80))
def test_a_text_finds_itself(text: str) -> None:
    if query_tokens(text):
        assert finds(text, text)


LETTERS = st.sampled_from("аёйЁЙхХxX×* \t\n\x01\x1e\x1f\x85_-/.²½№°0123456789٣ΟΣςșțăȘÉößﬁİ\u0306\u0308\u0327\u3099")
TEXTS = st.lists(st.text(LETTERS | st.characters(codec="utf-8"), max_size=30), max_size=5)


@given(TEXTS)
@example(["ΟΔΟΣ", "Σ", "1 x", "2", "й", "\u0306", ""])
@example(["a\x01b", "Ё"])
def test_many_texts_at_once_become_what_each_becomes_by_itself(texts: list[str]) -> None:
    for some in (texts, [unicodedata.normalize("NFD", text) for text in texts]):
        assert sort_keys(some) == [sort_key(text) for text in some]
        assert tokens_of_each(some) == [tokens(text) for text in some]
        assert normal_codes(some) == [normal_code(text) for text in some]


@given(st.text(LETTERS | st.characters(codec="utf-8", exclude_characters="йЙ"), max_size=40))
def test_a_folded_text_has_no_accents_however_they_were_typed(text: str) -> None:
    marks = {chr(code) for code in range(0x300, 0x3000) if unicodedata.combining(chr(code))}
    apart = unicodedata.normalize("NFD", text.lower().replace("й", "-"))
    assert folded(text).replace("й", "-") == "".join(letter for letter in apart if letter not in marks)
