"""How the choice of an ERP is said: vendors by name, money of the decision, chances and points of a value."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from erp_core.text import T, Text, format_money, format_number, format_share
from erp_core.vendors.results import Evaluation
from erp_core.vendors.schema import Decision
from ui import charts
from ui.guard import Visit
from ui.literal import literal

_SMALL = 0.1  # below this a chance is told to one decimal
_LEAST = 0.001
_LIGHT = ("#0b6e8a", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a7a7a")
_DARK = ("#4fb3cc", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#f0e442", "#a9a9a9")
MOST_DRAWN = 12  # vendors in a chart; tables have all


@dataclass(frozen=True)
class Answered:
    """A decision and what comes out of it; `what_if`: with weights that nobody stored."""

    visit: Visit
    document: Decision
    answer: Evaluation
    what_if: bool = False

    def name(self, vendor: str) -> str:
        """A vendor as the visitor reads it: data, to be quoted where Markdown is read."""
        found = [known.named(self.visit.language) for known in self.document.vendors if known.key == vendor]
        return found[0] if found else vendor

    def money(self, amount: float | None, *, compact: bool = True) -> str:
        """An amount in the decision's currency; unknown is said."""
        if amount is None or pd.isna(amount):
            return self.visit.plain(T("unknown"))
        return format_money(
            amount,
            self.document.scenario.currency,
            self.visit.language,
            compact=compact,
            decimals=None if compact else 0,
        )

    def chance(self, probability: float) -> str:
        """A probability, never told as nought while it is not."""
        if 0 < probability < _LEAST:
            return f"<{format_share(_LEAST, self.visit.language, 1)}"
        if 1 - _LEAST < probability < 1:
            return f">{format_share(1 - _LEAST, self.visit.language, 1)}"
        sharp = 0 < probability < _SMALL or 1 - _SMALL < probability < 1
        return format_share(probability, self.visit.language, 1 if sharp else 0)

    def points(self, value: float) -> str:
        """A value of 0..1 as points of 100."""
        return format_number(100 * value, self.visit.language)

    def spread(self, low: float, middle: float, high: float, known: float = 1.0) -> str:
        """A value with its range; that of which nothing is known is said to be unknown."""
        if pd.isna(middle) or known <= 0:
            return self.visit.plain(T("unknown"))
        return f"{self.points(middle)} ({self.points(low)}–{self.points(high)})"

    def by_chance(self) -> list[str]:
        """The vendors in play, likeliest first place first."""
        if not self.answer.in_play:
            return []
        first = self.answer.ranks.iloc[:, 0]
        return sorted(self.answer.in_play, key=lambda vendor: -first.fillna(0.0)[vendor])


def short(name: str, longest: int = 24) -> str:
    """A name that fits beside a bar."""
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def years_said(count: int) -> Text:
    """So many years."""
    return T("1 year") if count == 1 else T("{count} years", count=count)


def palette() -> tuple[str, ...]:
    """Colours of several lines or parts, told apart in the theme in use and by colour-blind eyes."""
    return _DARK if st.context.theme.type == "dark" else _LIGHT


def titled(visit: Visit, figure: go.Figure, rows: pd.DataFrame, key: str, title: str) -> None:
    """A chart with its finding above it, where a long one breaks on a narrow screen, and its rows."""
    st.markdown(f"**{literal(title)}**")
    charts.show(visit, figure, rows, key, title)


def dressed(figure: go.Figure, *, height: int, legend: bool = False) -> go.Figure:
    """The house's look for a chart that is `titled`; a legend stands above it."""
    figure = charts.dressed(figure, "")
    figure.update_layout(
        title=None, height=height, hovermode="closest", showlegend=legend, margin={"t": 34 if legend else 10},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "xanchor": "left"},
    )  # fmt: skip
    return figure


def number_shown(visit: Visit, row: st.delta_generator.DeltaGenerator, label: Text, value: str, note: Text) -> None:
    """One number of a headline; in a container of its own it shrinks further before the row breaks. `value` is data."""
    row.container(width="stretch").metric(visit.say(label), visit.say(value), help=visit.say(note), border=True)
