"""What each shop takes of an order, as a person states it; part of Settings."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import streamlit as st

from erp_core.clock import today
from erp_core.db.uow import UnitOfWork
from erp_core.finance.service import ChannelFee, remove_channel_fee, set_channel_fee
from erp_core.finance.views import channel_fees
from erp_core.money import currencies
from erp_core.orders.views import channels, data_span
from erp_core.overview.contribution import DEDUCTIONS
from erp_core.text import T, Text
from ui import acts
from ui.guard import Visit
from ui.tables import Column, configuration

KINDS: dict[str, Text] = {name: DEDUCTIONS[name] for name in ("commission", "payment", "advertising", "shipping")}
ALL_KINDS: dict[str, Text] = KINDS | {"storage": T("Storage"), "other": T("Other fees")}
COLUMNS = {
    "channel": Column(T("Channel")),
    "kind_word": Column(T("What")),
    "valid_from": Column(T("Valid from"), "day"),
    "rate": Column(T("Of the goods"), "percent"),
    "per_order": Column(T("Per order"), "number"),
    "currency": Column(T("Currency")),
}


def show(visit: Visit) -> None:
    """The section: a form, and what stands."""
    with visit.database.reading() as connection:
        shops = dict(channels(connection))
        stated = channel_fees(connection)
        span = data_span(connection)
    with st.container(border=True):
        st.subheader(visit.say(T("What each shop takes")))
        st.caption(
            visit.say(
                T(
                    "For orders on which no settlement has come. Leave empty what you do not know: it stays missing. "
                    "0 says that the shop takes none."
                )
            )
        )
        if not shops:
            st.info(visit.say(T("Shops appear here with their first orders.")), icon=":material/storefront:")
            return
        first = span[0] if span else today(visit.clock, visit.company.time_zone)
        with st.form("channel_fees", border=False):
            shop, day, money = st.columns([3, 2, 2])
            channel = shop.selectbox(visit.say(T("Channel")), list(shops), format_func=lambda number: shops[number])
            start = day.date_input(
                visit.say(T("Valid from")),
                first,
                help=visit.say(T("Later statements replace earlier ones from their day on.")),
            )
            known = sorted(currencies())
            currency = money.selectbox(visit.say(T("Currency")), known, index=known.index(visit.company.base_currency))
            said = {
                kind: _of_kind(visit, place, kind) for kind, place in zip(KINDS, st.columns(len(KINDS)), strict=True)
            }
            if st.form_submit_button(visit.say(T("Save")), icon=":material/save:", key="save_channel_fees"):
                fees = [
                    ChannelFee(channel, kind, start, _exact(share) / 100, _exact(fixed), currency)
                    for kind, (share, fixed) in said.items()
                    if share is not None or fixed is not None
                ]
                if fees:
                    acts.perform(visit, lambda uow: _set_all(uow, fees))
                else:
                    st.warning(visit.say(T("Fill in at least one number.")), icon=":material/edit:")
        if len(stated):
            _standing(visit, stated.assign(channel=stated["channel_id"].map(shops)))


def _of_kind(visit: Visit, place: st.delta_generator.DeltaGenerator, kind: str) -> tuple[float | None, float | None]:
    name = KINDS[kind]
    share = place.number_input(
        visit.say(T("{fee}: % of the goods", fee=name)), 0.0, 100.0, None, 0.1, format="%.2f", key=f"fee_share_{kind}",
        placeholder=visit.say(T("not known")),
    )  # fmt: skip
    fixed = place.number_input(
        visit.say(T("{fee}: per order", fee=name)), 0.0, None, None, 0.1, format="%.2f", key=f"fee_fixed_{kind}",
        placeholder=visit.say(T("not known")),
    )  # fmt: skip
    return share, fixed


def _set_all(uow: UnitOfWork, fees: list[ChannelFee]) -> None:
    for fee in fees:
        set_channel_fee(uow, fee)


def _exact(number: float | None) -> Decimal:
    """What was typed, exactly; beside a number that was typed an empty field is nought."""
    return Decimal(0) if number is None else Decimal(str(number))


def _standing(visit: Visit, stated: pd.DataFrame) -> None:
    words = {kind: visit.plain(text) for kind, text in ALL_KINDS.items()}
    event = st.dataframe(
        stated.assign(kind_word=stated["kind"].map(words)), placeholder="–", hide_index=True, column_order=list(COLUMNS),
        column_config=configuration(visit, COLUMNS), on_select="rerun", selection_mode="single-row", key="channel_fees_table",
    )  # fmt: skip
    picked = event["selection"]["rows"]
    if (
        picked
        and picked[0] < len(stated)
        and st.button(visit.say(T("Remove this statement")), icon=":material/delete:", key="remove_channel_fee")
    ):
        acts.perform(visit, lambda uow: remove_channel_fee(uow, int(stated["id"].iloc[picked[0]])))
