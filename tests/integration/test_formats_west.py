"""Shopify customers, WooCommerce, Amazon, eBay, Odoo and ERPNext: every number of the samples computed by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from erp_core.clock import FixedClock
from erp_core.company.views import read_company
from erp_core.db.engine import Database
from erp_core.errors import MappingNeeded
from erp_core.files.read import read_table
from erp_core.imports.detect import detect, known_headers
from erp_core.imports.receipt import Receipt
from erp_core.imports.service import ImportOptions, import_files, undo_import
from erp_core.orders import rollups
from erp_core.overview.views import Filters, kpis
from erp_core.security.actor import LOCAL_USER
from erp_core.stock.views import check
from tests.opened import opened

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"
TODAY = dt.date(2026, 3, 2)

Load = Callable[..., Receipt]


@pytest.fixture
def load(database: Database, clock: FixedClock, tmp_path: Path) -> Load:
    """Import text as a file, or a sample by the name of its format."""

    def load(*sources: str, encoding: str = "utf-8", **options: Any) -> Receipt:
        paths = []
        for number, source in enumerate(sources):
            if "\n" in source:
                path = tmp_path / f"file{number}.csv"
                path.write_text(source, encoding=encoding)
            else:
                (path,) = SAMPLES.glob(f"{source}.*")
            paths.append(path)
        (receipt,) = import_files(database, LOCAL_USER.acting(clock), paths, ImportOptions(**options))
        assert receipt.adds_up()
        return receipt

    return load


def rows(database: Database, statement: str) -> list[tuple[Any, ...]]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement))]


def orders(database: Database, columns: str) -> list[tuple[Any, ...]]:
    return rows(database, f"SELECT external_id, {columns} FROM sales_order ORDER BY external_id")


def by_number(database: Database, *names: str) -> list[tuple[Any, ...]]:
    return opened(database, "sales_order", "external_id", *names, order_by="external_id")


def moved(database: Database) -> list[tuple[Any, ...]]:
    """Per product, place and kind: units that left or came, units reserved."""
    return rows(
        database,
        "SELECT p.sku, l.name, m.kind, SUM(m.quantity), SUM(m.reserved) FROM stock_movement m "
        "JOIN product p ON p.id = m.product_id JOIN location l ON l.id = m.location_id "
        "GROUP BY p.sku, l.name, m.kind ORDER BY p.sku, l.name, m.kind",
    )


def numbers(database: Database) -> dict[str, float | int | None]:
    with database.reading() as connection:
        found = kpis(connection, read_company(connection), None, Filters(), TODAY)
    return {key: found[key].value for key in ("revenue", "refunds", "credit_notes", "net_revenue")}


def codes(receipt: Receipt) -> set[str]:
    return {issue.code for issue in receipt.issues if issue.severity == "rejects"}


def assert_sound(database: Database) -> None:
    with database.writing_connection() as connection:
        assert rollups.check(connection) == ()
    with database.reading() as connection:
        assert check(connection) == ()


@dataclass(frozen=True)
class Expected:
    """What a sample's receipt and the shop after it must say; money in minor units, net numbers in major units."""

    counted: tuple[int, int, int, int, int]  # rows, orders, cancellations, lines, quantity
    amount: Mapping[str, int]
    channel: tuple[str, str]
    customers: int
    states: Mapping[str, str]
    money: tuple[float, float, float, float]  # revenue, refunds, credit notes, net revenue
    moved: list[tuple[str, str, str, int, int]] = field(default_factory=list)


HOME = "Default warehouse"
FBA = "Amazon FBA"

