"""One product: its fields and barcodes, its costs over time, suppliers' items, the SKUs of shops, what is packed into it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from erp_core.catalog.editing import CostEntry
from erp_core.catalog.views import aliases, archived_products, barcodes, cost_history
from erp_core.clock import today
from erp_core.money import currencies
from erp_core.orders.products import (
    archive_product,
    edit_products,
    remove_cost,
    restore_product,
    set_charge,
)
from erp_core.orders.views import channels
from erp_core.overview.products import Assortment, bundle_rows
from erp_core.overview.units import LARGEST_FACTOR, Unit, change_unit
from erp_core.purchasing.service import SupplierTerms, remove_supplier_item, set_supplier_item
from erp_core.purchasing.views import supplier_items
from erp_core.security.permissions import Permission
from erp_core.text import T, Text, format_date, format_money, format_number
from ui import acts, charts
from ui.guard import Visit
from ui.literal import literal

SOURCES: dict[str, Text] = {
    "products": T("product list"),
    "stock": T("stock list"),
    "supplier": T("supplier list"),
    "manual": T("by hand"),
    "bundle": T("sum of its parts"),
}


def show(visit: Visit, found: Assortment) -> None:
    """The card of the product in the URL; nothing without one."""
    sku = st.query_params.get("sku")
    if not sku:
        return
    held = found.rows[found.rows["sku"] == sku]
    if held.empty:
        st.info(visit.say(T("There is no product “{sku}”.", sku=sku)), icon=":material/search_off:")
        return
    row = held.iloc[0]
    with st.container(border=True):
        title, close = st.columns([8, 1], vertical_alignment="center")
        name = "" if pd.isna(row["name"]) else str(row["name"])
        title.subheader(literal(f"{sku} · {name}" if name else sku))
        if close.button(visit.say(T("Close")), icon=":material/close:", key="card_close"):
            st.query_params.pop("sku", None)
            st.rerun()
        _facts(visit, row, found.currency)
        parts = {"fields": T("Product"), "suppliers": T("Suppliers"), "shops": T("SKUs of shops")}
        if visit.actor.may(Permission.VIEW_COSTS):
            parts = {"fields": parts.pop("fields"), "costs": T("Costs"), **parts}
        if row["is_bundle"]:
            parts["bundle"] = T("Packed into it")
        tabs = st.tabs([visit.say(text) for text in parts.values()])
        shows = {
            "fields": _fields, "costs": _costs, "suppliers": _suppliers, "shops": _shops, "bundle": _bundle,
        }  # fmt: skip
        for tab, part in zip(tabs, parts, strict=True):
            with tab:
                shows[part](visit, row, found)


def _facts(visit: Visit, row: pd.Series, currency: str) -> None:
    def count(value: Any) -> str:
        return "–" if pd.isna(value) else format_number(int(value), visit.language)

    facts = [visit.say(T("In stock: {count}", count=count(row["on_hand"])))]
    if row["is_bundle"]:
        facts = [visit.say(T("Can be packed: {count}", count=count(row["on_hand"])))]
    facts.append(visit.say(T("Sold in 365 days: {count}", count=count(row["units"]))))
    if pd.notna(row["revenue"]):
        money = format_money(float(row["revenue"]), currency, visit.language, compact=True)
        facts.append(visit.say(T("Revenue: {money}", money=money)))
    if pd.notna(row["last_sale"]):
        day = format_date(row["last_sale"].date(), visit.language)
        facts.append(visit.say(T("Last sale: {day}", day=day)))
    st.caption(" · ".join(facts))
    if row["unit_factor"] > 1:
        told = T("Counted in {small}: 1 {unit} = {factor} {small}. Stock, sales and costs here are per {small}.",
                 small=_word(row["stock_unit"]), unit=_word(row["unit"]), factor=int(row["unit_factor"]))  # fmt: skip
        st.caption(visit.say(told))


def _word(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def _fields(visit: Visit, row: pd.Series, _found: Assortment) -> None:
    product_id = int(row["product_id"])
    with visit.database.reading() as connection:
        codes = barcodes(connection)
    further = codes[(codes["product_id"] == product_id) & ~codes["main"]]["barcode"].tolist()
    locked = not visit.actor.may(Permission.EDIT_CATALOG)
    with st.form(f"card_{product_id}_{acts.token('card')}", border=False):
        one, two, three = st.columns([4, 2, 1])
        name = one.text_input(visit.say(T("Product name")), _word(row["name"]), disabled=locked)
        category = two.text_input(visit.say(T("Category")), _word(row["category"]), disabled=locked)
        unit = three.text_input(visit.say(T("Unit")), _word(row["unit"]), disabled=locked)
        one, two, three = st.columns([2, 3, 2])
        barcode = one.text_input(visit.say(T("Barcode")), _word(row["barcode"]), disabled=locked)
        others = two.text_input(
            visit.say(T("Further barcodes")), ", ".join(further), disabled=locked,
            help=visit.say(T("Separated by commas. A barcode belongs to one product.")),
        )  # fmt: skip
        weight = three.number_input(
            visit.say(T("Weight in grams")), 0, value=None if pd.isna(row["weight_grams"]) else int(row["weight_grams"]),
            step=1, disabled=locked,
        )  # fmt: skip
        if st.form_submit_button(visit.say(T("Save")), icon=":material/save:", type="primary", disabled=locked):
            fields = {
                "name": name, "category": category, "unit": unit, "barcode": barcode, "weight_grams": weight,
                "barcodes": tuple(re.split(r"[,，;；\s]+", others.strip())) if others.strip() else (),
            }  # fmt: skip
            acts.perform(visit, lambda uow: edit_products(uow, {product_id: fields}))
    if locked:
        return
    left, middle, right = st.columns(3)
    with middle.popover(visit.say(T("Counted in a smaller unit")), icon=":material/straighten:"):
        _counted_in(visit, row)
    if row["is_charge"]:
        left.caption(visit.say(T("A charge: it neither moves stock nor counts as goods.")))
        if left.button(visit.say(T("It is goods, not a charge")), key="card_goods", icon=":material/inventory_2:"):
            acts.perform(visit, lambda uow: set_charge(uow, product_id, False))
    else:
        with left.popover(visit.say(T("It is a charge")), icon=":material/receipt:"):
            st.write(
                visit.say(T("Charges, such as postage, neither move stock nor count as goods, in past orders too."))
            )
            if st.button(visit.say(T("Mark as a charge")), key="card_charge", type="primary"):
                acts.perform(visit, lambda uow: set_charge(uow, product_id, True))
    with right.popover(visit.say(T("Archive")), icon=":material/archive:"):
        st.write(visit.say(T("Lays the product aside. Possible while no order, count or bundle rests on it.")))
        if st.button(visit.say(T("Archive this product")), key="card_archive", type="primary"):

            def archive(uow: Any) -> None:
                archive_product(uow, product_id)
                st.query_params.pop("sku", None)

            acts.perform(visit, archive, T("Archived."))


def _counted_in(visit: Visit, row: pd.Series) -> None:
    """Sold by the kilogram, counted by the gram: what is stored is said anew in the unit that is chosen."""
    product_id, factor = int(row["product_id"]), int(row["unit_factor"])
    st.write(
        visit.say(
            T(
                "For what is sold in parts of a unit, such as 0.5 kg: count it in a smaller one. Stock, sales and costs are said anew in it."
            )
        )
    )
    with st.form(f"unit_{product_id}", border=False):
        sold = st.text_input(visit.say(T("Sold in")), _word(row["unit"]))
        small = st.text_input(visit.say(T("Counted in")), _word(row["stock_unit"]))
        many = st.number_input(visit.say(T("One of the first is so many of the second")), 1, LARGEST_FACTOR, factor)
        if st.form_submit_button(visit.say(T("Save")), icon=":material/save:", type="primary"):
            acts.perform(visit, lambda uow: change_unit(uow, product_id, Unit(sold, small, int(many))))


def _costs(visit: Visit, row: pd.Series, _found: Assortment) -> None:
    product_id = int(row["product_id"])
    now = today(visit.clock, visit.company.time_zone)
    with visit.database.reading() as connection:
        history = cost_history(connection, product_id)
    if history.empty:
        st.info(visit.say(T("No cost yet: margin, stock value and turnover leave this product out.")))
    else:
        _cost_chart(visit, str(row["sku"]), history)
    if not visit.actor.may(Permission.EDIT_CATALOG):
        return
    known = sorted(currencies())
    usual = str(history["currency"].iloc[0]) if len(history) else visit.company.base_currency
    with st.form(f"cost_{product_id}_{acts.token('cost')}", border=False):
        one, two, three, four = st.columns([2, 2, 2, 2], vertical_alignment="bottom")
        since = one.date_input(visit.say(T("Holds from")), now)
        amount = two.number_input(visit.say(T("Unit cost")), 0.0, value=None, step=0.01, format="%.4f")
        currency = three.selectbox(visit.say(T("Currency")), known, index=known.index(usual))
        if four.form_submit_button(visit.say(T("Add cost")), icon=":material/add:", type="primary"):
            if amount is None:
                st.error(visit.say(T("Write what one unit costs, such as 12.50.")))
                return
            entry = CostEntry(product_id, since, currency, Decimal(str(amount)))

            def add(uow: Any) -> None:
                edit_products(uow, {}, [entry])
                acts.renew("cost")

            acts.perform(visit, add)
    mine = history[history["by_hand"]]
    if len(mine):
        one, two = st.columns([4, 2], vertical_alignment="bottom")
        named = {
            int(
                cost_id
            ): f"{format_date(day.date(), visit.language)} · {format_money(cost, currency, visit.language, decimals=4)}"
            for cost_id, day, currency, cost in zip(
                mine["cost_id"], mine["valid_from"], mine["currency"], mine["unit_cost"], strict=True
            )
        }
        wrong = one.selectbox(
            visit.say(T("Entered by mistake")), list(named), format_func=lambda cost_id: named[cost_id], index=None,
            placeholder=visit.say(T("Choose a cost")), key=f"wrong_cost_{product_id}",
        )  # fmt: skip
        if two.button(visit.say(T("Take this cost back")), icon=":material/undo:", disabled=wrong is None):
            acts.perform(visit, lambda uow: remove_cost(uow, int(wrong)))


def _cost_chart(visit: Visit, sku: str, history: pd.DataFrame) -> None:
    paint = charts.colours()
    rising = history.iloc[::-1]
    figure = go.Figure()
    now = pd.Timestamp(today(visit.clock, visit.company.time_zone))
    for currency in rising["currency"].unique():
        steps = rising[rising["currency"] == currency]
        days, values = steps["valid_from"].tolist(), steps["unit_cost"].tolist()
        if days[-1] < now:  # the last one still holds
            days, values = [*days, now], [*values, values[-1]]
        figure.add_scatter(
            x=days, y=values, name=currency, mode="lines+markers", line={"shape": "hv", "color": paint["main"]},
        )  # fmt: skip
    last = rising.iloc[-1]
    title = visit.plain(
        T("Unit cost of {sku}: {money} since {day}", sku=sku,
          money=format_money(float(last["unit_cost"]), str(last["currency"]), visit.language, decimals=2),
          day=format_date(last["valid_from"].date(), visit.language))
    )  # fmt: skip
    figure = charts.dressed(figure, title)
    figure.update_layout(height=240)
    figure.update_yaxes(rangemode="tozero")
    table = history.assign(source=history["source"].map({name: visit.plain(text) for name, text in SOURCES.items()}))
    table = table[["valid_from", "unit_cost", "currency", "source"]]
    table.columns = [visit.plain(text) for text in (T("Holds from"), T("Unit cost"), T("Currency"), T("Source"))]
    charts.show(visit, figure, table, f"costs_{sku}", title)


def _suppliers(visit: Visit, row: pd.Series, _found: Assortment) -> None:
    product_id = int(row["product_id"])
    costs = visit.actor.may(Permission.VIEW_COSTS)
    with visit.database.reading() as connection:
        items = supplier_items(connection)
    names = sorted(items["supplier"].unique())
    items = items[items["product_id"] == product_id]
    if items.empty:
        st.info(visit.say(T("No supplier yet: lead time, minimum and pack are the company’s defaults.")))
    else:
        number = st.column_config.NumberColumn
        st.dataframe(
            items,
            hide_index=True,
            column_order=[
                "supplier", "supplier_sku", *(("unit_price", "currency") if costs else ()), "lead_time_days", "moq", "pack",
                "preferred",
            ],
            column_config={
                "supplier": visit.say(T("Supplier")),
                "supplier_sku": visit.say(T("Supplier’s SKU")),
                "unit_price": number(visit.say(T("Purchase price")), format="%.4f"),
                "currency": visit.say(T("Currency")),
                "lead_time_days": number(visit.say(T("Lead time in days"))),
                "moq": number(visit.say(T("Minimum order quantity"))),
                "pack": number(visit.say(T("Pack size"))),
                "preferred": st.column_config.CheckboxColumn(
                    visit.say(T("Bought from")), help=visit.say(T("The cheapest; of equals the quickest."))
                ),
            },
        )  # fmt: skip
    if visit.actor.may(Permission.EDIT_CATALOG) and costs:
        _supplier_form(visit, product_id, names)
        if len(items):
            _supplier_removal(visit, items)


def _supplier_form(visit: Visit, product_id: int, names: list[str]) -> None:
    known = ["", *sorted(currencies())]
    with st.form(f"item_{product_id}_{acts.token('item')}", border=False):
        one, two, three, four = st.columns([3, 2, 2, 2])
        supplier = one.selectbox(
            visit.say(T("Supplier")), names, index=None, accept_new_options=True,
            placeholder=visit.say(T("Choose one, or type a new name")),
        )  # fmt: skip
        code = two.text_input(visit.say(T("Supplier’s SKU")))
        price = three.number_input(visit.say(T("Purchase price")), 0.0, value=None, step=0.01, format="%.4f")
        currency = four.selectbox(visit.say(T("Currency")), known, index=known.index(visit.company.base_currency))
        one, two, three, four = st.columns([3, 2, 2, 2], vertical_alignment="bottom")
        lead = one.number_input(visit.say(T("Lead time in days")), 0, value=None, step=1)
        moq = two.number_input(visit.say(T("Minimum order quantity")), 1, value=None, step=1)
        pack = three.number_input(visit.say(T("Pack size")), 1, value=None, step=1)
        if four.form_submit_button(visit.say(T("Save supplier’s item")), icon=":material/save:", type="primary"):
            amount = None if price is None else Decimal(str(price))
            terms = SupplierTerms(
                supplier or "", product_id, code, currency if amount is not None else None, amount, lead, moq, pack
            )

            def save(uow: Any) -> None:
                set_supplier_item(uow, terms)
                acts.renew("item")

            acts.perform(visit, save)


def _supplier_removal(visit: Visit, items: pd.DataFrame) -> None:
    one, two = st.columns([4, 2], vertical_alignment="bottom")
    named = dict(zip(items["item_id"].astype(int), items["supplier"], strict=True))
    gone = one.selectbox(
        visit.say(T("No longer bought from")), list(named), format_func=lambda item_id: named[item_id], index=None,
        placeholder=visit.say(T("Choose a supplier")), key="gone_supplier",
    )  # fmt: skip
    if two.button(visit.say(T("Remove supplier’s item")), icon=":material/delete:", disabled=gone is None):
        acts.perform(visit, lambda uow: remove_supplier_item(uow, int(gone)))


def _shops(visit: Visit, row: pd.Series, _found: Assortment) -> None:
    with visit.database.reading() as connection:
        mapped, shops = aliases(connection), dict(channels(connection))
    mapped = mapped[mapped["product_id"] == int(row["product_id"])]
    if mapped.empty:
        st.info(visit.say(T("Every shop sells it under its own SKU.")))
        return
    everywhere = visit.say(T("All shops"))
    st.dataframe(
        mapped.assign(shop=[shops.get(int(number), everywhere) for number in mapped["channel_id"]]),
        hide_index=True,
        column_order=["external_sku", "shop", "actor"],
        column_config={
            "external_sku": visit.say(T("SKU in the shop")),
            "shop": visit.say(T("Shop")),
            "actor": visit.say(T("Mapped by")),
        },
    )


def _bundle(visit: Visit, row: pd.Series, found: Assortment) -> None:
    with visit.database.reading() as connection:
        parts = bundle_rows(connection, found.rows)
    parts = parts[parts["bundle_id"] == int(row["product_id"])]
    st.dataframe(
        parts,
        hide_index=True,
        column_order=["part", "part_name", "units", "on_hand"],
        column_config={
            "part": visit.say(T("SKU")),
            "part_name": visit.say(T("Product name")),
            "units": visit.say(T("Units in one bundle")),
            "on_hand": visit.say(T("In stock")),
        },
    )


def archived(visit: Visit) -> None:
    """Products that were laid aside, with the way back; nothing without any."""
    with visit.database.reading() as connection:
        frame = archived_products(connection)
    if frame.empty:
        return
    count = format_number(len(frame), visit.language)
    with st.expander(visit.say(T("Archived products ({count})", count=count)), icon=":material/archive:"):
        names = {
            int(i): sku if pd.isna(name) else f"{sku} · {name}"
            for i, sku, name in zip(frame["product_id"], frame["sku"], frame["name"], strict=True)
        }
        one, two = st.columns([4, 2], vertical_alignment="bottom")
        back = one.selectbox(
            visit.say(T("Product")), list(names), format_func=lambda number: names[number], key="archived_product"
        )
        if two.button(visit.say(T("Bring back")), icon=":material/unarchive:"):
            acts.perform(visit, lambda uow: restore_product(uow, int(back)))
