"""Bundles: sold as one, moved as what is packed into them, in history too."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from erp_core.calendar import Period
from erp_core.catalog.editing import CostEntry
from erp_core.catalog.views import bundles, cost_history, costs, latest_costs
from erp_core.company.views import read_company
from erp_core.errors import BadInput, NotFound, NotPermitted
from erp_core.orders.bundles import dissolve_bundle, set_bundle
from erp_core.orders.products import edit_products
from erp_core.orders.views import Filters, daily_units, sale_spans
from erp_core.overview.quality import gaps
from erp_core.overview.views import kpis
from erp_core.planning.views import ReplenishmentOptions, replenishment, stock_position
from erp_core.security.actor import Actor
from erp_core.security.permissions import Permission
from erp_core.stock.views import buildable, levels
from tests.integration.shop import SALES, Shop

STOCK = "SKU,Quantity,Date\nLAMP,10,2025-01-01\nBULB,21,2025-01-01\n"
# A set is a lamp with three bulbs. Two sets were shipped, one is paid and waits; one lamp was sold alone.
ORDERS = f"""{SALES}
1,2025-01-02,SET,Lamp set,2,30.00,CNY,shipped,North
2,2025-01-03,SET,Lamp set,1,30.00,CNY,paid,North
3,2025-01-03,LAMP,Lamp,1,20.00,CNY,shipped,North
"""


def packed(shop: Shop) -> tuple[int, dict[int, int]]:
    return shop.id_of("SET"), {shop.id_of("LAMP"): 1, shop.id_of("BULB"): 3}


def test_a_bundle_leaves_as_its_parts_and_history_agrees(shop: Shop) -> None:
    shop.load(STOCK)
    shop.load(ORDERS)
    assert shop.on_hand() == {"BULB": 21, "LAMP": 9, "SET": None}
    assert shop.do(set_bundle, *packed(shop))
    # lamps: 10 − 1 alone − 2 in sets; bulbs: 21 − 2·3; the paid set reserves one lamp and three bulbs
    assert shop.on_hand() == {"BULB": 15, "LAMP": 7, "SET": None}
    assert shop.rows(
        "SELECT p.sku, b.reserved FROM stock_balance b JOIN product p ON p.id = b.product_id ORDER BY 1"
    ) == [("BULB", 3), ("LAMP", 1), ("SET", 0)]
    # what was sold stays with the set: 2 + 1 sets for 90.00
    assert shop.sold() == {"LAMP": (1, 2000), "SET": (3, 9000)}
    shop.assert_sound()
    assert shop.acts()[-1] == "set bundle"
    assert not shop.do(set_bundle, *packed(shop))  # the same again changes nothing
    assert shop.acts().count("set bundle") == 1


def test_orders_that_come_later_are_taken_apart_too(shop: Shop) -> None:
    shop.load(STOCK)
    shop.load(ORDERS)
    shop.do(set_bundle, *packed(shop))
    later = shop.load(f"{SALES}\n4,2025-01-05,SET,Lamp set,1,30.00,CNY,shipped,North\n")
    assert shop.on_hand() == {"BULB": 12, "LAMP": 6, "SET": None}
    shop.load(f"{SALES}\n2,2025-01-03,SET,Lamp set,1,30.00,CNY,shipped,North\n")  # the waiting one leaves
    assert shop.on_hand() == {"BULB": 9, "LAMP": 5, "SET": None}
    shop.assert_sound()
    shop.undo(later)
    assert shop.on_hand() == {"BULB": 12, "LAMP": 6, "SET": None}
    shop.assert_sound()


def test_another_content_and_dissolving_write_history_anew(shop: Shop) -> None:
    shop.load(STOCK)
    shop.load(ORDERS)
    parent, content = packed(shop)
    shop.do(set_bundle, parent, content)
    shop.do(set_bundle, parent, {shop.id_of("BULB"): 2})
    assert shop.on_hand() == {"BULB": 21 - 4, "LAMP": 9, "SET": None}
    assert shop.do(dissolve_bundle, parent)
    assert shop.on_hand() == {"BULB": 21, "LAMP": 9, "SET": None}
    assert not shop.do(dissolve_bundle, parent)
    assert shop.read(bundles).empty
    shop.assert_sound()


def test_undo_of_what_came_before_the_bundle_stays_sound(shop: Shop) -> None:
    shop.load(STOCK)
    first = shop.load(ORDERS)
    update = shop.load(f"{SALES}\n1,2025-01-02,SET,Lamp set,1,30.00,CNY,shipped,North\n")
    shop.do(set_bundle, *packed(shop))
    assert shop.on_hand()["BULB"] == 21 - 3
    shop.undo(update)
    assert shop.on_hand()["BULB"] == 21 - 6
    shop.assert_sound()
    shop.undo(first)
    assert (shop.on_hand()["BULB"], shop.on_hand()["LAMP"]) == (21, 10)
    shop.assert_sound()
    # the set is made of something, so it is still there
    assert shop.rows("SELECT withdrawn_by FROM product WHERE sku = 'SET'") == [(None,)]


def test_how_many_can_be_packed(shop: Shop) -> None:
    shop.load("SKU,Quantity,Date,Warehouse\nLAMP,10,2025-01-01,Yiwu\nBULB,20,2025-01-01,Yiwu\n")
    shop.load("SKU,Quantity,Date,Warehouse\nLAMP,4,2025-01-01,Leeds\n")
    shop.load(ORDERS.replace("2,30.00", "0,30.00"))
    shop.do(set_bundle, *packed(shop))
    found = shop.read(buildable).set_index("location")
    # Yiwu: 10 − 1 sold − 1 reserved = 8 lamps, 20 − 3 reserved = 17 bulbs: min(8, 17 // 3) = 5. Leeds has no bulbs: 0.
    assert found["available"].to_dict() == {"Leeds": 0, "Yiwu": 5}
    assert found.loc["Yiwu", "scarcest"] == "BULB"
    assert set(shop.read(levels)["sku"]) == {"LAMP", "BULB"}


def test_what_can_be_packed_is_unknown_while_a_part_is(shop: Shop) -> None:
    shop.load("SKU,Quantity,Date\nLAMP,10,2025-01-01\n")
    shop.load(f"{SALES}\n1,2025-01-02,SET,Set,1,30.00,CNY,shipped,N\n2,2025-01-02,BULB,Bulb,1,3.00,CNY,shipped,N\n")
    shop.do(set_bundle, *packed(shop))
    (row,) = shop.read(buildable).to_dict("records")
    assert pd.isna(row["available"])
    assert row["scarcest"] == "BULB"


def test_a_count_of_the_bundle_itself_has_no_effect_and_is_said(shop: Shop) -> None:
    shop.load(STOCK)
    shop.load(ORDERS)
    shop.do(set_bundle, *packed(shop))
    receipt = shop.load("SKU,Quantity,Date\nSET,50,2025-01-10\n")
    assert [issue.code for issue in receipt.issues] == ["stock.bundle"]
    assert "SET" not in set(shop.read(levels)["sku"])
    shop.assert_sound()


def test_planning_buys_the_parts_not_the_bundle(shop: Shop) -> None:
    # 7 sets a week for 13 weeks to 30 March 2025: a set a day, so one lamp and three bulbs a day
    days = [dt.date(2025, 3, 30) - dt.timedelta(days=7 * week) for week in range(13)]
    lines = "".join(f"{n},{day},SET,Set,7,30.00,CNY,shipped,N\n" for n, day in enumerate(days))
    shop.load(f"{SALES}\n{lines}")
    shop.load("SKU,Quantity,Date\nLAMP,5,2025-03-30\nBULB,30,2025-03-30\n")
    shop.do(set_bundle, *packed(shop))
    units = shop.read(daily_units, days[0], days[0]).set_index("product_id")["y"].to_dict()
    assert units == {shop.id_of("LAMP"): 7, shop.id_of("BULB"): 21}
    assert shop.read(sale_spans).loc[shop.id_of("BULB"), "first"] == pd.Timestamp(days[-1])
    company = shop.read(read_company)
    position = shop.read(stock_position, company, dt.date(2025, 3, 31)).set_index("sku")
    assert set(position.index) == {"LAMP", "BULB"}
    assert (position.loc["LAMP", "mean_per_day"], position.loc["BULB", "mean_per_day"]) == (1.0, 3.0)
    assert position.loc["BULB", "days_of_cover"] == 10.0  # 30 bulbs, three a day
    plan = shop.read(replenishment, company, ReplenishmentOptions(), dt.date(2026, 3, 2))
    # by the company's defaults: 14 days of lead time + 7 of review = 21 days: 21 − 5 lamps, 63 − 30 bulbs
    assert plan.lines.set_index("sku")["suggested"].to_dict() == {"LAMP": 16, "BULB": 33}


def cost(shop: Shop, sku: str, day: dt.date, amount: str, currency: str = "CNY") -> None:
    from decimal import Decimal

    shop.do(edit_products, {}, [CostEntry(shop.id_of(sku), day, currency, Decimal(amount))])


def test_a_bundle_costs_what_its_parts_cost_on_the_day(shop: Shop) -> None:
    shop.load(STOCK)
    shop.load(ORDERS)
    shop.do(set_bundle, *packed(shop))
    january, february = dt.date(2025, 1, 1), dt.date(2025, 2, 1)
    cost(shop, "LAMP", january, "9.50")
    assert shop.id_of("SET") not in set(shop.read(costs)["product_id"])  # a part without a cost: unknown, not less
    cost(shop, "BULB", february, "2.00")
    # the bulb's first cost holds before February too: 9.50 + 3 · 2.00 = 15.50 from January on
    assert shop.read(cost_history, shop.id_of("SET"))["unit_cost"].tolist() == [15.5, 15.5]
    cost(shop, "LAMP", dt.date(2025, 3, 1), "10.00")
    on = shop.read(latest_costs, dt.date(2025, 3, 2)).set_index("product_id").loc[shop.id_of("SET")]
    assert (on["unit_cost"], on["currency"], on["derived"]) == (16.0, "CNY", True)
    # 3 sets at 15.50 and 1 lamp at 9.50 = 56.00; revenue 90 + 20
    found = shop.read(kpis, shop.read(read_company), Period(january, dt.date(2025, 1, 31)), Filters(), None)
    assert (found["cogs"].value, found["gross_margin"].value) == (56.0, 54.0)
    assert {gap.key: gap.count for gap in shop.read(gaps, shop.read(read_company))}["costs"] == 0
    cost(shop, "SET", january, "14.00")  # its own cost wins
    assert shop.read(cost_history, shop.id_of("SET"))["unit_cost"].tolist() == [14.0]


def test_parts_paid_in_two_currencies_leave_the_cost_unknown(shop: Shop) -> None:
    shop.load(STOCK)
    shop.load(ORDERS)
    shop.do(set_bundle, *packed(shop))
    cost(shop, "LAMP", dt.date(2025, 1, 1), "9.50")
    cost(shop, "BULB", dt.date(2025, 1, 1), "0.30", "USD")
    assert shop.id_of("SET") not in set(shop.read(costs)["product_id"])


def test_turnover_counts_what_left_in_bundles(shop: Shop) -> None:
    shop.load(STOCK)
    shop.load(ORDERS)
    shop.do(set_bundle, *packed(shop))
    for sku, amount in (("LAMP", "10.00"), ("BULB", "2.00")):
        cost(shop, sku, dt.date(2025, 1, 1), amount)
    found = shop.read(kpis, shop.read(read_company), Period(dt.date(2025, 1, 2), dt.date(2025, 1, 3)), Filters(), None)
    # known since the end of 1 January: lamps 8, 7 → 7.5; bulbs 15, 15 → 15; worth 75 + 30 = 105
    assert found["average_inventory_value"].value == pytest.approx(105)
    # left: 3 sets (one waits, but is sold) and 1 lamp = 4 lamps, 9 bulbs: 40 + 18 = 58
    assert found["turnover_month"].value == pytest.approx(58 / 105 / (2 / 30.4375))
    assert found["turnover_month"].missing == ()
    # margin: 3 · 30 + 20 − 58 = 52
    assert found["gmroi"].value == pytest.approx(52 / 105)


def test_what_cannot_be_a_bundle_is_refused_in_words(shop: Shop) -> None:
    shop.load(STOCK)
    shop.load(
        ORDERS + "4,2025-01-03,POST,Postage,1,5.00,CNY,shipped,North\n5,2025-01-03,BOX,Box,1,5.00,CNY,paid,North\n"
    )
    parent, content = packed(shop)
    box, lamp = shop.id_of("BOX"), shop.id_of("LAMP")
    shop.do(set_bundle, parent, content)
    for who, parts, words in (
        (box, {}, "at least one product"),
        (box, {box: 1}, "cannot contain itself"),
        (box, {parent: 1}, "“SET” is a bundle itself"),
        (lamp, {box: 1}, "“LAMP” is part of the bundle “SET”"),
        (box, {lamp: 0}, "units of “LAMP”"),
        (box, {shop.id_of("POST"): 1}, "“POST” is a charge"),
        (shop.id_of("POST"), {lamp: 1}, "“POST” is a charge"),
    ):
        with pytest.raises(BadInput, match=words):
            shop.do(set_bundle, who, parts)
    with pytest.raises(NotFound):
        shop.do(set_bundle, box, {99_999: 1})
    assert shop.acts().count("set bundle") == 1
    shop.assert_sound()


def test_only_who_may_edit_the_catalogue_packs(shop: Shop) -> None:
    from erp_core.db.uow import unit_of_work

    shop.load(STOCK)
    shop.load(ORDERS)
    parent, content = packed(shop)
    with (
        pytest.raises(NotPermitted),
        unit_of_work(shop.database, Actor("x", frozenset({Permission.IMPORT_FILES})).acting(shop.clock)) as uow,
    ):
        set_bundle(uow, parent, content)
    editor = Actor("y", frozenset({Permission.EDIT_CATALOG})).acting(shop.clock)
    with unit_of_work(shop.database, editor) as uow:  # the right to edit is enough, though movements are written
        set_bundle(uow, parent, content)
        uow.commit()
    assert shop.on_hand()["BULB"] == 15


RETURNS = "Return ID,Order ID,SKU,Quantity returned,Restocked,Return date,Shop,Currency\n"


def test_what_came_back_of_a_bundle_lies_on_the_shelf_as_its_parts(shop: Shop) -> None:
    shop.load(STOCK)
    shop.load(ORDERS)
    shop.load(f"{RETURNS}R-1,1,SET,1,1,2025-01-08,North,CNY\n")
    shop.do(set_bundle, *packed(shop))
    # lamps: 10 − 1 alone − 2 in sets + 1 back; bulbs: 21 − 6 + 3 back
    assert shop.on_hand() == {"BULB": 18, "LAMP": 8, "SET": None}
    shop.assert_sound()
    shop.do(dissolve_bundle, shop.id_of("SET"))
    assert shop.on_hand() == {"BULB": 21, "LAMP": 9, "SET": None}
    shop.assert_sound()
