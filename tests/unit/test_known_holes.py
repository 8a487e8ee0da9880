"""What `make audit` makes of pip-audit's answers: only an unreachable list is passed over."""

from __future__ import annotations

import json

from tests.known_holes import NOT_LOOKED_UP, judged


def answer(*packages: dict[str, object]) -> str:
    return json.dumps({"dependencies": list(packages), "fixes": []})


WELL = {"name": "pandas", "version": "2.3.3", "vulns": []}
HOLE = {"name": "old", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}
UNKNOWN = {"name": "ours", "skip_reason": "Dependency not found on PyPI and could not be audited: ours (1)"}


def test_a_hole_fails_and_is_named() -> None:
    assert judged(1, answer(WELL, HOLE), "") == (1, ["old 1: PYSEC-1 (mended in 2)"])


def test_no_hole_passes() -> None:
    assert judged(0, answer(WELL), "") == (0, ["1 packages, none with a known hole."])


def test_a_package_that_was_not_looked_up_fails() -> None:
    assert judged(0, answer(WELL, UNKNOWN), "")[0] == 1


def test_only_an_unreachable_list_is_passed_over() -> None:
    assert judged(1, "", "requests.exceptions.ConnectionError: Max retries exceeded with url") == (0, [NOT_LOOKED_UP])
    assert judged(0, answer(UNKNOWN), "") == (0, [NOT_LOOKED_UP])
    assert judged(1, "", "ERROR: no such file: requirements.txt") == (1, ["ERROR: no such file: requirements.txt"])
    assert judged(0, "", "")[0] == 1
