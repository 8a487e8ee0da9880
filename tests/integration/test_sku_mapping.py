"""The SKUs of shops: they lead to our products, for orders to come and for those that stand, and back."""

from __future__ import annotations

import pytest

from erp_core.catalog.editing import SkuMapping
from erp_core.catalog.views import aliases, products
from erp_core.errors import BadInput, NotFound, NotPermitted
from erp_core.orders.bundles import set_bundle
from erp_core.orders.mapping import map_sku, map_skus, unmap_sku
from erp_core.security.actor import Actor
from tests.integration.shop import SALES, Shop

PRODUCTS = "SKU,Product name,Unit cost,Currency\nLAMP,Desk lamp,9.50,CNY\n"
STOCK = "SKU,Quantity,Date\nLAMP,20,2025-01-01\n"
ORDERS = f"""{SALES}
1,2025-01-02,TB-77,桌灯,2,30.00,CNY,shipped,North
2,2025-01-03,TB-77,桌灯,1,30.00,CNY,paid,South
3,2025-01-03,LAMP,Desk lamp,1,20.00,CNY,shipped,North
"""


def stocked(shop: Shop) -> None:
    shop.load(PRODUCTS)
    shop.load(STOCK)


def mapping(shop: Shop, external: str = "TB-77", sku: str = "LAMP", channel_id: int = 0) -> SkuMapping:
    return SkuMapping(channel_id, external, shop.id_of(sku))


def lines(shop: Shop) -> list[tuple[object, ...]]:
    return shop.rows(
        "SELECT o.external_id, p.sku, l.sold_as, l.title FROM order_line l JOIN sales_order o ON o.id = l.order_id"
        " JOIN product p ON p.id = l.product_id WHERE l.superseded_by IS NULL ORDER BY o.external_id"
    )


def channel(shop: Shop, name: str) -> int:
    ((found,),) = shop.rows(f"SELECT id FROM channel WHERE name = '{name}'")
    return int(found)


def test_what_stands_moves_to_the_own_product_and_comes_back(shop: Shop) -> None:
    stocked(shop)
    shop.load(ORDERS)
    before = lines(shop)
    assert shop.on_hand() == {"LAMP": 19, "TB-77": None}
    done = shop.do(map_sku, mapping(shop))
    assert (done.lines, done.archived) == (2, (shop.id_of("TB-77"),))
    # 3 lamps under the shops' SKU and 1 under our own: 2 · 30 + 30 + 20 = 110.00
    assert shop.sold() == {"LAMP": (4, 11_000)}
    assert shop.on_hand()["LAMP"] == 20 - 1 - 2
    assert lines(shop) == [("1", "LAMP", "TB-77", "桌灯"), ("2", "LAMP", "TB-77", "桌灯"), ("3", "LAMP", None, None)]
    assert shop.read(products)["sku"].tolist() == ["LAMP"]
    shop.assert_sound()
    back = shop.do(unmap_sku, 0, "TB-77")
    assert back.lines == 2
    assert lines(shop) == before
    assert shop.sold() == {"LAMP": (1, 2_000), "TB-77": (3, 9_000)}
    assert shop.on_hand() == {"LAMP": 19, "TB-77": None}
    assert set(shop.read(products)["sku"]) == {"LAMP", "TB-77"}
    shop.assert_sound()
    assert shop.acts()[-2:] == ["map SKU", "unmap SKU"]


def test_the_importer_follows_a_mapping_and_the_same_file_stays_unchanged(shop: Shop) -> None:
    stocked(shop)
    shop.do(map_sku, mapping(shop))
    first = shop.load(ORDERS)
    assert (first.orders, shop.sold(), shop.on_hand()) == (3, {"LAMP": (4, 11_000)}, {"LAMP": 17})
    assert shop.rows("SELECT sku FROM product") == [("LAMP",)]  # no product is made for the shop's SKU
    assert lines(shop)[0] == ("1", "LAMP", "TB-77", "桌灯")
    again = shop.load(ORDERS)
    assert (again.rows_unchanged, again.orders) == (3, 0)
    shop.assert_sound()


