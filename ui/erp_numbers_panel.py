"""The numbers that a business case rests on: from the data with their source and period, or entered by hand."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from erp_core.clock import today
from erp_core.db.uow import UnitOfWork
from erp_core.text import T, Text, say
from erp_core.vendors import service
from erp_core.vendors import views as stored
from erp_core.vendors.benefits import NEEDED, WELCOME
from erp_core.vendors.own_numbers import OWN_METRICS
from erp_core.vendors.schema import Bilingual, OwnNumber
from ui import acts, erp_choice
from ui.erp_choice import Choice
from ui.guard import Visit
from ui.pages_list import address
from ui.tables import Column, configuration

BY_HAND: Mapping[str, tuple[Text, Text]] = {
    "cogs_a_year": (T("Cost of goods sold a year"), T("What the goods sold in a year had cost you")),
    "stock_turns": (T("Stock turns a year"), T("Cost of goods sold ÷ average stock at cost; 12 means once a month")),
    "orders_a_year": (T("Orders a year"), T("Orders sent in twelve months")),
    "wrong_order_share": (T("Wrong orders, %"), T("Of 100 orders, how many go out wrong or incomplete")),
    "minutes_an_order": (T("Minutes of work an order"), T("Handling from review to parcel, in people’s minutes")),
    "cost_an_hour": (T("An hour of work costs"), T("Wage with everything on top")),
    "shortage_losses_a_year": (T("Lost by shortages a year"), T("Margin or revenue that empty shelves cost")),
    "cost_an_error": (T("A wrong order costs"), T("Second parcel, return, refund, time")),
    "accessory_revenue_a_year": (T("Accessory revenue a year"), T("What accessories sell now")),
    "margin_share": (T("Gross margin, %"), T("(Revenue − cost) ÷ revenue")),
}
_SHARES = frozenset({"wrong_order_share", "margin_share"})
_FORM = "erp_numbers"
_WHOLE = 1000


def show(visit: Visit, choice: Choice) -> None:
    """What is known, what is missing, and the form for it."""
    known = {number.key: number for number in choice.document.own_numbers}
    lacking = [key for key in NEEDED if key not in known]
    st.subheader(visit.say(T("Your numbers")))
    if lacking:
        names = ", ".join(visit.plain(BY_HAND[key][0]) for key in lacking)
        st.caption(
            visit.say(
                T("{count} of the six numbers that a case needs are missing: {names}", count=len(lacking), names=names)
            )
        )
        if not known:
            st.page_link(
                address("data"), label=visit.say(T("Or import your files: most of them come from there")),
                icon=":material/upload_file:", query_params={"view": "import"},
            )  # fmt: skip
    _table(visit, choice, known)
    if choice.may_change:
        with st.expander(visit.say(T("Enter numbers by hand")), icon=":material/edit:", expanded=bool(lacking)):
            _form(visit, choice, known)


def _table(visit: Visit, choice: Choice, known: Mapping[str, OwnNumber]) -> None:
    used = [known[key] for key in (*NEEDED, *WELCOME) if key in known]
    if not used:
        return
    rows = pd.DataFrame(
        {
            "name": [visit.plain(_title(number.key)) for number in used],
            "value": [erp_choice.number_written(visit, choice, number) for number in used],
            "period": [number.period.replace("/", " – ") for number in used],
            "source": [number.source.said(visit.language) for number in used],
        }
    )
    columns = {
        "name": Column(T("Own number")), "value": Column(T("What it is now")), "period": Column(T("Period")), "source": Column(T("Source")),
    }  # fmt: skip
    st.dataframe(
        rows, hide_index=True, column_order=list(columns), column_config=configuration(visit, columns), height="content",
        key="erp_numbers_known", placeholder="–",
    )  # fmt: skip


def _title(key: str) -> Text:
    return OWN_METRICS[key].title if key in OWN_METRICS else BY_HAND[key][0]


def _form(visit: Visit, choice: Choice, known: Mapping[str, OwnNumber]) -> None:
    with visit.database.reading() as connection:
        by_hand = {number.key: number for number in stored.choice(connection, choice.id).settings.own_numbers}
    form = erp_choice.form_of(visit, _FORM, tuple(by_hand.items()))
    st.caption(visit.say(T("What you enter goes before what the data say. Leave a field empty where you do not know, or where the data know better. Amounts in {currency}.", currency=choice.currency)))  # fmt: skip
    with st.form(form, border=False):
        given: dict[str, float | None] = {}
        for heading, keys in ((T("What a case needs"), NEEDED), (T("What makes it fuller"), WELCOME)):
            st.markdown(f"**{visit.say(heading)}**")
            columns = st.columns(3)
            for at, key in enumerate(keys):
                given[key] = _field(visit, columns[at % 3], f"{form}_{key}", key, (by_hand.get(key), known.get(key)))
        sent = st.form_submit_button(
            visit.say(T("Save")), type="primary", icon=":material/save:", key="erp_numbers_save"
        )
    if sent:
        others = [number for key, number in by_hand.items() if key not in given]
        entered = [_entered(visit, choice, key, value, by_hand) for key, value in given.items() if value is not None]

        def save(uow: UnitOfWork) -> None:
            """Store what was entered in place of what was."""
            service.change_settings(uow, choice.at, {"own_numbers": (*others, *entered)})

        acts.perform(visit, save)


def _field(
    visit: Visit,
    place: st.delta_generator.DeltaGenerator,
    name: str,
    key: str,
    held: tuple[OwnNumber | None, OwnNumber | None],
) -> float | None:
    """One number; what the data say stands in the empty field."""
    own, known = held
    times = 100.0 if key in _SHARES else 1.0
    label, note = BY_HAND[key]
    # filled by the session and not by `value`: only then can what stands be emptied
    if own is not None:
        st.session_state.setdefault(name, times * own.value)
    value: float | None = place.number_input(
        visit.say(label), 0.0, 100.0 if key in _SHARES else None, None, key=name, help=visit.say(note),
        placeholder="" if known is None else _written(times * known.value), format="%.6g",
    )  # fmt: skip
    return None if value is None else value / times


def _written(value: float) -> str:
    return f"{value:,.0f}" if value >= _WHOLE else f"{value:.3g}"


def _entered(visit: Visit, choice: Choice, key: str, value: float, by_hand: Mapping[str, OwnNumber]) -> OwnNumber:
    """The number with who said it and when; one that stays as it was keeps that."""
    held = by_hand.get(key)
    if held is not None and held.value == value:
        return held
    said = T("Entered by {name}.", name=visit.actor.name)
    now = today(visit.clock, visit.company.time_zone)
    return OwnNumber(key=key, value=value, source=_both(said), period=now.isoformat())


def _both(text: Text) -> Bilingual:
    """A sentence as a file's sentence, in both languages."""
    return Bilingual(en=say(text, "en"), zh=say(text, "zh_CN"))
