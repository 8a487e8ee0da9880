"""Which ERP comes first, how surely, what keeps others out, and what would turn the answer round."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from erp_core.text import T, Text, format_number
from erp_core.vendors.criteria import CRITERIA
from erp_core.vendors.results import Gate
from ui import charts
from ui.erp_words import MOST_DRAWN, Answered, dressed, number_shown, short, titled
from ui.literal import literal
from ui.tables import Column, configuration, downloads

_SURE = 0.5  # a first place less likely than this is no winner
_GATES_OPEN = 8  # vendors whose gates are shown unfolded
_REASONS = 4
_CHALLENGERS = 3
_QUESTIONS = 5
_WORTH_ASKING = 0.0005  # less would be told as nought


def headline(told: Answered) -> None:
    """Who is first, how surely, and what that one costs."""
    visit, answer = told.visit, told.answer

    number = partial(number_shown, visit, st.container(horizontal=True, gap="xsmall"))
    order = told.by_chance()
    if order:
        first = order[0]
        chance = answer.ranks.iloc[:, 0][first]
        cost = answer.costs[first]
        if len(order) > 1 and pd.notna(chance):
            number(
                T("Chance of the first"),
                told.chance(chance),
                T("Share of draws of weights, ratings and costs in which it comes first"),
            )
        number(
            T("Cost P50"),
            told.money(cost.p50),
            T("Half of the draws cost less over the whole horizon, half cost more"),
        )
        number(T("Cost P90"), told.money(cost.p90), T("Nine of ten draws cost less over the whole horizon"))
        number(
            T("Known of it"),
            told.chance(answer.known.get(first, 0.0)),
            T("Share of the weighted requirements of which it is known how the vendor meets them"),
        )
    of = visit.plain(T("{count} of {all}", count=len(answer.in_play), all=len(answer.vendors)))
    number(T("In play"), of, T("Those that no gate shuts out"))


def first_place(told: Answered) -> None:
    """The chance of first place as bars; the title says how sure the answer is."""
    visit, answer = told.visit, told.answer
    order = told.by_chance()
    if not order:
        st.warning(visit.say(T("Every vendor is shut out by a gate: there is nothing to rank. Below stands what would bring each back.")), icon=":material/block:")  # fmt: skip
        return
    if len(order) == 1:
        st.info(visit.say(T("Only {vendor} is in play: a ranking needs two. Its gates and costs stand all the same.", vendor=told.name(order[0]))), icon=":material/looks_one:")  # fmt: skip
        return
    first = answer.ranks.iloc[:, 0]
    top = order[:MOST_DRAWN][::-1]
    labels = [f"{at}.{charts.unmarked(vendor)}" for at, vendor in enumerate(top)]
    figure = go.Figure(
        go.Bar(
            y=labels, x=[first[vendor] for vendor in top], orientation="h", marker_color=charts.colours()["main"],
            customdata=[[vendor] for vendor in top], hovertext=[charts.unmarked(told.name(vendor)) for vendor in top],
            hoverinfo="text", text=[told.chance(first[vendor]) for vendor in top], textposition="outside", cliponaxis=False,
        )
    )  # fmt: skip
    title = visit.plain(_finding(told, order))
    figure = dressed(figure, height=max(110, 32 * len(top) + 30))
    figure.update_layout(margin={"r": 48})
    figure.update_yaxes(
        type="category", tickvals=labels, ticktext=[charts.unmarked(short(told.name(vendor))) for vendor in top], showgrid=False,
        automargin=True,
    )  # fmt: skip
    figure.update_xaxes(range=[0, 1], showticklabels=False)
    rows = pd.DataFrame(
        {
            visit.plain(T("Vendor")): [told.name(vendor) for vendor in order],
            visit.plain(T("Chance of first place")): [told.chance(first[vendor]) for vendor in order],
        }
    )
    titled(visit, figure, rows, "erp_first_place", title)


def _finding(told: Answered, order: Sequence[str]) -> Text:
    first = told.answer.ranks.iloc[:, 0]
    one, two = order[0], order[1]
    names = {
        "first": told.name(one),
        "share": told.chance(first[one]),
        "second": told.name(two),
        "next": told.chance(first[two]),
    }
    if first[one] < _SURE:
        return T("No clear winner: {first} comes first in {share}, {second} in {next}", **names)
    return T("{first} comes first in {share}, {second} in {next}", **names)


def gates(told: Answered) -> None:
    """Each vendor's gates as marks with words; for those out, what is wrong and what would bring them back."""
    visit, answer = told.visit, told.answer
    st.subheader(visit.say(T("Gates")))
    out = [vendor for vendor in answer.vendors if vendor not in answer.in_play]
    vendors = [*told.by_chance(), *out]
    for vendor in vendors[:_GATES_OPEN]:
        _gate_row(told, vendor)
    rest = vendors[_GATES_OPEN:]
    if rest:
        with st.expander(visit.say(T("Gates of {count} more", count=len(rest)))):
            for vendor in rest:
                _gate_row(told, vendor)


