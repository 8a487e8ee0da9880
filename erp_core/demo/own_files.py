"""What the shop keeps itself, as tables for the generic formats: products, suppliers, counts, purchasing, parcels,
returns, contacts, fees, exchange rates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from erp_core.demo.assortment import CHANNELS, JD, PINDUODUO, SHOPIFY, TMALL
from erp_core.demo.parcels import (
    BROKEN,
    CARRIERS,
    DAY,
    FINE,
    MISSING_ITEM,
    OF_TROUBLE,
    REASONS,
    REASONS_ABROAD,
    WRONG_ITEM,
)
from erp_core.demo.platform_files import Written, first_day, money
from erp_core.demo.shop import happened
from erp_core.demo.written import DemoFile, table

WAREHOUSE = "义乌仓"
_CURRENCY = ("CNY", "CNY", "CNY", "USD")
_DEARER = 3  # percent: every third product costs more in the second half
_AGENTS = ("小禾", "小森", "阿杉")

Rows = Sequence[Sequence[Any]]


def _file(name: str, header: str, rows: Rows) -> DemoFile:
    return DemoFile(name, table(header.split(","), rows, "utf-8-sig"), rows=len(rows))


def _date(w: Written, day: int) -> str:
    return (w.shop.plan.start + dt.timedelta(days=day)).isoformat()


def rates(w: Written) -> DemoFile:
    """US dollar in yuan, day by day."""
    days = zip(w.shop.days.dates, w.shop.rates.tolist(), strict=True)
    return _file(
        "exchange_rates.csv", "日期,币种,本位币,汇率", [(day, "USD", "CNY", f"{rate:.4f}") for day, rate in days]
    )


def suppliers(w: Written) -> DemoFile:
    """Suppliers with their terms."""
    of = w.shop.suppliers
    rows = [
        (
            of.name[n], f"S{n + 1:02d}", f"{'陈林黄张'[n % 4]}经理", f"sales{n + 1}@example.com", f"100{n + 1:08d}",
            f"{of.place[n]}市示范工业园{n + 1}号", "CNY", int(of.lead[n]), money(int(of.minimum[n])),
        )
        for n in range(len(of.name))
    ]  # fmt: skip
    return _file("suppliers.csv", "供应商,供应商编码,联系人,邮箱,电话,地址,币种,采购周期,起订金额", rows)


def products(w: Written) -> DemoFile:
    """The product list with first costs and the suppliers' terms."""
    of, since = w.shop.products, first_day(w.shop).isoformat()
    rows = [
        (
            of.sku[n], of.name[n], of.category[n], of.barcode[n], "件", int(of.weight[n]), money(int(of.cost[n])), "CNY",
            since, w.shop.suppliers.name[of.supplier[n]], f"{of.sku[n][:2]}-{n + 1:04d}", int(of.moq[n]), int(of.pack[n]),
        )
        for n in range(len(of))
    ]  # fmt: skip
    header = "商品编码,商品名称,分类,条码,单位,重量(克),成本价,币种,成本生效日期,供应商,供应商货号,起订量,箱规"
    return _file("products.csv", header, rows)


def opening_stock(w: Written) -> DemoFile:
    """What was in the warehouse before the first day; products that came later are not in it."""
    of = w.shop.products
    rows = [
        (of.sku[n], of.name[n], WAREHOUSE, int(w.shop.trade.opening[n]), first_day(w.shop))
        for n in np.flatnonzero(of.launched == 0).tolist()
    ]
    return _file("opening_stock.csv", "商品编码,商品名称,仓库,库存数量,日期", rows)


def stocktake(w: Written) -> DemoFile:
    """A later count of everything, a little off the books."""
    of, done = w.shop.products, w.shop.trade
    rows = [
        (
            of.sku[n], of.name[n], WAREHOUSE, int(w.shop.count[n] - done.count_difference[n]), int(w.shop.count[n]),
            _date(w, done.count_day), _AGENTS[n % 3],
        )
        for n in np.flatnonzero(of.launched <= done.count_day).tolist()
    ]  # fmt: skip
    return _file("stocktake.csv", "商品编码,商品名称,仓库,账面数量,实盘数量,盘点日期,盘点人", rows)


