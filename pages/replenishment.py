"""What should I buy, from whom, how much?"""

import pandas as pd
import streamlit as st

from erp_core.db.uow import unit_of_work
from erp_core.planning.export import COLUMN_TITLES, header_of, purchase_file
from erp_core.planning.service import save_choices
from erp_core.planning.views import EXCLUSIONS, ReplenishmentOptions, choices, plan_of, purchase_list, why
from erp_core.security.permissions import Permission
from erp_core.text import T, format_date, format_money, format_number
from ui import reads, states
from ui.filters import bar
from ui.guard import require, require_still
from ui.literal import literal

visit = require(Permission.PLAN_PURCHASES)
EDITOR = (
    "sku",
    "name",
    "suggested",
    "quantity",
    "pack",
    "moq",
    "price",
    "line_cost",
    "order_by",
    "on_hand",
    "on_order",
    "reorder_point",
)

st.title(visit.say(T("What should I buy, from whom, how much?")))
chosen = bar(visit)
if chosen is None:
    states.no_data(visit, T("No sales yet. Import sales and a stock list, and the purchase list stands here."))
    st.stop()

left, middle, right = st.columns(3)
plan_defaults = visit.company.planning
service = left.slider(
    visit.say(T("Service level: how often stock lasts until the next delivery")),
    0.80, 0.995, float(plan_defaults.service_level), 0.005, format="percent", key="service", bind="query-params",
)  # fmt: skip
review = middle.slider(
    visit.say(T("Days between two orders")), 1, 60, int(plan_defaults.review_days), key="review", bind="query-params"
)
assume_zero = right.toggle(
    visit.say(T("Take uncounted stock as none")),
    key="assume_zero",
    bind="query-params",
    help=visit.say(T("Products whose stock nobody has counted are left out unless you say that there is none.")),
)
options = ReplenishmentOptions(
    service_level=service, review_days=review, assume_zero=assume_zero, filters=chosen.filters
)
plan = plan_of(reads.position(visit, chosen.filters), visit.company, options, reads.moment(visit).as_of)
with visit.database.reading() as connection:
    kept = choices(connection, plan.as_of)
st.caption(
    visit.say(
        T(
            "Planned from {day}, the day after the last sale that was imported.",
            day=format_date(plan.as_of, visit.language),
        )
    )
)

if plan.lines.empty:
    if len(plan.excluded) and (plan.excluded["reason"] == "uncounted").any():
        st.info(
            visit.say(
                T("No product that sells has a known stock. Import a stock list, or take uncounted stock as none.")
            )
        )
    else:
        st.success(
            visit.say(T("Nothing needs to be bought: all stock is above its reorder point.")), icon=":material/check:"
        )

nameless = visit.say(T("No supplier yet"))
cards = st.columns(3)
for number, supplier in enumerate(plan.suppliers.to_dict("records")):
    with cards[number % 3].container(border=True):
        st.markdown(f"**{literal(supplier['supplier'] or nameless)}**")
        total = (
            "–" if supplier["total"] is None else format_money(supplier["total"], supplier["currency"], visit.language)
        )
        st.markdown(visit.say(T("{count} products · {total}", count=supplier["products"], total=total)))
        if supplier["unpriced"]:
            st.caption(visit.say(T("{count} of them without a price", count=supplier["unpriced"])))
        if supplier["reached"] is not None:
            least = format_money(supplier["minimum"], supplier["currency"], visit.language)
            if supplier["reached"]:
                st.markdown(f":green[:material/check: {visit.say(T('minimum of {least} reached', least=least))}]")
            else:
                st.markdown(f":orange[:material/warning: {visit.say(T('below the minimum of {least}', least=least))}]")
        if pd.notna(supplier["order_by"]):
            st.caption(visit.say(T("Order by {day}", day=format_date(supplier["order_by"].date(), visit.language))))

