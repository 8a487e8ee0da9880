"""The demo shop on pages: offered where there are no data yet, made as a job, entered, left, removed."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from erp_core.demo import work
from erp_core.demo.place import FILES, About, about_demo
from erp_core.demo.plan import DEFAULT_SEED, DEFAULT_SIZE, LARGEST_SEED, OFFERED_SIZES, SIZES
from erp_core.demo.service import remove_demo
from erp_core.errors import ErpError
from erp_core.jobs.job import Job, Status
from erp_core.security.permissions import Permission
from erp_core.text import T, Text, format_date, format_datetime, format_number
from ui import acts, job_panel
from ui.guard import DEMO, OWN, Visit, close_database, look_at, same_as_before
from ui.pages_list import address

_AWAITED = "demo_awaited"
SIZE_NAMES: dict[str, Text] = {"small": T("Small"), "medium": T("Medium"), "large": T("Large")}
_WHAT_IT_IS = T(
    "A made-up seller of home goods on Tmall, JD, Pinduoduo and Shopify: 18 months of orders, stock, purchases, returns. "
    "It lives in a database of its own; your own data stay untouched, and it is removed with one click."
)


def offer(visit: Visit) -> None:
    """Where there are no data yet: one button that makes the demo shop and enters it."""
    if not visit.actor.may(Permission.USE_DEMO) or visit.demo is not None:
        return
    with st.container(border=True):
        st.markdown(f"**{visit.say(T('No files at hand?'))}**")
        st.caption(visit.say(_WHAT_IT_IS))
        if _being_made(visit, "demo_offer") is not None:
            return
        if about_demo(visit.own) is not None:
            _enter_button(visit, "demo_offer_enter")
        elif st.button(visit.say(T("Try the demo shop")), type="primary", icon=":material/science:", key="try_demo"):
            _ask_for(visit, DEFAULT_SIZE, DEFAULT_SEED)


def way_out(visit: Visit) -> None:
    """In the sidebar, while the demo shop is looked at: back, or away with it."""
    if visit.demo is None:
        return
    place = st.sidebar.container(horizontal=True)
    place.button(
        visit.say(T("Back to my shop")), icon=":material/arrow_back:", key="leave_demo", on_click=look_at, args=(OWN,)
    )
    if place.button(visit.say(T("Remove")), icon=":material/delete:", key="remove_demo", type="tertiary"):
        _ask_to_remove(visit)


def show(visit: Visit) -> None:
    """The view in Settings: what is loaded; load with a size and a seed, enter, leave, remove."""
    if not visit.actor.may(Permission.USE_DEMO):
        st.info(visit.say(T("You may not use the demo shop.")), icon=":material/lock:")
        return
    st.caption(visit.say(_WHAT_IT_IS))
    about = about_demo(visit.own)
    if about is not None:
        _describe(visit, about)
    if visit.demo is None:
        job = _being_made(visit, "demo_settings")
        if job is None or job.ended:
            _choose(visit, again=about is not None)


def _describe(visit: Visit, about: About) -> None:
    with st.container(border=True):
        size = SIZE_NAMES.get(about.size)
        st.markdown(
            visit.say(
                T(
                    "**Loaded: {size}, seed {seed}.** {orders} orders of {products} products, up to {until}.",
                    size=about.size if size is None else size,
                    seed=about.seed,
                    orders=format_number(about.orders, visit.language),
                    products=format_number(about.products, visit.language),
                    until=format_date(dt.date.fromisoformat(about.until), visit.language),
                )
            )
        )
        made = format_datetime(dt.datetime.fromisoformat(about.made_at), visit.language, visit.company.time_zone)
        st.caption(visit.say(T("Made {when}. Its files, to try an import with:", when=made)))
        st.code(str(visit.own.demo.home / FILES), language=None)
        place = st.container(horizontal=True)
        with place:
            if visit.demo is None:
                _enter_button(visit, "demo_settings_enter")
            else:
                st.button(
                    visit.say(T("Back to my shop")), icon=":material/arrow_back:", key="demo_settings_leave",
                    on_click=look_at, args=(OWN,),
                )  # fmt: skip
            if st.button(visit.say(T("Remove the demo shop")), icon=":material/delete:", key="demo_settings_remove"):
                _ask_to_remove(visit)


def _choose(visit: Visit, *, again: bool) -> None:
    with st.form("demo"):
        left, right = st.columns(2)
        size = left.selectbox(
            visit.say(T("How large")),
            OFFERED_SIZES,
            index=OFFERED_SIZES.index(DEFAULT_SIZE),
            format_func=lambda name: _size_in_words(visit, name),
        )
        seed = right.number_input(
            visit.say(T("Seed")), 0, LARGEST_SEED, DEFAULT_SEED, 1,
            help=visit.say(T("The same seed makes the same shop; another makes another.")),
        )  # fmt: skip
        if again:
            st.caption(visit.say(T("The demo shop that is loaded is replaced.")))
        label = T("Load it anew") if again else T("Load the demo shop")
        if st.form_submit_button(visit.say(label), type="primary", icon=":material/science:"):
            _ask_for(visit, str(size), int(seed))


def _size_in_words(visit: Visit, name: str) -> str:
    size = SIZES[name]
    return visit.say(
        T(
            "{size}: about {products} products, {orders} orders",
            size=SIZE_NAMES[name],
            products=format_number(size.products, visit.language),
            orders=format_number(size.orders, visit.language),
        )
    )


def _ask_for(visit: Visit, size: str, seed: int) -> None:
    try:
        st.session_state[_AWAITED] = work.hand_in(visit.own, visit.actor, visit.clock, size, seed).id
    except ErpError as error:
        acts.refused(visit, error)
        return
    st.rerun()


def _being_made(visit: Visit, key: str) -> Job | None:
    """Show how far the making is, or why it stopped, and return its job; whoever asked for it enters when it is done."""
    job = work.latest(visit.own, visit.clock)
    if job is None or (job.ended and not _awaited(job)):
        return None
    if job.status is Status.DONE:
        _enter()
    return job_panel.follow(visit, job.id, key, work.workshop_book(visit.own, visit.clock))


def _awaited(job: Job) -> bool:
    return bool(st.session_state.get(_AWAITED) == job.id)


def _enter_button(visit: Visit, key: str) -> None:
    if st.button(visit.say(T("Enter the demo shop")), type="primary", icon=":material/login:", key=key):
        _enter()


def _enter() -> None:
    look_at(DEMO)
    st.switch_page(address("home"))


def _ask_to_remove(visit: Visit) -> None:
    @st.dialog(visit.say(T("Remove the demo shop?")), icon=":material/delete:")
    def confirm() -> None:
        same_as_before(visit)
        st.write(visit.say(T("Its database, its files and its jobs are deleted. Your own shop is not touched by it.")))
        if st.button(visit.say(T("Remove the demo shop")), type="primary", key="remove_demo_really"):
            try:
                with st.spinner(visit.say(T("Removing …"))):
                    close_database(visit.own.demo)
                    remove_demo(visit.own, visit.actor.acting(visit.clock))
            except ErpError as error:
                acts.refused(visit, error)
                return
            look_at(OWN)
            st.rerun()

    confirm()
