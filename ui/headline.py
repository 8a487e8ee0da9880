"""Headline numbers: label, value, change against a named period, definition on hover, what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from erp_core.metrics.registry import METRICS
from erp_core.overview.views import MetricValue
from erp_core.text import T, format_compact, format_money, format_number, format_share
from ui.guard import Visit


def formatted(visit: Visit, value: MetricValue) -> str:
    """A number in the reader's manner; a dash where it is unknown."""
    if value.value is None:
        return "–"
    number = value.value
    if value.currency is not None:
        return format_money(number, value.currency, visit.language, compact=True)
    if value.unit == "share":
        return format_share(number, visit.language)
    if value.unit in ("per_month", "per_year", "ratio"):
        return format_number(number, visit.language, 2)
    if value.unit == "days":
        return format_number(number, visit.language, 0)
    return format_compact(number, visit.language)


def headline(
    visit: Visit, keys: Sequence[str], now: Mapping[str, MetricValue], change: Mapping[str, float | None], against: str
) -> None:
    """Up to six numbers in a row. `against`: the name of the period that the change is measured by."""
    for column, key in zip(st.columns(len(keys)), keys, strict=True):
        metric, value = METRICS[key], now[key]
        moved = change.get(key)
        colour = {"up": "normal", "down": "inverse"}.get(metric.good, "off")
        notes = [visit.say(metric.formula)]
        if metric.benchmark is not None:
            mark = metric.benchmark
            notes.append(visit.say(T("Benchmark: {low} to {high}, target {target}. {source}", low=mark.low, high=mark.high,
                                     target=mark.target, source=mark.source)))  # fmt: skip
        if value.missing:
            notes.append(visit.say(T("Missing: {what}", what="; ".join(visit.say(text) for text in value.missing))))
        column.metric(
            visit.say(metric.name),
            formatted(visit, value),
            delta=None if moved is None else format_share(moved, visit.language),
            delta_color=colour,
            help="\n\n".join(notes),
            border=True,
        )
        if value.value is None and value.missing:
            column.caption(visit.say(T("Missing: {what}", what=visit.say(value.missing[0]))))
        elif moved is not None:
            column.caption(against)
