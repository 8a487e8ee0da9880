"""What each ERP costs over the years, and how surely: view Cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import cycle

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from erp_core.errors import ErpError
from erp_core.text import T, Text
from erp_core.vendors.bill import KINDS
from ui import acts, charts, erp_choice, erp_curves_panel, erp_scenario_panel, filters
from ui.erp_choice import Choice
from ui.erp_words import MOST_DRAWN, Answered, dressed, number_shown, short, titled, years_said
from ui.guard import Visit
from ui.literal import literal
from ui.pages_list import address
from ui.tables import Column, configuration, downloads

_NAMED = 4  # vendors in a title
Part = Callable[[Answered], None]
_SHADES = (
    "#0b6e8a", "#56b4e9", "#8fd3e8", "#d55e00", "#e69f00", "#f3c766", "#009e73", "#7bcfb0", "#b5e3d3", "#cc79a7", "#e3b3cd",
    "#7a7a7a", "#a9a9a9", "#d0d0d0",
)  # fmt: skip


def show(visit: Visit, choice: Choice) -> None:
    """The scenario, the totals, and what stands behind them."""
    erp_scenario_panel.show(visit, choice)
    if not choice.document.vendors:
        st.info(visit.say(T("No vendor is on the list yet. Choose some, and this view says what each costs.")), icon=":material/storefront:")  # fmt: skip
        _to_vendors(visit, T("Choose vendors"))
        return
    try:
        with st.spinner(visit.say(T("Adding up …"))):
            told = Answered(visit, choice.document, erp_choice.answer(choice))
    except ErpError as error:
        acts.refused(visit, error)
        return
    known = by_cost(told)
    headline(told, known)
    unknown(told)
    if not known:
        return
    totals(told, known)
    names = {name: text for name, (text, _) in PARTS.items()}
    chosen = filters.segments(visit, "costs", names, T("What stands behind it"), erp_choice.PAGE)
    for part in PARTS[chosen][1]:
        part(told)


def _to_vendors(visit: Visit, label: Text) -> None:
    st.page_link(
        address("erp_choice"), label=visit.say(label), icon=":material/arrow_forward:", query_params={"view": "vendors"}
    )


def by_cost(told: Answered) -> list[str]:
    """The vendors whose cost is known, cheapest first."""
    costs = told.answer.costs
    known = {vendor: p50 for vendor in told.answer.vendors if (p50 := costs[vendor].p50) is not None}
    return sorted(known, key=known.__getitem__)


def headline(told: Answered, known: list[str]) -> None:
    """The cheapest, its range, the budget, and of how many the cost is known."""
    visit, answer = told.visit, told.answer

    number = partial(number_shown, visit, st.container(horizontal=True, gap="xsmall"))
    if known:
        cost = answer.costs[known[0]]
        number(T("Costs least"), short(told.name(known[0])), T("By its median over the whole horizon"))
        number(
            T("Cost P50"), told.money(cost.p50), T("Half of the draws cost less over the whole horizon, half cost more")
        )
        number(T("Cost P90"), told.money(cost.p90), T("Nine of ten draws cost less over the whole horizon"))
    budget = told.document.budget
    stated = visit.plain(T("none stated")) if budget is None else told.money(budget)
    number(T("Budget"), stated, T("The most that the whole horizon may cost in nine of ten cases"))
    of = visit.plain(T("{count} of {all}", count=len(known), all=len(answer.vendors)))
    number(T("Cost known"), of, T("Vendors with a price list or a quote that serves these years"))


def unknown(told: Answered) -> None:
    """Vendors without a total, and why: said, never drawn as nought."""
    visit, answer = told.visit, told.answer
    without = [vendor for vendor in answer.vendors if answer.costs[vendor].p50 is None]
    if not without:
        return
    title = T("Cost unknown: {names}", names=", ".join(told.name(vendor) for vendor in without[:_NAMED]))
    if len(without) > _NAMED:
        title = T("Cost unknown of {count} vendors", count=len(without))
    with st.expander(visit.say(title), icon=":material/help:", expanded=len(without) == len(answer.vendors)):
        for vendor in without:
            why = answer.costs[vendor].unknown
            st.markdown(f"- **{literal(told.name(vendor))}**{': ' + visit.say(why) if why is not None else ''}")
        _to_vendors(visit, T("Add quotes"))


def totals(told: Answered, known: list[str]) -> None:
    """P50 and P90 of each vendor as bars, the budget as a line, and what each total leaves out."""
    visit, answer, paint = told.visit, told.answer, charts.colours()
    top = known[:MOST_DRAWN][::-1]
    labels = [f"{at}.{charts.unmarked(vendor)}" for at, vendor in enumerate(top)]
    p50 = [answer.costs[vendor].p50 or 0.0 for vendor in top]
    more = [(answer.costs[vendor].p90 or middle) - middle for vendor, middle in zip(top, p50, strict=True)]
    figure = go.Figure(
        [
            go.Bar(y=labels, x=p50, orientation="h", marker_color=paint["main"], name=visit.plain(T("Cost P50")),
                   customdata=[[vendor] for vendor in top], hoverinfo="skip"),
            go.Bar(y=labels, x=more, orientation="h", marker_color=paint["strong"], name=visit.plain(T("up to P90")),
                   marker_pattern_shape="/", text=[told.money(answer.costs[vendor].p90) for vendor in top], textposition="outside",
                   cliponaxis=False, hoverinfo="skip"),
        ]
    )  # fmt: skip
    if told.document.budget is not None:
        figure.add_vline(
            x=told.document.budget, line_color=paint["mark"], line_dash="dash", annotation_text=visit.plain(T("Budget"))
        )
    title = visit.plain(_total_finding(told, known))
    figure = dressed(figure, height=max(140, 34 * len(top) + 70), legend=True)
    figure.update_layout(barmode="stack", margin={"r": 72})
    figure.update_yaxes(
        type="category", tickvals=labels, ticktext=[charts.unmarked(short(told.name(vendor))) for vendor in top], showgrid=False,
        automargin=True,
    )  # fmt: skip
    figure.update_xaxes(rangemode="tozero", showgrid=True)
    st.markdown(f"**{literal(title)}**")
    st.plotly_chart(figure, key="erp_totals", alt=title, config={"displayModeBar": False})
    _total_table(told, known)


def _total_finding(told: Answered, known: list[str]) -> Text:
    costs = told.answer.costs
    first, p90 = known[0], told.money(costs[known[0]].p90)
    if len(known) == 1:
        return T(
            "{vendor}: {p50}, in nine of ten cases below {p90}",
            vendor=told.name(first),
            p50=told.money(costs[first].p50),
            p90=p90,
        )
    surest = min(known, key=lambda vendor: costs[vendor].p90 or float("inf"))
    if surest != first:
        return T(
            "{vendor} costs least in the middle ({p50}), {other} is the safer one (P90 {p90})", vendor=told.name(first),
            p50=told.money(costs[first].p50), other=told.name(surest), p90=told.money(costs[surest].p90),
        )  # fmt: skip
    return T("{vendor} costs least: {p50}, in nine of ten cases below {p90}", vendor=told.name(first),
             p50=told.money(costs[first].p50), p90=p90)  # fmt: skip


def _total_table(told: Answered, known: list[str]) -> None:
    visit, answer = told.visit, told.answer
    rows = pd.DataFrame(
        {
            "name": [told.name(vendor) for vendor in known],
            "plan": [answer.costs[vendor].plan for vendor in known],
            "p50": [answer.costs[vendor].p50 for vendor in known],
            "p90": [answer.costs[vendor].p90 for vendor in known],
            "left_out": [" ".join(visit.plain(text) for text in answer.costs[vendor].lacking) for vendor in known],
        }
    )
    columns = {
        "name": Column(T("Vendor")), "plan": Column(T("Price list or quote")), "p50": Column(T("Cost P50"), "money"),
        "p90": Column(T("Cost P90"), "money"), "left_out": Column(T("What the total leaves out or assumes")),
    }  # fmt: skip
    st.dataframe(
        rows.round(0), hide_index=True, column_order=list(columns), column_config=configuration(visit, columns), placeholder="–",
        height="content" if len(rows) <= 10 else 420, key="erp_total_rows",
    )  # fmt: skip
    told_of = {
        visit.plain(T("Decision")): told.document.name,
        visit.plain(T("Currency")): told.document.scenario.currency,
    }
    st.caption(visit.say(T("Amounts in {currency}.", currency=told.document.scenario.currency)))
    downloads(visit, rows, columns, T("Total cost"), told_of)


def years(told: Answered) -> None:
    """One vendor's cost by year, stacked by kind; what its total leaves out in full."""
    visit, answer = told.visit, told.answer
    known = by_cost(told)
    vendor = st.selectbox(visit.say(T("Vendor")), known, format_func=told.name, key="erp_years_of")
    cost = answer.costs[vendor]
    if cost.table is None:
        st.info(visit.say(T("Its cost is unknown.")), icon=":material/help:")
        return
    shade = dict(zip(KINDS, cycle(_SHADES), strict=False))
    kinds = [kind for kind in KINDS if kind in cost.table.columns and cost.table[kind].any()]
    figure = go.Figure(
        [
            go.Bar(x=[str(year) for year in cost.table.index], y=cost.table[kind], name=visit.plain(KINDS[kind]),
                   marker_color=shade[kind])
            for kind in kinds
        ]
    )  # fmt: skip
    total = float(cost.table.to_numpy().sum())
    title = visit.plain(T("{vendor}, as told: {amount} over {years}", vendor=told.name(vendor), amount=told.money(total), years=years_said(len(cost.table))))  # fmt: skip
    figure = dressed(figure, height=360, legend=True)
    figure.update_layout(barmode="stack")
    figure.update_xaxes(type="category")
    rows = cost.table[kinds].rename(columns={kind: visit.plain(KINDS[kind]) for kind in kinds})
    rows.insert(0, visit.plain(T("Year")), cost.table.index)
    titled(visit, figure, rows.round(0), "erp_years", title)
    st.caption(visit.say(T("As told: ranges at their likely value, no overrun. P50 and P90 above include both.")))
    for text in cost.lacking:
        st.markdown(f"- :material/help: {visit.say(text)}")


