"""The merchant's own numbers for choosing an ERP (`vendors.own_numbers`), computed from the shop's data.

All are of the twelve months before the planning day. What cannot be computed is absent, never 0; what leaves something
out says what. Where orders reach back less than a year, sums are scaled to a year and say so; below four weeks they are
absent.
"""

from __future__ import annotations

import bisect
import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import sqlalchemy as sa

from erp_core.calendar import DAYS_PER_MONTH, Period
from erp_core.catalog.views import bundles
from erp_core.company.views import Company
from erp_core.db import facts
from erp_core.db.bulk import fetch_columns
from erp_core.finance.amounts import currency_of
from erp_core.finance.views import Rates, read_rates, to_base
from erp_core.forecast.simple import daily_rates
from erp_core.money import PRICE_SCALE, decimals
from erp_core.orders.sold import ProductSums, Sold
from erp_core.orders.tables import channel, daily_orders, sales_order, shipment
from erp_core.orders.views import Filters, data_span, order_days, sale_spans
from erp_core.overview.places import EUROPEAN_UNION, country_code, main_language
from erp_core.overview.views import MetricValue, kpis, standing
from erp_core.planning.views import ReplenishmentOptions, plan_of, planning_day, stock_position
from erp_core.purchasing.tables import purchase_order, purchase_order_line
from erp_core.purchasing.views import supplier_items
from erp_core.security.views import accounts
from erp_core.stock.tables import stock_balance
from erp_core.stock.views import average_stock, oversold_products
from erp_core.text import T, Text
from erp_core.vendors.own_numbers import OWN_METRICS, joined, merged
from erp_core.vendors.schema import OwnNumber, Rate

YEAR = 365
FEWEST_DAYS = 28  # below, a year cannot be told from it
WEEKS_TO_COMPARE = 91  # growth is judged over a quarter at least
LATE_DAYS = 3
FEWEST_MONTHS = 3
RATES_SOURCE = "own rates · 公司汇率"  # a document speaks no language
SELLS_DAYS = 90  # a product that sold nothing for longer is given up, not missing
STOCK_KNOWN = 0.25  # of the days of the products that sold: below, nothing is said about shortages
SMALL_SHARE = 0.01  # a carrier or a country of buyers below it asks for no function of its own
PLATFORM_WORDS: Mapping[str, tuple[str, ...]] = {
    "taobao_tmall": ("taobao", "tmall", "淘宝", "天猫"),
    "jd": ("jd", "jd.com", "京东"),
    "pinduoduo": ("pinduoduo", "pdd", "拼多多"),
    "douyin": ("douyin", "抖音", "抖店"),
    "xiaohongshu_wechat": ("xiaohongshu", "小红书", "wechat", "微信", "视频号"),
    "shopify": ("shopify",),
    "amazon": ("amazon", "亚马逊"),
    "ebay": ("ebay",),
    "woocommerce": ("woocommerce",),
    "tiktok_shop": ("tiktok", "shopee", "lazada", "虾皮"),
}
_CHINESE = ("taobao_tmall", "jd", "pinduoduo", "douyin", "xiaohongshu_wechat")  # they deliver in China


def own_numbers(
    connection: sa.Connection, company: Company, today: dt.date, currency: str | None = None
) -> tuple[OwnNumber, ...]:
    """Every own number that the data tell, in the order of `OWN_METRICS`; empty for an empty company.

    `currency`: of all money, None = the base currency. Money that no rate turns into it is absent.
    """
    source = _Source(connection, company, today, currency or company.base_currency)
    found = [*source.standing_numbers()]
    if source.has_orders:
        found += source.sales_numbers()
        found += source.order_counts()
        found += source.growth_numbers()
        found += source.currency_numbers()
        found += source.place_numbers()
        found += source.shop_numbers()
        found += source.quality_numbers()
        found += source.shortage_numbers()
    return merged(found)


def rates_into(connection: sa.Connection, currency: str, day: dt.date) -> tuple[Rate, ...]:
    """Every currency that a stored rate turns into `currency` on a day, with the latest rate and its day."""
    rates = read_rates(connection)
    named = sorted({word for pair in rates.days for word in pair} - {currency})
    found = []
    for word in named:
        rate = rates.rate(word, currency, day)
        days = [
            held[at - 1]
            for pair in ((word, currency), (currency, word))
            if (held := rates.days.get(pair)) and (at := bisect.bisect_right(held, day))
        ]
        if rate is not None and rate > 0 and days:
            found.append(Rate(currency=word, rate=float(rate), as_of=days[0], source=RATES_SOURCE))
    return tuple(found)


