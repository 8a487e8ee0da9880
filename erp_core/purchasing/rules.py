"""What of a purchase order is still to come. Pure."""

from __future__ import annotations

import numpy as np
import pandas as pd


def still_to_come(lines: pd.DataFrame) -> pd.Series:
    """Units of each line that have not arrived; 0 of lines that are not open.

    `lines`: number and product_id (what receipts name), quantity, received_said (what the line's file says), arrived
    (what receipts say of the number and product, equal on all its lines), state, expected_on, id. Where one purchase
    order has several lines of a product, its receipts fill the lines that are received already first, then the open
    ones in the order in which they are expected.
    """
    order = lines.assign(is_open=lines["state"] == "open", is_off=lines["state"] == "cancelled").sort_values(
        ["number", "product_id", "is_off", "is_open", "expected_on", "id"], na_position="last", kind="stable"
    )
    upto = order.groupby(["number", "product_id"], sort=False)["quantity"].cumsum()
    by_receipts = (order["arrived"] - (upto - order["quantity"])).clip(lower=0)
    received = np.maximum(order["received_said"], np.minimum(by_receipts, order["quantity"]))
    rest = (order["quantity"] - received).clip(lower=0).where(order["is_open"], 0)
    return rest.reindex(lines.index).astype("int64")
