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
from erp_core.planning.views import ReplenishmentOptions, plan_of, stock_position
from erp_core.purchasing.tables import supplier_item
from erp_core.stock.tables import stock_balance
from erp_core.text import T, Text


@dataclass(frozen=True)
class Decision:
    """One thing to decide: what, why, the money it protects or frees (base currency, major units), where to act."""

    key: str
    title: Text
    why: Text
    money: float | None
    page: str
    query: tuple[tuple[str, str], ...] = ()


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
    """The decisions of the day, most money first; those without money last. `position`: the stock position of the day,
    where it is at hand."""
    if position is None:
        position = stock_position(connection, company, as_of)
    plan = plan_of(position, company, ReplenishmentOptions(), as_of)
    found = [*_purchases(plan.suppliers, as_of), *_stock(position), *_data(connection, plan.excluded)]
    return tuple(sorted(found, key=lambda decision: -(decision.money if decision.money is not None else -1.0)))


def _purchases(suppliers: pd.DataFrame, as_of: dt.date) -> list[Decision]:
    found = []
    for row in suppliers.to_dict("records"):
        by = row["order_by"].date() if pd.notna(row["order_by"]) else as_of
        when = T("today") if by <= as_of else T("by {day}", day=by.isoformat())
        name = row["supplier"] or T("suppliers not yet named")
        found.append(
            Decision(
                f"buy:{row['supplier']}",
                T("Order {count} products from {supplier} {when}", count=row["products"], supplier=name, when=when),
                T("Their stock, with what is on order, has reached the reorder point; waiting loses sales."),
                float(row["protects"]),
                "replenishment",
            )
        )
    return found


def _stock(position: pd.DataFrame) -> list[Decision]:
    found = []
    out = position[position["status"] == "out"]
    if len(out):
        lost = float((out["mean_per_day"] * 7 * out["unit_price_sold"].fillna(0)).sum())
        found.append(
            Decision(
                "out",
                T("{count} products that sell are out of stock", count=len(out)),
                T("At the recent rate of sale this is what a week without them costs in revenue."),
                lost,
                "inventory",
                (("status", "out"),),
            )
        )
    dead, excess = position[position["status"] == "dead"], position[position["status"] == "excess"]
    if len(dead):
        title = T("Clear {count} products that no longer sell", count=len(dead))
        why = T("Their stock ties up this much cash.")
        worth = _worth(dead["on_hand"], dead["unit_cost"])
        found.append(Decision("dead", title, why, worth, "inventory", (("status", "dead"),)))
    if len(excess):
        title = T("Stop buying {count} products with too much stock", count=len(excess))
        why = T("The units beyond the allowed cover tie up this much cash.")
        worth = _worth(excess["excess_units"], excess["unit_cost"])
        found.append(Decision("excess", title, why, worth, "inventory", (("status", "excess"),)))
    return found


def _worth(units: pd.Series, unit_cost: pd.Series) -> float | None:
    known = (units.astype(float) * unit_cost).dropna()
    return float(known.sum()) if len(known) else None


def _data(connection: sa.Connection, excluded: pd.DataFrame) -> list[Decision]:
    found = []
    uncounted = int((excluded["reason"] == "uncounted").sum())
    if uncounted:
        found.append(
            Decision(
                "count",
                T("Count {count} products that sell", count=uncounted),
                T("Their stock is unknown, so nothing can be said of when they run out."),
                None,
                "data",
                (("view", "quality"),),
            )
        )
    receipts = (
        connection.execute(sa.select(import_batch.c.receipt).where(import_batch.c.status == "done")).scalars().all()
    )
    rejected = sum(int(receipt.get("rows_rejected", 0)) for receipt in receipts)
    if rejected:
        found.append(
            Decision(
                "rejected",
                T("Correct {count} rejected rows", count=rejected),
                T("They were kept out of all numbers; download them with their reasons."),
                None,
                "data",
                (("view", "receipts"),),
            )
        )
    return found
