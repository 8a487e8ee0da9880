"""10,000 rows of every format: read, checked and stored, against pandas on the same file, machine, database and run.

    python benchmarks/format_speed.py [--postgresql] [--rows 10000] [--repeat 3] [--only NAME …]

Each declaration's sample is repeated until it has that many rows; every repetition has orders, customers, suppliers …
of its own, and sales share some hundreds of SKUs. Where two files belong together (Taobao), both are imported, each of
that many rows. Per round and format, in turn, each into a fresh database:

- import: ours: read, recognised, checked, stored as orders, lines, products, movements and rollups
- pandas: `read_csv` + `to_sql` of the raw rows

Prints medians as a Markdown table, the ratio, and whether the import keeps the limit of 3 seconds. SQLite files by
default; `--postgresql` starts a PostgreSQL of its own, as the tests do. Exit code 1 where a limit is broken.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import os
import platform
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import sqlalchemy as sa

from erp_core.db.engine import Database
from erp_core.db.migrate import upgrade
from erp_core.files.read import read_table
from erp_core.files.table import RawTable
from erp_core.imports.declaration import Cell, Format, Kind
from erp_core.imports.detect import detect, known_headers
from erp_core.imports.formats import FORMATS
from erp_core.imports.receipt import Receipt
from erp_core.imports.service import import_files
from erp_core.security.actor import LOCAL_USER
from tests.postgresql_server import postgresql_server

ROOT = Path(__file__).resolve().parent.parent
LIMIT_SECONDS = 3.0
SHARED_SKUS = 200  # copies of the sample that have SKUs of their own
RESTS_ON = {"generic-tracking": "generic-sales"}  # parcels are of orders that are stored before time is taken
_GOODS = frozenset({"sku", "item_id", "supplier_sku", "barcode"})
_KEPT = frozenset({"phone", "ship_phone", "postcode"})
_NAMED = {Kind.SUPPLIERS: {"supplier"}, Kind.CUSTOMERS: {"email", "phone"}}
FreshDatabase = Callable[[], str]


@dataclass(frozen=True)
class Sample:
    """A sample as text, with the position of each field that it holds."""

    declared: Format
    table: RawTable
    indices: Mapping[str, int]


@dataclass(frozen=True)
class Measured:
    """Medians of one format, in seconds; `receipt`: of the last import."""

    name: str
    ours: float
    peer: float
    receipt: Receipt


def sample(name: str) -> Sample:
    """A declaration's sample, in whatever container it lies."""
    folder = ROOT / "data" / "samples"
    path = next(path for path in sorted(folder.iterdir()) if path.name.split(".", 1)[0] == name)
    table = read_table(path, known_headers=known_headers())
    return Sample(FORMATS[name], table, detect(table, wanted=name).indices)


def fresh(word: str, copy: int) -> str:
    """An id of the copy's own: digits behind the last digit, within whatever marks stand around it.

    `="2384"` → `="238400007"`, `S-1` → `S-100007`, `ann@example.com` → `ann00007@example.com`
    """
    if not word or not copy:
        return word
    if "@" in word:
        return word.replace("@", f"{copy:05d}@", 1)
    found = re.search(r"\d(?=\D*$)", word)
    at = found.end() if found else len(word)
    return f"{word[:at]}{copy:05d}{word[at:]}"


def changed_columns(one: Sample) -> dict[int, Callable[[str, int], str]]:
    """Column position → what a copy writes there."""
    kind, fields = one.declared.kind, one.declared.fields
    changes: dict[int, Callable[[str, int], str]] = {}
    for name, at in one.indices.items():
        if name in _GOODS and "order_id" in fields:
            changes[at] = lambda word, copy: fresh(word, copy % SHARED_SKUS)
        elif name in _NAMED.get(kind, ()) or (fields[name].cell is Cell.ID and name not in _KEPT):
            changes[at] = fresh
        elif name == "ds" and kind is Kind.RATES:
            changes[at] = _later
    return changes


def _later(word: str, copy: int) -> str:
    return (dt.date.fromisoformat(word) + dt.timedelta(days=copy)).isoformat()