def kinds(told: Answered) -> None:
    """What the money goes to: kinds of cost side by side, over the whole horizon."""
    visit, answer = told.visit, told.answer
    known = [vendor for vendor in by_cost(told) if answer.costs[vendor].table is not None]
    shown = known[:MOST_DRAWN]
    sums = {vendor: answer.costs[vendor].table.sum() for vendor in known}  # type: ignore[union-attr]
    used = [kind for kind in KINDS if any(sums[vendor].get(kind, 0.0) for vendor in known)]
    if not used:
        return
    shade = dict(zip(KINDS, cycle(_SHADES), strict=False))
    labels = [f"{at}.{charts.unmarked(vendor)}" for at, vendor in enumerate(shown)]
    figure = go.Figure(
        [
            go.Bar(x=labels, y=[sums[vendor].get(kind, 0.0) for vendor in shown], name=visit.plain(KINDS[kind]),
                   marker_color=shade[kind])
            for kind in used
        ]
    )  # fmt: skip
    title = visit.plain(T("What the money goes to, as told"))
    figure = dressed(figure, height=420, legend=True)
    figure.update_layout(barmode="stack")
    figure.update_xaxes(
        type="category", tickvals=labels, ticktext=[charts.unmarked(short(told.name(vendor), 14)) for vendor in shown]
    )
    rows = pd.DataFrame([[sums[vendor].get(kind, 0.0) for kind in used] for vendor in known], columns=[visit.plain(KINDS[kind]) for kind in used])  # fmt: skip
    rows.insert(0, visit.plain(T("Vendor")), [told.name(vendor) for vendor in known])
    titled(visit, figure, rows.round(0), "erp_kinds", title)


PARTS: Mapping[str, tuple[Text, tuple[Part, ...]]] = {
    "years": (T("Year by year"), (years, kinds)),
    "months": (T("Month by month"), (erp_curves_panel.months,)),
    "size": (T("Users and orders"), (erp_curves_panel.users, erp_curves_panel.orders)),
    "renewals": (T("Renewals"), (erp_curves_panel.renewals,)),
    "quotes": (T("Quotes"), (erp_curves_panel.quotes,)),
}
