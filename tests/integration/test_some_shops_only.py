"""Who is limited to some shops gets nothing of the others, whichever act or filter is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from erp_core.calendar import Period
from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.db.uow import unit_of_work
from erp_core.errors import NotPermitted
from erp_core.exports.service import export_slips, export_stock, export_tracking
from erp_core.exports.slips import SlipRequest
from erp_core.exports.tracking import TrackingRequest
from erp_core.exports.views import StockRequest
from erp_core.imports.service import import_files
from erp_core.orders.views import Filters, channels, data_span, sales_sums, within
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.security.rules import permitted

SALES = """Date,Order ID,SKU,Quantity,Amount,Channel,Status
2026-02-20,W-1,LAMP,2,40.00,Web shop,paid
2026-02-21,M-1,LAMP,1,15.00,Market,paid
"""


@pytest.fixture
def shop(database: Database, clock: FixedClock, tmp_path: Path) -> Database:
    """Web shop sold for 40, Market for 15."""
    path = tmp_path / "sales.csv"
    path.write_text(SALES, encoding="utf-8")
    import_files(database, LOCAL_USER.acting(clock), [path])
    return database


def limited_to(database: Database, *names: str) -> Actor:
    """An analyst who may export and see personal data, of these shops."""
    with database.reading() as connection:
        ids = {name: number for number, name in channels(connection)}
    held = permitted("analyst", ["export", "see_personal_data"], limited=True)
    return Actor("Bo", held, channels=frozenset(ids[name] for name in names))


def does(database: Database, clock: FixedClock, actor: Actor, act: Any, request: Any) -> Any:
    with unit_of_work(database, actor.acting(clock)) as uow:
        return act(uow, request, "en")


def test_sums_are_of_the_shops_that_one_is_limited_to(shop: Database) -> None:
    with shop.reading() as connection:
        span = data_span(connection)
        assert span is not None
        everything, (web, market) = Period(*span), (number for number, _ in sorted(channels(connection), reverse=True,
                                                                                   key=lambda one: one[1]))  # fmt: skip

        def revenue(filters: Filters) -> int:
            return int(sales_sums(connection, everything, filters, ["ds"])["revenue"].sum())

        assert revenue(Filters()) == revenue(Filters((web,))) + revenue(Filters((market,)))
        assert revenue(within(Filters(), frozenset({web}))) == revenue(Filters((web,))) > 0
        assert revenue(within(Filters((web, market)), frozenset({web}))) == revenue(Filters((web,)))
        assert revenue(within(Filters((market,)), frozenset({web}))) == 0
        assert revenue(within(Filters(), frozenset())) == 0


def test_packing_slips_are_written_of_ones_own_shops_alone(shop: Database, clock: FixedClock) -> None:
    bo = limited_to(shop, "Web shop")
    exported = does(shop, clock, bo, export_slips, SlipRequest(("W-1",)))
    assert exported.rows == 1
    for orders in (("M-1",), ("W-1", "M-1")):
        with pytest.raises(NotPermitted, match="shops that you are not responsible for"):
            does(shop, clock, bo, export_slips, SlipRequest(orders))


def test_tracking_goes_out_of_ones_own_shops_alone_and_stock_not_at_all(shop: Database, clock: FixedClock) -> None:
    bo = limited_to(shop, "Web shop")
    does(shop, clock, bo, export_tracking, TrackingRequest("Web shop"))
    with pytest.raises(NotPermitted):
        does(shop, clock, bo, export_tracking, TrackingRequest("Market"))
    for name in ("Web shop", "Market"):
        with pytest.raises(NotPermitted):
            does(shop, clock, bo, export_stock, StockRequest(name))


def test_who_is_limited_to_no_shop_gets_nothing(shop: Database, clock: FixedClock) -> None:
    with pytest.raises(NotPermitted):
        does(shop, clock, limited_to(shop), export_slips, SlipRequest(("W-1",)))
