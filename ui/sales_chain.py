"""From gross to net sales: a chain that adds up, each step with its meaning and the orders that make it."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from erp_core.metrics.registry import METRICS
from erp_core.overview.sales import Chain
from erp_core.overview.sales_orders import PARTS
from erp_core.text import T, Text, format_money, format_share
from ui import charts, kept, sales_numbers
from ui.guard import Visit
from ui.pages_list import address
from ui.sales_breakdown import filters_told
from ui.sales_numbers import Reading
from ui.tables import Column, configuration, downloads

# in the order of the chain; what is taken off, and what is left in between
STEPS: dict[str, tuple[Text, Text, str]] = {
    "gross_sales": (METRICS["gross_sales"].name, METRICS["gross_sales"].formula, "total"),
    "line_discounts": (T("Discounts on lines"), T("What was taken off single product lines"), "off"),
    "revenue": (METRICS["revenue"].name, METRICS["revenue"].formula, "total"),
    "order_discounts": (
        T("Discounts on orders"), T("What the shop took off orders as a whole, as far as it falls on product lines"), "off",
    ),
    "beside_products": (
        T("Discounts on no product line"), T("Discounts of orders without product lines, and the part that falls on charges"), "off",
    ),
    "refunds": (METRICS["refunds"].name, METRICS["refunds"].formula, "off"),
    "credit_notes": (METRICS["credit_notes"].name, METRICS["credit_notes"].formula, "off"),
    "net_sales": (METRICS["net_sales"].name, METRICS["net_sales"].formula, "total"),
}  # fmt: skip
_PART_OF = {"revenue": "gross_sales", "beside_products": "order_discounts", "net_sales": ""}
COLUMNS = {
    "step": Column(T("Step")),
    "amount": Column(T("Amount"), "money"),
    "share": Column(T("Of gross sales"), "percent"),
    "meaning": Column(T("Meaning")),
}


def show(visit: Visit, reading: Reading) -> None:
    """The chart, the table, the sentence of what is not in it."""
    found = sales_numbers.chain_of(visit, reading)
    st.subheader(visit.say(T("From gross to net sales")))
    gross, net = found.amounts["gross_sales"], found.amounts["net_sales"]
    if gross is None or net is None:
        st.info(
            visit.say(T("Missing: {what}", what="; ".join(map(visit.plain, found.missing)) or "–")),
            icon=":material/info:",
        )
        st.page_link(
            address("settings"), label=visit.say(T("Exchange rates")), icon=":material/currency_exchange:",
            query_params={"view": "company"},
        )  # fmt: skip
        return
    rows = _rows(visit, found, gross)
    left, right = st.columns([3, 2])
    with left:
        _waterfall(visit, rows, found.currency, (gross, net))
    with right:
        _table(visit, reading, rows)
    if found.without_order:
        amount = format_money(found.without_order, found.currency, visit.language)
        st.caption(
            visit.say(
                T("{amount} of refunds come from returns that name no order; no order below shows them.", amount=amount)
            )
        )


def _rows(visit: Visit, found: Chain, gross: float) -> pd.DataFrame:
    beside = found.beside_products or 0.0
    values = {**found.amounts, "beside_products": beside}
    values["order_discounts"] = (found.amounts["order_discounts"] or 0.0) - beside
    names = [name for name in STEPS if name != "beside_products" or round(beside, 6)]
    rows = pd.DataFrame(
        {
            "key": names,
            "step": [("− " if STEPS[name][2] == "off" else "= ") + visit.plain(STEPS[name][0]) for name in names],
            "amount": [round(float(values[name] or 0.0), 6) for name in names],
            "meaning": [visit.plain(STEPS[name][1]) for name in names],
        }
    )
    rows.loc[0, "step"] = visit.plain(STEPS["gross_sales"][0])
    return rows.assign(share=rows["amount"] / gross if gross else None)


def _waterfall(visit: Visit, rows: pd.DataFrame, currency: str, ends: tuple[float, float]) -> None:
    paint = charts.colours()
    kinds = [STEPS[name][2] for name in rows["key"]]
    amounts = [-amount if kind == "off" else amount for amount, kind in zip(rows["amount"], kinds, strict=True)]
    measures = ["absolute" if at == 0 else "relative" if kind == "off" else "total" for at, kind in enumerate(kinds)]
    said = [format_money(amount, currency, visit.language, compact=True) for amount in amounts]
    figure = go.Figure(
        go.Waterfall(
            x=[_folded(visit.plain(STEPS[name][0])) for name in rows["key"]], y=amounts, measure=measures, text=said, textposition="outside",
            customdata=list(rows["key"]), connector={"line": {"color": paint["grid"]}}, cliponaxis=False,
            increasing={"marker": {"color": paint["main"]}}, decreasing={"marker": {"color": paint["mark"]}},
            totals={"marker": {"color": paint["main"]}},
        )
    )  # fmt: skip
    gross, net = ends
    share = format_share(net / gross, visit.language) if gross else "–"
    title = visit.plain(T("Of {gross} at list value {share} stay as net sales", share=share,
                        gross=format_money(gross, currency, visit.language, compact=True)))  # fmt: skip
    figure = charts.dressed(figure, title)
    figure.update_layout(height=340, hovermode="closest", margin={"t": 56})
    figure.update_xaxes(tickangle=0)
    st.plotly_chart(figure, key="sales_chain", alt=title, config={"displayModeBar": False})


def _folded(words: str) -> str:
    """A label on several lines, so that it need not be turned: at blanks, and where there are none after four signs."""
    return "<br>".join(
        part[at : at + 4] if not part.isascii() else part for part in words.split() for at in _starts(part)
    )


def _starts(part: str) -> range:
    return range(0, 1) if part.isascii() else range(0, len(part), 4)


def _table(visit: Visit, reading: Reading, rows: pd.DataFrame) -> None:
    key = f"chain_{reading.chosen.period.start}_{reading.chosen.period.end}_{kept.word('part')}"
    steps = rows["key"].tolist()
    st.dataframe(
        rows, key=key, column_order=list(COLUMNS), column_config=configuration(visit, COLUMNS), hide_index=True,
        height="content", selection_mode="single-row", on_select=lambda: _step_clicked(key, steps),
    )  # fmt: skip
    st.caption(
        visit.say(T("Choose a step to see the orders that make it. All tables of this page add up to these amounts."))
    )
    downloads(visit, rows, COLUMNS, T("From gross to net sales"), filters_told(visit, reading.chosen))


def _step_clicked(key: str, steps: list[str]) -> None:
    chosen = st.session_state[key]["selection"]["rows"]
    if chosen:
        step = steps[chosen[0]]
        part = _PART_OF.get(step, step)
        kept.keep("part", [part] if part in PARTS else [])