EXPECTED = {
    # 2999 + 450 + 1200 + 999.67 + 300.5 + 600; cancelled and failed orders are no sales; 3 × bulb came back whole
    "woocommerce-analytics": Expected(
        counted=(6, 6, 2, 7, 3 + 1 + 2 + 1 + 3 + 1),
        amount={"BDT": 299900 + 45000 + 120000 + 99967 + 30050 + 60000},
        channel=("WooCommerce", "WooCommerce"),
        customers=0,  # names alone tell nobody apart
        states={
            "1001": "completed", "1002": "paid", "1003": "pending", "1004": "cancelled", "1005": "completed",
            "1006": "cancelled",
        },
        money=(2999 + 450 + 1200 + 300.5, 300.5, 0, 2999 + 450 + 1200),
        moved=[
            ("Bulb E27", HOME, "reserve", 0, 1), ("Bulb E27", HOME, "sale", -1 - 3, 0),
            ("Oak lamp, small", HOME, "sale", -2, 0),
        ],
    ),
    # 49.90 + 10.00, 57.99, 57.99, 24.95, 14.00, 25.00; 2003 refunded whole, one bulb of 2005
    "woocommerce-advanced": Expected(
        counted=(7, 6, 1, 7, 2 + 3 + 1 + 1 + 1 + 4 + 1),
        amount={"EUR": 5990 + 5799 + 5799 + 2495 + 1400 + 2500},
        channel=("WooCommerce", "WooCommerce"),
        customers=5,
        states={
            "2001": "paid", "2002": "completed", "2003": "completed", "2004": "cancelled", "2005": "completed",
            "2006": "pending",
        },
        money=(59.90 + 57.99 + 57.99 + 14 + 25, 57.99 + 3.50, 0, 59.90 + 57.99 + 10.50 + 25),
        moved=[
            ("BULB-E27", HOME, "reserve", 0, 3), ("BULB-E27", HOME, "sale", -4, 0), ("LAMP-OAK", HOME, "reserve", 0, 2),
            ("STOOL-1", HOME, "sale", -2, 0),
        ],
    ),
    # 49.90 + 3.50, 52.19, 3.50, 57.99, 24.95
    "woocommerce-webtoffee": Expected(
        counted=(5, 5, 1, 6, 2 + 1 + 1 + 1 + 1 + 1),
        amount={"USD": 5340 + 5219 + 350 + 5799 + 2495},
        channel=("WooCommerce", "WooCommerce"),
        customers=4,
        states={"3001": "paid", "3002": "completed", "3003": "cancelled", "3004": "completed", "3005": "pending"},
        money=(53.40 + 52.19 + 57.99 + 24.95, 57.99, 0, 53.40 + 52.19 + 24.95),
        moved=[
            ("BULB-E27", HOME, "reserve", 0, 1), ("LAMP-OAK", HOME, "reserve", 0, 2), ("STOOL-1", HOME, "sale", -2, 0),
        ],
    ),
    # 49.90 − 5.00, 10.50 + 57.99 (the stool was cancelled), 57.99, nothing, 24.95, 3.50
    "amazon-all-orders": Expected(
        counted=(7, 6, 1, 7, 2 + 3 + 1 + 1 + 0 + 1 + 1),
        amount={"USD": 4490 + 1050 + 5799 + 5799 + 0 + 2495 + 350},
        channel=("Amazon", "Amazon"),
        customers=0,
        states={
            "111-0000001-0000001": "shipped", "111-0000001-0000002": "shipped", "111-0000001-0000003": "paid",
            "111-0000001-0000004": "cancelled", "111-0000001-0000005": "pending", "111-0000001-0000006": "completed",
        },
        money=(44.90 + 10.50 + 57.99 + 24.95 + 3.50, 0, 0, 44.90 + 10.50 + 57.99 + 24.95 + 3.50),
        moved=[
            ("BULB-E27", HOME, "sale", -3 - 1, 0), ("LAMP-OAK", FBA, "sale", -2, 0), ("STOOL-1", HOME, "reserve", 0, 1),
        ],
    ),
    # 7.00 + 24.95, 57.99 − 5.79, 74.85, 35.00, 57.99
    "amazon-seller-fulfilled": Expected(
        counted=(6, 5, 0, 6, 2 + 1 + 1 + 3 + 10 + 1),
        amount={"GBP": 3195 + 5220 + 7485 + 3500 + 5799},
        channel=("Amazon", "Amazon"),
        customers=4,
        states={f"202-0000001-000000{n}": "paid" for n in range(1, 6)},
        money=(31.95 + 52.20 + 74.85 + 35 + 57.99, 0, 0, 31.95 + 52.20 + 74.85 + 35 + 57.99),
        moved=[
            ("BULB-E27", HOME, "reserve", 0, 12), ("LAMP-OAK", HOME, "reserve", 0, 4),
            ("STOOL-1", HOME, "reserve", 0, 2),
        ],
    ),
    # 2 × (24.95 − 2.50), 14.00, 57.99 + 3.50, 24.95, 115.98 − 10.00
    "amazon-fba-shipments": Expected(
        counted=(7, 5, 0, 7, 1 + 1 + 4 + 1 + 1 + 1 + 2),
        amount={"USD": 2 * 2245 + 1400 + 6149 + 2495 + 10598},
        channel=("Amazon", "Amazon"),
        customers=4,  # 0001@ bought twice
        states={
            "111-0000001-0000001": "shipped", **{f"112-0000001-000000{n}": "shipped" for n in range(1, 5)},
        },
        money=(44.90 + 14 + 61.49 + 24.95 + 105.98, 0, 0, 44.90 + 14 + 61.49 + 24.95 + 105.98),
        moved=[
            ("BULB-E27", FBA, "sale", -5, 0), ("LAMP-OAK", FBA, "sale", -3, 0), ("STOOL-1", FBA, "sale", -3, 0),
        ],
    ),
    # 24.95, 2 × 3.50 + 57.99 (their sum in the row above them counts for nothing), 3 × 57.99, 9.99, 2 × 24.95
    "ebay-orders": Expected(
        counted=(7, 5, 0, 6, 1 + 2 + 1 + 3 + 1 + 2),
        amount={"USD": 2495 + 700 + 5799 + 17397 + 999 + 4990},
        channel=("eBay", "eBay"),
        customers=3,  # ann_1 bought twice; b***x is masked
        states={
            "12-10001-00001": "shipped", "12-10001-00002": "shipped", "12-10001-00003": "paid",
            "12-10001-00004": "shipped", "12-10001-00005": "shipped",
        },
        money=(24.95 + 64.99 + 173.97 + 9.99 + 49.90, 0, 0, 24.95 + 64.99 + 173.97 + 9.99 + 49.90),
        moved=[
            ("335001234567", HOME, "sale", -1, 0), ("BULB-E27", HOME, "sale", -2, 0), ("LAMP-OAK", HOME, "sale", -3, 0),
            ("STOOL-1", HOME, "reserve", 0, 3), ("STOOL-1", HOME, "sale", -1, 0),
        ],
    ),
    # 2 × 24.95 × 0.90 = 44.91 and 3 × 3.50, 57.99, 2.00, 24.95, 2 × 57.99 × 0.95 = 110.181
    "odoo-orders": Expected(
        counted=(7, 5, 1, 6, 2 + 3 + 1 + 1 + 1 + 2),
        amount={"EUR": 4491 + 1050 + 5799 + 200 + 2495 + 11018},
        channel=("Odoo", "Odoo"),
        customers=3,
        states={
            "S00001": "paid", "S00002": "completed", "S00003": "pending", "S00004": "cancelled", "S00005": "paid",
        },
        money=(55.41 + 57.99 + 2 + 110.18, 0, 0, 55.41 + 57.99 + 2 + 110.18),
        moved=[
            ("BULB-E27", HOME, "reserve", 0, 3), ("LAMP-OAK", HOME, "reserve", 0, 2), ("STOOL-1", HOME, "reserve", 0, 2),
            ("STOOL-1", HOME, "sale", -1, 0),
        ],
    ),
    # 49.90 + 10.50, 57.99, the same back, 24.95 (cancelled), 35.00, 115.98
    "erpnext-orders": Expected(
        counted=(8, 6, 2, 7, 2 + 3 + 1 - 1 + 1 + 10 + 2),
        amount={"USD": 6040 + 5799 - 5799 + 2495 + 3500 + 11598},
        channel=("ERPNext", "ERPNext"),
        customers=3,
        states={
            "ACC-SINV-2025-00001": "completed", "ACC-SINV-2025-00002": "shipped", "ACC-SINV-2025-00003": "cancelled",
            "ACC-SINV-2025-00004": "cancelled", "ACC-SINV-2025-00005": "pending", "ACC-SINV-2025-00006": "shipped",
        },
        money=(60.40 + 57.99 + 35 + 115.98, 0, 57.99, 60.40 + 35 + 115.98),
        moved=[
            ("BULB-E27", HOME, "sale", -3, 0), ("LAMP-OAK", HOME, "sale", -2, 0), ("STOOL-1", HOME, "return", 1, 0),
            ("STOOL-1", HOME, "sale", -1 - 2, 0),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_sample_says_what_was_computed_by_hand(database: Database, load: Load, clock: FixedClock, name: str) -> None:
    wanted = EXPECTED[name]
    receipt = load(name)
    counted = (receipt.rows_read, receipt.orders, receipt.cancellations, receipt.lines, receipt.quantity)
    assert (counted, dict(receipt.amount_read)) == (wanted.counted, wanted.amount)
    assert codes(receipt) == set()
    assert dict(orders(database, "state")) == wanted.states
    assert rows(database, "SELECT name, platform FROM channel") == [wanted.channel]
    assert rows(database, "SELECT COUNT(*) FROM customer") == [(wanted.customers,)]
    assert list(numbers(database).values()) == pytest.approx(list(wanted.money))
    home = rows(database, "SELECT name FROM location WHERE is_default")[0][0]
    assert moved(database) == [(sku, home if place == HOME else place, *rest) for sku, place, *rest in wanted.moved]
    assert rows(database, "SELECT base_currency FROM company") == [tuple(wanted.amount)]
    assert_sound(database)
    undo_import(database, LOCAL_USER.acting(clock), receipt.batch_id or 0)
    assert rows(database, "SELECT COUNT(*) FROM daily_sales") == [(0,)]
    assert_sound(database)


# --- shapes of the files ------------------------------------------------------------------------------------------------


def header_of(name: str) -> list[str]:
    (path,) = SAMPLES.glob(f"{name}.*")
    return list(read_table(path, known_headers=known_headers()).columns)


ALL_ORDERS = (
    "amazon-order-id merchant-order-id purchase-date last-updated-date order-status fulfillment-channel sales-channel "
    "order-channel url ship-service-level product-name sku asin item-status quantity currency item-price item-tax "
    "shipping-price shipping-tax gift-wrap-price gift-wrap-tax item-promotion-discount ship-promotion-discount ship-city "
    "ship-state ship-postal-code ship-country promotion-ids"
).replace(" ", "\t")
FBA_INVENTORY = (
    "sku fnsku asin product-name condition your-price mfn-listing-exists mfn-fulfillable-quantity afn-listing-exists "
    "afn-warehouse-quantity afn-fulfillable-quantity afn-unsellable-quantity afn-reserved-quantity afn-total-quantity "
    "per-unit-volume afn-inbound-working-quantity afn-inbound-shipped-quantity afn-inbound-receiving-quantity"
).replace(" ", "\t")
ANALYTICS = (
    "Date,Order #,N. Revenue (formatted),Status,Customer,Customer type,Product(s),Items sold,Coupon(s),Net Sales,"
    "Attribution"
)
ODOO = (
    "Order Reference,Customer/ID,Order Date,Status,Order Lines/Product,Order Lines/Quantity,Order Lines/Unit Price,"
    "Order Lines/Discount (%)"
)
ERPNEXT = "ID,Customer,Date,Status,Currency,Item Code (Items),Quantity (Items),Rate (Items)"
EBAY = "Sales Record Number,Order Number,Buyer Username,Item Number,Item Title,Custom Label,Quantity,Sold For,Shipping And Handling,Total Price,Sale Date,Paid On Date,Shipped On Date"
EBAY_UK = "Sales record number,Order number,Buyer username,Post to name,Post to postcode,Item number,Item title,Custom label,Quantity,Sold for,Postage and packaging,Total price,Sale date,Paid on date,Dispatched on date"
SHOPIFY_CUSTOMERS = (
    "First Name,Last Name,Email,Accepts Email Marketing,Company,Address1,Address2,City,Province,Province Code,Country,"
    "Country Code,Zip,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Tags,Note,Tax Exempt"
)


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("amazon-all-orders", ALL_ORDERS),
        ("amazon-all-orders", ALL_ORDERS + "\tis-business-order\tpurchase-order-number\tprice-designation"),
        (
            "amazon-seller-fulfilled",
            "order-id\torder-item-id\tpurchase-date\tpayments-date\tbuyer-email\tbuyer-name\tbuyer-phone-number\tsku\t"
            "product-name\tquantity-purchased\tcurrency\titem-price\titem-tax\tshipping-price\trecepient-name\t"
            "ship-address-1",
        ),
        (
            "amazon-fba-shipments",
            "amazon-order-id\tshipment-id\tshipment-item-id\tpurchase-date\tshipment-date\tsku\tproduct-name\t"
            "quantity-shipped\tcurrency\titem-price\tcarrier\ttracking-number\testimated-arrival-date\t"
            "fulfillment-center-id\tfulfillment-channel\tsales-channel",
        ),
        (
            "amazon-fba-shipments",
            "Amazon Order Id,Shipment ID,Purchase Date,Shipment Date,Merchant SKU,Title,Shipped Quantity,Currency,"
            "Item Price,Item Promo Discount,Carrier,Tracking Number,FC,Sales Channel",
        ),
        ("amazon-fba-inventory", FBA_INVENTORY),
        ("woocommerce-analytics", ANALYTICS),
        ("woocommerce-analytics", ANALYTICS.replace("Net Sales,Attribution", "N. Revenue")),
        ("woocommerce-advanced", ",".join(header_of("woocommerce-advanced")[:-1])),
        ("woocommerce-webtoffee", "order_id,order_number,order_date,paid_date,status,order_total,order_currency,customer_email,line_item_1,line_item_2"),
        ("woocommerce-webtoffee", ",".join(header_of("woocommerce-webtoffee"))),
        ("ebay-orders", ",".join(header_of("ebay-orders"))),
        ("ebay-orders", EBAY_UK),
        ("odoo-orders", ODOO),
        ("odoo-orders", "订单关联,订单日期,客户,状态,订单行/产品,订单行/数量,订单行/单价,订单行/折扣（%）"),
        ("odoo-orders", "name,date_order,partner_id/id,state,order_line/product_id/default_code,order_line/product_uom_qty,order_line/price_unit"),
        ("erpnext-orders", ERPNEXT),
        ("erpnext-orders", "ID,Customer,Date,Status,Item Code (Sales Order Item),Qty (Sales Order Item),Rate (Sales Order Item)"),
        ("shopify-customers", SHOPIFY_CUSTOMERS),
        ("shopify-customers", "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address Address1,Default Address City,Default Address Zip,Phone,Total Spent"),
    ],
)  # fmt: skip
def test_the_platforms_own_headers_are_recognised(tmp_path: Path, name: str, header: str) -> None:
    path = tmp_path / "file.txt"
    path.write_text(header + "\n" + "\t".join("x" for _ in header.split("\t")) + "\n", encoding="utf-8")
    found = detect(read_table(path, known_headers=known_headers()))
    assert (found.format, found.missing) == (name, ())


@pytest.mark.parametrize(
    "header",
    [
        "Order #,Date,Product,Quantity,Price,Status,Customer",
        "order-id,purchase-date,sku,quantity,item-price,currency",
        "Order number,Sale date,Item title,Quantity,Unit price,Buyer name",
        "Order Number,Order Date,SKU,Quantity,Item Cost",
        "ID,Customer,Date,Item Code,Quantity,Rate,Amount",
        "Order Reference,Order Date,Customer,Product,Quantity,Unit Price",
        "order_id,order_date,status,sku,quantity,price",
        "First Name,Last Name,Email,Phone,City",
        "sku,product name,available,reserved,inbound",
        "Order Reference,Vendor,Order Deadline,Order Lines/Product,Order Lines/Quantity,Order Lines/Unit Price",
        "订单关联,供应商,单据日期,订单行/产品,订单行/数量,订单行/单价",
        "ID,Supplier,Date,Item Code (Items),Quantity (Items),Rate (Items)",
        "ID,Company,Item Code (Items),Qty (Items),Source Warehouse (Items)",
        "return-date,order-id,sku,asin,fnsku,product-name,quantity,fulfillment-center-id,reason",
        "Transaction creation date,Type,Order number,Buyer username,Net amount,Item ID,Item title,Quantity,Item subtotal",
    ],
)
def test_a_table_with_some_words_in_common_is_not_claimed(tmp_path: Path, header: str) -> None:
    path = tmp_path / "file.csv"
    path.write_text(header + "\n" + ",".join("1" for _ in header.split(",")) + "\n", encoding="utf-8")
    found = detect(read_table(path, known_headers=known_headers()))
    assert found.format == "unknown" or found.format.startswith("generic-")


@pytest.mark.parametrize("name", [*sorted(EXPECTED), "amazon-fba-inventory", "shopify-customers"])
def test_columns_in_another_order_with_blanks_and_other_case_are_the_same_file(
    sqlite_database: Database, clock: FixedClock, tmp_path: Path, name: str
) -> None:
    (path,) = SAMPLES.glob(f"{name}.*")
    (first,) = import_files(sqlite_database, LOCAL_USER.acting(clock), [path])
    table = read_table(path, known_headers=known_headers())
    columns = [column.to_pylist() for column in table.cells]
    turned = tmp_path / "turned.csv"
    quoted = [[f" {header.upper()} " for header in table.columns], *zip(*columns, strict=True)]
    turned.write_text(
        "\n".join(";".join('"' + cell.replace('"', '""') + '"' for cell in reversed(row)) for row in quoted),
        encoding="utf-16",
    )
    (again,) = import_files(sqlite_database, LOCAL_USER.acting(clock), [turned])
    assert (again.format, again.rows_read, again.rows_unchanged) == (name, first.rows_read, first.rows_read)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("woocommerce-analytics", "Order #"), ("woocommerce-analytics", "Net Sales"),
        ("woocommerce-advanced", "Order Number"), ("woocommerce-advanced", "Order Date"),
        ("woocommerce-webtoffee", "order_date"), ("amazon-all-orders", "amazon-order-id"),
        ("amazon-all-orders", "quantity"), ("amazon-all-orders", "item-price"), ("amazon-all-orders", "purchase-date"),
        ("amazon-seller-fulfilled", "item-price"), ("amazon-fba-shipments", "shipment-date"),
        ("amazon-fba-inventory", "afn-fulfillable-quantity"), ("amazon-fba-inventory", "sku"),
        ("ebay-orders", "Sold For"), ("ebay-orders", "Sale Date"), ("odoo-orders", "Order Date"),
        ("odoo-orders", "Order Reference"), ("erpnext-orders", "ID"), ("erpnext-orders", "Date"),
    ],
)  # fmt: skip
def test_a_required_column_that_is_missing_is_named(
    sqlite_database: Database, clock: FixedClock, tmp_path: Path, name: str, column: str
) -> None:
    (path,) = SAMPLES.glob(f"{name}.*")
    table = read_table(path, known_headers=known_headers())
    columns = [c.to_pylist() for h, c in zip(table.columns, table.cells, strict=True) if h != column]
    headers = [h for h in table.columns if h != column]
    lacking = tmp_path / "lacking.tsv"
    lacking.write_text("\n".join("\t".join(row) for row in [headers, *zip(*columns, strict=True)]), encoding="utf-8")
    options = ImportOptions(format=name)
    with pytest.raises(MappingNeeded, match=column.replace("(", r"\(").replace(")", r"\)")):
        import_files(sqlite_database, LOCAL_USER.acting(clock), [lacking], options)


