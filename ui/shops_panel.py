"""The shops in Settings: the places that orders leave from, what each shop may offer, what each shop takes."""

from __future__ import annotations

import streamlit as st

from erp_core.db.uow import UnitOfWork
from erp_core.stock.service import rename_location, set_default_location
from erp_core.stock.views import locations
from erp_core.text import T
from ui import acts, channel_fees_panel, channels_panel
from ui.guard import Visit


def show(visit: Visit) -> None:
    """The whole view."""
    channels_panel.show(visit)
    channel_fees_panel.show(visit)
    _places(visit)


def _places(visit: Visit) -> None:
    with visit.database.reading() as connection:
        places = locations(connection)
    with st.form("places"):
        st.subheader(visit.say(T("Locations")))
        titles = {place.id: place.name for place in places}
        default = st.selectbox(
            visit.say(T("Orders ship from")), list(titles), format_func=lambda number: titles[number],
            help=visit.say(T("Holds for what is imported from now on.")),
        )  # fmt: skip
        new_names = {
            place.id: st.text_input(visit.say(T("Name of {place}", place=place.name)), place.name) for place in places
        }
        if st.form_submit_button(visit.say(T("Save")), icon=":material/save:"):

            def arrange(uow: UnitOfWork) -> None:
                """Rename and choose the default."""
                for place in places:
                    if new_names[place.id] != place.name:
                        rename_location(uow, place.id, new_names[place.id])
                set_default_location(uow, default)

            acts.perform(visit, arrange)
