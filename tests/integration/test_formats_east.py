"""The Chinese platforms and order-management systems: every number by hand, every trap, and what two files tell of."""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.clock import FixedClock
from erp_core.company.views import read_company
from erp_core.db.engine import Database
from erp_core.errors import MappingNeeded
from erp_core.files.read import read_table
from erp_core.imports.detect import detect, known_headers
from erp_core.imports.formats import FORMATS
from erp_core.imports.receipt import Receipt
from erp_core.imports.service import ImportOptions, import_files, undo_import
from erp_core.orders import rollups
from erp_core.overview.views import Filters, kpis
from erp_core.security.actor import LOCAL_USER
from erp_core.stock.views import check
from tests.integration.test_import_samples import packed, sample
from tests.opened import opened

EAST = ("jd-orders", "pinduoduo-orders", "douyin-orders", "jushuitan-orders", "wangdiantong-orders")
TODAY = dt.date(2026, 3, 2)

# Header rows as the platforms write them.
JD = (
    "订单号,商品ID,商品名称,订购数量,支付方式,下单时间,京东价,订单金额,结算金额,余额支付,应付金额,订单状态,订单类型,下单帐号,"
    "客户姓名,客户地址,联系电话,订单备注,发票类型,发票抬头,发票内容,商家备注,运费金额,付款确认时间,增值税发票,货号,订单完成时间,"
    "订单来源,订单渠道"
)
PINDUODUO = (
    "订单成交时间,商品,订单号,订单状态,商品总价(元),邮费(元),店铺优惠折扣(元),平台优惠折扣(元),多多支付立减金额(元),用户实付金额(元),"
    "商家实收金额(元),商品数量(件),发货时间,确认收货时间,商品id,商品规格,样式ID,商家编码-规格维度,商家编码-商品维度,商家备注,售后状态,"
    "快递单号,快递公司"
)
PINDUODUO_FULL = (
    PINDUODUO
    + ",是否审核中,支付时间,承诺发货时间,商品一级类目,商品四级类目,买家留言,赠品名称,赠品数量,省,市,区,街道/镇,仓库名称,支付方式"
)
DOUYIN = (
    "主订单编号,子订单编号,选购商品,商品规格,商品数量,商家编码,订单应付金额,运费,收件人,收件人手机号,详细地址,订单提交时间,商家备注,"
    "订单完成时间,订单状态,售后状态,取消原因,发货时间,平台实际承担优惠金额,商家实际承担优惠金额,达人实际承担优惠金额"
)
JUSHUITAN = (
    "订单号,线上订单号,店铺编号,店铺,买家账号,下单时间,付款日期,发货日期,应付金额,已付金额,抵扣金额,运费,状态,店铺状态,异常类型,"
    "快递公司,快递单号,收货人姓名,省份,城市,区县,街道,地址,手机,固话,订单类型,买家留言,订单备注,发货仓,标签,支付单号,平台站点,"
    "子订单编号,原始线上订单号,款号,商品编码,商品名称,颜色及规格,数量,商品单价,商品金额,是否赠品,子订单状态,成本价,申请退货数量,"
    "实退数量,订单退款金额"
)
WANGDIANTONG = (
    "订单编号,店铺,订单来源,仓库,子单原始单号,订单状态,订单类型,货到付款,订单退款状态,交易时间,付款时间,客户网名,收件人,收货地区,"
    "收货地址,收件人手机,物流公司,物流单号,买家留言,客服备注,订单支付金额,邮费,订单总优惠,应收金额,预估重量,商家编码,货品编号,"
    "货品名称,规格名称,平台货品名称,平台规格名称,下单数量,标价,货品总优惠,成交价,分摊后价格,打折比,实发数量,分摊后总价,退款前支付金额,"
    "分摊邮费,单品支付金额,拆自组合装,赠品方式"
)
TAOBAO_LINES = "子订单编号,主订单编号,标题,价格,购买数量,外部系统编号,商家编码,订单状态,买家应付货款,退款状态,退款金额,订单创建时间,订单付款时间"
TAOBAO_ORDERS = (
    "订单编号,买家会员昵称,总金额,订单状态,收货人姓名,收货地址 ,联系电话 ,订单创建时间,订单付款时间 ,宝贝标题 ,宝贝种类 ,物流单号 ,"
    "店铺名称,退款金额,确认收货时间,发货时间,商家备忘,主订单编号"
)

Row = Mapping[str, str]
Load = Callable[..., Receipt]

DAY = "2025-11-01 10:00:00"


def text_of(header: str, *rows: Row) -> str:
    """A file with this header row; cells that a row does not name are empty, names that the header lacks an error."""
    columns = header.split(",")
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(columns)
    for row in rows:
        assert set(row) <= {column.strip() for column in columns}, set(row) - {column.strip() for column in columns}
        writer.writerow([row.get(column.strip(), "") for column in columns])
    return stream.getvalue()


def jd(no: str, status: str = "等待出库", **cells: str) -> Row:
    plain = {"订单号": no, "订单状态": status, "商品ID": "100", "货号": "LAMP", "商品名称": "台灯", "订购数量": "1", "京东价": "59.00",
             "下单时间": DAY, "付款确认时间": DAY, "下单帐号": "jd_ann"}  # fmt: skip
    return plain | cells


def pinduoduo(no: str, status: str = "待发货", **cells: str) -> Row:
    plain = {"订单号": no, "订单状态": status, "商品": "台灯", "商家编码-规格维度": "LAMP", "商品数量(件)": "1", "商品总价(元)": "59.00",
             "订单成交时间": DAY, "售后状态": "无售后或售后取消"}  # fmt: skip
    return plain | cells


def douyin(no: str, status: str = "备货中", ref: str = "", **cells: str) -> Row:
    plain = {"主订单编号": f"\t{no}", "子订单编号": f"\t{ref or no}", "订单状态": status, "选购商品": "\t台灯", "商家编码": "\tLAMP",
             "商品数量": "1", "订单应付金额": "59.00", "订单提交时间": DAY, "售后状态": "-", "发货时间": "-", "订单完成时间": "-"}  # fmt: skip
    return plain | cells


def jushuitan(own: str, online: str, status: str = "已付款待审核", **cells: str) -> Row:
    plain = {"订单号": own, "线上订单号": online, "原始线上订单号": online, "状态": status, "店铺": "灯语", "平台站点": "京东", "买家账号":
             "jd_ann", "下单时间": DAY, "付款日期": DAY, "商品编码": "LAMP", "商品名称": "台灯", "数量": "1", "商品单价": "59.00",
             "商品金额": "59.00", "订单退款金额": "0.00"}  # fmt: skip
    return plain | cells


def wangdiantong(own: str, original: str, status: str = "待客审", **cells: str) -> Row:
    plain = {"订单编号": f'="{own}"', "子单原始单号": f'="{original}"' if original else "", "订单状态": status, "店铺": "灯语", "订单来源": "京东",
             "客户网名": "jd_ann", "交易时间": DAY, "付款时间": DAY, "商家编码": '="LAMP"', "货品名称": "台灯", "下单数量": "1.0000",
             "实发数量": "1.0000", "分摊后价格": "59.0000", "分摊后总价": "59.0000", "订单退款状态": "无退款"}  # fmt: skip
    return plain | cells


