"""The message catalogues are complete, and nobody asks for a text that isn't there."""

from __future__ import annotations

import ast
import re
import string
import tomllib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from babel.core import Locale
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.http.i18n import LOCALES, Translator, catalogue, negotiate, translator
from chalicelib.kernel import errors
from chalicelib.kernel.errors import Complaint
from chalicelib.kernel.money import money

ROOMS = Path(__file__).parents[2] / "chalicelib"
CATALOGUES = sorted(ROOMS.glob("*/messages/*.toml"))
SOURCES = sorted(ROOMS.rglob("*.py"))
TEMPLATES = sorted(path for path in ROOMS.glob("*/templates/**/*") if path.is_file())
KEY_ARGUMENTS = ("label_key", "caption_key", "empty_key")
SHARED_PREFIXES = ("error.", "notice.")
LITERAL_KEY = re.compile(r"""(?<![\w.])(?:\w+\.)?(?:t|_|has_text)\(\s*(["'])([a-z][\w.]*)\1\s*([,)~])""")


def placeholders(message: str | dict[str, str]) -> set[str]:
    text = message if isinstance(message, str) else " ".join(message.values())
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            yield node


def called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def literal(call: ast.Call, keyword: str) -> str | None:
    return constant(call.args[0] if call.args else next((k.value for k in call.keywords if k.arg == keyword), None))


