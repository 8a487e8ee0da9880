"""Finding a person; what is held of them; giving it to them, and erasing it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from erp_core.db.uow import unit_of_work
from erp_core.errors import NotFound
from erp_core.persons.file import field_name, person_file
from erp_core.persons.service import erase_person, extent, give, look_at
from erp_core.persons.views import Person, Reader, Reference, find_persons, read_person, same_person
from erp_core.security.permissions import Permission
from erp_core.text import T, Text, format_number
from ui import acts
from ui.decision_rows import MEDIA
from ui.guard import Visit
from ui.sales_orders_panel import STATES
from ui.tables import Column, configuration

FOUND_BY: dict[str, Text] = {
    "name": T("name"), "phone": T("phone"), "tail": T("last four digits"), "mail": T("mail"), "id": T("customer id"),
    "order": T("order number"), "recipient": T("recipient of an order"),
    "rejected": T("a row that an import rejected"),
}  # fmt: skip
HITS = {
    "name": Column(T("Name")),
    "phone": Column(T("Phone")),
    "email": Column(T("E-mail")),
    "city": Column(T("City")),
    "shops": Column(T("Channel")),
    "orders": Column(T("Orders"), "count"),
    "last_order": Column(T("Last order"), "day"),
    "found_by": Column(T("Found by")),
}
ORDERS = {
    "ds": Column(T("Date"), "day"),
    "channel": Column(T("Channel")),
    "number": Column(T("Order id")),
    "state": Column(T("State")),
    "quantity": Column(T("Units"), "count"),
    "total": Column(T("Order total"), "number"),
    "currency": Column(T("Currency")),
    "recipient": Column(T("Recipient")),
}
CONTACTS = {
    "at": Column(T("When")),
    "medium": Column(T("Medium")),
    "subject": Column(T("Subject")),
    "note": Column(T("Remark")),
    "agent": Column(T("Agent")),
    "order_number": Column(T("Order id")),
}
CONFIRMATION = T("erase")
_LOOKED = "persons_looked_at"


def show(visit: Visit) -> None:
    """The search, who was found, and the one that is chosen."""
    st.subheader(visit.say(T("Find a person")))
    with st.form("find_person", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input(
            visit.say(T("Name, phone, mail, last four digits or order number")),
            key="person_words",
            help=visit.say(
                T(
                    "Found exactly: the whole name, number or address. What is stored is encrypted, so parts find nothing."
                )
            ),
        )
        st.form_submit_button(visit.say(T("Find")), icon=":material/search:", type="primary")
    reader = Reader(visit.actor.may(Permission.SEE_PERSONAL_DATA), visit.actor.channels)
    if not reader.see_personal_data:
        st.caption(visit.say(T("Names, addresses and phone numbers are masked: you may not see personal data.")))
    if not words.strip():
        return
    with visit.database.reading() as connection:
        hits = find_persons(connection, words, reader)
    if hits.empty:
        st.info(visit.say(T("Nobody was found who is called so or can be reached so.")), icon=":material/person_off:")
        return
    reference = _chosen(visit, hits)
    if reference is not None:
        _one(visit, reference, reader)


def _chosen(visit: Visit, hits: pd.DataFrame) -> Reference | None:
    """The only one who was found, or the row that is chosen."""
    shown = hits.assign(found_by=[visit.plain(FOUND_BY[how]) for how in hits["found_by"]])
    if len(hits) == 1:
        return Reference.of(hits["person"].iloc[0])
    event = st.dataframe(
        shown, column_order=list(HITS), column_config=configuration(visit, HITS), hide_index=True, placeholder="–",
        key="persons_found", on_select="rerun", selection_mode="single-row",
    )  # fmt: skip
    picked = event["selection"]["rows"]
    if picked and picked[0] < len(hits):
        return Reference.of(hits["person"].iloc[picked[0]])
    st.caption(visit.say(T("Choose a row to see what is held of this person.")))
    return None


def _one(visit: Visit, reference: Reference, reader: Reader) -> None:
    if reader.see_personal_data:
        _note_the_look(visit, reference)
    with visit.database.reading() as connection:
        try:
            person = read_person(connection, reference, reader)
        except NotFound as gone:
            acts.refused(visit, gone)
            return
    with st.container(border=True):
        _identity(visit, person)
        _orders(visit, person)
        _contacts(visit, person)
        if visit.actor.may(Permission.ANSWER_PERSONS):
            with st.container(horizontal=True):
                _give(visit, person)
                _erase(visit, person)


def _note_the_look(visit: Visit, reference: Reference) -> None:
    """One event for each person that is opened, not for each run of the page."""
    if st.session_state.get(_LOOKED) == str(reference):
        return
    with unit_of_work(visit.database, visit.actor.acting(visit.clock)) as uow:
        look_at(uow, reference)
        uow.commit()
    st.session_state[_LOOKED] = str(reference)


def _identity(visit: Visit, person: Person) -> None:
    if person.erased:
        st.info(visit.say(T("This person was erased: what is left are numbers.")), icon=":material/person_remove:")
    if not person.identity:
        return
    rows = [
        {"field": visit.plain(field_name(name) or name), "value": str(value)} for name, value in person.identity.items()
    ]
    st.dataframe(
        pd.DataFrame(rows),
        column_config={"field": visit.plain(T("Field")), "value": visit.plain(T("Value"))},
        hide_index=True,
        height="content",
        key="person_identity",
    )


def _orders(visit: Visit, person: Person) -> None:
    count = format_number(len(person.orders), visit.language)
    st.markdown(f"**{visit.say(T('Orders: {count}', count=count))}**")
    if person.orders.empty:
        return
    words = [visit.plain(STATES[state]) if state in STATES else state for state in person.orders["state"]]
    st.dataframe(
        person.orders.assign(state=words), column_order=list(ORDERS), column_config=configuration(visit, ORDERS),
        hide_index=True, placeholder="–", height="content" if len(words) <= 10 else 400, key="person_orders",
    )  # fmt: skip


def _contacts(visit: Visit, person: Person) -> None:
    if person.contacts.empty:
        return
    st.markdown(f"**{visit.say(T('Contacts: {count}', count=format_number(len(person.contacts), visit.language)))}**")
    media = [visit.plain(MEDIA[medium]) if medium in MEDIA else medium for medium in person.contacts["medium"]]
    local = pd.to_datetime(person.contacts["at"], utc=True).dt.tz_convert(visit.company.time_zone)
    st.dataframe(
        person.contacts.assign(medium=media, at=local.dt.strftime("%Y-%m-%d %H:%M")), column_order=list(CONTACTS),
        column_config=configuration(visit, CONTACTS), hide_index=True, placeholder="–", key="person_contacts",
    )  # fmt: skip


def _give(visit: Visit, person: Person) -> None:
    if not (visit.actor.may(Permission.EXPORT) and visit.actor.may(Permission.SEE_PERSONAL_DATA)):
        return

    def held() -> dict[str, Any]:
        with unit_of_work(visit.database, visit.actor.acting(visit.clock)) as uow:
            document = give(uow, person.reference)
            uow.commit()
        return document

    st.download_button(
        visit.say(T("Give this person their data")),
        lambda: person_file(held(), visit.language, visit.actor.name, visit.clock.now()), f"person_{person.reference}.zip", "application/zip",
        icon=":material/download:", on_click="ignore", key="person_file",
        help=visit.say(T("All that is held of them: as tables, and as JSON for another program.")),
    )  # fmt: skip


def _erase(visit: Visit, person: Person) -> None:
    if person.erased:
        return
    with st.popover(visit.say(T("Erase this person")), icon=":material/person_remove:"):
        with visit.database.reading() as connection:
            touched, others = extent(connection, person.reference), same_person(connection, person.reference)
        st.markdown(
            visit.say(
                T(
                    "Name, phone, mail, addresses and remarks go from {orders} orders and {contacts} contacts, for good. "
                    "Orders, money and stock stay as they are, without the person. Backups made before still hold the "
                    "person until they are deleted.",
                    orders=touched.orders,
                    contacts=touched.contacts,
                )
            )
        )
        if others:
            st.warning(
                visit.say(
                    T(
                        "{count} other entries have the same phone or mail (another shop, or a customer list). Find the person "
                        "by phone or mail to see them all; each is erased by itself.",
                        count=len(others),
                    )
                ),
                icon=":material/group:",
            )
        word = visit.say(CONFIRMATION)
        typed = st.text_input(visit.say(T("Type “{word}” to confirm", word=word)), key="person_erase_word")
        if st.button(
            visit.say(T("Erase for good")), type="primary", disabled=typed.strip() != word, key="person_erase"
        ):
            acts.attempt(
                visit,
                lambda: _erased(visit, person.reference),
                T("Erased. The numbers stay as they were."),
            )


def _erased(visit: Visit, reference: Reference) -> None:
    erase_person(visit.database, visit.actor.acting(visit.clock), reference)
    st.session_state.pop("person_words", None)
