"""Lines that stand already, for orders of which a file has news but not the best word on their lines.

Two kinds: orders that come without lines (an order list alone), and orders that an order-management system tells of
after the platform's own export did. The platform knows what was sold for how much; the system may hand over a part of
an order only, or what it took out of bundles. Such orders keep their lines; the file's state, times, parcel and refunds
count. And where a file knows nothing of refunds at all, what was refunded stays refunded.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa

from erp_core.catalog.tables import product
from erp_core.db.bulk import fetch_columns, load_temporary
from erp_core.imports.batch import Batch
from erp_core.imports.declaration import Part
from erp_core.imports.formats import FORMATS
from erp_core.imports.sales import Orders
from erp_core.imports.tables import import_batch
from erp_core.orders.tables import order_line, sales_order

Ints = npt.NDArray[np.int64]
Columns = dict[str, npt.NDArray[Any]]


def kept(batch: Batch, orders: Orders, channel_id: Ints) -> Orders:
    """The orders with the standing lines in place of their own, where those are the better word.

    `channel_id`: of each order, 0 for those that stay out.
    """
    managed = orders.declared.order_manager
    if orders.declared.part is Part.SHIPMENTS:  # what has left attaches to its order in its own way
        return orders
    if not managed and orders.refunds_said and orders.has_lines.all():
        return orders
    found = _standing(batch, orders, channel_id)
    if found.empty:
        return orders
    at = found["at"].to_numpy(np.int64)
    header = orders.header
    if not orders.refunds_said:
        header["order_refunded"][at] = found["refunded"].to_numpy(np.int64)
    keep = ~orders.has_lines[at]
    if managed:
        keep |= found["platform_told"].to_numpy(bool)
    found = found[keep & (found["lines"].to_numpy(np.int64) > 0)]
    return orders if found.empty else _with_lines(batch, orders, found)


def _standing(batch: Batch, orders: Orders, channel_id: Ints) -> pd.DataFrame:
    """The file's orders that stand: at, id, lines, refunded, document, lines_fingerprint, platform_told (some version
    of its lines came from elsewhere than an order-management system)."""
    at = np.flatnonzero(channel_id > 0)
    wanted = load_temporary(
        batch.uow.connection,
        "orders_to_keep",
        {
            "at": (sa.BigInteger(), at),
            "channel_id": (sa.BigInteger(), channel_id[at]),
            "external_id": (sa.Text(), [orders.ids[i] for i in at.tolist()]),
        },
    )
    managers = [name for name, declared in FORMATS.items() if declared.order_manager]
    told = sa.exists(
        sa.select(sa.literal(1))
        .select_from(order_line.join(import_batch, import_batch.c.id == order_line.c.batch_id))
        .where(
            order_line.c.order_id == sales_order.c.id,
            import_batch.c.status == "done",
            import_batch.c.format.not_in(managers),
        )
    )
    o = sales_order.c
    match = sa.and_(o.channel_id == wanted.c.channel_id, o.external_id == wanted.c.external_id)
    columns = (wanted.c.at, o.id, o.lines, o.refunded, o.document, o.lines_fingerprint, told.label("platform_told"))
    query = sa.select(*columns).select_from(wanted.join(sales_order, match)).where(o.withdrawn_by.is_(None))
    rows = batch.uow.connection.execute(query.order_by(wanted.c.at)).all()
    return pd.DataFrame(rows, columns=[column.name for column in query.selected_columns])


def _with_lines(batch: Batch, orders: Orders, found: pd.DataFrame) -> Orders:
    at = found["at"].to_numpy(np.int64)
    lines = _lines_of(batch, found)
    skus, titles = list(orders.skus), list(orders.titles)
    sku_at = {sku: i for i, sku in enumerate(skus)}
    title_at = {title: i for i, title in enumerate(titles)}
    for sku in lines["sku"].tolist():
        sku_at.setdefault(sku, len(sku_at))
    for title in lines["title"].tolist():
        if title is not None:
            title_at.setdefault(title, len(title_at))
    _set_refunds(orders, found, lines)
    count = len(orders.ids)
    replaced = np.zeros(count, bool)
    replaced[at] = True
    own = orders.lines
    rest = ~replaced[own["order"]]
    lines["sku"] = np.array([sku_at[sku] for sku in lines["sku"].tolist()], np.int64)
    lines["title"] = np.array([title_at.get(title, -1) for title in lines["title"].tolist()], np.int64)
    merged = {name: np.concatenate([column[rest], lines[name].astype(column.dtype)]) for name, column in own.items()}
    by = np.argsort(merged["order"], kind="stable")
    header = orders.header
    header["lines_fingerprint"][at] = found["lines_fingerprint"].to_numpy(np.int64)
    header["document"][at] = found["document"].to_numpy(object)
    has_lines = orders.has_lines.copy()
    has_lines[at] = True
    return replace(
        orders,
        lines={name: column[by] for name, column in merged.items()},
        skus=list(sku_at),
        sku_titles=[*orders.sku_titles, *[None] * (len(sku_at) - len(skus))],
        titles=list(title_at),
        has_lines=has_lines,
    )


def _lines_of(batch: Batch, found: pd.DataFrame) -> Columns:
    """The live lines of these orders in the form of `Orders.lines`, but SKU and title as text."""
    wanted = load_temporary(
        batch.uow.connection,
        "kept_orders",
        {"id": (sa.BigInteger(), found["id"].tolist()), "at": (sa.BigInteger(), found["at"].tolist())},
    )
    line = order_line.c
    columns = (
        wanted.c.at, line.line_no, product.c.sku, line.title, line.quantity, line.unit_price, line.amount,
        line.cancelled, line.fulfilled, line.line_ref, line.discount, line.refunded,
    )  # fmt: skip
    query = (
        sa.select(*columns)
        .select_from(
            wanted.join(order_line, line.order_id == wanted.c.id).join(product, product.c.id == line.product_id)
        )
        .where(line.superseded_by.is_(None))
        .order_by(wanted.c.at, line.line_no)
    )
    held = fetch_columns(batch.uow.connection, query)
    order = np.array(held["at"], np.int64)
    quantity = np.array(held["quantity"], np.int64)
    price = np.array([-1 if price is None else price for price in held["unit_price"]], np.int64)
    return {
        "order": order,
        "line_no": np.arange(len(order)) - np.searchsorted(order, order) + 1,
        "sku": np.array(held["sku"], object),
        "title": np.array(held["title"], object),
        "quantity": quantity,
        "unit_price": price,
        "row": np.full(len(order), -1, np.int64),  # of no row of this file
        "said_quantity": quantity,
        "said_price": price,
        "amount": np.array(held["amount"], np.int64),
        "cancelled": np.array(held["cancelled"], bool),
        "fulfilled": np.array([-1 if left is None else int(left) for left in held["fulfilled"]], np.int64),
        "line_ref": np.array(held["line_ref"], object),
        "line_discount": np.array(held["discount"], np.int64),
        "line_refunded": np.array(held["refunded"], np.int64),
    }


def _set_refunds(orders: Orders, found: pd.DataFrame, lines: Columns) -> None:
    """Let a refund that the file tells of anew be shared out over the standing lines; an order-management system's
    smaller sum is old news."""
    at = found["at"].to_numpy(np.int64)
    header = orders.header
    count = len(orders.ids)
    per_line = np.bincount(orders.lines["order"], weights=orders.lines["line_refunded"], minlength=count)
    stands = found["refunded"].to_numpy(np.int64)
    told = np.where(per_line[at] > 0, per_line[at].astype(np.int64), stands)
    told = np.where(header["order_refunded_known"][at], np.abs(header["order_refunded"][at]), told)
    live = ~lines["cancelled"]
    goods = np.bincount(lines["order"][live], weights=np.maximum(lines["amount"][live], 0), minlength=count)[at]
    told = np.minimum(told, goods.astype(np.int64))
    if orders.declared.order_manager:
        told = np.maximum(told, stands)
    header["order_refunded"][at] = told
    anew = np.zeros(count, bool)
    anew[at] = told != stands
    lines["line_refunded"][anew[lines["order"]]] = 0
