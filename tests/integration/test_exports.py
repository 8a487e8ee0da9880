"""What goes out of a small shop, on both databases: stock, tracking numbers, packing slips; audited and remembered."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook

from erp_core.calendar import Period
from erp_core.catalog.tables import bom_line, product, sku_alias
from erp_core.clock import FixedClock
from erp_core.company.views import read_company
from erp_core.db.engine import Database
from erp_core.db.uow import UnitOfWork, unit_of_work
from erp_core.errors import BadInput, NotFound, NotPermitted
from erp_core.exports.service import Exported, export_slips, export_stock, export_tracking
from erp_core.exports.slips import SlipRequest, read_slips, waiting_orders
from erp_core.exports.tracking import TrackingRequest
from erp_core.exports.views import StockRequest, stock_sheet
from erp_core.files.read import read_table
from erp_core.imports.detect import detect, known_headers
from erp_core.imports.service import ImportOptions, import_files
from erp_core.orders.channels import ChannelTerms, read_channels, set_channel_terms
from erp_core.orders.tables import channel, order_line, sales_order, shipment, shipment_line
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.security.permissions import Permission
from erp_core.security.tables import audit_event
from erp_core.stock import views as stock_views

SALES = """Order ID,Date,SKU,Product name,Quantity,Unit price,Currency,Channel,Status,Carrier,Tracking number,Recipient,Phone,Address,City,Buyer note
W-1,2026-02-20 10:00,LAMP,Lamp <b>bold</b>,2,10.005,USD,Web shop,paid,,,Ann Lee,138-0000-1234,1 High St,Leeds,"ring 13800001234, gift wrap"
W-2,2026-02-21 10:00,LAMP,Lamp <b>bold</b>,1,10,USD,Web shop,shipped,顺丰,SF1001,Bo,,,,
W-3,2026-02-22 10:00,SHADE,Shade,1,5,USD,Web shop,shipped,Tante Emma,TE-9,Cy,,,,
M-1,2026-02-21 10:00,LAMP,Lamp <b>bold</b>,1,10,USD,Market,shipped,DHL,D1,Di,,,,
M-2,2026-02-23 10:00,OLD,Old lamp,1,10,USD,Market,completed,,,Di,,,,
"""
STOCK = "SKU,On hand,Warehouse,Date\nLAMP,20,Yiwu,2026-02-25\nSHADE,7,Yiwu,2026-02-25\nNEVER,4,Yiwu,2026-02-25\n"
Act = Callable[[UnitOfWork], Any]


@pytest.fixture
def shop(database: Database, clock: FixedClock, tmp_path: Path) -> Database:
    """Web shop and Market sell LAMP (20 there, 2 of them reserved by W-1), SHADE (7), OLD (never counted)."""
    for name, text in (("sales.csv", SALES), ("stock.csv", STOCK)):
        (tmp_path / name).write_text(text, encoding="utf-8")
        import_files(database, LOCAL_USER.acting(clock), [tmp_path / name], ImportOptions(currency="USD"))
    return database


def do(database: Database, clock: FixedClock, act: Act, actor: Actor = LOCAL_USER) -> Any:
    with unit_of_work(database, actor.acting(clock)) as uow:
        result = act(uow)
        uow.commit()
        return result


def set_terms(database: Database, clock: FixedClock, name: str, **terms: int) -> None:
    with database.reading() as connection:
        (number,) = [shop.id for shop in read_channels(connection) if shop.name == name]
    do(database, clock, lambda uow: set_channel_terms(uow, number, ChannelTerms(**terms)))


def table(exported: Exported, encoding: str = "utf-8-sig") -> list[list[str]]:
    assert exported.content is not None
    delimiter = "\t" if exported.suffix == "txt" else ","
    return list(csv.reader(io.StringIO(exported.content.decode(encoding)), delimiter=delimiter))


def stock_of(database: Database, clock: FixedClock, name: str, **options: Any) -> Exported:
    exported: Exported = do(database, clock, lambda uow: export_stock(uow, StockRequest(name, **options), "en"))
    return exported


def tracking_of(database: Database, clock: FixedClock, name: str, **options: Any) -> Exported:
    exported: Exported = do(database, clock, lambda uow: export_tracking(uow, TrackingRequest(name, **options), "en"))
    return exported


def test_a_shop_offers_what_it_sells_less_what_is_reserved_by_share_and_buffer(
    shop: Database, clock: FixedClock
) -> None:
    set_terms(shop, clock, "Web shop", stock_share=50, safety_buffer=1)
    exported = stock_of(shop, clock, "Web shop")
    # LAMP: (20 − 2) × 50 % − 1 = 8; SHADE: ⌊7 × 50 %⌋ − 1 = 2; OLD and NEVER are not sold here
    assert table(exported) == [
        ["SKU", "Product name", "Available", "Location"],
        ["LAMP", "Lamp <b>bold</b>", "8", "Yiwu"],
        ["SHADE", "Shade", "2", "Yiwu"],
    ]
    assert exported.left_out == ()
    everything = stock_of(shop, clock, "Web shop", all_products=True)
    assert [row[:1] + row[2:3] for row in table(everything)[1:]] == [["LAMP", "8"], ["NEVER", "1"], ["SHADE", "2"]]


def test_unknown_stock_is_left_out_with_its_reason_and_written_as_nothing_only_when_asked(
    shop: Database, clock: FixedClock
) -> None:
    exported = stock_of(shop, clock, "Market")
    assert [row[0] for row in table(exported)[1:]] == ["LAMP"]
    (left,) = exported.to_json("en", None)["left_out"]
    assert (left["sku"], left["reason"]) == ("OLD", "Nobody has counted it at Yiwu: how many there are is not known.")
    zeros = stock_of(shop, clock, "Market", unknown_as_zero=True)
    assert [row[:1] + row[2:3] for row in table(zeros)[1:]] == [["LAMP", "18"], ["OLD", "0"]]
    assert zeros.left_out == ()


def test_shops_that_offer_more_than_all_together_are_warned_of(shop: Database, clock: FixedClock) -> None:
    warning = "offer 200 % of its stock together"
    assert any(warning in str(text) for text in stock_of(shop, clock, "Market").warnings)
    set_terms(shop, clock, "Web shop", stock_share=60)
    set_terms(shop, clock, "Market", stock_share=40)
    exported = [stock_of(shop, clock, name) for name in ("Web shop", "Market")]
    assert [len(one.warnings) for one in exported] == [0, 0]
    # LAMP: 18 are available; ⌊10.8⌋ and ⌊7.2⌋ together are 17
    assert [table(one)[1][2] for one in exported] == ["10", "7"]


@pytest.mark.not_acts
def test_products_go_by_the_shops_own_skus_and_several_share_the_quantity(shop: Database, clock: FixedClock) -> None:
    with shop.reading() as connection:
        ids = dict(connection.execute(sa.select(product.c.sku, product.c.id)).all())
        web = next(one.id for one in read_channels(connection) if one.name == "Web shop")

    def alias(uow: UnitOfWork) -> None:
        rows = [(web, "web-lamp-a", "LAMP"), (web, "web-lamp-b", "LAMP"), (web, "web-lamp-c", "LAMP"), (0, "any-shade", "SHADE"),
                (web, "web-never", "NEVER")]  # fmt: skip
        for number, sku, own in rows:
            uow.connection.execute(
                sa.insert(sku_alias).values(
                    channel_id=number, external_sku=sku, product_id=ids[own], at=uow.now(), actor="ann"
                )
            )

    do(shop, clock, alias)
    # 18 lamps over three listings: 6 each; NEVER has a SKU of its own here, so it is listed
    assert [row[:1] + row[2:3] for row in table(stock_of(shop, clock, "Web shop"))[1:]] == [
        ["any-shade", "7"], ["web-lamp-a", "6"], ["web-lamp-b", "6"], ["web-lamp-c", "6"], ["web-never", "4"],
    ]  # fmt: skip
    assert [row[0] for row in table(stock_of(shop, clock, "Market"))[1:]] == ["LAMP"]


def make_bundle(database: Database, clock: FixedClock) -> None:
    """SET = 3 LAMP + 2 SHADE, under its own SKU."""

    def make(uow: UnitOfWork) -> None:
        ids = dict(uow.connection.execute(sa.select(product.c.sku, product.c.id)).all())
        number = uow.connection.execute(sa.insert(product).values(sku="SET", name="Set")).inserted_primary_key[0]
        for sku, units in (("LAMP", 3), ("SHADE", 2)):
            uow.connection.execute(
                sa.insert(bom_line).values(parent_id=number, component_id=ids[sku], kind="bundle", quantity=units)
            )

    do(database, clock, make)


@pytest.mark.not_acts
def test_a_bundle_is_offered_by_its_components_and_never_counted(shop: Database, clock: FixedClock) -> None:
    make_bundle(shop, clock)
    exported = stock_of(shop, clock, "Web shop", all_products=True)
    # 18 / 3 = 6 sets of lamps, 7 / 2 = 3 of shades: 3 sets
    assert [row[2] for row in table(exported) if row[0] == "SET"] == ["3"]
    assert any("LAMP, SET, SHADE" in str(text) for text in exported.warnings)
    counted = stock_of(shop, clock, "Web shop", all_products=True, format="odoo-count")
    assert table(counted, "utf-8")[1:] == [["Yiwu", "LAMP", "20"], ["Yiwu", "NEVER", "4"], ["Yiwu", "SHADE", "7"]]
    assert {entry.sku for entry in counted.left_out} == {"SET", "OLD"}


@pytest.mark.not_acts
def test_what_is_sold_by_the_kilogram_and_counted_in_grams_goes_out_in_kilograms(
    database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    def brew(uow: UnitOfWork) -> None:
        uow.connection.execute(
            sa.insert(product).values(sku="TEA", name="Tea", unit="kg", stock_unit="g", unit_factor=1000)
        )

    do(database, clock, brew)
    for name, text in (
        ("sales.csv", SALES.splitlines()[0] + "\nT-1,2026-02-20 10:00,TEA,Tea,0.25,40,USD,Web shop,paid,,,Ann,,,,\n"),
        ("stock.csv", "SKU,On hand,Warehouse,Date\nTEA,12.5,Yiwu,2026-02-25\n"),
    ):
        (tmp_path / name).write_text(text)
        import_files(database, LOCAL_USER.acting(clock), [tmp_path / name])
    set_terms(database, clock, "Web shop", stock_share=100, safety_buffer=2)
    # 12,500 g less the 250 g of T-1 less the buffer of 2 kg: 10,250 g, of which 10 whole kilograms can be sold
    assert table(stock_of(database, clock, "Web shop"))[1:] == [["TEA", "Tea", "10", "Yiwu"]]
    assert table(stock_of(database, clock, "Web shop", format="odoo-count"), "utf-8")[1:] == [["Yiwu", "TEA", "12.5"]]
    with database.reading() as connection:
        request = SlipRequest(("T-1",), prices=True)
        (slip,) = read_slips(connection, read_company(connection), request, see_personal_data=True)
    (line,) = slip.lines
    assert (line.quantity, line.unit, line.unit_price) == (250, "g", 40)
    assert "250 g" in slips_page(database, clock, orders=("T-1",))


def test_a_shop_that_ships_from_elsewhere_offers_what_lies_there(
    shop: Database, clock: FixedClock, tmp_path: Path
) -> None:
    path = tmp_path / "leeds.csv"
    path.write_text("SKU,On hand,Warehouse,Date\nLAMP,3,Leeds,2026-02-26\n")
    import_files(shop, LOCAL_USER.acting(clock), [path])
    with shop.reading() as connection:
        leeds = next(place.id for place in stock_views.locations(connection) if place.name == "Leeds")
    set_terms(shop, clock, "Market", location_id=leeds)
    exported = stock_of(shop, clock, "Market")
    assert table(exported)[1:] == [["LAMP", "Lamp <b>bold</b>", "3", "Leeds"]]
    assert exported.warnings == ()  # each shop has its place to itself


@pytest.mark.parametrize(
    ("name", "encoding", "expected"),
    [
        ("woocommerce-stock", "utf-8", [["SKU", "In stock?", "Stock"], ["LAMP", "1", "18"], ["SHADE", "1", "7"]]),
        ("amazon-price-quantity", "utf-8", [["sku", "price", "quantity"], ["LAMP", "", "18"], ["SHADE", "", "7"]]),
        ("taobao-stock", "gb18030", [["商家编码", "商品名称", "库存数量"], ["LAMP", "Lamp <b>bold</b>", "18"], ["SHADE", "Shade", "7"]]),
        (
            "erpnext-reconciliation",
            "utf-8",
            [
                ["Company", "Purpose", "Posting Date", "Item Code (Items)", "Warehouse (Items)", "Quantity (Items)"],
                ["", "Stock Reconciliation", "2026-03-02", "LAMP", "Yiwu", "20"],
                ["", "", "", "SHADE", "Yiwu", "7"],
            ],
        ),
    ],
)  # fmt: skip
def test_platform_files_hold_what_the_platform_wants(
    shop: Database, clock: FixedClock, name: str, encoding: str, expected: list[list[str]]
) -> None:
    assert table(stock_of(shop, clock, "Web shop", format=name), encoding) == expected


def test_shopifys_on_hand_holds_the_shops_open_orders_too(shop: Database, clock: FixedClock) -> None:
    exported = stock_of(shop, clock, "Web shop", format="shopify-inventory")
    header, *rows = table(exported, "utf-8")
    # 18 are offered and W-1 holds 2, which Shopify takes off by itself: 20
    assert [row[header.index("On hand (new)")] for row in rows] == ["20", "7"]
    assert [row[header.index("Location")] for row in rows] == ["Yiwu", "Yiwu"]


SHOPIFYS = """Handle,Title,Option1 Value,SKU,Location,On hand (current),On hand (new)
lamp,Lamp,Red,LAMP,Yiwu,30,
lamp,Lamp,Red,LAMP,Leeds,5,
shade,Shade,Default,'SHADE,yiwu,1,
shade,Shade,Twin,SHADE,Yiwu,1,
other,Other,Default,OTHER,Yiwu,8,
"""


def test_our_numbers_are_written_into_the_shops_own_file(shop: Database, clock: FixedClock, tmp_path: Path) -> None:
    path = tmp_path / "inventory_export.csv"
    path.write_text(SHOPIFYS)
    request = StockRequest("Web shop", format="shopify-inventory")
    bare = do(shop, clock, lambda uow: export_stock(uow, request, "en"))
    assert any("by more than their SKU" in str(text) for text in bare.warnings)
    exported = do(shop, clock, lambda uow: export_stock(uow, request, "en", read_table(path)))
    # 18 offered and 2 held by W-1; the row of Leeds, of OTHER, and the two of SHADE stay away
    assert table(exported, "utf-8") == [SHOPIFYS.splitlines()[0].split(","), "lamp,Lamp,Red,LAMP,Yiwu,30,20".split(",")]
    assert [(entry.sku, str(entry.reason)) for entry in exported.left_out] == [
        ("SHADE", "The file that was given has it in several rows.")
    ]
    assert not any("by more than their SKU" in str(text) for text in exported.warnings)
    path.write_text(SHOPIFYS.replace("Yiwu", "Paris").replace("yiwu", "Paris"))
    elsewhere = do(shop, clock, lambda uow: export_stock(uow, request, "en", read_table(path)))
    assert (elsewhere.rows, any("Its places: Leeds, Paris" in str(text) for text in elsewhere.warnings)) == (0, True)
    path.write_text("Handle,Title\nlamp,Lamp\n")
    with pytest.raises(BadInput, match="has no column SKU, On hand"):
        do(shop, clock, lambda uow: export_stock(uow, request, "en", read_table(path)))


def test_every_format_writes_a_file_for_every_shop(shop: Database, clock: FixedClock) -> None:
    from erp_core.exports.declaration import What
    from erp_core.exports.formats import UPLOADS

    with shop.writing_connection() as connection:
        connection.execute(sa.update(sales_order).values(shipped_at=clock.now()))
        connection.get_transaction().commit()  # type: ignore[union-attr]
    for name, declared in UPLOADS.items():
        act = stock_of if declared.what is What.STOCK else tracking_of
        options = {} if declared.what is What.STOCK else {"period": Period(dt.date(2026, 1, 1), dt.date(2026, 12, 31))}
        exported = act(shop, clock, "Web shop", format=name, **options)
        assert exported.content is not None, name
        assert (exported.rows > 0, exported.name.endswith(f".{declared.container}")) == (True, True)


@pytest.mark.parametrize("name", ["generic-stock", "generic-stock-xlsx"])
def test_a_stock_file_reads_back_as_the_numbers_in_it(
    shop: Database, clock: FixedClock, tmp_path: Path, name: str
) -> None:
    exported = stock_of(shop, clock, "Web shop", format=name)
    path = tmp_path / exported.name
    path.write_bytes(exported.content or b"")
    found = detect(read_table(path, known_headers=known_headers()))
    assert (found.format, dict(found.columns)["quantity"], dict(found.columns)["location"]) == (
        "generic-stock", "Available", "Location",
    )  # fmt: skip
    (receipt,) = import_files(shop, LOCAL_USER.acting(clock), [path])
    assert (receipt.rows_read, receipt.rows_rejected) == (2, 0)
    with shop.reading() as connection:
        levels = stock_views.levels(connection).set_index("sku")["on_hand"].to_dict()
    assert (levels["LAMP"], levels["SHADE"]) == (18, 7)


def test_parcels_go_out_once_with_carriers_in_words_and_unknown_ones_named(shop: Database, clock: FixedClock) -> None:
    first = tracking_of(shop, clock, "Web shop")
    assert table(first) == [
        ["Order ID", "Carrier", "Tracking number", "Shipped on"],
        ["W-2", "SF Express", "SF1001", ""],
        ["W-3", "Tante Emma", "TE-9", ""],
    ]
    assert any("Tante Emma" in str(text) for text in first.warnings)
    again = tracking_of(shop, clock, "Web shop")
    assert (again.rows, again.content, again.sha256) == (0, None, None)
    in_period = tracking_of(shop, clock, "Web shop", period=Period(dt.date(2026, 2, 22), dt.date(2026, 2, 22)))
    assert [row[0] for row in table(in_period)[1:]] == ["W-3"]
    assert [row[0] for row in table(tracking_of(shop, clock, "Market"))[1:]] == ["M-1"]


def test_a_tracking_file_has_the_columns_of_a_tracking_list(shop: Database, clock: FixedClock, tmp_path: Path) -> None:
    exported = tracking_of(shop, clock, "Web shop")
    path = tmp_path / exported.name
    path.write_bytes(exported.content or b"")
    read = read_table(path, known_headers=known_headers())
    assert list(read.columns) == ["Order ID", "Carrier", "Tracking number", "Shipped on"]
    assert read.cells[0].to_pylist() == ["W-2", "W-3"]


def test_chinese_platforms_get_chinese_carriers_and_whole_order_numbers(shop: Database, clock: FixedClock) -> None:
    exported = tracking_of(shop, clock, "Web shop", format="pinduoduo-shipping")
    book = CalamineWorkbook.from_filelike(io.BytesIO(exported.content or b""))
    assert book.get_sheet_by_index(0).to_python() == [
        ["订单号", "快递公司", "快递单号"],
        ["W-2", "顺丰速运", "SF1001"],
        ["W-3", "Tante Emma", "TE-9"],
    ]
    about = dict(row[:2] for row in book.get_sheet_by_name("About").to_python())
    assert (about["By"], about["Written on"], about["Channel or shop"]) == ("local", "2026-03-02 09:00 UTC", "Web shop")


def ship(database: Database, clock: FixedClock, order: str, parcels: list[dict[str, Any]]) -> None:
    """Parcels of an order as a tracking file brings them; `lines`: (line_ref, quantity) of what lies in one."""

    def put(uow: UnitOfWork) -> None:
        number = uow.connection.execute(
            sa.select(sales_order.c.id).where(sales_order.c.external_id == order)
        ).scalar_one()
        for at, parcel in enumerate(parcels):
            lines = parcel.pop("lines", [])
            key = uow.connection.execute(
                sa.insert(shipment).values(order_id=number, fact_key=f"{order}-{at}", content=at, **parcel)
            ).inserted_primary_key[0]
            for line_ref, quantity in lines:
                uow.connection.execute(
                    sa.insert(shipment_line).values(shipment_id=key, line_ref=line_ref, quantity=quantity)
                )

    do(database, clock, put)


@pytest.mark.not_acts
def test_amazon_gets_a_row_for_each_line_in_each_parcel(shop: Database, clock: FixedClock) -> None:
    at = dt.datetime(2026, 2, 21, 20, 0, tzinfo=dt.UTC)  # the 22nd in Shanghai
    ship(shop, clock, "W-1", [
        {"carrier": "顺丰", "tracking_number": "SF-A", "shipped_at": at, "lines": [("item-1", 1)]},
        {"carrier": "圆通", "tracking_number": "YT-B", "shipped_at": at, "lines": [("item-1", 1)]},
    ])  # fmt: skip
    with shop.writing_connection() as connection:
        connection.execute(sa.update(order_line).values(line_ref="item-9"))
        connection.execute(sa.update(sales_order).where(sales_order.c.external_id == "W-2").values(shipped_at=at))
        connection.get_transaction().commit()  # type: ignore[union-attr]
    exported = tracking_of(shop, clock, "Web shop", format="amazon-shipping")
    assert table(exported, "utf-8") == [
        [
            "order-id",
            "order-item-id",
            "quantity",
            "ship-date",
            "carrier-code",
            "carrier-name",
            "tracking-number",
            "ship-method",
        ],
        ["W-1", "item-1", "1", "2026-02-22", "SF Express", "", "SF-A", ""],
        ["W-1", "item-1", "1", "2026-02-22", "Other", "YTO Express", "YT-B", ""],
        ["W-2", "item-9", "1", "2026-02-22", "SF Express", "", "SF1001", ""],
    ]
    # nothing says when W-3 was shipped, and Amazon wants the day
    assert [(entry.order, "asks for the day" in str(entry.reason)) for entry in exported.left_out] == [("W-3", True)]


@pytest.mark.not_acts
def test_a_parcel_that_comes_later_goes_out_though_the_first_one_did(shop: Database, clock: FixedClock) -> None:
    tracking_of(shop, clock, "Web shop")
    ship(
        shop,
        clock,
        "W-2",
        [{"carrier": "DHL", "tracking_number": "D-2"}, {"carrier": "顺丰", "tracking_number": "SF1001"}],
    )
    assert [row[1:3] for row in table(tracking_of(shop, clock, "Web shop"))[1:]] == [["DHL", "D-2"]]


@pytest.mark.not_acts
def test_withdrawn_and_replaced_parcels_and_cancelled_orders_stay(shop: Database, clock: FixedClock) -> None:
    ship(shop, clock, "W-1", [
        {"carrier": "DHL", "tracking_number": "GONE", "withdrawn_by": 1},
        {"carrier": "DHL", "tracking_number": "OLD", "superseded_by": 1},
        {"carrier": "DHL", "tracking_number": "A1,A2"},
    ])  # fmt: skip
    with shop.writing_connection() as connection:
        connection.execute(sa.update(sales_order).where(sales_order.c.external_id == "W-2").values(state="cancelled"))
        connection.get_transaction().commit()  # type: ignore[union-attr]
    assert [row[:3:2] for row in table(tracking_of(shop, clock, "Web shop"))[1:]] == [
        ["W-1", "A1"], ["W-1", "A2"], ["W-3", "TE-9"],
    ]  # fmt: skip


def test_numbers_that_the_platform_itself_told_are_named_and_can_be_left_out(
    database: Database, clock: FixedClock
) -> None:
    samples = Path(__file__).resolve().parents[2] / "data" / "samples"
    import_files(database, LOCAL_USER.acting(clock), [samples / "taobao-orders.csv", samples / "taobao-lines.csv"])
    skipped = tracking_of(database, clock, "Taobao", skip_known=True)
    assert (skipped.rows, skipped.content) == (0, None)
    exported = tracking_of(database, clock, "Taobao")
    assert any("knows them already: 1" in str(text) for text in exported.warnings)
    book = CalamineWorkbook.from_filelike(io.BytesIO(exported.content or b""))
    assert book.get_sheet_by_index(0).to_python()[1] == ["2384011112223334441", "圆通速递", "YT1234567890"]


def test_one_event_tells_what_went_out(shop: Database, clock: FixedClock) -> None:
    exported = [
        stock_of(shop, clock, "Web shop"),
        tracking_of(shop, clock, "Web shop"),
        do(shop, clock, lambda uow: export_slips(uow, SlipRequest(("W-1",)), "en")),
    ]
    with shop.reading() as connection:
        query = sa.select(audit_event).where(audit_event.c.action.like("export %")).order_by(audit_event.c.id)
        events = connection.execute(query).all()
    assert [event.action for event in events] == ["export stock", "export tracking", "export packing slips"]
    for event, one in zip(events, exported, strict=True):
        assert (event.details["rows"], event.details["sha256"]) == (one.rows, one.sha256)
    assert events[0].subject == "Web shop"
    assert events[0].details["filters"]["Write 0 for unknown stock"] == "no"


def slips_page(
    database: Database, clock: FixedClock, language: str = "en", actor: Actor = LOCAL_USER, **options: Any
) -> str:
    orders = options.pop("orders", ("W-1",))
    exported = do(database, clock, lambda uow: export_slips(uow, SlipRequest(orders, **options), language), actor)
    return str(exported.content.decode())


@pytest.mark.not_acts
def test_a_packing_slip_shows_what_to_pack_and_names_stay_text(shop: Database, clock: FixedClock) -> None:
    make_bundle(shop, clock)
    page = slips_page(shop, clock)
    assert "Lamp &lt;b&gt;bold&lt;/b&gt;" in page
    assert "<b>" not in page
    for word in ("W-1", "Yiwu", "Ann Lee", "138-0000-1234", "1 High St", "Leeds", "gift wrap", "Web shop", "LAMP"):
        assert word in page
    assert "10.005" not in page
    assert page.count("<section>") == 1
    assert not re.search(r"<script|src=|https?://(?!www\.w3\.org)", page)
    assert "10.005" in slips_page(shop, clock, prices=True)
    assert "装箱单" in slips_page(shop, clock, "zh_CN")
    two = slips_page(shop, clock, orders=("W-2", "W-1", "W-2"))
    assert two.count("<section>") == 2
    assert two.index("W-2") < two.index("W-1")


def test_who_may_not_see_personal_data_gets_them_masked(shop: Database, clock: FixedClock) -> None:
    packer = Actor("packer", LOCAL_USER.permissions - {Permission.SEE_PERSONAL_DATA})
    page = slips_page(shop, clock, actor=packer)
    assert not any(word in page for word in ("Ann Lee", "0000", "13800001234", "High St"))
    assert "gift wrap" not in page
    assert all(word in page for word in ("A** L**", "Leeds", "•••"))


@pytest.mark.not_acts
def test_a_bundle_on_a_slip_shows_what_to_take_from_the_shelf(shop: Database, clock: FixedClock) -> None:
    make_bundle(shop, clock)
    with shop.writing_connection() as connection:
        number = connection.execute(sa.select(product.c.id).where(product.c.sku == "SET")).scalar_one()
        connection.execute(
            sa.update(order_line)
            .where(
                order_line.c.order_id
                == sa.select(sales_order.c.id).where(sales_order.c.external_id == "W-1").scalar_subquery()
            )
            .values(product_id=number)
        )
        connection.get_transaction().commit()  # type: ignore[union-attr]
    with shop.reading() as connection:
        (slip,) = read_slips(connection, read_company(connection), SlipRequest(("W-1",)), see_personal_data=True)
    (line,) = slip.lines
    assert (line.sku, line.quantity) == ("SET", 2)
    assert [(part.sku, part.quantity) for part in line.components] == [("LAMP", 6), ("SHADE", 4)]  # 2 × 3, 2 × 2


def test_orders_that_wait_are_those_paid_and_not_gone(shop: Database, clock: FixedClock) -> None:
    with shop.reading() as connection:
        web = next(one.id for one in read_channels(connection) if one.name == "Web shop")
        assert [order["order_id"] for order in waiting_orders(connection, web)] == ["W-1"]


@pytest.mark.parametrize(
    ("act", "error", "code"),
    [
        (lambda uow: export_stock(uow, StockRequest("Nowhere"), "en"), NotFound, "channel.no_such_channel"),
        (lambda uow: export_stock(uow, StockRequest("Web shop", format="nonsense"), "en"), BadInput, "export.no_such_format"),
        (lambda uow: export_stock(uow, StockRequest("Web shop", format="amazon-shipping"), "en"), BadInput, "export.no_such_format"),
        (lambda uow: export_slips(uow, SlipRequest(()), "en"), BadInput, "slips.how_many"),
        (lambda uow: export_slips(uow, SlipRequest(("W-1", "X-9")), "en"), NotFound, "slips.no_such_order"),
        (lambda uow: set_channel_terms(uow, 999, ChannelTerms()), NotFound, "channel.no_such_channel"),
        (lambda uow: set_channel_terms(uow, 1, ChannelTerms(stock_share=101)), BadInput, "channel.share"),
        (lambda uow: set_channel_terms(uow, 1, ChannelTerms(stock_share=-1)), BadInput, "channel.share"),
        (lambda uow: set_channel_terms(uow, 1, ChannelTerms(safety_buffer=-1)), BadInput, "channel.buffer"),
        (lambda uow: set_channel_terms(uow, 1, ChannelTerms(location_id=99)), NotFound, "channel.no_such_location"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_a_way_out(
    shop: Database, clock: FixedClock, act: Act, error: type[Exception], code: str
) -> None:
    with pytest.raises(error) as refused:
        do(shop, clock, act)
    assert refused.value.code == code  # type: ignore[attr-defined]
    assert refused.value.hint is not None  # type: ignore[attr-defined]


def test_a_number_that_two_shops_use_wants_the_shop(shop: Database, clock: FixedClock, tmp_path: Path) -> None:
    path = tmp_path / "more.csv"
    path.write_text(SALES.splitlines()[0] + "\nW-1,2026-02-20 10:00,LAMP,Lamp,1,10,USD,Market,paid,,,Eve,,,,\n")
    import_files(shop, LOCAL_USER.acting(clock), [path])
    with pytest.raises(BadInput, match="Several shops"):
        slips_page(shop, clock)
    assert "Eve" in slips_page(shop, clock, channel="Market")


@pytest.mark.parametrize(
    "act",
    [
        lambda uow: export_stock(uow, StockRequest("Web shop"), "en"),
        lambda uow: export_tracking(uow, TrackingRequest("Web shop"), "en"),
        lambda uow: export_slips(uow, SlipRequest(("W-1",)), "en"),
        lambda uow: set_channel_terms(uow, 1, ChannelTerms()),
    ],
)
def test_services_refuse_strangers(sqlite_database: Database, clock: FixedClock, act: Act) -> None:
    with pytest.raises(NotPermitted):
        do(sqlite_database, clock, act, Actor("stranger", frozenset()))


def test_terms_are_audited_once_and_only_when_they_change(shop: Database, clock: FixedClock) -> None:
    for _ in range(2):
        set_terms(shop, clock, "Web shop", stock_share=30, safety_buffer=2)
    with shop.reading() as connection:
        query = sa.select(audit_event.c.before, audit_event.c.after).where(audit_event.c.action == "set channel terms")
        events = [tuple(row) for row in connection.execute(query)]
        held = connection.execute(sa.select(channel).where(channel.c.name == "Web shop")).one()
    assert events == [({"stock_share": 100, "safety_buffer": 0}, {"stock_share": 30, "safety_buffer": 2})]
    assert (held.stock_share, held.safety_buffer) == (30, 2)


def test_a_sku_that_looks_like_a_formula_is_made_safe_and_named(shop: Database, clock: FixedClock) -> None:
    with shop.writing_connection() as connection:
        connection.execute(sa.update(product).where(product.c.sku == "SHADE").values(sku="=SHADE()"))
        connection.get_transaction().commit()  # type: ignore[union-attr]
    exported = stock_of(shop, clock, "Web shop")
    assert [row[0] for row in table(exported)[1:]] == ["'=SHADE()", "LAMP"]
    assert any("=SHADE()" in str(text) for text in exported.warnings)


def test_an_archive_holds_the_file_and_what_it_says_of_itself(shop: Database, clock: FixedClock) -> None:
    import zipfile

    exported = stock_of(shop, clock, "Web shop")
    with zipfile.ZipFile(io.BytesIO(exported.packed())) as archive:
        assert archive.namelist() == [exported.name, f"{exported.name}.about.txt"]
        assert archive.read(exported.name) == exported.content
        assert "Ships from\tYiwu" in archive.read(f"{exported.name}.about.txt").decode("utf-8-sig")
    assert exported.packed() == replace(exported).packed()


def test_ten_thousand_products_go_out_with_what_is_available(sqlite_database: Database, clock: FixedClock) -> None:
    from erp_core.db.bulk import insert_columns
    from erp_core.stock.tables import stock_balance

    count = 10_000
    with sqlite_database.writing_connection() as connection:
        connection.execute(sa.insert(channel).values(name="Big", platform="Sales"))
        insert_columns(connection, product, {"id": range(1, count + 1), "sku": [f"S-{at:05d}" for at in range(count)]})
        insert_columns(
            connection, stock_balance,
            {"product_id": range(1, count + 1), "location_id": [1] * count, "on_hand": [5] * count, "reserved": [1] * count},
        )  # fmt: skip
        connection.get_transaction().commit()  # type: ignore[union-attr]
    with sqlite_database.reading() as connection:
        request = StockRequest("Big", all_products=True)
        sheet = stock_sheet(connection, read_company(connection), request, dt.date(2026, 3, 2))
    assert int(sheet.rows["quantity"].sum()) == 4 * count