def taobao_line(no: str, status: str = "买家已付款,等待卖家发货", ref: str = "", **cells: str) -> Row:
    plain = {"主订单编号": f'="{no}"', "子订单编号": f'="{ref or no}"', "标题": "台灯", "价格": "59.00", "购买数量": "1", "商家编码": "LAMP",
             "订单状态": status, "退款状态": "没有申请退款", "退款金额": "无退款申请", "订单创建时间": DAY, "订单付款时间": DAY}  # fmt: skip
    return plain | cells


def taobao_order(no: str, status: str = "买家已付款,等待卖家发货", **cells: str) -> Row:
    plain = {"订单编号": f'="{no}"', "主订单编号": f'="{no}"', "买家会员昵称": "jd_ann", "总金额": "59.00", "订单状态": status, "订单创建时间":
             DAY, "订单付款时间": DAY, "宝贝标题": "台灯", "退款金额": "无退款申请"}  # fmt: skip
    return plain | cells


@pytest.fixture
def load(database: Database, clock: FixedClock, tmp_path: Path) -> Load:
    """Import texts as the files of one import, or samples by the name of their format."""
    numbers = itertools.count()

    def load(*sources: str, encoding: str = "utf-8", **options: Any) -> Receipt:
        paths = []
        for source in sources:
            if "," in source:
                path = tmp_path / f"file{next(numbers)}.csv"
                path.write_bytes(source.encode(encoding))
            else:
                path = sample(source)
            paths.append(path)
        (receipt,) = import_files(database, LOCAL_USER.acting(clock), paths, ImportOptions(**options))
        assert receipt.adds_up()
        with database.writing_connection() as connection:
            assert rollups.check(connection) == ()
            assert check(connection) == ()
        return receipt

    return load


def rows(database: Database, statement: str) -> list[tuple[Any, ...]]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement))]


def orders(database: Database, *columns: str) -> dict[str, tuple[Any, ...]]:
    found = opened(database, "sales_order", "external_id", *columns)
    return {key: tuple(values) for key, *values in found}


def lines(database: Database, *columns: str) -> list[tuple[Any, ...]]:
    names = ", ".join(columns)
    return rows(
        database,
        f"SELECT {names} FROM order_line l JOIN sales_order o ON o.id = l.order_id JOIN product p ON p.id = l.product_id "
        "WHERE l.superseded_by IS NULL AND o.withdrawn_by IS NULL ORDER BY o.external_id, l.line_no",
    )


def channels(database: Database) -> list[tuple[str, str]]:
    return [(name, platform) for name, platform in rows(database, "SELECT name, platform FROM channel ORDER BY name")]


def stock(database: Database) -> dict[str, tuple[int, int]]:
    """SKU → (change of what lies there, change of what is set aside)."""
    query = "SELECT p.sku, SUM(m.quantity), SUM(m.reserved) FROM stock_movement m JOIN product p ON p.id = m.product_id GROUP BY p.sku"
    return {sku: (int(quantity), int(reserved)) for sku, quantity, reserved in rows(database, query)}


def numbers(database: Database, *keys: str) -> tuple[float | int | None, ...]:
    period = Period(dt.date(2025, 10, 1), dt.date(2025, 12, 31))
    with database.reading() as connection:
        found = kpis(connection, read_company(connection), period, Filters(), TODAY)
    return tuple(round(value, 2) if isinstance(value, float) else value for value in (found[key].value for key in keys))


MONEY = ("revenue", "refunds", "net_revenue", "orders", "units")


# --- the samples, by hand -------------------------------------------------------------------------------------------


def test_jd_sample(database: Database, load: Load) -> None:
    receipt = load("jd-orders")
    assert receipt.files[0].encoding == "gb18030"
    # 59 + 2·29.50; 59; 3·29.50; 59 (deleted); 2·59; 199: the order's sums beside them are not counted
    assert receipt.amount_read == {"CNY": 5900 + 5900 + 5900 + 8850 + 5900 + 11800 + 19900}
    assert (receipt.rows_read, receipt.rows_accepted, receipt.orders, receipt.cancellations) == (7, 7, 6, 1)
    assert (receipt.lines, receipt.quantity) == (7, 1 + 2 + 1 + 3 + 1 + 2 + 1)
    assert receipt.issues == ()
    assert orders(database, "state", "goods", "total", "shipping") == {
        "298000000001": ("completed", 11800, 10800, 0),
        "298000000002": ("paid", 5900, 6500, 600),
        "298000000003": ("shipped", 8850, 8850, 0),
        "298000000004": ("cancelled", 5900, 5900, 0),
        "298000000005": ("pending", 11800, 11800, 0),
        "298000000006": ("paid", 19900, 19900, 0),
    }
    assert channels(database) == [("JD", "JD")]
    # 118 + 59 + 88.50 + 118 + 199; one unit more set aside for the paid and the locked order
    assert numbers(database, *MONEY) == (582.5, 0.0, 582.5, 5, 10)
    assert stock(database) == {"DENG-01": (-1, 1), "100020": (-5, 0), "DENG-02": (0, 1)}  # no 货号: the item id
    # jd_xiaoyu twice, jd_li, jd_chen, jd_zhao; the masked account is nobody
    assert numbers(database, "customers", "repeat_customer_rate") == (4, 0.25)
    # 23:59:59 in Beijing is that day
    assert str(orders(database, "ds")["298000000004"][0])[:10] == "2025-11-04"


def test_pinduoduo_sample(database: Database, load: Load) -> None:
    receipt = load("pinduoduo-orders")
    # total less the shop's discount: 59 − 5; 59; 59; 59; 59 − 4; 29.50; 59. The platform's discount is the platform's.
    assert receipt.amount_read == {"CNY": 5400 + 5900 + 5900 + 5900 + 5500 + 2950 + 5900}
    assert (receipt.rows_accepted, receipt.orders, receipt.cancellations, receipt.quantity) == (7, 7, 2, 8)
    assert orders(database, "state", "goods", "refunded") == {
        "251101-100000000000001": ("completed", 5400, 0),
        "251102-100000000000002": ("shipped", 5900, 0),
        "251103-100000000000003": ("paid", 5900, 0),
        "251104-100000000000004": ("cancelled", 5900, 5900),  # paid back before shipping
        "251105-100000000000005": ("completed", 5500, 5500),  # paid back after
        "251106-100000000000006": ("pending", 2950, 0),
        "251107-100000000000007": ("cancelled", 5900, 0),
    }
    days = orders(database, "ds", "tracking_number")
    assert str(days["251106-100000000000006"][0])[:10] == "2025-11-06"  # no time in the file: from the number
    assert days["251101-100000000000001"][1] == "YT1234567890"
    # 54 + 59 + 59 + 55 + 29.50
    assert numbers(database, *MONEY) == (256.5, 55.0, 201.5, 5, 6)
    assert stock(database) == {"DENG-01": (-2, 1), "PAO-E27": (-2, 0)}
    assert rows(database, "SELECT * FROM customer") == []  # the file names no buyer


