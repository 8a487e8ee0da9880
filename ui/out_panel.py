"""What goes out: stock and tracking numbers as each platform's upload file, packing slips to print."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import streamlit as st

from erp_core.calendar import Period
from erp_core.clock import today
from erp_core.db.uow import UnitOfWork, unit_of_work
from erp_core.errors import ErpError
from erp_core.exports.declaration import UploadFormat, What
from erp_core.exports.service import Exported, export_slips, export_stock, export_tracking
from erp_core.exports.slips import SlipRequest, waiting_orders
from erp_core.exports.template import fill
from erp_core.exports.tracking import TrackingRequest, tracking_sheet
from erp_core.exports.views import Sheet, StockRequest, formats_for, stock_sheet, written
from erp_core.files.read import read_table
from erp_core.files.table import RawTable
from erp_core.orders.channels import Channel, read_channels
from erp_core.security.permissions import Permission
from erp_core.text import T, Text, format_number
from ui import states
from ui.guard import Visit
from ui.pages_list import address

WHAT: Mapping[str, Text] = {
    "stock": T("Stock"),
    "tracking": T("Tracking numbers"),
    "slips": T("Packing slips"),
}
_WRITTEN = "written_file"
_SHOWN = 2_000


@dataclass(frozen=True)
class _Written:
    """A file that was written, and the choices that it was written for."""

    choices: tuple[object, ...]
    exported: Exported


def show(visit: Visit) -> None:
    """Choose the shop and what; see what will be written and what will not; write it; take it."""
    with visit.database.reading() as connection:
        shops = read_channels(connection)
    if not shops:
        states.no_data(visit, T("No shop yet. Import orders, and what goes back to their shops stands here."))
        return
    if not visit.actor.may(Permission.EXPORT):
        st.info(
            visit.say(T("You may not export: ask the person who administers the workbench.")), icon=":material/lock:"
        )
        return
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    shop = _shop(visit, left, shops)
    {"stock": _stock, "tracking": _tracking, "slips": _slips}[_what(visit, right)](visit, shop)


def _what(visit: Visit, place: st.delta_generator.DeltaGenerator) -> str:
    """Stock, tracking numbers or slips, as the URL says or the visitor chooses."""
    names = list(WHAT)
    asked = st.query_params.get("what")
    if asked in names and asked != st.session_state.get("out_what_in_url"):
        st.session_state["out_what"] = asked
    chosen = place.segmented_control(
        visit.say(T("What goes out")), names, default=None if "out_what" in st.session_state else names[0], required=True,
        format_func=lambda name: visit.say(WHAT[name]), key="out_what",
    )  # fmt: skip
    name = str(chosen or names[0])
    st.session_state["out_what_in_url"] = st.query_params["what"] = name
    return name


def _shop(visit: Visit, place: st.delta_generator.DeltaGenerator, shops: Sequence[Channel]) -> Channel:
    names = [shop.name for shop in shops]
    asked = st.query_params.get("shop")
    chosen = place.selectbox(
        visit.say(T("Channel or shop")), names, index=names.index(asked) if asked in names else 0, key="out_shop"
    )
    st.query_params["shop"] = chosen
    return shops[names.index(chosen)]


def _format(visit: Visit, place: st.delta_generator.DeltaGenerator, shop: Channel, what: What) -> UploadFormat:
    known = formats_for(shop.platform, what)
    return place.selectbox(
        visit.say(T("Format")), known, format_func=lambda declared: visit.say(declared.title), key=f"out_format_{what}_{shop.id}"
    )  # fmt: skip


def _stock(visit: Visit, shop: Channel) -> None:
    one, two, three = st.columns([2, 2, 3], vertical_alignment="bottom")
    declared = _format(visit, one, shop, What.STOCK)
    zero = two.toggle(
        visit.say(T("Write 0 for unknown stock")), key="out_zero",
        help=visit.say(T("Otherwise products that nobody has counted are left out, and the shop keeps the number it has.")),
    )  # fmt: skip
    everything = three.toggle(
        visit.say(T("All products, not only those that the shop sells")), key="out_all",
        help=visit.say(T("A shop sells what it ever sold, and what has a SKU of its own there.")),
    )  # fmt: skip
    default = formats_for(shop.platform, What.STOCK)[0]
    request = StockRequest(shop.name, None if declared == default else declared.name, zero, everything)
    with visit.database.reading() as connection:
        sheet = stock_sheet(connection, visit.company, request, today(visit.clock, visit.company.time_zone))
    terms = T(
        "Ships from {place} · offers {share} % of what is available · keeps {buffer} units back",
        place=shop.place, share=shop.terms.stock_share, buffer=format_number(shop.terms.safety_buffer, visit.language),
    )  # fmt: skip
    st.page_link(address("settings"), label=visit.say(terms), icon=":material/tune:", query_params={"view": "shops"})
    template = _template(visit) if declared.wants_template else None
    try:
        sheet = sheet if template is None else fill(sheet, template)
    except ErpError as error:
        _refused(visit, error)
        return
    choices = (request, None if template is None else template.sha256)
    _sheet(visit, sheet, choices, lambda uow: export_stock(uow, request, visit.language, template))


def _template(visit: Visit) -> RawTable | None:
    """The shop's own export, if the visitor gives it."""
    given = st.file_uploader(
        visit.say(T("The shop’s own export file")), key="out_template",
        help=visit.say(T("Our quantities are written into its rows; all else stays as it is.")),
    )  # fmt: skip
    if given is None:
        return None
    with TemporaryDirectory() as folder:
        path = Path(folder) / Path(given.name).name
        path.write_bytes(given.getbuffer())
        try:
            return read_table(path)
        except ErpError as error:
            _refused(visit, error)
            return None


