"""The shop's orders as its platforms export them: Tmall (two files, GB18030), JD (GB18030), Pinduoduo, Shopify.

Columns, signs around numbers and status words are those of the real exports; see docs/formats.md.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from erp_core.demo.assortment import CHANNELS, JD, PINDUODUO, SHOPIFY, TMALL
from erp_core.demo.demand import CALLED_OFF, UNPAID
from erp_core.demo.parcels import CARRIERS, DAY
from erp_core.demo.shop import DemoShop, happened
from erp_core.demo.written import DemoFile, table

Ints = npt.NDArray[np.int64]

PENDING, CLOSED, GIVEN_BACK, WAITING, SENT, COMPLETE = range(6)
_PAYS_WITHIN = DAY  # then the platform closes the order


def states(shop: DemoShop) -> Ints:
    """Where each order stands at the end of the last day."""
    orders = shop.orders
    unpaid = orders.fate == UNPAID
    return np.select(
        [
            unpaid & (orders.at > shop.now - _PAYS_WITHIN),
            unpaid,
            orders.fate == CALLED_OFF,
            ~happened(orders.shipped),
            ~happened(orders.completed),
        ],
        [PENDING, CLOSED, GIVEN_BACK, WAITING, SENT],
        COMPLETE,
    )


class Written:
    """What all files need of the shop, put into words once."""

    def __init__(self, shop: DemoShop) -> None:
        orders, lines = shop.orders, shop.lines
        self.shop = shop
        self.state = states(shop)
        self.start = np.datetime64(shop.plan.start, "s")
        paid = (orders.fate != UNPAID) & np.isin(self.state, (PENDING, CLOSED), invert=True)
        self.paid_at = self.times(orders.at + 47, paid)
        self.at = self.times(orders.at, np.ones(len(orders.at), bool))
        self.shipped = self.times(orders.shipped, happened(orders.shipped))
        self.delivered = self.times(orders.delivered, happened(orders.delivered))
        self.completed = self.times(orders.completed, happened(orders.completed))
        self.first = np.searchsorted(lines.order, np.arange(len(orders.at)))
        self.after_last = np.searchsorted(lines.order, np.arange(len(orders.at)), side="right")
        self.sums = self._per_order(lines.amount)
        self.refunds = self._per_order(lines.refund)
        self.units = self._per_order(lines.quantity)
        self.amount = lines.amount.tolist()

    def _per_order(self, of_line: Ints) -> list[int]:
        sums = np.bincount(self.shop.lines.order, of_line, minlength=len(self.shop.orders.at))
        return [int(value) for value in sums.astype(np.int64)]

    def times(self, instant: Ints, known: npt.NDArray[np.bool_]) -> list[str]:
        """Instants as the files write them, in the shop's own time; '' where not `known`."""
        at = self.start + np.where(known, instant, 0).astype("timedelta64[s]")
        words = np.char.replace(np.datetime_as_string(at, unit="s"), "T", " ")
        return [str(word) for word in np.where(known, words, "")]

    def orders_of(self, channel: int) -> list[int]:
        """The orders of a shop, by time."""
        return [int(at) for at in np.flatnonzero(self.shop.orders.shop == channel)]

    def lines_of(self, order: int) -> range:
        """An order's lines."""
        return range(int(self.first[order]), int(self.after_last[order]))

    def file(self, name: str, channel: int, header: str, rows: Iterable[Sequence[Any]]) -> DemoFile:
        """A file of a shop's orders with what an import of it must find."""
        orders, lines = self.shop.orders, self.shop.lines
        mine = orders.shop[lines.order] == channel
        return DemoFile(
            name=name,
            content=table(header.split(","), rows, "gb18030" if channel in (TMALL, JD) else "utf-8-sig"),
            channel=CHANNELS[channel],
            orders=int((orders.shop == channel).sum()),
            lines=int(mine.sum()),
            units=int(lines.quantity[mine].sum()),
            money={"USD" if channel == SHOPIFY else "CNY": int(lines.amount[mine].sum())},
        )


def money(minor: int) -> str:
    """Minor units of yuan or dollar as the files write them: 1290 → 12.90."""
    return f"{minor // 100}.{minor % 100:02d}"


