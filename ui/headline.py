"""Headline numbers: label, value, change against a named period, definition on hover, what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from erp_core.metrics.registry import METRICS
from erp_core.overview.views import MetricValue
from erp_core.overview.wording import worded
from erp_core.text import T, format_share
from ui.guard import Visit


@dataclass(frozen=True)
class Moved:
    """How the numbers moved: against which period (in words), each number's change, and their values week by week."""

    against: str
    change: Mapping[str, float | None]
    weeks: pd.DataFrame | None = None

    def line(self, key: str) -> list[float] | None:
        """A number's weekly values; None where there are fewer than two."""
        if self.weeks is None or key not in self.weeks:
            return None
        known = self.weeks[key].dropna().tolist()
        return known if len(known) > 1 else None


def headline(visit: Visit, keys: Sequence[str], now: Mapping[str, MetricValue], moves: Moved) -> None:
    """Up to six numbers in a row, two by two on a narrow screen; under it what the changes are measured against, and
    what is missing for those that are unknown."""
    row = st.container(horizontal=True, gap="xsmall")
    for key in keys:
        metric, value = METRICS[key], now[key]
        moved = moves.change.get(key)
        colour = {"up": "normal", "down": "inverse"}.get(metric.good, "off")
        notes = [visit.say(metric.formula)]
        if metric.benchmark is not None:
            mark = metric.benchmark
            notes.append(visit.say(T("Benchmark: {low} to {high}, target {target}. {source}", low=mark.low, high=mark.high,
                                     target=mark.target, source=mark.source)))  # fmt: skip
        if value.missing:
            notes.append(visit.say(T("Missing: {what}", what="; ".join(visit.plain(text) for text in value.missing))))
        # in a container of its own a number shrinks further before the row breaks
        row.container(width="stretch").metric(
            visit.say(metric.name),
            worded(value, visit.language),
            delta=None if moved is None else format_share(moved, visit.language),
            delta_color=colour,
            help="\n\n".join(notes),
            border=True,
            chart_data=moves.line(key),
            chart_type="area",
        )
    lacking = [
        f"{visit.plain(METRICS[key].name)}: {visit.plain(now[key].missing[0])}"
        for key in keys
        if now[key].value is None and now[key].missing
    ]
    if any(moves.change.get(key) is not None for key in keys):
        against = moves.against
        plain, with_lines = (
            T("Changes {against}.", against=against),
            T("Changes {against}; lines by week.", against=against),
        )
        st.caption(visit.say(plain if moves.weeks is None else with_lines))
    if lacking:
        st.caption(visit.say(T("Missing: {what}", what=" · ".join(lacking))))
