"""The decisions of the day with what was answered to them, and the log of all answers."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import sqlalchemy as sa

from erp_core.calendar import local_day
from erp_core.company.views import Company
from erp_core.money import to_major
from erp_core.overview.deciding import Answer, Decision, Listed, place_all
from erp_core.overview.tables import decision_answer
from erp_core.text import Text

LOG_LIMIT = 2_000
LOG_COLUMNS = ("at", "actor", "act", "title", "until", "reason", "money", "currency", "key")


def last_answers(connection: sa.Connection, company: Company) -> dict[str, Answer]:
    """The answer that holds, by the decision's key."""
    a = decision_answer.c
    newest = sa.select(sa.func.max(a.id)).group_by(a.key)
    return {
        row.key: Answer(
            row.act,
            local_day(row.at, company.time_zone),
            row.actor,
            Text.from_json(row.title),
            row.until,
            row.reason,
            None if row.money is None else float(to_major(row.money, row.currency)),
            row.currency,
        )
        for row in connection.execute(sa.select(decision_answer).where(a.id.in_(newest)))
    }


def answered(
    connection: sa.Connection, company: Company, found: tuple[Decision, ...], today: dt.date
) -> tuple[Listed, ...]:
    """Decisions with their last answers on a day of the company: most money first, unknown money last."""
    return place_all(found, last_answers(connection, company), today, company.base_currency)


def answer_log(connection: sa.Connection) -> pd.DataFrame:
    """What was decided, the newest first, at most 2,000: at (aware, UTC), actor, act, title (`Text`), until, reason,
    money (major units of currency), currency, key."""
    a = decision_answer.c
    query = sa.select(*(a[name] for name in LOG_COLUMNS)).order_by(a.id.desc()).limit(LOG_LIMIT)
    frame = pd.DataFrame(connection.execute(query).all(), columns=list(LOG_COLUMNS))
    titles = pd.Series([Text.from_json(document) for document in frame["title"]], frame.index, object)
    frame = frame.assign(title=titles)
    frame["money"] = [
        None if minor is None else float(to_major(int(minor), currency))
        for minor, currency in zip(frame["money"].astype(object), frame["currency"], strict=True)
    ]
    return frame