def test_douyin_sample(database: Database, load: Load) -> None:
    receipt = load("douyin-orders")
    assert receipt.files[0].encoding in ("utf-8", "utf-8-sig")
    assert receipt.amount_read == {"CNY": 2890 + 2000 + 0 + 1590 + 3000 + 1200 + 4800 + 990}
    # the joined row is one row of the file and two lines
    assert (receipt.rows_read, receipt.rows_accepted, receipt.orders, receipt.lines) == (8, 8, 6, 9)
    assert (receipt.cancellations, receipt.quantity) == (1, 1 + 2 + 1 + 1 + 1 + 1 + 2 + 1)
    assert [(issue.row, issue.code) for issue in receipt.issues] == [(8, "line.shared_amount")]
    number = "6917926768823643"
    assert orders(database, "state", "status_word", "goods", "refunded", "tracking_number") == {
        f"{number}751": ("completed", "已完成", 2890, 2890, "SF1001"),
        f"{number}752": ("shipped", "已发货", 2000, 0, "YT2001"),
        f"{number}753": ("cancelled", "已关闭", 1590, 1590, None),
        f"{number}754": ("paid", "备货中", 4200, 0, "YT2002"),  # as far as its last line
        f"{number}755": ("shipped", "已发货", 4800, 0, None),
        f"{number}756": ("pending", "待支付", 990, 0, None),
    }
    assert rows(database, "SELECT DISTINCT carrier FROM sales_order WHERE carrier IS NOT NULL ORDER BY 1") == [
        ("圆通速递",), ("顺丰速运",),
    ]  # fmt: skip
    assert lines(database, "l.line_ref", "p.sku", "l.amount", "l.cancelled", "l.fulfilled")[1:7] == [
        (f"{number}752", "LA-01", 2000, False, True),
        (f"{number}7529", "SHAO-01", 0, True, False),  # a gift that was closed inside the order
        (f"{number}753", "LA-01", 1590, False, False),  # the order is cancelled as a whole
        (f"{number}7541", "DOU-01", 3000, False, True),
        (f"{number}7542", "LA-01", 1200, False, False),
        (f"{number}7551", "DOU-01", 2400, False, True),
    ]
    # a name that holds the separator is one product where there is one number
    assert lines(database, "p.name")[-1] == ("辣丝丝;豆腐 组合",)
    # 28.90 + 20 + 42 + 48 + 9.90
    assert numbers(database, *MONEY) == (148.8, 28.9, 119.9, 5, 8)
    assert stock(database) == {"LA-01": (-4, 1), "DOU-01": (-2, 0)}


def test_jushuitan_sample(database: Database, load: Load) -> None:
    receipt = load("jushuitan-orders")
    # eleven lines of 59 and a gift; the rows of orders that were merged or split are passed over
    assert receipt.amount_read == {"CNY": 11 * 5900}
    assert (receipt.rows_read, receipt.rows_accepted, receipt.rows_unchanged) == (15, 12, 3)
    assert (receipt.orders, receipt.cancellations, receipt.lines) == (9, 1, 12)
    (own,) = [issue for issue in receipt.issues if issue.code == "order.own_number"]
    assert "10009" in str(own.message)
    assert "status.unknown" not in {issue.code for issue in receipt.issues}
    assert orders(database, "state", "goods", "refunded", "total") == {
        "4100000000000000001": ("shipped", 5900, 0, 5900),
        "4100000000000000002": ("cancelled", 5900, 0, 5900),
        "4100000000000000003": ("shipped", 11800, 2000, 11800),  # 20 on both rows is 20
        "4100000000000000004": ("pending", 5900, 0, 5900),
        "251102-200000000000002": ("paid", 5900, 0, 5900),
        "299000000003": ("shipped", 5900, 0, 5900),  # sent together: half of 118 each
        "299000000004": ("shipped", 5900, 0, 5900),
        "6917000000000000006": ("paid", 11800, 0, 11800),  # sent in parts: 59 + 59, one part waits
        "10009": ("shipped", 5900, 0, 5900),
    }
    assert channels(database) == [
        ("灯语京东店", "JD"), ("灯语天猫店", "Taobao"), ("灯语抖音店", "Douyin"), ("灯语拼多多店", "Pinduoduo"), ("门店", "Jushuitan"),
    ]  # fmt: skip
    assert numbers(database, *MONEY) == (590.0, 20.0, 570.0, 8, 15)
    assert stock(database) == {"DENG-01": (-5, 0), "PAO-E27": (-4, 4), "BU-01": (-1, 0)}
    # 小鱼 (two orders), jd_li (two), tb_买家4; tb_买家2's only order is cancelled
    assert numbers(database, "customers") == (3,)
    assert rows(database, "SELECT DISTINCT l.name FROM stock_movement m JOIN location l ON l.id = m.location_id") == [
        ("杭州仓",)
    ]


def test_wangdiantong_sample(database: Database, load: Load) -> None:
    receipt = load("wangdiantong-orders")
    assert receipt.files[0].encoding == "gb18030"
    # shares of the lines: 57 + 57; 59; 53.10 + 45.90 + 0; 59; 59 + 29.50; 49; 59. 114, 105 … beside them are the orders'.
    assert receipt.amount_read == {"CNY": 5700 + 5700 + 5900 + 9900 + 5900 + 5900 + 2950 + 4900 + 5900}
    assert (receipt.rows_read, receipt.rows_accepted, receipt.rows_unchanged) == (12, 11, 1)
    assert (receipt.orders, receipt.cancellations, receipt.lines, receipt.quantity) == (8, 1, 11, 12)
    number = "69301627455895999"
    assert orders(database, "state", "goods", "refunded", "shipping") == {
        f"{number}91": ("completed", 5700, 0, 0),  # two platform orders in one of Wangdiantong's
        f"{number}92": ("completed", 5700, 0, 0),  # -1 behind the number is a part
        f"{number}93": ("cancelled", 5900, 5900, 0),
        "5127801625403010443": ("shipped", 9900, 0, 600),  # 6.00 on three rows is 6.00
        "JY202511040004": ("paid", 5900, 0, 0),
        f"{number}94": ("paid", 5900, 0, 0),  # its second line was taken out
        f"{number}95": ("completed", 4900, 4900, 0),
        f"{number}96": ("pending", 5900, 0, 0),
    }
    assert channels(database) == [("灯语天猫店", "Taobao"), ("灯语抖音店", "Douyin"), ("门店", "Wangdiantong")]
    # 57 + 57 + 99 + 59 + 59 + 49 + 59
    assert numbers(database, *MONEY) == (439.0, 49.0, 390.0, 7, 10)
    assert stock(database) == {"DENG-01": (-4, 2), "PAO-E27": (-2, 0), "BU-01": (-1, 0)}