def _unit_cost(w: Written, product: int, day: int) -> int:
    dearer = product % 3 == 0 and day > len(w.shop.days) // 2
    return int(w.shop.products.cost[product]) * (100 + _DEARER * dearer) // 100


def purchase_orders(w: Written) -> DemoFile:
    """All purchase orders; those of the last weeks are still on their way."""
    of, bought = w.shop.products, w.shop.trade.purchases
    rows = []
    for n in range(len(bought.number)):
        product, came = int(bought.product[n]), int(bought.came[n])
        whole = came == int(bought.quantity[n])
        rows.append(
            (
                f"PO{int(bought.number[n]):05d}", w.shop.suppliers.name[of.supplier[product]], of.sku[product],
                of.name[product], int(bought.quantity[n]), came, money(_unit_cost(w, product, int(bought.ordered[n]))),
                "CNY", _date(w, int(bought.ordered[n])), _date(w, int(bought.expected[n])),
                "全部入库" if whole else "已完结" if came else "已下单",
            )
        )  # fmt: skip
    header = "采购单号,供应商,商品编码,商品名称,采购数量,已入库数量,采购价,币种,采购日期,预计到货日期,采购状态"
    return _file("purchase_orders.csv", header, rows)


def receipts(w: Written) -> DemoFile:
    """What arrived, on whose purchase order, at what cost."""
    of, bought = w.shop.products, w.shop.trade.purchases
    rows = []
    for n in np.flatnonzero(bought.came > 0)[np.argsort(bought.arrived[bought.came > 0], kind="stable")].tolist():
        product, day = int(bought.product[n]), int(bought.arrived[n])
        rows.append(
            (
                f"RK{int(bought.number[n]):05d}", f"PO{int(bought.number[n]):05d}",
                w.shop.suppliers.name[of.supplier[product]], of.sku[product], of.name[product], int(bought.came[n]),
                f"{_date(w, day)} {9 + int(bought.number[n]) % 6:02d}:30:00", WAREHOUSE,
                money(_unit_cost(w, product, int(bought.ordered[n]))), "CNY",
            )
        )  # fmt: skip
    return _file("receipts.csv", "入库单号,采购单号,供应商,商品编码,商品名称,入库数量,入库时间,仓库,成本价,币种", rows)


def tracking(w: Written) -> DemoFile:
    """Every parcel: when it left, when it was promised, when it arrived."""
    orders = w.shop.orders
    promised = w.times(orders.promised, happened(orders.shipped))
    rows = [
        (
            orders.number[o], CHANNELS[orders.shop[o]], CARRIERS[orders.carrier[o]], orders.tracking[o], w.shipped[o],
            promised[o], w.delivered[o],
        )
        for o in np.flatnonzero(happened(orders.shipped)).tolist()
    ]  # fmt: skip
    return _file("parcels.csv", "订单号,店铺,快递公司,快递单号,发货时间,预计送达,签收时间", rows)


def returns(w: Written) -> DemoFile:
    """What came back and why; what was missing or broken is paid back and not put on the shelf."""
    lines, orders, of = w.shop.lines, w.shop.orders, w.shop.products
    at = w.times(lines.returned_at, lines.returned)
    rows = []
    for number, line in enumerate(np.flatnonzero(lines.returned).tolist(), start=1):
        order, product, reason = int(lines.order[line]), int(lines.product[line]), int(lines.reason[line])
        channel, shelf = int(orders.shop[order]), bool(lines.restocked[line])
        words = REASONS_ABROAD if channel == SHOPIFY else REASONS
        state = "已入库" if shelf else "退款成功" if reason == OF_TROUBLE[MISSING_ITEM] else "报废"
        rows.append(
            (
                f"TH{number:06d}", CHANNELS[channel], orders.number[order], of.sku[product], of.name[product],
                int(lines.quantity[line]), at[line], state, words[reason], money(int(lines.refund[line])),
                _CURRENCY[channel], "是" if shelf else "否", WAREHOUSE,
            )
        )  # fmt: skip
    header = "退货单号,店铺,订单号,商品编码,商品名称,退货数量,退货时间,退货状态,退货原因,退款金额,币种,是否入库,仓库"
    return _file("returns.csv", header, rows)


