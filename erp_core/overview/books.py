"""What is stored of the orders of a period: their lines, what they cost, the fees that fell on them, what came back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.catalog.views import costs, products
from erp_core.company.views import Company
from erp_core.db import packs
from erp_core.db.bulk import fetch_columns
from erp_core.db.packs import currency_of as letters_of
from erp_core.finance.amounts import currency_of, unit_costs_on
from erp_core.finance.tables import settlement_fee
from erp_core.finance.views import read_rates, to_base
from erp_core.money import decimals
from erp_core.orders.packed import LINES, ORDERS, between, codes, order_of_lines
from erp_core.orders.tables import return_case, sales_order
from erp_core.orders.views import Filters, order_days
from erp_core.overview.rules import Days, Floats, Ints

_CAME_BACK = ("received", "restocked", "scrapped", "refunded")  # not: requested, refused


class Books:
    """What is stored of the orders of a period, of the calendar months that it touches where fees of those months must
    be spread, and of what they cost."""

    def __init__(self, connection: sa.Connection, company: Company, period: Period, filters: Filters) -> None:
        self.connection, self.period, self.filters = connection, period, filters
        self.rates, self.costs = read_rates(connection), costs(connection)
        self.currency, _ = currency_of(order_days(connection, period, filters), company.base_currency, self.rates)
        self.scale = 10.0 ** decimals(self.currency)
        self.span = self._span()
        self.fees = self._read_fees()
        self.cases = self._read_cases()
        self.orders = self._read_orders()
        self.ids = self.orders["order_id"].to_numpy(np.int64)
        self._by_id = np.argsort(self.ids, kind="stable")
        self._read_lines()

    def _span(self) -> Period:
        f = settlement_fee.c
        first = pd.Period(self.period.start, "M").start_time.date()
        last = pd.Period(self.period.end, "M").end_time.date()
        loose = sa.select(f.id).where(
            *_standing(settlement_fee), f.order_id.is_(None), f.order_external_id.is_(None), f.ds.between(first, last)
        )
        return self.period if self.connection.execute(loose.limit(1)).first() is None else Period(first, last)

    def _of_channels(self, column: sa.ColumnElement[Any]) -> list[sa.ColumnElement[bool]]:
        return [column.in_(self.filters.channels)] if self.filters.channels else []

    def _read_fees(self) -> pd.DataFrame:
        """channel_id, order_id (0 = none found), named, product_id (0 = none), kind, ds, currency, amount (minor)."""
        f = settlement_fee.c
        own, other = sales_order.alias("own"), sales_order.alias("other")
        of_own = sa.and_(own.c.id == f.order_id, own.c.withdrawn_by.is_(None))
        of_other = sa.and_(
            own.c.id.is_(None), other.c.channel_id == f.channel_id, other.c.external_id == f.order_external_id,
            other.c.withdrawn_by.is_(None),
        )  # fmt: skip
        channel_id = sa.func.coalesce(own.c.channel_id, other.c.channel_id, f.channel_id)
        ds = sa.func.coalesce(own.c.ds, other.c.ds, f.ds)
        query = (
            sa.select(
                channel_id.label("channel_id"), sa.func.coalesce(own.c.id, other.c.id, 0).label("order_id"),
                sa.or_(f.order_id.is_not(None), f.order_external_id.is_not(None)).label("named"),
                sa.func.coalesce(f.product_id, 0).label("product_id"), f.kind, f.ds, f.currency, f.amount,
            )
            .select_from(settlement_fee.outerjoin(own, of_own).outerjoin(other, of_other))
            .where(*_standing(settlement_fee), ds.between(self.span.start, self.span.end))
            .where(*self._of_channels(channel_id))
        )  # fmt: skip
        frame = pd.DataFrame(fetch_columns(self.connection, query))
        numbers = dict.fromkeys(("channel_id", "order_id", "product_id", "amount"), "int64")
        return frame.astype(numbers | {"named": bool, "ds": "datetime64[s]"})

    def _read_cases(self) -> pd.DataFrame:
        """channel_id (0 = not said), order_id (0 = none), product_id, ds, restocked, currency, refund (minor), said."""
        r, o = return_case.c, sales_order.c
        channel_id = sa.func.coalesce(o.channel_id, r.channel_id, 0)
        ds = sa.func.coalesce(o.ds, r.ds)
        query = (
            sa.select(
                channel_id.label("channel_id"), sa.func.coalesce(o.id, 0).label("order_id"), r.product_id,
                ds.label("ds"), r.restocked, r.currency, sa.func.coalesce(r.refund, 0).label("refund"),
                r.refund.is_not(None).label("said"),
            )
            .select_from(return_case.outerjoin(sales_order, sa.and_(o.id == r.order_id, o.withdrawn_by.is_(None))))
            .where(*_standing(return_case), r.state.in_(_CAME_BACK), ds.between(self.span.start, self.span.end))
            .where(sa.or_(r.order_id.is_(None), o.id.is_not(None)), *self._of_channels(channel_id))
        )  # fmt: skip
        frame = pd.DataFrame(fetch_columns(self.connection, query))
        numbers = dict.fromkeys(("channel_id", "order_id", "product_id", "restocked", "refund"), "int64")
        return frame.astype(numbers | {"said": bool, "ds": "datetime64[s]"})

    def _read_orders(self) -> pd.DataFrame:
        """Sales, credit notes, and other orders on which a fee fell, by day and id."""
        packed = packs.read(self.connection, ORDERS)
        here = between(packed, self.span)
        columns = {name: column[here] for name, column in packed.columns.items()}
        kinds = codes(packed, "currency")
        words = np.array([letters_of(int(code)) for code in kinds.values], object)
        is_sale, is_credit = (columns[name] == 1 for name in ("is_sale", "is_credit"))
        wanted = is_sale | is_credit | np.isin(columns["order_id"], self.fees["order_id"].to_numpy(np.int64))
        if self.filters.channels:
            wanted &= np.isin(columns["channel_id"], self.filters.channels)
        self._wanted = wanted
        return pd.DataFrame(
            {
                "order_id": columns["order_id"][wanted].astype(np.int64),
                "ds": columns["day"][wanted].astype("datetime64[D]").astype("datetime64[s]"),
                "channel_id": columns["channel_id"][wanted].astype(np.int64),
                "currency": words[kinds.of_rows[here][wanted]] if len(words) else np.zeros(0, object),
                "is_sale": is_sale[wanted],
                "is_credit": is_credit[wanted],
                "shipping": columns["shipping"][wanted].astype(np.int64),
                "discount": columns["discount"][wanted].astype(np.int64),
            }
        )

    def _read_lines(self) -> None:
        packed = packs.read(self.connection, LINES)
        here = between(packed, self.span)
        order = order_of_lines(self.connection)[here] - between(packs.read(self.connection, ORDERS), self.span).start
        columns = {name: packed.columns[name][here] for name in ("product_id", "quantity", "amount", "refunded")}
        if not self._wanted.all():
            kept = self._wanted[order]
            order = (np.cumsum(self._wanted) - 1)[order[kept]]
            columns = {name: column[kept] for name, column in columns.items()}
        columns = {name: column.astype(np.int64) for name, column in columns.items()} | {"order": order}
        catalogue = products(self.connection, charges=True)
        charges = catalogue.loc[catalogue["is_charge"].astype(bool), "product_id"].to_numpy(np.int64)
        is_charge = np.isin(columns["product_id"], charges)
        self.catalogue = catalogue
        self.lines = {name: column[~is_charge] for name, column in columns.items()}
        self.charges = {name: column[is_charge] for name, column in columns.items()}

    def external_ids(self) -> pd.Series:
        """The platform's number of each order."""
        o = sales_order.c
        query = sa.select(o.id, o.external_id).where(o.ds.between(self.span.start, self.span.end))
        found = fetch_columns(self.connection, query)
        return pd.Series(found["external_id"], index=found["id"], dtype=object).reindex(self.ids).reset_index(drop=True)

    @property
    def days(self) -> Days:
        """The day of each order."""
        return self.orders["ds"].to_numpy().astype("datetime64[D]")

    @property
    def discounts(self) -> Ints:
        """What is off each order as a whole: of a sale positive, of a credit note negative, of others nought."""
        sign = self.orders["is_sale"].to_numpy(np.int64) - self.orders["is_credit"].to_numpy(np.int64)
        return np.asarray(sign * self.orders["discount"].to_numpy(np.int64), np.int64)

    def position(self, order_id: pd.Series) -> Ints:
        """Positions of orders by id, −1 where there is none."""
        wanted = order_id.to_numpy(np.int64)
        if not len(self.ids):
            return np.full(len(wanted), -1)
        at = self._by_id[np.minimum(np.searchsorted(self.ids, wanted, sorter=self._by_id), len(self.ids) - 1)]
        return np.where(self.ids[at] == wanted, at, -1)

    def exact(self, amounts: pd.Series, currencies: pd.Series, ds: pd.Series) -> Floats:
        """Minor units of several currencies in minor units of the one, not yet whole; NaN where a rate lacks. Nought is
        nought in every currency."""
        minor = amounts.to_numpy(np.int64)
        major, _ = to_base(minor, currencies.to_numpy(object), ds, self.currency, self.rates)
        return np.where(minor == 0, 0.0, major * self.scale)

    def exact_of_orders(self, amounts: Ints, at: Ints | None = None) -> Floats:
        """The same for amounts in the currency and at the day of orders; `at`: their positions, None: one each."""
        held = pd.MultiIndex.from_frame(self.orders[["currency", "ds"]])
        pairs = held.unique()
        factors = np.array([self._factor(currency, day) for currency, day in pairs], float)
        by_order = factors[pairs.get_indexer(held)]
        return np.where(amounts == 0, 0.0, amounts * (by_order if at is None else by_order[at]))

    def _factor(self, currency: str, day: pd.Timestamp) -> float:
        """Minor units of the one for a minor unit of `currency`."""
        rate = self.rates.rate(currency, self.currency, day.date())
        return np.nan if rate is None else float(rate.scaleb(decimals(self.currency) - decimals(currency)))

    def exact_costs(self, product: Ints, ds: pd.Series, units: Ints) -> Floats:
        """Units × the unit cost in force on the day, in minor units, not yet whole; NaN where no cost is known. No
        units cost nothing."""
        sold = pd.DataFrame({"product_id": product, "ds": ds.to_numpy()})
        unit = unit_costs_on(sold, self.costs, self.currency, self.rates)
        return np.where(units == 0, 0.0, unit * units * self.scale)


def _standing(table: sa.Table) -> tuple[sa.ColumnElement[bool], ...]:
    return table.c.superseded_by.is_(None), table.c.withdrawn_by.is_(None)
