"""Before signing: what renewals may bring, and quotes side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from erp_core.errors import NotFound
from erp_core.vendors import plans, schema
from erp_core.vendors.bill import GROWING, drawn_by_year, expected_total, renewals, spent, with_growth
from erp_core.vendors.cost import lacking
from erp_core.vendors.curves import bills
from erp_core.vendors.sampling import Likely

GROWTHS = (0.0, 0.03, 0.07, 0.15)  # a year, from nothing to what buyers were hit by

_QUOTE_COLUMNS = (
    "vendor", "name", "as_of", "valid_until", "valid", "currency", "project", "first_year", "total", "p50", "p90",
    "list_total", "below_list", "discount", "growth", "cap", "locked_years", "lacking", "reason",
)  # fmt: skip


def stress(decision: schema.Decision, growths: Sequence[float] = GROWTHS) -> pd.DataFrame:
    """What each vendor with a known price costs if its prices grow so much a year from the first renewal on.

    Long frame vendor, growth, capped, total: the expected total over all years in the scenario's currency. Rows with
    `capped` True hold growth under the cap that the vendor grants; there are such rows only for vendors that do.
    """
    rows = [
        (key, growth, capped, expected_total(with_growth(bill, growth, capped=capped)))
        for key, bill in bills(decision).items()
        for capped in ((False, True) if bill.pricing.renewal.cap is not None else (False,))
        for growth in growths
    ]
    return pd.DataFrame(rows, columns=["vendor", "growth", "capped", "total"])


def quotes_side_by_side(decision: schema.Decision) -> pd.DataFrame:
    """One row a quote, in the order of the decision; amounts in the scenario's currency, None where unknown.

    Columns: vendor, name, as_of, valid_until, valid (on the decision's day), currency (of the quote), project (paid
    before year 1), first_year (with the project), total (as told), p50, p90, list_total (as told, by the price list
    that would be paid otherwise), below_list (share), discount, growth (likely), cap, locked_years, lacking (tuple of
    Text), reason (Text where the quote cannot be reckoned).
    """
    rows = [_quote_row(quote, decision) for quote in decision.quotes]
    return pd.DataFrame(rows, columns=list(_QUOTE_COLUMNS), dtype=object)


def _quote_row(quote: schema.Quote, decision: schema.Decision) -> dict[str, object]:
    vendor = next(entry for entry in decision.vendors if entry.key == quote.vendor)
    asked, renewal = quote.plan.pricing, quote.plan.pricing.renewal
    growth = renewal.growth.likely if isinstance(renewal.growth, schema.Range) else renewal.growth
    row: dict[str, object] = {
        "vendor": vendor.key,
        "name": quote.plan.name,
        "as_of": quote.plan.as_of,
        "valid_until": quote.valid_until,
        "valid": plans.is_valid(quote, decision),
        "currency": asked.currency,
        "discount": asked.discount,
        "growth": growth,
        "cap": renewal.cap,
        "locked_years": renewal.locked_years,
        "lacking": lacking(asked, decision.scenario),
    }
    bill, trouble = plans.tried(vendor, quote.plan, decision)
    if bill is None:
        return {**row, "reason": trouble}
    by_year = spent(bill, Likely()).by_year()[:, 0]
    draws = drawn_by_year(bill, decision.draws, decision.seed).sum(axis=0)
    total = float(by_year.sum())
    listed = _list_total(vendor, decision)
    return {
        **row,
        "project": float(by_year[0]),
        "first_year": float(by_year[:2].sum()),
        "total": total,
        "p50": float(np.quantile(draws, 0.5)),
        "p90": float(np.quantile(draws, 0.9)),
        "list_total": listed,
        "below_list": None if not listed else 1 - total / listed,
    }


def _list_total(vendor: schema.Vendor, decision: schema.Decision) -> float | None:
    without = decision.model_copy(update={"quotes": ()})
    bill = plans.price_of(vendor, without).bill
    return None if bill is None else float(spent(bill, Likely()).by_year().sum())


def at_todays_prices(decision: schema.Decision, vendor: schema.Vendor) -> tuple[list[float], list[float], list[int]]:
    """What a vendor's total is made of, as told, so that any growth can be put upon it.

    Three lists, a value a year: what grows with the vendor's prices, at today's prices; what does not; how many
    renewals there have been. With a growth g the year costs grows × (1 + g)^renewals + stays, which is `total_cost` at
    that growth without a cap. Raises NotFound where the price is unknown.
    """
    taken = plans.price_of(vendor, decision)
    if taken.bill is None:
        raise NotFound(taken.reason, code="cost.unknown")
    table = spent(with_growth(taken.bill, 0.0, capped=False), Likely()).table()
    grows = table[list(GROWING)].sum(axis=1)
    return grows.tolist(), (table.sum(axis=1) - grows).tolist(), renewals(taken.bill)
