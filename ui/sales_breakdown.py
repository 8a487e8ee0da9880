"""Sales by channel, category or SKU, against the other periods; a click on a row or a bar goes one step down."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from erp_core.metrics.registry import METRICS
from erp_core.orders.views import Filters
from erp_core.overview.sales import is_money
from erp_core.text import T, Text, format_number, format_share
from ui import charts, kept, states
from ui.filters import Chosen, only_category, only_channel, segments
from ui.guard import Visit
from ui.sales_numbers import MEASURE_NAMES, OTHERS, Reading, shown
from ui.sales_trend import labels_of
from ui.tables import Column, configuration, downloads

BYS: dict[str, Text] = {"channel": T("By channel"), "category": T("By category"), "sku": T("By SKU")}
_BARS = 10
_ROWS_SHOWN = 1_000
_LONGEST_LABEL = 28
_MONEY = ("revenue", "gross_sales", "discounts", "refunds", "credit_notes", "net_sales")


def show(visit: Visit, reading: Reading, rows: pd.DataFrame) -> None:
    """The bars, the table, and the download of what is shown."""
    measure = reading.table_measure
    st.subheader(visit.say(T("Where it sold")))
    segments(visit, "by", BYS, T("One row for each"), "")
    if measure != reading.measure:
        text = T("{measure} cannot be split by category or SKU, since one order may hold several; the rows show revenue.",
                 measure=MEASURE_NAMES[reading.measure])  # fmt: skip
        st.caption(visit.say(text))
    rows = rows.assign(label=labels_of(visit, reading.by, rows))
    found = _searched(visit, reading, rows)
    if found.empty:
        states.nothing_matches(visit)
        return
    left, right = st.columns([2, 3])
    with left:
        _bars(visit, reading, found)
    with right:
        _table(visit, reading, found)


def _searched(visit: Visit, reading: Reading, rows: pd.DataFrame) -> pd.DataFrame:
    if reading.by != "sku":
        kept.leave_out("find")
        return rows
    held = kept.word("find")
    st.text_input(
        visit.say(T("SKU or name")), key=kept.filled("find", held), on_change=kept.chosen_in, args=("find",),
        icon=":material/search:",
    )  # fmt: skip
    kept.publish("find", [held] if held else [])
    return rows[rows["label"].str.contains(held, case=False, regex=False)].reset_index(drop=True) if held else rows


def _bars(visit: Visit, reading: Reading, rows: pd.DataFrame) -> None:
    measure, currency = reading.table_measure, rows.attrs["currency"]
    top = rows[rows["value"].notna()].head(_BARS).iloc[::-1]
    if top.empty:
        return
    paint = charts.colours()
    labels = [label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…" for label in top["label"]]
    figure = go.Figure(
        go.Bar(
            y=[f"{at}.{charts.unmarked(label)}" for at, label in enumerate(labels)], x=top["value"], orientation="h",
            marker_color=paint["main"], customdata=[[int(at)] for at in top.index], hovertext=[charts.unmarked(label) for label in top["label"]],
            text=[shown(visit, measure, value, currency) for value in top["value"]], textposition="auto",
        )
    )  # fmt: skip
    first = rows.iloc[0]
    title = T(
        "{first} comes first with {amount}", first=labels[-1], amount=shown(visit, measure, first["value"], currency)
    )
    if pd.notna(first["share"]) and first["share"] > 0:
        title = T("{measure}: {first} makes {share}", first=labels[-1], measure=MEASURE_NAMES[measure],
                  share=format_share(first["share"], visit.language))  # fmt: skip
    figure = charts.dressed(figure, visit.plain(title))
    figure.update_layout(height=max(160, 34 * len(top) + 70), hovermode="closest")
    figure.update_yaxes(
        type="category",
        tickvals=list(figure.data[0].y),
        ticktext=[charts.unmarked(label) for label in labels],
        showgrid=False,
    )
    figure.update_xaxes(rangemode="tozero", showticklabels=False)
    charts.clickable(
        figure,
        charts.fresh(f"bars_{_state(reading)}"),
        visit.plain(title),
        _bar_clicked,
        (reading, _targets(reading, rows)),
    )


def _columns(visit: Visit, reading: Reading, rows: pd.DataFrame) -> dict[str, Column]:
    measure = reading.table_measure
    kind = "money" if is_money(measure) else "count"
    found: dict[str, Column] = {"label": Column(T("Name"))}
    if reading.by == "sku":
        found = {"sku": Column(T("SKU")), "name": Column(T("Product name")), "category": Column(T("Category"))}
    found["value"] = Column(MEASURE_NAMES[measure], kind, METRICS[measure].formula)
    if rows["share"].notna().any():
        found["share"] = Column(T("Share"), "percent")
    found["change"] = Column(T("Change"), "percent", T("Against what the bar at the top compares with"))
    for name, text in OTHERS.items():
        if name in rows:
            found[name] = Column(text, kind)
    if reading.against not in rows:
        found.pop("change")
    if measure != "units":
        found["units"] = Column(METRICS["units"].name, "count", METRICS["units"].formula)
    if reading.by == "channel" and measure != "orders" and rows["orders"].notna().any():
        found["orders"] = Column(METRICS["orders"].name, "count", METRICS["orders"].formula)
    for name in _MONEY:
        if name != measure:
            found[name] = Column(METRICS[name].name, "money", METRICS[name].formula)
    if "margin" in rows and rows["margin"].notna().any():
        found["margin"] = Column(METRICS["gross_margin"].name, "money", METRICS["gross_margin"].formula)
        found["margin_share"] = Column(
            METRICS["gross_margin_share"].name, "percent", METRICS["gross_margin_share"].formula
        )
    return found


def _table(visit: Visit, reading: Reading, rows: pd.DataFrame) -> None:
    if reading.against in rows:
        then = rows[reading.against]
        rows = rows.assign(change=rows["value"] / then.where(then != 0) - 1)
    columns = _columns(visit, reading, rows)
    if len(rows) > _ROWS_SHOWN:
        text = T("The first {shown} of {count}; the download has all.", shown=format_number(_ROWS_SHOWN, visit.language),
                 count=format_number(len(rows), visit.language))  # fmt: skip
        st.caption(visit.say(text))
    key = charts.fresh(f"rows_{_state(reading)}")
    targets = _targets(reading, rows)
    st.dataframe(
        rows.head(_ROWS_SHOWN), key=key, column_order=list(columns), column_config=configuration(visit, columns),
        hide_index=True, placeholder="–", height="content" if len(rows) <= 9 else 380, selection_mode="single-row",
        on_select=lambda: _row_clicked(key, reading, targets),
    )  # fmt: skip
    notes = [T("Choose a row to go one step down."), T("Amounts in {currency}.", currency=rows.attrs["currency"])]
    if reading.by != "channel":
        notes.append(T("Orders are counted by channel only: one order may hold several products."))
    st.caption(" ".join(visit.say(note) for note in notes))
    told = {visit.plain(T("View")): visit.plain(BYS[reading.by]), **filters_told(visit, reading.chosen)}
    downloads(visit, rows, columns, T("Sales"), told)


def filters_told(visit: Visit, chosen: Chosen) -> dict[str, str]:
    """What the bar says, for the head of a file."""
    period = f"{chosen.period.start.isoformat()} – {chosen.period.end.isoformat()}"
    told = {visit.say(T("Period")): period}
    if chosen.filters.channels:
        told[visit.say(T("Channel"))] = ", ".join(chosen.channel_names)
    if chosen.filters.categories:
        nameless = visit.say(T("No category"))
        told[visit.say(T("Category"))] = ", ".join(name or nameless for name in chosen.filters.categories)
    return told


Target = tuple[str, str | int]


def _targets(reading: Reading, rows: pd.DataFrame) -> list[Target]:
    """Of each row what a click on it asks for."""
    shown_rows = rows.head(_ROWS_SHOWN)
    of_rows = shown_rows[{"channel": "channel_id", "category": "category", "sku": "sku"}[reading.by]]
    none = 0 if reading.by == "channel" else ""
    return [
        ("part", "order_discounts") if beside else (reading.by, none if pd.isna(value) else value)
        for beside, value in zip(shown_rows["beside_products"], of_rows, strict=True)
    ]


def _state(reading: Reading) -> str:
    """Names a widget so that another selection of data begins with no row chosen."""
    filters: Filters = reading.chosen.filters
    period = reading.chosen.period
    return f"{reading.by}_{period.start}_{period.end}_{filters.channels}_{filters.categories}_{reading.measure}"


def _bar_clicked(key: str, reading: Reading, targets: list[Target]) -> None:
    clicked = charts.clicked(key)
    if clicked:
        _go(targets[int(clicked[0])])


def _row_clicked(key: str, reading: Reading, targets: list[Target]) -> None:
    chosen = st.session_state[key]["selection"]["rows"]
    if chosen and chosen[0] < len(targets):
        _go(targets[chosen[0]])


def _go(target: Target) -> None:
    """One step down: a channel to its categories, a category to its SKUs, a SKU to its orders."""
    kind, value = target
    if kind in ("channel", "category"):
        charts.followed()
    if kind == "channel" and value:
        only_channel(int(value))
        kept.keep("by", ["category"])
    elif kind == "category":
        only_category(str(value))
        kept.keep("by", ["sku"])
    elif kind == "sku":
        kept.keep("sku", [str(value)])
        kept.keep("part", [])
    elif kind == "part":
        kept.keep("part", [str(value)])
        kept.keep("sku", [])