def _gate_row(told: Answered, vendor: str) -> None:
    visit = told.visit
    failed = [gate for gate in told.answer.gates if gate.vendor == vendor and gate.state == "failed"]
    undecided = [gate for gate in told.answer.gates if gate.vendor == vendor and gate.state == "open"]
    row = st.container(horizontal=True, gap="small", vertical_alignment="center")
    row.markdown(f"**{literal(told.name(vendor))}**", width="content")
    if vendor in told.answer.in_play:
        row.badge(visit.say(T("in play")), icon=":material/check:", color="green")
    else:
        row.badge(visit.say(T("out")), icon=":material/block:", color="red")
    musts = len([gate for gate in failed if gate.kind == "must"])
    unknown = len([gate for gate in undecided if gate.kind == "must"])
    if musts:
        row.badge(
            visit.say(T("1 must not met") if musts == 1 else T("{count} musts not met", count=musts)),
            icon=":material/close:",
            color="red",
        )
    if unknown:
        row.badge(
            visit.say(T("1 must unknown") if unknown == 1 else T("{count} musts unknown", count=unknown)),
            icon=":material/help:",
            color="orange",
        )
    if not musts and not unknown:
        row.badge(visit.say(T("every must met")), icon=":material/check:", color="green")
    _budget_mark(told, row, failed, undecided)
    more = [*failed[_REASONS:], *undecided]
    if more:
        with row.popover(visit.say(T("Find out: {count}", count=len(more))), icon=":material/contact_support:"):
            for gate in more:
                st.caption(_reason(told, gate))
    for gate in failed[:_REASONS]:
        st.caption(_reason(told, gate))


def _budget_mark(
    told: Answered, row: st.delta_generator.DeltaGenerator, failed: list[Gate], undecided: list[Gate]
) -> None:
    visit = told.visit
    if told.document.budget is None:
        row.badge(visit.say(T("no budget stated")), icon=":material/remove:", color="gray")
    elif any(gate.kind == "budget" for gate in failed):
        row.badge(visit.say(T("above the budget")), icon=":material/close:", color="red")
    elif any(gate.kind == "budget" and told.answer.costs[gate.vendor].at_least for gate in undecided):
        row.badge(visit.say(T("price is only “from”")), icon=":material/help:", color="orange")
    elif any(gate.kind == "budget" for gate in undecided):
        row.badge(visit.say(T("cost unknown")), icon=":material/help:", color="orange")
    else:
        row.badge(visit.say(T("within the budget")), icon=":material/check:", color="green")


def _reason(told: Answered, gate: Gate) -> str:
    visit = told.visit
    icon = ":material/close:" if gate.state == "failed" else ":material/help:"
    return f"{icon} {visit.say(gate.reason)}  \n:material/undo: {visit.say(gate.way_back)}"


def meters(told: Answered) -> None:
    """The price trap, what is paid for nothing, the smallest change that turns the answer, what to ask first."""
    left, right = st.columns(2)
    with left:
        _price_trap(told)
        _overkill(told)
    with right:
        _switches(told)
        _questions(told)


def _price_trap(told: Answered) -> None:
    visit, trap = told.visit, told.answer.price_trap
    with st.container(border=True):
        st.markdown(f"**:material/savings: {visit.say(T('Price trap: does the cheapest quote win?'))}**")
        if trap is None:
            st.caption(visit.say(T("Needs two vendors in play whose price is known.")))
            return
        words = T("{vendor}, the cheapest, comes first in {share} of opinions", vendor=told.name(trap.cheapest), share=told.chance(trap.wins))  # fmt: skip
        st.progress(min(max(trap.wins, 0.0), 1.0), text=visit.say(words))
        st.caption(visit.say(trap.text))


