"""The decision list: one row a decision, most money first, to open, accept, put off or dismiss; and what was decided."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from erp_core.overview.answers import answer_log, answered
from erp_core.overview.deciding import Answer, Decision, Listed
from erp_core.overview.decisions import decisions
from erp_core.overview.service import Reply, answer_decision
from erp_core.text import T, Text, format_datetime, format_number
from ui import acts, reads
from ui.guard import Visit
from ui.pages_list import address
from ui.tables import Column, configuration, downloads

ACTS: dict[str, Text] = {
    "accept": T("Accepted"),
    "snooze": T("Snoozed"),
    "dismiss": T("Dismissed"),
    "reopen": T("Reopened"),
}
LOG_COLUMNS = {
    "when": Column(T("When")),
    "actor": Column(T("Who")),
    "act_word": Column(T("Answer")),
    "title_word": Column(T("Decision")),
    "until": Column(T("Until"), "day"),
    "reason": Column(T("Reason")),
    "money": Column(T("Money then"), "money"),
    "currency": Column(T("Currency")),
}
SHOWN_AT_FIRST = 12
SNOOZES: dict[int, Text] = {1: T("Until tomorrow"), 3: T("For 3 days"), 7: T("For a week"), 30: T("For 30 days")}


@st.cache_resource(max_entries=8, show_spinner=False)
def _found(_visit: Visit, key: str, as_of: dt.date) -> tuple[Decision, ...]:
    with _visit.database.reading() as connection:
        return decisions(connection, _visit.company, as_of, reads.position(_visit))


def show(visit: Visit) -> None:
    """The open decisions, the answered ones, and the log."""
    at = reads.moment(visit)
    now = at.now
    st.subheader(visit.say(T("Decisions, most money first")))
    with st.spinner(visit.say(T("Adding up …"))):
        found = _found(visit, at.key, at.as_of)
    with visit.database.reading() as connection:
        placed = answered(connection, visit.company, found, now)
    waiting = [entry for entry in placed if entry.open]
    if not waiting:
        st.success(visit.say(T("Nothing needs a decision today.")), icon=":material/check:")
    shown = waiting
    if len(waiting) > SHOWN_AT_FIRST:
        every = T("Show all {count}", count=format_number(len(waiting), visit.language))
        shown = waiting if st.session_state.get("all_decisions") else waiting[:SHOWN_AT_FIRST]
    for entry in shown:
        _row(visit, entry, now)
    if len(waiting) > SHOWN_AT_FIRST:
        st.toggle(visit.say(every), key="all_decisions")
    _answered(visit, [entry for entry in placed if not entry.open])
    _log(visit)


def _row(visit: Visit, entry: Listed, now: dt.date) -> None:
    decision = entry.decision
    with st.container(border=True, gap="small"):
        st.markdown(f"**{visit.say(decision.title)}**  \n:gray[{visit.say(decision.why)}]")
        if entry.note is not None:
            st.caption(f":material/history: {visit.say(entry.note)}")
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            if decision.stake is not None:
                st.markdown(f"**{visit.say(decision.stake)}**", width="stretch")
            else:
                unknown = T("money not known") if decision.money is None else T("no money at stake yet")
                st.markdown(f":gray[{visit.say(unknown)}]", width="stretch")
            with st.container(horizontal=True, gap="small", width="content"):
                _buttons(visit, decision, now)


def _buttons(visit: Visit, decision: Decision, now: dt.date) -> None:
    if st.button(visit.say(T("Open")), key=f"open_{decision.key}", icon=":material/arrow_forward:", type="tertiary"):
        st.switch_page(address(decision.page), query_params=dict(decision.query))
    if st.button(visit.say(T("Accept")), key=f"accept_{decision.key}", icon=":material/check:", type="tertiary"):
        _answer(visit, decision, Reply("accept"), T("Accepted. It comes back if it is still there then."))
    with st.popover(visit.say(T("Snooze")), icon=":material/snooze:", key=f"snooze_{decision.key}", type="tertiary"):
        _snooze(visit, decision, now)
    with st.popover(visit.say(T("Dismiss")), icon=":material/close:", key=f"dismiss_{decision.key}", type="tertiary"):
        _dismiss(visit, decision)


def _snooze(visit: Visit, decision: Decision, now: dt.date) -> None:
    for days, label in SNOOZES.items():
        if st.button(visit.say(label), key=f"snooze_{days}_{decision.key}", width="stretch"):
            _answer(visit, decision, Reply("snooze", now + dt.timedelta(days=days)), T("Snoozed."))
    with st.form(f"snooze_form_{decision.key}", border=False):
        day = st.date_input(visit.say(T("Until the day")), now + dt.timedelta(days=14), key=f"day_{decision.key}")
        if st.form_submit_button(visit.say(T("Snooze"))):
            _answer(visit, decision, Reply("snooze", day), T("Snoozed."))


def _dismiss(visit: Visit, decision: Decision) -> None:
    form = f"dismiss_{decision.key}"
    with st.form(f"form_{form}_{acts.token(form)}", border=False):
        reason = st.text_input(visit.say(T("Why not?")), key=f"reason_{decision.key}_{acts.token(form)}", max_chars=500)
        st.caption(visit.say(T("It stays away until the money at stake has grown by more than half.")))
        if st.form_submit_button(visit.say(T("Dismiss"))):
            _answer(visit, decision, Reply("dismiss", reason=reason), T("Dismissed."))


def _answer(visit: Visit, decision: Decision, reply: Reply, done: Text) -> None:
    acts.perform(visit, lambda uow: answer_decision(uow, decision, reply), done)


def _answered(visit: Visit, entries: list[Listed]) -> None:
    if not entries:
        return
    title = T("Answered · {count}", count=format_number(len(entries), visit.language))
    with st.expander(visit.say(title), icon=":material/task_alt:"):
        for entry in entries:
            words, go = st.columns([7, 2], vertical_alignment="center")
            answer = entry.answer
            said = "" if answer is None else visit.say(_said(visit, answer))
            words.markdown(f"{visit.say(entry.decision.title)}  \n:gray[{said}]")
            if go.button(visit.say(T("Reopen")), key=f"reopen_{entry.decision.key}", icon=":material/undo:"):
                _answer(visit, entry.decision, Reply("reopen"), T("Reopened."))


def _said(visit: Visit, answer: Answer) -> Text:
    if answer.act == "dismiss":
        return T("Dismissed by {who} on {day}: {reason}", who=answer.by, day=answer.on, reason=answer.reason or "")
    if answer.act == "accept":
        return T(
            "Accepted by {who} on {day}; looked at again on {until}", who=answer.by, day=answer.on, until=answer.until
        )
    return T("Snoozed by {who} until {until}", who=answer.by, until=answer.until)


def _log(visit: Visit) -> None:
    with visit.database.reading() as connection:
        log = answer_log(connection)
    if log.empty:
        return
    with st.expander(visit.say(T("What was decided")), icon=":material/history:"):
        zone = visit.company.time_zone
        rows = log.assign(
            when=[format_datetime(at, visit.language, zone) for at in log["at"]],
            act_word=[visit.plain(ACTS[act]) for act in log["act"]],
            title_word=[visit.plain(title) for title in log["title"]],
        )
        st.dataframe(
            rows, placeholder="–", hide_index=True, column_order=list(LOG_COLUMNS), key="decision_log",
            column_config=configuration(visit, LOG_COLUMNS),
        )  # fmt: skip
        downloads(visit, rows, LOG_COLUMNS, T("What was decided"), {})
