"""One product's story: stock as area, sales as bars, counts and receipts as marks, the reorder point as a line."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from erp_core.orders.views import recent_orders
from erp_core.overview.story import story
from erp_core.planning.views import reorder_point_of
from erp_core.stock.views import movements_of
from erp_core.text import T, Text, format_money, format_number
from ui import charts, reads, states
from ui.filters import bar
from ui.guard import Visit
from ui.stock_overview import STATUS
from ui.tables import ROWS_SHOWN

KINDS: dict[str, Text] = {
    "sale": T("sale"),
    "return": T("return"),
    "write_off": T("write-off"),
    "receipt": T("receipt"),
    "adjustment": T("adjustment"),
    "reserve": T("reservation"),
    "count": T("count"),
    "reversal": T("taken back"),
}


def show(visit: Visit) -> None:
    """The whole view, for the product of the URL."""
    chosen = bar(visit)
    if chosen is None:
        states.no_data(
            visit, T("No sales and no stock yet. Import both, and this page says what runs out and what is stuck.")
        )
        return
    frame = reads.position(visit, chosen.filters)
    if frame.empty:
        states.nothing_matches(visit)
        return
    by_revenue = frame.sort_values("revenue", ascending=False)
    names = dict(zip(by_revenue["sku"], by_revenue["name"].fillna(""), strict=True))
    held = st.query_params.get("sku")
    skus = _offered(visit, names, held)
    sku = st.selectbox(
        visit.say(T("Product")),
        skus,
        index=skus.index(held) if held in skus else 0 if skus else None,
        format_func=lambda word: f"{word} · {names[word]}",
        key="story_sku",
        placeholder="–",
    )
    if sku is None:
        states.nothing_matches(visit)
        return
    st.query_params["sku"] = sku
    row = frame[frame["sku"] == sku].iloc[0]
    _numbers(visit, row)
    with visit.database.reading() as connection:
        days = story(connection, int(row["product_id"]), chosen.period.start, chosen.period.end)
        moves = movements_of(connection, int(row["product_id"])).head(500)
        orders = recent_orders(connection, int(row["product_id"]))
    _chart(visit, row, days)
    left, right = st.tabs([visit.say(T("Movements")), visit.say(T("Orders"))])
    with left:
        moves["kind"] = moves["kind"].map({name: visit.plain(text) for name, text in KINDS.items()})
        st.dataframe(moves, placeholder="–", hide_index=True, column_config=_titles(visit))
    with right:
        st.dataframe(pd.DataFrame(orders), placeholder="–", hide_index=True, column_config=_titles(visit))


def _offered(visit: Visit, names: dict[str, str], held: str | None) -> list[str]:
    """The SKUs to choose from: all, or of very many those that a search finds, best sellers first."""
    skus = list(names)
    if len(skus) <= ROWS_SHOWN:
        return skus
    search = st.text_input(visit.say(T("SKU or name")), key="story_find", icon=":material/search:").casefold()
    found = [sku for sku in skus if search in sku.casefold() or search in names[sku].casefold()][:ROWS_SHOWN]
    return found if held not in names or held in found or search else [str(held), *found]


def _titles(visit: Visit) -> dict[str, object]:
    titles = {
        "at": T("When"), "location": T("Location"), "kind": T("What"), "quantity": T("Quantity"), "reserved": T("Reserved"),
        "level": T("Counted"), "order_id": None, "batch_id": T("Import"), "taken_back": T("Taken back"), "ds": T("Date"),
        "channel": T("Channel"), "external_id": T("Order id"), "state": T("State"), "amount": None, "currency": None,
    }  # fmt: skip
    return {name: None if text is None else visit.plain(text) for name, text in titles.items()}


def _numbers(visit: Visit, row: pd.Series) -> None:
    def count(value: object) -> str:
        return "–" if pd.isna(value) else format_number(float(value), visit.language)  # type: ignore[arg-type]

    value = (
        "–"
        if pd.isna(row["value"])
        else format_money(float(row["value"]), visit.company.base_currency, visit.language, compact=True)
    )
    cells = (
        (T("State"), visit.say(STATUS[row["status"]])),
        (T("In stock"), count(row["on_hand"])),
        (T("Available"), count(row["available"])),
        (T("On order"), count(row["on_order"])),
        (T("Days of cover"), count(row["days_of_cover"])),
        (T("Value"), value),
    )
    for column, (label, word) in zip(st.columns(len(cells)), cells, strict=True):
        column.metric(visit.say(label), word, border=True)
    if row["shortfall"]:
        st.warning(
            visit.say(T("{count} units more were sold than counts and receipts account for: count this product again.",
                        count=int(row["shortfall"])))
        )  # fmt: skip


def _chart(visit: Visit, row: pd.Series, days: pd.DataFrame) -> None:
    paint = charts.colours()
    figure = go.Figure()
    figure.add_bar(x=days["ds"], y=days["sold"], name=visit.say(T("sold")), marker_color=paint["main"], opacity=0.7)
    known = days.dropna(subset=["on_hand"])
    if len(known):
        figure.add_scatter(
            x=known["ds"], y=known["on_hand"], name=visit.say(T("in stock")), fill="tozeroy", mode="lines",
            line={"shape": "hv", "color": paint["ink"], "width": 1}, fillcolor=paint["band"],
        )  # fmt: skip
        received = known[known["received"] > 0]
        figure.add_scatter(
            x=received["ds"], y=received["on_hand"], name=visit.say(T("receipt")), mode="markers",
            marker={"symbol": "triangle-up", "size": 10, "color": paint["mark"]},
        )  # fmt: skip
        point = reorder_point_of(row, visit.company)
        if point is not None:
            figure.add_hline(
                y=point, line_dash="dash", line_color=paint["mark"], annotation_text=visit.say(T("reorder point"))
            )
    title = visit.plain(
        T(
            "{sku}: {sold} sold in the period",
            sku=row["sku"],
            sold=format_number(int(days["sold"].sum()), visit.language),
        )
    )
    figure = charts.dressed(figure, title)
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.15})
    charts.show(visit, figure, days, "sku_story", title)
