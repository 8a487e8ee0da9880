"""The orders behind the numbers, a page at a time; one opens to its lines; the download has all of them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from erp_core.overview.sales_orders import (
    EXPORTED_AT_MOST,
    PARTS,
    OrderQuery,
    all_orders,
    count_orders,
    order_lines,
    orders_page,
    product_named,
)
from erp_core.security.permissions import Permission
from erp_core.text import T, Text, format_number
from ui import kept, states
from ui.filters import choice
from ui.guard import Visit
from ui.pages_list import address
from ui.sales_breakdown import filters_told
from ui.sales_numbers import Reading
from ui.tables import Column, configuration, downloads

STATES: dict[str, Text] = {
    "pending": T("placed, not paid"),
    "paid": T("paid"),
    "shipped": T("shipped"),
    "completed": T("completed"),
    "credit_note": T("credit note"),
}
COLUMNS = {
    "ds": Column(T("Date"), "day"),
    "channel": Column(T("Channel")),
    "external_id": Column(T("Order id")),
    "state_word": Column(T("State")),
    "lines": Column(T("Lines"), "count"),
    "units": Column(T("Units"), "count"),
    "revenue": Column(T("Revenue"), "number"),
    "line_discounts": Column(T("Discounts on lines"), "number"),
    "order_discounts": Column(T("Discounts on orders"), "number"),
    "refunds": Column(T("Refunds"), "number"),
    "credit_notes": Column(T("Credit notes"), "number"),
    "net_sales": Column(T("Net sales"), "number"),
    "currency": Column(T("Currency")),
}
LINE_COLUMNS = {
    "line_no": Column(T("Line")),
    "sku": Column(T("SKU")),
    "name": Column(T("Product name")),
    "quantity": Column(T("Quantity"), "count"),
    "unit_price": Column(T("Unit price"), "number"),
    "discount": Column(T("Discount"), "number"),
    "amount": Column(T("Amount"), "number"),
    "refunded": Column(T("Refunds"), "number"),
    "state_word": Column(T("State")),
}
LINE_STATES: dict[str, Text] = {
    "counts": T("counts as sold"),
    "charge": T("a charge, not in revenue"),
    "cancelled": T("cancelled"),
}
_PART_CHOICE: dict[str, Text] = {"all": T("all that sales are made of"), **PARTS}
_AT_ONCE = 50
_QUERY_OF_LAST_RUN = "sales_orders_of"


def show(visit: Visit, reading: Reading) -> None:
    """The list under the page's filters, with one SKU and one part of the chain where they were chosen."""
    st.subheader(visit.say(T("The orders behind these numbers")))
    left, right = st.columns([3, 5], vertical_alignment="bottom")
    part = choice(visit, left, "part", _PART_CHOICE, T("Which orders"))
    with right:
        product_id = _only_sku(visit)
    query = OrderQuery(reading.chosen.period, reading.chosen.filters, product_id, "" if part == "all" else part)
    page = _page(query)
    with visit.database.reading() as connection:
        found = orders_page(connection, query, _AT_ONCE + 1, (page - 1) * _AT_ONCE)
        count = count_orders(connection, query)
    if found.empty:
        states.nothing_matches(visit)
        return
    shown = _worded(visit, found.head(_AT_ONCE))
    event = st.dataframe(
        shown, column_order=list(COLUMNS), column_config=configuration(visit, COLUMNS), hide_index=True, placeholder="–",
        height="content" if len(shown) <= 10 else 400, key=f"orders_{hash(query)}_{page}", on_select="rerun",
        selection_mode="single-row",
    )  # fmt: skip
    _turn(visit, page, len(found) > _AT_ONCE, count)
    _notes(visit, query, count)
    told = filters_told(visit, reading.chosen) | {visit.plain(T("Which orders")): visit.plain(_PART_CHOICE[part])}
    if product_id is not None:
        told[visit.say(T("SKU"))] = kept.word("sku")
    downloads(visit, lambda: _worded(visit, _all(visit, query)), COLUMNS, T("Orders"), told)
    chosen = event["selection"]["rows"]
    if chosen and chosen[0] < len(shown):
        _lines(visit, shown.iloc[chosen[0]])