def _refused(visit: Visit, error: ErpError) -> None:
    hint = f"\n\n{visit.say(error.hint)}" if error.hint else ""
    st.error(visit.say(error.message) + hint, icon=":material/error:")


def _tracking(visit: Visit, shop: Channel) -> None:
    one, two, three = st.columns([2, 2, 3], vertical_alignment="bottom")
    declared = _format(visit, one, shop, What.SHIPPING)
    last = today(visit.clock, visit.company.time_zone)
    days = two.date_input(
        visit.say(T("Shipped in this period")), value=(), max_value=last, key="out_days",
        help=visit.say(T("Without a period: all parcels that did not go out before.")),
    )  # fmt: skip
    period = Period(days[0], days[1]) if len(days) == 2 else None
    skip = three.toggle(
        visit.say(T("Without the numbers that the platform’s own file brought")), key="out_skip",
        help=visit.say(T("The platform knows these already.")),
    )  # fmt: skip
    default = formats_for(shop.platform, What.SHIPPING)[0]
    request = TrackingRequest(shop.name, None if declared == default else declared.name, period, skip)
    with visit.database.reading() as connection:
        sheet = tracking_sheet(connection, visit.company, request)
    _sheet(visit, sheet, request, lambda uow: export_tracking(uow, request, visit.language))


def _sheet(visit: Visit, sheet: Sheet, request: object, act: Callable[[UnitOfWork], Exported]) -> None:
    """The table as it will be written, what is left out and why, what to mind; then the button."""
    for text in sheet.warnings:
        st.warning(visit.say(text), icon=":material/warning:")
    done = _done(visit, request)
    if sheet.rows.empty and done is None:
        st.info(visit.say(T("Nothing to write: no row fits.")), icon=":material/inbox:")
    elif len(sheet.rows):
        headers, rows = written(sheet)
        count = format_number(len(rows), visit.language)
        st.markdown(f"**{visit.say(T('This will be written: {count} rows', count=count))}**")
        cells = [["" if cell is None else str(cell) for cell in row] for row in rows[:_SHOWN]]
        shown = pd.DataFrame(cells, columns=[str(at) for at in range(len(headers))])
        names = dict(zip(shown.columns, headers, strict=True))
        st.dataframe(shown, placeholder="–", hide_index=True, column_config=names, key="out_table")
        if len(rows) > _SHOWN:
            st.caption(visit.say(T("The first {count} are shown.", count=format_number(_SHOWN, visit.language))))
    _left_out(visit, sheet)
    if len(sheet.rows):
        _write(visit, request, act)
    if done is not None:
        _take(visit, done)


