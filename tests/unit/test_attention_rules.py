"""When an alert fires, and when a message may go out."""

from __future__ import annotations

import datetime as dt

import pytest

from erp_core.attention.rules import Attempt, Watch, beyond, digest_day, event_of, may_send, undelivered
from tests.conftest import NOW

MINUTES = dt.timedelta(minutes=1)


def played(watch: Watch, values: list[float | None]) -> list[str | None]:
    """What happens at each look."""
    firing, events = False, []
    for value in values:
        event = event_of(watch, firing, value)
        firing = {"fired": True, "cleared": False}.get(event or "", firing)
        events.append(event)
    return events


def test_it_fires_on_crossing_once_and_clears_when_it_is_back() -> None:
    below = Watch("below", 3.0)
    assert played(below, [3.5, 3.0, 2.9, 2.0, 3.0, 2.5]) == [None, None, "fired", None, "cleared", "fired"]
    assert played(Watch("above", 3.0), [2.0, 3.0, 3.1, 9.0, 3.0]) == [None, None, "fired", None, "cleared"]


def test_what_is_not_known_neither_fires_nor_clears() -> None:
    assert played(Watch("below", 3.0), [None, 2.0, None, None, 2.0, 4.0]) == [
        None,
        "fired",
        None,
        None,
        None,
        "cleared",
    ]


def test_at_the_threshold_nothing_is_wrong() -> None:
    assert [beyond(Watch(word, 0.95), 0.95) for word in ("above", "below")] == [False, False]


def attempts(*outcomes: str, since: int = 0) -> list[Attempt]:
    """Attempts a quarter of an hour apart, the last so many minutes ago."""
    last = len(outcomes) - 1
    return [Attempt(NOW - (since + 15 * (last - at)) * MINUTES, word) for at, word in enumerate(outcomes)]


@pytest.mark.parametrize(
    ("made", "allowed"),
    [
        (attempts(), True),
        (attempts("failed", since=14), False),
        (attempts("failed", since=15), True),
        (attempts("failed", "failed", "failed", since=15), True),
        (attempts("failed", "failed", "failed", "failed", since=600), False),
        (attempts("sent", since=600), False),
        (attempts("failed", "sent", since=600), False),
        (attempts("begun", since=600), False),  # it may have arrived
        (attempts("failed", since=-600), True),  # the clock was set back
    ],
)
def test_a_message_goes_out_once_and_a_failed_one_again_after_a_quarter_of_an_hour(
    made: list[Attempt], allowed: bool
) -> None:
    assert may_send(made, NOW) is allowed


@pytest.mark.parametrize(
    ("made", "lost"),
    [
        (attempts(), False),
        (attempts("failed"), False),
        (attempts("failed", "failed", "failed", "failed"), True),
        (attempts("failed", "failed", "failed", "sent"), False),
        (attempts("begun", since=1), False),  # under way
        (attempts("begun", since=15), True),
    ],
)
def test_what_nobody_tries_to_send_any_more_is_lost(made: list[Attempt], lost: bool) -> None:
    assert undelivered(made, NOW) is lost


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def test_a_digest_is_due_from_its_minute_on_by_the_companys_clock_once_a_day() -> None:
    # 8:30 in Shanghai (UTC+8) is 0:30 UTC
    zone, minute = "Asia/Shanghai", 8 * 60 + 30
    monday, sunday = dt.date(2026, 3, 2), dt.date(2026, 3, 1)
    assert digest_day(at("2026-03-02T00:29:59"), zone, minute, sunday) is None
    assert digest_day(at("2026-03-02T00:30:00"), zone, minute, sunday) == monday
    assert (
        digest_day(at("2026-03-02T15:59:00"), zone, minute, None) == monday
    )  # asleep over the hour: late, the same day
    assert digest_day(at("2026-03-02T16:01:00"), zone, minute, sunday) is None  # Tuesday, before its minute
    assert digest_day(at("2026-03-02T00:31:00"), zone, minute, monday) is None  # it went out
    assert digest_day(at("2026-03-01T00:31:00"), zone, minute, monday) is None  # the clock was set back by a day
