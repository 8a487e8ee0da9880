"""What other methods and other people say of the same vendors, and what each vendor gives for its money."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from erp_core.text import T
from erp_core.vendors.jury import METHOD_NAMES
from ui import charts
from ui.erp_words import Answered, dressed, short, titled
from ui.literal import literal
from ui.tables import Column, configuration, downloads

_ABOVE = "top" + " center"


def jury(told: Answered) -> None:
    """The order by each method, why they differ, and which of them a vendor that comes or goes would turn round."""
    visit, answer = told.visit, told.answer
    st.markdown(f"**{visit.say(T('The same vendors by other methods'))}**")
    if not answer.jury:
        st.info(visit.say(T("Other methods need two vendors in play.")), icon=":material/gavel:")
        return
    if answer.jury_text is not None:
        st.markdown(visit.say(answer.jury_text))
    keys = list(answer.vendors)
    rows = pd.DataFrame(
        {
            "method": [visit.plain(METHOD_NAMES.get(verdict.method, verdict.method)) for verdict in answer.jury],
            "first": [told.name(keys[verdict.order[0]]) for verdict in answer.jury],
            "beside": [" · ".join(told.name(keys[row]) for row in verdict.also) for verdict in answer.jury],
            "order": [" > ".join(told.name(keys[row]) for row in verdict.order) for verdict in answer.jury],
        }
    )
    columns = {
        "method": Column(T("Method")), "first": Column(T("First")),
        "beside": Column(T("As good"), help=T("VIKOR’s compromise set: others too close to the first to be told apart")),
        "order": Column(T("Order")),
    }  # fmt: skip
    st.dataframe(
        rows, hide_index=True, column_order=list(columns), column_config=configuration(visit, columns), height="content",
        key="erp_jury",
    )  # fmt: skip
    downloads(visit, rows, columns, T("Jury of methods"), {visit.plain(T("Decision")): told.document.name})
    st.markdown(f"**{visit.say(T('Would a vendor that comes or goes turn the others round?'))}**")
    if not answer.reversals:
        st.caption(
            f":green[:material/check:] {visit.say(T('No method reorders the vendors when one is dropped or added.'))}"
        )
    for text in answer.reversals:
        st.markdown(f"- {visit.say(text)}")


def dissent(told: Answered) -> None:
    """Where the evaluators are apart."""
    visit, found = told.visit, told.answer.dissent
    st.markdown(f"**{visit.say(T('Where the evaluators are apart'))}**")
    if found is None:
        st.caption(visit.say(T("With two or more evaluators, what each would choose stands here.")))
        return
    st.markdown(visit.say(found.text))
    rows = pd.DataFrame(
        {
            "evaluator": list(found.orders),
            "order": [" > ".join(told.name(vendor) for vendor in order) for order in found.orders.values()],
        }
    )
    columns = {"evaluator": Column(T("Evaluator")), "order": Column(T("Order"))}
    st.dataframe(
        rows, hide_index=True, column_config=configuration(visit, columns), height="content", key="erp_dissent"
    )


def value_for_money(told: Answered) -> None:
    """Value against cost: who is beaten by nobody on both."""
    visit, rows = told.visit, told.answer.value_for_money
    lacking = [vendor for vendor in told.answer.in_play if vendor not in set(rows["vendor"])]
    if lacking:
        names = ", ".join(told.name(vendor) for vendor in lacking)
        st.caption(visit.say(T("Not drawn, since their cost is unknown: {names}", names=names)))
    if rows.empty or rows["value"].isna().all():
        st.info(
            visit.say(T("No cost is known yet: add a quote or a price list under Vendors.")), icon=":material/payments:"
        )
        return
    names = " · ".join(told.name(vendor) for vendor in rows["vendor"][rows["frontier"]])
    title = visit.plain(T("Nobody gives more value for less than: {names}", names=names))
    titled(visit, _frontier(told, rows), _frontier_table(told, rows), "erp_frontier", title)


def _frontier(told: Answered, rows: pd.DataFrame) -> go.Figure:
    visit, paint = told.visit, charts.colours()
    figure = go.Figure()
    for chosen, symbol, colour, name in (
        (rows[~rows["frontier"]], "circle-open", paint["ink"], T("beaten by another")),
        (rows[rows["frontier"]].sort_values("p50"), "circle", paint["main"], T("beaten by nobody")),
    ):
        if chosen.empty:
            continue
        ends = {"type": "data", "symmetric": False, "thickness": 1, "width": 3, "color": colour}
        figure.add_scatter(
            x=chosen["p50"], y=100 * chosen["value"], mode="lines+markers+text" if symbol == "circle" else "markers+text",
            text=[charts.unmarked(short(told.name(vendor), 18)) for vendor in chosen["vendor"]], textposition=_ABOVE,
            marker={"size": 11, "symbol": symbol, "color": colour}, line={"color": colour, "dash": "dot", "width": 1},
            error_x={**ends, "array": chosen["p90"] - chosen["p50"], "arrayminus": 0 * chosen["p50"]},
            name=visit.plain(name), hoverinfo="skip", customdata=[[vendor] for vendor in chosen["vendor"]],
        )  # fmt: skip
    figure = dressed(figure, height=420, legend=True)
    figure.update_xaxes(title_text=visit.plain(T("Cost over the horizon, P50 with the way to P90")), rangemode="tozero")
    figure.update_yaxes(title_text=visit.plain(T("Points of 100, without the criterion cost")))
    return figure


def _frontier_table(told: Answered, rows: pd.DataFrame) -> pd.DataFrame:
    visit = told.visit
    return pd.DataFrame(
        {
            visit.plain(T("Vendor")): [told.name(vendor) for vendor in rows["vendor"]],
            visit.plain(T("Points")): [told.points(value) for value in rows["value"]],
            visit.plain(T("Cost P50")): [told.money(amount) for amount in rows["p50"]],
            visit.plain(T("Cost P90")): [told.money(amount) for amount in rows["p90"]],
            visit.plain(T("Beaten by nobody")): ["✓" if best else "" for best in rows["frontier"]],
        }
    )


def notes(told: Answered) -> None:
    """What the reader has to know of the answer."""
    for text in told.answer.notes:
        st.caption(f":material/info: {told.visit.say(text)}")
    st.caption(told.visit.say(T("Inputs’ hash: {hash}", hash=literal(told.answer.inputs_hash[:16]))))