# --- recognised, whatever the file looks like -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "header", "row"),
    [
        ("jd-orders", JD, jd("298000000001")),
        ("pinduoduo-orders", PINDUODUO, pinduoduo("251101-100000000000001")),
        (
            "pinduoduo-orders",
            PINDUODUO_FULL,
            pinduoduo("251101-100000000000001", **{"省": "浙江", "仓库名称": "杭州仓"}),
        ),
        ("douyin-orders", DOUYIN, douyin("6917926768823643751")),
        ("jushuitan-orders", JUSHUITAN, jushuitan("1", "298000000001")),
        ("wangdiantong-orders", WANGDIANTONG, wangdiantong("JY1", "298000000001")),
        ("taobao-lines", TAOBAO_LINES, taobao_line("2384011112223334441")),
    ],
)
def test_a_header_row_as_the_platform_writes_it(
    database: Database, load: Load, name: str, header: str, row: Row
) -> None:
    receipt = load(text_of(header, row))
    assert receipt.format == name
    assert (receipt.rows_accepted, receipt.orders, receipt.amount_read) == (1, 1, {"CNY": 5900})
    assert lines(database, "p.sku", "l.quantity", "l.amount") == [("LAMP", 1, 5900)]


def test_the_order_list_of_taobao_since_2022(database: Database, load: Load) -> None:
    receipt = load(
        text_of(TAOBAO_ORDERS, taobao_order("238401", **{"商家备忘": "加急"})),
        text_of(TAOBAO_LINES, taobao_line("238401")),
    )
    assert (receipt.format, receipt.orders, receipt.rows_rejected) == ("taobao-orders+taobao-lines", 1, 0)
    assert orders(database, "seller_note", "goods", "refunded") == {"238401": ("加急", 5900, 0)}
    assert lines(database, "l.line_ref") == [("238401",)]


@pytest.mark.parametrize("name", EAST)
def test_every_sample_is_claimed_by_its_own_format_only(name: str) -> None:
    table = read_table(sample(name), known_headers=known_headers())
    found = detect(table)
    assert (found.format, found.missing) == (name, ())
    assert found.confidence > 0.9
    # no other declaration finds what it needs at a signature of its own
    others = [other for other, declared in FORMATS.items() if declared.signature and other != name]
    assert [other for other in others if "only" in str(detect(table, wanted=other).evidence)] == []


