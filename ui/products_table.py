"""The products: what is known and missing, the table to look through and to edit, the workbook out and in."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from erp_core.calendar import Period
from erp_core.catalog.editing import CostEntry
from erp_core.clock import today
from erp_core.imports.round_trip import COLUMNS, COST_COLUMNS, product_list
from erp_core.money import currencies
from erp_core.orders.products import create_product, edit_products
from erp_core.orders.views import revision
from erp_core.overview.products import Assortment, ProductFilter, assortment, matching
from erp_core.planning.views import planning_day
from erp_core.security.permissions import Permission
from erp_core.text import T, Text, format_number, format_share
from ui import acts, product_card, product_upload, states
from ui.filters import choice
from ui.guard import Visit
from ui.tables import Column, configuration, downloads

SHOW: dict[str, Text] = {
    "all": T("All products"),
    "uncosted": T("Without cost"),
    "no_barcode": T("Without barcode"),
    "sold_only": T("From sales only"),
    "bundles": T("Bundles"),
    "charges": T("Charges"),
}
LOOK: dict[str, Column] = {
    "sku": Column(T("SKU")),
    "name": Column(T("Product name")),
    "category": Column(T("Category")),
    "unit_cost": Column(
        T("Unit cost"), "number", T("The cost in force; of a bundle without its own, the sum of its parts")
    ),
    "cost_currency": Column(T("Currency")),
    "on_hand": Column(
        T("In stock"), "count", T("Over all places; of a bundle, how many can be packed. Empty: not counted")
    ),
    "units": Column(T("Sold"), "count", T("Units of the last 365 days")),
    "revenue": Column(T("Revenue"), "money", T("Of the last 365 days, as sold")),
    "last_sale": Column(T("Last sale"), "day"),
    "barcode": Column(T("Barcode")),
    "unit": Column(T("Unit")),
    "suppliers": Column(T("Suppliers"), "count"),
}
_OF_COSTS = ("unit_cost", "cost_currency")
_EDITED = ("name", "category", "unit", "barcode")
_EDITED_AT_ONCE = 500
_DAYS = 365


@st.cache_resource(max_entries=4, show_spinner=False)
def _assortment(_visit: Visit, key: str, period: Period, on: dt.date) -> Assortment:
    with _visit.database.reading() as connection:
        return assortment(connection, _visit.company, period, on)


def assortment_of(visit: Visit) -> Assortment:
    """Every product with the last 365 days that have data, cached by what is stored."""
    now = today(visit.clock, visit.company.time_zone)
    with visit.database.reading() as connection:
        key = f"{visit.settings.database_url}:{revision(connection)}"
        end = max(planning_day(connection, now) - dt.timedelta(days=1), dt.date.min + dt.timedelta(days=_DAYS))
    return _assortment(visit, key, Period(end - dt.timedelta(days=_DAYS - 1), end), now)


@st.cache_data(max_entries=4, show_spinner=False)
def _list(_visit: Visit, key: str, on: dt.date) -> pd.DataFrame:
    with _visit.database.reading() as connection:
        return product_list(connection, on)


def show(visit: Visit) -> None:
    """The whole view."""
    with st.spinner(visit.say(T("Adding up …"))):
        found = assortment_of(visit)
    if found.rows.empty:
        states.no_data(
            visit, T("No products yet. They come with your sales, or from a product list; or enter the first one here.")
        )
        _create(visit)
        return
    _numbers(visit, found)
    wanted = _filters(visit, found)
    rows = matching(found.rows, wanted)
    if rows.empty:
        states.nothing_matches(visit)
    elif st.session_state.get("products_edit") and visit.actor.may(Permission.EDIT_CATALOG):
        _editor(visit, rows)
    else:
        _table(visit, rows, found.currency, wanted)
    product_card.show(visit, found)
    _downloads(visit, rows, wanted)
    if visit.actor.may(Permission.EDIT_CATALOG):
        _create(visit)
        product_upload.show(visit)
        product_card.archived(visit)


def _numbers(visit: Visit, found: Assortment) -> None:
    counts = found.summary

    def number(value: int) -> str:
        return format_number(value, visit.language)

    cells: list[tuple[Text, str, str]] = [(T("Products"), number(counts.products), "")]
    if visit.actor.may(Permission.VIEW_COSTS):
        share = counts.uncosted_share
        told = "" if share is None else visit.say(T("{share} of revenue", share=format_share(share, visit.language)))
        cells += [(T("With cost"), number(counts.costed), ""), (T("Without cost"), number(counts.uncosted), told)]
    cells += [
        (T("Without barcode"), number(counts.no_barcode), ""),
        (T("Bundles"), number(counts.bundles), ""),
        (T("From sales only"), number(counts.sold_only), ""),
    ]
    for column, (label, value, note) in zip(st.columns(len(cells)), cells, strict=True):
        column.metric(visit.say(label), value, border=True)
        if note:
            column.caption(note)


def _filters(visit: Visit, found: Assortment) -> ProductFilter:
    left, middle, right, last = st.columns([3, 3, 2, 1.4], vertical_alignment="bottom")
    search = left.text_input(
        visit.say(T("Search")), key="q", bind="query-params", icon=":material/search:",
        placeholder=visit.say(T("SKU, name or barcode")),
    )  # fmt: skip
    kinds = sorted(found.rows["category"].dropna().unique())
    chosen = middle.multiselect(
        visit.say(T("Category")), kinds, key="category", bind="query-params", placeholder=visit.say(T("All")),
    )  # fmt: skip
    shown = choice(visit, right, "show", SHOW, T("Show"))
    if visit.actor.may(Permission.EDIT_CATALOG):
        last.toggle(visit.say(T("Edit")), key="products_edit")
    return ProductFilter(search or "", tuple(chosen), shown)


def _shown(visit: Visit) -> dict[str, Column]:
    costs = visit.actor.may(Permission.VIEW_COSTS)
    return {name: column for name, column in LOOK.items() if costs or name not in _OF_COSTS}


def _table(visit: Visit, rows: pd.DataFrame, currency: str, wanted: ProductFilter) -> None:
    columns = _shown(visit)
    picked = st.dataframe(
        rows,
        hide_index=True,
        column_order=list(columns),
        column_config=configuration(visit, columns),
        on_select="rerun",
        selection_mode="single-row",
        placeholder="",
        key=f"products_{hash(wanted)}",
    )["selection"]["rows"]
    count = format_number(len(rows), visit.language)
    told = T("{count} products · revenue in {currency}", count=count, currency=currency)
    if rows["revenue"].isna().any():
        told = T("{count} products · no revenue, an exchange rate is missing (Settings)", count=count)
    st.caption(f"{visit.say(told)} · {visit.say(T('Choose a row to open a product.'))}")
    sku = str(rows["sku"].iloc[picked[0]]) if picked and picked[0] < len(rows) else None
    if sku is not None and sku != st.session_state.get("product_picked"):
        st.query_params["sku"] = sku
    st.session_state["product_picked"] = sku


def _editor(visit: Visit, rows: pd.DataFrame) -> None:
    """Cells to change and one button; costs count from a chosen day on."""
    costs = visit.actor.may(Permission.VIEW_COSTS)
    shown = rows.head(_EDITED_AT_ONCE)
    shown = shown.assign(
        unit_cost=shown["unit_cost"].mask(shown["cost_derived"]),
        cost_currency=shown["cost_currency"].fillna(visit.company.base_currency),
    )
    if len(rows) > _EDITED_AT_ONCE:
        st.caption(visit.say(T("The first {count} rows; search or filter for the others.", count=_EDITED_AT_ONCE)))
    order = ["sku", *_EDITED, *(_OF_COSTS if costs else ())]
    config = configuration(visit, {name: LOOK[name] for name in order})
    if costs:
        number, choice = st.column_config.NumberColumn, st.column_config.SelectboxColumn
        config["unit_cost"] = number(visit.say(T("Unit cost")), min_value=0.0, format="%.4f")
        config["cost_currency"] = choice(visit.say(T("Currency")), options=sorted(currencies()), required=True)
    with st.form("products_editor", border=False):
        edited = st.data_editor(
            shown[order], hide_index=True, column_order=order, column_config=config, disabled=["sku"], placeholder="",
            key=f"editor_{acts.token('products_editor')}",
        )  # fmt: skip
        left, right = st.columns([2, 4], vertical_alignment="bottom")
        now = today(visit.clock, visit.company.time_zone)
        since = left.date_input(visit.say(T("Costs hold from")), now, max_value=now) if costs else now
        if right.form_submit_button(visit.say(T("Save changes")), type="primary", icon=":material/save:"):
            changes, entries = _changes(shown, edited, since, costs=costs)
            if not changes and not entries:
                st.info(visit.say(T("Nothing was changed.")))
                return

            def save(uow: Any) -> None:
                edit_products(uow, changes, entries)
                acts.renew("products_editor")

            acts.perform(visit, save)


def _changes(
    before: pd.DataFrame, after: pd.DataFrame, since: dt.date, *, costs: bool
) -> tuple[dict[int, dict[str, Any]], list[CostEntry]]:
    """The cells that differ: fields by product, and costs."""
    changes: dict[int, dict[str, Any]] = {}
    entries: list[CostEntry] = []
    for old, new in zip(before.to_dict("records"), after.to_dict("records"), strict=True):
        said = {name: new[name] for name in _EDITED if _differs(old[name], new[name])}
        if said:
            changes[int(old["product_id"])] = said
        if not costs or pd.isna(new["unit_cost"]):
            continue
        if _differs(old["unit_cost"], new["unit_cost"]) or _differs(old["cost_currency"], new["cost_currency"]):
            amount = Decimal(str(new["unit_cost"]))
            entries.append(CostEntry(int(old["product_id"]), since, str(new["cost_currency"]), amount))
    return changes, entries


def _differs(old: Any, new: Any) -> bool:
    return bool(old != new) and not (pd.isna(old) and pd.isna(new))


def _downloads(visit: Visit, rows: pd.DataFrame, wanted: ProductFilter) -> None:
    """The rows under the headers that the importer knows, so that a changed file comes back as it went."""
    now = today(visit.clock, visit.company.time_zone)
    with visit.database.reading() as connection:
        key = f"{visit.settings.database_url}:{revision(connection)}"
    table = _list(visit, key, now)
    table = table[table["product_id"].isin(rows["product_id"])]
    costs = visit.actor.may(Permission.VIEW_COSTS)
    columns = {name: Column(title) for name, title in COLUMNS.items() if costs or name not in COST_COLUMNS}
    filters = {visit.plain(T("Show")): visit.plain(SHOW[wanted.show])}
    if wanted.search:
        filters[visit.say(T("Search"))] = wanted.search
    if wanted.categories:
        filters[visit.say(T("Category"))] = ", ".join(wanted.categories)
    downloads(visit, table, columns, T("Products"), filters)


def _create(visit: Visit) -> None:
    if not visit.actor.may(Permission.EDIT_CATALOG):
        return
    known = sorted(currencies())
    with (
        st.expander(visit.say(T("New product")), icon=":material/add:"),
        st.form(f"new_product_{acts.token('new_product')}", border=False),
    ):
        one, two, three = st.columns([2, 4, 2])
        sku = one.text_input(visit.say(T("SKU")))
        name = two.text_input(visit.say(T("Product name")))
        category = three.text_input(visit.say(T("Category")))
        one, two, three, four, five = st.columns([2, 1, 1, 2, 2])
        barcode = one.text_input(visit.say(T("Barcode")))
        unit = two.text_input(visit.say(T("Unit")))
        weight = three.number_input(visit.say(T("Weight in grams")), 0, value=None, step=1)
        cost = currency = None
        if visit.actor.may(Permission.VIEW_COSTS):
            cost = four.number_input(visit.say(T("Unit cost")), 0.0, value=None, step=0.01, format="%.4f")
            currency = five.selectbox(visit.say(T("Currency")), known, index=known.index(visit.company.base_currency))
        if st.form_submit_button(visit.say(T("Create product")), type="primary", icon=":material/add:"):
            now = today(visit.clock, visit.company.time_zone)
            entry = None if cost is None else CostEntry(0, now, str(currency), Decimal(str(cost)))
            fields = {
                "name": name, "category": category, "barcode": barcode, "unit": unit, "weight_grams": weight,
            }  # fmt: skip

            def create(uow: Any) -> None:
                create_product(uow, sku, fields, entry)
                acts.renew("new_product")
                st.query_params["sku"] = sku.strip()

            acts.perform(visit, create, T("The product “{sku}” is there.", sku=sku.strip()))
