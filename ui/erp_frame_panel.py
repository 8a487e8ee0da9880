"""The frame of a choice: its name, budget and horizon, what cost counts, and how sure the weights are."""

from __future__ import annotations

from typing import Any

import streamlit as st

from erp_core.db.uow import UnitOfWork
from erp_core.money import currencies
from erp_core.text import T, Text, format_money
from erp_core.vendors import service
from erp_core.vendors.schema import Sureness
from ui import acts, erp_choice
from ui.erp_choice import Choice
from ui.guard import Visit

SURENESS: dict[str, Text] = {
    Sureness.EXACT: T("exactly these"),
    Sureness.ABOUT: T("about these"),
    Sureness.OPEN: T("any weights at all"),
}
_FORM = "choice_frame"


def show(visit: Visit, choice: Choice) -> None:
    """What holds, in a line; the form under it."""
    document = choice.document
    money = (
        None if document.budget is None else format_money(document.budget, choice.currency, visit.language, decimals=0)
    )
    held = [
        visit.say(T("Budget {money} over {count} years", money=money, count=document.scenario.years))
        if money is not None
        else visit.say(T("No budget yet, {count} years", count=document.scenario.years)),
        visit.say(T("weights: {sureness}", sureness=SURENESS[document.sureness])),
    ]
    st.caption(" · ".join(held))
    if choice.may_change:
        with st.expander(visit.say(T("Name, budget and horizon")), icon=":material/tune:"):
            _form(visit, choice)


def _form(visit: Visit, choice: Choice) -> None:
    document, scenario = choice.document, choice.document.scenario
    form = erp_choice.form_of(
        visit, _FORM, (document.name, document.budget, document.cost_scale, document.sureness, scenario)
    )
    with st.form(form, border=False):
        one, two, three, four = st.columns([3, 2, 1.3, 2])
        name = one.text_input(visit.say(T("Name")), document.name, max_chars=120, key=f"{form}_name")
        budget = two.number_input(
            visit.say(T("Budget for all years")), 0.0, value=document.budget, step=1000.0, key=f"{form}_budget",
            placeholder=visit.say(T("none yet")),
            help=visit.say(T("The most that it may cost over the whole horizon, in nine of ten cases")),
        )  # fmt: skip
        known = sorted(currencies())
        currency = three.selectbox(
            visit.say(T("Currency")), known, index=known.index(choice.currency), key=f"{form}_currency",
            help=visit.say(T("Amounts that stand here are not converted when it changes.")),
        )  # fmt: skip
        years = four.slider(visit.say(T("Years")), 1, 10, scenario.years, key=f"{form}_years")
        scale = document.cost_scale
        one, two, three = st.columns([2, 2, 4.3])
        best = one.number_input(
            visit.say(T("Costs that count as perfect")), 0.0, value=scale.best if scale else None, step=1000.0,
            placeholder="0", key=f"{form}_best",
        )  # fmt: skip
        worst = two.number_input(
            visit.say(T("Costs that count as nothing")), 0.0, value=scale.worst if scale else None, step=1000.0,
            placeholder=visit.say(T("the budget")), key=f"{form}_worst",
            help=visit.say(T("The scale of cost is fixed, so that a further vendor cannot reorder the others.")),
        )  # fmt: skip
        sureness = three.radio(
            visit.say(T("The weights are meant")), list(SURENESS), index=list(SURENESS).index(document.sureness),
            format_func=lambda key: visit.say(SURENESS[key]), horizontal=True, key=f"{form}_sureness",
            help=visit.say(T("How far the answer lets the weights stray from those stated")),
        )  # fmt: skip
        if st.form_submit_button(visit.say(T("Save")), type="primary", icon=":material/save:"):
            changes: dict[str, Any] = {
                "scenario": scenario.model_copy(update={"currency": currency, "years": int(years)}),
                "budget": budget or None,
                "cost_scale": _scale(best, worst, budget),
                "sureness": Sureness(sureness),
            }

            def save(uow: UnitOfWork) -> None:
                service.rename_decision(uow, choice.at, name)
                service.change_settings(uow, choice.at, changes)

            acts.perform(visit, save)


def _scale(best: float | None, worst: float | None, budget: float | None) -> dict[str, float] | None:
    """The fixed scale; None where nothing was said, so that it runs from nothing to the budget."""
    if best is None and worst is None:
        return None
    return {"best": best or 0.0, "worst": worst or budget or 0.0}
