"""The process in which damaged files are imported: whatever they do to it, the test that started it lives on.

    python -m tests.properties.fuzz_process DATABASE_URL FIRST COUNT [filled]

COUNT cases from FIRST on, into an empty shop or into one that holds every sample. One line of JSON before each case and one after it, on standard output. A case that computes
for longer than SECONDS, or does not come back for PATIENCE, ends the process with the traceback of where it hangs on
standard error. What counts is the time of the processor where the system can measure it, so that a busy machine does
not fail a case; the other limit is for waiting that never ends.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.errors import ErpError
from erp_core.imports.declaration import Kind
from erp_core.imports.formats import FORMATS
from erp_core.imports.receipt import Receipt
from erp_core.imports.service import ImportOptions, import_files, recognise, undo_import
from erp_core.orders import rollups
from erp_core.security.actor import LOCAL_USER
from erp_core.stock import views as stock
from erp_core.text import LANGUAGES, Text, say
from tests.conftest import NOW
from tests.properties.mutations import Case, case, sample_path

SECONDS, PATIENCE = 10.0, 120.0
GROWTH_BYTES = 1024**3


class Broken(AssertionError):
    """A promise that a case shows to be broken."""


def readable(text: Text | None) -> None:
    """A text that people see exists, in every language, and can be written to a file."""
    if text is None or not all(say(text, language).strip() for language in LANGUAGES):
        raise Broken(f"an empty text: {text!r}")
    for language in LANGUAGES:
        say(text, language).encode("utf-8")


def sound(receipt: Receipt) -> None:
    """A receipt adds up, counts every row that its files hold, and can be written and read in every language."""
    counts = (receipt.rows_accepted, receipt.rows_rejected, receipt.rows_unchanged, receipt.orders, receipt.lines)
    if not receipt.adds_up() or min(counts) < 0:
        raise Broken(f"a receipt does not add up: {receipt}")
    if receipt.rows_read != sum(file.rows_read for file in receipt.files):
        raise Broken(f"rows of the files are missing in the receipt: {receipt}")
    if receipt.rows_rejected and not any(issue.severity == "rejects" for issue in receipt.issues):
        raise Broken("rows were rejected without a reason")
    for issue in receipt.issues:
        readable(issue.message)
    for language in LANGUAGES:
        json.dumps(receipt.to_json(language), ensure_ascii=False, allow_nan=False).encode("utf-8")


def refused(error: ErpError) -> str:
    """The code of a refusal that says what happened and what to do."""
    readable(error.message)
    readable(error.hint)
    if not error.code or error.code == "error":
        raise Broken(f"a refusal without a code: {error.message}")
    return error.code


def run(database: Database, one: Case, folder: Path) -> str:
    """Import one case's files; how it ended. Raises whatever must not happen."""
    paths = []
    for name, content in one.files:
        path = folder / name
        path.write_bytes(content)
        paths.append(path)
    options = ImportOptions(**one.options, dry_run=not one.stored)
    who = LOCAL_USER.acting(FixedClock(NOW))
    try:
        for path in paths:
            for text in recognise(database, path, options)[1].evidence:
                readable(text)
        receipts = import_files(database, who, paths, options)
    except ErpError as error:
        return refused(error)
    for receipt in receipts:
        sound(receipt)
    if one.stored:
        _again(database, paths, options, receipts)
        _sound_books(database)
    if one.undone:
        _undone(database, receipts)
        _sound_books(database)
    return "imported" if any(receipt.rows_accepted for receipt in receipts) else "nothing accepted"


def _again(database: Database, paths: list[Path], options: ImportOptions, before: Sequence[Receipt]) -> None:
    """The same import again changes nothing. Two lists that contradict each other take turns, each being right."""
    again = import_files(database, LOCAL_USER.acting(FixedClock(NOW)), paths, options)
    for first, second in zip(before, again, strict=True):
        sound(second)
        if len(before) > 1:
            continue
        if second.rows_accepted or second.orders or second.rows_rejected != first.rows_rejected:
            raise Broken(f"the same files again are not unchanged: {_counts(first)}, then {_counts(second)}")


def _counts(receipt: Receipt) -> dict[str, int]:
    return {name: getattr(receipt, name) for name in ("rows_accepted", "rows_rejected", "rows_unchanged", "orders")}


def _undone(database: Database, receipts: Sequence[Receipt]) -> None:
    who = LOCAL_USER.acting(FixedClock(NOW))
    with database.reading() as connection:
        latest = connection.exec_driver_sql("SELECT max(id) FROM import_batch").scalar_one()
    count = 2 * len(receipts)
    for batch_id in range(latest, latest - count, -1):
        try:
            undo_import(database, who, batch_id)
        except ErpError as error:
            refused(error)


def _sound_books(database: Database) -> None:
    """Balances and rollups are what the ledger and the orders say."""
    with database.reading() as connection:
        found = [str(difference) for difference in stock.check(connection)]
    with database.writing_connection() as connection:
        found += [str(difference) for difference in rollups.check(connection)]
    if found:
        raise Broken("not what the ledger and the orders say: " + "; ".join(found[:5]))


# --- memory -----------------------------------------------------------------------------------------------------------


def peak_bytes() -> int:
    """The largest resident size since `reset_peak`, on Linux; elsewhere since the start, 0 where nobody knows."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def reset_peak() -> None:
    """Let the peak begin anew."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def limit_memory() -> None:
    """Let no case take the machine down: twice what is allowed ends in a MemoryError."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (taken + 2 * GROWTH_BYTES, most))


def watch(on: bool) -> None:
    """End this process, with a traceback, if it is still at the same case when its time is up."""
    measured = hasattr(signal, "setitimer")
    if measured:
        faulthandler.register(signal.SIGPROF, chain=True)
        signal.setitimer(signal.ITIMER_PROF, SECONDS if on else 0.0)
    if on:
        faulthandler.dump_traceback_later(PATIENCE if measured else SECONDS, exit=True)
    else:
        faulthandler.cancel_dump_traceback_later()


def warm_up(database: Database, *, filled: bool) -> None:
    """Load the libraries, before memory is measured; import every sample where a filled shop is wanted."""
    who, options = LOCAL_USER.acting(FixedClock(NOW)), ImportOptions(dry_run=not filled)
    sales_first = sorted(FORMATS, key=lambda name: (FORMATS[name].kind is not Kind.SALES, name))
    for name in sales_first if filled else ["generic-sales"]:
        import_files(database, who, [sample_path(name)], options)


def say_line(**document: Any) -> None:
    """One line for the test."""
    print(json.dumps(document), flush=True)  # noqa: T201


def main(url: str, first: int, count: int, *, filled: bool = False) -> None:
    """Run the cases."""
    database = Database(url)
    warm_up(database, filled=filled)
    limit_memory()
    for number in range(first, first + count):
        one = case(number)
        say_line(case=number, made_by=one.made_by)
        folder = Path(tempfile.mkdtemp())
        reset_peak()
        before = peak_bytes()
        watch(True)
        try:
            ended = run(database, one, folder)
        except Exception:  # whatever it is, the test tells it
            say_line(broken=number, what=traceback.format_exc())
        else:
            grown = peak_bytes() - before
            if grown > GROWTH_BYTES:
                say_line(broken=number, what=f"{grown // 2**20} MB more memory than before")
            else:
                say_line(ended=number, how=ended)
        finally:
            watch(False)
            shutil.rmtree(folder)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), filled="filled" in sys.argv[4:])
