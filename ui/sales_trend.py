"""Sales over time, with the period before and the year before as thin lines; a click narrows the period to a bar."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from erp_core.calendar import Period
from erp_core.overview.trend import GRAINS, driver, finer, grain_of, trend
from erp_core.text import T, Text, format_share
from ui import charts, kept
from ui.filters import choice, narrow_to
from ui.guard import Visit
from ui.sales_numbers import MEASURE_NAMES, OTHERS, Reading, shown

TRAIL = "sales_trail"  # where the visitor came from by clicking: periods with what was chosen of period and grain
GRAIN_NAMES: dict[str, Text] = {"day": T("By day"), "week": T("By week"), "month": T("By month")}
_TICKS = 8
_UNCHANGED = 0.0005
Told = tuple[pd.DataFrame, dict[str, pd.DataFrame], pd.DataFrame]


def grain_chosen(period: Period) -> str:
    """Days, weeks or months: what suits the period's length, unless somebody chose."""
    held = kept.word("grain")
    return held if held in GRAINS else grain_of(period)


def _choose_grain(visit: Visit, place: st.delta_generator.DeltaGenerator, period: Period) -> None:
    held = grain_chosen(period)
    place.selectbox(
        visit.say(T("Cut into")), list(GRAINS), format_func=lambda name: visit.say(GRAIN_NAMES[name]),
        key=kept.filled("grain", held), on_change=kept.chosen_in, args=("grain",),
    )  # fmt: skip
    kept.publish("grain", [held] if held != grain_of(period) else [])


def show(visit: Visit, reading: Reading, told: Told) -> None:
    """The chart, its finding as title, and its rows. `told`: the buckets, those of other
    periods, the rows of the breakdown."""
    sums, others, _ = told
    left, right, _ = st.columns([3, 3, 6])
    measure, currency = choice(visit, left, "measure", MEASURE_NAMES, T("Measure")), sums.attrs["currency"]
    _choose_grain(visit, right, reading.chosen.period)
    frame = trend(sums, others, measure, reading.chosen.first)
    title = _finding(visit, reading, told)
    period = reading.chosen.period
    figure = _figure(visit, frame, reading.grain, title)
    key = f"trend_{period.start}_{period.end}_{reading.grain}_{measure}"
    charts.clickable(figure, charts.fresh(key), title, _narrow, (period, reading.grain))
    st.caption(visit.say(T("Click on a bar to look into it.")))
    named = {
        "start": T("From"),
        "end": T("To"),
        "value": MEASURE_NAMES[measure],
        **{name: OTHERS[name] for name in others},
    }
    table = frame.rename(columns={name: visit.plain(text) for name, text in named.items()})
    for name in ("start", "end"):
        table[visit.plain(named[name])] = table[visit.plain(named[name])].dt.date
    total = shown(visit, measure, sums.attrs["totals"][measure], currency, compact=False)
    alt = visit.plain(T("{finding}. In all: {total}.", finding=title, total=total))
    charts.as_table(visit, table, alt)


def _finding(visit: Visit, reading: Reading, told: Told) -> str:
    """What moved, by how much, and what moved most with it."""
    sums, others, rows = told
    measure, currency = reading.measure, sums.attrs["currency"]
    name, against = MEASURE_NAMES[measure], reading.chosen.against
    now = sums.attrs["totals"][measure]
    then = others[reading.against].attrs["totals"][measure] if reading.against in others else None
    if now is None:
        return visit.plain(T("{measure}: not known", measure=name))
    amount = shown(visit, measure, now, currency)
    if not then:
        return visit.plain(T("{measure}: {amount}; nothing earlier to compare with", measure=name, amount=amount))
    change = now / then - 1
    share = format_share(abs(change), visit.language)
    if abs(change) < _UNCHANGED:
        return visit.plain(
            T("{measure} stayed at {amount}, as in {period}", measure=name, amount=amount, period=against)
        )
    moved = driver(rows, reading.against) if measure == reading.table_measure and len(rows) > 1 else None
    if moved is None:
        if change > 0:
            return visit.plain(T("{measure} rose {share} against {period}", measure=name, share=share, period=against))
        return visit.plain(T("{measure} fell {share} against {period}", measure=name, share=share, period=against))
    most = labels_of(visit, reading.by, rows.loc[[moved]])[0]
    if change > 0:
        return visit.plain(T("{measure} rose {share} against {period}, most of all {most}",
                           measure=name, share=share, period=against, most=most))  # fmt: skip
    return visit.plain(T("{measure} fell {share} against {period}, most of all {most}",
                       measure=name, share=share, period=against, most=most))  # fmt: skip


def labels_of(visit: Visit, by: str, rows: pd.DataFrame) -> list[str]:
    """What the rows of the breakdown are called."""
    beside = visit.say(T("On no product line"))
    if by == "sku":
        named = [f"{sku} {name}".strip() for sku, name in zip(rows["sku"], rows["name"].fillna(""), strict=True)]
    else:
        nameless = visit.plain(T("No category") if by == "category" else T("No channel"))
        named = [nameless if pd.isna(name) else str(name) for name in rows[by]]
    return [beside if off else name for off, name in zip(rows["beside_products"], named, strict=True)]


def _figure(visit: Visit, frame: pd.DataFrame, grain: str, title: str) -> go.Figure:
    paint = charts.colours()
    x = [start.strftime("%Y-%m-%d") for start in frame["start"]]
    ends = [[start, end.strftime("%Y-%m-%d")] for start, end in zip(x, frame["end"], strict=True)]
    figure = go.Figure(
        go.Bar(x=x, y=frame["value"], customdata=ends, marker_color=paint["main"], name=visit.say(T("This period")))
    )
    for name, dash in (("previous", "solid"), ("year_before", "dot")):
        if name in frame:
            figure.add_scatter(
                x=x, y=frame[name], customdata=ends, mode="lines+markers", name=visit.plain(OTHERS[name]),
                line={"color": paint["mark"] if name == "previous" else paint["ink"], "width": 1.5, "dash": dash},
                marker={"size": 4},
            )  # fmt: skip
    figure = charts.dressed(figure, title)
    step = max(1, -(-len(x) // _TICKS))
    ticks = x[::step]
    words = [day[:7] if grain == "month" else day[5:] for day in ticks]
    figure.update_layout(
        height=340, showlegend=len(figure.data) > 1, hovermode="x unified",
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 1.0, "xanchor": "right"}, margin={"t": 64},
    )  # fmt: skip
    figure.update_xaxes(type="category", tickvals=ticks, ticktext=words, tickangle=0)
    figure.update_yaxes(rangemode="tozero")
    return figure


def _narrow(key: str, period: Period, grain: str) -> None:
    clicked = charts.clicked(key)
    if not clicked:
        return
    bucket = Period(dt.date.fromisoformat(str(clicked[0])), dt.date.fromisoformat(str(clicked[1])))
    if bucket == period:
        return
    held = {name: kept.words(name) for name in ("period", "from", "to", "grain")}
    st.session_state.setdefault(TRAIL, []).append((period, held))
    charts.followed()
    narrow_to(bucket)
    kept.keep("grain", [finer(grain)])
