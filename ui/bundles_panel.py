"""Bundles: what is packed into what, how many can be packed, what they cost; and the form that says so."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from erp_core.orders.bundles import dissolve_bundle, set_bundle
from erp_core.overview.products import Assortment, bundle_rows
from erp_core.security.permissions import Permission
from erp_core.text import T, format_money, format_number
from ui import acts, states
from ui.guard import Visit
from ui.literal import literal
from ui.products_table import assortment_of

_ROWS = 5


def show(visit: Visit) -> None:
    """The whole view."""
    with st.spinner(visit.say(T("Adding up …"))):
        found = assortment_of(visit)
    if found.rows.empty:
        states.no_data(
            visit, T("No products yet. Import your sales or a product list first; then say what is packed together.")
        )
        return
    st.caption(
        visit.say(
            T(
                "A bundle is sold as one and leaves the warehouse as its parts. Its parts are planned and bought; its stock is "
                "what can be packed; without a cost of its own it costs what its parts cost. Past orders follow."
            )
        )
    )
    with visit.database.reading() as connection:
        parts = bundle_rows(connection, found.rows)
    if visit.actor.may(Permission.EDIT_CATALOG):
        _form(visit, found, parts)
    if parts.empty:
        st.info(visit.say(T("There is no bundle yet.")), icon=":material/package_2:")
        return
    for bundle_id in parts["bundle_id"].unique().tolist():
        _one(visit, found, parts[parts["bundle_id"] == bundle_id])


def _one(visit: Visit, found: Assortment, parts: pd.DataFrame) -> None:
    row = found.rows[found.rows["product_id"] == parts["bundle_id"].iloc[0]].iloc[0]
    with st.container(border=True):
        name = "" if pd.isna(row["name"]) else f" · {literal(row['name'])}"
        st.markdown(f"**{literal(row['sku'])}**{name}")
        facts = [_packable(visit, parts)]
        if visit.actor.may(Permission.VIEW_COSTS):
            facts.append(_cost(visit, row))
        facts.append(visit.say(T("Sold in 365 days: {count}", count=format_number(int(row["units"]), visit.language))))
        st.caption(" · ".join(facts))
        st.dataframe(
            parts,
            hide_index=True,
            column_order=["part", "part_name", "units", "on_hand", "scarcest"],
            column_config={
                "part": visit.say(T("SKU")),
                "part_name": visit.say(T("Product name")),
                "units": visit.say(T("Units in one bundle")),
                "on_hand": st.column_config.NumberColumn(visit.say(T("In stock")), format="localized"),
                "scarcest": st.column_config.CheckboxColumn(
                    visit.say(T("Limits")), help=visit.say(T("This part runs out first when bundles are packed."))
                ),
            },
            placeholder="",
            key=f"parts_{row['product_id']}",
        )
        if visit.actor.may(Permission.EDIT_CATALOG):
            with st.popover(visit.say(T("Dissolve")), icon=":material/call_split:"):
                st.write(visit.say(T("It becomes a product of its own again; its past orders move it, not its parts.")))
                if st.button(visit.say(T("Dissolve this bundle")), type="primary", key=f"dissolve_{row['product_id']}"):
                    acts.perform(visit, lambda uow: dissolve_bundle(uow, int(row["product_id"])), T("Dissolved."))


def _packable(visit: Visit, parts: pd.DataFrame) -> str:
    count = parts["packable"].iloc[0]
    if pd.isna(count):
        lacking = parts[parts["on_hand"].isna()]["part"].tolist()
        return visit.say(T("Can be packed: unknown, count {skus} first", skus=", ".join(lacking)))
    return visit.say(T("Can be packed, place by place: {count}", count=format_number(int(count), visit.language)))


def _cost(visit: Visit, row: pd.Series) -> str:
    if pd.isna(row["unit_cost"]):
        return visit.say(T("Cost: unknown, a part has none or they are paid in several currencies"))
    money = format_money(float(row["unit_cost"]), str(row["cost_currency"]), visit.language)
    return visit.say(
        T("Cost: {money}, the sum of its parts", money=money)
        if row["cost_derived"]
        else T("Cost: {money}", money=money)
    )


def _form(visit: Visit, found: Assortment, parts: pd.DataFrame) -> None:
    goods = found.rows[~found.rows["is_charge"]]
    names = {
        int(i): sku if pd.isna(name) else f"{sku} · {name}"
        for i, sku, name in zip(goods["product_id"], goods["sku"], goods["name"], strict=True)
    }
    choices = {label: product_id for product_id, label in names.items()}
    with st.expander(visit.say(T("Pack a bundle")), icon=":material/add:", expanded=parts.empty):
        parent = st.selectbox(
            visit.say(T("Product that is sold as a bundle")), list(names), index=None,
            format_func=lambda number: names[number], placeholder=visit.say(T("Choose a product")),
            key=f"bundle_parent_{acts.token('bundle')}",
            help=visit.say(T("It must be among your products: create it first where it has not sold yet.")),
        )  # fmt: skip
        if parent is None:
            return
        held = parts[parts["bundle_id"] == parent]
        by_sku = {label.split(" · ")[0]: label for label in choices}
        rows = [
            {"part": by_sku.get(sku), "units": int(units)}
            for sku, units in zip(held["part"], held["units"], strict=True)
        ]
        start = pd.DataFrame(rows or [{"part": None, "units": 1}] * _ROWS)
        with st.form("bundle", border=False):
            edited = st.data_editor(
                start.astype({"units": "Int64"}),
                hide_index=True,
                num_rows="dynamic",
                column_config={
                    "part": st.column_config.SelectboxColumn(
                        visit.say(T("Packed into it")), options=[c for c, i in choices.items() if i != parent], width="large"
                    ),
                    "units": st.column_config.NumberColumn(visit.say(T("Units in one bundle")), min_value=1, step=1),
                },
                placeholder="", key=f"bundle_parts_{parent}_{acts.token('bundle')}",
            )  # fmt: skip
            if st.form_submit_button(visit.say(T("Save bundle")), type="primary", icon=":material/package_2:"):
                _save(visit, int(parent), _components(edited, choices))


def _components(edited: pd.DataFrame, choices: dict[str, int]) -> dict[int, int]:
    """Product → units; rows without a product are passed over, a product named twice adds up."""
    components: dict[int, int] = {}
    for label, units in zip(edited["part"], edited["units"], strict=True):
        if pd.notna(label) and str(label) in choices:
            part = choices[str(label)]
            components[part] = components.get(part, 0) + (1 if pd.isna(units) else int(units))
    return components


def _save(visit: Visit, parent: int, components: dict[int, int]) -> None:
    def save(uow: Any) -> None:
        set_bundle(uow, parent, components)
        acts.renew("bundle")

    acts.perform(visit, save, T("The bundle is packed; past orders follow."))