def test_translated_headers_are_read_with_the_format_and_a_mapping(database: Database, load: Load) -> None:
    receipt = load(
        "Numéro de commande;Date de vente;Pseudo;Intitulé;Quantité;Vendu pour\n"
        "05-11111-22222;05/10/2025;lucie;Lampe;2;1 234,50 €\n",
        format="ebay-orders",
        mapping={
            "order_id": "Numéro de commande", "ordered_at": "Date de vente", "customer_id": "Pseudo",
            "title": "Intitulé", "quantity": "Quantité", "unit_price": "Vendu pour",
        },
    )  # fmt: skip
    assert receipt.amount_read == {"EUR": 246900}  # 2 × 1234.50


# --- Shopify customers ----------------------------------------------------------------------------------------------


def test_shopify_customers_join_names_and_addresses_and_keep_zeros(database: Database, load: Load) -> None:
    receipt = load("shopify-customers")
    assert (receipt.rows_read, receipt.rows_accepted) == (5, 5)
    assert opened(database, "customer", "name", "email", "phone", "postcode", "address")[:3] == [
        ("Ann Lee", "ann@example.com", "+15550100100", "78701", "1 High St Flat 2"),
        ("Bo Ek", None, "+46800012345", "11122", "Storgatan 4"),
        ("Zoë Müller", "zoe@example.com", None, "8001", "Marktplatz 3, Hof"),
    ]