@pytest.mark.parametrize(
    "header",
    [
        "订单号,商品名称,订购数量,单价,下单时间,订单状态,下单账户",  # words in common with JD
        "订单号,商品,商品数量,商品总价,商品规格,订单状态,订单时间",  # … with Pinduoduo
        "订单编号,商品名称,商品规格,商品数量,商家编码,下单时间,单价,收件人",  # … with Douyin
        "订单号,店铺,下单时间,付款日期,商品编码,商品名称,数量,商品单价,商品金额",  # … with Jushuitan
        "订单编号,店铺,交易时间,商家编码,货品名称,下单数量,成交价,仓库",  # … with Wangdiantong
    ],
)
def test_a_table_with_a_few_words_of_a_platform_is_not_claimed(header: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(header + "\n" + ",".join("1" for _ in header.split(",")) + "\n", encoding="utf-8")
    assert detect(read_table(path, known_headers=known_headers())).format == "generic-sales"


NEEDED = {
    "jd-orders": ("订单号", "商品名称", "订购数量", "下单时间", "京东价"),
    "pinduoduo-orders": ("订单号", "商品", "商品总价(元)", "商品数量(件)", "店铺优惠折扣(元)"),
    "douyin-orders": ("主订单编号", "子订单编号", "选购商品", "商品数量", "订单应付金额", "订单提交时间"),
    "jushuitan-orders": ("线上订单号", "下单时间", "商品编码", "数量", "商品金额", "颜色及规格"),
    "wangdiantong-orders": ("子单原始单号", "交易时间", "商家编码", "下单数量", "分摊后总价"),
}
REQUIRED = {
    "jd-orders": "订购数量",
    "pinduoduo-orders": "商品数量(件)",
    "douyin-orders": "订单提交时间",
    "jushuitan-orders": "下单时间",
    "wangdiantong-orders": "下单数量",
}


def sample_rows(name: str) -> tuple[list[str], list[list[str]]]:
    table = read_table(sample(name), known_headers=known_headers())
    columns = [column.to_pylist() for column in table.cells]
    return list(table.columns), [list(row) for row in zip(*columns, strict=True)]


def as_csv(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream).writerows([columns, *cells])
    return stream.getvalue()


@pytest.mark.parametrize("name", EAST)
def test_columns_may_stand_in_any_order_and_carry_spaces(
    sqlite_database: Database, clock: FixedClock, tmp_path: Path, name: str
) -> None:
    columns, cells = sample_rows(name)
    order = list(range(len(columns)))
    random.Random(7).shuffle(order)
    wide = {"(": "（", ")": "）"}
    names = ["".join(wide.get(char, char) for char in columns[i]) + " " * (i % 3) for i in order]
    path = tmp_path / "again.csv"
    path.write_text(as_csv(names, [[row[i] for i in order] for row in cells]), encoding="utf-8")
    (first,) = import_files(sqlite_database, LOCAL_USER.acting(clock), [sample(name)])
    (again,) = import_files(sqlite_database, LOCAL_USER.acting(clock), [path])
    assert (again.format, again.rows_unchanged) == (name, first.rows_read)


@pytest.mark.parametrize("name", EAST)
def test_all_optional_columns_may_be_missing(
    sqlite_database: Database, clock: FixedClock, tmp_path: Path, name: str
) -> None:
    columns, cells = sample_rows(name)
    keep = [columns.index(header) for header in NEEDED[name]]
    path = tmp_path / "narrow.csv"
    path.write_text(as_csv(NEEDED[name], [[row[i] for i in keep] for row in cells]), encoding="utf-8")
    (receipt,) = import_files(sqlite_database, LOCAL_USER.acting(clock), [path])
    assert receipt.format == name
    assert {issue.code for issue in receipt.issues if issue.severity == "rejects"} <= {"order_id.missing"}
    assert receipt.orders > 0


@pytest.mark.parametrize("name", EAST)
def test_a_missing_required_column_is_named(
    sqlite_database: Database, clock: FixedClock, tmp_path: Path, name: str
) -> None:
    columns, cells = sample_rows(name)
    lacking = {REQUIRED[name]} | ({"实发数量"} if name == "wangdiantong-orders" else set())
    keep = [i for i, column in enumerate(columns) if column not in lacking]
    path = tmp_path / "lacking.csv"
    path.write_text(as_csv([columns[i] for i in keep], [[row[i] for i in keep] for row in cells]), encoding="utf-8")
    with pytest.raises(MappingNeeded, match=REQUIRED[name].split("(")[0]):
        import_files(sqlite_database, LOCAL_USER.acting(clock), [path])


@pytest.mark.parametrize("container", ["tsv", "xlsx", "parquet", "csv.gz"])
@pytest.mark.parametrize("name", EAST)
def test_a_sample_in_another_container_says_the_same(
    sqlite_database: Database, clock: FixedClock, tmp_path: Path, name: str, container: str
) -> None:
    (first,) = import_files(sqlite_database, LOCAL_USER.acting(clock), [sample(name)])
    (again,) = import_files(sqlite_database, LOCAL_USER.acting(clock), [packed(name, container, tmp_path)])
    assert (again.rows_unchanged, again.orders) == (first.rows_read, 0)


@pytest.mark.parametrize("name", EAST)
def test_translated_headers_are_mapped_by_hand(
    sqlite_database: Database, clock: FixedClock, tmp_path: Path, name: str
) -> None:
    columns, cells = sample_rows(name)
    indices = detect(read_table(sample(name), known_headers=known_headers())).indices
    mapping = {field: f"Column {at}" for field, at in indices.items()}
    path = tmp_path / "translated.csv"
    path.write_text(as_csv([f"Column {i}" for i in range(len(columns))], cells), encoding="utf-8")
    options = ImportOptions(format=name, mapping=mapping)
    (receipt,) = import_files(sqlite_database, LOCAL_USER.acting(clock), [path], options)
    assert receipt.format == name
    assert receipt.orders > 4
    (first,) = import_files(sqlite_database, LOCAL_USER.acting(clock), [path])  # the mapping is remembered
    assert (first.format, first.orders) == (name, 0)


# --- later exports --------------------------------------------------------------------------------------------------

SHIPPED = "2025-11-02 09:00:00"
DONE = "2025-11-05 09:00:00"


@pytest.mark.parametrize(
    ("first", "later"),
    [
        (text_of(JD, jd("298000000001")), text_of(JD, jd("298000000001", "完成", 订单完成时间=DONE))),
        (
            text_of(PINDUODUO, pinduoduo("251101-100000000000001")),
            text_of(PINDUODUO, pinduoduo("251101-100000000000001", "已收货", 发货时间=SHIPPED, 确认收货时间=DONE)),
        ),
        (
            text_of(DOUYIN, douyin("6917926768823643751")),
            text_of(DOUYIN, douyin("6917926768823643751", "已完成", 发货时间=SHIPPED, 订单完成时间=DONE)),
        ),
        (
            text_of(WANGDIANTONG, wangdiantong("JY1", "298000000001")),
            text_of(WANGDIANTONG, wangdiantong("JY1", "298000000001", "已完成")),
        ),
        (
            text_of(JUSHUITAN, jushuitan("1", "298000000001")),
            text_of(JUSHUITAN, jushuitan("1", "298000000001", "已完成", 发货日期=SHIPPED)),
        ),
    ],
    ids=["jd", "pinduoduo", "douyin", "wangdiantong", "jushuitan"],
)
def test_a_later_export_moves_an_order_on_and_the_older_changes_nothing(
    database: Database, load: Load, first: str, later: str
) -> None:
    load(first)
    assert stock(database) == {"LAMP": (0, 1)}
    assert load(later).orders == 1
    assert {state for (state,) in orders(database, "state").values()} == {"completed"}
    assert stock(database) == {"LAMP": (-1, 0)}
    older = load(first)
    assert (older.rows_unchanged, older.orders) == (1, 0)
    assert {state for (state,) in orders(database, "state").values()} == {"completed"}


def test_a_line_closed_later_leaves_the_rest_of_its_order(database: Database, load: Load) -> None:
    no = "6917926768823643751"
    both = [douyin(no, "备货中", f"{no}1"), douyin(no, "备货中", f"{no}2", 商家编码="BULB", 订单应付金额="20.00")]
    load(text_of(DOUYIN, *both))
    assert numbers(database, "revenue") == (79.0,)
    load(text_of(DOUYIN, douyin(no, "已发货", f"{no}1", 发货时间=SHIPPED), douyin(no, "已关闭", f"{no}2", 商家编码="BULB", 订单应付金额="20.00")))  # fmt: skip
    assert orders(database, "state", "goods") == {no: ("shipped", 5900)}
    assert numbers(database, "revenue") == (59.0,)
    assert stock(database) == {"LAMP": (-1, 0), "BULB": (0, 0)}
    assert load(text_of(DOUYIN, *both)).orders == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            text_of(PINDUODUO, pinduoduo("251101-100000000000001", "已发货，待收货", 发货时间=SHIPPED)),
            text_of(
                PINDUODUO,
                pinduoduo("251101-100000000000001", "已发货，退款成功", 发货时间=SHIPPED, 售后状态="退款成功"),
            ),
        ),
        (
            text_of(DOUYIN, douyin("6917926768823643751", "已发货")),
            text_of(DOUYIN, douyin("6917926768823643751", "已发货", 售后状态="已全额退款")),
        ),
        (
            text_of(WANGDIANTONG, wangdiantong("JY1", "298000000001", "已发货")),
            text_of(WANGDIANTONG, wangdiantong("JY1", "298000000001", "已发货", 订单退款状态="全部退款")),
        ),
        (
            text_of(JUSHUITAN, jushuitan("1", "298000000001", "已发货")),
            text_of(JUSHUITAN, jushuitan("1", "298000000001", "已发货", 订单退款金额="59.00")),
        ),
        (
            text_of(TAOBAO_LINES, taobao_line("238401", "交易成功")),
            text_of(TAOBAO_LINES, taobao_line("238401", "交易成功", 退款状态="退款成功")),
        ),
    ],
    ids=["pinduoduo", "douyin", "wangdiantong", "jushuitan", "taobao"],
)
def test_a_refund_in_a_later_export_is_taken_off_once(database: Database, load: Load, before: str, after: str) -> None:
    load(before)
    assert numbers(database, "revenue", "refunds", "net_revenue") == (59.0, 0.0, 59.0)
    assert load(after).orders == 1
    assert numbers(database, "revenue", "refunds", "net_revenue") == (59.0, 59.0, 0.0)
    assert load(after).orders == 0


def test_an_order_list_that_names_its_shop_finds_the_lines_that_came_before_it(database: Database, load: Load) -> None:
    lines_first = load(text_of(TAOBAO_LINES, taobao_line("238401")))  # the lines file names no shop
    assert lines_first.orders == 1
    late = load(text_of(TAOBAO_ORDERS, taobao_order("238401", "交易成功", 店铺名称="灯语旗舰店", 确认收货时间=DONE)))
    assert (late.orders, late.rows_rejected) == (1, 0)
    assert numbers(database, "orders", "revenue") == (1, 59.0)
    assert orders(database, "state", "goods") == {"238401": ("completed", 5900)}


def test_an_order_list_alone_brings_a_refund_and_takes_none_back(database: Database, load: Load) -> None:
    line_file = text_of(
        TAOBAO_LINES, taobao_line("238401", "交易成功"), taobao_line("238401", "交易成功", "2384012", 价格="20.00")
    )
    load(text_of(TAOBAO_ORDERS, taobao_order("238401", "交易成功")), line_file)
    assert numbers(database, "revenue", "refunds") == (79.0, 0.0)
    refunded = text_of(TAOBAO_ORDERS, taobao_order("238401", "交易成功", 退款金额="7.90"))
    assert load(refunded).orders == 1
    assert numbers(database, "revenue", "refunds") == (79.0, 7.9)
    assert lines(database, "l.refunded", "l.line_ref") == [(590, "238401"), (200, "2384012")]  # a tenth of each line
    assert load(refunded).orders == 0
    silent = text_of(TAOBAO_ORDERS, taobao_order("238401", "交易成功", 退款金额="", 商家备忘="已退差价"))
    assert load(silent).orders == 1
    assert numbers(database, "refunds") == (7.9,)