# --- Tmall -----------------------------------------------------------------------------------------------------------

_TMALL_ORDERS = (
    "订单编号,买家会员名,买家应付货款,买家应付邮费,总金额,买家实际支付金额,订单状态,买家留言,收货人姓名,收货地址 ,运送方式,联系电话 ,联系手机,订单创建时间,"
    "订单付款时间 ,宝贝标题 ,宝贝种类 ,物流单号 ,物流公司,订单备注,宝贝总数量,店铺名称,订单关闭原因,退款金额,确认收货时间,发货时间"
)
_TMALL_LINES = (
    "子订单编号,主订单编号,标题,价格,购买数量,外部系统编号,商品属性,套餐信息,备注,订单状态,商家编码,支付单号,买家应付货款,买家实际支付金额,退款状态,退款金额,"
    "订单创建时间,订单付款时间"
)
_TMALL_STATES = (
    "等待买家付款", "交易关闭", "交易关闭", "买家已付款,等待卖家发货", "卖家已发货,等待买家确认", "交易成功",
)  # fmt: skip


def tmall(w: Written) -> list[DemoFile]:
    """The order list and the list of its lines."""
    shop, orders, buyers = w.shop, w.shop.orders, w.shop.buyers
    heads, rows = [], []
    for o in w.orders_of(TMALL):
        number, state, buyer = orders.number[o], int(w.state[o]), int(orders.buyer[o])
        total = w.sums[o] + int(orders.shipping[o])
        paid = total if w.paid_at[o] else 0
        titles = []
        for n, line in enumerate(w.lines_of(o)):
            product, back = int(shop.lines.product[line]), int(shop.lines.refund[line])
            sku, (title, _, colour) = shop.products.sku[product], shop.products.name[product].rpartition(" ")
            titles.append(title)
            rows.append(
                (
                    f'="{int(number) + n}"', f'="{number}"', title, money(int(shop.lines.price[line])),
                    int(shop.lines.quantity[line]), sku, f"颜色分类:{colour}", "", "", _TMALL_STATES[state], sku, "",
                    money(w.amount[line]), money(w.amount[line] if paid else 0),
                    "退款成功" if back else "没有申请退款", money(back), w.at[o], w.paid_at[o],
                )
            )  # fmt: skip
        heads.append(
            (
                f'="{number}"', buyers.account[buyer], money(w.sums[o]), money(int(orders.shipping[o])), money(total),
                money(paid), _TMALL_STATES[state], "", buyers.name[buyer], _address(w, buyer, " "), "快递", "",
                f"'{buyers.phone[buyer]}", w.at[o], w.paid_at[o], ",".join(titles), len(titles),
                f"'{orders.tracking[o]}" if w.shipped[o] else "", CARRIERS[orders.carrier[o]] if w.shipped[o] else "",
                "", w.units[o], CHANNELS[TMALL], {CLOSED: "买家未付款", GIVEN_BACK: "买家不想要了"}.get(state, ""),
                money(w.refunds[o]), w.completed[o], w.shipped[o],
            )
        )  # fmt: skip
    first = w.file("tmall_orders.csv", TMALL, _TMALL_ORDERS, heads)
    second = w.file("tmall_lines.csv", TMALL, _TMALL_LINES, rows)
    return [first, second]


def _address(w: Written, buyer: int, between: str) -> str:
    people = w.shop.buyers
    return between.join((people.province[buyer], people.city[buyer], people.district[buyer], people.street[buyer]))


# --- JD --------------------------------------------------------------------------------------------------------------

_JD = (
    "订单号,商品ID,商品名称,订购数量,支付方式,下单时间,京东价,订单金额,结算金额,余额支付,应付金额,订单状态,订单类型,下单帐号,客户姓名,客户地址,联系电话,订单备注,"
    "发票类型,发票抬头,发票内容,商家备注,商家备注等级（等级1-5为由高到低）,运费金额,付款确认时间,增值税发票,货号,订单完成时间,订单来源,订单渠道,出库时间,承运商,运单号"
)
_JD_STATES = ("等待付款", "已取消", "(删除)等待出库", "等待出库", "等待确认收货", "完成")