@dataclass(frozen=True)
class _Source:
    connection: sa.Connection
    company: Company
    today: dt.date
    currency: str

    # --- the period ------------------------------------------------------------------------------------------------

    @cached_property
    def as_of(self) -> dt.date:
        return planning_day(self.connection, self.today)

    @cached_property
    def span(self) -> tuple[dt.date, dt.date] | None:
        """The first and the last day with orders before the planning day."""
        found = data_span(self.connection)
        if found is None or found[0] >= self.as_of:
            return None
        return found[0], min(found[1], self.as_of - dt.timedelta(days=1))

    @cached_property
    def period(self) -> Period:
        end = self.as_of - dt.timedelta(days=1)
        start = end - dt.timedelta(days=YEAR - 1)
        return Period(max(start, self.span[0]) if self.span else start, end)

    @cached_property
    def has_orders(self) -> bool:
        return self.span is not None and not self.days.empty

    @cached_property
    def rates(self) -> Rates:
        return read_rates(self.connection)

    @cached_property
    def days(self) -> pd.DataFrame:
        """Orders by day and currency, of the period."""
        return order_days(self.connection, self.period, Filters())

    @cached_property
    def told_in(self) -> str:
        """The currency in which the workbench's metrics tell money."""
        return currency_of(self.days, self.company.base_currency, self.rates)[0]

    @cached_property
    def factor(self) -> float | None:
        """From that currency into the one that is asked for; None without a rate."""
        rate = self.rates.rate(self.told_in, self.currency, self.as_of)
        return None if rate is None else float(rate)

    @property
    def to_a_year(self) -> float | None:
        """What sums of the period are multiplied with to be a year's."""
        if self.period.days < FEWEST_DAYS:
            return None
        return YEAR / self.period.days

    def number(self, key: str, value: float, *said: Text, summed: bool = False) -> OwnNumber:
        """A number with its formula, its period and what is to be said beside."""
        period = self.period
        about = [OWN_METRICS[key].how, T("From {start} to {end}.", start=period.start, end=period.end)]
        if summed and period.days < YEAR:
            about.append(T("Scaled to a year from {days} days; seasons are not known yet.", days=period.days))
        source = joined(*about, *said)
        return OwnNumber(key=key, value=float(value), source=source, period=f"{period.start}/{period.end}")

    def standing(self, key: str, value: float, *said: Text) -> OwnNumber:
        """A number that stands on a day."""
        source = joined(OWN_METRICS[key].how, T("As of {day}.", day=self.as_of), *said)
        return OwnNumber(key=key, value=float(value), source=source, period=self.as_of.isoformat())

    # --- money and rates of the metrics ----------------------------------------------------------------------------

    def sales_numbers(self) -> Iterator[OwnNumber]:
        """What the declared metrics say over the period."""
        values = kpis(self.connection, self.company, self.period, Filters(), None)
        for key, metric in (
            ("margin_share", "gross_margin_share"), ("repeat_share", "repeat_customer_rate"),
            ("stock_turns", "turnover_year"), ("in_stock_rate", "in_stock_rate"),
            ("wrong_order_share", "order_error_rate"),
        ):  # fmt: skip
            found = values[metric]
            if found.value is not None:
                yield self.number(key, found.value, *_left_out(found))
        for key, metric in (("order_value", "average_order_value"), ("stock_value", "average_inventory_value")):
            yield from self._money(key, values[metric])
        if self.to_a_year is not None:
            yield from self._money("revenue_a_year", values["revenue"], self.to_a_year)
            yield from self._money("cogs_a_year", values["cogs"], self.to_a_year)
        returned = values["return_rate"]
        if returned.value:  # nobody who has told of returns has none: 0 means that nobody has
            yield self.number("return_rate", returned.value, *_left_out(returned))

    def _money(self, key: str, found: MetricValue, times: float | None = None) -> Iterator[OwnNumber]:
        if found.value is None or self.factor is None or found.currency != self.told_in:
            return
        value = round(float(found.value) * self.factor * (times or 1.0), decimals(self.currency))
        yield self.number(key, value, *_left_out(found), *self._converted(), summed=times is not None)

    def _converted(self) -> tuple[Text, ...]:
        if self.told_in == self.currency:
            return ()
        return (T("Converted from {currency} at the rate of {day}.", currency=self.told_in, day=self.as_of),)

    # --- orders ----------------------------------------------------------------------------------------------------

    @cached_property
    def orders_by_day(self) -> pd.Series:
        """Orders on each day from the first one of the data to the end of the period, days without orders too."""
        assert self.span is not None
        d = daily_orders.c
        query = (
            sa.select(d.ds, sa.func.sum(d.orders).label("orders"))
            .where(d.ds.between(self.span[0], self.period.end))
            .group_by(d.ds)
        )
        found = pd.DataFrame(fetch_columns(self.connection, query), columns=["ds", "orders"])
        counted = pd.Series(found["orders"].astype(float).to_numpy(), index=pd.to_datetime(found["ds"]))
        return counted.reindex(pd.date_range(self.span[0], self.period.end), fill_value=0.0)

    def order_counts(self) -> Iterator[OwnNumber]:
        """How many orders there are, and how they crowd."""
        lately = self.orders_by_day[-self.period.days :]
        total = float(lately.sum())
        if total <= 0:
            return
        if self.to_a_year is not None:
            yield self.number("orders_a_year", round(total * self.to_a_year), summed=True)
        yield self.number("orders_a_day", round(total / self.period.days, 2))
        yield self.number("orders_a_month", round(total / self.period.days * DAYS_PER_MONTH, 1))
        busiest = self.period.start + dt.timedelta(days=int(lately.to_numpy().argmax()))
        yield self.number("peak_day", float(lately.max()), T("It was {day}.", day=busiest))
        yield from self._busiest_month()
        if len(lately) >= FEWEST_DAYS:
            yield self._lately()

    def _busiest_month(self) -> Iterator[OwnNumber]:
        """Of the last twelve whole months, which may begin before the period does."""
        counts = self.orders_by_day
        months = pd.DatetimeIndex(counts.index).to_period("M")
        whole = [(month, part) for month, part in counts.groupby(months) if len(part) == month.days_in_month][-12:]
        if len(whole) < FEWEST_MONTHS:
            return
        sums = pd.Series({month: float(part.sum()) for month, part in whole})
        if sums.sum() <= 0:
            return
        first, last = whole[0][0].start_time.date(), whole[-1][0].end_time.date()
        told = [T("It was {month}, of {count} whole months.", month=str(sums.idxmax()), count=len(sums))]
        if len(sums) < 12:
            told.append(T("The months that lack may have been busier."))
        source = joined(OWN_METRICS["peak_month"].how, T("From {start} to {end}.", start=first, end=last), *told)
        ratio = round(float(sums.max() / sums.mean()), 3)
        yield OwnNumber(key="peak_month", value=ratio, source=source, period=f"{first}/{last}")

    def _lately(self) -> OwnNumber:
        history = pd.DataFrame(
            {"series_id": 1, "ds": self.orders_by_day.index, "y": self.orders_by_day.to_numpy(float)}
        )
        rate = daily_rates(history, self.as_of).iloc[0]
        mean, spread = float(rate["mean_per_day"]), float(rate["sd_per_day"])
        # the standard deviation is of one day, by the root of the week: a week's mean day scatters by its root less
        said = T("A week’s average day strays by ± {sd} from that.", sd=f"{spread / np.sqrt(7):.1f}")
        return self.number("orders_lately", round(mean, 2), said)

    def growth_numbers(self) -> Iterator[OwnNumber]:
        """Growth against the same days a year (364 days: the same weekdays) before, as far back as orders reach."""
        counts = self.orders_by_day.to_numpy(float)
        days = min(YEAR - 1, len(counts) - (YEAR - 1))
        if days < WEEKS_TO_COMPARE:
            return
        now, before = counts[-days:], counts[-days - (YEAR - 1) : len(counts) - (YEAR - 1)]
        if before.sum() <= 0:
            return
        end = self.period.end
        compared = T(
            "{days} days to {end} with {now:,} orders against {before:,} in the same days a year before.",
            days=days, end=end, now=int(now.sum()), before=int(before.sum()),
        )  # fmt: skip
        yield self.number("orders_growth", round(float(now.sum() / before.sum()) - 1, 4), compared)
        quarters = days // WEEKS_TO_COMPARE
        if quarters < 2:
            return
        parts = [slice(days - WEEKS_TO_COMPARE * (at + 1), days - WEEKS_TO_COMPARE * at) for at in range(quarters)]
        if any(before[part].sum() <= 0 for part in parts):
            return
        growths = [float(now[part].sum() / before[part].sum()) - 1 for part in parts]
        told = T("Of {count} quarters.", count=quarters)
        yield self.number("orders_growth_low", round(min(growths), 4), told)
        yield self.number("orders_growth_high", round(max(growths), 4), told)

    # --- currencies, countries, carriers ---------------------------------------------------------------------------

    def currency_numbers(self) -> Iterator[OwnNumber]:
        """In which currencies buyers pay, and suppliers are paid."""
        sold = self.days[self.days["orders"] > 0]
        if not sold.empty:
            yield self.number("currencies", sold["currency"].nunique())
            share = _foreign_share(sold["goods"], sold, self.company.base_currency, self.rates)
            if share is not None:
                others = sorted(set(sold["currency"]) - {self.company.base_currency})
                told = (T("Foreign: {currencies}.", currencies=", ".join(others)),) if others else ()
                yield self.number("foreign_revenue_share", share, *told)
        yield from self._foreign_purchases()

    def _foreign_purchases(self) -> Iterator[OwnNumber]:
        o, line = purchase_order, purchase_order_line
        query = (
            sa.select(o.c.ordered_on.label("ds"), o.c.currency, line.c.quantity, line.c.unit_price)
            .join(o, o.c.id == line.c.purchase_order_id)
            .where(
                facts.stands(line), o.c.withdrawn_by.is_(None), line.c.unit_price.is_not(None),
                o.c.state != "cancelled", line.c.state != "cancelled",
                o.c.ordered_on.between(self.period.start, self.period.end),
            )
        )  # fmt: skip
        rows = pd.DataFrame(fetch_columns(self.connection, query), columns=["ds", "currency", "quantity", "unit_price"])
        if rows.empty:
            return
        scale = np.array([10.0 ** decimals(str(word)) for word in rows["currency"]])
        minor = rows["quantity"].astype(float) * rows["unit_price"].astype(float) / PRICE_SCALE * scale
        share = _foreign_share(minor.round().astype("int64"), rows, self.company.base_currency, self.rates)
        if share is not None:
            yield self.number("foreign_purchase_share", share, T("{count} lines of orders.", count=len(rows)))

    def place_numbers(self) -> Iterator[OwnNumber]:
        """Where parcels go, and who carries them."""
        counts = self._orders_by("country", by_channel=True)
        platforms = self._platforms()
        by_code: dict[str, int] = {}
        for word, channel_id, orders in counts:
            code = country_code(word) if word else None
            if code is None and not word and platforms.get(channel_id) in _CHINESE:
                code = "CN"
            if code is not None:
                by_code[code] = by_code.get(code, 0) + orders
        known, total = sum(by_code.values()), sum(orders for _, _, orders in counts)
        if known:
            said = (T("The country of {count:,} orders is not known.", count=total - known),) if total > known else ()
            yield self.number("countries", len(by_code), *said)
            often = [code for code, orders in by_code.items() if orders >= SMALL_SHARE * known]
            spoken = {language for code in often if (language := main_language(code))}
            yield self.number("languages", len(spoken), *said)
            yield self.number("abroad_share", 1 - max(by_code.values()) / known, *said)
            for key, codes in (("cn", {"CN"}), ("eu", EUROPEAN_UNION), ("us", {"US"})):
                there = sum(orders for code, orders in by_code.items() if code in codes)
                yield self.number(f"orders_to.{key}", there / known, *said)
        carriers: dict[str, int] = {}
        for word, _, orders in (*self._orders_by("carrier"), *self._parcels()):
            if word and word.strip():
                carriers[word.strip().casefold()] = carriers.get(word.strip().casefold(), 0) + orders
        carried = sum(carriers.values())
        if carried:
            yield self.number("carriers", sum(n >= SMALL_SHARE * carried for n in carriers.values()))

    def _orders_by(self, name: str, *, by_channel: bool = False) -> list[tuple[str | None, int, int]]:
        """(word, channel_id or 0, orders) of the period's orders."""
        o = sales_order.c
        shop: sa.ColumnElement[int] = o.channel_id if by_channel else sa.literal(0)
        keys = (o[name], o.channel_id) if by_channel else (o[name],)
        query = sa.select(o[name], shop.label("shop"), sa.func.count().label("orders")).where(self._ordered())
        return [(word, int(at), int(count)) for word, at, count in self.connection.execute(query.group_by(*keys))]

    def _ordered(self) -> sa.ColumnElement[bool]:
        o = sales_order.c
        return sa.and_(
            o.ds.between(self.period.start, self.period.end), o.document == "order",
            o.state.not_in(("cancelled", "adjustment")), o.withdrawn_by.is_(None),
        )  # fmt: skip

    def _parcels(self) -> list[tuple[str | None, int, int]]:
        """Carriers of parcels whose orders name none."""
        o, s = sales_order.c, shipment.c
        query = (
            sa.select(s.carrier, sa.func.count())
            .join(sales_order, o.id == s.order_id)
            .where(self._ordered(), facts.stands(shipment), o.carrier.is_(None))
            .group_by(s.carrier)
        )
        return [(word, 0, int(count)) for word, count in self.connection.execute(query)]

    # --- shops, products, quality ----------------------------------------------------------------------------------

    def _platforms(self) -> dict[int, str]:
        """The platform of each shop whose name or format tells it."""
        found: dict[int, str] = {}
        for row in self.connection.execute(sa.select(channel.c.id, channel.c.name, channel.c.platform)):
            words = f"{row.platform} {row.name}".casefold()
            letters = "".join(sign if sign.isalnum() or sign == "." else " " for sign in words).split()
            for key, names in PLATFORM_WORDS.items():
                if any(name in letters if name.isascii() else name in words for name in names):
                    found.setdefault(row.id, key)
        return found

    def shop_numbers(self) -> Iterator[OwnNumber]:
        """Shops, platforms, products."""
        d = daily_orders.c
        query = (
            sa.select(d.channel_id, sa.func.sum(d.orders))
            .where(d.ds.between(self.period.start, self.period.end))
            .group_by(d.channel_id)
        )
        orders = {int(shop): int(count) for shop, count in self.connection.execute(query) if count}
        if not orders:
            return
        yield self.number("channels", len(orders))
        platforms, total = self._platforms(), sum(orders.values())
        everywhere_told = all(shop in platforms for shop in orders)
        for key in PLATFORM_WORDS:
            there = sum(count for shop, count in orders.items() if platforms.get(shop) == key)
            if there or everywhere_told:  # a shop of which nobody knows the platform may be on this one
                yield self.number(f"platform.{key}", there / total)
        goods = ~self.sold.is_charge & self.sums.sold & (self.sums.quantity > 0)
        if goods.any():
            yield self.number("skus", int(goods.sum()))
        parts = bundles(self.connection)["parent_id"].nunique()
        if parts:
            yield self.standing("bundles", parts)

    @cached_property
    def sold(self) -> Sold:
        return Sold(self.connection, self.period, Filters(), (self.told_in, self.rates))

    @cached_property
    def sums(self) -> ProductSums:
        return self.sold.over(self.period)

    def quality_numbers(self) -> Iterator[OwnNumber]:
        """How many orders left late."""
        o = sales_order.c
        begun = sa.func.coalesce(o.paid_at, o.ordered_at)
        due = (
            sa.func.datetime(begun, f"+{LATE_DAYS} days")
            if self.connection.dialect.name == "sqlite"
            else begun + sa.literal(dt.timedelta(days=LATE_DAYS), sa.Interval)
        )
        late = sa.func.sum(sa.case((o.shipped_at > due, 1), else_=0))
        query = sa.select(sa.func.count(), late).where(self._ordered(), o.shipped_at.is_not(None))
        shipped, overdue = self.connection.execute(query).one()
        if shipped:
            told = T("The day of shipping of {count:,} orders is known.", count=int(shipped))
            yield self.number("late_order_share", int(overdue) / int(shipped), told)

    def shortage_numbers(self) -> Iterator[OwnNumber]:
        """What was not sold because it was out: the rate of sale while in stock × days out × margin a unit.

        On days on which stock is not known it counts as in stock, so that the number is rather too low. Products that
        have not sold for `SELLS_DAYS` are given up, not missing.
        """
        if self.to_a_year is None or self.factor is None:
            return
        average = average_stock(self.connection, self.period)
        average = average[~average["product_id"].isin(oversold_products(self.connection))]
        moved = self.sold.moved(self.period, self.sums)
        sales = pd.DataFrame(
            {
                "product_id": self.sold.products, "units": moved.quantity, "revenue": moved.costed_revenue,
                "cost": moved.cost, "lacks_cost": moved.lacks_cost,
            }
        )[~self.sold.is_charge]  # fmt: skip
        last = sale_spans(self.connection)["last"]
        recent = pd.Timestamp(self.period.end - dt.timedelta(days=SELLS_DAYS))
        sales = sales[(sales["units"] > 0) & (sales["product_id"].map(last) >= recent)]
        rows = sales.merge(average, on="product_id", how="left").fillna({"known_days": 0, "in_stock_days": 0})
        if rows.empty:
            return
        coverage = float(rows["known_days"].sum()) / (len(rows) * self.period.days)
        if coverage < STOCK_KNOWN:
            return
        rows["out"] = (rows["known_days"] - rows["in_stock_days"]).clip(lower=0)
        priced = rows[~rows["lacks_cost"].astype(bool) & rows["revenue"].notna()]
        if priced.empty:
            return
        there = (self.period.days - priced["out"]).clip(lower=1)
        margin = ((priced["revenue"] - priced["cost"]) / priced["units"]).clip(lower=0)
        lost = float((priced["units"] / there * priced["out"] * margin).sum())
        said = [T("Stock is known on {share} of the days.", share=f"{coverage:.0%}")]
        if len(priced) < len(rows):
            said.append(T("Left out: {count:,} products without a cost.", count=len(rows) - len(priced)))
        value = round(lost * self.factor * self.to_a_year, decimals(self.currency))
        yield self.number("shortage_losses_a_year", value, *said, *self._converted(), summed=True)

    # --- what stands now -------------------------------------------------------------------------------------------

    def standing_numbers(self) -> Iterator[OwnNumber]:
        """Stock, places, suppliers, people."""
        places = self.connection.execute(
            sa.select(sa.func.count(sa.distinct(stock_balance.c.location_id))).where(
                stock_balance.c.on_hand.is_not(None)
            )
        ).scalar_one()
        if places:
            yield self.standing("locations", places)
            yield from self._stock_now()
        o = purchase_order.c
        ordered = self.connection.execute(
            sa.select(o.supplier_id).distinct().where(o.withdrawn_by.is_(None), o.supplier_id.is_not(None))
        ).scalars()
        suppliers = {*supplier_items(self.connection)["supplier_id"].tolist(), *ordered}
        if suppliers:
            yield self.standing("suppliers", len(suppliers))
        people = sum(account.active for account in accounts(self.connection))
        if people:
            yield self.standing("users", people)

    def _stock_now(self) -> Iterator[OwnNumber]:
        base = self.company.base_currency
        position = stock_position(self.connection, self.company, self.as_of)
        values = standing(self.connection, self.company, position, self.as_of, base)
        rate = self.rates.rate(base, self.currency, self.as_of)
        if rate is None:
            return
        said = () if base == self.currency else (
            T("Converted from {currency} at the rate of {day}.", currency=base, day=self.as_of),
        )  # fmt: skip
        cash, excess, dead = (values[key] for key in ("cash_in_stock", "excess", "dead_stock"))
        if cash.value is not None:
            yield self.standing("cash_in_stock", float(cash.value) * float(rate), *_left_out(cash), *said)
        if excess.value is not None and dead.value is not None and self.has_orders:
            value = (float(excess.value) + float(dead.value)) * float(rate)
            yield self.standing("excess_value", value, *_left_out(excess), *said)
        if self.has_orders and self.told_in == base:
            plan = plan_of(position, self.company, ReplenishmentOptions(), self.as_of)
            lost = float(plan.lines["protects"].sum()) * float(rate)
            yield self.standing("lost_now", round(lost, decimals(self.currency)), *said)


def _left_out(found: MetricValue) -> tuple[Text, ...]:
    """What a metric lacks, as sentences."""
    return tuple(T("Without {what}.", what=lack) for lack in found.missing)


def _foreign_share(minor: pd.Series, rows: pd.DataFrame, base: str, rates: Rates) -> float | None:
    """The share of amounts (minor units, by the rows' currency and ds) that is not in the base currency; None where a
    rate lacks, unless all of it is foreign or none."""
    foreign = (rows["currency"] != base).to_numpy()
    if not foreign.any() or foreign.all():
        return float(foreign.all())
    money, lacking = to_base(minor.to_numpy(np.int64), rows["currency"].to_numpy(object), rows["ds"], base, rates)
    whole = float(money.sum())
    return None if lacking or whole <= 0 else float(money[foreign].sum()) / whole