def test_the_new_form_of_shopify_customers_has_ids_and_masked_rows_stay_out(database: Database, load: Load) -> None:
    receipt = load(
        "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Address1,Default Address City,"
        "Default Address Country Code,Default Address Zip,Default Address Phone,Phone,Note\n"
        "'7001,Ann,Lee,ann@example.com,yes,1 High St,Austin,US,'01234,'+15550100,,\n"
        ",B**,E**,b***@example.com,no,,,,,,,\n"
    )
    assert (receipt.rows_accepted, receipt.rows_rejected) == (1, 1)
    assert opened(database, "customer", "external_id", "name", "phone", "city", "postcode") == [
        ("7001", "Ann Lee", "+15550100", "Austin", "01234")
    ]


# --- WooCommerce --------------------------------------------------------------------------------------------------------


def test_analytics_shares_an_orders_money_by_units_and_says_so(database: Database, load: Load) -> None:
    receipt = load("woocommerce-analytics")
    lines = rows(
        database,
        "SELECT p.sku, l.quantity, l.amount FROM order_line l JOIN product p ON p.id = l.product_id "
        "JOIN sales_order o ON o.id = l.order_id WHERE o.external_id = '1001' ORDER BY l.line_no",
    )
    # 2999.00 over 3 units: two lamps 1999.33, the bulb takes the rest
    assert lines == [("Oak lamp, small", 2, 199933), ("Bulb E27", 1, 99967)]
    assert [issue.row for issue in receipt.issues if issue.code == "line.shared_amount"] == [2]


