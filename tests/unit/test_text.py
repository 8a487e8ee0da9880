"""Sentences wait for their reader, and so do the values in them."""

from __future__ import annotations

import json

import pytest

from erp_core.text import BothLanguages, T, Text, format_money, format_number, say

HOT = BothLanguages("hot water", "热水")


@pytest.mark.parametrize(("language", "told"), [("en", "Out: hot water"), ("zh_CN", "出局：热水")])
def test_words_that_a_file_gives_in_both_languages_take_the_readers(language: str, told: str) -> None:
    assert say(T("Out: {vendor}", vendor=HOT), language) == told


def test_they_are_quoted_like_all_data() -> None:
    assert (
        say(T("Out: {vendor}", vendor=BothLanguages("a*b", "a*b")), "en", lambda text: text.replace("*", r"\*"))
        == r"Out: a\*b"
    )


def test_they_come_back_from_json() -> None:
    text = T("Out: {vendor}", vendor=HOT)
    assert Text.from_json(json.loads(json.dumps(text.to_json()))) == text


@pytest.mark.parametrize("size", [30, 200, 300])
def test_a_number_of_any_size_is_written(size: int) -> None:
    assert format_number(10.0**size, "en").replace(",", "").startswith("1")
    assert format_money(10.0**size, "EUR", "zh_CN", compact=True).endswith("亿")