def write(one: Sample, copies: float, folder: Path) -> Path:
    """The sample so many times, in its own delimiter and encoding."""
    table, changes = one.table, changed_columns(one)
    records = table.rows(np.arange(len(table)))
    path = folder / f"{one.declared.name}.csv"
    with path.open("w", encoding=table.encoding or "utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=table.delimiter or ",", lineterminator="\n")
        writer.writerow(table.columns)
        for number in range(round(copies * len(records))):
            copy, at = divmod(number, len(records))
            writer.writerow([changes[i](w, copy) if i in changes else w for i, w in enumerate(records[at])])
    return path


def peer(url: str, path: Path, one: Sample) -> float:
    """Seconds for `read_csv` + `to_sql` of the raw rows."""
    engine = sa.create_engine(Database(url).url)
    started = time.perf_counter()
    frame = pd.read_csv(path, sep=one.table.delimiter or ",", encoding=one.table.encoding)
    frame.to_sql("raw_rows", engine, index=False)
    seconds = time.perf_counter() - started
    engine.dispose()
    return seconds


def ours(url: str, paths: Sequence[Path], before: Sequence[Path] = ()) -> tuple[float, Receipt]:
    """Seconds for the import, and its receipt; `before`: what is stored already."""
    database = Database(url)
    for path in before:
        import_files(database, LOCAL_USER.acting(), [path])
    started = time.perf_counter()
    (receipt,) = import_files(database, LOCAL_USER.acting(), paths)
    seconds = time.perf_counter() - started
    database.dispose()
    return seconds, receipt


def measure(name: str, rows: int, repeat: int, new: FreshDatabase) -> Measured:
    """Import and peer in turn, `repeat` times."""
    companion = FORMATS[name].companion
    samples = [sample(one) for one in (name, companion) if one is not None]
    times: tuple[list[float], list[float]] = ([], [])
    with tempfile.TemporaryDirectory() as folder:
        paths = [write(one, rows / len(one.table), Path(folder)) for one in samples]
        copies = rows / len(samples[0].table)
        before = [write(sample(RESTS_ON[name]), copies, Path(folder))] if name in RESTS_ON else []
        for _ in range(repeat):
            seconds, receipt = ours(new(), paths, before)
            times[0].append(seconds)
            times[1].append(sum(peer(new(), path, one) for path, one in zip(paths, samples, strict=True)))
    return Measured(name, statistics.median(times[0]), statistics.median(times[1]), receipt)


@contextmanager
def sqlite() -> Iterator[FreshDatabase]:
    """Fresh copies of a migrated file."""
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "template.db"
        database = Database(f"sqlite:///{template}")
        upgrade(database)
        database.dispose()

        def new() -> str:
            shutil.copyfile(template, Path(folder) / "fresh.db")
            for ending in ("-wal", "-shm"):
                Path(f"{folder}/fresh.db{ending}").unlink(missing_ok=True)
            return f"sqlite:///{folder}/fresh.db"

        yield new


@contextmanager
def postgresql() -> Iterator[FreshDatabase]:
    """Fresh copies of a migrated database on a server of its own."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        server_url = stack.enter_context(postgresql_server(Path(folder)))
        server = sa.create_engine(Database(server_url).url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)

        def named(name: str) -> str:
            return server.url.set(database=name).render_as_string(hide_password=False)

        with server.connect() as connection:
            connection.exec_driver_sql("CREATE DATABASE migrated")
        database = Database(named("migrated"))
        upgrade(database)
        database.dispose()

        def new() -> str:
            with server.connect() as connection:
                connection.exec_driver_sql("DROP DATABASE IF EXISTS fresh WITH (FORCE)")
                connection.exec_driver_sql("CREATE DATABASE fresh TEMPLATE migrated")
            return named("fresh")

        yield new


def report(results: Sequence[Measured], kind: str, rows: int, repeat: int) -> bool:
    """Print the table; whether every format keeps the limit."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"### {rows:,} rows of every format, {kind}, {dt.date.today()}, {machine}, pandas {pd.__version__}\n")
    print(f"Median of {repeat} rounds; limit {LIMIT_SECONDS:g} s.\n")
    print("| format | rows | taken in | import, s | `read_csv` + `to_sql`, s | ratio | limit |")
    print("|---|---:|---:|---:|---:|---:|---|")
    for one in results:
        taken = one.receipt.rows_accepted / one.receipt.rows_read
        kept = "PASS" if one.ours <= LIMIT_SECONDS else "FAIL"
        print(
            f"| `{one.receipt.format}` | {one.receipt.rows_read:,} | {taken:.0%} | {one.ours:.2f} | {one.peer:.2f} "
            f"| {one.ours / one.peer:.1f} | {kept} |"
        )
    return all(one.ours <= LIMIT_SECONDS for one in results)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=sorted(FORMATS), default=sorted(FORMATS))
    given = parser.parse_args()
    results: list[Measured] = []
    with postgresql() if given.postgresql else sqlite() as new:
        measure(given.only[0], 10, 1, new)  # libraries are loaded before time is taken
        for name in given.only:
            if any(name == half for one in results for half in one.receipt.format.split("+")):
                continue  # measured with its companion
            results.append(measure(name, given.rows, given.repeat, new))
            print(f"{name}: {results[-1].ours:.2f} s", file=sys.stderr)
    return 0 if report(results, "PostgreSQL" if given.postgresql else "SQLite", given.rows, given.repeat) else 1


if __name__ == "__main__":
    home = tempfile.TemporaryDirectory()  # keys of personal data: not those of this installation
    os.environ["ERP_HOME"] = home.name
    sys.exit(main())