# --- contacts --------------------------------------------------------------------------------------------------------

_MEDIA = ("旺旺", "京东咚咚", "拼多多客服", "邮件")
_SUBJECTS = {
    WRONG_ITEM: ("发错货", "收到的不是我买的那款", "Wrong item", "I got something else than I ordered"),
    MISSING_ITEM: ("少件", "包裹里少了一件", "Missing item", "One item is missing in the parcel"),
    BROKEN: ("商品破损", "打开包裹就是坏的", "Broken", "It arrived broken"),
}
_LATE = ("物流太慢", "说好的时间没到，什么时候能收到？", "Late parcel", "Where is my parcel?")
_QUESTION = ("咨询尺寸", "这个尺寸放得下吗？", "Size", "Will this fit on a small table?")
_SORRY = ("回复", "已道歉并处理", "Answer", "We are sorry and have taken care of it")
_TOLD = ("回复", "已告知尺寸", "Answer", "Told the measures")
_ASKS, _LATE_ASKS = 25, 3  # every so manieth buyer


def contacts(w: Written) -> DemoFile:
    """Buyers ask, complain of wrong, missing, broken and late goods, and are answered."""
    orders = w.shop.orders
    rows = [row for o in np.flatnonzero(happened(orders.shipped)).tolist() for row in _talk(w, o)]
    rows.sort(key=lambda row: (row[0], row[1]))
    numbered = [(f"GD{number:06d}", at, *rest) for number, (at, _, *rest) in enumerate(rows, start=1)]
    header = "工单号,沟通时间,店铺,客户编号,客户姓名,邮箱,电话,订单号,沟通方式,方向,主题,沟通内容,客服"
    return _file("contacts.csv", header, numbered)


def _talk(w: Written, o: int) -> Iterator[tuple[Any, ...]]:
    orders, buyers = w.shop.orders, w.shop.buyers
    trouble, arrived = int(orders.trouble[o]), bool(w.delivered[o])
    late = bool(orders.late[o]) and o % _LATE_ASKS == 0 and int(orders.promised[o]) + DAY // 2 < w.shop.now
    if trouble != FINE and arrived:
        words, at = _SUBJECTS[trouble], int(orders.delivered[o]) + 5 * 3600
    elif late:
        words, at = _LATE, int(orders.promised[o]) + DAY // 2
    elif o % _ASKS == 0:
        words, at = _QUESTION, int(orders.at[o]) - 1_200
    else:
        return
    channel, buyer = int(orders.shop[o]), int(orders.buyer[o])
    pick = slice(2, 4) if channel == SHOPIFY else slice(0, 2)
    known = buyers.account[buyer] if channel in (TMALL, JD) else ""
    who = (CHANNELS[channel], known, buyers.name[buyer], buyers.email[buyer], buyers.phone[buyer], orders.number[o])
    answer = _TOLD if words is _QUESTION else _SORRY
    for direction, said, after in (("呼入", words, 0), ("呼出", answer, 1_500)):
        if at >= 0 and at + after < w.shop.now:
            time = w.times(np.array([at + after]), np.array([True]))[0]
            yield (time, orders.number[o], *who, _MEDIA[channel], direction, *said[pick], _AGENTS[o % 3])


# --- fees ------------------------------------------------------------------------------------------------------------

