"""Audit in Settings: who did what, when, from where; whether the record of it is whole."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import streamlit as st

from erp_core.jobs.job import Status
from erp_core.safety import audit_check
from erp_core.security import acts, audit_views
from erp_core.security.audit_views import Choice
from erp_core.security.permissions import Permission
from erp_core.text import T, Text, format_datetime, format_number
from ui import kept, states
from ui.guard import Visit
from ui.job_panel import book_of, follow
from ui.tables import ROWS_SHOWN, Column, configuration, downloads

PERIODS = {
    "30": T("Last 30 days"),
    "7": T("Last 7 days"),
    "365": T("Last 365 days"),
    "all": T("All that was done"),
}
COLUMNS = {
    "at": Column(T("When")),
    "actor": Column(T("Done by")),
    "act": Column(T("Act")),
    "subject": Column(T("On what")),
    "change": Column(T("Before → after")),
    "details": Column(T("More")),
    "source": Column(T("From where")),
    "id": Column(T("Event"), "count"),
}
_PAGE = "settings"


def show(visit: Visit) -> None:
    """The whole view."""
    if not visit.actor.may(Permission.VIEW_AUDIT):
        permission = str(Permission.VIEW_AUDIT)
        st.info(
            visit.say(
                T("What was done is shown to those who hold the permission “{permission}”.", permission=permission)
            ),
            icon=":material/lock:",
        )
        return
    st.subheader(visit.say(T("What was done")))
    _events(visit)
    _check(visit)


def _events(visit: Visit) -> None:
    with visit.database.reading() as connection:
        people, done = audit_views.actors(connection), audit_views.actions(connection)
    if not people:
        st.info(
            visit.say(T("Nothing has been done yet. Every change from now on stands here.")), icon=":material/inbox:"
        )
        return
    one, two, three = st.columns([1, 1.4, 1.8])
    days = _period(visit, one)
    actors = _many(visit, two, "person", {name: name for name in people}, T("Done by"))
    names = {action: visit.say(acts.act_name(action)) for action in done}
    actions = _many(visit, three, "act", names, T("Act"))
    since = None if days == "all" else visit.clock.now() - dt.timedelta(days=int(days))
    choice = Choice(since, None, tuple(actors), tuple(actions))
    with visit.database.reading() as connection:
        count = audit_views.count(connection, choice)
        found = audit_views.events(connection, choice, ROWS_SHOWN)
    if found.empty:
        states.nothing_matches(visit)
        return
    if count > len(found):
        shown, whole = (format_number(number, visit.language) for number in (len(found), count))
        st.caption(visit.say(T("The newest {shown} of {count}; the download has all.", shown=shown, count=whole)))
    readable = _readable(visit, found)
    event = st.dataframe(
        readable, hide_index=True, placeholder="–", column_config=configuration(visit, COLUMNS), key="audit_events",
        on_select="rerun", selection_mode="single-row",
    )  # fmt: skip
    rows = event["selection"]["rows"]
    if rows and rows[0] < len(found):
        _one(visit, found.iloc[rows[0]], readable.iloc[rows[0]])
    else:
        st.caption(visit.say(T("Choose a row to see all that it changed.")))

    def all_of_it() -> pd.DataFrame:
        with visit.database.reading() as own:
            return _readable(visit, audit_views.events(own, choice))

    said = {
        visit.say(T("Period")): visit.say(PERIODS[days]),
        visit.say(T("Done by")): ", ".join(actors) or visit.say(T("All")),
        visit.say(T("Act")): ", ".join(names[action] for action in actions) or visit.say(T("All")),
    }
    downloads(visit, all_of_it, COLUMNS, T("Audit"), said)


def _one(visit: Visit, event: pd.Series, readable: pd.Series) -> None:
    """All that one event says, its values below each other."""
    with st.container(border=True):
        st.text(
            " · ".join(str(readable[name]) for name in ("at", "actor", "act", "subject", "source") if readable[name])
        )
        changes = acts.changes_of(event["before"], event["after"], visit.language)
        if changes:
            titles = [visit.say(title) for title in (T("What changed"), T("Before"), T("After"))]
            st.dataframe(pd.DataFrame(changes).set_axis(titles, axis=1), hide_index=True)
        if readable["details"]:
            st.text(readable["details"])
        st.caption(visit.say(T("Hash of the event: {hash}", hash=event["hash"])))


def _readable(visit: Visit, found: pd.DataFrame) -> pd.DataFrame:
    zone = visit.company.time_zone
    return pd.DataFrame(
        {
            "at": [None if at is None else format_datetime(at, visit.language, zone) for at in found["at"]],
            "actor": found["actor"],
            "act": [visit.say(acts.act_name(action)) for action in found["action"]],
            "subject": found["subject"],
            "change": [
                acts.change_text(before, after, visit.language)
                for before, after in zip(found["before"], found["after"], strict=True)
            ],
            "details": [acts.details_text(details, visit.language) for details in found["details"]],
            "source": [acts.source_name(source, visit.language) for source in found["source"]],
            "id": found["id"],
        }
    )


def _period(visit: Visit, place: st.delta_generator.DeltaGenerator) -> str:
    name, first = "done", next(iter(PERIODS))
    held = kept.word(name, _PAGE)
    held = held if held in PERIODS else first
    place.selectbox(
        visit.say(T("Period")), list(PERIODS), format_func=lambda word: visit.say(PERIODS[word]),
        key=kept.filled(name, held), on_change=kept.chosen_in, args=(name, _PAGE),
    )  # fmt: skip
    kept.publish(name, [held] if held != first else [], _PAGE)
    return held


def _many(
    visit: Visit, place: st.delta_generator.DeltaGenerator, name: str, options: dict[str, str], label: Text
) -> list[str]:
    held = [word for word in kept.words(name, _PAGE) if word in options]
    place.multiselect(
        visit.say(label), list(options), format_func=lambda word: options[word], placeholder=visit.say(T("All")),
        key=kept.filled(name, held), on_change=kept.chosen_in, args=(name, _PAGE),
    )  # fmt: skip
    kept.publish(name, held, _PAGE)
    return held


def _check(visit: Visit) -> None:
    st.subheader(visit.say(T("Is the record whole?")))
    st.caption(
        visit.say(
            T(
                "Each event carries the hash of the one before. The check follows them from the first to the newest and "
                "names the first that was changed, taken out or slipped in."
            )
        )
    )
    book = book_of(visit)
    if st.button(visit.say(T("Check the audit")), icon=":material/fact_check:"):
        audit_check.ask_for_check(book, visit.actor)
        st.rerun()
    latest = next(iter(book.recent(1, audit_check.CHECK)), None)
    if latest is None:
        return
    job = follow(visit, latest.id, "audit")
    if job.status is not Status.DONE or job.result is None:
        return
    when = format_datetime(job.ended_at or job.submitted_at, visit.language, visit.company.time_zone)
    count = format_number(job.result["events"], visit.language)
    if job.result["ok"]:
        st.success(
            visit.say(T("{when}: the audit is whole, {count} events.", when=when, count=count)),
            icon=":material/check_circle:",
        )
        return
    problem = Text.from_json(job.result["broken"])
    st.error(
        visit.say(T("{when}: the audit is broken. {problem}", when=when, problem=problem)), icon=":material/error:"
    )
