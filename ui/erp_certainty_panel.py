"""How sure the order of the vendors is: chances of every rank, who beats whom, whom each one suits, the triangle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from erp_core.errors import ErpError
from erp_core.text import T, Text
from erp_core.vendors.criteria import CRITERIA
from erp_core.vendors.triangle import Region, winning_regions
from ui import acts, charts
from ui.erp_words import MOST_DRAWN, Answered, dressed, palette, short, titled
from ui.tables import Column, configuration, downloads

_CELL_TEXT = "%{text}"
_NAMED_WEIGHTS = 2
_LABELLED = 0.03  # a region smaller than this share has no room for a name


def ranks(told: Answered) -> None:
    """The chance of every rank, as a heatmap of the likeliest and as a table of all."""
    visit, answer = told.visit, told.answer
    order = told.by_chance()
    shown = order[:MOST_DRAWN]
    places = list(range(min(len(order), MOST_DRAWN)))
    chances = answer.ranks.loc[shown].to_numpy()[:, places]
    title = visit.plain(_rank_finding(told, shown[0]))
    figure = _heatmap(told, chances, [str(place + 1) for place in places], shown)
    names = [visit.plain(T("Rank {number}", number=place + 1)) for place in range(len(order))]
    rows = pd.DataFrame(answer.ranks.loc[order].to_numpy()[:, : len(order)], columns=names)
    rows.insert(0, visit.plain(T("Vendor")), [told.name(vendor) for vendor in order])
    _draw(told, figure, rows, "erp_ranks", title)


def _rank_finding(told: Answered, first: str) -> Text:
    chances = told.answer.ranks.loc[first].to_numpy()
    return T(
        "{vendor} ends among the first two in {share}",
        vendor=told.name(first),
        share=told.chance(float(chances[:2].sum())),
    )


def _heatmap(told: Answered, chances: np.ndarray, columns: Sequence[str], vendors: Sequence[str]) -> go.Figure:
    """Chances as shaded cells with their numbers; the first vendor on top."""
    paint = charts.colours()
    text = [["" if np.isnan(chance) else told.chance(float(chance)) for chance in row] for row in chances]
    figure = go.Figure(
        go.Heatmap(
            x=list(columns), y=[f"{at}" for at in range(len(vendors))], z=np.nan_to_num(chances), text=text, zmin=0, zmax=1,
            texttemplate=_CELL_TEXT, textfont={"color": paint["ink"], "size": 11}, hoverinfo="skip", showscale=False,
            colorscale=[[0, paint["faint"]], [1, paint["strong"]]], xgap=2, ygap=2,
        )
    )  # fmt: skip
    figure.update_yaxes(
        autorange="reversed", type="category", showgrid=False, automargin=True, tickvals=[f"{at}" for at in range(len(vendors))],
        ticktext=[charts.unmarked(short(told.name(vendor))) for vendor in vendors],
    )  # fmt: skip
    figure.update_xaxes(type="category", showgrid=False, side="top")
    return figure


def _draw(told: Answered, figure: go.Figure, rows: pd.DataFrame, key: str, title: str) -> None:
    axis_titles = figure.layout.yaxis.gridcolor
    figure = dressed(figure, height=30 * len(figure.data[0].y) + 50)
    figure.update_layout(margin={"t": 30})
    figure.update_yaxes(showgrid=False, gridcolor=axis_titles)
    titled(told.visit, figure, rows, key, title)


def pairwise(told: Answered) -> None:
    """How often each vendor beats each other one."""
    visit, answer = told.visit, told.answer
    order = told.by_chance()
    shown = order[:MOST_DRAWN]
    wins = answer.pairwise.loc[shown, shown].to_numpy(dtype=float)
    wins[np.diag_indices_from(wins)] = np.nan
    one, two = shown[0], shown[1]
    title = visit.plain(
        T("{first} beats {second} in {share}", first=told.name(one), second=told.name(two), share=told.chance(float(answer.pairwise.at[one, two])))
    )  # fmt: skip
    numbers = [str(at + 1) for at in range(len(shown))]
    figure = _heatmap(told, wins, numbers, shown)
    figure.update_yaxes(
        ticktext=[f"{at + 1} · {charts.unmarked(short(told.name(vendor)))}" for at, vendor in enumerate(shown)]
    )
    rows = pd.DataFrame(answer.pairwise.loc[order, order].to_numpy(), columns=[told.name(vendor) for vendor in order])
    rows = rows.loc[:, ~rows.columns.duplicated()]
    rows.insert(0, visit.plain(T("Row beats column in")), [told.name(vendor) for vendor in order])
    _draw(told, figure, rows, "erp_pairwise", title)


def central(told: Answered) -> None:
    """Who should choose which: the weights with which each vendor wins, on average."""
    visit, answer = told.visit, told.answer
    st.markdown(f"**{visit.say(T('Who should choose this one'))}**")
    st.caption(
        visit.say(
            T(
                "The weights with which each vendor comes first, on average over all draws in which it does. Vendors that never come first have none."
            )
        )
    )
    criteria = [name for name in CRITERIA if name in answer.central.columns]
    winners = [vendor for vendor in told.by_chance() if answer.central.loc[vendor, criteria].notna().all()]
    if not winners:
        st.info(visit.say(T("No vendor comes first in any draw.")), icon=":material/info:")
        return
    rows = answer.central.loc[winners, criteria].round(3).reset_index(drop=True)
    rows.insert(0, "name", [told.name(vendor) for vendor in winners])
    rows.insert(1, "who", [visit.plain(_suits(told, vendor, criteria)) for vendor in winners])
    columns = {
        "name": Column(T("Vendor")), "who": Column(T("For who weighs")),
        **{name: Column(CRITERIA[name], "percent") for name in criteria},
    }  # fmt: skip
    st.dataframe(
        rows, hide_index=True, column_order=list(columns), column_config=configuration(visit, columns),
        height="content" if len(rows) <= 10 else 420, key="erp_central",
    )  # fmt: skip
    downloads(visit, rows, columns, T("Central weights"), {visit.plain(T("Decision")): told.document.name})


def _suits(told: Answered, vendor: str, criteria: Sequence[str]) -> Text:
    """The criteria that its central weights raise most above those stated."""
    raised = {
        name: float(told.answer.central.at[vendor, name]) - told.answer.weights.get(name, 0.0) for name in criteria
    }
    most = sorted(criteria, key=lambda name: -raised[name])[:_NAMED_WEIGHTS]
    if len(most) < _NAMED_WEIGHTS or raised[most[0]] < 0.005:
        return T("as stated")
    if raised[most[1]] < 0.005:
        return T("{criterion} higher", criterion=CRITERIA[most[0]])
    return T("{one} and {other} higher", one=CRITERIA[most[0]], other=CRITERIA[most[1]])


def triangle(told: Answered) -> None:
    """Three criteria of the reader's choice: exactly where each vendor comes first."""
    visit, answer = told.visit, told.answer
    criteria = [name for name in CRITERIA if name in answer.middle.columns]
    if len(criteria) < 3:
        st.info(visit.say(T("The triangle needs three criteria that are scored.")), icon=":material/change_history:")
        return
    weighty = sorted(criteria, key=lambda name: -answer.weights.get(name, 0.0))[:3]
    chosen = st.multiselect(
        visit.say(T("Three criteria")), criteria, default=weighty, max_selections=3, key="erp_triangle_criteria",
        format_func=lambda name: visit.say(CRITERIA[name]),
    )  # fmt: skip
    if len(chosen) < 3:
        st.info(visit.say(T("Choose three criteria.")), icon=":material/change_history:")
        return
    others = [name for name in criteria if name not in chosen]
    keep = bool(others) and st.toggle(
        visit.say(T("The other criteria keep their weight")), value=True, key="erp_triangle_keep",
        help=visit.say(T("Otherwise these three count alone.")),
    )  # fmt: skip
    vendors = told.by_chance()
    together = sum(answer.weights.get(name, 0.0) for name in chosen)
    if keep and together <= 0:
        st.info(visit.say(T("These three have no weight: as long as the others keep theirs, nothing changes.")), icon=":material/change_history:")  # fmt: skip
        return
    values = answer.middle.loc[vendors, chosen].to_numpy()
    base = answer.middle.loc[vendors, others].to_numpy() @ np.array([answer.weights.get(name, 0.0) for name in others]) if keep else None  # fmt: skip
    try:
        regions = winning_regions(values, base, together if keep else 1.0)
    except ErpError as error:
        acts.refused(visit, error)
        return
    here = [answer.weights.get(name, 0.0) / together for name in chosen] if together > 0 else None
    _ternary(told, vendors, chosen, regions, here)