def test_analytics_rejects_an_order_whose_products_cannot_be_told_apart(load: Load) -> None:
    receipt = load(
        f'{ANALYTICS}\n2025-07-01 09:05:00,1,$10,completed,Ann,new,"2× Lamp, 1× Bulb",4,,10,\n'
        "2025-07-01 09:05:00,2,$10,completed,Ann,new,,1,,10,\n"
        "2025-07-01 09:05:00,3,$10,completed,Ann,new,1× Lamp,1,,10,\n"
    )
    assert (receipt.rows_accepted, receipt.rows_rejected) == (1, 2)
    assert codes(receipt) == {"row.several_products", "sku.missing"}


def test_a_refund_row_of_analytics_brings_units_and_money_back(database: Database, load: Load) -> None:
    load(
        f"{ANALYTICS}\n2025-07-01 09:05:00,1,$30,completed,Ann,new,3× Lamp,3,,30,\n"
        "2025-07-05 10:00:00,1,-$10,completed,Ann,new,-1× Lamp,-1,,-10,\n"
    )
    assert orders(database, "state, quantity, goods") == [("1", "completed", 2, 2000)]


ADVANCED = "Order Number,Order Status,Order Date,Email (Billing),City (Billing),SKU,Item Name,Quantity (- Refund),Item Cost,Order Refund Amount,Order Currency"


def test_where_refunds_are_taken_off_already_they_are_not_taken_off_again(database: Database, load: Load) -> None:
    # two sold at 10.00, one came back: quantity 1, refund 10.00; what is left is one at 10.00
    load(f"{ADVANCED}\n1,Completed,2025-07-01 09:05,ann@example.com,Wien,LAMP,Lamp,1,10.00,10.00,EUR\n")
    assert orders(database, "quantity, goods, refunded") == [("1", 1, 1000, 0)]


def test_advanced_export_fills_order_columns_down_and_never_ships_to_another_column(
    database: Database, load: Load
) -> None:
    receipt = load(
        f"{ADVANCED}\n1,wc-processing,2025-07-01 09:05,ann@example.com,Wien,LAMP,Lamp,1,10.00,,EUR\n,,,,,BULB,Bulb,2,3.50,,\n"
        "2,On hold,2025-07-01 10:05,bo@example.com,Graz,,Gift card,1,25,,EUR\n"
    )
    assert receipt.rows_accepted == 3
    # the file has no city of shipping: the buyer's own stands for it
    assert orders(database, "state, goods, city") == [("1", "paid", 1700, "Wien"), ("2", "pending", 2500, "Graz")]


def test_webtoffee_reads_products_as_pairs_and_two_currencies(database: Database, load: Load) -> None:
    receipt = load(
        "order_id,order_number,order_date,status,order_currency,customer_email,line_item_1,line_item_2\n"
        "41,1041,2025-07-01 09:05:12,wc-completed,USD,ann@example.com,"
        "name:Lamp | oak: small|product_id:9|sku:LAMP|quantity:2|total:18.00|sub_total:20.00,"
        "name:Bulb|product_id:12|sku:|quantity:1|total:3.50|sub_total:3.50\n"
        "42,,7/22/2025 18:34:14,completed,EUR,bo@example.com,name:Bulb|product_id:12|sku:|quantity:4|total:14.00|sub_total:14.00,\n"
    )
    assert receipt.amount_read == {"USD": 1800 + 350, "EUR": 1400}
    assert orders(database, "currency, quantity, goods") == [("1041", "USD", 3, 2150), ("42", "EUR", 4, 1400)]
    assert rows(database, "SELECT sku, name FROM product ORDER BY sku") == [
        ("12", "Bulb"),
        ("LAMP", "Lamp | oak: small"),
    ]


# --- Amazon -----------------------------------------------------------------------------------------------------------


def amazon(*cells: Mapping[str, str]) -> str:
    header = ALL_ORDERS.split("\t")
    return "\n".join(["\t".join(header), *("\t".join(row.get(name, "") for name in header) for row in cells)]) + "\n"


def item(order: str, **more: str) -> dict[str, str]:
    given = {
        "amazon-order-id": order, "purchase-date": "2025-07-01T08:00:00+00:00", "order-status": "Shipped",
        "last-updated-date": "2025-07-02T08:00:00+00:00", "fulfillment-channel": "Amazon",
        "sales-channel": "Amazon.com", "product-name": "Lamp", "sku": "LAMP", "item-status": "Shipped",
        "quantity": "1", "currency": "USD", "item-price": "10.00",
    }  # fmt: skip
    return given | {name.replace("_", "-"): value for name, value in more.items()}