def _all(visit: Visit, query: OrderQuery) -> pd.DataFrame:
    with visit.database.reading() as connection:
        return all_orders(connection, query)


def _only_sku(visit: Visit) -> int | None:
    """The product whose orders are shown, with the way out; None for all."""
    sku = kept.word("sku")
    kept.publish("sku", [sku] if sku else [])
    if not sku:
        return None
    with visit.database.reading() as connection:
        named = product_named(connection, sku)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            visit.say(T("Only {sku}", sku=sku)), icon=":material/close:", key="any_sku", on_click=kept.keep, args=("sku", []),
            help=visit.say(T("Show the orders of all SKUs again.")),
        )  # fmt: skip
        if named is not None and visit.actor.may(Permission.VIEW_STOCK):
            st.page_link(
                address("inventory"), label=visit.say(T("The story of {sku}", sku=sku)), icon=":material/timeline:",
                query_params={"view": "sku", "sku": sku},
            )  # fmt: skip
    return -1 if named is None else named[0]


def _page(query: OrderQuery) -> int:
    """The page of the list; another question begins at the first."""
    word = kept.word("page")
    page = int(word) if word.isdigit() and int(word) > 0 else 1
    before = st.session_state.get(_QUERY_OF_LAST_RUN)
    if before is not None and before != query:
        page = 1
    st.session_state[_QUERY_OF_LAST_RUN] = query
    kept.publish("page", [str(page)] if page > 1 else [])
    return page


def _turn(visit: Visit, page: int, more: bool, count: int | None) -> None:
    if page == 1 and not more:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            visit.say(T("Newer")), key="orders_newer", icon=":material/chevron_left:", disabled=page == 1, on_click=kept.keep,
            args=("page", [str(page - 1)]),
        )  # fmt: skip
        if count is None:
            st.markdown(visit.say(T("Page {page}", page=format_number(page, visit.language))))
        else:
            last = -(-count // _AT_ONCE)
            st.markdown(visit.say(T("Page {page} of {last}", page=format_number(page, visit.language),
                                    last=format_number(last, visit.language))))  # fmt: skip
        st.button(
            visit.say(T("Older")), key="orders_older", icon=":material/chevron_right:", disabled=not more, on_click=kept.keep,
            args=("page", [str(page + 1)]),
        )  # fmt: skip


def _notes(visit: Visit, query: OrderQuery, count: int | None) -> None:
    notes = [T("Choose an order to see its lines.")]
    if query.of_products:
        notes.append(T("Amounts are those of the chosen products alone, in the order’s own currency."))
    else:
        notes.append(T("Amounts are in the order’s own currency."))
    most = format_number(EXPORTED_AT_MOST, visit.language)
    if count is None:
        notes.append(T("The download has all of them, up to {most}, as many as a worksheet holds.", most=most))
    elif count > EXPORTED_AT_MOST:
        notes.append(
            T("The download has the newest {most} of {count}, as many as a worksheet holds.", most=most,
              count=format_number(count, visit.language))
        )  # fmt: skip
    else:
        notes.append(T("The download has all {count}.", count=format_number(count, visit.language)))
    st.caption(" ".join(visit.say(note) for note in notes))


def _worded(visit: Visit, orders: pd.DataFrame) -> pd.DataFrame:
    words = {name: visit.plain(text) for name, text in STATES.items()}
    told = orders["state"].where(orders["document"] == "order", "credit_note")
    return orders.assign(state_word=told.map(words), ds=pd.to_datetime(orders["ds"]).dt.date)


def _lines(visit: Visit, order: pd.Series) -> None:
    with visit.database.reading() as connection:
        lines = order_lines(connection, int(order["order_id"]))
    words = {name: visit.plain(text) for name, text in LINE_STATES.items()}
    with st.container(border=True):
        st.markdown(
            f"**{visit.say(T('Order {order}: its lines, in {currency}', order=order['external_id'], currency=order['currency']))}**"
        )
        shown = lines.assign(state_word=lines["state"].map(words), line_no=lines["line_no"] + 1)
        st.dataframe(
            shown, column_order=list(LINE_COLUMNS), column_config=configuration(visit, LINE_COLUMNS), hide_index=True,
            placeholder="–", height="content" if len(shown) <= 12 else 420, key=f"lines_of_{order['order_id']}",
        )  # fmt: skip
