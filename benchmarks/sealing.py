"""What sealing personal data costs: 25,000 orders of four fields, beside the import that they are part of.

    python benchmarks/sealing.py [--orders 25000] [--repeat 3]

Per round, in turn, in one process on one machine:

- singly: each field of each order sealed by itself, its keyed hashes made one by one
- blob:   one document an order, keyed hashes over distinct words (what the import does)
- bare:   an import of such a file without the four columns
- import: the import of the file with them

Prints medians and the ratios blob/singly, blob/import and import/bare.
"""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from erp_core.db.engine import Database
from erp_core.db.migrate import upgrade
from erp_core.imports.service import import_files
from erp_core.security.actor import LOCAL_USER
from erp_core.security.keyring import Key, Keyring
from erp_core.security.sealing import digest_columns
from erp_core.security.vault import Kind, Vault

FIELDS = ("name", "phone", "email", "address")
_HEADERS = {"name": "Recipient", "phone": "Phone", "email": "Email", "address": "Shipping address"}
_DIGESTS = {"name": Kind.NAME, "phone": Kind.PHONE, "email": Kind.MAIL}


def people(count: int, seed: int = 7) -> dict[str, list[str]]:
    """Columns of made-up persons: about a fifth of them come more than once, as buyers do."""
    draw = np.random.default_rng(seed).integers(0, max(count * 2, 1), count)
    return {
        "name": [f"Person {number:07d}" for number in draw],
        "phone": [f"139{number:08d}" for number in draw],
        "email": [f"p{number}@example.com" for number in draw],
        "address": [
            f"{number % 999} Long Example Street, Building {number % 37}, Room {number % 2000}" for number in draw
        ],
    }


def singly(vault: Vault, columns: dict[str, list[str]]) -> None:
    """Each field by itself."""
    for name, values in columns.items():
        kind = _DIGESTS.get(name)
        for value in values:
            vault.seal({name: value})
            if kind is not None:
                vault.digest(kind, value)


def as_blobs(vault: Vault, columns: dict[str, list[str]]) -> None:
    """One document a row, distinct words hashed once."""
    vault.seal_columns(columns)
    digest_columns(vault, columns, ("name_digest", "phone_digest", "tail_digest"), len(columns["name"]))


def write_file(path: Path, count: int, columns: dict[str, list[str]]) -> None:
    """A file of sales, one line an order."""
    start = dt.datetime(2025, 1, 1)
    header = ["Order ID", "Date", "SKU", "Quantity", "Unit price", "Currency", "Shop"]
    rows = [",".join([*header, *(_HEADERS[name] for name in columns)])]
    for number in range(count):
        at = start + dt.timedelta(minutes=7 * number)
        cells = [f"O-{number}", f"{at:%Y-%m-%d %H:%M:%S}", f"S-{number % 500}", "2", "9.90", "USD", "Web"]
        rows.append(",".join([*cells, *(f'"{values[number]}"' for values in columns.values())]))
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def seconds(act: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def imported(path: Path) -> float:
    """The seconds of an import into a fresh database with keys of its own."""
    with tempfile.TemporaryDirectory(prefix="erp-sealing-") as folder:
        database = Database(f"sqlite:///{Path(folder) / 'erp.db'}", Path(folder) / "keys")
        upgrade(database)
        taken = seconds(lambda: import_files(database, LOCAL_USER.acting(), [path]))
        database.dispose()
    return taken


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=25_000)
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_args(arguments)
    columns = people(given.orders)
    vault = Vault(Keyring((Key.new(dt.datetime.now(dt.UTC)),)))
    taken: dict[str, list[float]] = {name: [] for name in ("singly", "blob", "bare", "import")}
    with tempfile.TemporaryDirectory(prefix="erp-sealing-files-") as folder:
        bare, full = Path(folder) / "bare.csv", Path(folder) / "full.csv"
        write_file(bare, given.orders, {})
        write_file(full, given.orders, columns)
        for _ in range(given.repeat):
            taken["singly"].append(seconds(lambda: singly(vault, columns)))
            taken["blob"].append(seconds(lambda: as_blobs(vault, columns)))
            taken["bare"].append(imported(bare))
            taken["import"].append(imported(full))
    median = {name: statistics.median(values) for name, values in taken.items()}
    print(f"{given.orders:,} orders of {len(FIELDS)} fields, {given.repeat} rounds, medians")
    for name, value in median.items():
        print(f"  {name:7s} {value:7.2f} s")
    for one, other in (("blob", "singly"), ("blob", "import"), ("import", "bare")):
        print(f"  {one}/{other}: {median[one] / median[other]:.2f}")


if __name__ == "__main__":
    main()
