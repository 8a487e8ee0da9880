"""Orders, returns, products and contacts that wait for somebody: as decisions, and the rows behind each.

Home leads to the rows by their name (`ROWS`). Money is in the base currency, in major units; unknown is missing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.catalog.tables import product
from erp_core.catalog.views import bundles, costs, latest_costs
from erp_core.company.views import Company
from erp_core.customers.tables import interaction
from erp_core.db import facts
from erp_core.finance.views import Rates, read_rates
from erp_core.money import to_major
from erp_core.orders.rules import Filters
from erp_core.orders.sold import Sold
from erp_core.orders.tables import channel, daily_orders, return_case, sales_order
from erp_core.overview.deciding import Decision, cost_rises, losses
from erp_core.security.masking import without_contacts
from erp_core.text import Money, T, Text

LATE_DAYS = 3  # a paid order that has waited longer is late
PERIOD_DAYS = 90  # over which losses and rises are looked for
MONTH_DAYS = 30
ANSWER_DAYS = 30  # an older contact is history, not an open question
ROWS_LIMIT = 5_000


@dataclass(frozen=True)
class Scene:
    """What findings are made from: the connection, the company, the day to plan from."""

    connection: sa.Connection
    company: Company
    as_of: dt.date

    @property
    def period(self) -> Period:
        """The days before `as_of` over which is looked."""
        return Period(self.as_of - dt.timedelta(days=PERIOD_DAYS), self.as_of - dt.timedelta(days=1))

    def worth(self, amount: float) -> Money:
        """An amount in the base currency, for a sentence."""
        return Money(amount, self.company.base_currency)


def findings(scene: Scene, mean_per_day: pd.Series) -> list[Decision]:
    """All that waits. `mean_per_day`: units that sell a day lately, by product_id."""
    found = (_ship(scene), _inspect(scene), _loss(scene), _dearer(scene, mean_per_day), _answer(scene))
    return [decision for decision in found if decision is not None]


def _here(name: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    return "home", (("rows", name),)


# --- orders that should have left ------------------------------------------------------------------------------------


def _late(scene: Scene) -> sa.ColumnElement[bool]:
    """Paid orders older than `LATE_DAYS`; only the days on which an order waits are looked into."""
    last, o, d = scene.as_of - dt.timedelta(days=LATE_DAYS + 1), sales_order.c, daily_orders.c
    days = sa.select(d.ds).where(d.waiting > 0, d.ds <= last)
    return sa.and_(o.ds.in_(days), o.state == "paid", o.document == "order", o.withdrawn_by.is_(None))


def _ship(scene: Scene) -> Decision | None:
    o = sales_order.c
    query = sa.select(o.currency, sa.func.count(), sa.func.sum(o.goods), sa.func.min(o.ds)).where(_late(scene))
    rows = scene.connection.execute(query.group_by(o.currency)).all()
    if not rows:
        return None
    rates = read_rates(scene.connection)
    values = [_in_base(int(goods), currency, scene, rates) for currency, _, goods, _ in rows]
    money = None if None in values else sum(value for value in values if value is not None)
    count, oldest = sum(row[1] for row in rows), min(row[3] for row in rows)
    page, query_ = _here("ship")
    return Decision(
        "ship",
        T("Ship {count:,} orders that are late", count=count),
        T(
            "They are paid and have waited more than {days} days, the oldest since {day}. Late parcels are cancelled "
            "and cost the shop its rating.",
            days=LATE_DAYS, day=oldest,
        ),
        money, page, query_, None if money is None else T("{money} waiting", money=scene.worth(money)), LATE_DAYS,
    )  # fmt: skip


def _in_base(minor: int, currency: str, scene: Scene, rates: Rates) -> float | None:
    rate = rates.rate(currency, scene.company.base_currency, scene.as_of)
    return None if rate is None else float(to_major(minor, currency) * rate)


def _ship_rows(scene: Scene) -> pd.DataFrame:
    """number, channel, ds, waited (days), units, goods, currency: the oldest first."""
    o = sales_order.c
    query = (
        sa.select(
            o.external_id.label("number"), channel.c.name.label("channel"), o.ds, o.quantity.label("units"), o.goods,
            o.currency,
        )
        .join(channel, channel.c.id == o.channel_id)
        .where(_late(scene))
        .order_by(o.ds, o.id)
        .limit(ROWS_LIMIT)
    )  # fmt: skip
    frame = _frame(scene, query)
    frame["waited"] = [(scene.as_of - day).days for day in frame["ds"]]
    frame["goods"] = [float(to_major(g, c)) for g, c in zip(frame["goods"], frame["currency"], strict=True)]
    return frame[["number", "channel", "ds", "waited", "units", "goods", "currency"]]


# --- goods that came back and lie about ------------------------------------------------------------------------------


def _inspect_rows(scene: Scene) -> pd.DataFrame:
    """sku, name, order_number, ds, units, value at cost: what was received and neither shelved nor scrapped."""
    r = return_case.c
    query = (
        sa.select(
            r.product_id, product.c.sku, product.c.name, sales_order.c.external_id.label("order_number"), r.ds,
            (r.quantity - r.restocked).label("units"),
        )
        .select_from(
            return_case.join(product, product.c.id == r.product_id)
            .outerjoin(sales_order, sales_order.c.id == r.order_id)
        )
        .where(facts.stands(return_case), r.state == "received", r.quantity > r.restocked, r.ds <= scene.as_of)
        .order_by(r.ds, r.id)
    )  # fmt: skip
    frame = _frame(scene, query)
    return frame.assign(value=_costs_now(scene, frame["product_id"]) * frame["units"].astype(float))


def _inspect(scene: Scene) -> Decision | None:
    rows = _inspect_rows(scene)
    if rows.empty:
        return None
    known = rows["value"].dropna()
    money = float(known.sum()) if len(known) else None
    page, query = _here("inspect")
    return Decision(
        "inspect",
        T("Inspect {count:,} returned units", count=int(rows["units"].sum())),
        T(
            "They came back, the oldest on {day}, and were neither put on the shelf nor written off; the cost of "
            "{known:,} of {cases:,} returns is known.",
            day=rows["ds"].min(), known=len(known), cases=len(rows),
        ),
        money, page, query, None if money is None else T("frees {money}", money=scene.worth(money)),
    )  # fmt: skip


# --- products that lose money ----------------------------------------------------------------------------------------


def _loss_rows(scene: Scene) -> pd.DataFrame:
    """sku, name, units, revenue (after all discounts), cost (in force on the day of sale), loss: the largest loss
    first."""
    money = (scene.company.base_currency, read_rates(scene.connection))
    sold = Sold(scene.connection, scene.period, Filters(), money)
    sums = sold.over(scene.period)
    sales = pd.DataFrame(
        {
            "product_id": sold.products,
            "units": sums.quantity,
            "revenue": sums.revenue - sums.order_discount,
            "cost": np.where(sums.lacks_cost, np.nan, sums.cost),
        }
    )[~sold.is_charge]
    return _named(scene, losses(sales))[["sku", "name", "units", "revenue", "cost", "loss"]]


def _loss(scene: Scene) -> Decision | None:
    rows = _loss_rows(scene)
    if rows.empty:
        return None
    money = float(rows["loss"].sum())
    page, query = _here("loss")
    return Decision(
        "loss",
        T("Raise the price of {count:,} products sold below cost", count=len(rows)),
        T(
            "In {days} days they brought {revenue} after discounts and cost {cost}; {sku} loses most.",
            days=PERIOD_DAYS, sku=str(rows["sku"].iloc[0]),
            revenue=scene.worth(float(rows["revenue"].sum())), cost=scene.worth(float(rows["cost"].sum())),
        ),
        money, page, query, T("{money} lost", money=scene.worth(money)),
    )  # fmt: skip


# --- products that became dearer -------------------------------------------------------------------------------------


def _dearer_rows(scene: Scene, mean_per_day: pd.Series) -> pd.DataFrame:
    """sku, name, valid_from, before, unit_cost, currency, rise (share), units_a_month, extra (base currency, what a
    month at the recent rate of sale costs more): the largest first. Of bundles the products in them stand here."""
    held = costs(scene.connection)
    held = held[~held["product_id"].isin(bundles(scene.connection)["parent_id"])]
    rows = cost_rises(held, scene.period.start, scene.as_of)
    rows["units_a_month"] = rows["product_id"].map(mean_per_day).fillna(0.0).astype(float) * MONTH_DAYS
    rows = rows[rows["units_a_month"] > 0]
    factor = _factors(scene, rows["currency"])
    rows = rows.assign(extra=(rows["unit_cost"] - rows["before"]) * rows["units_a_month"] * factor)
    rows = _named(scene, rows).sort_values("extra", ascending=False, kind="stable", ignore_index=True)
    rows["units_a_month"] = rows["units_a_month"].round(1)
    return rows[["sku", "name", "valid_from", "before", "unit_cost", "currency", "rise", "units_a_month", "extra"]]


def _dearer(scene: Scene, mean_per_day: pd.Series) -> Decision | None:
    rows = _dearer_rows(scene, mean_per_day)
    if rows.empty:
        return None
    known = rows["extra"].dropna()
    money = float(known.sum()) if len(known) else None
    page, query = _here("dearer")
    top = rows.loc[rows["rise"].idxmax()]
    return Decision(
        "dearer",
        T("Answer the dearer cost of {count:,} products", count=len(rows)),
        T(
            "Their unit cost rose in the last {days} days, {sku} most: by {share}. Negotiate, or raise prices.",
            days=PERIOD_DAYS, sku=str(top["sku"]), share=f"{top['rise']:.0%}",
        ),
        money, page, query,
        None if money is None else T("{money} a month", money=scene.worth(money)),
    )  # fmt: skip


# --- buyers who wait for an answer -----------------------------------------------------------------------------------


def _answer_rows(scene: Scene) -> pd.DataFrame:
    """at (UTC), medium, channel, order_number, waited (days): the last word of a buyer, to which nobody has answered;
    the oldest first. Contacts without a buyer or an order cannot be told apart and are left out."""
    i = interaction.c
    since = dt.datetime.combine(scene.as_of - dt.timedelta(days=ANSWER_DAYS), dt.time(), dt.UTC)
    later = interaction.alias("later")
    same = sa.or_(
        sa.and_(i.customer_id.is_not(None), later.c.customer_id == i.customer_id),
        sa.and_(
            i.order_external_id.is_not(None),
            later.c.order_external_id == i.order_external_id,
            later.c.channel_id.is_not_distinct_from(i.channel_id),
        ),
    )
    after = sa.or_(later.c.at > i.at, sa.and_(later.c.at == i.at, later.c.id > i.id))
    followed = sa.exists(sa.select(sa.literal(1)).where(same, after, facts.stands(later)))
    query = (
        sa.select(i.at, i.medium, channel.c.name.label("channel"), i.order_external_id.label("order_number"))
        .select_from(interaction.outerjoin(channel, channel.c.id == i.channel_id))
        .where(
            facts.stands(interaction),
            i.direction == "in",
            i.at >= since,
            sa.or_(i.customer_id.is_not(None), i.order_external_id.is_not(None)),
            ~followed,
        )
        .order_by(i.at)
        .limit(ROWS_LIMIT)
    )
    frame = _frame(scene, query)
    return frame.assign(waited=[max((scene.as_of - at.date()).days, 0) for at in frame["at"]])


def _answer(scene: Scene) -> Decision | None:
    rows = _answer_rows(scene)
    if rows.empty:
        return None
    page, query = _here("answer")
    return Decision(
        "answer",
        T("Answer {count:,} buyers", count=len(rows)),
        T(
            "Theirs is the last word of the last {days} days; the oldest has waited {waited} days.",
            days=ANSWER_DAYS, waited=int(rows["waited"].max()),
        ),
        None, page, query, patience=1,
    )  # fmt: skip


# --- orders that went out wrong --------------------------------------------------------------------------------------


def _wrong_rows(scene: Scene) -> pd.DataFrame:
    """number, channel, ds, sku, name, reason, units: returns of orders of the last 90 days whose reason names a wrong
    or a missing item; the newest orders first."""
    r, o = return_case.c, sales_order.c
    query = (
        sa.select(
            o.external_id.label("number"), channel.c.name.label("channel"), o.ds, product.c.sku, product.c.name,
            r.personal, r.quantity.label("units"),
        )
        .select_from(
            return_case.join(sales_order, o.id == r.order_id)
            .join(channel, channel.c.id == o.channel_id)
            .join(product, product.c.id == r.product_id)
        )
        .where(
            facts.stands(return_case), r.picking_error.is_(sa.true()), o.withdrawn_by.is_(None),
            o.ds.between(scene.period.start, scene.period.end),
        )
        .order_by(o.ds.desc(), r.id)
    )  # fmt: skip
    frame = _frame(scene, query)
    reasons = [without_contacts(document.get("reason")) for document in frame["personal"]]
    return frame.assign(reason=reasons).drop(columns="personal")


# --- the rows, by the name that Home's address carries ---------------------------------------------------------------


@dataclass(frozen=True)
class Behind:
    """The rows behind a decision: their title, the columns of the frame with their titles and kinds (`ui.tables`)."""

    title: Text
    columns: Mapping[str, tuple[Text, str]]
    read: Callable[[Scene, pd.Series], pd.DataFrame]


ROWS: Mapping[str, Behind] = {
    "ship": Behind(
        T("Paid orders that should have left"),
        {"number": (T("Order"), "text"), "channel": (T("Channel"), "text"), "ds": (T("Ordered on"), "day"),
         "waited": (T("Waits (days)"), "count"), "units": (T("Units"), "count"), "goods": (T("Goods"), "money"),
         "currency": (T("Currency"), "text")},
        lambda scene, _: _ship_rows(scene),
    ),
    "inspect": Behind(
        T("Returns that wait for inspection"),
        {"sku": (T("SKU"), "text"), "name": (T("Product name"), "text"), "order_number": (T("Order"), "text"),
         "ds": (T("Came back on"), "day"), "units": (T("Units"), "count"), "value": (T("Value at cost"), "money")},
        lambda scene, _: _inspect_rows(scene),
    ),
    "loss": Behind(
        T("Products sold below cost"),
        {"sku": (T("SKU"), "text"), "name": (T("Product name"), "text"), "units": (T("Units"), "count"),
         "revenue": (T("Revenue"), "money"), "cost": (T("Cost"), "money"), "loss": (T("Loss"), "money")},
        lambda scene, _: _loss_rows(scene),
    ),
    "dearer": Behind(
        T("Products whose unit cost rose"),
        {"sku": (T("SKU"), "text"), "name": (T("Product name"), "text"), "valid_from": (T("Valid from"), "day"),
         "before": (T("Cost before"), "number"), "unit_cost": (T("Unit cost"), "number"),
         "currency": (T("Currency"), "text"), "rise": (T("Rise"), "percent"),
         "units_a_month": (T("Units a month"), "count"), "extra": (T("More a month"), "money")},
        _dearer_rows,
    ),
    "wrong": Behind(
        T("Orders with a wrong or a missing item"),
        {"number": (T("Order"), "text"), "channel": (T("Channel"), "text"), "ds": (T("Ordered on"), "day"),
         "sku": (T("SKU"), "text"), "name": (T("Product name"), "text"), "reason": (T("Reason"), "text"),
         "units": (T("Units"), "count")},
        lambda scene, _: _wrong_rows(scene),
    ),
    "answer": Behind(
        T("Buyers who wait for an answer"),
        {"at": (T("Written at"), "text"), "medium": (T("By"), "text"), "channel": (T("Channel"), "text"),
         "order_number": (T("Order"), "text"), "waited": (T("Waits (days)"), "count")},
        lambda scene, _: _answer_rows(scene),
    ),
}  # fmt: skip


def _frame(scene: Scene, query: sa.Select[tuple[object, ...]]) -> pd.DataFrame:
    result = scene.connection.execute(query)
    return pd.DataFrame(result.all(), columns=list(result.keys()))


def _named(scene: Scene, rows: pd.DataFrame) -> pd.DataFrame:
    """With sku and name of product_id."""
    found = scene.connection.execute(sa.select(product.c.id, product.c.sku, product.c.name)).all()
    names = {row.id: (row.sku, row.name) for row in found}
    pairs = [names.get(int(number), ("", None)) for number in rows["product_id"]]
    return rows.assign(sku=[sku for sku, _ in pairs], name=[name for _, name in pairs])


def _costs_now(scene: Scene, products: pd.Series) -> np.ndarray:
    """The unit cost of each product on the day, in the base currency; NaN unknown."""
    held = latest_costs(scene.connection, scene.as_of)
    unit = held["unit_cost"].to_numpy(float) * _factors(scene, held["currency"])
    return products.map(pd.Series(unit, index=held["product_id"].to_numpy())).to_numpy(float)


def _factors(scene: Scene, currencies: pd.Series) -> np.ndarray:
    """What one unit of each currency is worth in the base currency on the day; NaN without a rate."""
    rates = read_rates(scene.connection)
    found = {word: rates.rate(str(word), scene.company.base_currency, scene.as_of) for word in currencies.unique()}
    known = {word: np.nan if rate is None else float(rate) for word, rate in found.items()}
    return np.array([known[word] for word in currencies], float)
