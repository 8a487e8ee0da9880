"""Persons: found by what they say of themselves, given what is held of them, erased; the numbers stay."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from erp_core.calendar import Period
from erp_core.cli import main
from erp_core.db.engine import Database
from erp_core.db.uow import unit_of_work
from erp_core.errors import NotFound, NotPermitted
from erp_core.imports.tables import import_issue
from erp_core.orders.rules import Filters
from erp_core.orders.views import buyers, order_days
from erp_core.persons.service import erase, erase_person, extent, give
from erp_core.persons.views import Reader, Reference, find_persons, read_person, same_person
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.security.permissions import ALL_PERMISSIONS, Permission
from tests.conftest import NOW
from tests.integration.shop import Shop
from tests.opened import opened

OPEN, MASKED = Reader(True), Reader(False)
JANUARY = Period(NOW.date().replace(month=1, day=1), NOW.date())
HEADER = (
    "Order ID,Date,SKU,Quantity,Unit price,Currency,Status,Shop,Customer ID,Customer name,Email,Phone,Recipient,"
    "Recipient phone,Address,City,Postcode,Buyer note"
)
ORDERS = f"""{HEADER}
A-1,2026-01-05,MUG,2,10,CNY,paid,Lamps,C-1,张三,zhang@example.com,13800138000,李四,139 0013 9000,文三路 1 号,杭州,310000,请轻放
A-2,2026-01-06,MUG,1,10,CNY,paid,Lamps,C-1,张三,zhang@example.com,13800138000,张三,13800138000,文三路 1 号,杭州,310000,
A-3,2026-01-07,MUG,3,10,CNY,paid,Lamps,,,,,王五,13700137111,西湖 9 号,杭州,310001,
A-4,2026-01-08,MUG,1,10,CNY,paid,Toys,C-9,Ann Lee,ann@example.com,+1 555-0100-22,Ann Lee,+1 555-0100-22,1 High St,Austin,78701,
"""
CONTACTS = """Date,Shop,Customer ID,Customer name,Email,Phone,Order ID,Contact type,Direction,Subject,Note
2026-01-09 10:00,Lamps,C-1,张三,zhang@example.com,13800138000,A-1,phone,in,灯坏了,张三 很生气
"""


@pytest.fixture
def filled(shop: Shop) -> Shop:
    shop.load(ORDERS)
    shop.load(CONTACTS)
    return shop


def hits(shop: Shop, words: str, reader: Reader = OPEN) -> list[tuple[Any, ...]]:
    frame = shop.read(find_persons, words, reader)
    return [tuple(row) for row in frame[["found_by", "name", "orders"]].itertuples(index=False)]


ZHANG = ("张三", 2)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (" 张三 ", [("name", *ZHANG)]),
        ("ZHANG@example.com", [("mail", *ZHANG)]),
        ("+86 138-0013-8000", [("phone", *ZHANG)]),
        ("8000", [("tail", *ZHANG)]),
        ("C-1", [("id", *ZHANG)]),
        ("A-1", [("order", *ZHANG)]),
        ("李四", [("recipient", *ZHANG)]),
        ("13900139000", [("recipient", *ZHANG)]),
        ("王五", [("recipient", "王五", 1)]),
        ("ann lee", [("name", "Ann Lee", 1)]),
        ("张", []),
        ("138", []),
        ("", []),
        ("%", []),
    ],
)
def test_a_person_is_found_exactly_and_only(filled: Shop, words: str, found: list[tuple[Any, ...]]) -> None:
    assert hits(filled, words) == found


def test_who_may_not_see_persons_finds_them_masked(filled: Shop) -> None:
    assert hits(filled, "zhang@example.com", MASKED) == [("mail", "张*", 2)]
    (reference,) = filled.read(find_persons, "张三", MASKED)["person"]
    person = filled.read(read_person, Reference.of(reference), MASKED)
    told = f"{dict(person.identity)} {person.orders.to_dict()} {person.contacts.to_dict()}"
    for word in ("张三", "zhang@", "13800138000", "文三路", "李四", "灯坏了", "生气", "请轻放"):
        assert word not in told
    assert person.identity["city"] == "杭州"


def test_who_is_limited_to_some_shops_finds_nobody_of_others(filled: Shop) -> None:
    (toys,) = [row[0] for row in filled.rows("SELECT id FROM channel WHERE name = 'Toys'")]
    limited = Reader(True, frozenset({toys}))
    assert hits(filled, "张三", limited) == []
    assert hits(filled, "Ann Lee", limited) == [("name", "Ann Lee", 1)]
    (reference,) = filled.read(find_persons, "张三", OPEN)["person"]
    with pytest.raises(NotFound):
        filled.read(read_person, Reference.of(reference), limited)


@pytest.mark.parametrize("word", ["", "c", "c0", "x1", "c1; DROP TABLE customer", "c99999999"])
def test_a_reference_to_nobody_is_said_so(filled: Shop, word: str) -> None:
    with pytest.raises(NotFound, match="nobody"):
        filled.read(read_person, Reference.of(word), OPEN)


def reference_of(shop: Shop, words: str) -> Reference:
    (found,) = shop.read(find_persons, words, OPEN)["person"]
    return Reference.of(found)


def test_a_person_is_given_all_that_is_held(filled: Shop) -> None:
    document = filled.do(give, reference_of(filled, "张三"))
    assert document["identity"]["phone"] == "13800138000"
    assert [order["number"] for order in document["orders"]] == ["A-2", "A-1"]
    assert document["orders"][1]["recipient"]["buyer_note"] == "请轻放"
    assert document["orders"][1]["lines"][0]["quantity"] == 2
    assert [contact["note"] for contact in document["contacts"]] == ["张三 很生气"]
    assert "salt" not in str(document)


def numbers(shop: Shop) -> dict[str, Any]:
    """Everything that is counted."""
    days = shop.read(order_days, JANUARY, Filters()).to_dict("records")
    return {
        "sold": shop.sold(), "on_hand": shop.on_hand(), "buyers": shop.read(buyers, JANUARY, Filters()), "days": days,
        "contacts": shop.rows("SELECT COUNT(*) FROM interaction"), "orders": shop.rows("SELECT COUNT(*) FROM sales_order"),
    }  # fmt: skip


def test_erasing_takes_the_person_and_leaves_the_numbers(filled: Shop) -> None:
    filled.load(ORDERS.replace("请轻放", "请再轻放"))  # what stood before a revision goes too
    before, who = numbers(filled), reference_of(filled, "张三")
    expected = filled.read(extent, who)
    done = erase_person(filled.database, LOCAL_USER.acting(filled.clock), who)
    assert (done.orders, done.contacts) == (expected.orders, expected.contacts) == (2, 1)
    assert numbers(filled) == before
    for words in ("张三", "13800138000", "zhang@example.com", "8000", "C-1", "李四"):
        assert hits(filled, words) == []
    person = filled.read(read_person, who, OPEN)
    assert person.erased
    assert dict(person.identity) == {"city": "杭州"}  # the postcode goes
    told = filled.rows("SELECT personal FROM order_event WHERE personal IS NOT NULL")
    assert len(told) == 0
    filled.assert_sound()


def test_the_same_file_again_brings_nobody_back_and_a_new_order_is_a_new_acquaintance(filled: Shop) -> None:
    before = numbers(filled)
    erase_person(filled.database, LOCAL_USER.acting(filled.clock), reference_of(filled, "张三"))
    assert filled.load(ORDERS).rows_unchanged == 4
    revised = filled.load(ORDERS.replace("A-1,2026-01-05,MUG,2,10,CNY,paid", "A-1,2026-01-05,MUG,2,10,CNY,shipped"))
    assert [issue.code for issue in revised.issues] == ["person.erased"]
    filled.load(CONTACTS.replace("灯坏了", "灯又坏了"))
    filled.load("Customer ID,Name,Email,Phone\nC-1,张三,zhang@example.com,13800138000\n")
    assert hits(filled, "张三") == [] == hits(filled, "李四")
    assert numbers(filled)["buyers"] == before["buyers"]
    late = ORDERS.splitlines()[2].replace("A-2,2026-01-06", "A-9,2026-03-03")
    filled.load(f"{HEADER}\n{late}\n")
    assert hits(filled, "张三") == [("name", "张三", 1)]


def test_a_recipient_without_a_buyer_is_erased_and_stays_so(filled: Shop) -> None:
    erase_person(filled.database, LOCAL_USER.acting(filled.clock), reference_of(filled, "王五"))
    filled.load(ORDERS.replace("A-3,2026-01-07,MUG,3,10,CNY,paid", "A-3,2026-01-07,MUG,3,10,CNY,shipped"))
    assert hits(filled, "王五") == []
    assert hits(filled, "张三") == [("name", *ZHANG)]


def test_rejected_rows_of_an_erased_person_are_emptied(filled: Shop) -> None:
    filled.load(f"{HEADER}\n,2026-01-05,MUG,1,10,CNY,paid,Lamps,C-1,张三,zhang@example.com,13800138000,,,,,,\n")
    filled.load(f"{HEADER}\n,2026-01-05,MUG,1,10,CNY,paid,Toys,C-9,Ann Lee,ann@example.com,,,,,,,\n")
    done = erase_person(filled.database, LOCAL_USER.acting(filled.clock), reference_of(filled, "张三"))
    assert done.rejected == 1
    kept = [cells for (cells,) in all_rejected(filled.database)]
    assert ["张三" in cells for cells in kept] == [False, False]
    assert ["Ann Lee" in cells for cells in kept] == [False, True]


def all_rejected(database: Database) -> list[tuple[list[str]]]:
    from erp_core.imports.tables import import_rejected

    with database.reading() as connection:
        rows = connection.execute(sa.select(import_rejected.c.personal).order_by(import_rejected.c.id))
        return [(row.personal["cells"],) for row in rows]


def test_undoing_the_import_of_an_erased_person_does_not_bring_them_back(shop: Shop) -> None:
    shop.load("Customer ID,Name,Email\nC-5,Old Name,old@example.com\n")
    second = shop.load("Customer ID,Name,Email\nC-5,New Name,new@example.com\n")
    erase_person(shop.database, LOCAL_USER.acting(shop.clock), reference_of(shop, "New Name"))
    shop.undo(second)
    assert opened(shop.database, "customer", "name", "email") == [(None, None)]


@pytest.mark.parametrize("act", [give, erase])
def test_only_who_answers_persons_gives_or_erases(filled: Shop, act: Any) -> None:
    who = Actor("other", ALL_PERMISSIONS - {Permission.ANSWER_PERSONS})
    with unit_of_work(filled.database, who.acting(filled.clock)) as uow, pytest.raises(NotPermitted):
        act(uow, reference_of(filled, "张三"))


def test_the_file_holds_nothing_of_an_erased_person(filled: Shop, tmp_path: Path) -> None:
    if not filled.database.is_sqlite:
        pytest.skip("the files of a PostgreSQL server are its own")
    tokens = [row[0] for row in filled.rows("SELECT personal FROM customer UNION SELECT personal FROM sales_order"
                                            " WHERE customer_id = (SELECT id FROM customer ORDER BY id LIMIT 1)")]  # fmt: skip
    zhang = filled.rows("SELECT personal FROM sales_order WHERE external_id IN ('A-1', 'A-2')")
    erase_person(filled.database, LOCAL_USER.acting(filled.clock), reference_of(filled, "张三"))
    path = Path(filled.database.url.database or "")
    content = b"".join(
        path.with_name(path.name + end).read_bytes() for end in ("", "-wal") if path.with_name(path.name + end).exists()
    )
    assert [token[:40].encode() in content for (token,) in zhang] == [False, False]
    assert any(token and token[:40].encode() in content for token in tokens)  # of the others


def test_the_other_entries_of_the_same_person_are_named(filled: Shop) -> None:
    filled.load("Customer ID,Name,Email\nL-1,Zhang,ZHANG@example.com\nL-2,Other,other@example.com\n")
    who = reference_of(filled, "C-1")
    (listed,) = filled.read(same_person, who)
    assert filled.read(same_person, listed) == [who]
    assert filled.read(same_person, reference_of(filled, "other@example.com")) == []
    assert filled.read(same_person, reference_of(filled, "王五")) == []


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, out = tmp_path / "orders.csv", tmp_path / "held.zip"
    file.write_text(ORDERS, encoding="utf-8")
    assert main(["import", str(file), "--json"]) == 0
    out.write_text("mine")
    capsys.readouterr()
    assert main(["persons", "export", "c1", "--out", str(out), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "person.file_exists"
    assert out.read_text() == "mine"
    out.unlink()
    assert main(["persons", "export", "c1", "--out", str(out), "--json"]) == 0
    assert out.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(out) as archive:
        assert json.loads(archive.read("person.json"))["identity"]["name"] == "张三"


def test_somebody_who_stands_in_a_rejected_row_alone_is_found_given_and_erased(filled: Shop) -> None:
    bad = "X-1,some day,MUG,5,10,CNY,paid,Lamps,C-7,Rejectina Sorrowfield,r@example.com,136 6666 7777,,,,,,"
    filled.load(f"{HEADER}\n{bad}\nX-2,some day,MUG,5,10,CNY,paid,Lamps,C-8,Other Person,,,,,,,,\n")
    for words in ("rejectina sorrowfield", "13666667777", "R@example.com"):
        (found,) = filled.read(find_persons, words, OPEN).to_dict("records")
        assert found["found_by"] == "rejected"
    who = Reference.of(found["person"])
    assert "Sorrowfield" not in str(filled.read(read_person, who, MASKED))
    assert filled.read(find_persons, "Rejectina Sorrowfield", Reader(True, frozenset({1}))).empty
    assert filled.do(give, who)["identity"]["Customer name"] == "Rejectina Sorrowfield"
    done = erase_person(filled.database, LOCAL_USER.acting(filled.clock), who)
    assert (done.orders, done.contacts, done.rejected) == (0, 0, 1)
    assert filled.read(find_persons, "Rejectina Sorrowfield", OPEN).empty
    assert len(filled.read(find_persons, "Other Person", OPEN)) == 1
    with filled.database.reading() as connection:
        remarks = connection.execute(sa.select(import_issue.c.personal).order_by(import_issue.c.id)).scalars()
        assert [bool(document) for document in remarks] == [False, True]


def test_a_customers_number_is_not_taken_for_a_quantity(filled: Shop) -> None:
    filled.load("Customer ID,Name,Email\n5,Five,five@example.com\n")
    filled.load(f"{HEADER}\nX-2,some day,MUG,5,10,CNY,paid,Lamps,C-8,Other Person,,,,,,,,\n")
    done = erase_person(filled.database, LOCAL_USER.acting(filled.clock), reference_of(filled, "five@example.com"))
    assert done.rejected == 0