def test_a_file_imported_before_the_mapping_is_unchanged_after_it(shop: Shop) -> None:
    stocked(shop)
    first = shop.load(ORDERS)
    shop.do(map_sku, mapping(shop))
    again = shop.load(ORDERS)
    assert (again.rows_unchanged, again.orders) == (3, 0)
    shop.undo(first)
    assert shop.sold() == {}
    assert shop.on_hand()["LAMP"] == 20
    shop.assert_sound()
    shop.load(ORDERS)
    assert shop.sold() == {"LAMP": (4, 11_000)}
    assert shop.rows("SELECT COUNT(*) FROM product WHERE withdrawn_by IS NULL AND archived_at IS NULL") == [(1,)]
    shop.assert_sound()


def test_taking_a_mapping_back_after_its_orders_are_gone_brings_no_empty_product(shop: Shop) -> None:
    stocked(shop)
    first = shop.load(ORDERS)
    shop.do(map_sku, mapping(shop))
    shop.undo(first)
    shop.do(unmap_sku, 0, "TB-77")
    assert shop.read(products)["sku"].tolist() == ["LAMP"]
    shop.load(ORDERS)
    assert shop.sold() == {"LAMP": (1, 2_000), "TB-77": (3, 9_000)}
    assert set(shop.read(products)["sku"]) == {"LAMP", "TB-77"}
    shop.assert_sound()


def test_undo_of_an_update_after_the_mapping_brings_back_the_mapped_line(shop: Shop) -> None:
    stocked(shop)
    shop.load(ORDERS)
    update = shop.load(f"{SALES}\n1,2025-01-02,TB-77,桌灯,5,30.00,CNY,shipped,North\n")
    shop.do(map_sku, mapping(shop))
    assert shop.on_hand()["LAMP"] == 20 - 1 - 5
    shop.undo(update)
    assert shop.on_hand()["LAMP"] == 20 - 1 - 2
    assert lines(shop)[0] == ("1", "LAMP", "TB-77", "桌灯")
    shop.assert_sound()


def test_a_mapping_holds_in_its_shop_and_before_that_of_all_shops(shop: Shop) -> None:
    shop.load("SKU,Product name,Unit cost\nLAMP,Desk lamp,9.50\nLAMP-S,Southern lamp,8\n")
    shop.load(ORDERS)
    shop.do(map_sku, mapping(shop, channel_id=channel(shop, "North")))
    assert shop.sold() == {"LAMP": (3, 8_000), "TB-77": (1, 3_000)}
    assert "TB-77" in set(shop.read(products)["sku"])  # the other shop still sells it
    shop.do(map_sku, mapping(shop, sku="LAMP-S"))  # everywhere else
    assert shop.sold() == {"LAMP": (3, 8_000), "LAMP-S": (1, 3_000)}
    shop.load(
        f"{SALES}\n8,2025-01-09,TB-77,桌灯,1,30.00,CNY,paid,North\n9,2025-01-09,TB-77,桌灯,1,30.00,CNY,paid,West\n"
    )
    assert shop.sold() == {"LAMP": (4, 11_000), "LAMP-S": (2, 6_000)}
    shop.do(unmap_sku, channel(shop, "North"), "TB-77")  # the general mapping takes over
    assert shop.sold() == {"LAMP": (1, 2_000), "LAMP-S": (5, 15_000)}
    shop.assert_sound()


def test_a_mapping_can_be_changed_to_another_product(shop: Shop) -> None:
    shop.load("SKU,Product name,Unit cost\nLAMP,Desk lamp,9.50\nLAMP-2,Second lamp,8\n")
    shop.load(ORDERS)
    shop.do(map_sku, mapping(shop))
    shop.do(map_sku, mapping(shop, sku="LAMP-2"))
    assert shop.sold() == {"LAMP": (1, 2_000), "LAMP-2": (3, 9_000)}
    assert len(shop.read(aliases)) == 1
    assert set(shop.read(products)["sku"]) == {"LAMP", "LAMP-2"}  # what has a cost is never laid aside
    shop.assert_sound()


def test_an_sku_may_stand_for_a_bundle(shop: Shop) -> None:
    stocked(shop)
    shop.load(ORDERS + "4,2025-01-04,SET,Set of two,1,40.00,CNY,shipped,North\n")
    shop.do(set_bundle, shop.id_of("SET"), {shop.id_of("LAMP"): 2})
    shop.do(map_sku, mapping(shop, sku="SET"))
    # 1 lamp alone, 1 set of our own, 2 sets under the shop's SKU; one more waits
    assert shop.on_hand()["LAMP"] == 20 - 1 - 2 - 4
    assert shop.sold()["SET"] == (4, 4_000 + 9_000)
    shop.assert_sound()
    shop.do(unmap_sku, 0, "TB-77")
    assert shop.on_hand()["LAMP"] == 20 - 1 - 2
    shop.assert_sound()


