"""The chain of audit events: linear whoever writes, every tampering found at its first link, refused by the database."""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from typing import Any

import pytest
import sqlalchemy as sa

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.db.migrate import upgrade
from erp_core.db.uow import As, unit_of_work
from erp_core.security import audit, audit_chain
from erp_core.security.audit_chain import Broken, Fault, Head
from erp_core.security.tables import audit_event
from tests.conftest import NOW

WHO = As("li", frozenset(), FixedClock(NOW), "page 203.0.113.7")


def act(database: Database, subject: str = "", **said: Any) -> None:
    with unit_of_work(database, WHO) as uow:
        audit.record(uow, audit.Act.REBUILD_STOCK, subject, **said)
        uow.commit()


def verified(database: Database) -> audit_chain.Verified:
    with database.reading() as connection:
        return audit_chain.verify(connection)


def events(database: Database) -> list[dict[str, Any]]:
    with database.reading() as connection:
        query = sa.select(audit_event).order_by(audit_event.c.id)
        return [dict(row) for row in connection.execute(query).mappings()]


def forge(database: Database, *statements: str) -> None:
    """Write as somebody does who owns the database and has taken the triggers away."""
    with database.writing_connection() as connection:
        if database.is_sqlite:
            for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            connection.exec_driver_sql("ALTER TABLE audit_event DISABLE TRIGGER USER")
            connection.exec_driver_sql("ALTER TABLE audit_head DISABLE TRIGGER USER")
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.commit()


def test_an_event_holds_who_what_before_after_when_and_from_where_and_its_hash_covers_them_all(
    database: Database,
) -> None:
    act(database, "灯", before={"rate": 1.5, "on": dt.date(2026, 3, 1)}, after={"rate": None}, lines=3)
    (event,) = events(database)
    canonical = (  # keys in alphabetical order, no blanks, ASCII: "灯" is U+706F
        '{"action":"rebuild stock","actor":"li","after":{"rate":null},"at":"2026-03-02T09:00:00Z",'
        '"before":{"on":"2026-03-01","rate":"1.5"},"details":{"lines":3},"id":1,'
        '"previous":"' + "0" * 64 + '","source":"page 203.0.113.7","subject":"\\u706f"}'
    )
    assert event["hash"] == hashlib.sha256(canonical.encode()).hexdigest()
    with database.reading() as connection:
        assert audit_chain.head(connection) == Head(1, event["hash"])


def test_a_chain_nobody_touched_holds_and_an_empty_one_too(database: Database) -> None:
    assert verified(database) == audit_chain.Verified(0, None)
    act(database, "first")
    act(database, "second", before={"a": [1, {"b": True}]}, after={"a": []})
    act(database, "third")
    first, second, third = events(database)
    assert (second["previous"], third["previous"]) == (first["hash"], second["hash"])
    assert verified(database) == audit_chain.Verified(3, Head(3, third["hash"]))


def test_what_is_not_committed_leaves_no_event(database: Database) -> None:
    with unit_of_work(database, WHO) as uow:
        audit.record(uow, audit.Act.REBUILD_STOCK, "never")
    assert events(database) == []