def constant(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_has_the_same_keys(locale: str) -> None:
    assert catalogue(locale).keys() ^ catalogue(LOCALES[0]).keys() == set()


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_uses_the_same_placeholders(locale: str) -> None:
    base = catalogue(LOCALES[0])
    assert [key for key, message in catalogue(locale).items() if placeholders(message) != placeholders(base[key])] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_every_plural_has_the_forms_of_its_language_and_no_others(locale: str) -> None:
    needed = {*Locale.parse(locale).plural_form.tags, "other"}
    wrong = {key: set(m) for key, m in catalogue(locale).items() if isinstance(m, dict) and set(m) != needed}
    assert wrong == {}


@pytest.mark.parametrize("locale", LOCALES)
def test_no_text_is_empty_or_badly_spaced(locale: str) -> None:
    texts = {key: text for key, m in catalogue(locale).items() for text in (m.values() if isinstance(m, dict) else [m])}
    assert {key for key, text in texts.items() if not text or text != text.strip() or "  " in text} == set()


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_keys_begin_with_their_room(path: Path) -> None:
    allowed = (f"{path.parts[-3]}.", *SHARED_PREFIXES)
    assert path.stem in LOCALES
    assert [key for key in tomllib.loads(path.read_text("utf-8")) if not key.startswith(allowed)] == []


def test_every_key_that_a_template_names_exists() -> None:
    missing = {
        f"{path.relative_to(ROOMS)}: {match[2]}"
        for path in TEMPLATES
        for match in LITERAL_KEY.finditer(path.read_text("utf-8"))
        if match[3] != "~" and match[2] not in catalogue("en")
    }
    assert missing == set()


def test_every_key_that_the_code_names_exists() -> None:
    missing = set()
    for path in SOURCES:
        for call in calls(path):
            keys = [literal(call, "key")] if called(call) in ("t", "_") else []
            keys += [constant(k.value) for k in call.keywords if k.arg in KEY_ARGUMENTS]
            unknown = [key for key in keys if key and key not in catalogue("en")]
            missing |= {f"{path.relative_to(ROOMS)}:{call.lineno} {key}" for key in unknown}
    assert missing == set()


def test_every_refusal_has_its_text() -> None:
    def family(parent: type) -> set[str]:
        return {parent.__name__}.union(*(family(child) for child in parent.__subclasses__()))

    raising = family(errors.KontorError) | {Complaint.__name__}
    missing = set()
    for path in SOURCES:
        for call in calls(path):
            code = literal(call, "code") if called(call) in raising else None
            if code and f"error.{code}" not in catalogue("en"):
                missing.add(f"{path.relative_to(ROOMS)}:{call.lineno} error.{code}")
    assert missing == set()


def test_every_notice_after_a_redirect_has_its_text() -> None:
    missing = {
        f"{path.relative_to(ROOMS)}:{call.lineno} notice.{k.value.value}"
        for path in SOURCES
        for call in calls(path)
        if called(call) == "go"
        for k in call.keywords
        if k.arg == "notice" and isinstance(k.value, ast.Constant) and k.value.value
        if f"notice.{k.value.value}" not in catalogue("en")
    }
    assert missing == set()


def named() -> tuple[set[str], list[re.Pattern[str]]]:
    """Every word that code and templates write between quotes, and the words that they put together."""
    words: set[str] = set()
    made: set[str] = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if word := constant(node if isinstance(node, ast.expr) else None):
                words.add(word)
            if isinstance(node, ast.JoinedStr):
                made.add("".join(re.escape(constant(part) or "\0") for part in node.values))
    for path in TEMPLATES:
        for match in re.finditer(r"""(?=["']([a-z][\w.]*)["'](\s*~)?)""", path.read_text("utf-8")):
            words.add(match[1])
            if match[2]:
                made.add(re.escape(f"{match[1]}\0"))
    # what begins with an unknown part, or is nothing but `error.` and an unknown part, would name any text
    telling = [text for text in made if re.match(r"[a-z]+(_|\\\.\w)", text)]
    return words, [re.compile(text.replace("\\\0", r"[\w.]+").replace("\0", r"[\w.]+")) for text in telling]


def test_every_text_is_used() -> None:
    words, made = named()

    def is_used(key: str) -> bool:
        code = key.partition(".")[2] if key.startswith(SHARED_PREFIXES) else key
        family = key.rpartition(".")[0]
        known = {key, code} | ({family} if "." in family else set())
        return bool(known & words) or any(one.fullmatch(text) for one in made for text in (key, code))

    assert [key for key in catalogue("en") if not is_used(key)] == []


@pytest.mark.parametrize(
    ("locale", "count", "said"),
    [
        ("ru", 0, "Исправьте 0 полей"),
        ("ru", 1, "Исправьте 1 поле"),
        ("ru", 2, "Исправьте 2 поля"),
        ("ru", 5, "Исправьте 5 полей"),
        ("ru", 11, "Исправьте 11 полей"),
        ("ru", 21, "Исправьте 21 поле"),
        ("ru", 1102, "Исправьте 1\u202f102 поля"),
        ("ru", Decimal("1.5"), "Исправьте 1,5 поля"),
        ("en", 1, "Correct 1 field"),
        ("en", 101, "Correct 101 fields"),
        ("ro", 1, "Corectați 1 câmp"),
        ("ro", 0, "Corectați 0 câmpuri"),
        ("ro", 20, "Corectați 20 de câmpuri"),
        ("ro", 101, "Corectați 101 câmpuri"),
    ],
)
def test_count_picks_the_plural_form(locale: str, count: int | Decimal, said: str) -> None:
    assert translator(locale).t("http.form_errors", count=count) == said


@pytest.mark.parametrize(
    ("locale", "said"),
    [("ru", "теперь 21 день вместо 1"), ("en", "21 days now instead of 1"), ("ro", "acum 21 de zile în loc de 1")],
)
def test_a_longer_term_is_said_in_the_plural_of_its_days(locale: str, said: str) -> None:
    assert said in translator(locale).t("ordering.later_by", before=1, count=21)


def test_parameters_are_written_in_the_readers_way() -> None:
    said = translator("ru").t("http.of", part=Decimal("1200.50"), whole=money("1200", "RUB"))
    assert said == "1\u202f200,5 из 1\u202f200,00\xa0₽"
    assert translator("en").t("http.of", part=date(2026, 11, 5), whole=7) == "5\xa0Nov\xa02026 of 7"


def test_braces_in_a_parameter_stay_text() -> None:
    assert translator("en").t("http.of", part="{whole.__class__}", whole=2) == "{whole.__class__} of 2"


def test_a_missing_key_placeholder_or_count_is_an_error() -> None:
    t = Translator("en")
    assert not t.has("http.nowhere")
    for key, params in (("http.nowhere", {}), ("http.of", {"part": 1}), ("http.form_errors", {})):
        with pytest.raises(KeyError):
            t.t(key, **params)


def test_a_complaint_becomes_a_sentence() -> None:
    complaint = Complaint(code="no_such_file", params={"name": "x.css"})
    assert translator("en").complaint(complaint) == "There is no file “x.css”."


def test_only_our_languages_have_a_translator() -> None:
    with pytest.raises(ValueError, match="de"):
        Translator("de")


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        (None, "ru"),
        ("", "ru"),
        ("*", "ru"),
        ("ro-MD,ro;q=0.9,ru;q=0.8", "ro"),
        ("mo", "ro"),
        ("de-DE, en;q=0.7, ru;q=0.9", "ru"),
        ("en-US,en;q=0.5", "en"),
        ("de,fr;q=0.9", "en"),
        ("ru;q=0,en;q=0.1", "en"),
        ("RU", "ru"),
    ],
)
def test_the_browsers_languages_choose_ours(header: str | None, locale: str) -> None:
    assert negotiate(header) == locale


@given(st.text(max_size=200))
def test_any_header_gives_one_of_our_languages(header: str) -> None:
    assert negotiate(header) in LOCALES