_COMMISSION = (("天猫佣金", 500), ("佣金", 800), ("技术服务费", 60), ("Payment processing fee", 290))  # per 10,000
_PER_PAYMENT = 30  # US cents
_PARCEL = (420, 520, 330, 780)  # what the carrier takes for one
_ADVERTISING = (("直通车推广费", 420), ("京准通推广费", 350), ("多多搜索推广费", 380), ("Advertising", 600))
_BESIDES = ("支付手续费", "支付手续费", "支付手续费", "Sales commission")  # what the orders' own fees leave out
_BESIDES_SHARE = 30
_SUBSCRIPTION = 3_900

# By shop and kind of fee: share of the goods, per order, currency; the same as the settlements take.
TERMS = {
    **{(CHANNELS[n], "commission"): (Decimal(_COMMISSION[n][1]) / 10_000, Decimal(0), "CNY") for n in range(SHOPIFY)},
    **{(CHANNELS[n], "payment"): (Decimal(_BESIDES_SHARE) / 10_000, Decimal(0), "CNY") for n in range(SHOPIFY)},
    (CHANNELS[SHOPIFY], "commission"): (Decimal(_BESIDES_SHARE) / 10_000, Decimal(0), "USD"),
    (CHANNELS[SHOPIFY], "payment"): (
        Decimal(_COMMISSION[SHOPIFY][1]) / 10_000, Decimal(_PER_PAYMENT) / 100, "USD",
    ),
}  # fmt: skip


def fees(w: Written) -> DemoFile:
    """What the platforms took: of every finished order; monthly for advertising, parcels and the shop itself."""
    orders = w.shop.orders
    rows: list[tuple[Any, ...]] = []
    settled = np.flatnonzero(happened(orders.completed) & (orders.fate == 0))
    for o in settled[np.argsort(orders.completed[settled], kind="stable")].tolist():
        channel = int(orders.shop[o])
        name, share = _COMMISSION[channel]
        taken = (w.sums[o] - int(orders.discount[o]) - w.refunds[o]) * share // 10_000
        taken += _PER_PAYMENT if channel == SHOPIFY else 0
        rows.append((w.completed[o], CHANNELS[channel], orders.number[o], name, taken, _CURRENCY[channel]))
    rows += _monthly(w)
    numbered = [
        (at, shop, order, name, money(taken), currency, f"JS{number:07d}")
        for number, (at, shop, order, name, taken, currency) in enumerate(rows, start=1)
    ]
    return _file("settlement_fees.csv", "结算时间,店铺,订单号,费用类型,费用金额,币种,流水号", numbered)


def _monthly(w: Written) -> list[tuple[Any, ...]]:
    """At each month's end, or on the last day."""
    orders, dates = w.shop.orders, w.shop.days.dates
    month = np.array([day.year * 12 + day.month for day in dates])
    last_of = {int(m): dates[int(np.flatnonzero(month == m)[-1])] for m in np.unique(month)}
    sent = happened(orders.shipped)
    ship_month = np.where(sent, month[np.where(sent, orders.shipped, 0) // DAY], 0)
    sums = np.array(w.sums)
    rows: list[tuple[Any, ...]] = []
    for channel in (TMALL, JD, PINDUODUO, SHOPIFY):
        for m, day in last_of.items():
            here = sent & (orders.shop == channel) & (ship_month == m)
            name, share = _ADVERTISING[channel]
            sold = int(sums[here].sum())
            monthly = [(name, sold * share // 10_000), (_BESIDES[channel], sold * _BESIDES_SHARE // 10_000)]
            monthly += [
                ("快递费" if channel != SHOPIFY else "International shipping fee", int(here.sum()) * _PARCEL[channel])
            ]
            monthly += [("Subscription fee", _SUBSCRIPTION)] if channel == SHOPIFY else []
            rows += [
                (f"{day} 23:00:00", CHANNELS[channel], "", kind, taken, _CURRENCY[channel])
                for kind, taken in monthly
                if taken
            ]
    return rows


def own_files(w: Written) -> list[DemoFile]:
    """All of them."""
    writers = (
        rates, suppliers, products, opening_stock, stocktake, purchase_orders, receipts, tracking, returns, contacts,
        fees,
    )  # fmt: skip
    return [write(w) for write in writers]