def test_a_pending_order_without_a_price_waits_for_a_later_export(database: Database, load: Load) -> None:
    pending = {"order_status": "Pending", "item_price": "", "currency": "", "item_status": ""}
    receipt = load(amazon(item("1", **pending), item("2")))
    assert (receipt.rows_accepted, receipt.rows_rejected) == (1, 1)
    assert codes(receipt) == {"amount.pending"}
    later = load(amazon(item("1"), item("2")))
    assert (later.rows_accepted, later.rows_unchanged) == (1, 1)
    assert orders(database, "state, goods") == [("1", "shipped", 1000), ("2", "shipped", 1000)]


def test_a_cancelled_order_has_the_currency_of_the_file(database: Database, load: Load) -> None:
    gone = {"order_status": "Cancelled", "item_status": "Cancelled", "quantity": "0", "item_price": "", "currency": ""}
    receipt = load(amazon(item("1"), item("2", **gone)))
    assert receipt.amount_read == {"USD": 1000}
    assert orders(database, "state, currency, goods") == [("1", "shipped", "USD", 1000), ("2", "cancelled", "USD", 0)]
    assert rows(database, "SELECT base_currency FROM company") == [("USD",)]


def test_parcels_sent_for_another_shop_are_passed_over(database: Database, load: Load) -> None:
    receipt = load(amazon(item("1"), item("S01-2", sales_channel="Non-Amazon US", item_price="")))
    assert (receipt.rows_accepted, receipt.rows_unchanged, receipt.rows_rejected) == (1, 1, 0)
    assert "rows.passed_over" in {issue.code for issue in receipt.issues}
    assert rows(database, "SELECT external_id FROM sales_order") == [("1",)]


def test_amazons_warehouse_never_becomes_the_shops_own(database: Database, load: Load) -> None:
    load(amazon(item("1")))
    load(amazon(item("2", fulfillment_channel="Merchant")))
    own = rows(database, "SELECT name FROM location WHERE is_default")[0][0]
    assert own != FBA
    assert moved(database) == sorted([("LAMP", FBA, "sale", -1, 0), ("LAMP", own, "sale", -1, 0)])


def test_a_later_export_cancels_a_line_and_the_older_one_changes_nothing(database: Database, load: Load) -> None:
    bulb = {"sku": "BULB", "item_price": "3.50"}
    waiting = {
        "order_status": "Unshipped",
        "item_status": "Unshipped",
        "last_updated_date": "2025-07-01T09:00:00+00:00",
    }
    first = amazon(item("1", **waiting), item("1", **waiting, **bulb))
    load(first)
    assert orders(database, "state, goods") == [("1", "paid", 1350)]
    later = load(amazon(item("1"), item("1", **bulb, item_status="Cancelled")))
    assert later.rows_accepted == 2
    assert numbers(database)["revenue"] == pytest.approx(10)
    old = load(first)
    assert (old.rows_unchanged, old.orders) == (2, 0)
    assert orders(database, "state") == [("1", "shipped")]
    assert_sound(database)


def test_item_ids_of_amazon_name_the_lines(database: Database, load: Load) -> None:
    load("amazon-seller-fulfilled")
    assert rows(database, "SELECT line_ref FROM order_line ORDER BY line_ref")[0] == ("10000000000101",)
    assert by_number(database, "name", "address", "postcode")[0] == (
        "202-0000001-0000001", "Tom Mills", "4 Mill Lane Flat 2", "LS1 1BA",
    )  # fmt: skip


@pytest.mark.parametrize(
    "both", [("amazon-all-orders", "amazon-fba-shipments"), ("amazon-fba-shipments", "amazon-all-orders")]
)
def test_orders_and_their_parcels_count_once(database: Database, load: Load, both: tuple[str, str]) -> None:
    for name in both:
        load(name)
    # 111-…-0001 stands in both files with the same 44.90
    assert numbers(database)["revenue"] == pytest.approx(141.84 + 251.32 - 44.90)
    assert rows(database, "SELECT COUNT(*), COUNT(DISTINCT channel_id) FROM sales_order") == [(6 + 5 - 1, 1)]
    assert_sound(database)


def test_one_parcel_of_an_order_takes_nothing_from_its_other_lines(database: Database, load: Load) -> None:
    bulb = {"sku": "BULB", "item_price": "3.50"}
    load(amazon(item("1", last_updated_date="2025-07-01T09:00:00+00:00"), item("1", **bulb)))
    load(
        "amazon-order-id\tshipment-id\tshipment-item-id\tpurchase-date\tshipment-date\tsku\tproduct-name\t"
        "quantity-shipped\tcurrency\titem-price\n"
        "1\tD1\tDk1\t2025-07-01T08:00:00+00:00\t2025-07-03T08:00:00+00:00\tBULB\tBulb\t1\tUSD\t3.50\n"
    )
    assert numbers(database)["revenue"] == pytest.approx(13.50)


def test_fba_inventory_counts_what_can_be_sold_and_what_is_reserved(database: Database, load: Load) -> None:
    receipt = load("amazon-fba-inventory")
    assert (receipt.rows_accepted, receipt.quantity) == (4, 43 + 0 + 9 + 12)
    held = (
        "SELECT p.sku, l.name, b.on_hand, b.reserved, b.incoming FROM stock_balance b "
        "JOIN product p ON p.id = b.product_id JOIN location l ON l.id = b.location_id ORDER BY p.sku"
    )
    # lamps: 40 to sell and 3 reserved lie there, 10 + 20 + 5 come; one broken lamp is nobody's stock
    assert rows(database, held) == [
        ("BULB-E27", FBA, 0, 0, 0), ("COASTER-F", FBA, 12, 0, 6), ("LAMP-OAK", FBA, 43, 3, 35), ("STOOL-1", FBA, 9, 2, 0),
    ]  # fmt: skip
    assert rows(database, "SELECT name FROM location WHERE is_default") != [(FBA,)]


# --- eBay -------------------------------------------------------------------------------------------------------------


