"""Every number is declared once: what it is called, how it is computed, in what unit, which way is good, whose it is.

Tooltips, glossary, exports, the terminal and the tests read these records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from erp_core.metrics import formulas
from erp_core.text import T, Text, say


@dataclass(frozen=True)
class Benchmark:
    """What others reach: from `low` to `high`, a good system `target`; and who says so."""

    low: float
    high: float
    target: float
    source: Text


@dataclass(frozen=True)
class Metric:
    """One number.

    `unit`: money, count, units, share, per_month, per_year, days, ratio. `good`: up, down, or none. `system`: ERP or CRM.
    `compute`: the formula over the names of `example`; `example`: a worked case, `expected` its result.
    """

    key: str
    name: Text
    formula: Text
    unit: str
    good: str
    system: str
    compute: Callable[..., float | None]
    example: Mapping[str, Any]
    expected: float
    benchmark: Benchmark | None = None
    needs: tuple[str, ...] = field(default=("orders",))

    def to_json(self, language: str) -> dict[str, Any]:
        """The record in one language."""
        mark = self.benchmark
        return {
            "key": self.key,
            "name": say(self.name, language),
            "formula": say(self.formula, language),
            "unit": self.unit,
            "good": self.good,
            "system": self.system,
            "benchmark": None
            if mark is None
            else {"low": mark.low, "high": mark.high, "target": mark.target, "source": say(mark.source, language)},
        }


def _identity(value: float | None) -> float | None:
    return value


TURNOVER = Benchmark(
    3.0, 4.0, 4.5, T("Online trade: 3 to 4 a month; one home-goods shop reached 4.5 with a good system")
)
ORDER_ERRORS = Benchmark(0.0, 0.001, 0.001, T("Online trade: wrong and missing items stay below 0.1 %"))
_PER_YEAR = Benchmark(36.0, 48.0, 54.0, T("The monthly benchmark times twelve"))
_COSTED = ("orders", "costs")
_FEES = ("orders", "costs", "fees")
_STOCKED = ("orders", "costs", "counts")

_ALL = (
    Metric(
        "revenue", T("Revenue"),
        T("Money of product lines after line discounts, of orders that are neither cancelled nor adjustments; without charges, shipping and tax"),
        "money", "up", "ERP", _identity, {"value": 1250.0}, 1250.0,
    ),
    Metric(
        "net_revenue", T("Net revenue"), T("Revenue − refunds − credit notes"), "money", "up", "ERP",
        formulas.difference, {"0": 1250.0, "1": 50.0, "2": 100.0}, 1100.0,
    ),
    Metric("gross_sales", T("Gross sales"), T("Revenue + discounts on lines: product lines at their list value, before any discount"),
           "money", "up", "ERP", formulas.added, {"0": 1250.0, "1": 120.0}, 1370.0),
    Metric("discounts", T("All discounts"),
           T("Discounts on product lines + discounts on whole orders that the shop bore; of the same orders as revenue"), "money", "none", "ERP",
           formulas.added, {"0": 120.0, "1": 30.0}, 150.0),
    Metric("net_sales", T("Net sales"), T("Gross sales − discounts − refunds − credit notes"), "money", "up", "ERP",
           formulas.difference, {"0": 1370.0, "1": 150.0, "2": 50.0, "3": 100.0}, 1070.0),
    Metric("refunds", T("Refunds"), T("Money paid back on product lines of orders that stand"), "money", "down", "CRM",
           _identity, {"value": 50.0}, 50.0),
    Metric("credit_notes", T("Credit notes"), T("Money of product lines of credit notes"), "money", "down", "ERP",
           _identity, {"value": 100.0}, 100.0),
    Metric("charges", T("Charges"), T("Money of charge lines such as postage and fees; not in revenue"), "money", "none", "ERP",
           _identity, {"value": 18.0}, 18.0),
    Metric("orders", T("Orders"), T("Orders that are neither cancelled nor adjustments nor credit notes"), "count", "up", "ERP",
           _identity, {"value": 20}, 20.0),
    Metric("orders_waiting", T("Unshipped"), T("Orders that are placed or paid and have not left"), "count", "down", "ERP",
           _identity, {"value": 3}, 3.0),
    Metric("units", T("Units sold"), T("Units on product lines of the orders counted"), "units", "up", "ERP",
           _identity, {"value": 50}, 50.0),
    Metric("average_order_value", T("Average order value"), T("Revenue ÷ orders"), "money", "up", "CRM",
           formulas.ratio, {"0": 1250.0, "1": 20}, 62.5),
    Metric("cogs", T("Cost of goods sold"),
           T("Units sold × the unit cost in force on the day of sale (before the first known cost: the first)"), "money", "none", "ERP",
           _identity, {"value": 700.0}, 700.0, needs=_COSTED),
    Metric("gross_margin", T("Gross margin"), T("Revenue − cost of goods sold, over products with a known cost"), "money", "up", "ERP",
           formulas.difference, {"0": 1250.0, "1": 700.0}, 550.0, needs=_COSTED),
    Metric("gross_margin_share", T("Gross margin rate"), T("Gross margin ÷ revenue, over products with a known cost"), "share", "up", "ERP",
           formulas.ratio, {"0": 550.0, "1": 1250.0}, 0.44, needs=_COSTED),
    Metric("contribution", T("Contribution"),
           T("Revenue − discounts − cost of goods − commission − payment fees − advertising − shipping − returns − storage and other fees; discounts are those that the shop gave on whole orders, cost is net of goods that came back on the shelf, shipping is net of what buyers paid beside the goods (shipping and charge lines)"),
           "money", "up", "ERP", formulas.difference,
           {"revenue": 1250.0, "discounts": 30.0, "cost": 700.0, "commission": 62.5, "payment": 25.0, "advertising": 100.0, "shipping": 80.0,
            "returns": 50.0, "other_fees": 7.5}, 195.0, needs=_FEES),
    Metric("contribution_share", T("Contribution rate"), T("Contribution ÷ revenue"), "share", "up", "ERP",
           formulas.ratio, {"contribution": 195.0, "revenue": 1250.0}, 0.156, needs=_FEES),
    Metric("average_inventory_value", T("Average inventory at cost"),
           T("Stock at the end of each day × unit cost, averaged over the days of the period on which it is known"), "money", "down", "ERP",
           _identity, {"value": 350.0}, 350.0, needs=_STOCKED),
    Metric("average_inventory_units", T("Average inventory in units"),
           T("Units in stock at the end of each day, averaged over the days of the period on which they are known"), "units", "down", "ERP",
           _identity, {"value": 120.0}, 120.0, needs=("counts",)),
    Metric("turnover_month", T("Turnover / month"),
           T("Cost of goods sold ÷ average inventory at cost ÷ months of 30.4375 days, over products with known stock and cost"),
           "per_month", "up", "ERP", formulas.turnover_per_month, {"0": 3150.0, "1": 350.0, "2": 91.3125}, 3.0, TURNOVER, _STOCKED),
    Metric("turnover_year", T("Turnover / year"),
           T("Cost of goods sold ÷ average inventory at cost ÷ years of 365.25 days, over products with known stock and cost"),
           "per_year", "up", "ERP", formulas.turnover_per_year, {"0": 3150.0, "1": 350.0, "2": 91.3125}, 36.0, _PER_YEAR, _STOCKED),
    Metric("days_of_inventory", T("Days of inventory"), T("Average inventory at cost ÷ cost of goods sold a day"), "days", "down", "ERP",
           formulas.days_of_inventory, {"0": 700.0, "1": 350.0, "2": 30}, 15.0, needs=_STOCKED),
    Metric("sell_through", T("Sell-through"),
           T("Units sold ÷ (units sold + units in stock at the end), over products with known stock"), "share", "up", "ERP",
           formulas.sell_through, {"0": 50, "1": 150}, 0.25, needs=("orders", "counts")),
    Metric("in_stock_rate", T("In-stock rate"),
           T("Days on which a product was in stock ÷ days on which its stock is known, over all products"), "share", "up", "ERP",
           formulas.ratio, {"0": 57, "1": 60}, 0.95, needs=("counts",)),
    Metric("shortage", T("Products running short"),
           T("Products sold lately whose available stock does not last over the lead time at the recent rate of sale"), "count", "down", "ERP",
           _identity, {"value": 4}, 4.0, needs=("orders", "counts")),
    Metric("excess", T("Excess stock"),
           T("Value at cost of units beyond what sells in the days that the company allows"), "money", "down", "ERP",
           _identity, {"value": 90.0}, 90.0, needs=_STOCKED),
    Metric("dead_stock", T("Dead stock"),
           T("Value at cost of stock of products without a sale in the days that the company allows"), "money", "down", "ERP",
           _identity, {"value": 40.0}, 40.0, needs=_STOCKED),
    Metric("cash_in_stock", T("Cash in stock"), T("Value at cost of all stock that is known now"), "money", "down", "ERP",
           _identity, {"value": 360.0}, 360.0, needs=("costs", "counts")),
    Metric("gmroi", T("Return on inventory (GMROI)"), T("Gross margin ÷ average inventory at cost, over products with known stock and cost"),
           "ratio", "up", "ERP", formulas.ratio, {"0": 550.0, "1": 350.0}, 550.0 / 350.0, needs=_STOCKED),
    Metric("return_rate", T("Return rate"), T("(Refunds + credit notes) ÷ revenue"), "share", "down", "CRM",
           formulas.ratio, {"0": 150.0, "1": 1250.0}, 0.12),
    Metric("cancel_rate", T("Cancel rate"),
           T("Cancelled orders and credit notes ÷ (these + orders)"), "share", "down", "CRM",
           formulas.ratio, {"0": 5, "1": 25}, 0.2),
    Metric("order_error_rate", T("Order error rate"),
           T("Orders with a wrong or a missing item ÷ orders, as far as the reasons of returns tell"), "share", "down", "ERP",
           formulas.ratio, {"0": 3, "1": 1200}, 0.0025, ORDER_ERRORS, ("orders", "returns")),
    Metric("customers", T("Customers"), T("Different customers who ordered"), "count", "up", "CRM",
           _identity, {"value": 15}, 15.0),
    Metric("repeat_customer_rate", T("Repeat customers"), T("Customers with two or more orders in the period ÷ customers"), "share", "up", "CRM",
           formulas.ratio, {"0": 6, "1": 15}, 0.4),
)  # fmt: skip

METRICS: Mapping[str, Metric] = MappingProxyType({metric.key: metric for metric in _ALL})