def _ternary(
    told: Answered,
    vendors: Sequence[str],
    chosen: Sequence[str],
    regions: Sequence[Region],
    here: Sequence[float] | None,
) -> None:
    visit, paint = told.visit, charts.colours()
    corners = [short(visit.plain(CRITERIA[name]), 14) for name in chosen]
    figure = go.Figure()
    named = [" · ".join(told.name(vendors[row]) for row in region.vendors) for region in regions]
    for at, (region, name) in enumerate(zip(regions, named, strict=True)):
        closed = np.vstack([region.corners, region.corners[:1]])
        figure.add_scatterternary(
            a=closed[:, 0], b=closed[:, 1], c=closed[:, 2], mode="lines", fill="toself", line={"color": paint["ink"], "width": 1},
            fillcolor=_faded(palette()[at % len(palette())]), hoverinfo="skip", name=charts.unmarked(short(name)),
        )  # fmt: skip
        if region.share >= _LABELLED:
            label = f"{charts.unmarked(short(name, 18))}<br>{told.chance(region.share)}"
            figure.add_scatterternary(
                a=[region.centre[0]], b=[region.centre[1]], c=[region.centre[2]], mode="text", text=[label], hoverinfo="skip",
                showlegend=False, textfont={"color": paint["ink"], "size": 12},
            )  # fmt: skip
    if here is not None:
        figure.add_scatterternary(
            a=[here[0]], b=[here[1]], c=[here[2]], mode="markers", hoverinfo="skip", name=visit.plain(T("weights now")),
            marker={"size": 12, "symbol": "x", "color": paint["ink"]},
        )  # fmt: skip
    title = visit.plain(
        T(
            "{vendor} comes first in {share} of all weightings of these three",
            vendor=named[0],
            share=told.chance(regions[0].share),
        )
        if regions
        else T("No vendor comes first")
    )
    figure = dressed(figure, height=460, legend=True)
    axis = {"showticklabels": False, "ticks": "", "gridcolor": paint["grid"], "linecolor": paint["ink"], "min": 0}
    figure.update_layout(
        margin={"t": 64, "b": 32, "l": 44, "r": 44}, legend={"y": 1.1},
        ternary={
            "sum": 1, "bgcolor": "rgba(0,0,0,0)", "aaxis": {**axis, "title": {"text": corners[0]}},
            "baxis": {**axis, "title": {"text": corners[1]}}, "caxis": {**axis, "title": {"text": corners[2]}},
        },
    )  # fmt: skip
    rows = pd.DataFrame(
        {
            visit.plain(T("Vendor")): named,
            visit.plain(T("Share of all weightings")): [told.chance(region.share) for region in regions],
        }
    )
    titled(visit, figure, rows, "erp_triangle", title)


def _faded(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.28)"