def test_ebay_takes_the_address_from_the_row_above_the_items(database: Database, load: Load) -> None:
    receipt = load("ebay-orders")
    assert [issue.code for issue in receipt.issues if issue.code.startswith("file.")] == [
        "file.preamble", "file.footer", "file.footer",
    ]  # fmt: skip
    assert by_number(database, "name", "address", "postcode", "shipping", "total", "buyer_note")[1] == (
        "12-10001-00002", "Bo Ek", "9 Oak Ave Apt 3", "02101", 800, 7699, "Please pack well",
    )  # fmt: skip
    assert rows(database, "SELECT COUNT(*) FROM order_line") == [(6,)]


def test_ebay_sold_for_is_the_price_of_one_unit_in_the_sellers_currency(database: Database, load: Load) -> None:
    receipt = load(
        "Sales Record Number,Order Number,Buyer Username,Item Number,Item Title,Custom Label,Quantity,Sold For,"
        "Postage And Handling,Total Price,Sale Date,Paid On Date,Post To Postal Code\n"
        '12125,04-14689-12345,multi,406999999999,Card,CARD,3,"AU $260.00",AU $9.00,AU $789.00,25-May-26,25-May-26,2000\n'
        '"38","record(s) downloaded",,,,,,,,,,,\nSeller ID : someone,,,,,,,,,,,,\n'
    )
    assert (receipt.rows_read, receipt.amount_read) == (1, {"AUD": 3 * 26000})
    assert orders(database, "state, shipping, total, postcode") == [("04-14689-12345", "paid", 900, 78900, "2000")]


def test_ebay_orders_of_several_sites_keep_their_currencies(database: Database, load: Load) -> None:
    receipt = load(
        f"{EBAY_UK}\n1,1-1-1,ann,Ann,YO1 7HH,335,Lamp,LAMP,2,£10.00,£3.00,£23.00,21-Jul-25,21-Jul-25,\n"
        "2,1-1-2,bo,Bo,D-10115,335,Lamp,LAMP,1,EUR 12.00,EUR 0.00,EUR 12.00,22-Jul-25,22-Jul-25,23-Jul-25\n"
    )
    assert receipt.amount_read == {"GBP": 2000, "EUR": 1200}
    assert orders(database, "state, currency, goods, shipping") == [
        ("1-1-1", "paid", "GBP", 2000, 300), ("1-1-2", "shipped", "EUR", 1200, 0),
    ]  # fmt: skip


def test_an_ebay_order_that_nobody_paid_has_no_number_yet(database: Database, load: Load) -> None:
    receipt = load(
        f"{EBAY}\n145,,bo,335,Lamp,LAMP,1,$50.00,$0.00,$50.00,Sep-15-25,,\n"
        "146,1-1-1,cy,335,Lamp,LAMP,1,$50.00,$0.00,$50.00,Sep-15-25,,\n"
    )
    assert codes(receipt) == {"order_id.unpaid"}
    assert orders(database, "state") == [("1-1-1", "pending")]


def test_an_ebay_file_without_payment_dates_is_taken_for_paid(database: Database, load: Load) -> None:
    header = EBAY.replace(",Paid On Date,Shipped On Date", "")
    load(f"{header}\n1,1-1-1,cy,335,Lamp,LAMP,1,$50.00,$0.00,$50.00,Sep-15-25\n")
    assert orders(database, "state") == [("1-1-1", "paid")]


def test_item_numbers_that_lost_their_digits_are_refused(load: Load) -> None:
    receipt = load(f"{EBAY}\n1,1-1-1,cy,3.35001E+11,Lamp,,1,$50.00,$0.00,$50.00,Sep-15-25,Sep-15-25,\n")
    assert codes(receipt) == {"id.scientific"}


# --- Odoo and ERPNext -------------------------------------------------------------------------------------------------


def test_odoo_reads_codes_out_of_names_and_passes_sections_over(database: Database, load: Load) -> None:
    load("odoo-orders")
    assert rows(database, "SELECT sku, name FROM product ORDER BY sku") == [
        ("BULB-E27", "Bulb E27"), ("Felt coaster", "Felt coaster"), ("LAMP-OAK", "Oak lamp (small)"),
        ("STOOL-1", "Oak stool"),
    ]  # fmt: skip


def test_odoo_in_chinese(database: Database, load: Load) -> None:
    receipt = load(
        "订单关联,订单日期,客户,客户/电子邮件,状态,币种,订单行/产品,订单行/数量,订单行/单价,订单行/折扣（%）,订单行/小计\n"
        "S1,2025-07-01 08:00:00,义乌灯饰,a@example.com,销售订单,CNY,[DENG-01] 北欧台灯,2,59.00,50,59.00\n"
        ",,,,,,[PAO-E27] 灯泡E27,1,29.50,0,29.50\n"
        "S2,2025-07-02 08:00:00,义乌灯饰,a@example.com,已取消,CNY,[PAO-E27] 灯泡E27,1,29.50,0,29.50\n"
    )
    assert receipt.amount_read == {"CNY": 5900 + 2950 + 2950}
    assert orders(database, "state, goods") == [("S1", "paid", 8850), ("S2", "cancelled", 2950)]
    assert rows(database, "SELECT name FROM product WHERE sku = 'DENG-01'") == [("北欧台灯",)]


def test_an_odoo_order_without_a_date_names_the_column(load: Load) -> None:
    receipt = load(f"{ODOO}\nS1,p1,,Sales Order,[A] Ant,1,2.00,0\nS2,p1,2025-07-01,Sales Order,[A] Ant,1,2.00,0\n")
    assert [(issue.row, issue.column, issue.code) for issue in receipt.issues if issue.severity == "rejects"] == [
        (2, "Order Date", "ordered_at.missing")
    ]


def test_odoo_moves_on_with_its_deliveries(database: Database, load: Load) -> None:
    header = ODOO.replace("Status,", "Status,Delivery Status,")
    load(f"{header}\nS1,p1,2025-07-01,Sales Order,Not Delivered,[A] Ant,1,2.00,0\n")
    assert orders(database, "state") == [("S1", "paid")]
    load(f"{header}\nS1,p1,2025-07-01,Sales Order,Fully Delivered,[A] Ant,1,2.00,0\n")
    assert orders(database, "state") == [("S1", "shipped")]
    load(f"{header}\nS1,p1,2025-07-01,Quotation,Not Delivered,[A] Ant,1,2.00,0\n")
    assert orders(database, "state") == [("S1", "shipped")]


