"""Where the money is stuck and what runs out: turnover against the benchmark, the ABC × XYZ grid, the table."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from erp_core.metrics.registry import METRICS
from erp_core.overview.grid import abc_xyz_grid, ageing
from erp_core.overview.views import months_of
from erp_core.text import T, Text, format_money, format_number, format_share
from ui import charts, kept, reads, states
from ui.filters import Chosen, bar
from ui.guard import Visit
from ui.literal import literal
from ui.pages_list import address
from ui.tables import Column, configuration, downloads, first_rows

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
MONTH_COLUMNS = {
    "sku": Column(T("SKU")),
    "name": Column(T("Product name")),
    "cogs": Column(METRICS["cogs"].name, "money", METRICS["cogs"].formula),
    "average_value": Column(
        METRICS["average_inventory_value"].name, "money", METRICS["average_inventory_value"].formula
    ),
    "turnover": Column(METRICS["turnover_month"].name, "number", METRICS["turnover_month"].formula),
}
_ROWS_SHOWN = 1_000
_COVER_SHOWN = 180
_CELL_TEXT = "%{text}"
_PAGE = "inventory"


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
    _month_rows(visit, chosen, months)
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
    title = visit.plain(
        T("Turnover {value} times in {month}; the trade turns {low} to {high}", value=format_number(last["turnover"], visit.language, 1),
          month=f"{last['month']:%Y-%m}", low=marks.turnover_low, high=marks.turnover_high)
    )  # fmt: skip
    figure = charts.bars(title, months["month"].map("{:%Y-%m}".format), months["turnover"])
    figure.update_xaxes(type="category", nticks=6)
    figure.data[0].customdata = [[month.strftime("%Y-%m")] for month in months["month"]]
    figure.add_hrect(y0=marks.turnover_low, y1=marks.turnover_high, fillcolor=paint["band"], line_width=0)
    figure.add_hline(y=marks.turnover_target, line_color=paint["mark"], line_dash="dash")
    charts.clickable(figure, f"inventory_turnover_{kept.word('month', _PAGE)}", title, _month_clicked, ())
    st.caption(visit.say(T("Click on a month for its rows.")))
    charts.as_table(visit, months, title)


def _month_clicked(key: str) -> None:
    clicked = charts.clicked(key)
    kept.keep("month", [str(clicked[0])] if clicked else [], _PAGE)


def _month_rows(visit: Visit, chosen: Chosen, months: pd.DataFrame) -> None:
    """The products behind the month that was clicked."""
    held = kept.word("month", _PAGE)
    found = [month for month in months_of(chosen.period) if month.start.strftime("%Y-%m") == held]
    kept.publish("month", [held] if found else [], _PAGE)
    if not found or not months["turnover"].notna().any():
        return
    month = found[0]
    rows = reads.turnover_rows(visit, month, chosen.filters)
    with st.container(border=True):
        words, close = st.columns([5, 1], vertical_alignment="center")
        words.markdown(f"**{visit.say(T('Turnover in {month}: its products, most stock first', month=held))}**")
        close.button(
            visit.say(T("Close")),
            key="close_month",
            icon=":material/close:",
            on_click=kept.keep,
            args=("month", [], _PAGE),
        )
        if rows.empty:
            states.nothing_matches(visit)
            return
        st.caption(
            visit.say(
                T(
                    "Cost of goods sold ÷ average stock at cost ÷ months, in {currency}.",
                    currency=rows.attrs["currency"],
                )
            )
        )
        if len(rows) > _ROWS_SHOWN:
            text = T("The first {shown} of {count}; the download has all.", shown=format_number(_ROWS_SHOWN, visit.language),
                     count=format_number(len(rows), visit.language))  # fmt: skip
            st.caption(visit.say(text))
        st.dataframe(
            rows.head(_ROWS_SHOWN).round(2), column_order=list(MONTH_COLUMNS), column_config=configuration(visit, MONTH_COLUMNS),
            hide_index=True, placeholder="–", height="content" if len(rows) <= 10 else 380, key=f"month_{held}",
        )  # fmt: skip
        downloads(visit, rows, MONTH_COLUMNS, T("Turnover / month"), {visit.say(T("Period")): held})


def _grid(visit: Visit, frame: pd.DataFrame) -> None:
    """ABC × XYZ: value and count in each cell; a click filters the table."""
    grid = abc_xyz_grid(frame)
    currency = visit.company.base_currency
    words = [
        [
            visit.plain(T("{count} products", count=format_number(cell.count, visit.language)))
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
    cells = [(row, column) for row in grid.rows for column in grid.columns]
    figure = go.Figure(
        [
            go.Heatmap(
                x=list(grid.columns), y=list(grid.rows), z=[[cell.revenue for cell in row] for row in grid.cells],
                text=words, textfont={"color": paint["ink"], "size": 12}, texttemplate=_CELL_TEXT,
                colorscale=[[0, paint["faint"]], [1, paint["strong"]]], showscale=False, xgap=3, ygap=3, hoverinfo="skip",
            ),
            go.Scatter(  # a heatmap's cells cannot be chosen; marks that nobody sees lie on them and can
                x=[column for _, column in cells], y=[row for row, _ in cells], mode="markers", hoverinfo="none",
                customdata=[[f"{row}{column}"] for row, column in cells],
                marker={"size": 60, "symbol": "square", "opacity": 0.0, "color": paint["main"]},
                selected={"marker": {"opacity": 0.25}}, unselected={"marker": {"opacity": 0.0}},
            ),
        ]
    )  # fmt: skip
    title = visit.plain(T("A sells most, X sells steadily: count and value by class"))
    figure = charts.dressed(figure, title)
    figure.update_layout(hovermode="closest")
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    figure.update_xaxes(type="category", showgrid=False)
    options = [f"{row}{column}" for row, column in cells]
    held = _class_chosen()
    figure.data[1].marker.opacity = [0.25 if name == held else 0.0 for name in options]
    charts.clickable(figure, f"abc_xyz_{held}", title, _cell_clicked, (held,))
    st.pills(
        visit.say(T("Class")), options, key=kept.filled("class", held or None), on_change=kept.chosen_in,
        args=("class", _PAGE),
    )  # fmt: skip
    kept.publish("class", [held] if held else [], _PAGE)


def _class_chosen() -> str:
    held = kept.word("class", _PAGE)
    return held if len(held) == 2 and held[0] in "ABC" and held[1] in "XYZ–" else ""


def _cell_clicked(key: str, held: str) -> None:
    """Choose the cell; the one that is chosen already is let go."""
    clicked = charts.clicked(key)
    kept.keep("class", [str(clicked[0])] if clicked and clicked[0] != held else [], _PAGE)


def _ageing(visit: Visit, frame: pd.DataFrame) -> None:
    """Where stock is old: value by days since the last sale."""
    ages = ageing(frame)
    if not ages["value"].any():
        return
    old = ages.loc[ages["age"].isin([">180", "never"]), "value"].sum()
    share = format_share(old / ages["value"].sum(), visit.language)
    title = visit.plain(T("{share} of stock value has not sold for 180 days", share=share))
    with st.expander(literal(title)):
        labels = ages["age"].replace("never", visit.say(T("never sold")))
        charts.show(visit, charts.bars(title, labels, ages["value"]), ages, "ageing", title)


def _searched() -> None:
    held = st.session_state["filter_inventory_find"]
    kept.keep("find", [held] if held else [], _PAGE)


def _table(visit: Visit, frame: pd.DataFrame) -> None:
    counts = frame["status"].value_counts()
    options = [name for name in STATUS if counts.get(name, 0)]
    held = kept.word("status", _PAGE)
    picked = held if held in options else ""
    st.segmented_control(
        visit.say(T("State")),
        options,
        format_func=lambda name: f"{visit.say(STATUS[name])} · {format_number(int(counts[name]), visit.language)}",
        key=kept.filled("status", picked or None),
        on_change=kept.chosen_in,
        args=("status", _PAGE),
    )
    kept.publish("status", [picked] if picked else [], _PAGE)
    search = kept.word("find", _PAGE)
    st.text_input(
        visit.say(T("SKU or name")), key=kept.filled("inventory_find", search), on_change=_searched,
        icon=":material/search:",
    )  # fmt: skip
    kept.publish("find", [search] if search else [], _PAGE)
    rows = frame
    if picked:
        rows = rows[rows["status"] == picked]
    of_class = _class_chosen()
    if of_class:
        rows = rows[(rows["abc"] + rows["xyz"]) == of_class]
    if search:
        mask = rows["sku"].str.contains(search, case=False, regex=False, na=False)
        rows = rows[mask | rows["name"].str.contains(search, case=False, regex=False, na=False)]
    if rows.empty:
        states.nothing_matches(visit)
        return
    shown = rows.sort_values("revenue", ascending=False).assign(
        status_word=rows["status"].map({name: visit.plain(text) for name, text in STATUS.items()}),
        **{"class": rows["abc"] + rows["xyz"]},
    )
    event = st.dataframe(
        first_rows(visit, shown),
        column_order=list(COLUMNS),
        column_config=configuration(visit, COLUMNS, {"days_of_cover": _COVER_SHOWN}),
        hide_index=True,
        height=420,
        placeholder="–",
        key="inventory_table",
        on_select="rerun",
        selection_mode="single-row",
    )
    filters = {visit.plain(T("State")): visit.plain(STATUS[picked]) if picked else visit.plain(T("All"))}
    if of_class:
        filters[visit.say(T("Class"))] = of_class
    if search:
        filters[visit.say(T("Search"))] = search
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
