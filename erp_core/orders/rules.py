"""What becomes of an order that a file brings again, and what it counts for. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
import numpy.typing as npt
import pandas as pd

from erp_core.finance.rules import spread

STATES = ("pending", "paid", "shipped", "completed", "cancelled", "adjustment")
STATE_RANK = {state: rank for rank, state in enumerate(STATES)}


@dataclass(frozen=True)
class Filters:
    """What a page or a command restricts to; empty means all. The category "" stands for products without one."""

    channels: tuple[int, ...] = ()
    categories: tuple[str, ...] = ()


_NO_CHANNEL = -1  # the id of none: an empty choice would mean all


def within(filters: Filters, allowed: frozenset[int] | None) -> Filters:
    """The same, narrowed to the shops that somebody is limited to (None = not limited). Who is limited to none sees
    none, and so does who asks for others alone.

    >>> within(Filters((1, 2)), frozenset({2, 3})).channels, within(Filters(), frozenset({3, 2})).channels
    ((2,), (2, 3))
    >>> within(Filters(), frozenset()).channels, within(Filters((4,)), frozenset({3})).channels, within(Filters(), None)
    ((-1,), (-1,), Filters(channels=(), categories=()))
    """
    if allowed is None:
        return filters
    asked = allowed.intersection(filters.channels) if filters.channels else allowed
    return replace(filters, channels=tuple(sorted(asked)) or (_NO_CHANNEL,))


class Fate(IntEnum):
    """What a file's order does to the stored one."""

    NEW = 0
    UNCHANGED = 1
    CHANGED = 2
    PASSED_OVER = 3  # the file is older than what stands: a status never moves backwards


def fate_of(
    stored: npt.NDArray[np.bool_],
    same: npt.NDArray[np.bool_],
    rank: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
    status_at: tuple[npt.NDArray[np.datetime64], npt.NDArray[np.datetime64]],
) -> npt.NDArray[np.int64]:
    """A Fate per order.

    `stored`: an order of this id stands; `same`: its fingerprints are equal; `rank` and `status_at`: (incoming,
    stored). The later status wins; of equal status the later time; of equal time the later file.
    """
    backwards = (rank[0] < rank[1]) | ((rank[0] == rank[1]) & (status_at[0] < status_at[1]))
    fate = np.full(len(stored), int(Fate.NEW), np.int64)
    fate[stored] = int(Fate.CHANGED)
    fate[stored & backwards] = int(Fate.PASSED_OVER)
    fate[stored & same] = int(Fate.UNCHANGED)
    return fate


@dataclass(frozen=True)
class LineFacts:
    """Live lines of orders for the daily rollup, one entry a line.

    `order`: any number that tells orders apart; `day`: number of the (ds, channel, currency) combination;
    money in minor units.
    """

    order: npt.NDArray[np.int64]
    product_id: npt.NDArray[np.int64]
    day: npt.NDArray[np.int64]
    is_sale: npt.NDArray[np.bool_]
    is_credit: npt.NDArray[np.bool_]
    quantity: npt.NDArray[np.int64]
    amount: npt.NDArray[np.int64]
    refunded: npt.NDArray[np.int64]
    discount: npt.NDArray[np.int64]  # off the line, in `amount` already
    order_discount: npt.NDArray[np.int64]  # its part of what was taken off its order (`off_lines`)


SALES_SUMS = (
    "orders", "quantity", "revenue", "discount", "order_discount", "credited_quantity", "credited", "refunded",
)  # fmt: skip