def test_many_mappings_are_one_act(shop: Shop) -> None:
    stocked(shop)
    shop.load(
        f"{SALES}\n1,2025-01-02,A-1,Lamp,2,30.00,CNY,shipped,North\n2,2025-01-02,A-2,Lamp,3,30.00,CNY,shipped,North\n"
    )
    done = shop.do(map_skus, [mapping(shop, "A-1"), mapping(shop, "A-2")])
    assert (done.lines, len(done.archived)) == (2, 2)
    assert shop.sold() == {"LAMP": (5, 15_000)}
    assert shop.acts().count("map SKU") == 1
    shop.assert_sound()


def test_stock_lists_follow_the_mappings_that_hold_everywhere(shop: Shop) -> None:
    stocked(shop)
    shop.load(ORDERS)
    shop.do(map_sku, mapping(shop))
    shop.load("SKU,Quantity,Date\nTB-77,50,2025-02-01\n")
    assert shop.on_hand()["LAMP"] == 50
    shop.assert_sound()


def test_what_cannot_be_mapped_is_refused_in_words(shop: Shop) -> None:
    stocked(shop)
    shop.load(ORDERS + "4,2025-01-03,POST,Postage,1,5.00,CNY,shipped,North\n")
    for wrong, words in (
        (mapping(shop, external="LAMP"), "own SKU"),
        (mapping(shop, external="  "), "needs an SKU"),
        (mapping(shop, sku="POST"), "“POST” is a charge"),
        (mapping(shop, external="POST"), "“POST” is a charge"),
    ):
        with pytest.raises(BadInput, match=words):
            shop.do(map_sku, wrong)
    with pytest.raises(NotFound):
        shop.do(map_sku, SkuMapping(0, "TB-77", 99_999))
    with pytest.raises(NotFound, match="no such shop"):
        shop.do(map_sku, mapping(shop, channel_id=99))
    with pytest.raises(NotFound):
        shop.do(unmap_sku, 0, "TB-77")
    assert shop.read(aliases).empty
    shop.assert_sound()


def test_only_who_may_edit_the_catalogue_maps(shop: Shop) -> None:
    from erp_core.db.uow import unit_of_work

    stocked(shop)
    shop.load(ORDERS)
    with pytest.raises(NotPermitted), unit_of_work(shop.database, Actor("x", frozenset()).acting(shop.clock)) as uow:
        map_sku(uow, mapping(shop))


def test_returns_of_an_order_follow_its_lines(shop: Shop) -> None:
    stocked(shop)
    shop.load(ORDERS)
    shop.load(
        "Return ID,Order ID,SKU,Quantity returned,Restocked,Return date,Shop,Currency\n"
        "R-1,1,TB-77,1,1,2025-01-08,North,CNY\n"
    )
    shop.do(map_sku, mapping(shop))
    # 20 − 1 of our own − 2 of the shop's SKU + 1 back
    assert shop.on_hand()["LAMP"] == 18
    assert shop.read(products)["sku"].tolist() == ["LAMP"]
    shop.assert_sound()
    shop.do(unmap_sku, 0, "TB-77")
    assert shop.on_hand()["LAMP"] == 19
    shop.assert_sound()


def test_a_product_that_is_counted_in_a_smaller_unit_takes_over_in_that_unit(shop: Shop) -> None:
    from erp_core.overview.units import Unit, change_unit

    stocked(shop)
    shop.load(ORDERS)
    shop.do(change_unit, shop.id_of("LAMP"), Unit("kg", "g", 1000))
    shop.do(map_sku, mapping(shop))
    # 3 kg under the shop's SKU and 1 kg of our own, in grams; the money is as it was
    assert shop.sold() == {"LAMP": (4000, 11_000)}
    assert shop.on_hand()["LAMP"] == 20_000 - 3_000
    assert shop.rows("SELECT SUM(quantity) FROM sales_order") == [(4000,)]
    shop.assert_sound()
    again = shop.load(ORDERS)
    assert again.rows_unchanged == 3
    shop.do(unmap_sku, 0, "TB-77")
    assert shop.sold() == {"LAMP": (1000, 2_000), "TB-77": (3, 9_000)}
    shop.assert_sound()
