"""How a choice of an ERP begins: what the page answers, what it needs, the form; and the way between several choices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from erp_core.clock import today
from erp_core.db.uow import UnitOfWork
from erp_core.money import currencies
from erp_core.overview.own_numbers import rates_into
from erp_core.security.permissions import Permission
from erp_core.text import T
from erp_core.vendors import service
from erp_core.vendors.catalogue import catalogue
from erp_core.vendors.choice import Settings
from erp_core.vendors.own_numbers import scenario_from
from erp_core.vendors.proposals import propose
from erp_core.vendors.schema import Path
from erp_core.vendors.service import NewDecision
from erp_core.vendors.template import template
from erp_core.vendors.views import decisions
from ui import acts, erp_choice, kept
from ui.erp_choice import Choice
from ui.guard import Visit
from ui.pages_list import address

_FORM = "begin_choice"


def show(visit: Visit) -> None:
    """Nothing is chosen yet: what comes out of it, and the form."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown(visit.say(_ANSWERS))
        if visit.actor.may(Permission.CHOOSE_ERP):
            _form(visit)
        else:
            st.info(
                visit.say(T("Nobody has begun yet. Whoever may choose an ERP begins here.")),
                icon=":material/hourglass_empty:",
            )
    with right:
        _own_numbers(visit)


_ANSWERS = T(
    "Say what you need, name the systems you look at: you get who is out and why, five-year cost with its range, who comes "
    "first and how surely, what it returns on your own numbers, and what to ask next. Unknown stays unknown."
)


def _own_numbers(visit: Visit) -> None:
    """What the shop's own data says, or which would help."""
    with st.container(border=True):
        numbers = erp_choice.own_numbers_of(visit, visit.company.base_currency)
        if numbers:
            st.markdown(f"**{visit.say(T('Your own numbers are there'))}**")
            st.caption(
                visit.say(
                    T(
                        "{count} numbers of your shop propose priorities and prices; each can be changed.",
                        count=len(numbers),
                    )
                )
            )
            return
        st.markdown(f"**{visit.say(T('It works without any data'))}**")
        st.caption(visit.say(_WOULD_HELP))
        if visit.actor.may(Permission.VIEW_IMPORTS):
            st.page_link(
                address("data"), label=visit.say(T("Import my files")), icon=":material/upload_file:",
                query_params={"view": "import"},
            )  # fmt: skip


_WOULD_HELP = T(
    "With your orders, stock and costs imported, priorities are proposed from your own numbers (orders a month, shops, "
    "currencies, returns, late orders, stock turns), and the business case is reckoned on them."
)


def _form(visit: Visit, first: bool = True) -> None:
    base = visit.company.base_currency
    vendors = {vendor.key: vendor for vendor in catalogue()}
    with st.form(f"begin_{acts.token(_FORM)}", border=first):
        st.subheader(visit.say(T("Begin with the template")))
        name = st.text_input(visit.say(T("Name")), visit.say(T("Our ERP")), max_chars=120)
        one, two = st.columns([3, 2])
        budget = one.number_input(
            visit.say(T("Budget for all years")), 0.0, value=None, step=1000.0, placeholder=visit.say(T("none yet")),
            help=visit.say(T("The most that it may cost over the whole horizon, in nine of ten cases")),
        )  # fmt: skip
        known = sorted(currencies())
        currency = two.selectbox(visit.say(T("Currency")), known, index=known.index(base))
        users = one.number_input(
            visit.say(T("People who will use it")), 1, 100_000, value=None, placeholder=visit.say(T("at least one")),
            help=visit.say(T("Most systems ask a price for each of them; how they grow is set in Cost.")),
        )  # fmt: skip
        years = two.slider(visit.say(T("Years")), 3, 10, 5)
        listed = st.multiselect(
            visit.say(T("Systems to compare")), list(vendors), format_func=lambda key: vendors[key].named(visit.language),
            placeholder=visit.say(T("Choose from the catalogue")),
            help=visit.say(T("More can be added any time, your own among them.")),
        )  # fmt: skip
        if st.form_submit_button(visit.say(T("Begin with the template")), type="primary", icon=":material/play_arrow:"):
            _begin(visit, _Wanted(name, budget, currency, years, users or 1, tuple(listed)))


