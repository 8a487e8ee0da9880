"""Typed in: an order taken on the phone or in a chat, a customer, stock to begin with. Each goes in as an import does."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from erp_core.catalog.views import products, unit_factors
from erp_core.clock import today
from erp_core.imports.by_hand import (
    STATES,
    Entered,
    HandCount,
    HandCustomer,
    HandLine,
    HandOrder,
    enter_customer,
    enter_opening_stock,
    enter_order,
)
from erp_core.money import currencies
from erp_core.orders.views import channels
from erp_core.security.permissions import Permission
from erp_core.stock.views import locations
from erp_core.text import T, Text, format_number
from ui import acts, views
from ui.guard import Visit
from ui.pages_list import address

WHAT: dict[str, Text] = {"order": T("An order"), "stock": T("Stock"), "customer": T("A customer")}
ALLOWED = {
    "order": Permission.ENTER_ORDERS, "stock": Permission.EDIT_STOCK, "customer": Permission.EDIT_CUSTOMERS,
}  # fmt: skip
STATE_WORDS: dict[str, Text] = {
    "pending": T("not yet paid"),
    "paid": T("paid, to be sent"),
    "shipped": T("sent"),
    "completed": T("done"),
}
_LINES = 5


def show(visit: Visit) -> None:
    """The whole view."""
    may = [name for name in WHAT if visit.actor.may(ALLOWED[name])]
    if not may:
        st.info(visit.say(T("You may not enter orders, stock or customers.")), icon=":material/lock:")
        return
    forms = {"order": _order, "stock": _stock, "customer": _customer}
    views.show(visit, "entry", {name: (WHAT[name], forms[name]) for name in may}, "what")
    st.page_link(
        address("data"), label=visit.say(T("What was entered, and the way to take it back")),
        icon=":material/receipt_long:", query_params={"view": "receipts"},
    )  # fmt: skip


def _choices(visit: Visit, *, charges: bool) -> dict[str, str]:
    """What a person reads of a product → its SKU."""
    with visit.database.reading() as connection:
        known = products(connection, charges=charges)
    return {
        sku if pd.isna(name) else f"{sku} · {name}": str(sku)
        for sku, name in zip(known["sku"], known["name"], strict=True)
    }


def _nothing_to_sell(visit: Visit) -> None:
    st.info(
        visit.say(T("There is no product yet. Create one in the view Products first.")), icon=":material/inventory_2:"
    )


def _stored(visit: Visit, entered: Entered, form: str, done: Text, same: Text) -> Text:
    acts.renew(form)
    return done if entered.changed and not entered.again else same


def _amount(value: Any) -> Decimal:
    """A typed number as it was typed: 2.0 is 2."""
    return Decimal(f"{value:.6f}").normalize()


def _step(visit: Visit) -> float:
    """Whole units, unless some product is counted in a smaller one: then a part of a unit can be typed."""
    with visit.database.reading() as connection:
        return 0.001 if unit_factors(connection) else 1.0


def _order(visit: Visit) -> None:
    choices = _choices(visit, charges=True)
    if not choices:
        _nothing_to_sell(visit)
        return
    with visit.database.reading() as connection:
        shops = [name for _, name in channels(connection)]
    token, step = acts.token("hand_order"), _step(visit)
    phone = visit.say(T("By phone"))
    now = visit.clock.now().astimezone(ZoneInfo(visit.company.time_zone))
    known = sorted(currencies())
    with st.form(f"hand_order_{token}"):
        one, two, three, four = st.columns([3, 2, 2, 2])
        channel = one.selectbox(
            visit.say(T("How it came")), list(dict.fromkeys([phone, *shops])), accept_new_options=True,
            help=visit.say(T("Such as: by phone, WeChat, market stall. Each is a channel of its own.")),
        )  # fmt: skip
        day = two.date_input(visit.say(T("Order date")), now.date(), max_value=now.date())
        state = three.selectbox(
            visit.say(T("Order status")), STATES, index=STATES.index("paid"),
            format_func=lambda word: visit.say(STATE_WORDS[word]),
        )  # fmt: skip
        currency = four.selectbox(visit.say(T("Currency")), known, index=known.index(visit.company.base_currency))
        lines = st.data_editor(
            pd.DataFrame({"product": [None] * _LINES, "quantity": [None] * _LINES, "price": [None] * _LINES, "off": [None] * _LINES})
            .astype({"product": object, "quantity": float, "price": float, "off": float}),
            hide_index=True,
            num_rows="dynamic",
            column_config={
                "product": st.column_config.SelectboxColumn(visit.say(T("Product")), options=list(choices), width="medium"),
                "quantity": st.column_config.NumberColumn(visit.say(T("Quantity")), min_value=0, step=step),
                "price": st.column_config.NumberColumn(visit.say(T("Unit price")), min_value=0.0, format="%.2f"),
                "off": st.column_config.NumberColumn(visit.say(T("Line discount")), min_value=0.0, format="%.2f"),
            },
            placeholder="", key=f"hand_lines_{token}",
        )  # fmt: skip
        one, two, three = st.columns(3)
        buyer = one.text_input(visit.say(T("Customer name")))
        contact = two.text_input(visit.say(T("Phone")))
        mail = three.text_input(visit.say(T("E-mail")))
        one, two, three = st.columns([4, 2, 2])
        where = one.text_input(visit.say(T("Address")))
        shipping = two.number_input(visit.say(T("Shipping")), 0.0, value=None, step=0.01, format="%.2f")
        number = three.text_input(
            visit.say(T("Order id")), placeholder=visit.say(T("next free one")),
            help=visit.say(T("Empty: H-, the day, and the next number of that day.")),
        )  # fmt: skip
        note = st.text_input(visit.say(T("Remark")))
        if not st.form_submit_button(visit.say(T("Enter order")), type="primary", icon=":material/add_shopping_cart:"):
            return
    said = _lines(visit, lines, choices)
    if said is None:
        return
    at = now if day == now.date() else dt.datetime.combine(day, dt.time(12), now.tzinfo)
    order = HandOrder(
        token=token, channel=channel or "", ordered_at=at, lines=said, state=state, number=number, currency=currency,
        customer=HandCustomer(name=buyer, phone=contact, email=mail, address=where),
        shipping=None if shipping is None else _amount(shipping), note=note,
    )  # fmt: skip

    def act() -> Text:
        entered = enter_order(
            visit.database, visit.actor.acting(visit.clock), order, visit.say(T("by hand: order"))
        )  # fmt: skip
        return _stored(
            visit, entered, "hand_order", T("Order {number} is in.", number=str(entered.number)),
            T("Order {number} was in already.", number=str(entered.number)),
        )  # fmt: skip

    acts.attempt(visit, act, acts.SAVED)


def _lines(visit: Visit, table: pd.DataFrame, choices: dict[str, str]) -> tuple[HandLine, ...] | None:
    """The filled rows; None, after saying so, where one lacks its quantity or price."""
    lines = []
    for row in table.to_dict("records"):
        if pd.isna(row["product"]):
            continue
        if pd.isna(row["quantity"]) or pd.isna(row["price"]):
            st.error(
                visit.say(
                    T("“{product}” needs a quantity and a price; a gift has the price 0.", product=row["product"])
                )
            )
            return None
        off = Decimal(0) if pd.isna(row["off"]) else _amount(row["off"])
        lines.append(HandLine(choices[row["product"]], _amount(row["quantity"]), _amount(row["price"]), off))
    return tuple(lines)


def _stock(visit: Visit) -> None:
    choices = _choices(visit, charges=False)
    if not choices:
        _nothing_to_sell(visit)
        return
    with visit.database.reading() as connection:
        places = [place.name for place in locations(connection)]
    token, step = acts.token("hand_stock"), _step(visit)
    now = today(visit.clock, visit.company.time_zone)
    st.caption(
        visit.say(
            T(
                "What lies where at the end of a day: to begin with, or counted again. From then on sales and receipts add up."
            )
        )
    )
    with st.form(f"hand_stock_{token}"):
        one, two = st.columns([3, 2])
        place = one.selectbox(visit.say(T("Location")), places, accept_new_options=True)
        day = two.date_input(
            visit.say(T("Counted on")), value=None, max_value=now, help=visit.say(T("Empty: now, at this moment."))
        )
        lines = st.data_editor(
            pd.DataFrame({"product": [None] * _LINES, "units": [None] * _LINES}).astype({"product": object, "units": float}),
            hide_index=True,
            num_rows="dynamic",
            column_config={
                "product": st.column_config.SelectboxColumn(visit.say(T("Product")), options=list(choices), width="medium"),
                "units": st.column_config.NumberColumn(visit.say(T("Units")), min_value=0, step=step),
            },
            placeholder="", key=f"hand_counts_{token}",
        )  # fmt: skip
        if not st.form_submit_button(visit.say(T("Enter stock")), type="primary", icon=":material/inventory:"):
            return
    named = lines[lines["product"].notna()]
    lacking = named[named["units"].isna()]
    if len(lacking):
        st.error(visit.say(T("“{product}” needs its units; 0 if none are there.", product=lacking["product"].iloc[0])))
        return
    counts = [
        HandCount(choices[product], _amount(units), day, place or "")
        for product, units in zip(named["product"], named["units"], strict=True)
    ]

    def act() -> Text:
        entered = enter_opening_stock(
            visit.database, visit.actor.acting(visit.clock), token, counts, visit.say(T("by hand: stock"))
        )  # fmt: skip
        count = format_number(len(counts), visit.language)
        return _stored(
            visit, entered, "hand_stock", T("The stock of {count} products is in.", count=count),
            T("Nothing new: this stock stood already."),
        )  # fmt: skip

    acts.attempt(visit, act, acts.SAVED)


def _customer(visit: Visit) -> None:
    token = acts.token("hand_customer")
    with st.form(f"hand_customer_{token}"):
        one, two, three, four = st.columns(4)
        name = one.text_input(visit.say(T("Customer name")))
        phone = two.text_input(visit.say(T("Phone")))
        email = three.text_input(visit.say(T("E-mail")))
        number = four.text_input(visit.say(T("Customer id")))
        one, two, three, four = st.columns(4)
        country = one.text_input(visit.say(T("Country")))
        province = two.text_input(visit.say(T("Province")))
        city = three.text_input(visit.say(T("City")))
        postcode = four.text_input(visit.say(T("Postcode")))
        where = st.text_input(visit.say(T("Address")))
        note = st.text_input(visit.say(T("Remark")))
        if not st.form_submit_button(visit.say(T("Enter customer")), type="primary", icon=":material/person_add:"):
            return
    buyer = HandCustomer(
        number=number, name=name, email=email, phone=phone, country=country, province=province, city=city,
        postcode=postcode, address=where, note=note,
    )  # fmt: skip

    def act() -> Text:
        entered = enter_customer(
            visit.database, visit.actor.acting(visit.clock), token, buyer, visit.say(T("by hand: customer"))
        )  # fmt: skip
        return _stored(
            visit, entered, "hand_customer", T("The customer is in."), T("Nothing new: this customer stood already.")
        )  # fmt: skip

    acts.attempt(visit, act, acts.SAVED)