# --- traps ----------------------------------------------------------------------------------------------------------


def test_several_products_in_a_cell_that_cannot_be_told_apart_are_rejected_with_the_reason(load: Load) -> None:
    joined = {"选购商品": "A;B", "商家编码": "A01;B02", "商品数量": "5", "订单应付金额": "108.90"}
    receipt = load(text_of(DOUYIN, douyin("6917926768823643751", ref="1;2", **joined), douyin("6917926768823643752")))
    assert (receipt.rows_accepted, receipt.rows_rejected) == (1, 1)
    (issue,) = [issue for issue in receipt.issues if issue.severity == "rejects"]
    assert (issue.row, issue.code) == (2, "row.several_products")
    assert "one row a product" in str(issue.message)


def test_products_that_share_one_suborder_number_are_taken_apart(database: Database, load: Load) -> None:
    joined = {"选购商品": "A;B", "商品规格": "白;黑", "商家编码": "A01;B02", "商品数量": "2", "订单应付金额": "88.00"}
    load(text_of(DOUYIN, douyin("6917926768823643750", ref="6917926768823643750", **joined)))
    assert lines(database, "p.sku", "l.quantity", "l.amount") == [("A01", 1, 4400), ("B02", 1, 4400)]  # 88 ÷ 2 units
    three = joined | {"商品数量": "3"}  # which of the two was bought twice is not said
    odd = three | {"选购商品": "A;B;C"}  # three names, two codes
    for number, cells in enumerate((three, odd), 1):
        receipt = load(text_of(DOUYIN, douyin(f"691792676882364375{number}", ref="1", **cells)))
        assert [issue.code for issue in receipt.issues if issue.severity == "rejects"] == ["row.several_products"]


def test_quantities_of_each_product_in_a_cell_are_taken_apart(database: Database, load: Load) -> None:
    joined = {"选购商品": "A;B;", "商家编码": "A01;", "商品数量": "2;1", "订单应付金额": "90.00"}
    load(text_of(DOUYIN, douyin("6917926768823643751", ref="1;2", **joined)))
    # three units for 90: 60 and 30; the second product has no code of its own
    assert lines(database, "p.sku", "l.quantity", "l.amount", "l.line_ref") == [
        ("A01", 2, 6000, "1"),
        ("B", 1, 3000, "2"),
    ]


def test_an_unknown_status_beside_a_closed_line_does_not_cancel_the_order(database: Database, load: Load) -> None:
    no = "6917926768823643751"
    live = douyin(no, "揽收中", f"{no}2", 发货时间=SHIPPED)
    receipt = load(text_of(DOUYIN, douyin(no, "已关闭", f"{no}1"), live))
    assert [issue.code for issue in receipt.issues] == ["status.unknown"]
    assert orders(database, "state", "status_word", "goods") == {no: ("shipped", "揽收中", 5900)}


@pytest.mark.parametrize("no", ["991399-100000000000001", "100000000000001"])
def test_a_number_without_a_day_does_not_date_an_order(load: Load, no: str) -> None:
    receipt = load(text_of(PINDUODUO, pinduoduo(no, 订单成交时间="")))
    assert [issue.code for issue in receipt.issues] == ["ordered_at.missing"]


def test_digits_lost_to_a_spreadsheet_are_refused(load: Load) -> None:
    receipt = load(text_of(DOUYIN, douyin("6.91793E+18"), douyin("6917926768823643752")))
    assert (receipt.rows_accepted, receipt.rows_rejected) == (1, 1)
    assert {issue.code for issue in receipt.issues} == {"id.scientific"}


def test_pinduoduos_full_set_of_columns(database: Database, load: Load) -> None:
    cells = {"支付时间": "2025-11-01 10:00:30", "省": "浙江省", "市": "杭州市", "区": "西湖区", "街道/镇": "文新街道", "仓库名称": "杭州仓",
             "买家留言": "轻放"}  # fmt: skip
    load(text_of(PINDUODUO_FULL, pinduoduo("251101-100000000000001", "某个新状态", **cells)))
    assert orders(database, "province", "city", "address", "buyer_note", "state") == {
        "251101-100000000000001": ("浙江省", "杭州市", "西湖区 文新街道", "轻放", "paid")  # by its times
    }
    assert rows(database, "SELECT name FROM location") == [("杭州仓",)]


@pytest.mark.parametrize(
    ("word", "state"),
    [("未发货，退款成功", "cancelled"), ("未发货,退款成功", "cancelled"), ("未成交，退款成功", "cancelled"), ("已取消，退款成功", "cancelled"),
     ("已发货，待签收", "shipped"), ("已发货, 待收货", "shipped"), ("已签收，退款成功", "completed")],
)  # fmt: skip
def test_pinduoduos_words_with_commas_of_either_width(database: Database, load: Load, word: str, state: str) -> None:
    assert load(text_of(PINDUODUO, pinduoduo("251101-100000000000001", word))).issues == ()
    assert orders(database, "state") == {"251101-100000000000001": (state,)}
    paid_back = 59.0 if word == "已签收，退款成功" else 0.0  # a cancelled order counts neither way
    assert numbers(database, "refunds") == (paid_back,)


def test_refunds_and_charges_of_orders_sent_together_are_shared_by_their_lines(database: Database, load: Load) -> None:
    joint = {"订单退款金额": "10.00", "运费": "6.00", "应付金额": "106.00", "线上订单号": "A1,A2"}
    load(
        text_of(
            JUSHUITAN,
            jushuitan("9", "A1", "已发货", 商品金额="25.00", **joint),
            jushuitan("9", "A2", "已发货", 商品金额="50.00", 数量="2", **joint),
            jushuitan("9", "A2", "已发货", 商品金额="25.00", 商品编码="BULB", **joint),
        )
    )
    # a quarter and three quarters of 10.00, 6.00 and 106.00
    assert orders(database, "refunded", "shipping", "total") == {"A1": (250, 150, 2650), "A2": (750, 450, 7950)}
    assert numbers(database, "refunds") == (10.0,)


def test_parts_of_a_split_order_add_up(database: Database, load: Load) -> None:
    load(
        text_of(
            JUSHUITAN,
            jushuitan("7", "A1", "被拆分", 应付金额="118.00"),
            jushuitan("8", "A1", "已发货", 应付金额="59.00", 订单退款金额="0.00"),
            jushuitan("9", "A1", "取消", 应付金额="59.00", 商品编码="BULB"),
            jushuitan("10", "A1", "发货中", 应付金额="59.00", 订单退款金额="5.00", 商品编码="BULB"),
        )
    )
    assert orders(database, "state", "goods", "refunded") == {"A1": ("paid", 11800, 500)}
    assert stock(database) == {"LAMP": (-1, 0), "BULB": (0, 1)}