if len(plan.lines):
    names = [name or nameless for name in plan.suppliers["supplier"].unique()]
    picked = st.selectbox(visit.say(T("Supplier")), names, key="supplier_pick")
    lines = plan.lines[plan.lines["supplier"] == ("" if picked == nameless else picked)].reset_index(drop=True)
    lines = lines.assign(quantity=lines["product_id"].map(kept).fillna(lines["suggested"]).astype(int))
    lines["line_cost"] = (lines["price"] * lines["quantity"]).round(2)
    with st.form("quantities", border=False):
        number = st.column_config.NumberColumn
        titles = {name: visit.plain(text) for name, text in COLUMN_TITLES.items()}
        edited = st.data_editor(
            lines,
            placeholder="",
            column_order=EDITOR,
            hide_index=True,
            disabled=[name for name in lines.columns if name != "quantity"],
            column_config={
                "sku": titles["sku"],
                "name": titles["name"],
                "suggested": number(titles["suggested"], format="localized"),
                "quantity": number(visit.say(T("To buy")), min_value=0, step=1, format="localized"),
                "pack": number(titles["pack"], format="localized"),
                "moq": number(titles["moq"], format="localized"),
                "price": number(titles["price"], format="%.2f"),
                "line_cost": number(titles["line_cost"], format="localized"),
                "order_by": st.column_config.DateColumn(titles["order_by"]),
                "on_hand": number(titles["on_hand"], format="localized"),
                "on_order": number(titles["on_order"], format="localized"),
                "reorder_point": number(titles["reorder_point"], format="localized"),
            },
            key=f"editor_{picked}_{service}_{review}",
        )
        if st.form_submit_button(visit.say(T("Keep these quantities")), icon=":material/save:", type="primary"):
            moved = {
                int(row["product_id"]): (int(row["suggested"]), int(row["quantity"]))
                for row, old in zip(edited.to_dict("records"), lines["quantity"], strict=True)
                if row["quantity"] != old
            }
            with unit_of_work(visit.database, visit.actor.acting(visit.clock)) as uow:
                save_choices(uow, plan.as_of, moved)
                uow.commit()
            st.rerun()

    one = st.selectbox(
        visit.say(T("Why this quantity?")),
        range(len(lines)),
        format_func=lambda at: f"{lines['sku'][at]} · {lines['name'][at]}",
        key="why",
    )
    row = lines.iloc[one]
    st.info(visit.say(why(row)), icon=":material/calculate:")
    if not row["lead_time_known"]:
        st.caption(visit.say(T("The supplier’s lead time is not known; the company’s default is used.")))
    header = header_of(plan, visit.actor.name, visit.clock.now(), visit.language)
    stem = f"purchase_list_{plan.as_of.isoformat()}"

    def purchase_list_as(kind: str) -> bytes:
        require_still(visit, Permission.EXPORT)
        return purchase_file(purchase_list(plan, kept, visit.language), kind, header)

    side_by_side = st.container(horizontal=True)
    if visit.actor.may(Permission.EXPORT):
        side_by_side.download_button(
            visit.say(T("Download CSV")), lambda: purchase_list_as("csv"), f"{stem}.csv", "text/csv",
            icon=":material/download:", on_click="ignore",
        )  # fmt: skip
        side_by_side.download_button(
            visit.say(T("Download XLSX")), lambda: purchase_list_as("xlsx"), f"{stem}.xlsx",
            icon=":material/table_view:", on_click="ignore",
        )  # fmt: skip

if len(plan.excluded):
    count = format_number(len(plan.excluded), visit.language)
    with st.expander(visit.say(T("{count} products are not planned", count=count))):
        reasons = {name: visit.plain(text) for name, text in EXCLUSIONS.items()}
        st.dataframe(
            plan.excluded.assign(reason=plan.excluded["reason"].map(reasons)),
            placeholder="–",
            column_order=["sku", "name", "mean_per_day", "reason"],
            hide_index=True,
            column_config={
                "sku": visit.say(T("SKU")),
                "name": visit.say(T("Product name")),
                "mean_per_day": st.column_config.NumberColumn(visit.say(T("Sells a day")), format="%.2f"),
                "reason": visit.say(T("Why")),
            },
        )