def jd(w: Written) -> DemoFile:
    """One row a line; the order's money repeats on each."""
    shop, orders, buyers = w.shop, w.shop.orders, w.shop.buyers
    rows = []
    for o in w.orders_of(JD):
        buyer, total = int(orders.buyer[o]), w.sums[o] + int(orders.shipping[o])
        sent = bool(w.shipped[o])
        for line in w.lines_of(o):
            product = int(shop.lines.product[line])
            rows.append(
                (
                    orders.number[o], 10_030_000_000 + product, shop.products.name[product],
                    int(shop.lines.quantity[line]), "在线支付", w.at[o], money(int(shop.lines.price[line])),
                    money(w.sums[o]), money(total), "0.00", money(total), _JD_STATES[int(w.state[o])], "销售订单",
                    buyers.account[buyer], buyers.name[buyer], _address(w, buyer, ""), buyers.phone[buyer], "",
                    "", "", "", "", "", money(int(orders.shipping[o])), w.paid_at[o], "", shop.products.sku[product],
                    w.completed[o], "移动端订单", "暂无来源", w.shipped[o], CARRIERS[orders.carrier[o]] if sent else "",
                    orders.tracking[o] if sent else "",
                )
            )  # fmt: skip
    return w.file("jd_orders.csv", JD, _JD, rows)


# --- Pinduoduo -------------------------------------------------------------------------------------------------------

_PINDUODUO = (
    "订单成交时间,商品,订单号,订单状态,商品总价(元),邮费(元),店铺优惠折扣(元),平台优惠折扣(元),多多支付立减金额(元),用户实付金额(元),商家实收金额(元),商品数量(件),"
    "支付时间,发货时间,确认收货时间,商品id,商品规格,样式ID,商家编码-规格维度,商家编码-商品维度,商家备注,售后状态,快递单号,快递公司,收货人,手机,省,市,区,街道/镇"
)
_PINDUODUO_STATES = ("待支付", "已取消", "未发货，退款成功", "待发货", "已发货，待收货", "已收货")
_BACK_STATES = {SENT: "已发货，退款成功", COMPLETE: "已收货，退款成功"}


def pinduoduo(w: Written) -> DemoFile:
    """One row an order, which is of one product."""
    shop, orders, buyers = w.shop, w.shop.orders, w.shop.buyers
    rows = []
    for o in w.orders_of(PINDUODUO):
        (line,) = w.lines_of(o)
        product, state, buyer = int(shop.lines.product[line]), int(w.state[o]), int(orders.buyer[o])
        sku, (title, _, colour) = shop.products.sku[product], shop.products.name[product].rpartition(" ")
        whole = w.amount[line] + int(shop.lines.off[line])
        gift = 200 if o % 5 == 0 and w.amount[line] > 2_000 else 0  # what Pinduoduo pays itself
        back = bool(shop.lines.refund[line]) or state == GIVEN_BACK
        word = _BACK_STATES.get(state, _PINDUODUO_STATES[state]) if back else _PINDUODUO_STATES[state]
        rows.append(
            (
                w.at[o], title, orders.number[o], word, money(whole), "0.00", money(int(shop.lines.off[line])),
                money(gift), "0.00", f"{money(w.amount[line] - gift)}\t", f"{money(w.amount[line])}\t",
                f"{int(shop.lines.quantity[line])}\t", w.paid_at[o], w.shipped[o], w.completed[o],
                700_000_000_000 + product // 8, colour, 900_000 + product, sku, sku.partition("-")[0], "",
                "退款成功" if back else "无售后或售后取消", f"{orders.tracking[o]}\t" if w.shipped[o] else "",
                CARRIERS[orders.carrier[o]] if w.shipped[o] else "", buyers.name[buyer], buyers.phone[buyer],
                buyers.province[buyer], buyers.city[buyer], buyers.district[buyer], buyers.street[buyer],
            )
        )  # fmt: skip
    return w.file("pinduoduo_orders.csv", PINDUODUO, _PINDUODUO, rows)


# --- Shopify ---------------------------------------------------------------------------------------------------------

_SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,"
    "Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,"
    "Lineitem price,Lineitem compare at price,Lineitem sku,Lineitem requires shipping,Lineitem taxable,"
    "Lineitem fulfillment status,Billing Name,Billing Country,Shipping Name,Shipping Address1,Shipping City,Shipping Zip,"
    "Shipping Province,Shipping Country,Shipping Phone,Notes,Cancelled at,Payment Method,Refunded Amount,Vendor,Id,Tags,"
    "Source,Lineitem discount,Phone"
)
_OF_ORDER = 16  # fields before the line's; the rest follow it
_CUSTOMERS = (
    "First Name,Last Name,Email,Accepts Email Marketing,Company,Address1,Address2,City,Province,Province Code,Country,"
    "Country Code,Zip,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Tags,Note,Tax Exempt"
)


def shopify(w: Written) -> list[DemoFile]:
    """The orders, with the order's fields on its first row only; and the customers."""
    shop, orders, buyers = w.shop, w.shop.orders, w.shop.buyers
    rows: list[tuple[Any, ...]] = []
    spent: dict[int, list[int]] = {}
    for o in w.orders_of(SHOPIFY):
        buyer, sent = int(orders.buyer[o]), bool(w.shipped[o])
        off, postage = int(orders.discount[o]), int(orders.shipping[o])
        total = w.sums[o] - off + postage
        gone = int(w.state[o]) == GIVEN_BACK
        back = total if gone else w.refunds[o]
        paid = "refunded" if back >= total else "partially_refunded" if back else "paid"
        held = spent.setdefault(buyer, [0, 0])
        held[0], held[1] = held[0] + total - back, held[1] + 1
        head = (
            orders.number[o], buyers.email[buyer], paid, _abroad(w.paid_at[o]), "fulfilled" if sent else "unfulfilled",
            _abroad(w.shipped[o]), "no", "USD", money(w.sums[o] - off), money(postage), "0.00", money(total),
            "WELCOME10" if off else "", money(off), "Standard", _abroad(w.at[o]),
        )  # fmt: skip
        tail = (
            buyers.name[buyer], buyers.country[buyer], buyers.name[buyer], buyers.street[buyer], buyers.city[buyer],
            f"'{buyers.postcode[buyer]}", buyers.province[buyer], buyers.country[buyer], buyers.phone[buyer], "",
            _abroad(w.times(orders.at[o : o + 1] + 5_400, np.array([gone]))[0]), "Shopify Payments", money(back),
            CHANNELS[SHOPIFY], 5_551_000 + o, "", "web", "0.00", buyers.phone[buyer],
        )  # fmt: skip
        for n, line in enumerate(w.lines_of(o)):
            product = int(shop.lines.product[line])
            middle = (
                int(shop.lines.quantity[line]), shop.products.english[product], money(int(shop.lines.price[line])), "",
                shop.products.sku[product], "true", "false", "fulfilled" if sent else "pending",
            )  # fmt: skip
            if n:
                rows.append((orders.number[o], *[""] * (len(head) - 2), head[-1], *middle, *[""] * len(tail)))
            else:
                rows.append((*head, *middle, *tail))
    customers = [
        (
            *buyers.name[b].split(" "), buyers.email[b], "yes" if b % 3 else "no", "", buyers.street[b], "",
            buyers.city[b], buyers.province[b], "", buyers.country[b], buyers.country[b], f"'{buyers.postcode[b]}",
            buyers.phone[b], "no", money(total), count, "", "", "no",
        )
        for b, (total, count) in sorted(spent.items())
    ]  # fmt: skip
    orders_file = w.file("shopify_orders.csv", SHOPIFY, _SHOPIFY, rows)
    people = table(_CUSTOMERS.split(","), customers, "utf-8")
    return [orders_file, DemoFile("shopify_customers.csv", people, rows=len(customers))]


def _abroad(time: str) -> str:
    return f"{time} +0800" if time else ""


def platform_files(w: Written) -> list[DemoFile]:
    """All files of the four platforms."""
    return [*tmall(w), jd(w), pinduoduo(w), *shopify(w)]


def first_day(shop: DemoShop) -> dt.date:
    """The day before business: where opening stock and first costs hold."""
    return shop.plan.start - dt.timedelta(days=1)
