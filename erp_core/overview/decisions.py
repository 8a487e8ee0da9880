"""What needs a decision today, most money first; and what is left to set up."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd
import sqlalchemy as sa

from erp_core.catalog.tables import product_cost
from erp_core.company.views import Company
from erp_core.imports.tables import import_batch
from erp_core.orders.tables import daily_orders
from erp_core.overview.deciding import Decision
from erp_core.overview.findings import Scene, findings
from erp_core.planning.views import ReplenishmentOptions, plan_of, stock_position
from erp_core.purchasing.tables import supplier_item
from erp_core.stock.tables import stock_balance
from erp_core.text import Money, T, Text


@dataclass(frozen=True)
class SetupStep:
    """One step of the setup: done or not, and the page on which it is done."""

    key: str
    text: Text
    done: bool
    page: str
    query: tuple[tuple[str, str], ...] = ()


def setup_steps(connection: sa.Connection, company: Company) -> tuple[SetupStep, ...]:
    """What makes the numbers whole, in the order in which it is best done."""

    def any_row(query: sa.Select[tuple[int]]) -> bool:
        return connection.execute(query.limit(1)).first() is not None

    load = (("view", "import"),)
    return (
        SetupStep("sales", T("Import your sales"), any_row(sa.select(daily_orders.c.orders)), "data", load),
        SetupStep(
            "stock",
            T("Import a stock list or count"),
            any_row(sa.select(stock_balance.c.product_id).where(stock_balance.c.on_hand.is_not(None))),
            "data",
            load,
        ),
        SetupStep(
            "costs",
            T("Import unit costs"),
            any_row(sa.select(product_cost.c.id).where(product_cost.c.withdrawn_by.is_(None))),
            "data",
            load,
        ),
        SetupStep(
            "suppliers",
            T("Import suppliers and lead times"),
            any_row(sa.select(supplier_item.c.id).where(supplier_item.c.withdrawn_by.is_(None))),
            "data",
            load,
        ),
        SetupStep(
            "company",
            T("Confirm name, currency, zone"),
            bool(company.name and company.money_chosen and company.zone_chosen),
            "settings",
        ),
    )


def decisions(
    connection: sa.Connection, company: Company, as_of: dt.date, position: pd.DataFrame | None = None
) -> tuple[Decision, ...]:
    """The decisions of the day, most money first; those without money last. `as_of`: the day to plan from; `position`:
    the stock position of that day, where it is at hand."""
    if position is None:
        position = stock_position(connection, company, as_of)
    plan = plan_of(position, company, ReplenishmentOptions(), as_of)
    found = [
        *_purchases(plan.suppliers, company.base_currency, as_of),
        *_stock(position, company),
        *findings(Scene(connection, company, as_of), position.set_index("product_id")["mean_per_day"]),
        *_data(connection, plan.excluded),
    ]
    return tuple(sorted(found, key=lambda decision: -(decision.money if decision.money is not None else -1.0)))


def _purchases(suppliers: pd.DataFrame, currency: str, as_of: dt.date) -> list[Decision]:
    """One a supplier, whatever the currencies of its prices."""
    found = []
    for supplier, rows in suppliers.groupby("supplier", sort=True):
        days = rows["order_by"].dropna()
        by = max(days.min().date(), as_of) if len(days) else as_of
        when = T("today") if by <= as_of else T("by {day}", day=by)
        name = str(supplier) or T("suppliers not yet named")
        count, money = int(rows["products"].sum()), float(rows["protects"].sum())
        totals = rows.dropna(subset=["total"])
        cost = ", ".join(
            f"{total:,.0f} {word}" for total, word in zip(totals["total"], totals["currency"], strict=True)
        )
        found.append(
            Decision(
                f"buy:{supplier}",
                T("Order {count:,} products from {supplier} {when}", count=count, supplier=name, when=when),
                _why_to_buy(cost, money, currency),
                money,
                "replenishment",
                stake=T("protects {money}", money=Money(money, currency)) if money > 0 else None,
                patience=(by - as_of).days + 1,
            )
        )
    return found


def _why_to_buy(cost: str, money: float, currency: str) -> Text:
    """`cost`: what the order comes to, in the currencies of its prices; empty where no price is known."""
    reached = T("Stock and what is on order have fallen to the reorder point.")
    risk = (
        T("Sales of {money} cannot be served before a delivery that is ordered today.", money=Money(money, currency))
        if money > 0
        else T("No sale is lost yet.")
    )
    price = T("The order comes to {cost}.", cost=cost) if cost else T("No purchase price is known.")
    return T("{reached} {risk} {price}", reached=reached, risk=risk, price=price)


def _stock(position: pd.DataFrame, company: Company) -> list[Decision]:
    found, currency = [], company.base_currency
    out = position[position["status"] == "out"]
    if len(out):
        a_day = float((out["mean_per_day"] * out["unit_price_sold"].fillna(0)).sum())
        unpriced = int(out["unit_price_sold"].isna().sum())
        lost = a_day * 7 if unpriced < len(out) else None
        found.append(
            Decision(
                "out",
                T("{count:,} products that sell are out of stock", count=len(out)),
                T("Lately they sold for {money} a day; seven days without them cost this much revenue.",
                  money=Money(a_day, currency)),
                lost,
                "inventory",
                (("status", "out"),),
                None if lost is None else T("{money} a week", money=Money(lost, currency)),
            )
        )  # fmt: skip
    dead, excess = position[position["status"] == "dead"], position[position["status"] == "excess"]
    if len(dead):
        worth, known = _worth(dead["on_hand"], dead["unit_cost"])
        found.append(
            Decision(
                "dead",
                T("Clear {count:,} products that no longer sell", count=len(dead)),
                T("Not one sold in {days} days; {units:,} units lie there, {known:,} of the products have a cost.",
                  days=company.planning.dead_days, units=int(dead["on_hand"].sum()), known=known),
                worth,
                "inventory",
                (("status", "dead"),),
                None if worth is None else T("frees {money}", money=Money(worth, currency)),
            )
        )  # fmt: skip
    if len(excess):
        worth, known = _worth(excess["excess_units"], excess["unit_cost"])
        found.append(
            Decision(
                "excess",
                T("Stop buying {count:,} products with too much stock", count=len(excess)),
                T("{units:,} units lie beyond what sells in {days} days; {known:,} of the products have a cost.",
                  units=int(excess["excess_units"].sum()), days=company.planning.excess_days, known=known),
                worth,
                "inventory",
                (("status", "excess"),),
                None if worth is None else T("frees {money}", money=Money(worth, currency)),
            )
        )  # fmt: skip
    return found


def _worth(units: pd.Series, unit_cost: pd.Series) -> tuple[float | None, int]:
    """What the units cost, and over how many products that is known."""
    known = (units.astype(float) * unit_cost).dropna()
    return (float(known.sum()) if len(known) else None), len(known)


def _data(connection: sa.Connection, excluded: pd.DataFrame) -> list[Decision]:
    found = []
    uncounted = int((excluded["reason"] == "uncounted").sum())
    if uncounted:
        found.append(
            Decision(
                "count",
                T("Count {count:,} products that sell", count=uncounted),
                T("Their stock is unknown, so nothing can be said of when they run out."),
                None,
                "data",
                (("view", "quality"),),
            )
        )
    receipts = (
        connection.execute(sa.select(import_batch.c.receipt).where(import_batch.c.status == "done")).scalars().all()
    )
    rejected = [int(receipt.get("rows_rejected", 0)) for receipt in receipts]
    if sum(rejected):
        found.append(
            Decision(
                "rejected",
                T("Correct {count:,} rejected rows", count=sum(rejected)),
                T("{imports:,} imports left rows out of all numbers; download them with their reasons.",
                  imports=sum(1 for count in rejected if count)),
                None,
                "data",
                (("view", "receipts"),),
            )
        )  # fmt: skip
    return found
