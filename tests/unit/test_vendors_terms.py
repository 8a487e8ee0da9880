"""The words of the choice of an ERP stand in the glossary, each once."""

from __future__ import annotations

from erp_core.metrics.registry import METRICS
from erp_core.text import say
from erp_core.vendors.own_numbers import OWN_METRICS
from erp_core.vendors.terms import TERMS, choice_words


def test_every_word_and_every_own_number_is_explained_under_a_key_of_its_own() -> None:
    keys = [key for _, _, key in choice_words()]
    assert len(keys) == len(set(keys)) == len(TERMS) + len(OWN_METRICS)
    assert not set(TERMS) & set(METRICS)


def test_every_word_is_explained_in_both_languages() -> None:
    for name, meaning, key in choice_words():
        assert say(name, "en"), key
        assert say(meaning, "en") != say(meaning, "zh_CN"), key
