"""What is left when everyone has had their share: headline, waterfall, table, and what is missing."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from erp_core.metrics.registry import METRICS
from erp_core.orders.views import revision
from erp_core.overview.contribution import (
    BESIDES,
    DEDUCTIONS,
    KEYS,
    contribution,
    lacking_texts,
    largest_leak,
    summary,
)
from erp_core.overview.contribution_file import TITLES, shown_columns, shown_rows
from erp_core.security import guard
from erp_core.security.permissions import Permission
from erp_core.text import T, Text, format_money, format_share
from ui import charts, states
from ui.filters import Chosen, bar
from ui.guard import Visit
from ui.pages_list import address
from ui.tables import Column, configuration, downloads, first_rows

BYS: dict[str, Text] = {"channel": T("By channel"), "sku": T("By SKU"), "order": T("By order")}
KIND_OF_COLUMN = {"share": "percent", "known_share": "percent", "orders": "count", "units": "count", "ds": "day"}
FIRST = ("revenue", "contribution", "share", "missing")
MONEY = ("revenue", *DEDUCTIONS, "contribution", *BESIDES)


@st.cache_data(max_entries=24, show_spinner=False)
def _table(_visit: Visit, key: str, chosen: Chosen, by: str) -> pd.DataFrame:
    with _visit.database.reading() as connection:
        return contribution(connection, _visit.company, chosen.period, chosen.filters, by)


@st.cache_data(max_entries=24, show_spinner=False)
def _before(_visit: Visit, key: str, chosen: Chosen) -> dict[str, Any]:
    with _visit.database.reading() as connection:
        return summary(connection, _visit.company, chosen.before, chosen.filters)


def show(visit: Visit) -> None:
    """The whole view. Raises NotPermitted for who may not see costs."""
    guard.require(visit.actor, Permission.VIEW_COSTS)
    chosen = bar(visit)
    if chosen is None:
        states.no_data(
            visit, T("No sales yet. Import them, and this page says what is left of each order, SKU and shop.")
        )
        return
    with visit.database.reading() as connection:
        key = f"{visit.settings.database_url}:{revision(connection)}"
    by = _by(visit)
    with st.spinner(visit.say(T("Adding up …"))):
        frame = _table(visit, key, chosen, by)
        before = _before(visit, key, chosen)["totals"] if chosen.before.start >= chosen.first else {}
    if frame.empty:
        states.nothing_matches(visit)
        return
    _headline(visit, frame, before, visit.say(T("against {period}", period=chosen.against)))
    _missing(visit, frame)
    _waterfall(visit, frame)
    _rows(visit, frame, by, chosen)


def _by(visit: Visit) -> str:
    """What the table has a row for; in the URL, in no language."""
    held = st.query_params.get("by")
    chosen = st.segmented_control(
        visit.say(T("One row for each")), list(BYS), default=held if held in BYS else "channel", required=True,
        format_func=lambda name: visit.say(BYS[name]), key="profit_by", label_visibility="collapsed",
    )  # fmt: skip
    by = str(chosen or "channel")
    st.query_params["by"] = by
    return by


def _money(visit: Visit, frame: pd.DataFrame, value: float | None) -> str:
    return "–" if value is None else format_money(value, frame.attrs["currency"], visit.language, compact=True)


def _headline(visit: Visit, frame: pd.DataFrame, before: dict[str, Any], against: str) -> None:
    totals, known = frame.attrs["totals"], frame.attrs["known"]
    revenue, left, rate, share, leak = st.columns(5)

    def moved(name: str) -> str | None:
        now, then = totals[name], before.get(name)
        return None if now is None or not then else format_share(now / then - 1, visit.language)

    lacks = lacking_texts(frame.attrs["unknown_share"])
    missing = "\n\n" + visit.say(T("Missing: {what}", what="; ".join(map(visit.plain, lacks)))) if lacks else ""
    for place, name, shown in (
        (revenue, "revenue", _money(visit, frame, totals["revenue"])),
        (left, "contribution", _money(visit, frame, totals["contribution"])),
        (rate, "contribution_share", _share(visit, totals["share"])),
    ):
        metric = METRICS[name]
        change = moved("share" if name == "contribution_share" else name)
        note = visit.say(metric.formula) + ("" if name == "revenue" else missing)
        place.metric(visit.say(metric.name), shown, delta=change, help=note, border=True)
        if change is not None:
            place.caption(against)
    if totals["contribution"] is None and known["contribution"] is not None:
        part = _money(visit, frame, known["contribution"])
        left.caption(visit.say(T("of what is known: {amount}", amount=part)))
        rate.caption(visit.say(T("of what is known: {amount}", amount=_share(visit, known["share"]))))
    share.metric(
        visit.say(T("Known share")), _share(visit, frame.attrs["known_share"]), border=True,
        help=visit.say(T("Revenue of which every part of the formula is known ÷ revenue")),
    )  # fmt: skip
    worst = largest_leak(known)
    leak.metric(
        visit.say(T("Biggest leak")), "–" if worst is None else visit.say(DEDUCTIONS[worst]), border=True,
        help=visit.say(T("What takes most of revenue after the cost of goods, where all is known")),
    )  # fmt: skip
    if worst is not None:
        taken = known[worst] / known["revenue"]
        leak.caption(visit.say(T("{share} of revenue", share=format_share(taken, visit.language))))


def _share(visit: Visit, value: float | None) -> str:
    return "–" if value is None else format_share(value, visit.language)


def _missing(visit: Visit, frame: pd.DataFrame) -> None:
    """What is not known, and where it is supplied."""
    unknown = frame.attrs["unknown_share"]
    if not unknown:
        return
    with st.container(border=True):
        st.markdown(f"**{visit.say(T('What is not known is left out, not taken for nought'))}**")
        st.caption(" · ".join(visit.say(text) for text in lacking_texts(unknown)))
        with st.container(horizontal=True):
            st.page_link(
                address("data"), label=visit.say(T("Import settlements and costs")), icon=":material/upload_file:",
                query_params={"view": "import"},
            )  # fmt: skip
            st.page_link(
                address("settings"), label=visit.say(T("State what each shop takes")), icon=":material/storefront:",
                query_params={"view": "shops"},
            )  # fmt: skip
            if "revenue" in unknown:
                st.page_link(
                    address("settings"), label=visit.say(T("Exchange rates")), icon=":material/currency_exchange:",
                    query_params={"view": "company"},
                )  # fmt: skip


def _waterfall(visit: Visit, frame: pd.DataFrame) -> None:
    """From revenue to what is left, over what is known whole."""
    known, share = frame.attrs["known"], frame.attrs["known_share"]
    if not known["revenue"]:
        st.info(
            visit.say(T("There is no order yet of which every part is known: supply what is missing, and the chart stands here.")),
            icon=":material/waterfall_chart:",
        )  # fmt: skip
        return
    taken = [name for name in DEDUCTIONS if known[name]]
    labels = [visit.plain(text) for text in (T("Revenue"), *(DEDUCTIONS[name] for name in taken), T("Contribution"))]
    values = [known["revenue"], *(-known[name] for name in taken), known["contribution"]]
    paint = charts.colours()
    said = [_money(visit, frame, value) for value in values]
    figure = go.Figure(
        go.Waterfall(
            x=labels, y=values, measure=["absolute", *("relative" for _ in taken), "total"], text=said, textposition="outside",
            customdata=["revenue", *taken, "contribution"], connector={"line": {"color": paint["grid"]}},
            increasing={"marker": {"color": paint["main"]}}, decreasing={"marker": {"color": paint["mark"]}},
            totals={"marker": {"color": paint["main"]}}, cliponaxis=False,
        )
    )  # fmt: skip
    left = format_share(known["share"], visit.language)
    amount = _money(visit, frame, known["revenue"])
    if share is not None and share < 1:
        title = T("Where all is known, {share} of {revenue} is left", share=left, revenue=amount)
    else:
        title = T("Of {revenue} of revenue {share} is left", share=left, revenue=amount)
    worst = largest_leak(known)
    words = visit.plain(title)
    alt = (
        words
        if worst is None
        else visit.plain(T("{finding}; the biggest leak is {leak}.", finding=words, leak=DEDUCTIONS[worst]))
    )
    figure = charts.dressed(figure, words)
    figure.update_layout(height=340, hovermode="closest", margin={"t": 56})
    rows = pd.DataFrame({visit.say(T("Part")): labels, visit.say(T("Amount")): values})
    charts.show(visit, figure, rows, "profit_waterfall", alt)


def _columns(by: str) -> dict[str, Column]:
    """What is left beside revenue, then what went off on the way."""
    kinds = KIND_OF_COLUMN | dict.fromkeys(MONEY, "money")
    names = shown_columns(by)
    front = [name for name in names if name in KEYS[by]] + list(FIRST)
    return {
        name: Column(TITLES[name], kinds.get(name, "text")) for name in (*front, *(n for n in names if n not in front))
    }


def _rows(visit: Visit, frame: pd.DataFrame, by: str, chosen: Chosen) -> None:
    rows = shown_rows(frame, visit.language)
    if by == "order":
        rows = rows.sort_values("contribution", kind="stable", na_position="last")
    else:
        search = (
            st.text_input(visit.say(T("Search")), key="profit_search", icon=":material/search:") if by == "sku" else ""
        )
        if search:
            found = rows["sku"].str.contains(search, case=False, regex=False, na=False)
            rows = rows[found | rows["name"].str.contains(search, case=False, regex=False, na=False)]
    if rows.empty:
        states.nothing_matches(visit)
        return
    columns = _columns(by)
    shown = first_rows(visit, rows)
    if by == "order" and len(shown) == len(rows):
        st.caption(visit.say(T("Least left first.")))
    st.dataframe(
        shown, hide_index=True, column_order=list(columns), column_config=configuration(visit, columns),
        placeholder="–", key=f"profit_{by}", height="content" if len(rows) <= 10 else 420,
    )  # fmt: skip
    period = f"{chosen.period.start.isoformat()} – {chosen.period.end.isoformat()}"
    downloads(
        visit,
        rows,
        columns,
        T("Contribution"),
        {visit.plain(T("Period")): period, visit.plain(T("View")): visit.plain(BYS[by])},
    )
