"""Under which SKUs the shops sell our products: what is probably the same, what was decided, and the way back."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from erp_core.catalog.editing import SkuMapping
from erp_core.catalog.views import EVERY_SHOP, aliases
from erp_core.db.uow import unit_of_work
from erp_core.orders.mapping import map_skus, unmap_sku
from erp_core.orders.views import channels, revision
from erp_core.overview.products import Assortment, mapping_proposals
from erp_core.security.permissions import Permission
from erp_core.text import T, Text, format_number
from ui import acts, states
from ui.guard import Visit
from ui.products_table import assortment_of

_SHOWN = 300


@st.cache_data(max_entries=4, show_spinner=False)
def _proposals(_visit: Visit, key: str, _found: Assortment) -> pd.DataFrame:
    with _visit.database.reading() as connection:
        return mapping_proposals(connection, _found.rows)


def show(visit: Visit) -> None:
    """The whole view."""
    with st.spinner(visit.say(T("Adding up …"))):
        found = assortment_of(visit)
    if found.rows.empty:
        states.no_data(
            visit, T("No products yet. Import your sales and your product list, and what belongs together stands here.")
        )
        return
    with visit.database.reading() as connection:
        held, shops = aliases(connection), dict(channels(connection))
        key = f"{visit.settings.database_url}:{revision(connection)}"
    st.caption(
        visit.say(
            T(
                "A shop may sell your product under a number of its own. Mapped, its orders move your stock and count as "
                "your product, past ones too. Nothing is mapped by itself."
            )
        )
    )
    with st.spinner(visit.say(T("Comparing names …"))):
        proposals = _proposals(visit, key, found)
    _numbers(visit, found, held, proposals)
    _offer(visit, found, proposals, shops)
    if visit.actor.may(Permission.EDIT_CATALOG):
        _by_hand(visit, found, shops)
    _standing(visit, held, shops)


def _numbers(visit: Visit, found: Assortment, held: pd.DataFrame, proposals: pd.DataFrame) -> None:
    cells = (
        (T("From sales only"), found.summary.sold_only),
        (T("With a proposal"), proposals["external_id"].nunique()),
        (T("Mapped"), len(held)),
    )
    for column, (label, value) in zip(st.columns(len(cells)), cells, strict=True):
        column.metric(visit.say(label), format_number(int(value), visit.language), border=True)


def _offer(visit: Visit, found: Assortment, proposals: pd.DataFrame, shops: dict[int, str]) -> None:
    st.subheader(visit.say(T("Probably the same")))
    if proposals.empty:
        if not found.summary.sold_only:
            st.success(visit.say(T("Every product that sells is one of yours.")), icon=":material/check:")
        else:
            st.info(
                visit.say(
                    T(
                        "No SKU of a shop is like one of your products. Your own products are those with a cost, a count, "
                        "a supplier, a barcode or a category: import your product list."
                    )
                ),
                icon=":material/info:",
            )
        return
    first = proposals.drop_duplicates("external_id").head(_SHOWN).reset_index(drop=True)
    table = first.assign(
        accept=False,
        score=(first["score"] / 100).round(2),
        why=[" ".join(visit.plain(text) for text in reasons) for reasons in first["evidence"]],
    ).drop(columns="evidence")  # texts in no language yet: a table cannot hold them
    may = visit.actor.may(Permission.EDIT_CATALOG)
    with st.form("proposals", border=False):
        edited = st.data_editor(
            table,
            hide_index=True,
            disabled=[name for name in table.columns if name != "accept"] if may else True,
            column_order=[
                *(["accept"] if may else []), "external_sku", "external_name", "own_sku", "own_name", "score", "why", "units",
            ],
            column_config={
                "accept": st.column_config.CheckboxColumn(visit.say(T("The same")), width="small"),
                "external_sku": visit.say(T("SKU in the shop")),
                "external_name": visit.say(T("Name in the shop")),
                "own_sku": visit.say(T("My SKU")),
                "own_name": visit.say(T("My name")),
                "score": st.column_config.ProgressColumn(
                    visit.say(T("Alike")), format="percent", min_value=0, max_value=1, width="small"
                ),
                "why": st.column_config.TextColumn(visit.say(T("Why")), width="large"),
                "units": st.column_config.NumberColumn(visit.say(T("Sold")), format="localized", width="small"),
            },
            key=f"proposals_{acts.token('proposals')}",
        )  # fmt: skip
        if not may:
            st.form_submit_button(visit.say(T("Map the chosen ones")), disabled=True)
            return
        left, right = st.columns([2, 4], vertical_alignment="bottom")
        shop = _shop(visit, left, shops, "proposals_shop")
        if right.form_submit_button(visit.say(T("Map the chosen ones")), type="primary", icon=":material/link:"):
            chosen = edited[edited["accept"].astype(bool)]
            if chosen.empty:
                st.info(visit.say(T("Tick the rows that are the same product first.")))
                return
            mappings = [
                SkuMapping(shop, str(external), int(own))
                for external, own in zip(chosen["external_sku"], first.loc[chosen.index, "own_id"], strict=True)
            ]
            _map(visit, mappings, "proposals")
    more = proposals[proposals["external_id"].isin(first["external_id"])]
    if len(more) > len(first):
        st.caption(visit.say(T("The best proposal stands here; choose another product below where it is wrong.")))


def _shop(visit: Visit, place: Any, shops: dict[int, str], key: str) -> int:
    everywhere = visit.say(T("All shops"))
    names = {EVERY_SHOP: everywhere, **shops}
    chosen = place.selectbox(
        visit.say(T("Holds in")), list(names), format_func=lambda number: names[number], key=f"{key}_{acts.token(key)}"
    )
    return int(chosen)


def _map(visit: Visit, mappings: list[SkuMapping], form: str) -> None:
    def act() -> Text:
        with unit_of_work(visit.database, visit.actor.acting(visit.clock)) as uow:
            done = map_skus(uow, mappings)
            uow.commit()
        acts.renew(form)
        lines = format_number(done.lines, visit.language)
        return T("Mapped. {lines} order lines moved, {products} products laid aside.", lines=lines,
                 products=len(done.archived))  # fmt: skip

    acts.attempt(visit, act, acts.SAVED)


def _by_hand(visit: Visit, found: Assortment, shops: dict[int, str]) -> None:
    goods = found.rows[~found.rows["is_charge"]]
    names = {
        int(i): sku if pd.isna(name) else f"{sku} · {name}"
        for i, sku, name in zip(goods["product_id"], goods["sku"], goods["name"], strict=True)
    }
    with (
        st.expander(visit.say(T("Map an SKU by hand")), icon=":material/add_link:"),
        st.form(f"map_{acts.token('map_one')}", border=False),
    ):
        one, two, three = st.columns([2, 4, 2])
        sold = goods[goods["sold_only"]]["sku"].tolist()
        external = one.selectbox(
            visit.say(T("SKU in the shop")), sold, index=None, accept_new_options=True,
            placeholder=visit.say(T("Choose or type")),
        )  # fmt: skip
        own = two.selectbox(
            visit.say(T("My product")), list(names), index=None, format_func=lambda number: names[number],
            placeholder=visit.say(T("Choose a product")),
        )  # fmt: skip
        shop = _shop(visit, three, shops, "map_one")
        if st.form_submit_button(visit.say(T("Map")), type="primary", icon=":material/link:"):
            if own is None:
                st.error(visit.say(T("Choose the product that this SKU stands for.")))
                return
            _map(visit, [SkuMapping(shop, external or "", int(own))], "map_one")


def _standing(visit: Visit, held: pd.DataFrame, shops: dict[int, str]) -> None:
    st.subheader(visit.say(T("Mapped")))
    if held.empty:
        st.caption(visit.say(T("Nothing is mapped yet.")))
        return
    everywhere = visit.say(T("All shops"))
    table = held.assign(shop=[shops.get(int(number), everywhere) for number in held["channel_id"]])
    st.dataframe(
        table,
        hide_index=True,
        column_order=["external_sku", "shop", "sku", "name", "actor"],
        column_config={
            "external_sku": visit.say(T("SKU in the shop")),
            "shop": visit.say(T("Shop")),
            "sku": visit.say(T("My SKU")),
            "name": visit.say(T("My name")),
            "actor": visit.say(T("Mapped by")),
        },
    )
    if not visit.actor.may(Permission.EDIT_CATALOG):
        return
    pairs = list(zip(held["channel_id"].astype(int), held["external_sku"], table["shop"], strict=True))
    one, two = st.columns([4, 2], vertical_alignment="bottom")
    at = one.selectbox(
        visit.say(T("Mapped by mistake")), range(len(pairs)), index=None,
        format_func=lambda number: f"{pairs[number][1]} · {pairs[number][2]}",
        placeholder=visit.say(T("Choose a mapping")), key=f"unmap_{acts.token('unmap')}",
    )  # fmt: skip
    if two.button(visit.say(T("Take this mapping back")), icon=":material/link_off:", disabled=at is None):
        shop, external, _ = pairs[int(at)]

        def back(uow: Any) -> None:
            unmap_sku(uow, int(shop), str(external))
            acts.renew("unmap")

        acts.perform(visit, back, T("“{sku}” is a product of its own again.", sku=str(external)))