def off_lines(
    discounts: Iterable[int | None], order: npt.NDArray[np.int64], amount: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """What was taken off whole orders, shared out over their lines by amount in whole minor units.

    `discounts`: one an order, None = not said, nothing is taken off; `order`: of each line the position of its order.
    """
    off = np.array([value or 0 for value in discounts], np.int64)
    return spread(off, order, amount) if off.any() else np.zeros(len(order), np.int64)


def is_sale(document: Sequence[str], state: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Orders that count as sales: no credit notes, not cancelled, no adjustments."""
    return np.array(
        [d == "order" and s not in ("cancelled", "adjustment") for d, s in zip(document, state, strict=True)], bool
    )


def daily_sales_of(lines: LineFacts) -> dict[str, npt.NDArray[np.int64]]:
    """Per product and day combination, sorted by both: the sums of `SALES_SUMS`, and the keys product_id and day.

    revenue = Σ amount of sales; credited = −Σ amount of credit notes; orders = distinct sales with the product.
    """
    counts = lines.is_sale | lines.is_credit
    product_id, day, order = lines.product_id[counts], lines.day[counts], lines.order[counts]
    if not len(product_id):
        return {name: np.zeros(0, np.int64) for name in ("product_id", "day", *SALES_SUMS)}
    sale, credit = lines.is_sale[counts], lines.is_credit[counts]
    width = int(day.max()) + 1
    key = product_id * width + day
    by = np.argsort(key, kind="stable")
    key, sale, credit, order = key[by], sale[by], credit[by], order[by]
    starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))

    def summed(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return np.add.reduceat(values, starts)

    measures = (lines.quantity, lines.amount, lines.refunded, lines.discount, lines.order_discount)
    quantity, amount, refunded, discount, order_discount = (column[counts][by] for column in measures)
    inside = np.lexsort((order, key))  # within a key the lines of one order stand side by side
    seen_before = np.zeros(len(key), bool)
    seen_before[1:] = (key[inside][1:] == key[inside][:-1]) & (order[inside][1:] == order[inside][:-1])
    first_line = np.ones(len(key), bool)
    first_line[inside] = ~seen_before
    return {
        "product_id": key[starts] // width,
        "day": key[starts] % width,
        "orders": summed((sale & first_line).astype(np.int64)),
        "quantity": summed(np.where(sale, quantity, 0)),
        "revenue": summed(np.where(sale, amount, 0)),
        "discount": summed(np.where(sale, discount, 0)),
        "order_discount": summed(np.where(sale, order_discount, 0)),
        "credited_quantity": summed(np.where(credit, -quantity, 0)),
        "credited": summed(np.where(credit, -amount, 0)),
        "refunded": summed(np.where(sale, refunded, 0)),
    }


MONEY_BACK = ("received", "restocked", "scrapped", "refunded")  # states of return cases in which a refund is paid


def excess_refunds(cases: pd.DataFrame, said: pd.DataFrame) -> pd.Series:
    """How much of each case's refund goes beyond what the lines of its order say; of equal order and currency together
    max(0, Σ refunds of cases − Σ refunds of lines), shared out where the cases say more of a product than its lines.

    `cases`: order_id (missing: no order, all of it counts), product_id, currency, refund (minor units), each
    combination once; `said`: order_id, product_id, currency, refunded. Whole minor units; the last takes the rounding.
    """
    keys = ["order_id", "currency"]
    lines = said.astype({"order_id": "Int64", "product_id": "int64", "refunded": "int64"})
    by_product = cases.merge(lines, on=[*keys, "product_id"], how="left")["refunded"].fillna(0).to_numpy(np.int64)
    by_order = lines.groupby(keys, as_index=False)["refunded"].sum()
    of_lines = cases.merge(by_order, on=keys, how="left")["refunded"].fillna(0).to_numpy(np.int64)
    refund = cases["refund"].to_numpy(np.int64)
    order = cases.groupby(keys, dropna=False, sort=False).ngroup().to_numpy()
    of_cases = pd.Series(refund).groupby(order).transform("sum").to_numpy()
    excess = np.maximum(of_cases - of_lines, 0)
    more = pd.Series(np.maximum(refund - by_product, 0))
    weight = more.groupby(order).transform("sum").to_numpy()
    upto = more.groupby(order).cumsum().to_numpy()
    share = np.zeros(len(cases), np.int64)
    some = weight > 0
    high = upto[some].astype(object) * excess[some] // weight[some]  # exact: products may exceed 64 bits
    low = (upto - more.to_numpy())[some].astype(object) * excess[some] // weight[some]
    share[some] = (high - low).astype(np.int64)
    alone = cases["order_id"].isna().to_numpy(bool)
    return pd.Series(np.where(alone, refund, share), index=cases.index)


_PICKING_ERROR = re.compile(
    r"wrong (item|product|article|size|colou?r|model|goods|sku|order)|incorrect (item|product|order)"
    r"|wrongly (sent|shipped)|(sent|shipped|received|delivered) (the )?wrong"
    r"|not (what|the (item|product)) (i )?(was )?order|mis-?ship|mis-?pick"
    r"|missing|short[- ]?(shipped|ship|delivered|quantity)|incomplete|switcheroo"
    r"|发错|错发|寄错|配错|拿错|错货|货不对|与订单不符|少发|漏发|缺件|少件|漏件|少货|缺少|数量不(对|足|符)|件数不"
)


def names_picking_error(reason: str) -> bool:
    """Whether a return's reason, in a platform's or a buyer's words, says that a wrong item came or one was missing.

    Damaged goods, goods that do not please and parcels that never came are other things.

    >>> [names_picking_error(word) for word in ("Wrong item sent", "MISSING_PARTS", "少件/漏发", "卖家发错货")]
    [True, True, True, True]
    >>> [names_picking_error(word) for word in ("does not fit", "Damaged", "七天无理由", "质量问题", "Parcel lost")]
    [False, False, False, False, False]
    """
    return _PICKING_ERROR.search(reason.lower().replace("_", " ")) is not None
