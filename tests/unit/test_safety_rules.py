"""Which backups are kept, and when the next one is due; every expectation is counted by hand."""

from __future__ import annotations

import datetime as dt

import pytest

from erp_core.safety.rules import Made, Occasion, last_due, next_due, to_delete
from erp_core.settings import load_settings

SHANGHAI, BERLIN = "Asia/Shanghai", "Europe/Berlin"
NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)  # a Monday, 17:00 in Shanghai
HALF_PAST_TWO = dt.time(2, 30)


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[misc, arg-type]


def at_night(day: dt.date, occasion: Occasion = Occasion.NIGHTLY) -> Made:
    """Made at 02:30 of a day in Shanghai, which is 18:30 UTC of the day before."""
    at = dt.datetime.combine(day, dt.time(18, 30), dt.UTC) - dt.timedelta(days=1)
    return Made(day.isoformat(), at, occasion)


def kept(backups: list[Made], now: dt.datetime = NOW) -> list[str]:
    deleted = set(to_delete(backups, now, SHANGHAI))
    return sorted(made.name for made in backups if made.name not in deleted)


def test_of_a_year_of_nights_seven_days_four_weeks_and_six_months_stay() -> None:
    nights = [at_night(dt.date(2026, 3, 2) - dt.timedelta(days=back)) for back in range(400)]
    assert kept(nights) == [
        "2025-10-31", "2025-11-30", "2025-12-31", "2026-01-31",  # months: with 28 February and 2 March, six
        "2026-02-15", "2026-02-22",  # weeks: Sundays; with 1 March and 2 March, four
        "2026-02-24", "2026-02-25", "2026-02-26", "2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02",  # days
    ]  # fmt: skip


def test_what_is_deleted_is_named_the_oldest_first() -> None:
    one_day = [Made(name, utc(2026, 2, 27, hour), Occasion.MANUAL) for hour, name in ((1, "a"), (5, "c"), (3, "b"))]
    assert to_delete(one_day, NOW, SHANGHAI) == ["a", "b"]


def test_days_are_those_of_the_company() -> None:
    # 15:59 and 16:00 UTC: two days in Shanghai, one in Berlin
    two = [
        Made("evening", utc(2026, 3, 1, 15, 59), Occasion.MANUAL),
        Made("after midnight", utc(2026, 3, 1, 16, 0), Occasion.MANUAL),
    ]
    later = utc(2026, 3, 5)
    assert to_delete(two, later, SHANGHAI) == []
    assert to_delete(two, later, BERLIN) == ["evening"]


def test_of_one_day_everything_stays_for_twenty_four_hours() -> None:
    three = [Made(name, utc(2026, 3, 1, hour), Occasion.MANUAL) for hour, name in ((9, "a"), (10, "b"), (11, "c"))]
    assert to_delete(three, utc(2026, 3, 2, 9), SHANGHAI) == []
    assert to_delete(three, utc(2026, 3, 2, 9, 1), SHANGHAI) == ["a"]


def test_days_without_a_backup_do_not_count() -> None:
    """A shop that works on Mondays keeps seven of them, and of each earlier month the last, six months in all."""
    mondays = [at_night(dt.date(2026, 3, 2) - dt.timedelta(weeks=back)) for back in range(30)]
    assert kept(mondays) == [
        "2025-10-27", "2025-11-24", "2025-12-29",  # with 26 January, 23 February and 2 March, six months
        "2026-01-19", "2026-01-26", "2026-02-02", "2026-02-09", "2026-02-16", "2026-02-23", "2026-03-02",
    ]  # fmt: skip


@pytest.mark.parametrize("occasion", [Occasion.UPGRADE, Occasion.RESTORE])
def test_what_was_made_before_a_change_stays_for_ninety_days(occasion: Occasion) -> None:
    same_day = [Made(f"change {n}", NOW - dt.timedelta(days=80, minutes=n), occasion) for n in range(3)]
    nightly = [at_night(dt.date(2026, 3, 2) - dt.timedelta(days=back)) for back in range(7)]
    assert len(kept([*same_day, *nightly])) == 10
    eleven_days_on = NOW + dt.timedelta(days=11)  # 91 days: of these three only the latest, as the last of its month
    assert [name for name in kept([*same_day, *nightly], eleven_days_on) if "change" in name] == ["change 0"]


def test_the_latest_is_never_deleted_however_old() -> None:
    old = [at_night(dt.date(2019, 5, 1)), at_night(dt.date(2019, 5, 1) - dt.timedelta(days=2000))]
    assert "2019-05-01" in kept(old)
    assert to_delete([], NOW, SHANGHAI) == []


@pytest.mark.parametrize(
    ("now", "last", "following"),
    [
        (utc(2026, 3, 2, 9, 0), utc(2026, 3, 1, 18, 30), utc(2026, 3, 2, 18, 30)),  # 02:30 of 2 and 3 March
        (utc(2026, 3, 2, 18, 29), utc(2026, 3, 1, 18, 30), utc(2026, 3, 2, 18, 30)),  # a minute before
        (utc(2026, 3, 2, 18, 30), utc(2026, 3, 2, 18, 30), utc(2026, 3, 3, 18, 30)),  # on the stroke
    ],
)
def test_the_hour_is_that_of_the_company(now: dt.datetime, last: dt.datetime, following: dt.datetime) -> None:
    assert last_due(now, HALF_PAST_TWO, SHANGHAI) == last
    assert next_due(now, HALF_PAST_TWO, SHANGHAI) == following


def test_the_hour_comes_once_in_the_nights_when_clocks_are_changed() -> None:
    # Berlin, 29 March 2026: 02:00 CET becomes 03:00 CEST, so 02:30 is not shown; 01:30 UTC stands for it.
    assert last_due(utc(2026, 3, 29, 12), HALF_PAST_TWO, BERLIN) == utc(2026, 3, 29, 1, 30)
    # 25 October 2026: 02:30 comes twice, 00:30 and 01:30 UTC; the first counts.
    assert last_due(utc(2026, 10, 25, 1, 45), HALF_PAST_TWO, BERLIN) == utc(2026, 10, 25, 0, 30)
    assert next_due(utc(2026, 10, 25, 0, 30), HALF_PAST_TWO, BERLIN) == utc(2026, 10, 26, 1, 30)


@pytest.mark.parametrize(
    ("word", "time"),
    [(None, dt.time(2, 30)), ("", dt.time(2, 30)), ("later", dt.time(2, 30)), ("25:00", dt.time(2, 30)),
     ("23:05", dt.time(23, 5)), ("off", None), (" OFF ", None)],
)  # fmt: skip
def test_the_setting_is_a_time_of_day_or_off(word: str | None, time: dt.time | None) -> None:
    environment = {} if word is None else {"ERP_BACKUP_AT": word}
    assert load_settings(environment).backup_at == time