@dataclass(frozen=True)
class _Wanted:
    """What the form says."""

    name: str
    budget: float | None
    currency: str
    years: int
    users: int
    vendors: tuple[str, ...]


def _begin(visit: Visit, wanted: _Wanted) -> None:
    own = erp_choice.own_numbers_of(visit, wanted.currency)
    day = today(visit.clock, visit.company.time_zone)
    with visit.database.reading() as connection:
        rates = rates_into(connection, wanted.currency, day)
    proposed = scenario_from(own, wanted.currency, day, rates, wanted.years).scenario
    scenario = proposed.model_copy(update={"users": Path(now=float(wanted.users))})
    new = NewDecision(
        name=wanted.name,
        settings=Settings(scenario=scenario, budget=wanted.budget or None),
        requirements=propose(template(), own),
        vendors=wanted.vendors,
        token=acts.token(_FORM),
    )

    def begin(uow: UnitOfWork) -> None:
        made = service.create_decision(uow, new)
        kept.keep(erp_choice.DECISION, [str(made)], erp_choice.PAGE)
        acts.renew(_FORM)

    acts.perform(visit, begin, T("The template stands: look through what you need."))


def of_choice(panel: Callable[[Visit, Choice], None]) -> Callable[[Visit], None]:
    """A view that is given the decision of the URL (`?decision=`), else the one that was changed last; how to begin
    while there is none."""

    def view(visit: Visit) -> None:
        """Choose the decision, then show it."""
        choice = erp_choice.chosen(visit)
        if choice is None:
            show(visit)
            return
        _chooser(visit, choice)
        panel(visit, choice)

    return view


def _chooser(visit: Visit, choice: Choice) -> None:
    """Which decision is looked at, where there are several; a further one; putting this one aside."""
    with visit.database.reading() as connection:
        names = {str(one.id): one.name for one in decisions(connection)}
        aside = {str(one.id): one.name for one in decisions(connection, archived=True)}
    names |= aside
    row = st.container(horizontal=True, vertical_alignment="bottom")
    if len(names) > 1:
        row.selectbox(
            visit.say(T("Choice")), list(names), key=kept.filled(erp_choice.DECISION, str(choice.id)),
            format_func=lambda key: f"{names[key]} · {visit.plain(T('put aside'))}" if key in aside else names[key],
            on_change=kept.chosen_in, args=(erp_choice.DECISION, erp_choice.PAGE), width=320, label_visibility="collapsed",
        )  # fmt: skip
        kept.publish(erp_choice.DECISION, [str(choice.id)], erp_choice.PAGE)
    else:
        row.markdown(f"**{visit.say(choice.document.name)}**", width="content")
    if str(choice.id) in aside:
        st.info(visit.say(T("This choice was put aside: it can be read, not changed.")), icon=":material/inventory_2:")
    if not visit.actor.may(Permission.CHOOSE_ERP):
        return
    with row.popover(visit.say(T("More")), icon=":material/more_horiz:"):
        st.markdown(f"**{visit.say(T('Another choice'))}**")
        st.caption(visit.say(T("Begins anew beside this one, with the template and your numbers of today.")))
        _form(visit, first=False)
        if choice.may_change:
            if st.button(visit.say(T("Put this choice aside")), icon=":material/inventory_2:", key="choice_aside"):
                acts.perform(visit, lambda uow: service.archive_decision(uow, choice.at), T("It is put aside."))
        elif st.button(visit.say(T("Take this choice up again")), icon=":material/unarchive:", key="choice_back"):
            acts.perform(visit, lambda uow: service.bring_back_decision(uow, choice.at), T("It is taken up again."))