def test_how_an_order_came_in_is_no_platform(database: Database, load: Load) -> None:
    load(
        text_of(
            WANGDIANTONG,
            wangdiantong("JY1", "298000000001", 订单来源="API抓单", 店铺="灯语旗舰店"),
            wangdiantong("JY2", "298000000002", 订单来源="", 店铺="灯语天猫旗舰店"),
            wangdiantong("JY3", "298000000003", 订单来源="某平台", 店铺="灯语小店"),
        )
    )
    assert channels(database) == [("灯语天猫旗舰店", "Taobao"), ("灯语小店", "某平台"), ("灯语旗舰店", "Wangdiantong")]


def test_only_the_systems_own_numbers_are_warned_of_once(load: Load) -> None:
    receipt = load(
        text_of(WANGDIANTONG, wangdiantong("JY1", ""), wangdiantong("JY2", ""), wangdiantong("JY3", "298001"))
    )
    (issue,) = receipt.issues
    assert (issue.code, issue.column) == ("order.own_number", "订单编号")
    assert str(issue.message).startswith("2 orders")
    assert "twice" in str(issue.message)


# --- what two files tell of -----------------------------------------------------------------------------------------

TAOBAO = "238401111222333444"


def told_by_platform(platform: str) -> tuple[str, ...]:
    """Two paid orders of 59, of a lamp each, as the platform's own export tells of them."""
    if platform == "Taobao":
        numbers = (f"{TAOBAO}1", f"{TAOBAO}2")
        return (
            text_of(TAOBAO_ORDERS, *(taobao_order(no) for no in numbers)),
            text_of(TAOBAO_LINES, *(taobao_line(no) for no in numbers)),
        )
    if platform == "JD":
        return (text_of(JD, jd("298000000001"), jd("298000000002")),)
    if platform == "Pinduoduo":
        return (text_of(PINDUODUO, pinduoduo("251101-100000000000001"), pinduoduo("251101-100000000000002")),)
    return (text_of(DOUYIN, douyin("6917926768823643751"), douyin("6917926768823643752")),)


PLATFORM_ORDERS = {
    "Taobao": (f"{TAOBAO}1", f"{TAOBAO}2", f"{TAOBAO}3", "淘宝天猫"),
    "JD": ("298000000001", "298000000002", "298000000003", "京东"),
    "Pinduoduo": ("251101-100000000000001", "251101-100000000000002", "251101-100000000000003", "拼多多"),
    "Douyin": ("6917926768823643751", "6917926768823643752", "6917926768823643753", "头条放心购"),
}


def told_by_manager(platform: str, manager: str, shop: str = "灯语") -> str:
    """The same two orders and a third of the same buyer, shipped, as the order-management system tells of them."""
    *numbers, word = PLATFORM_ORDERS[platform]
    if manager == "jushuitan":
        made = [
            jushuitan(str(i), no, "已发货", 平台站点=word, 店铺=shop, 发货日期=SHIPPED)
            for i, no in enumerate(numbers, 1)
        ]
        return text_of(JUSHUITAN, *made)
    return text_of(
        WANGDIANTONG,
        *(wangdiantong(f"JY{i}", no, "已发货", 订单来源=word, 店铺=shop) for i, no in enumerate(numbers, 1)),
    )


@pytest.mark.parametrize("manager", ["jushuitan", "wangdiantong"])
@pytest.mark.parametrize("same_name", [True, False], ids=["same name", "another name"])
@pytest.mark.parametrize("platform_first", [True, False], ids=["platform first", "manager first"])
@pytest.mark.parametrize("platform", list(PLATFORM_ORDERS))
def test_orders_that_a_platform_and_a_system_tell_of_count_once(
    sqlite_database: Database,
    clock: FixedClock,
    tmp_path: Path,
    platform: str,
    platform_first: bool,
    same_name: bool,
    manager: str,
) -> None:
    own = [tmp_path / f"own{i}.csv" for i in range(2)]
    texts = told_by_platform(platform)
    for path, text in zip(own, texts, strict=False):
        path.write_text(text, encoding="utf-8")
    managed = tmp_path / "managed.csv"
    managed.write_text(told_by_manager(platform, manager), encoding="utf-8")
    options = ImportOptions(channel="灯语" if same_name else None)
    steps = [(own[: len(texts)], options), ([managed], ImportOptions())]
    who = LOCAL_USER.acting(clock)
    for paths, given in steps if platform_first else steps[::-1]:
        import_files(sqlite_database, who, paths, given)
    database = sqlite_database
    assert sorted(orders(database, "state")) == sorted(PLATFORM_ORDERS[platform][:3])
    assert len(channels(database)) == 1
    assert channels(database)[0][1] == platform
    assert numbers(database, "revenue", "orders", "units") == (177.0, 3, 3)
    assert set(orders(database, "state").values()) == {
        ("shipped",)
    }  # the older news of the platform moves nothing back
    assert stock(database) == {"LAMP": (-3, 0)}
    # JD's and Taobao's files name the buyer too; elsewhere only the system's does
    assert numbers(database, "customers") == (1,)
    assert rows(database, "SELECT COUNT(*) FROM customer") == [(1,)]
    for paths, given in steps:
        (again,) = import_files(database, who, paths, given)
        assert again.orders == 0
    with database.writing_connection() as connection:
        assert rollups.check(connection) == ()
        assert check(connection) == ()


def test_a_shop_under_another_name_is_told_of_and_not_made_anew(database: Database, load: Load) -> None:
    load(told_by_platform("JD")[0])
    receipt = load(told_by_manager("JD", "jushuitan", shop="灯语京东店"))
    assert [issue.code for issue in receipt.issues] == ["shop.same"]
    text = str(receipt.issues[0].message)
    assert "灯语京东店" in text
    assert "“JD”" in text
    assert "--channel" in text
    assert channels(database) == [("JD", "JD")]
    # a name that the person gives is a shop of its own for orders that are new
    load(text_of(JD, jd("298000000001"), jd("298000000009")), channel="Second")
    assert channels(database) == [("JD", "JD"), ("Second", "JD")]
    assert numbers(database, "orders") == (4,)


def test_two_shops_of_a_platform_stay_two(database: Database, load: Load) -> None:
    load(text_of(JD, jd("298000000001")), channel="North")
    load(text_of(JD, jd("298000000002")), channel="South")
    both = [
        jushuitan("1", "298000000001", 店铺="总店"),
        jushuitan("2", "298000000002", 店铺="总店"),
        jushuitan("3", "298000000003", 店铺="总店"),
    ]
    receipt = load(text_of(JUSHUITAN, *both))
    # its known orders stand in two shops: the name is neither's
    assert [issue.code for issue in receipt.issues] == []
    assert channels(database) == [("North", "JD"), ("South", "JD"), ("总店", "JD")]
    assert numbers(database, "orders", "revenue") == (3, 177.0)


