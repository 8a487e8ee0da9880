"""Cells changed in an editor: kept by the row's key, and no change once they say again what is stored."""

from __future__ import annotations

import pandas as pd
import pytest

from ui.edits import Editing, absent, differing, laid_over, same

EDITING = Editing("needs", ("priority", "weight"), ("priority", "weight"), {})


def stored() -> pd.DataFrame:
    return pd.DataFrame({"priority": ["must", "could"], "weight": [1.0, 2.0]}, index=["a", "b"])


def test_the_editor_starts_from_what_is_stored_with_the_changes_over_it() -> None:
    start = laid_over(stored(), {"b": {"weight": 5.0}, "elsewhere": {"weight": 9.0}})
    assert start["weight"].tolist() == [1.0, 5.0]
    assert start["priority"].tolist() == ["must", "could"]
    assert list(start.index) == ["a", "b"]


def test_what_differs_is_kept_and_other_rows_stay() -> None:
    changes = {"elsewhere": {"weight": 9.0}}
    edited = stored().assign(priority=["should", "could"])
    assert differing(EDITING, stored(), edited, changes) == {"elsewhere": {"weight": 9.0}, "a": {"priority": "should"}}


def test_a_cell_that_says_again_what_is_stored_is_no_change() -> None:
    changes = {"a": {"priority": "should"}, "b": {"weight": 3.0, "priority": "must"}}
    edited = stored().assign(priority=["must", "must"])
    assert differing(EDITING, stored(), edited, changes) == {"b": {"priority": "must"}}


def test_an_emptied_cell_is_a_change_to_nothing() -> None:
    edited = stored().assign(weight=[float("nan"), 2.0])
    assert differing(EDITING, stored(), edited, {}) == {"a": {"weight": None}}


@pytest.mark.parametrize(("before", "after"), [("", None), (None, float("nan")), (pd.NaT, ""), (3.0, 3)])
def test_nothing_and_an_empty_text_are_the_same(before: object, after: object) -> None:
    assert same(before, after)


@pytest.mark.parametrize(("before", "after"), [("", "x"), (None, 0.0), (0.0, None), ("a", "b")])
def test_nought_is_not_nothing(before: object, after: object) -> None:
    assert not same(before, after)
    assert not absent(0.0)
