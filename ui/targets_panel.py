"""Who is told: groups and mailboxes that get the day's digest and the alerts; part of Settings, view Alerts."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from erp_core.attention.addresses import Address, read_address
from erp_core.attention.delivery import KINDS
from erp_core.attention.sending import NewTarget, Teller, add_target, pause_target, remove_target
from erp_core.attention.views import ATTEMPTS, Delivery, Target, deliveries, targets
from erp_core.clock import today
from erp_core.errors import ErpError
from erp_core.text import LANGUAGES, T, Text, format_datetime
from ui import acts
from ui.guard import Visit
from ui.literal import literal

OUTCOMES: dict[str, Text] = {
    "sent": T("arrived"),
    "failed": T("did not arrive"),
    "begun": T("broken off: it may have arrived"),
}
SIGNED = ("dingtalk", "feishu")
RECENT_DAYS = 14
_SHOWN = 30


def show(visit: Visit) -> None:
    """The section: the targets, what was delivered lately, and the form for another one."""
    now = today(visit.clock, visit.company.time_zone)
    with visit.database.reading() as connection:
        held = targets(connection)
        found = deliveries(connection, now - dt.timedelta(days=RECENT_DAYS))
    with st.container(border=True):
        st.subheader(visit.say(T("Who is told")))
        st.caption(
            visit.say(
                T(
                    "Each target gets the day’s digest at its time, and every alert when it fires. Addresses are kept in a "
                    "file on this machine, not in the database."
                )
            )
        )
        if not held:
            st.info(visit.say(T("Nobody is told yet.")), icon=":material/forward_to_inbox:")
        for target in held:
            _row(visit, target, [delivery for delivery in found if delivery.target_id == target.id])
        with st.expander(visit.say(T("Tell another group or mailbox")), icon=":material/add:", expanded=not held):
            _add(visit)
        _log(visit, held, found)


def _row(visit: Visit, target: Target, own: list[Delivery]) -> None:
    with st.container(border=True):
        try:
            address = read_address(visit.settings, target.id)
            where = visit.say(T("no address kept: remove it and add it again")) if address is None else address.masked
        except ErpError as error:
            where = visit.say(error.message)
        paused = "" if target.active else f" · :orange[{visit.say(T('paused'))}]"
        at = visit.say(T("daily from {time}", time=target.time))
        st.markdown(
            f"**{literal(target.name)}** · {visit.say(KINDS[target.kind])} · {at} · {LANGUAGES[target.language]}{paused}  \n`{where}`"
        )
        if own:
            _last(visit, own)
        with st.container(horizontal=True):
            test = st.button(visit.say(T("Send a test now")), key=f"test_{target.id}", icon=":material/send:")
            if target.active:
                if st.button(visit.say(T("Pause")), key=f"pause_{target.id}", icon=":material/pause:"):
                    acts.perform(visit, lambda uow: pause_target(uow, target.id, True), T("Nothing goes there now."))
            elif st.button(visit.say(T("Go on")), key=f"resume_{target.id}", icon=":material/play_arrow:"):
                acts.perform(visit, lambda uow: pause_target(uow, target.id, False), T("Messages go there again."))
            if st.button(visit.say(T("Remove")), key=f"remove_{target.id}", icon=":material/delete:"):
                acts.perform(
                    visit, lambda uow: remove_target(uow, visit.settings, target.id), T("The target is removed.")
                )
        if test:
            _test(visit, target)


def _last(visit: Visit, own: list[Delivery]) -> None:
    last = own[-1]
    when = format_datetime(last.at, visit.language, visit.company.time_zone)
    words = f"{visit.say(T('Last message'))}: {when} · {visit.say(OUTCOMES[last.outcome])}"
    detail = f" · {visit.say(last.detail)}" if last.detail is not None else ""
    if last.outcome == "sent":
        st.caption(f":green[:material/check:] {words}{detail}")
        return
    tries = len([one for one in own if one.subject == last.subject])
    more = T("attempt {count} of {most}", count=tries, most=ATTEMPTS)
    st.caption(f":orange[:material/error:] {words}{detail} · {visit.say(more)}")


def _test(visit: Visit, target: Target) -> None:
    """The answer is said in the row, whatever it is."""
    teller = Teller(visit.database, visit.settings, visit.clock, visit.actor)
    with st.spinner(visit.say(T("Sending …"))):
        try:
            st.success(visit.say(teller.send_test(target.id)), icon=":material/check:")
        except ErpError as error:
            acts.refused(visit, error)


def _add(visit: Visit) -> None:
    token = acts.token("new_target")
    # outside the form: which fields it has follows the kind at once
    kind = st.selectbox(
        visit.say(T("Kind")), list(KINDS), format_func=lambda word: visit.say(KINDS[word]), key=f"target_kind_{token}"
    )
    with st.form(f"new_target_{token}", border=False):
        one, two, three = st.columns([3, 2, 2])
        name = one.text_input(visit.say(T("Name")), key=f"target_name_{token}", max_chars=80)
        at = two.time_input(visit.say(T("Digest from")), dt.time(8, 30), key=f"target_time_{token}")
        words = list(LANGUAGES)
        language = three.selectbox(
            visit.say(T("Language")), words, words.index(visit.language), format_func=LANGUAGES.__getitem__,
            key=f"target_language_{token}",
        )  # fmt: skip
        url = secret = recipients = ""  # nosec B105
        if kind == "mail":
            recipients = st.text_area(visit.say(T("Mail addresses, one a line")), key=f"target_to_{token}", height=100)
            if not visit.settings.smtp_url:
                st.caption(
                    visit.say(T("Mail needs a server: set ERP_SMTP_URL and ERP_MAIL_FROM where the workbench runs."))
                )
        else:
            url = st.text_input(visit.say(T("Webhook address")), key=f"target_url_{token}", type="password")
        if kind in SIGNED:
            secret = st.text_input(
                visit.say(T("Signing secret (if the robot has one)")), key=f"target_secret_{token}", type="password"
            )
        if st.form_submit_button(visit.say(T("Add")), icon=":material/add:", key="add_target"):
            address = Address(url or None, secret or None, tuple(recipients.replace(",", "\n").splitlines()))
            new = NewTarget(name, kind, at.hour * 60 + at.minute, language, address)
            _keep(visit, new)


def _keep(visit: Visit, new: NewTarget) -> None:
    def add(uow):
        """Store it; the next filling of the form is another one."""
        add_target(uow, visit.settings, new)
        acts.renew("new_target")

    acts.perform(visit, add, T("The target is added. Send a test to see that it arrives."))


def _log(visit: Visit, held: tuple[Target, ...], found: tuple[Delivery, ...]) -> None:
    names = {target.id: target.name for target in held}
    rows = [
        {
            "at": format_datetime(one.at, visit.language, visit.company.time_zone),
            "target": names.get(one.target_id, "–"),
            "what": visit.plain(T("digest") if one.subject.startswith("digest:") else T("alert")),
            "outcome": visit.plain(OUTCOMES[one.outcome]),
            "detail": None if one.detail is None else visit.plain(one.detail),
        }
        for one in reversed(found[-_SHOWN:])
    ]
    if not rows:
        return
    with st.expander(visit.say(T("What went out lately")), icon=":material/history:"):
        st.dataframe(
            rows, placeholder="–", hide_index=True, key="deliveries",
            column_config={
                "at": visit.say(T("When")), "target": visit.say(T("Target")), "what": visit.say(T("What")),
                "outcome": visit.say(T("Outcome")), "detail": visit.say(T("Detail")),
            },
        )  # fmt: skip
