"""Two languages from the first string: every sentence is marked, translated, and fits its placeholders."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from erp_core.text import LANGUAGES
from tests.docs.source_tree import ROOT, called_name, calls, name_of, parsed, python_files

SOURCES = ("erp_core", "ui", "pages", "app.py")
LOCALE = ROOT / "erp_core" / "locale"
OTHER_LANGUAGES = [language for language in LANGUAGES if language != "en"]
CJK = r"\u3400-\u9fff"


@dataclass(frozen=True)
class Sentence:
    """One `T(…)` in the code. A template is a constant of a module that a function fills later."""

    id: str
    names: frozenset[str]
    open_ended: bool
    where: str
    template: bool = False


def placeholders(text: str) -> Counter[str]:
    """The names in braces, with how often each stands there."""
    return Counter(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def marked(tree: ast.AST, where: str) -> Iterator[Sentence | str]:
    """The sentences that a file marks with T; for one that cannot be extracted, the complaint."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = {id(call) for function in functions for call in calls(function)}
    for call in calls(tree):
        if called_name(call) != "T" or not (call.args or call.keywords):
            continue
        place = f"{where}:{call.lineno}"
        match call.args:
            case [ast.Constant(value=str(text))]:
                names = frozenset(keyword.arg for keyword in call.keywords if keyword.arg)
                open_ended = any(keyword.arg is None for keyword in call.keywords)
                yield Sentence(text, names, open_ended, place, not call.keywords and id(call) not in inside)
            case _:
                yield f"{place}: T needs one literal string"


def complaints_about(sentence: Sentence) -> Iterator[str]:
    wanted = set(placeholders(sentence.id))
    if "" in wanted:
        yield f"{sentence.where}: a placeholder without a name in {sentence.id!r}"
    elif wanted != sentence.names and not sentence.template and not (sentence.open_ended and sentence.names <= wanted):
        yield f"{sentence.where}: {sentence.id!r} wants {sorted(wanted)}, is given {sorted(sentence.names)}"


def unmarked(tree: ast.AST, where: str) -> Iterator[str]:
    """Literals that reach `say` or `Text` past T: nobody would ever translate them."""
    for call in calls(tree):
        if called_name(call) in ("say", "Text") and call.args and not where.endswith("erp_core/text.py"):
            match call.args[0]:
                case ast.Constant(value=str(text)) if re.search("[A-Za-z]{2}", text):
                    yield f"{where}:{call.lineno}: {text!r} is not marked with T"
                case ast.JoinedStr():
                    yield f"{where}:{call.lineno}: an f-string cannot be translated; use T with placeholders"


@lru_cache(maxsize=1)
def sentences() -> tuple[Sentence, ...]:
    return tuple(
        found
        for path in python_files(*SOURCES)
        for found in marked(parsed(path), name_of(path))
        if isinstance(found, Sentence)
    )


@lru_cache(maxsize=4)
def entries(language: str) -> tuple[tuple[Path, Message], ...]:
    found: list[tuple[Path, Message]] = []
    for path in sorted((LOCALE / language).glob("*.po")):
        with path.open("rb") as stream:
            found += [(path, message) for message in read_po(stream, locale=language, abort_invalid=True) if message.id]
    return tuple(found)


def complaints_about_entry(source: str, translation: str) -> Iterator[str]:
    """What is wrong with one translation into Chinese."""
    if placeholders(source).keys() != placeholders(translation).keys():
        yield f"placeholders differ: {source!r} → {translation!r}"
    if re.search("[a-z]{2}", re.sub(r"\{[^}]*\}", "", source)) and not re.search(f"[{CJK}]", translation):
        yield f"not translated: {source!r} → {translation!r}"
    if re.search(rf"[{CJK}][,;?!]|[{CJK}]\.(\s|$)", translation):
        yield f"half-width punctuation after a Chinese word: {translation!r}"
    if translation.endswith("。") != source.endswith(".") and not source.endswith(("…", "!", "?", ":")):
        yield f"one is a sentence, the other is not: {source!r} → {translation!r}"


def test_every_mark_is_a_literal_that_can_be_extracted() -> None:
    found = [mark for path in python_files(*SOURCES) for mark in marked(parsed(path), name_of(path))]
    assert [mark for mark in found if isinstance(mark, str)] == []
    assert len(found) > 50


def test_every_placeholder_is_filled_and_nothing_else_is_passed() -> None:
    assert [complaint for sentence in sentences() for complaint in complaints_about(sentence)] == []


def test_no_literal_sentence_goes_past_the_mark() -> None:
    assert [line for path in python_files(*SOURCES) for line in unmarked(parsed(path), name_of(path))] == []


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_every_sentence_is_translated(language: str) -> None:
    known = {message.id for _, message in entries(language) if message.string and not message.fuzzy}
    assert sorted({f"{sentence.where}: {sentence.id}" for sentence in sentences() if sentence.id not in known}) == []


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_every_translation_is_finished_and_used(language: str) -> None:
    used = {sentence.id for sentence in sentences()}
    wrong = [
        f"{path.name}: {reason}: {message.id}"
        for path, message in entries(language)
        for reason, holds in (
            ("fuzzy", message.fuzzy),
            ("empty", not message.string),
            ("not used by the code", message.id not in used),
        )
        if holds
    ]
    assert wrong == []


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_a_sentence_has_one_translation_in_the_whole_house(language: str) -> None:
    """Catalogues are merged when they are read, so the same sentence must not be translated in two ways."""
    given: dict[str, set[str]] = {}
    for _, message in entries(language):
        given.setdefault(str(message.id), set()).add(str(message.string))
    assert {source: sorted(several) for source, several in given.items() if len(several) > 1} == {}


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_translations_fit_their_sentences(language: str) -> None:
    wrong = [
        f"{path.name}: {complaint}"
        for path, message in entries(language)
        for complaint in complaints_about_entry(str(message.id), str(message.string))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "code",
    ['T(f"{row} rows")', 'T("a" + name)', 'T("{} rows")', 'T("{row} rows")', 'T("rows", row=7)', 'T(text, "more")'],
)
def test_the_check_of_marks_sees(code: str) -> None:
    found = list(marked(ast.parse(f"def tell():\n    {code}"), "here"))
    assert [f for f in found if isinstance(f, str)] or [c for s in found for c in complaints_about(s)]  # type: ignore[arg-type]


@pytest.mark.parametrize("code", ['say("Saved.", language)', 'visit.say(f"{n} rows")', 'Text("Saved.")'])
def test_the_check_of_unmarked_text_sees(code: str) -> None:
    assert list(unmarked(ast.parse(code), "here"))


@pytest.mark.parametrize(
    ("source", "translation"),
    [
        ("Row {row} has no date.", "第 {line} 行没有日期。"),
        ("Saved.", "Saved."),
        ("Saved, and sent.", "已保存,已发送。"),
        ("Saved.", "已保存"),
    ],
)
def test_the_check_of_translations_sees(source: str, translation: str) -> None:
    assert list(complaints_about_entry(source, translation))
