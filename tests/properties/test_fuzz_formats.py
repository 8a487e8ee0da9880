"""Whatever a file holds, its import ends in a receipt that adds up or in a refusal that says what to do.

Every declaration's sample is damaged in ways that a number decides (`mutations`) and imported in a process of its own
(`fuzz_process`): no other exception, no hang beyond ten seconds, no growth beyond a gigabyte. What is stored changes
nothing when it comes again, can be taken back, and leaves balances and rollups as the ledger and the orders say.

`ERP_FUZZ_COUNT` files, 500 unless it says otherwise; `make torture` takes 10,000. To see a case by its number:

    .venv/bin/python -m tests.properties.fuzz_process sqlite:///migrated.db NUMBER 1 [filled]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from erp_core.imports.formats import FORMATS
from tests.conftest import Addresses
from tests.properties.mutations import case, sample_path

ROOT = Path(__file__).resolve().parents[2]
COUNT = int(os.environ.get("ERP_FUZZ_COUNT", "500"))
SHARES = 4
MOST_TOLD = 5
MOST_RESTARTS = 10


@dataclass
class Outcome:
    """How cases ended: those that broke a promise, and how often each other end was met."""

    broken: dict[int, str] = field(default_factory=dict)
    ends: Counter[str] = field(default_factory=Counter)


def imported_apart(addresses: Addresses, first: int, count: int, *, filled: bool = False) -> Outcome:
    """Cases from `first` on, in a process that is started again behind a case that ended it."""
    outcome, last = Outcome(), first + count
    while first < last and len(outcome.broken) < MOST_RESTARTS:
        with addresses() as url:
            words = [
                sys.executable,
                "-m",
                "tests.properties.fuzz_process",
                url,
                str(first),
                str(last - first),
                *(["filled"] if filled else []),
            ]
            done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, errors="replace")
        under_way = None
        for line in map(json.loads, done.stdout.splitlines()):
            under_way = line.get("case", under_way)
            if "broken" in line:
                outcome.broken[line["broken"]] = line["what"]
            elif "ended" in line:
                outcome.ends[line["how"]] += 1
            if "ended" in line or "broken" in line:
                under_way = None
        if done.returncode == 0 and under_way is None:
            break
        if under_way is None:
            raise RuntimeError(done.stderr[-3_000:])  # no case is at fault
        outcome.broken[under_way] = f"the process ended with {done.returncode}: {done.stderr[-3_000:]}"
        first = under_way + 1
    return outcome


def told(broken: dict[int, str]) -> str:
    """The first broken promises, with how their files were made."""
    lines = [
        f"case {number}, made by {', '.join(case(number).made_by)}:\n{broken[number].strip()[-2_000:]}"
        for number in sorted(broken)[:MOST_TOLD]
    ]
    return f"{len(broken)} cases: {sorted(broken)[:50]}\n\n" + "\n\n".join(lines)


@pytest.mark.parametrize("share", range(SHARES))
def test_every_damaged_file_ends_in_a_receipt_or_a_refusal(sqlite_addresses: Addresses, share: int) -> None:
    count = -(-COUNT // SHARES)
    outcome = imported_apart(sqlite_addresses, 1 + share * count, count, filled=share % 2 == 1)
    assert not outcome.broken, told(outcome.broken)
    assert outcome.ends.total() == count
    # neither so hurt that nothing is ever imported, nor so whole that nothing is ever refused
    assert outcome.ends["imported"] > count * 0.05
    assert outcome.ends["imported"] + outcome.ends["nothing accepted"] < count * 0.95


def test_postgresql_takes_the_same_damage(postgresql_addresses: Addresses) -> None:
    count = max(1, COUNT // 10)
    outcome = imported_apart(postgresql_addresses, 1_000_001, count, filled=True)
    assert not outcome.broken, told(outcome.broken)
    assert outcome.ends.total() == count


def test_a_case_is_the_same_every_time_and_every_declaration_comes_round() -> None:
    assert case(7) == case(7)
    names = sorted(FORMATS)
    assert {case(number).made_by[0] for number in range(len(names))} == set(names)


def test_every_declaration_has_a_sample_to_damage() -> None:
    assert [name for name in FORMATS if not sample_path(name).stat().st_size] == []


CHANGED = "import time\nfrom tests.properties import fuzz_process as p\np.warm_up = lambda *_, **__: None\n"
WAITS = f"{CHANGED}p.PATIENCE = 1.0\np.run = lambda *_: time.sleep(60)\n"
COMPUTES = f"{CHANGED}p.SECONDS = 0.5\np.run = lambda *_: sum(iter(int, 1))\n"
GROWS = f"{CHANGED}p.GROWTH_BYTES, p.limit_memory = 2**26, lambda: None\nkept = []\np.run = lambda *_: kept.append(b'x' * 2**27)\n"
FAILS = f"{CHANGED}p.run = lambda *_: 1 / 0\n"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (WAITS, "Timeout"),
        (COMPUTES, "most recent call first"),
        (GROWS, "MB more memory"),
        (FAILS, "ZeroDivisionError"),
    ],
    ids=["waits", "computes", "grows", "fails"],
)
def test_the_watch_sees_hangs_growth_and_faults(sqlite_addresses: Addresses, change: str, says: str) -> None:
    with sqlite_addresses() as url:
        program = f"{change}p.main({url!r}, 1, 1)"
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
        )
    assert says in done.stdout + done.stderr
    assert '"ended"' not in done.stdout
