"""Charts with one look: one template, bars from zero, a title that says the finding, the rows one click away."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from erp_core.text import T
from ui.guard import Visit
from ui.literal import literal

_LIGHT = {
    "ink": "#16242b",
    "grid": "#e4eaec",
    "main": "#0b6e8a",
    "band": "rgba(0,158,115,0.14)",
    "mark": "#d55e00",
    "faint": "rgba(11,110,138,0.06)",
    "strong": "rgba(11,110,138,0.45)",
}
_DARK = {
    "ink": "#e6eef1",
    "grid": "#2c3c44",
    "main": "#4fb3cc",
    "band": "rgba(0,158,115,0.22)",
    "mark": "#e69f00",
    "faint": "rgba(79,179,204,0.08)",
    "strong": "rgba(79,179,204,0.55)",
}


def colours() -> dict[str, str]:
    """The chart colours of the theme in use; told apart by colour-blind eyes too."""
    return _DARK if st.context.theme.type == "dark" else _LIGHT


def unmarked(text: str) -> str:
    """Text of people and files inside a chart, which takes a part of HTML for markup, links among it."""
    return html.escape(text, quote=False)


def dressed(figure: go.Figure, title: str) -> go.Figure:
    """The house's look. The title is text, without markup."""
    paint = colours()
    figure.update_layout(
        title={"text": unmarked(title), "font": {"size": 15}, "x": 0, "xanchor": "left"},
        font={"color": paint["ink"]},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 8, "r": 8, "t": 44, "b": 8},
        height=300,
        showlegend=False,
        hovermode="x unified",
    )
    figure.update_xaxes(showgrid=False, linecolor=paint["grid"], title_text=None)
    figure.update_yaxes(gridcolor=paint["grid"], zerolinecolor=paint["grid"], title_text=None)
    return figure


def bars(title: str, x: pd.Series, y: pd.Series) -> go.Figure:
    """Bars from zero over time or classes."""
    figure = go.Figure(go.Bar(x=x, y=y, marker_color=colours()["main"], customdata=[str(value) for value in x]))
    figure.update_yaxes(rangemode="tozero")
    return dressed(figure, title)


def clicked(key: str) -> Any:
    """`customdata` of the point that was clicked in the chart, None without one: for its callback."""
    points = st.session_state[key]["selection"]["points"]
    return points[0].get("customdata") if points else None


_CLICKS = "clicks"


def fresh(key: str) -> str:
    """The key of a chart or table that goes another way after each click (`followed`): what was chosen in it before
    does not come back with it."""
    return f"{key}_{st.session_state.get(_CLICKS, 0)}"


def followed() -> None:
    """A click was followed."""
    st.session_state[_CLICKS] = st.session_state.get(_CLICKS, 0) + 1


def clickable(figure: go.Figure, key: str, alt: str, on_click: Callable[..., None], args: tuple[Any, ...]) -> None:
    """The chart alone; a click on a bar or a mark calls `on_click(key, *args)`, which reads `clicked(key)`."""
    figure.update_layout(clickmode="event+select", dragmode=False)
    st.plotly_chart(
        figure, key=key, alt=alt, config={"displayModeBar": False}, selection_mode="points",
        on_select=lambda: on_click(key, *args),
    )  # fmt: skip


def show(visit: Visit, figure: go.Figure, rows: pd.DataFrame, key: str, alt: str) -> None:
    """The chart, its description for those who cannot see it, and its rows."""
    st.plotly_chart(figure, key=key, config={"displayModeBar": False})
    as_table(visit, rows, alt)


def as_table(visit: Visit, rows: pd.DataFrame, alt: str) -> None:
    """The rows of a chart, folded away."""
    with st.expander(visit.say(T("As a table"))):
        st.caption(literal(alt))
        st.dataframe(rows, placeholder="–", hide_index=True)