@pytest.mark.parametrize(
    ("statements", "broken"),
    [
        (["UPDATE audit_event SET actor = 'wang' WHERE id = 2"], Broken(2, Fault.CHANGED)),
        (["UPDATE audit_event SET source = 'terminal' WHERE id = 3"], Broken(3, Fault.CHANGED)),
        (["UPDATE audit_event SET at = '2026-03-02 09:00:01+00:00' WHERE id = 1"], Broken(1, Fault.CHANGED)),
        (["UPDATE audit_event SET details = '{\"lines\": 4}' WHERE id = 2"], Broken(2, Fault.CHANGED)),
        (["UPDATE audit_event SET before = NULL WHERE id = 2"], Broken(2, Fault.CHANGED)),
        (["UPDATE audit_event SET id = 9 WHERE id = 4"], Broken(9, Fault.CHANGED)),
        (["DELETE FROM audit_event WHERE id = 1"], Broken(2, Fault.MISSING)),
        (["DELETE FROM audit_event WHERE id = 3"], Broken(4, Fault.MISSING)),
        (["DELETE FROM audit_event WHERE id = 4"], Broken(3, Fault.CUT)),
        (["DELETE FROM audit_event"], Broken(0, Fault.CUT)),
        (["DELETE FROM audit_head"], Broken(4, Fault.HEAD)),
        (["UPDATE audit_head SET hash = 'x'"], Broken(4, Fault.HEAD)),
        (["UPDATE audit_head SET event_id = 3"], Broken(4, Fault.HEAD)),
        (
            ["INSERT INTO audit_event (id, at, actor, action, details) VALUES (5, '2026-03-02', 'li', 'x', '{}')"],
            Broken(5, Fault.CHANGED),
        ),
        (
            ["INSERT INTO audit_event (id, at, actor, action, details) VALUES (0, '2026-03-02', 'li', 'x', '{}')"],
            Broken(0, Fault.CHANGED),
        ),
        (
            ["INSERT INTO audit_event (id, at, actor, action, details) VALUES (-7, '2026-03-02', 'li', 'x', '{}')"],
            Broken(-7, Fault.CHANGED),
        ),
        (["UPDATE audit_event SET at = '2026-03-02 09:00:00.5+00:00' WHERE id = 2"], Broken(2, Fault.CHANGED)),
        ([f"UPDATE audit_event SET details = '{'[' * 5000}{']' * 5000}' WHERE id = 3"], Broken(3, Fault.CHANGED)),
    ],
)
def test_the_first_broken_link_is_named(database: Database, statements: list[str], broken: Broken) -> None:
    for number in range(1, 5):
        act(database, f"act {number}", before={"value": number}, lines=number)
    if database.is_sqlite:
        statements = [statement.replace("+00:00", "") for statement in statements]
    forge(database, *statements)
    assert verified(database).broken == broken


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit_event SET details = 'no JSON' WHERE id = 1", Broken(1, Fault.CHANGED)),
        ("UPDATE audit_event SET at = 'yesterday' WHERE id = 1", Broken(1, Fault.CHANGED)),
        ("UPDATE audit_event SET at = '2026-03-02T09:00:00' WHERE id = 1", Broken(1, Fault.CHANGED)),
        ("UPDATE audit_event SET actor = x'ff00' WHERE id = 1", Broken(1, Fault.CHANGED)),
        ("UPDATE audit_head SET event_id = 'second'", Broken(2, Fault.HEAD)),
    ],
)
def test_what_no_column_should_hold_is_found_too(sqlite_database: Database, statement: str, broken: Broken) -> None:
    """SQLite keeps anything in any column."""
    act(sqlite_database, "first")
    act(sqlite_database, "second")
    forge(sqlite_database, statement)
    assert verified(sqlite_database).broken == broken


def test_an_event_put_before_the_first_with_a_good_hash_is_found(database: Database) -> None:
    act(database, "first")
    (first,) = events(database)
    twin = {**first, "id": 0, "subject": "slipped in", "at": "2026-03-02T09:00:00Z"}
    forge(
        database,
        "INSERT INTO audit_event (id, at, actor, source, action, subject, details, previous, hash) VALUES"
        f" (0, '2026-03-02 09:00:00', 'li', 'page 203.0.113.7', 'rebuild stock', 'slipped in', '{{}}',"
        f" '{first['previous']}', '{audit_chain.link(twin)}')",
    )
    # event 0 is whole in itself, but the first event of the chain does not follow it
    assert verified(database).broken == Broken(1, Fault.ORDER)