def test_one_number_in_two_shops_of_a_file_is_one_order_where_the_person_names_the_shop(
    database: Database, load: Load
) -> None:
    both = text_of(JUSHUITAN, jushuitan("1", "A1", 店铺="甲"), jushuitan("2", "A1", 店铺="乙", 商品金额="30.00"))
    receipt = load(both, channel="'; --")
    assert (receipt.orders, receipt.lines, receipt.rows_accepted) == (1, 2, 2)
    assert numbers(database, "orders", "revenue") == (1, 89.0)  # 59 + 30
    assert [name for name, _ in channels(database)] == ["'; --"]
    assert load(both, channel="'; --").rows_unchanged == 2


def test_one_number_under_two_names_of_a_known_shop_stays_out_with_the_reason(database: Database, load: Load) -> None:
    load(text_of(JD, jd("298000000001"), jd("298000000002"), jd("298000000003")))
    rows = [
        jushuitan("1", "298000000001", "已发货", 店铺="甲", 发货日期=SHIPPED),
        jushuitan("2", "298000000002", "已发货", 店铺="乙", 发货日期=SHIPPED),
        jushuitan("3", "298000000003", "已发货", 店铺="甲", 发货日期=SHIPPED),  # one number, both names
        jushuitan("4", "298000000003", "已发货", 店铺="乙", 发货日期=SHIPPED),
        jushuitan("5", "298000000009", "已发货", 店铺="甲", 发货日期=SHIPPED),  # the same, of an order that is new
        jushuitan("6", "298000000009", "已发货", 店铺="乙", 发货日期=SHIPPED),
    ]
    receipt = load(text_of(JUSHUITAN, *rows))
    assert (receipt.rows_accepted, receipt.rows_rejected) == (2, 4)
    rejected = [(issue.row, issue.code) for issue in receipt.issues if issue.severity == "rejects"]
    assert rejected == [(4, "order.two_shops"), (5, "order.two_shops"), (6, "order.two_shops"), (7, "order.two_shops")]
    assert numbers(database, "orders", "revenue") == (3, 177.0)


def test_a_part_that_the_system_hands_over_does_not_shrink_the_platforms_order(database: Database, load: Load) -> None:
    two = [jd("298000000001"), jd("298000000001", 货号="SET", 商品名称="套装", 京东价="100.00")]
    load(text_of(JD, *two))
    part = jushuitan(
        "1",
        "298000000001",
        "已发货",
        发货日期=SHIPPED,
        快递单号="YT1",
        商品编码="BULB",
        商品金额="30.00",
        订单退款金额="15.90",
    )
    receipt = load(text_of(JUSHUITAN, part))
    assert receipt.orders == 1
    assert orders(database, "state", "goods", "refunded", "tracking_number", "lines") == {
        "298000000001": ("shipped", 15900, 1590, "YT1", 2)
    }
    # the refund of a tenth falls on both lines
    assert lines(database, "p.sku", "l.amount", "l.refunded") == [("LAMP", 5900, 590), ("SET", 10000, 1000)]
    assert stock(database) == {"LAMP": (-1, 0), "SET": (-1, 0)}
    assert load(text_of(JUSHUITAN, part)).orders == 0
    # JD's file says nothing of refunds: what the system told of them stays
    done = [row | {"订单状态": "完成", "订单完成时间": DONE} for row in two]
    assert load(text_of(JD, *done)).orders == 1
    assert numbers(database, "revenue", "refunds") == (159.0, 15.9)
    # and once more the system, which still knows the platform's lines better than its own
    more = dict(part) | {"订单退款金额": "20.00", "状态": "已完成", "发货日期": DONE}
    load(text_of(JUSHUITAN, more))
    assert numbers(database, "revenue", "refunds") == (159.0, 20.0)
    assert [sku for (sku,) in lines(database, "p.sku")] == ["LAMP", "SET"]


def test_undoing_the_systems_export_brings_back_what_the_platform_told(
    database: Database, load: Load, clock: FixedClock
) -> None:
    load(text_of(JD, jd("298000000001")))
    before = orders(database, "state", "goods", "refunded", "status_at", "header_fingerprint"), stock(database)
    receipt = load(text_of(JUSHUITAN, jushuitan("1", "298000000001", "已发货", 订单退款金额="9.00", 发货日期=SHIPPED)))
    assert numbers(database, "refunds") == (9.0,)
    undo_import(database, LOCAL_USER.acting(clock), receipt.batch_id or 0)
    assert (
        orders(database, "state", "goods", "refunded", "status_at", "header_fingerprint"),
        stock(database),
    ) == before
    assert lines(database, "p.sku", "l.refunded") == [("LAMP", 0)]


def test_the_platforms_lines_replace_the_systems(database: Database, load: Load) -> None:
    parts = [
        jushuitan("1", "298000000001", 商品编码="BULB", 商品金额="20.00"),
        jushuitan("1", "298000000001", 商品编码="BASE", 商品金额="35.00"),
    ]
    load(text_of(JUSHUITAN, *parts))
    assert numbers(database, "revenue") == (55.0,)
    load(text_of(JD, jd("298000000001", "等待确认收货", 货号="SET")))
    assert lines(database, "p.sku", "l.amount") == [("SET", 5900)]
    assert numbers(database, "revenue", "orders") == (59.0, 1)
    assert stock(database) == {"BULB": (0, 0), "BASE": (0, 0), "SET": (-1, 0)}


def test_a_shopify_number_under_another_shop_warns_and_names_both(database: Database, load: Load) -> None:
    load("shopify-orders", channel="Lamps US")
    receipt = load(text_of(JUSHUITAN, jushuitan("1", "#1001", 平台站点="Shopify", 店铺="独立站"), jushuitan("2", "#9999", 平台站点="Shopify", 店铺="独立站")))  # fmt: skip
    (issue,) = [issue for issue in receipt.issues if issue.code == "order.overlap"]
    text = str(issue.message)
    assert all(part in text for part in ("独立站", "Lamps US", "#1001", "--channel", "1 orders"))
    assert (receipt.rows_rejected, receipt.orders) == (0, 2)
    # the other way round
    again = load("shopify-orders", channel="Third")
    assert any(issue.code == "order.overlap" and "独立站" in str(issue.message) for issue in again.issues)


def test_a_system_that_does_not_name_the_platform_warns_of_the_overlap(database: Database, load: Load) -> None:
    load(text_of(JD, jd("298000000001")))
    receipt = load(text_of(JUSHUITAN, jushuitan("1", "298000000001", 平台站点="", 店铺="灯语旗舰店")))
    assert "order.overlap" in {issue.code for issue in receipt.issues}


def test_nothing_of_a_system_counts_in_an_empty_shop_twice(database: Database, load: Load) -> None:
    assert load("jushuitan-orders").orders == 9
    assert load("jushuitan-orders").orders == 0
    assert load("wangdiantong-orders").orders == 8
    assert load("wangdiantong-orders").orders == 0
    assert sum(declared.order_manager for declared in FORMATS.values()) == 2