def _overkill(told: Answered) -> None:
    visit, found = told.visit, told.answer.overkill
    with st.container(border=True):
        st.markdown(f"**:material/luggage: {visit.say(T('Overkill: paid for what is not needed'))}**")
        if not found:
            st.caption(visit.say(T("Nothing of what is priced serves only requirements marked not needed.")))
            return
        for meter in sorted(found, key=lambda meter: -meter.paid)[:_CHALLENGERS]:
            share = min(max(meter.share, 0.0), 1.0)
            words = T("{vendor}: {amount}, {share} of its cost", vendor=told.name(meter.vendor), amount=told.money(meter.paid), share=told.chance(share))  # fmt: skip
            st.progress(share, text=visit.say(words))
            st.caption(visit.say(meter.text))


def _switches(told: Answered) -> None:
    visit, order = told.visit, told.by_chance()
    with st.container(border=True):
        st.markdown(f"**:material/swap_vert: {visit.say(T('The smallest change that turns the answer'))}**")
        challengers = [vendor for vendor in order[1:] if any(s.challenger == vendor for s in told.answer.switches)]
        if not challengers:
            st.caption(visit.say(T("No change of one weight set, one price or one rating puts another vendor first.")))
            return
        for vendor in challengers[:_CHALLENGERS]:
            texts = [switch.text for switch in told.answer.switches if switch.challenger == vendor]
            st.markdown("\n".join(f"- {visit.say(text)}" for text in texts))


def _questions(told: Answered) -> None:
    visit = told.visit
    found = [question for question in told.answer.questions if question.saves >= _WORTH_ASKING][:_QUESTIONS]
    with st.container(border=True):
        st.markdown(f"**:material/contact_support: {visit.say(T('Ask this first'))}**")
        if not found:
            st.caption(visit.say(T("No answer to a single question would change the choice.")))
            return
        lines = []
        for number, question in enumerate(found, 1):
            saves = T(
                "(saves {points} points of regret)", points=format_number(100 * question.saves, visit.language, 1)
            )
            lines.append(f"{number}. {visit.say(question.text)} {visit.say(saves)}")
        st.markdown("\n".join(lines))


def matrix(told: Answered) -> None:
    """Points of every vendor on every criterion, with their range; darker is better, unknown is a word."""
    visit, answer = told.visit, told.answer
    st.subheader(visit.say(T("Scores by criterion")))
    st.caption(
        visit.say(
            T("Points of 100 on fixed scales, likely value with its range in brackets. Weak evidence widens the range.")
        )
    )
    out = [vendor for vendor in answer.vendors if vendor not in answer.in_play]
    vendors = [*told.by_chance(), *out]
    criteria = [name for name in CRITERIA if name in answer.middle.columns]
    scores = answer.scores.set_index("vendor")
    rows = pd.DataFrame({"name": [told.name(vendor) for vendor in vendors]})
    rows["state"] = [visit.plain(T("in play") if vendor in answer.in_play else T("out")) for vendor in vendors]
    rows["score"] = [told.spread(*scores.loc[vendor, ["low", "middle", "high"]]) for vendor in vendors]
    for name in criteria:
        rows[name] = [
            told.spread(
                answer.low.at[vendor, name],
                answer.middle.at[vendor, name],
                answer.high.at[vendor, name],
                answer.coverage.at[vendor, name],
            )
            for vendor in vendors
        ]
    columns = {
        "name": Column(T("Vendor")), "state": Column(T("State")), "score": Column(T("Score"), help=T("Weighted over all criteria")),
        **{name: Column(CRITERIA[name], help=T("Weight {share}", share=told.chance(answer.weights.get(name, 0.0)))) for name in criteria},
    }  # fmt: skip
    shade = answer.middle.loc[vendors, criteria].fillna(0.0).to_numpy()
    unsure = [[told.visit.plain(T("unknown")) == cell for cell in row] for row in rows[criteria].to_numpy()]
    styled = rows.style.apply(lambda _: _shades(rows, criteria, shade, unsure), axis=None)
    st.dataframe(
        styled, hide_index=True, column_order=list(columns), column_config=configuration(visit, columns), placeholder="–",
        height="content" if len(rows) <= 12 else 460, key="erp_matrix",
    )  # fmt: skip
    downloads(visit, rows, columns, T("Scores by criterion"), {visit.plain(T("Decision")): told.document.name})


def _shades(rows: pd.DataFrame, criteria: list[str], shade: object, unsure: list[list[bool]]) -> pd.DataFrame:
    """Cell colours: deeper for more points, none for what is unknown."""
    strong = charts.colours()["strong"].rsplit(",", 1)[0]
    painted = pd.DataFrame("", index=rows.index, columns=rows.columns)
    for at, name in enumerate(criteria):
        painted[name] = [
            "" if unsure[row][at] else f"background-color: {strong},{0.45 * shade[row][at]:.2f})"
            for row in range(len(rows))
        ]
    return painted
