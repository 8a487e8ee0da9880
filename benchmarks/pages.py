"""How long the pages take, driven through Streamlit's agent API, on UCI Online Retail and on ten times as much.

    python benchmarks/pages.py FILE [--copies 1 10] [--keep FOLDER] [--rounds 5] [--only inventory]

For each size: a shop is made (`large_shop`: orders, a stock count, costs, suppliers), the app is started on it and
warmed by one visit of every page. Then, for every page and view:

- first:  a new session opens the page just after the stored data changed, so that nothing is in a cache of pages
- again:  a new session opens it when others have seen it
- later:  runs of that session, each with a filter changed to a value that nobody has asked for since the change
- four:   the same first and later runs by four sessions at once, each with filters of its own; the slowest counts

Medians over the rounds. Limits for the shop as it is: first 1.5 s, later 0.4 s; with ten times as much twice these;
four at once twice again. The peer: what a page would do that reads its rows with pandas (`read_sql` of the daily sales,
then the headline's sums), in the same run; the ratio is peer ÷ first run of Home.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pandas as pd
from large_shop import build

from erp_core.db import packs
from erp_core.db.engine import Database
from erp_core.orders.pack_work import ROLLUPS
from erp_core.settings import load_settings

ROOT = Path(__file__).resolve().parent.parent
PAGES: tuple[tuple[str, dict[str, str]], ...] = (
    ("home", {}),
    ("sales", {}),
    ("products", {}),
    ("products", {"view": "profit"}),
    ("inventory", {}),
    ("inventory", {"view": "sku"}),
    ("replenishment", {}),
    ("data", {}),
    ("data", {"view": "receipts"}),
    ("data", {"view": "quality"}),
    ("data", {"view": "out"}),
    ("glossary", {}),
    ("settings", {}),
    ("settings", {"view": "alerts"}),
    ("settings", {"view": "safety"}),
    ("settings", {"view": "jobs"}),
)
PERIODS = ("Last 30 days", "Last 90 days", "Last 365 days", "All data")  # as the widgets name them
AGAINST = ("the period before", "the year before")
FIRST, LATER = 1.5, 0.4  # seconds, for one session on the shop as it is


@dataclass
class Timed:
    """Seconds of one page."""

    first: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    later: list[float] = field(default_factory=list)
    four_first: list[float] = field(default_factory=list)
    four_later: list[float] = field(default_factory=list)


class Session:
    """One visitor."""

    def __init__(self, port: int, page: str, query: dict[str, str]) -> None:
        self._url = f"http://127.0.0.1:{port}/_stcore/agent/interact"
        self.page, self.query = page, query
        self._id: str | None = None

    def open(self) -> float:
        """Open the page in a new session; seconds until it stands."""
        self._id = None
        body: dict[str, Any] = {"query_params": {name: [value] for name, value in self.query.items()}}
        return self._ask(body if self.page == "home" else body | {"page": self.page})  # home is the default page

    def change(self, values: dict[str, Any]) -> float:
        """Change widgets; seconds until the page stands."""
        return self._ask({"session_id": self._id, "widget_state": values})

    def _ask(self, body: dict[str, Any]) -> float:
        started = time.perf_counter()
        while True:
            request = urllib.request.Request(  # noqa: S310 (our own server)
                self._url, json.dumps(body).encode(), {"Content-Type": "application/json"}
            )
            try:
                with urllib.request.urlopen(request, timeout=300) as answer:  # noqa: S310
                    said = json.load(answer)
            except HTTPError as refusal:
                raise RuntimeError(f"{self.page} {self.query} {body}: {refusal.read()[:500]!r}") from refusal
            self._id = said["session_id"]
            if said.get("status") == "error" or '"type": "error"' in json.dumps(said["tree"]):
                raise RuntimeError(f"{self.page} {self.query}: the page shows an error")
            if said.get("status"):
                self.keys = {action["key"] for action in said["actions"]}
                return time.perf_counter() - started
            body = {"session_id": self._id}


@contextmanager
def running(home: Path) -> Iterator[int]:
    """The app on a shop, with the agent API."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.address=127.0.0.1",
               f"--server.port={port}", "--server.headless=true", "--server.enableAgentApi=true",
               "--server.fileWatcherType=none", "--browser.gatherUsageStats=false"]  # fmt: skip
    environment = {**os.environ, "ERP_HOME": str(home), "ERP_LANGUAGE": "en"}
    with (home / "bench.log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            for _ in range(300):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.2)
            yield port
        finally:
            process.terminate()
            process.wait(30)


def changed(home: Path) -> None:
    """The stored data are no longer what pages have kept."""
    with closing(sqlite3.connect(home / "erp.db", timeout=30)) as connection, connection:
        connection.execute("UPDATE company SET version = version + 1")


def filters(offset: int) -> Iterator[dict[str, str]]:
    """Values of the filter bar, other ones for another offset."""
    pairs = [(period, against) for against in AGAINST for period in PERIODS]
    for at in range(len(pairs)):
        period, against = pairs[(at + 2 * offset) % len(pairs)]
        yield {"filter_period": period, "filter_against": against}


def measure(home: Path, rounds: int, wanted: Callable[[str], bool]) -> dict[str, Timed]:
    """Every page, as the module says; the app is started for each, since it keeps a hundred such sessions at most."""
    found: dict[str, Timed] = {}
    pages = [(page, query) for page, query in PAGES if wanted(page) and (ROOT / f"pages/{page}.py").exists()]
    for page, query in pages:
        name = page + "".join(f" {value}" for value in query.values())
        with running(home) as port:
            for other, asked in (("home", {}), (page, query)):
                Session(port, other, asked).open()
            found[name] = _timed(lambda port=port, page=page, query=query: Session(port, page, query), home, rounds)
        print(_line(name, found[name]), flush=True)
    return found


def _timed(visitor: Callable[[], Session], home: Path, rounds: int) -> Timed:
    timed = Timed()
    for _ in range(rounds):
        changed(home)
        session = visitor()
        timed.first.append(session.open())
        timed.again.append(visitor().open())
        timed.later += _later(session, 0)[:4]
    for _ in range(max(rounds // 2, 1)):
        changed(home)
        four = [visitor() for _ in range(4)]
        with ThreadPoolExecutor(4) as together:
            timed.four_first.append(max(together.map(Session.open, four)))
        timed.four_later += _together(four)
    return timed


def _later(session: Session, offset: int) -> list[float]:
    return [
        session.change({key: value for key, value in values.items() if key in session.keys})
        for values in filters(offset)
    ]


def _together(four: list[Session]) -> list[float]:
    """Four sessions change a filter at the same moment, each its own; the slowest of each step."""
    steps = [list(filters(offset)) for offset in range(4)]
    gate = threading.Barrier(4)

    def walk(at: int) -> list[float]:
        seconds = []
        for values in steps[at][:4]:
            gate.wait()
            seconds.append(four[at].change({key: value for key, value in values.items() if key in four[at].keys}))
        return seconds

    with ThreadPoolExecutor(4) as together:
        return [max(step) for step in zip(*together.map(walk, range(4)), strict=True)]


def peer(home: Path) -> float:
    """Seconds for the sums of the headline by pandas from the rows of daily_sales."""
    started = time.perf_counter()
    with closing(sqlite3.connect(home / "erp.db")) as connection:
        rows = pd.read_sql("SELECT * FROM daily_sales", connection, parse_dates=["ds"])
    last = rows["ds"].max()
    for days in (90, 180):
        inside = rows[rows["ds"] > last - pd.Timedelta(days=days)]
        inside.groupby("product_id")[["quantity", "revenue", "refunded", "credited"]].sum()
    return time.perf_counter() - started


def _line(name: str, timed: Timed) -> str:
    cells = [timed.first, timed.again, timed.later, timed.four_first, timed.four_later]
    return f"{name:28s}" + "".join(f"{statistics.median(seconds):9.2f}" for seconds in cells)


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--copies", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--keep", type=Path, help="make the shops here, and use those that are here already")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", help="pages whose name begins so")
    given = parser.parse_args()
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.processor() or platform.machine()}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as temporary:
        for copies in given.copies:
            home = (given.keep or Path(temporary)) / f"shop{copies}"
            settings = load_settings({"ERP_HOME": str(home)})
            if not (home / "erp.db").exists():
                build(given.file, settings, copies)
            database = Database(settings.database_url, settings.keys)
            packs.pack(database, ROLLUPS)
            database.dispose()
            limit = 1 if copies == 1 else 2
            print(f"\nOnline Retail × {copies}: seconds (limits {FIRST * limit}, –, {LATER * limit}, "
                  f"{FIRST * limit * 2}, {LATER * limit * 2})")  # fmt: skip
            print(" " * 28 + "".join(f"{word:>9s}" for word in ("first", "again", "later", "4 first", "4 later")))
            found = measure(home, given.rounds, lambda page: page.startswith(given.only or ""))
            if "home" in found:
                by_pandas = statistics.median(peer(home) for _ in range(3))
                print(f"headline by pandas {by_pandas:.2f} s: {by_pandas / statistics.median(found['home'].first):.1f} "
                      "× the first run of Home")  # fmt: skip


if __name__ == "__main__":
    main()
