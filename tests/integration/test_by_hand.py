"""An order on the phone, a customer, opening stock: entered like an import, once, taken back like one."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import threading
from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa

from erp_core.catalog.editing import SkuMapping
from erp_core.db.engine import Database
from erp_core.db.uow import As
from erp_core.errors import BadInput, Conflict, NotPermitted
from erp_core.imports.by_hand import (
    Entered,
    HandCount,
    HandCustomer,
    HandLine,
    HandOrder,
    enter_customer,
    enter_opening_stock,
    enter_order,
)
from erp_core.imports.service import undo_import
from erp_core.imports.views import batches
from erp_core.orders.mapping import map_sku
from erp_core.orders.products import create_product
from erp_core.persons.service import erase_person
from erp_core.persons.views import Reference
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.security.permissions import Permission
from erp_core.security.rekey import sealed_columns
from erp_core.security.tables import audit_event
from tests.integration.shop import Shop
from tests.opened import opened

NOON = dt.datetime(2026, 3, 2, 4, 0, tzinfo=dt.UTC)  # noon in Shanghai
LAMPS = HandLine("LAMP", 2, Decimal("30.00"), Decimal("5.00"))
ORDER = HandOrder("token-1", "By phone", NOON, (LAMPS, HandLine("BULB", 1, Decimal("3.50"))))
ONLY = {
    "order": Permission.ENTER_ORDERS, "customer": Permission.EDIT_CUSTOMERS, "stock": Permission.EDIT_STOCK,
}  # fmt: skip


def clerk(shop: Shop, kind: str) -> As:
    """Someone who holds just the one permission."""
    return Actor("clerk", frozenset({ONLY[kind]})).acting(shop.clock)


def stocked(shop: Shop) -> None:
    for sku in ("LAMP", "BULB"):
        shop.do(create_product, sku, {"name": sku.title()})
    enter_opening_stock(
        shop.database, clerk(shop, "stock"), "s-1",
        [HandCount("LAMP", 10, dt.date(2026, 2, 28), "Yiwu", Decimal("9.50")), HandCount("BULB", 40, dt.date(2026, 2, 28), "Yiwu")],
    )  # fmt: skip


def enter(shop: Shop, order: HandOrder) -> Entered:
    return enter_order(shop.database, clerk(shop, "order"), order)


def test_an_order_moves_stock_and_money_as_any_other(shop: Shop) -> None:
    stocked(shop)
    done = enter(shop, replace(ORDER, state="shipped", customer=HandCustomer(name="Ann", phone="555-0100-22")))
    assert (done.number, done.again, done.changed) == ("H-20260302-0001", False, True)
    # 2 · 30.00 − 5.00 = 55.00; 3.50
    assert shop.sold() == {"BULB": (1, 350), "LAMP": (2, 5500)}
    assert shop.on_hand() == {"BULB": 39, "LAMP": 8}
    assert shop.rows(
        "SELECT o.external_id, o.state, o.goods, o.currency, c.name FROM sales_order o"
        " JOIN channel c ON c.id = o.channel_id JOIN customer u ON u.id = o.customer_id"
    ) == [("H-20260302-0001", "shipped", 5850, "CNY", "By phone")]
    assert opened(shop.database, "sales_order", "name") == [("Ann",)]
    assert opened(shop.database, "customer", "key") == [("phone:555010022",)]
    assert shop.read(batches)["files"].tolist()[0] == "by hand"
    shop.assert_sound()
    undo_import(shop.database, LOCAL_USER.acting(shop.clock), done.batch_id)
    assert shop.sold() == {}
    assert shop.on_hand() == {"BULB": 40, "LAMP": 10}
    shop.assert_sound()


def test_the_same_form_twice_enters_once(shop: Shop) -> None:
    stocked(shop)
    first = enter(shop, ORDER)
    again = enter(shop, ORDER)
    assert (again.batch_id, again.number, again.again) == (first.batch_id, first.number, True)
    assert shop.rows("SELECT COUNT(*) FROM sales_order") == [(1,)]
    undo_import(shop.database, LOCAL_USER.acting(shop.clock), first.batch_id)
    assert not enter(shop, ORDER).again  # taken back, it may be entered again


def test_orders_of_a_day_are_numbered_in_their_shop(shop: Shop) -> None:
    stocked(shop)
    numbers = [
        enter(shop, replace(ORDER, token=token, channel=channel)).number
        for token, channel in (("a", "By phone"), ("b", "By phone"), ("c", "WeChat"))
    ]
    assert numbers == ["H-20260302-0001", "H-20260302-0002", "H-20260302-0001"]
    assert enter(shop, replace(ORDER, token="d", number="N-7")).number == "N-7"
    with pytest.raises(Conflict, match="N-7"):
        enter(shop, replace(ORDER, token="e", number="N-7"))
    late = replace(
        ORDER, token="f", ordered_at=dt.datetime(2026, 3, 1, 17, tzinfo=dt.UTC)
    )  # 1 in the morning in Shanghai
    assert enter(shop, late).number == "H-20260302-0003"


def test_two_clerks_at_once_get_two_numbers(shop: Shop) -> None:
    stocked(shop)
    start, numbers = threading.Barrier(4), []

    def take(token: str) -> None:
        start.wait()
        numbers.append(enter(shop, replace(ORDER, token=token)).number)

    threads = [threading.Thread(target=take, args=(f"t-{at}",)) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [f"H-20260302-000{at}" for at in (1, 2, 3, 4)]
    shop.assert_sound()


def test_another_currency_and_a_mapped_sku(shop: Shop) -> None:
    stocked(shop)
    shop.do(create_product, "OLD", {"name": "Old lamp"})
    shop.do(map_sku, SkuMapping(0, "OLD", shop.id_of("LAMP")))
    enter(shop, replace(ORDER, currency="JPY", lines=(HandLine("OLD", 1, Decimal("1200")),)))
    assert shop.rows("SELECT currency, goods FROM sales_order") == [("JPY", 1200)]
    assert shop.sold() == {"LAMP": (1, 1200)}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"lines": ()}, "from 1 to 500 lines"),
        ({"channel": " "}, "needs a shop"),
        ({"currency": "ABC"}, "not a currency"),
        ({"ordered_at": NOON + dt.timedelta(days=2)}, "future"),
        ({"shipping": Decimal("-1")}, "Shipping"),
        ({"shipping": Decimal("NaN")}, "Shipping"),
        ({"number": "2.38401E+15"}, "scientific"),
        ({"lines": (HandLine("TYPO", 1, Decimal(1)),)}, "no product “TYPO”"),
        ({"lines": (HandLine("LAMP", 0, Decimal(1)),)}, "whole number from 1"),
        ({"lines": (HandLine("LAMP", 1, Decimal(-1)),)}, "numbers from 0"),
        ({"lines": (HandLine("LAMP", 1, Decimal(5), Decimal(6)),)}, "more than the line"),
    ],
)
def test_what_cannot_be_an_order_is_refused_in_words(shop: Shop, wrong: dict[str, object], words: str) -> None:
    stocked(shop)
    with pytest.raises(BadInput, match=words):
        enter(shop, replace(ORDER, **wrong))  # type: ignore[arg-type]
    assert shop.rows("SELECT COUNT(*) FROM sales_order") == [(0,)]


def test_opening_stock(shop: Shop) -> None:
    stocked(shop)
    assert shop.on_hand() == {"BULB": 40, "LAMP": 10}
    assert shop.rows("SELECT value FROM stock_balance WHERE value IS NOT NULL") == [(9_500,)]  # 10 · 9.50
    rows = [HandCount("LAMP", 7)]
    who = clerk(shop, "stock")
    first = enter_opening_stock(shop.database, who, "s-2", rows)
    assert enter_opening_stock(shop.database, who, "s-2", rows) == replace(first, again=True)
    for wrong, words in (
        ([], "no row"),
        ([HandCount("LAMP", -1)], "from 0 on"),
        ([HandCount("NONE", 1)], "no product"),
        ([HandCount("LAMP", 1, dt.date(2027, 1, 1))], "future"),
        ([HandCount("LAMP", 1, unit_cost=Decimal("-2"))], "cost"),
    ):
        with pytest.raises(BadInput, match=words):
            enter_opening_stock(shop.database, who, "s-3", wrong)
    shop.assert_sound()


def test_a_customer(shop: Shop) -> None:
    who = clerk(shop, "customer")
    buyer = HandCustomer(name="Ann", email="Ann@Example.com", city="Austin")
    first = enter_customer(shop.database, who, "c-1", buyer)
    assert first.changed
    assert not enter_customer(shop.database, who, "c-2", buyer).changed  # she stands already
    enter_customer(shop.database, who, "c-3", replace(buyer, city="Dallas"))
    assert opened(shop.database, "customer", "key", "name", "city") == [("mail:ann@example.com", "Ann", "Dallas")]
    for wrong in (HandCustomer(name="Bo"), HandCustomer(phone="138****0001")):
        with pytest.raises(BadInput, match="unmasked"):
            enter_customer(shop.database, who, "c-4", wrong)


def test_the_log_of_acts_says_which_fields_of_a_customer_changed_and_none_of_their_values(shop: Shop) -> None:
    who = clerk(shop, "customer")
    ann = HandCustomer(name="Ann Nightingale", email="ann@example.com", phone="555-0100-22", city="Austin")
    enter_customer(shop.database, who, "c-1", ann)
    enter_customer(shop.database, who, "c-2", replace(ann, phone="555-0199-77", note="rings twice"))
    ((person, salt),) = opened(shop.database, "customer", "id", "salt")

    def mark(value: str) -> str:
        return "~" + hmac.new(salt.encode(), value.encode(), hashlib.sha256).hexdigest()

    with shop.database.reading() as connection:
        query = sa.select(audit_event.c.before, audit_event.c.after).where(audit_event.c.action == "import")
        entered, changed = (tuple(row) for row in connection.execute(query.order_by(audit_event.c.id)))
        everything = str(connection.execute(sa.select(audit_event)).all())
    new = {"name": "Ann Nightingale", "email": "ann@example.com", "phone": "555-0100-22", "city": "Austin"}
    assert entered == (None, {f"c{person}": {field: mark(value) for field, value in new.items()}})
    assert changed == (
        {f"c{person}": {"phone": mark("555-0100-22"), "note": None}},
        {f"c{person}": {"phone": mark("555-0199-77"), "note": mark("rings twice")}},
    )
    for value in (*new.values(), "555-0199-77", "rings twice", salt):
        assert value not in everything
    assert salt in str(every_document(shop.database))
    erase_person(shop.database, LOCAL_USER.acting(shop.clock), Reference("c", person))
    assert salt not in str(every_document(shop.database))


def every_document(database: Database) -> list[object]:
    """All that is sealed, opened."""
    with database.reading() as connection:
        return [found for of in sealed_columns() for found in connection.execute(sa.select(of.column)).scalars()]


def test_a_list_of_customers_is_counted_in_the_log_of_acts(shop: Shop) -> None:
    shop.load("Customer ID,Name,Email,Phone\nC-1,Ann,ann@example.com,555-0100-22\nC-2,Bo,bo@example.com,555-0100-23\n")
    query = "SELECT before, after FROM audit_event WHERE action = 'import'"
    assert shop.rows(query) == [(None, None)]


def test_each_needs_its_own_permission(shop: Shop) -> None:
    stranger = Actor("x", frozenset({Permission.IMPORT_FILES})).acting(shop.clock)
    with pytest.raises(NotPermitted):
        enter_order(shop.database, stranger, ORDER)
    with pytest.raises(NotPermitted):
        enter_customer(shop.database, stranger, "c", HandCustomer(email="a@b.c"))
    with pytest.raises(NotPermitted):
        enter_opening_stock(shop.database, stranger, "s", [HandCount("A", 1)])
