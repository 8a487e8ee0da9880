"""Finding one person among a million by keyed hashes, beside a plain table searched by LIKE and by an index.

    PYTHONPATH=. python benchmarks/find_person.py [CUSTOMERS]

Each way is asked for ten persons by name, phone, mail and the last four digits, each five times; medians are told.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from erp_core.db.bulk import insert_columns
from erp_core.db.engine import Database
from erp_core.db.migrate import upgrade
from erp_core.parties.tables import customer
from erp_core.persons.views import Reader, find_persons
from erp_core.security.sealing import digest_columns, sealing_vault
from erp_core.security.vault import Kind

LOT = 50_000
ASKED, ROUNDS = 10, 5
LIMIT = 0.3


def person(number: int) -> dict[str, str]:
    """Made up; the last four digits are shared by one in ten thousand."""
    return {
        "key": f"id:{number}",
        "name": f"Buyer Number {number}",
        "phone": f"139{number * 7919 % 10**8:08d}",
        "email": f"buyer{number}@example.com",
    }


def fill(database: Database, count: int) -> None:
    """The customers, sealed as an import seals them; and the same in the clear."""
    plain = sa.Table("plain_customer", sa.MetaData(), *(sa.Column(name, sa.Text) for name in person(0)))
    with database.writing_connection() as connection:
        plain.create(connection)
        vault = sealing_vault(connection)
        for start in range(0, count, LOT):
            rows = [person(number) for number in range(start, min(start + LOT, count))]
            said = {name: [row[name] for row in rows] for name in rows[0]}
            names = [name for name in customer.c.keys() if name.endswith("_digest")]  # noqa: SIM118
            sealed = {
                "id": list(range(start + 1, start + len(rows) + 1)),
                "scope": ["Shop"] * len(rows),
                "key": [vault.tag(Kind.KEY, key) for key in said["key"]],
                "personal": vault.seal_columns(said),
                **digest_columns(vault, said, names, len(rows)),
            }
            insert_columns(connection, customer, sealed)
            insert_columns(connection, plain, said)
        connection.execute(sa.text("CREATE INDEX plain_phone ON plain_customer (phone)"))
        connection.commit()


def seconds(act: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def rows_of(connection: sa.Connection, query: sa.TextClause, word: str) -> object:
    """What a plain query finds."""
    return connection.execute(query, {"w": word}).all()


def main(count: int) -> None:
    """Fill, ask, tell."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'erp.db'}", Path(folder) / "keys")
        upgrade(database)
        filling = seconds(lambda: fill(database, count))
        people = [person(count * (number * 2 + 1) // (ASKED * 2)) for number in range(ASKED)]
        ways = {
            "name": lambda who: who["name"], "phone": lambda who: who["phone"], "mail": lambda who: who["email"],
            "last four digits": lambda who: who["phone"][-4:],
        }  # fmt: skip
        like = sa.text("SELECT * FROM plain_customer WHERE name LIKE :w OR phone LIKE :w OR email LIKE :w")
        equal = sa.text("SELECT * FROM plain_customer WHERE phone = :w")
        print(f"### Finding one of {count:,} persons, SQLite\n\n(filled in {filling:.0f} s)\n")
        print("| by | keyed hashes, opened | LIKE over plain text | ratio |\n|---|---|---|---|")
        worst = 0.0
        with database.reading() as connection:
            for name, word in ways.items():
                words = [word(who) for who in people]
                ours = statistics.median(
                    seconds(partial(find_persons, connection, asked, Reader(True))) for asked in words * ROUNDS
                )
                peer = statistics.median(
                    seconds(partial(rows_of, connection, like, f"%{asked}%")) for asked in words[:3]
                )
                worst = max(worst, ours)
                print(f"| {name} | {ours:.4f} s | {peer:.3f} s | {ours / peer:.3f} |")
            indexed = statistics.median(seconds(partial(rows_of, connection, equal, who["phone"])) for who in people)
        print(f"\nA plain indexed phone: {indexed:.5f} s. Limit {LIMIT} s: {'kept' if worst <= LIMIT else 'MISSED'}.")
        database.dispose()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
