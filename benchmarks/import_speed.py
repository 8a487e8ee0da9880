"""The import against pandas on the same file, machine, database and run.

    python benchmarks/import_speed.py FILE [--database URL --peer-database URL] [--repeat 3]

FILE: UCI Online Retail as CSV (541,909 rows, CC BY 4.0, Chen 2015). Per round, in turn:

- raw:     `read_csv` + `to_sql` of the raw rows
- import:  ours: read, checked, stored as orders, lines, customers, movements and rollups
- repeat:  ours again on the stored database, with other bytes (another line end), which changes nothing
- tables:  `read_csv` + `to_sql` of all the stored tables, as read back from our import

Prints medians and the ratios import/raw (at most 1.6), import/tables (at most 0.8), repeat/import (below 1/3), and the
peak memory of the importing process (below 1.5 GB).
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import pandas as pd
import sqlalchemy as sa

ROOT = Path(__file__).resolve().parent.parent
TABLES = (
    "sales_order",
    "order_line",
    "order_event",
    "customer",
    "product",
    "stock_movement",
    "stock_balance",
    "daily_sales",
    "daily_orders",
)


def _fresh(url: str) -> None:
    engine = sa.create_engine(url)
    if engine.dialect.name == "sqlite":
        engine.dispose()
        for suffix in ("", "-wal", "-shm"):
            Path(str(engine.url.database) + suffix).unlink(missing_ok=True)
        return
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()


def _timed_child(code: str, environment: dict[str, str]) -> dict[str, float]:
    """Run in a process of its own, so that its peak memory is its own; interpreter start and imports are not timed."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


OURS = """
import json, resource, sys, time
from pathlib import Path
from erp_core.db.engine import Database
from erp_core.db.migrate import upgrade
from erp_core.imports.service import import_files
from erp_core.security.actor import LOCAL_USER
database = Database(sys_url := {url!r})
upgrade(database)
started = time.perf_counter()
receipt = import_files(database, LOCAL_USER.acting(), [Path({path!r})])[0]
seconds = time.perf_counter() - started
print(json.dumps(dict(seconds=seconds, peak=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    rows=receipt.rows_read, accepted=receipt.rows_accepted, unchanged=receipt.rows_unchanged, orders=receipt.orders,
    cancellations=receipt.cancellations, money=receipt.amount_read.get("GBP"))))
"""

RAW = """
import json, time
import pandas as pd, sqlalchemy as sa
engine = sa.create_engine({url!r})
started = time.perf_counter()
pd.read_csv({path!r}).to_sql("raw_rows", engine, index=False)
print(json.dumps(dict(seconds=time.perf_counter() - started)))
"""

TABLES_CODE = """
import json, time
import pandas as pd, sqlalchemy as sa
source, target = sa.create_engine({source!r}), sa.create_engine({url!r})
frames = {{name: pd.read_sql_query(sa.text("SELECT * FROM " + name), source.connect()) for name in {tables!r}}}
started = time.perf_counter()
pd.read_csv({path!r})
for name, frame in frames.items():
    frame.to_sql(name, target, index=False)
print(json.dumps(dict(seconds=time.perf_counter() - started, rows=sum(map(len, frames.values())))))
"""


def measure(path: Path, url: str, peer_url: str, repeat: int) -> dict[str, list[float]]:
    """Seconds of each contestant, round by round."""
    times: dict[str, list[float]] = {"raw": [], "import": [], "repeat": [], "tables": [], "peak": []}
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "same_rows_other_bytes.csv"
        with gzip.open(path, "rb") as stream:
            other.write_bytes(stream.read().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        for round_no in range(repeat):
            _fresh(peer_url)
            times["raw"].append(_timed_child(RAW.format(url=peer_url, path=str(path)), {})["seconds"])
            _fresh(url)
            first = _timed_child(OURS.format(url=url, path=str(path)), {})
            times["import"].append(first["seconds"])
            times["peak"].append(first["peak"])
            second = _timed_child(OURS.format(url=url, path=str(other)), {})
            times["repeat"].append(second["seconds"])
            _fresh(peer_url)
            tables = _timed_child(TABLES_CODE.format(source=url, url=peer_url, path=str(path), tables=TABLES), {})
            times["tables"].append(tables["seconds"])
            print(f"round {round_no + 1}: first {first}  second {second}  tables {tables}", file=sys.stderr)
            if second["unchanged"] != first["rows"] or second["orders"]:
                raise SystemExit(f"the second import changed something: {second}")
    return times


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--database", help="a PostgreSQL URL; its public schema is dropped. Default: SQLite files")
    parser.add_argument(
        "--peer-database", help="a second PostgreSQL URL, for the peer; its public schema is dropped too"
    )
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_args()
    if bool(given.database) != bool(given.peer_database):
        parser.error("--database and --peer-database go together")
    with tempfile.TemporaryDirectory() as folder:
        url = given.database or f"sqlite:///{folder}/ours.db"
        peer_url = given.peer_database or f"sqlite:///{folder}/peer.db"
        times = measure(given.file, url, peer_url, given.repeat)
    median = {name: statistics.median(values) for name, values in times.items()}
    kind = "PostgreSQL" if given.database else "SQLite"
    machine = (
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, pandas {pd.__version__}"
    )
    print(f"### Import, {kind}, {date.today()}, {machine}\n")
    seconds = ", ".join(f"{name} {median[name]:.2f} s" for name in ("raw", "import", "repeat", "tables"))
    print(f"median of {given.repeat} rounds: {seconds}\n")
    print("| figure | measured | limit |\n|---|---|---|")
    ratios = [
        (a / b for a, b in zip(times[x], times[y], strict=True))
        for x, y in (("import", "raw"), ("import", "tables"), ("repeat", "import"))
    ]
    for label, ratio, limit in zip(
        ("import / raw to_sql", "import / to_sql of all stored tables", "second import / first"),
        ratios,
        ("1.6", "0.8", "0.33"),
        strict=True,
    ):
        print(f"| {label} | {statistics.median(ratio):.2f} | {limit} |")
    print(f"| peak memory, MB | {median['peak']:.0f} | 1500 |")


if __name__ == "__main__":
    home = tempfile.TemporaryDirectory()  # keys of personal data: not those of this installation
    os.environ["ERP_HOME"] = home.name
    started = time.perf_counter()
    main()
    print(f"\n(whole run {time.perf_counter() - started:.0f} s)", file=sys.stderr)
