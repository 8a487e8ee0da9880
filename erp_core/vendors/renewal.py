"""Before signing: what renewals may bring, quotes side by side, and what belongs in the contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from erp_core.text import Money, T, Text
from erp_core.vendors import plans, schema
from erp_core.vendors.bill import Bill, anniversary, drawn_by_year, expected_total, spent, users_by_year, with_growth
from erp_core.vendors.cost import lacking
from erp_core.vendors.curves import bills
from erp_core.vendors.naming import percent
from erp_core.vendors.sampling import Likely

GROWTHS = (0.0, 0.03, 0.07, 0.15)  # a year, from nothing to what buyers were hit by
GOOD_CAP = 0.05  # buyers report caps of 3 to 5 %
FEWER_SEATS = 0.2

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


# --- the contract --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ContractPoint:
    """One thing to have in writing. `ask`: the clause; `why`: what it is worth or guards against; `granted`: whether
    the price list or quote says so already (None = it does not tell of such things); `worth`: in the scenario's
    currency over all years, where it can be reckoned."""

    key: str
    ask: Text
    why: Text
    granted: bool | None = None
    worth: float | None = None


def contract_points(bill: Bill) -> tuple[ContractPoint, ...]:
    """The checklist of a contract, with what each point is worth on this merchant's numbers."""
    return (
        _cap(bill),
        _notice(bill),
        _lock(bill),
        _seats(bill),
        ContractPoint(
            "export",
            T("All data can be taken out at any time, whole, in an open format, without a fee."),
            T("Without it the next change costs what this vendor asks."),
        ),
        _leaving(bill),
        _credits(bill),
        ContractPoint(
            "restore",
            T("A restore from backup is shown with our own data before going live, and once a year after."),
            T("A backup that nobody restored is a hope."),
        ),
    )


def _cap(bill: Bill) -> ContractPoint:
    renewal, worst = bill.pricing.renewal, max(GROWTHS)
    free = expected_total(with_growth(bill, worst, capped=False))
    cap = GOOD_CAP if renewal.cap is None else renewal.cap
    worth = free - expected_total(with_growth(bill, min(cap, worst), capped=False))
    why = T(
        "At {worst} % a year the total would be {free}; a cap of {cap} % takes off {worth}. Buyers report 3 to 5 %.",
        worst=percent(worst), free=_money(bill, free), cap=percent(cap), worth=_money(bill, worth),
    )  # fmt: skip
    ask = T("Prices rise by at most {cap} % at each renewal.", cap=percent(cap))
    return ContractPoint("cap", ask, why, renewal.cap is not None and renewal.cap <= GOOD_CAP, worth)


def _notice(bill: Bill) -> ContractPoint:
    day = anniversary(bill.scenario.start, max(1, bill.pricing.renewal.locked_years))
    return ContractPoint(
        "notice",
        T("Notice can be given until 30 days before a renewal; the vendor reminds of it 90 days before."),
        T("The first renewal is on {day}: put the day of notice into the calendar.", day=day),
    )


def _lock(bill: Bill) -> ContractPoint:
    renewal, years = bill.pricing.renewal, bill.scenario.years
    held = min(years, max(1, renewal.locked_years))
    wanted = min(years, max(3, held))
    locked = replace(
        bill,
        pricing=bill.pricing.model_copy(update={"renewal": renewal.model_copy(update={"locked_years": wanted})}),
    )
    worth = expected_total(bill) - expected_total(locked)
    ask = T("The price is locked for {years} years, for further seats too.", years=wanted)
    if held >= wanted:
        return ContractPoint("lock", ask, T("It is locked for {years} years already.", years=held), True, 0.0)
    why = T("On average that saves {worth} against a lock of {held} years.", worth=_money(bill, worth), held=held)
    return ContractPoint("lock", ask, why, False, worth)


def _seats(bill: Bill) -> ContractPoint:
    ask = T("Seats can be given back at each renewal.")
    most = users_by_year(bill.scenario)
    fewer = [float(np.floor(count * (1 - FEWER_SEATS))) for count in most]
    smaller = replace(
        bill, scenario=bill.scenario.model_copy(update={"users": schema.Path(now=fewer[0], by_year=tuple(fewer))})
    )
    worth = expected_total(bill) - expected_total(smaller)
    if worth <= 0:
        return ContractPoint("seats", ask, T("Fewer users would not make this price lower."), None, 0.0)
    why = T(
        "With a fifth fewer users the total is lower by {worth}: without this clause it is paid all the same.",
        worth=_money(bill, worth),
    )
    return ContractPoint("seats", ask, why, None, worth)


def _leaving(bill: Bill) -> ContractPoint:
    ask = T("On leaving, the vendor helps with the move for 90 days at agreed rates, and then deletes our data.")
    told = bill.pricing.exit
    if told is None:
        return ContractPoint("exit", ask, T("What leaving costs is not told: agree on it while you can."), False)
    amount = float(spent(bill, Likely()).running["exit"].sum())
    return ContractPoint("exit", ask, T("Leaving is told to cost {amount}.", amount=_money(bill, amount)), True)


def _credits(bill: Bill) -> ContractPoint:
    ask = T("Uptime is promised in writing, and every hour beyond it is credited without asking.")
    hour = bill.scenario.downtime.cost_an_hour
    if hour <= 0:
        return ContractPoint("credits", ask, T("What an hour of standstill costs you is not stated."))
    return ContractPoint("credits", ask, T("An hour of standstill costs you {amount}.", amount=_money(bill, hour)))


def _money(bill: Bill, amount: float) -> Money:
    return Money(amount, bill.scenario.currency)