def test_an_event_put_beside_another_on_the_same_link_is_out_of_order(database: Database) -> None:
    for number in range(1, 4):
        act(database, f"act {number}")
    held = events(database)
    twin = {**held[1], "id": 4, "subject": "slipped in", "at": "2026-03-02T09:00:00Z"}
    own = audit_chain.link(twin)  # a valid hash over a link that the second event stands on already
    forge(
        database,
        "INSERT INTO audit_event (id, at, actor, source, action, subject, details, previous, hash) VALUES"
        f" (4, '2026-03-02 09:00:00', 'li', 'page 203.0.113.7', 'rebuild stock', 'slipped in', '{{}}',"
        f" '{held[1]['previous']}', '{own}')",
    )
    assert verified(database).broken == Broken(4, Fault.ORDER)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET actor = 'wang'",
        "DELETE FROM audit_event",
        "DELETE FROM audit_head",
        "UPDATE audit_head SET event_id = 1",
        "INSERT INTO audit_head (id, event_id, hash) VALUES (1, 9, 'x')",
        "INSERT INTO audit_event (id, at, actor, action, details) VALUES (1, '2026-03-02', 'li', 'x', '{}')",
    ],
)
def test_the_database_itself_refuses_to_change_or_delete_an_event(database: Database, statement: str) -> None:
    act(database, "first")
    act(database, "second")
    held = events(database)
    with database.writing_connection() as connection, pytest.raises(sa.exc.DBAPIError):
        connection.exec_driver_sql(statement)
    assert events(database) == held
    assert verified(database).ok


@pytest.mark.parametrize("table", ["audit_event", "audit_head"])
def test_replacing_a_row_or_emptying_the_table_is_refused_too(database: Database, table: str) -> None:
    act(database)
    statement = (
        {
            "audit_event": "REPLACE INTO audit_event (id, at, actor, action, details) VALUES (1, '2026', 'x', 'x', '{}')",
            "audit_head": "REPLACE INTO audit_head (id, event_id, hash) VALUES (1, 0, 'x')",
        }[table]
        if database.is_sqlite
        else f"TRUNCATE {table}"
    )
    with database.writing_connection() as connection, pytest.raises(sa.exc.DBAPIError):
        connection.exec_driver_sql(statement)
    assert verified(database) == audit_chain.Verified(1, Head(1, events(database)[0]["hash"]))


def test_concurrent_writers_make_one_chain(database: Database) -> None:
    def work(name: str) -> None:
        own = Database(database.url.render_as_string(hide_password=False))
        for number in range(10):
            act(own, f"{name} {number}")
        own.dispose()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b", "c", "d")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = verified(database)
    assert (found.ok, found.events) == (True, 40)
    assert sorted(event["subject"] for event in events(database)) == sorted(
        f"{name} {number}" for name in "abcd" for number in range(10)
    )


def test_what_stood_before_the_chain_is_chained_by_the_upgrade(empty_url: str) -> None:
    database = Database(empty_url)
    upgrade(database, "0006")
    with database.writing_connection() as connection:
        for subject, details in (("一", '{"b": 1.50, "a": [null, true]}'), ("two", "{}"), ("three", '{"x": "é"}')):
            connection.execute(
                sa.text(
                    "INSERT INTO audit_event (at, actor, action, subject, details)"
                    " VALUES ('2025-01-01 08:00:00+00:00', 'li', 'old', :subject, :details)".replace(
                        "+00:00", "" if database.is_sqlite else "+00:00"
                    )
                ),
                {"subject": subject, "details": details},
            )
        connection.commit()
    upgrade(database)
    assert (verified(database).ok, verified(database).events) == (True, 3)
    act(database, "new")
    assert [event["id"] for event in events(database)] == [1, 2, 3, 4]
    assert verified(database).ok
    database.dispose()


def test_a_mark_tells_equal_values_of_one_person_and_says_nothing_without_the_salt() -> None:
    mark = audit.personal_mark("salt of one", "13800138000")
    assert mark == audit.personal_mark(b"salt of one", "13800138000")
    assert mark != audit.personal_mark("salt of another", "13800138000")
    assert mark is not None
    assert "13800138000" not in mark
    assert audit.personal_mark("salt", None) is None