def test_erpnext_sales_orders_and_rows_of_taxes(database: Database, load: Load) -> None:
    receipt = load(
        "ID,Customer,Date,Status,Currency,Item Code (Sales Order Item),Qty (Sales Order Item),Rate (Sales Order Item),"
        "Amount (Sales Taxes and Charges)\n"
        "SAL-ORD-1,Ann,01-07-2025,To Deliver and Bill,USD,LAMP,2,10.00,1.60\n,,,,,,,,0.40\n,,,,,BULB,1,3.50,\n"
        "SAL-ORD-2,Bo,13-07-2025,To Bill,USD,LAMP,1,10.00,\nSAL-ORD-3,Bo,13-07-2025,Cancelled,USD,LAMP,1,10.00,\n"
    )
    assert (receipt.rows_accepted, receipt.lines) == (5, 4)
    # 13-07 says that the day comes first; quantity × rate, the tables of taxes are not the items'
    assert orders(database, "state, goods") == [
        ("SAL-ORD-1", "paid", 2350), ("SAL-ORD-2", "shipped", 1000), ("SAL-ORD-3", "cancelled", 1000),
    ]  # fmt: skip
    assert str(rows(database, "SELECT ordered_at FROM sales_order ORDER BY external_id")[0][0])[:7] in (
        "2025-06",
        "2025-07",
    )


def test_a_return_of_erpnext_credits_only_once_it_is_submitted(database: Database, load: Load) -> None:
    load(
        f"{ERPNEXT}\nINV-1,Ann,2025-07-01,Paid,USD,LAMP,3,10.00\nINV-2,Ann,2025-07-02,Draft,USD,LAMP,-1,10.00\n"
        "INV-3,Ann,2025-07-02,Cancelled,USD,LAMP,-1,10.00\nINV-4,Ann,2025-07-02,Return,USD,LAMP,-1,10.00\n"
    )
    assert numbers(database) == pytest.approx({"revenue": 30, "refunds": 0, "credit_notes": 10, "net_revenue": 20})
    assert_sound(database)
    load(f"{ERPNEXT}\nINV-2,Ann,2025-07-02,Return,USD,LAMP,-1,10.00\n")
    assert numbers(database)["net_revenue"] == pytest.approx(10)


# --- later exports, and older ones again ----------------------------------------------------------------------------

WEBTOFFEE = "order_number,order_date,status,order_currency,customer_email,line_item_1"
PAIRS = "name:Lamp|product_id:9|sku:LAMP|quantity:2|total:20.00"
# (the earlier file, the later one, state and refund before, state and refund after)
LATER = {
    "woocommerce-webtoffee": (
        f"{WEBTOFFEE}\n1,2025-07-01 09:00:00,completed,USD,ann@example.com,{PAIRS}\n",
        f"{WEBTOFFEE}\n1,2025-07-01 09:00:00,refunded,USD,ann@example.com,{PAIRS}\n",
        ("completed", 0), ("completed", 2000),
    ),
    "woocommerce-analytics": (
        f"{ANALYTICS}\n2025-07-01 09:05:00,1,$20,processing,Ann,new,2× Lamp,2,,20,\n",
        f"{ANALYTICS}\n2025-07-01 09:05:00,1,$20,cancelled,Ann,new,2× Lamp,2,,20,\n",
        ("paid", 0), ("cancelled", 0),
    ),
    "woocommerce-advanced": (
        f"{ADVANCED}\n1,Completed,2025-07-01,a@example.com,Wien,LAMP,Lamp,2,10.00,,EUR\n",
        # one of two came back: the columns have it taken off already
        f"{ADVANCED}\n1,Completed,2025-07-01,a@example.com,Wien,LAMP,Lamp,1,10.00,10.00,EUR\n",
        ("completed", 0), ("completed", 0),
    ),
    "ebay-orders": (
        f"{EBAY}\n1,1-1-1,cy,335,Lamp,LAMP,1,$50.00,$0.00,$50.00,Sep-15-25,Sep-15-25,\n",
        f"{EBAY}\n1,1-1-1,cy,335,Lamp,LAMP,1,$50.00,$0.00,$50.00,Sep-15-25,Sep-15-25,Sep-16-25\n",
        ("paid", 0), ("shipped", 0),
    ),
    "erpnext-orders": (
        f"{ERPNEXT}\nINV-1,Ann,2025-07-01,Unpaid,USD,LAMP,3,10.00\n",
        f"{ERPNEXT}\nINV-1,Ann,2025-07-01,Cancelled,USD,LAMP,3,10.00\n",
        ("shipped", 0), ("cancelled", 0),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(LATER))
def test_a_later_export_updates_and_the_older_one_again_changes_nothing(
    database: Database, load: Load, name: str
) -> None:
    earlier, later, before, after = LATER[name]
    assert load(earlier).format == name
    assert orders(database, "state, refunded")[0][1:] == before
    assert load(later).orders == 1
    standing = orders(database, "state, refunded, goods, quantity")
    assert standing[0][1:3] == after
    again = load(earlier)
    assert (again.orders, again.rows_unchanged) == (0, again.rows_read)
    assert orders(database, "state, refunded, goods, quantity") == standing
    assert_sound(database)


def test_parcels_are_kept_each_with_its_number_and_carrier(database: Database, load: Load) -> None:
    load("amazon-all-orders")
    load("amazon-fba-shipments")
    parcels = rows(database, "SELECT external_id, carrier, tracking_number FROM shipment ORDER BY external_id")
    assert len(parcels) == 6  # of seven rows two lie in one parcel
    assert parcels[0] == ("D1aaaaaa1", "AMZN_US", "TBA000000000001")


def test_an_undone_import_no_longer_makes_its_file_an_old_one(
    database: Database, load: Load, clock: FixedClock
) -> None:
    earlier, later, before, _ = LATER["woocommerce-webtoffee"]
    load(earlier)
    second = load(later)
    undo_import(database, LOCAL_USER.acting(clock), second.batch_id or 0)
    assert orders(database, "state, refunded")[0][1:] == before
    assert load(later).orders == 1
