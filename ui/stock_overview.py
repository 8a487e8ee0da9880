"""Where the money is stuck and what runs out: turnover against the benchmark, the ABC × XYZ grid, the table."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from erp_core.metrics.registry import METRICS
from erp_core.overview.grid import abc_xyz_grid, ageing
from erp_core.text import T, Text, format_money, format_number, format_share
from ui import charts, reads, states
from ui.filters import bar
from ui.guard import Visit
from ui.pages_list import address
from ui.tables import Column, configuration, downloads

STATUS: dict[str, Text] = {
    "out": T("out of stock"),
    "short": T("runs short"),
    "excess": T("too much"),
    "dead": T("does not sell"),
    "ok": T("fine"),
    "unknown": T("not counted"),
}
COLUMNS = {
    "sku": Column(T("SKU")),
    "name": Column(T("Product name")),
    "status_word": Column(T("State")),
    "on_hand": Column(T("In stock"), "count"),
    "available": Column(T("Available"), "count"),
    "on_order": Column(T("On order"), "count"),
    "days_of_cover": Column(T("Days of cover"), "bar", T("Available ÷ units sold a day lately")),
    "sells_out_on": Column(T("Sells out on"), "day"),
    "order_by": Column(T("Order by"), "day"),
    "weeks": Column(T("Last 13 weeks"), "spark"),
    "value": Column(T("Value"), "money"),
    "class": Column(T("Class"), "text", T("ABC by revenue, XYZ by how steadily it sells")),
    "age": Column(T("Days since last sale")),
}
_COVER_SHOWN = 180
_CELL_TEXT = "%{text}"


def show(visit: Visit) -> None:
    """The whole view."""
    chosen = bar(visit)
    if chosen is None:
        states.no_data(
            visit, T("No sales and no stock yet. Import both, and this page says what runs out and what is stuck.")
        )
        return
    with st.spinner(visit.say(T("Adding up …"))):
        frame = reads.position(visit, chosen.filters)
        months = reads.turnover(visit, chosen)
    left, right = st.columns(2)
    with left:
        _turnover_chart(visit, months)
    with right:
        _grid(visit, frame)
    _ageing(visit, frame)
    _table(visit, frame)


def _turnover_chart(visit: Visit, months: pd.DataFrame) -> None:
    marks, paint = visit.company.benchmarks, charts.colours()
    known = months.dropna(subset=["turnover"])
    if known.empty:
        st.markdown(f"**{visit.say(METRICS['turnover_month'].name)}**")
        st.info(
            visit.say(T("Turnover needs a stock count and unit costs: import a stock list with a cost column.")),
            icon=":material/info:",
        )
        return
    last = known.iloc[-1]
    title = visit.say(
        T("Turnover {value} times in {month}; the trade turns {low} to {high}", value=format_number(last["turnover"], visit.language, 1),
          month=f"{last['month']:%Y-%m}", low=marks.turnover_low, high=marks.turnover_high)
    )  # fmt: skip
    figure = charts.bars(title, months["month"], months["turnover"])
    figure.add_hrect(y0=marks.turnover_low, y1=marks.turnover_high, fillcolor=paint["band"], line_width=0)
    figure.add_hline(y=marks.turnover_target, line_color=paint["mark"], line_dash="dash")
    charts.show(visit, figure, months, "inventory_turnover", title)


def _grid(visit: Visit, frame: pd.DataFrame) -> None:
    """ABC × XYZ: value and count in each cell; a click filters the table."""
    grid = abc_xyz_grid(frame)
    currency = visit.company.base_currency
    words = [
        [
            visit.say(T("{count} products", count=format_number(cell.count, visit.language)))
            + (
                f"<br>{format_money(cell.value, currency, visit.language, compact=True)}"
                if cell.value is not None
                else ""
            )
            for cell in row
        ]
        for row in grid.cells
    ]
    paint = charts.colours()
    figure = go.Figure(
        go.Heatmap(
            x=list(grid.columns), y=list(grid.rows), z=[[cell.revenue for cell in row] for row in grid.cells],
            text=words, textfont={"color": paint["ink"], "size": 12}, texttemplate=_CELL_TEXT, colorscale=[[0, paint["faint"]], [1, paint["strong"]]],
            showscale=False, xgap=3, ygap=3, hoverinfo="skip",
        )
    )  # fmt: skip
    title = visit.say(T("A sells most, X sells steadily: count and value by class"))
    figure = charts.dressed(figure, title)
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    figure.update_xaxes(type="category", showgrid=False)
    st.plotly_chart(figure, key="abc_xyz", alt=title, config={"displayModeBar": False})
    options = [f"{row}{column}" for row in grid.rows for column in grid.columns]
    st.pills(visit.say(T("Class")), options, key="class_pick", bind="query-params")


def _ageing(visit: Visit, frame: pd.DataFrame) -> None:
    """Where stock is old: value by days since the last sale."""
    ages = ageing(frame)
    if not ages["value"].any():
        return
    old = ages.loc[ages["age"].isin([">180", "never"]), "value"].sum()
    share = format_share(old / ages["value"].sum(), visit.language)
    title = visit.say(T("{share} of stock value has not sold for 180 days", share=share))
    with st.expander(title):
        labels = ages["age"].replace("never", visit.say(T("never sold")))
        charts.show(visit, charts.bars(title, labels, ages["value"]), ages, "ageing", title)


def _table(visit: Visit, frame: pd.DataFrame) -> None:
    counts = frame["status"].value_counts()
    options = [name for name in STATUS if counts.get(name, 0)]
    held = st.query_params.get("status")
    picked = st.segmented_control(
        visit.say(T("State")),
        options,
        default=held if held in options else None,
        format_func=lambda name: f"{visit.say(STATUS[name])} · {format_number(int(counts[name]), visit.language)}",
        key="status_pick",
    )
    if picked:
        st.query_params["status"] = picked
    else:
        st.query_params.pop("status", None)
    search = st.text_input(visit.say(T("SKU or name")), key="inventory_search", icon=":material/search:")
    rows = frame
    if picked:
        rows = rows[rows["status"] == picked]
    if st.session_state.get("class_pick"):
        rows = rows[(rows["abc"] + rows["xyz"]) == st.session_state["class_pick"]]
    if search:
        mask = rows["sku"].str.contains(search, case=False, regex=False, na=False)
        rows = rows[mask | rows["name"].str.contains(search, case=False, regex=False, na=False)]
    if rows.empty:
        states.nothing_matches(visit)
        return
    shown = rows.sort_values("revenue", ascending=False).assign(
        status_word=rows["status"].map({name: visit.say(text) for name, text in STATUS.items()}),
        **{"class": rows["abc"] + rows["xyz"]},
    )
    event = st.dataframe(
        shown,
        column_order=list(COLUMNS),
        column_config=configuration(visit, COLUMNS, {"days_of_cover": _COVER_SHOWN}),
        hide_index=True,
        height=420,
        placeholder="–",
        key="inventory_table",
        on_select="rerun",
        selection_mode="single-row",
    )
    filters = {visit.say(T("State")): visit.say(STATUS[picked]) if picked else visit.say(T("All"))}
    downloads(visit, shown, COLUMNS, T("Inventory"), filters)
    chosen_rows = event["selection"]["rows"]
    if chosen_rows and chosen_rows[0] < len(shown):
        sku = str(shown["sku"].iloc[chosen_rows[0]])
        st.page_link(
            address("inventory"),
            label=visit.say(T("The story of {sku}", sku=sku)),
            icon=":material/timeline:",
            query_params={"view": "sku", "sku": sku},
        )
