"""Packed rollups say what the rollups say, whatever has happened to them, in this process and in others."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.clock import FixedClock
from erp_core.db import packs
from erp_core.db.engine import Database
from erp_core.db.tables import packed_part
from erp_core.imports.service import ImportOptions, import_files, undo_import
from erp_core.jobs.book import JobBook
from erp_core.jobs.registry import Registry
from erp_core.jobs.schedule import Schedule
from erp_core.jobs.worker import run_pending
from erp_core.orders.pack_work import DUTY, PACK, ROLLUPS, pack
from erp_core.orders.packed import SALES
from erp_core.orders.tables import daily_sales
from erp_core.orders.views import Filters, buyers, sales_sums
from erp_core.security.actor import LOCAL_USER
from erp_core.settings import load_settings
from erp_core.stock.views import average_stock

YEAR = Period(dt.date(2026, 1, 1), dt.date(2026, 12, 31))


def _import(database: Database, tmp_path, name: str, text: str) -> int:
    file = tmp_path / name
    file.write_text(text)
    receipts = import_files(database, LOCAL_USER.acting(), [file], ImportOptions(channel="Shop", currency="EUR"))
    return int(receipts[0].batch_id)


def _orders(*rows: str) -> str:
    return "\n".join(["Order ID,Date,SKU,Quantity,Unit price,Customer", *rows]) + "\n"


def _units(database: Database) -> dict[tuple[str, str], int]:
    with database.reading() as connection:
        frame = sales_sums(connection, YEAR, Filters(), ["month", "product_id"])
        skus = dict(connection.execute(sa.text("SELECT id, sku FROM product")).all())
    return {
        (f"{month:%Y-%m}", skus[product]): units
        for month, product, units in frame[["month", "product_id", "quantity"]].itertuples(index=False)
    }


def _void(database: Database, name: str = "sales") -> list[int]:
    p = packed_part.c
    with database.reading() as connection:
        query = sa.select(p.part).where(p.name == name, p.content.is_(None)).order_by(p.part)
        return list(connection.execute(query).scalars())


def test_only_the_months_that_changed_are_void_and_the_sums_are_right_before_and_after_packing(
    database: Database, tmp_path
) -> None:
    _import(database, tmp_path, "a.csv", _orders("1,2026-01-05,MUG,2,3.00,Ann", "2,2026-02-07,MUG,5,3.00,Bob"))
    january, february = packs.part_of(dt.date(2026, 1, 1)), packs.part_of(dt.date(2026, 2, 1))
    assert _void(database) == [january, february]
    assert _units(database) == {("2026-01", "MUG"): 2, ("2026-02", "MUG"): 5}
    assert packs.pack(database, ROLLUPS) == 6  # two months of sales, orders and lines; no stock is known
    assert _void(database) == []
    assert _units(database) == {("2026-01", "MUG"): 2, ("2026-02", "MUG"): 5}
    batch = _import(database, tmp_path, "b.csv", _orders("3,2026-02-08,JUG,1,9.00,Ann"))
    assert _void(database) == [february]
    assert _units(database) == {("2026-01", "MUG"): 2, ("2026-02", "JUG"): 1, ("2026-02", "MUG"): 5}
    packs.pack(database, ROLLUPS)
    undo_import(database, LOCAL_USER.acting(), batch)
    assert _units(database) == {("2026-01", "MUG"): 2, ("2026-02", "MUG"): 5}


def test_another_process_reads_the_blocks_and_finds_the_same(database: Database, tmp_path) -> None:
    _import(database, tmp_path, "a.csv", _orders("1,2026-01-05,MUG,2,3.00,Ann", "2,2026-01-07,MUG,5,3.00,Ann"))
    packs.pack(database, ROLLUPS)
    other = Database(database.url.render_as_string(hide_password=False))  # a pool of its own: nothing in memory
    with other.reading() as connection:
        block = packs.read(connection, SALES).columns
        rows = pd.DataFrame(connection.execute(sa.select(daily_sales)).mappings().all())
        assert buyers(connection, YEAR, Filters()) == (1, 1, 0)
    other.dispose()
    assert block["quantity"].tolist() == rows.sort_values("ds")["quantity"].tolist() == [2, 5]
    # 2026-01-05 is 20458 days after 1970-01-01: 56 years with 14 leap days (20454), and 4 days
    assert block["day"].tolist() == [20458, 20460]


def test_a_transaction_sees_its_own_changes_and_what_is_rolled_back_leaves_no_trace(
    database: Database, tmp_path
) -> None:
    _import(database, tmp_path, "a.csv", _orders("1,2026-01-05,MUG,2,3.00,Ann"))
    packs.pack(database, ROLLUPS)
    with database.writing_connection() as connection:
        connection.execute(sa.update(daily_sales).values(quantity=40))
        packs.touch(connection, "sales", [packs.part_of(dt.date(2026, 1, 5))])
        frame = sales_sums(connection, YEAR, Filters(), ["product_id"])
        assert frame["quantity"].tolist() == [40]
    assert _units(database) == {("2026-01", "MUG"): 2}
    assert _void(database) == []


def test_a_month_that_changes_while_it_is_packed_stays_void(
    database: Database, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _import(database, tmp_path, "a.csv", _orders("1,2026-01-05,MUG,2,3.00,Ann"))
    encode = packs.encode

    def overtaken(columns):
        monkeypatch.setattr(packs, "encode", encode)
        _import(database, tmp_path, "b.csv", _orders("2,2026-01-06,MUG,1,3.00,Bob"))
        return encode(columns)

    monkeypatch.setattr(packs, "encode", overtaken)
    packs.pack(database, (SALES,))
    assert _void(database) == [packs.part_of(dt.date(2026, 1, 5))]
    assert _units(database) == {("2026-01", "MUG"): 3}


def test_the_worker_packs_what_is_void_and_asks_for_nothing_when_all_is_packed(
    tmp_path, clock: FixedClock, sqlite_addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite_addresses() as url:
        monkeypatch.setenv("ERP_DATABASE_URL", url)
        settings = load_settings()
        settings.home.mkdir(parents=True)
        database = Database(url)
        _import(database, tmp_path, "a.csv", _orders("1,2026-01-05,MUG,2,3.00,Ann"))
        book = JobBook(settings.jobs_path, clock)
        assert len(Schedule((DUTY,)).tend(book, settings, clock)) == 1
        run_pending(book, Registry({PACK: pack}), settings, clock)
        assert _void(database) == []
        assert Schedule((DUTY,)).tend(book, settings, clock) == []
        database.dispose()


@pytest.mark.parametrize(
    ("start", "end", "days", "units", "in_stock", "closing"),
    [  # counted 10 at the end of 30 January; 4 sold on 10 February; 6 sold on 3 April
        ((1, 1), (1, 31), 2, 20, 2, 10),  # known on the 30th and 31st: 2 × 10
        ((2, 1), (2, 28), 28, 9 * 10 + 19 * 6, 28, 6),  # 9 days of 10, from the 10th on 19 of 6
        ((2, 5), (2, 12), 8, 5 * 10 + 3 * 6, 8, 6),  # inside one month
        ((2, 11), (4, 1), 50, 50 * 6, 50, 6),  # 18 + 31 + 1 days, March without a step
        ((3, 1), (4, 30), 61, 33 * 6, 33, 0),  # 31 + 2 days of 6, then 28 of 0
        ((6, 10), (7, 20), 41, 0, 0, 0),  # long after the last step
        ((1, 30), (1, 30), 1, 10, 1, 10),
    ],
)
def test_averages_of_stock_by_hand_over_whole_months_parts_and_beyond(
    database: Database, tmp_path, start, end, days, units, in_stock, closing
) -> None:
    _import(database, tmp_path, "s.csv", "SKU,On hand,Date\nMUG,10,2026-01-30\n")
    _import(database, tmp_path, "a.csv", _orders("1,2026-02-10,MUG,4,3.00,Ann", "2,2026-04-03,MUG,6,3.00,Ann"))
    period = Period(dt.date(2026, *start), dt.date(2026, *end))
    for _ in range(2):
        with database.reading() as connection:
            found = average_stock(connection, period)
        row = found.iloc[0]
        assert (row["known_days"], row["unit_days"], row["in_stock_days"], row["closing"]) == (
            days, units, in_stock, closing,
        )  # fmt: skip
        assert row["average_units"] == pytest.approx(units / days)
        packs.pack(database, ROLLUPS)


def test_no_level_is_known_before_the_first_count(database: Database, tmp_path) -> None:
    _import(database, tmp_path, "s.csv", "SKU,On hand,Date\nMUG,10,2026-01-30\n")
    with database.reading() as connection:
        assert average_stock(connection, Period(dt.date(2025, 12, 1), dt.date(2026, 1, 29))).empty


def test_blocks_keep_whole_numbers_of_any_size() -> None:
    columns = {
        "small": np.array([-1, 127, 128]), "large": np.array([2**62, -(2**62), 0]), "none": np.zeros(0, np.int64),
    }  # fmt: skip
    for name, column in columns.items():
        assert packs.decode(packs.encode({name: column}))[name].tolist() == column.tolist()
