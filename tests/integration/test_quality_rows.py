"""What is missing, down to its rows: a small shop with one of each gap, counted by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from erp_core.company.views import read_company
from erp_core.errors import NotFound
from erp_core.overview.quality import Gap, gaps
from erp_core.overview.quality_rows import COLUMNS, GapQuery, GapRows, gap_rows
from tests.integration.shop import Shop

# LAMP has everything; BULB is counted but has no cost, supplier, category; VASE nothing, and sold in USD without a rate
SALES = """Order ID,Date,SKU,Product name,Quantity,Unit price,Currency,Channel,Customer
1,2026-01-05,LAMP,Desk lamp,9,50,CNY,Web,ann
2,2026-01-06,BULB,Bulb,2,5,CNY,Web,
3,2026-01-07,VASE,Vase,1,30,USD,Market,bo
4,2026-01-09,VASE,Vase,2,30,USD,Market,
"""
REJECTED = "Order ID,Date,SKU,Quantity,Unit price,Currency,Channel\n9,2026-01-10,LAMP,many,50,CNY,Web\n"


@pytest.fixture
def small(shop: Shop) -> Shop:
    shop.load("SKU,Name,Category,Unit cost,Currency,Supplier,Lead time\nLAMP,Desk lamp,Lights,20,CNY,Yiwu,7\n")
    shop.load(SALES)
    shop.load("SKU,Quantity,Date\nLAMP,4,2026-01-01\nBULB,10,2026-01-01\n")
    shop.load(REJECTED)
    return shop


def found(shop: Shop) -> dict[str, Gap]:
    with shop.database.reading() as connection:
        return {gap.key: gap for gap in gaps(connection, read_company(connection))}


def rows(shop: Shop, key: str, search: str = "", limit: int = 1_000, *, see: bool = False) -> GapRows:
    with shop.database.reading() as connection:
        return gap_rows(connection, read_company(connection), GapQuery(key, search, limit, see_personal_data=see))


@pytest.mark.parametrize(
    ("key", "skus"),
    [
        ("costs", ["BULB", "VASE"]),
        ("counts", ["VASE"]),
        ("suppliers", ["BULB", "VASE"]),
        ("categories", ["BULB", "VASE"]),
    ],
)
def test_products_that_lack_something(small: Shop, key: str, skus: list[str]) -> None:
    answer = rows(small, key)
    assert sorted(answer.rows["sku"]) == skus
    assert answer.total == len(skus) == found(small)[key].count
    assert list(answer.rows) == list(COLUMNS[key])
    by_sku = {row["sku"]: row for row in answer.rows.to_dict("records")}
    assert (by_sku["VASE"]["units"], pd.isna(by_sku["VASE"]["revenue"])) == (3, True)  # no rate for USD: unknown
    assert by_sku["VASE"]["last_sale"] == pd.Timestamp("2026-01-09")
    if "BULB" in by_sku:
        assert (by_sku["BULB"]["revenue"], by_sku["BULB"]["currency"]) == (10, "CNY")


def test_more_sold_than_counted(small: Shop) -> None:
    (row,) = rows(small, "shortfall").rows.to_dict("records")
    assert (row["sku"], row["on_hand"], row["shortfall"]) == ("LAMP", 0, 5)  # 4 counted, 9 sold


def test_orders_without_a_customer(small: Shop) -> None:
    answer = rows(small, "customers")
    assert answer.rows["external_id"].tolist() == ["4", "2"]
    assert answer.rows["revenue"].tolist() == [60, 10]  # each in its own currency
    assert answer.rows["currency"].tolist() == ["USD", "CNY"]
    assert answer.total == found(small)["customers"].count == 2
    few = rows(small, "customers", limit=1)
    assert (few.rows["external_id"].tolist(), few.total) == (["4"], 2)
    assert rows(small, "customers", "market").rows["external_id"].tolist() == ["4"]


def test_currencies_without_a_rate(small: Shop) -> None:
    (row,) = rows(small, "rates").rows.to_dict("records")
    assert (row["currency"], row["days"], row["orders"], row["revenue"]) == ("USD", 2, 2, 90)
    assert (row["first_day"], row["last_day"]) == (pd.Timestamp("2026-01-07"), pd.Timestamp("2026-01-09"))
    small.load("Date,Currency,Base,Rate\n2026-01-08,USD,CNY,7\n")
    (row,) = rows(small, "rates").rows.to_dict("records")
    assert (row["days"], row["revenue"]) == (1, 30)  # the rate holds from the 8th on
    small.load("Date,Currency,Base,Rate\n2026-01-01,USD,CNY,7\n")
    assert rows(small, "rates").total == 0
    assert found(small)["rates"].closed


def test_rejected_rows_with_their_reason(small: Shop) -> None:
    (row,) = rows(small, "rejected", see=True).rows.to_dict("records")
    assert (row["file"], row["row"]) == ("file.csv", 2)
    assert "many" in row["reason"]
    assert row["cells"] == "9 · 2026-01-10 · LAMP · many · 50 · CNY · Web"
    (masked,) = rows(small, "rejected").rows.to_dict("records")
    assert "many" not in masked["reason"] + masked["cells"]
    assert masked["cells"] == row["cells"].replace("many", "•••")  # no column of this file is a person’s
    assert found(small)["rejected"].count == 1
    assert rows(small, "rejected", "lamp").total == 1
    assert rows(small, "rejected", "vase").total == 0


def test_rows_are_searched_by_any_of_their_words_and_limited(small: Shop) -> None:
    assert rows(small, "costs", "vas").rows["sku"].tolist() == ["VASE"]
    assert rows(small, "costs", "BULB").total == 1
    few = rows(small, "costs", limit=1)
    assert (len(few.rows), few.total) == (1, 2)


def test_a_check_that_does_not_exist_is_refused(small: Shop) -> None:
    with pytest.raises(NotFound):
        rows(small, "colours")


def test_every_gap_of_the_small_shop_is_found(small: Shop) -> None:
    assert {key for key, gap in found(small).items() if not gap.closed} == {
        "costs", "counts", "shortfall", "suppliers", "categories", "customers", "rates", "rejected",
    }  # fmt: skip
