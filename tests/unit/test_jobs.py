"""The states of a job, what may be handed to one, what it may hand back."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest

from erp_core.errors import BadInput, NotFound
from erp_core.jobs.job import (
    ARGUMENTS_BYTES,
    RESULT_BYTES,
    JobError,
    Move,
    Status,
    after,
    encode_arguments,
    encode_result,
    status_name,
)
from erp_core.jobs.registry import JobContext, Registry
from erp_core.text import T, Text, say

# The drawing at the top of erp_core/jobs/job.py, as (state, what happens) → state.
DRAWN = {
    (Status.QUEUED, Move.CLAIM): Status.RUNNING,
    (Status.QUEUED, Move.CANCEL_WAITING): Status.CANCELLED,
    (Status.RUNNING, Move.REPORT): Status.RUNNING,
    (Status.RUNNING, Move.FINISH): Status.DONE,
    (Status.RUNNING, Move.FAIL): Status.FAILED,
    (Status.RUNNING, Move.STOP): Status.CANCELLED,
    (Status.RUNNING, Move.RELEASE): Status.QUEUED,
    (Status.RUNNING, Move.LOSE): Status.LOST,
    (Status.LOST, Move.REPORT): Status.RUNNING,
    (Status.LOST, Move.FINISH): Status.DONE,
    (Status.LOST, Move.FAIL): Status.FAILED,
    (Status.LOST, Move.STOP): Status.CANCELLED,
    (Status.LOST, Move.RELEASE): Status.QUEUED,
    (Status.LOST, Move.RETRY): Status.QUEUED,
    (Status.FAILED, Move.RETRY): Status.QUEUED,
    (Status.CANCELLED, Move.RETRY): Status.QUEUED,
}


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("move", list(Move))
def test_a_job_moves_as_drawn_and_in_no_other_way(status: Status, move: Move) -> None:
    assert after(move, status) == DRAWN.get((status, move))


def test_a_job_that_is_done_stays_done() -> None:
    assert {after(move, Status.DONE) for move in Move} == {None}


def test_every_state_has_a_name_of_its_own_in_both_languages() -> None:
    for language in ("en", "zh_CN"):
        assert len({say(status_name(status), language) for status in Status}) == len(Status)
    assert say(status_name(Status.LOST), "zh_CN") == "已中断"


def test_arguments_are_taken_up_to_the_limit_and_refused_above_it() -> None:
    frame = len('{"a": ""}')
    at_the_limit = {"a": "x" * (ARGUMENTS_BYTES - frame)}
    assert json.loads(encode_arguments(at_the_limit)) == at_the_limit
    with pytest.raises(BadInput) as refused:
        encode_arguments({"a": at_the_limit["a"] + "x"})
    assert refused.value.code == "job.arguments_too_large"


def test_the_limit_counts_bytes_not_characters() -> None:
    with pytest.raises(BadInput):
        encode_arguments({"a": "货" * (ARGUMENTS_BYTES // 3)})


def test_a_result_may_hold_texts_dates_and_exact_decimals() -> None:
    written = json.loads(
        encode_result({"said": T("Row {row}", row=7), "on": dt.date(2026, 3, 2), "sum": Decimal("9747747.93")})
    )
    assert Text.from_json(written["said"]) == T("Row {row}", row=7)
    assert (written["on"], written["sum"]) == ("2026-03-02", "9747747.93")


def test_a_result_too_large_to_keep_is_replaced_by_its_size() -> None:
    frame = len('{"a": ""}')
    assert json.loads(encode_result({"a": "x" * (RESULT_BYTES - frame)}))["a"]
    assert json.loads(encode_result({"a": "x" * (RESULT_BYTES - frame + 1)})) == {
        "too_large": True,
        "bytes": RESULT_BYTES + 1,
    }


def test_a_result_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        encode_result({"share": float("nan")})


@pytest.mark.parametrize("hint", [None, T("Try {count} times.", count=2)])
def test_an_error_comes_back_as_it_was_written(hint: Text | None) -> None:
    error = JobError("file.refused", T("File {name} is empty.", name="a.csv"), hint)
    assert JobError.from_json(json.loads(json.dumps(error.to_json()))) == error


def test_a_registry_gives_the_handler_of_a_kind_and_names_the_kind_it_lacks() -> None:
    def handler(context: JobContext) -> dict[str, int]:
        return {"job": context.job.id}

    registry = Registry({"import.run": handler})
    assert registry.handler("import.run") is handler
    with pytest.raises(NotFound) as missing:
        registry.handler("forecast.run")
    assert missing.value.code == "job.unknown_kind"
    assert "forecast.run" in say(missing.value.message, "zh_CN")
