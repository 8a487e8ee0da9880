"""What the chosen ERP returns, on the merchant's own numbers: view Business case."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from erp_core.errors import ErpError
from erp_core.text import T, Text, format_number, format_share
from erp_core.vendors import service
from erp_core.vendors.business_case import Case, benefit_name, business_case
from erp_core.vendors.report.file import case_vendor
from erp_core.vendors.schema import Decision
from ui import acts, charts, erp_benefits_panel, erp_choice, erp_numbers_panel
from ui.erp_choice import Choice
from ui.erp_words import Answered, dressed, number_shown, titled, years_said
from ui.guard import Visit
from ui.pages_list import address

_INPUTS = 10
_COLOURS = ("#0b6e8a", "#56b4e9", "#009e73", "#cc79a7", "#7bcfb0", "#a9a9a9", "#8fd3e8")  # none of them that of cost


@st.cache_resource(max_entries=16, show_spinner=False)
def _case(_document: Decision, key: str, vendor: str) -> Case:
    return business_case(_document, vendor)


def show(visit: Visit, choice: Choice) -> None:
    """Whom it is made for, what it comes to, what it rests on."""
    if not choice.document.vendors:
        st.info(visit.say(T("No vendor is on the list yet. Choose some, and this view says what one returns.")), icon=":material/storefront:")  # fmt: skip
        st.page_link(
            address("erp_choice"), label=visit.say(T("Choose vendors")), icon=":material/arrow_forward:",
            query_params={"view": "vendors"},
        )  # fmt: skip
        erp_numbers_panel.show(visit, choice)
        return
    try:
        with st.spinner(visit.say(T("Adding up …"))):
            told = Answered(visit, choice.document, erp_choice.answer(choice))
            vendor = _whom(told, choice)
            case = _case(choice.document, choice.key, vendor)
    except ErpError as error:
        acts.refused(visit, error)
        return
    if case.unknown is not None:
        st.info(visit.say(case.unknown), icon=":material/help:")
    else:
        if case.too_good is not None:
            st.warning(visit.say(case.too_good), icon=":material/warning:")
        _headline(told, case)
        left, right = st.columns(2)
        with left:
            _cash(told, case)
        with right:
            _tornado(told, case)
    _lacking(told, case)
    erp_numbers_panel.show(visit, choice)
    erp_benefits_panel.show(visit, choice, vendor)
    if case.unknown is None:
        _by_year(told, case)


def _whom(told: Answered, choice: Choice) -> str:
    """The vendor that the case is made for: the one that was chosen, else the likeliest first with a known cost."""
    visit, answer = told.visit, told.answer
    order = [*told.by_chance(), *(vendor for vendor in answer.vendors if vendor not in answer.in_play)]
    usual = case_vendor(choice.document, answer) or order[0]
    row = st.container(horizontal=True, vertical_alignment="bottom")
    vendor: str = row.selectbox(
        visit.say(T("The case is made for")), order, order.index(usual), format_func=told.name,
        key=f"erp_case_of_{choice.id}_{usual}", width=360,
    )  # fmt: skip
    if (
        choice.may_change
        and vendor != choice.document.chosen
        and row.button(visit.say(T("Keep this one as chosen")), icon=":material/push_pin:", key="erp_case_keep")
    ):
        acts.perform(visit, lambda uow: service.change_settings(uow, choice.at, {"chosen": vendor}))
    if choice.document.chosen is None and vendor == usual:
        st.caption(
            visit.say(
                T("Nobody has been chosen yet: this is the vendor that ranks first among those whose cost is known.")
            )
        )
    return vendor


def _headline(told: Answered, case: Case) -> None:
    """What it is worth, how surely, and when it is back."""
    visit, language = told.visit, told.visit.language
    rate = format_share(case.discount_rate, language)
    years = len(case.flows) - 1

    number = partial(number_shown, visit, st.container(horizontal=True, gap="xsmall"))

    def periods(value: float | None) -> str:
        """Years, where there are any."""
        if value is None:
            return visit.plain(T("not in these years"))
        return visit.plain(T("{count} years", count=format_number(value, language, 1)))

    number(T("Net present value"), told.money(case.npv_p50), T("P50 over {years} at {rate} a year: half of the draws lie above", years=years_said(years), rate=rate))  # fmt: skip
    loss = 0.0 if case.loss is None else case.loss
    number(
        T("Probability of loss"), told.chance(loss), T("Share of draws in which the net present value is below nought")
    )
    rate_of_return = visit.plain(T("none")) if case.irr is None else format_share(case.irr, language)
    number(T("IRR"), rate_of_return, T("The rate at which the expected flows are worth nought; none where no rate or more than one does that"))  # fmt: skip
    number(T("Payback"), periods(case.payback), T("Years until the expected flows have paid for themselves"))
    number(T("Discounted payback"), periods(case.discounted_payback), T("The same with later years counting less, at {rate} a year", rate=rate))  # fmt: skip
    span = {"low": told.money(case.npv_p10), "high": told.money(case.npv_p90)}
    st.caption(
        visit.say(T("Eight of ten draws of the net present value lie between {low} and {high} (P10 and P90).", **span))
    )


def _cash(told: Answered, case: Case) -> None:
    """Cumulative cash, its middle and its band."""
    visit, paint = told.visit, charts.colours()
    years = [str(year) for year in case.band.index]
    figure = go.Figure(
        [
            go.Scatter(x=years, y=case.band["p90"], mode="lines", line={"width": 0}, hoverinfo="skip", showlegend=False),
            go.Scatter(x=years, y=case.band["p10"], mode="lines", line={"width": 0}, fill="tonexty", fillcolor=paint["band"],
                       hoverinfo="skip", name=visit.plain(T("P10 to P90"))),
            go.Scatter(x=years, y=case.band["p50"], mode="lines+markers", line={"color": paint["main"], "width": 2.5},
                       name=visit.plain(T("P50"))),
        ]
    )  # fmt: skip
    figure.add_hline(y=0, line_color=paint["ink"], line_width=1)
    title = visit.plain(_cash_finding(told, case))
    figure = dressed(figure, height=360, legend=True)
    figure.update_xaxes(type="category", title_text=visit.plain(T("Years; 0 is the project")))
    rows = case.band.round(0).rename(columns={"p10": "P10", "p50": "P50", "p90": "P90"})
    rows.insert(0, visit.plain(T("Year")), case.band.index)
    titled(visit, figure, rows, "erp_cash", title)


def _cash_finding(told: Answered, case: Case) -> Text:
    end = told.money(float(case.band["p50"].iloc[-1]))
    years = len(case.band) - 1
    if case.payback is None:
        return T(
            "It does not pay back in {years}: {amount} in the middle at the end", years=years_said(years), amount=end
        )
    after = format_number(case.payback, told.visit.language, 1)
    return T(
        "Paid back after {after} years; {amount} in the middle after {years}", after=after, years=years, amount=end
    )


def _tornado(told: Answered, case: Case) -> None:
    """What the net present value depends on most."""
    visit, paint, rows = told.visit, charts.colours(), case.tornado
    if rows.empty:
        st.info(visit.say(T("Every input is certain: nothing to compare.")), icon=":material/tornado:")
        return
    top = rows.head(_INPUTS).iloc[::-1]
    labels = [f"{at}.{key}" for at, key in enumerate(top["key"])]
    names = [visit.plain(name) for name in top["name"]]
    middle = case.npv_expected or 0.0
    figure = go.Figure(
        [
            go.Bar(y=labels, x=top[end] - middle, base=middle, orientation="h", marker_color=colour, name=visit.plain(name),
                   hoverinfo="skip")
            for end, colour, name in (
                ("npv_low", paint["mark"], T("at its P10")), ("npv_high", paint["main"], T("at its P90"))
            )
        ]
    )  # fmt: skip
    figure.add_vline(x=middle, line_color=paint["ink"], line_width=1)
    title = visit.plain(T("What matters most: {name}", name=names[-1]))
    figure = dressed(figure, height=max(240, 32 * len(top) + 80), legend=True)
    figure.update_layout(barmode="overlay")
    figure.update_yaxes(
        type="category",
        tickvals=labels,
        ticktext=[charts.unmarked(name) for name in names],
        automargin=True,
        showgrid=False,
    )
    table = pd.DataFrame(
        {
            visit.plain(T("Input")): [visit.plain(name) for name in rows["name"]],
            visit.plain(T("Low")): rows["low"], visit.plain(T("High")): rows["high"],
            visit.plain(T("Net present value at its P10")): rows["npv_low"].round(0),
            visit.plain(T("Net present value at its P90")): rows["npv_high"].round(0),
        }
    )  # fmt: skip
    titled(visit, figure, table, "erp_tornado", title)


def _lacking(told: Answered, case: Case) -> None:
    visit = told.visit
    if not case.lacking:
        return
    with st.expander(visit.say(T("What is not counted: {count}", count=len(case.lacking))), icon=":material/help:"):
        for text in case.lacking:
            st.markdown(f"- {visit.say(text)}")


def _by_year(told: Answered, case: Case) -> None:
    """Benefits and cost by year, as expected."""
    visit, paint = told.visit, charts.colours()
    years = [str(year) for year in case.flows.index]
    keys: Sequence[str] = [key for key in case.benefits.columns if case.benefits[key].any()]
    figure = go.Figure(
        [
            go.Bar(x=years, y=case.benefits[key], name=charts.unmarked(visit.plain(benefit_name(key))),
                   marker_color=_COLOURS[at % len(_COLOURS)])
            for at, key in enumerate(keys)
        ]
    )  # fmt: skip
    figure.add_bar(x=years, y=-case.flows["cost"], name=visit.plain(T("Cost")), marker_color=paint["mark"])
    title = visit.plain(T("What comes in and what goes out, year by year, as expected"))
    figure = dressed(figure, height=360, legend=True)
    figure.update_layout(barmode="relative")
    figure.update_xaxes(type="category", title_text=visit.plain(T("Years; 0 is the project")))
    rows = case.benefits.rename(columns={key: visit.plain(benefit_name(key)) for key in case.benefits.columns}).round(0)
    rows.insert(0, visit.plain(T("Year")), case.flows.index)
    rows[visit.plain(T("Cost"))] = case.flows["cost"].round(0)
    rows[visit.plain(T("Net"))] = case.flows["net"].round(0)
    titled(visit, figure, rows, "erp_case_years", title)