def _left_out(visit: Visit, sheet: Sheet) -> None:
    if not sheet.left_out:
        return
    count = format_number(len(sheet.left_out), visit.language)
    title = visit.say(T("Left out: {count}", count=count))
    with st.expander(title, icon=":material/block:", expanded=sheet.rows.empty):
        rows = [(entry.sku or entry.order, entry.name or "", visit.plain(entry.reason)) for entry in sheet.left_out]
        st.dataframe(
            pd.DataFrame(rows, columns=["id", "name", "reason"]),
            placeholder="–",
            hide_index=True,
            column_config={
                "id": visit.plain(T("SKU") if sheet.declared.what is What.STOCK else T("Order id")),
                "name": visit.say(T("Product name")),
                "reason": visit.say(T("Why")),
            },
            column_order=["id", "name", "reason"] if sheet.declared.what is What.STOCK else ["id", "reason"],
            key="out_left",
        )


def _slips(visit: Visit, shop: Channel) -> None:
    with visit.database.reading() as connection:
        waiting = pd.DataFrame(
            waiting_orders(connection, shop.id), columns=["order_id", "ds", "lines", "quantity", "city"]
        )
    if not visit.actor.may(Permission.SEE_PERSONAL_DATA):
        st.caption(visit.say(T("Names, addresses and phone numbers will be masked: you may not see personal data.")))
    picked: tuple[str, ...] = ()
    if len(waiting):
        st.markdown(f"**{visit.say(T('Orders that are paid and have not left'))}**")
        number = st.column_config.NumberColumn
        event = st.dataframe(
            waiting,
            placeholder="–",
            hide_index=True,
            column_config={
                "order_id": visit.say(T("Order id")),
                "ds": st.column_config.DateColumn(visit.say(T("Order date"))),
                "lines": number(visit.say(T("Lines")), format="localized"),
                "quantity": number(visit.say(T("Quantity")), format="localized"),
                "city": visit.say(T("City")),
            },
            on_select="rerun",
            selection_mode="multi-row",
            key=f"out_waiting_{shop.id}",
        )
        picked = tuple(waiting["order_id"].iloc[at] for at in event["selection"]["rows"] if at < len(waiting))
    else:
        st.info(visit.say(T("No order of this shop waits to be packed.")), icon=":material/inbox:")
    words = st.text_input(
        visit.say(T("Other orders, by their numbers")), key="out_numbers",
        help=visit.say(T("Several numbers with blanks or commas between them.")),
    )  # fmt: skip
    prices = st.toggle(visit.say(T("With prices")), key="out_prices")
    others = tuple(words.replace(",", " ").replace("，", " ").split())
    orders = tuple(dict.fromkeys((*picked, *others)))
    request = SlipRequest(orders, shop.name, prices)
    done = _done(visit, request)
    if orders:
        _write(visit, request, lambda uow: export_slips(uow, request, visit.language))
    elif done is None:
        st.caption(visit.say(T("Choose orders in the table, or name them.")))
    if done is not None:
        _take(visit, done)


def _done(visit: Visit, request: object) -> Exported | None:
    """The file that was written for just these choices, if any."""
    held = st.session_state.get(_WRITTEN)
    return held.exported if isinstance(held, _Written) and held.choices == (request, visit.language) else None


def _write(visit: Visit, request: object, act: Callable[[UnitOfWork], Exported]) -> None:
    if not st.button(visit.say(T("Write the file")), type="primary", icon=":material/output:", key="out_write"):
        return
    try:
        with unit_of_work(visit.database, visit.actor.acting(visit.clock)) as uow:
            exported = act(uow)
            uow.commit()
    except ErpError as error:
        _refused(visit, error)
        return
    st.session_state[_WRITTEN] = _Written((request, visit.language), exported)
    st.rerun()


def _take(visit: Visit, exported: Exported) -> None:
    """The file to take along; a text file also in an archive with what it says of itself."""
    if exported.content is None:
        return
    count = format_number(exported.rows, visit.language)
    st.success(visit.say(T("Written: {file}, {count} rows", file=exported.name, count=count)), icon=":material/check:")
    left, right, _ = st.columns([2, 3, 2])
    left.download_button(
        visit.say(T("Download {name}", name=f".{exported.suffix}")), exported.content, exported.name,
        icon=":material/download:", on_click="ignore", key="out_take", type="primary",
    )  # fmt: skip
    if exported.about is not None:
        stem = exported.name.rsplit(".", 1)[0]
        right.download_button(
            visit.say(T("Download .zip with filters, time and user")), exported.packed(), f"{stem}.zip", "application/zip",
            icon=":material/folder_zip:", on_click="ignore", key="out_take_zip",
        )  # fmt: skip
