"""Shops for measurements: UCI Online Retail as it is, or several times over with as many SKUs, orders and customers on
the same days; with a stock count, costs and suppliers for everything that sells, so that all numbers can be computed.

    python benchmarks/large_shop.py FILE HOME [--copies 10]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import pandas as pd

from erp_core.db.engine import Database
from erp_core.db.migrate import upgrade
from erp_core.imports.service import ImportOptions, import_files
from erp_core.security.actor import LOCAL_USER
from erp_core.settings import Settings, load_settings

OPENING = "2010-11-30"


def copy_of(table: pd.DataFrame, number: int) -> pd.DataFrame:
    """The same sales under other numbers; charges such as POST keep their code."""
    if not number:
        return table
    goods = table["StockCode"].str.contains(r"\d{3}", regex=True)
    return table.assign(
        InvoiceNo=table["InvoiceNo"] + f"{number}",
        StockCode=table["StockCode"].where(~goods, table["StockCode"] + f"-{number}"),
        CustomerID=table["CustomerID"].where(table["CustomerID"].isna(), table["CustomerID"] + f"{number}"),
    )


def stock_list(table: pd.DataFrame) -> pd.DataFrame:
    """What lay in stock before the first sale: enough for what was sold, 60 % of the usual price as cost."""
    numbers = table.assign(
        units=pd.to_numeric(table["Quantity"]).clip(lower=0), price=pd.to_numeric(table["UnitPrice"])
    )
    goods = numbers[numbers["StockCode"].str.contains(r"\d{3}", regex=True) & (numbers["price"] > 0)]
    by_sku = goods.groupby("StockCode").agg(units=("units", "sum"), price=("price", "median"))
    return pd.DataFrame(
        {
            "SKU": by_sku.index,
            "On hand": (by_sku["units"] * 11 // 10 + 5).to_numpy(),
            "Unit cost": (by_sku["price"] * 0.6).round(2).clip(lower=0.01).to_numpy(),
            "Date": OPENING,
        }
    )


def supplier_list(skus: pd.Series) -> pd.DataFrame:
    """Forty suppliers who share the SKUs, each with its lead time and minimum."""
    at = pd.Series(range(len(skus)))
    names = "Supplier " + (at % 40).astype(str)
    return pd.DataFrame(
        {"SKU": skus, "Supplier": names, "Lead time (days)": 7 + at % 21, "MOQ": 12, "Pack size": 6, "Currency": "GBP"}
    )


def build(source: Path, settings: Settings, copies: int) -> None:
    """Make the shop in the database of `settings`, which must be empty."""
    table = pd.read_csv(source, dtype=str, keep_default_na=False).assign(
        CustomerID=lambda t: t["CustomerID"].where(t["CustomerID"] != "", None)
    )
    settings.home.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_url, settings.keys)
    upgrade(database)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(copies):
            started = time.monotonic()
            part = copy_of(table, number)
            stock = stock_list(part)
            tables = {"orders": part, "stock": stock, "suppliers": supplier_list(stock["SKU"])}
            for name, rows in tables.items():
                file = Path(folder) / f"{name}.csv"
                rows.to_csv(file, index=False)
                options = ImportOptions(channel="Online Retail") if name == "orders" else ImportOptions(currency="GBP")
                receipts = import_files(database, LOCAL_USER.acting(), [file], options)
                print(name, receipts[0].to_json("en")["rows_read"], flush=True)
            print(f"copy {number + 1} of {copies}: {time.monotonic() - started:.1f} s", flush=True)
    database.dispose()


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("home", type=Path)
    parser.add_argument("--copies", type=int, default=1)
    given = parser.parse_args()
    build(given.file, load_settings({"ERP_HOME": str(given.home)}), given.copies)


if __name__ == "__main__":
    main()
