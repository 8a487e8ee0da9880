"""Shops: from where each ships, what share of the stock it may offer, what it keeps back."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from erp_core.orders.channels import ChannelTerms, channel_rows, set_channel_terms
from erp_core.stock.views import default_location, locations
from erp_core.text import T
from ui import acts
from ui.guard import Visit


def show(visit: Visit) -> None:
    """The table of shops."""
    with visit.database.reading() as connection:
        shops = channel_rows(connection)
        places = {place.id: place.name for place in locations(connection)}
        default = default_location(connection)
    with st.form("shops"):
        st.subheader(visit.say(T("Shops and what they may offer")))
        if shops.empty:
            st.caption(visit.say(T("No shop yet: importing orders brings the shops that they come from.")))
        else:
            st.caption(
                visit.say(
                    T(
                        "A shop offers this share of what is available where it ships from, less the buffer. Shares of "
                        "shops at one place that sum to more than 100 % may sell a unit twice."
                    )
                )
            )
        standard = visit.plain(T("Default: {place}", place=default.name))
        table = shops.assign(
            ships_from=[standard if pd.isna(number) else places[int(number)] for number in shops["location_id"]]
        )
        number = st.column_config.NumberColumn
        edited = st.data_editor(
            table, placeholder="",
            hide_index=True,
            column_order=["name", "platform", "ships_from", "stock_share", "safety_buffer"],
            disabled=["name", "platform"],
            column_config={
                "name": visit.say(T("Channel or shop")),
                "platform": visit.say(T("Platform")),
                "ships_from": st.column_config.SelectboxColumn(
                    visit.say(T("Ships from")), options=[standard, *places.values()], required=True,
                    help=visit.say(T("Holds for what is imported from now on.")),
                ),
                "stock_share": number(visit.say(T("Share of the stock (%)")), min_value=0, max_value=100, step=1, required=True),
                "safety_buffer": number(visit.say(T("Safety buffer (units)")), min_value=0, step=1, required=True),
            },
            key="shops_table",
        )  # fmt: skip
        pressed = st.form_submit_button(visit.say(T("Save")), icon=":material/save:", disabled=shops.empty)
    if pressed:
        numbers = {name: key for key, name in places.items()}

        def arrange(uow):
            """Set the terms of every shop; those that stand already change nothing."""
            for row in edited.to_dict("records"):
                terms = ChannelTerms(numbers.get(row["ships_from"]), int(row["stock_share"]), int(row["safety_buffer"]))
                set_channel_terms(uow, int(row["channel_id"]), terms)

        acts.perform(visit, arrange)
