"""A process that does acts, each in a child of its own that is killed in the middle.

    python -m tests.faults.acting

One line of JSON on standard input for each act: `act`, `url` and `keys` of the database, `folder`, `argument`; `seconds`
(kill it that long after it began) or `moment` (kill it at that statement, counted from 1) or neither (let it end). One
line of JSON in answer: `killed`, `seconds`, `moments` (statements and commits; None where it was killed). The program is
loaded once; a child begins within milliseconds.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import erp_core.schema  # noqa: F401  (registers every table)
from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.db.migrate import head_revision, tables_at, upgrade
from erp_core.imports.service import import_files, undo_import
from erp_core.safety.archive import BackupFile
from erp_core.safety.keys import change_key
from erp_core.safety.restore import restore
from erp_core.safety.service import Shelf, back_up
from erp_core.security import rekey
from erp_core.security.actor import LOCAL_USER
from tests.conftest import NOW

PASSPHRASE = "correct horse battery staple"
Act = Callable[[Database, Path, str], object]


def do_import(database: Database, _folder: Path, argument: str) -> object:
    """Import the file."""
    return import_files(database, LOCAL_USER.acting(FixedClock(NOW)), [Path(argument)])


def do_undo(database: Database, _folder: Path, argument: str) -> object:
    """Take the import of this number back."""
    return undo_import(database, LOCAL_USER.acting(FixedClock(NOW)), int(argument))


def do_backup(database: Database, folder: Path, argument: str) -> object:
    """Make a backup into the folder; `argument`: its passphrase, empty for none."""
    return back_up(database, LOCAL_USER.acting(FixedClock(NOW)), Shelf(folder, argument or None))


def do_restore(database: Database, folder: Path, argument: str) -> object:
    """Put a backup that has keys of its own in the place of what there is."""
    who = LOCAL_USER.acting(FixedClock(NOW))
    return restore(BackupFile(Path(argument), PASSPHRASE), database, who, save_to=Shelf(folder))


def do_change_key(database: Database, _folder: Path, _argument: str) -> object:
    """Change the key of personal data, a few documents at a time."""
    rekey.move_lot.__defaults__ = (7,)
    return change_key(database, LOCAL_USER.acting(FixedClock(NOW)))


RESUMED = "change of the key"  # not whole or absent: it goes on where it was
ACTS: dict[str, Act] = {
    "import": do_import,
    "undo": do_undo,
    "purchase": do_import,
    "backup": do_backup,
    "restore": do_restore,
    RESUMED: do_change_key,
}


def _child(asked: dict[str, Any], began: int) -> None:
    database = Database(asked["url"], Path(asked["keys"]))
    moments = 0

    def count(*_arguments: object) -> None:
        nonlocal moments
        moments += 1
        if moments == asked.get("moment"):
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(sa.Engine, "before_cursor_execute", count)
    sa.event.listen(sa.Engine, "after_cursor_execute", count)
    sa.event.listen(sa.Engine, "commit", count)
    os.write(began, b"began\n")
    ACTS[asked["act"]](database, Path(asked["folder"]), asked["argument"])
    os.write(began, f"{moments}\n".encode())


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    listening, began = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            _child(asked, began)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    os.close(began)
    with os.fdopen(listening) as told:
        told.readline()
        started = time.perf_counter()
        if asked.get("seconds") is not None:
            select.select([told], [], [], asked["seconds"])
            os.kill(child, signal.SIGKILL)
        rest = told.read()
    _, status = os.waitpid(child, 0)
    return {
        "killed": os.WIFSIGNALED(status),
        "failed": os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0,
        "seconds": time.perf_counter() - started,
        "moments": int(rest) if rest.strip() else None,
    }


def _warm_up() -> None:
    """What every child needs and would read again: the migrations, the schema that they make."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/erp.db", Path(folder))
        upgrade(database)
        database.dispose()
    tables_at(head_revision())


if __name__ == "__main__":
    _warm_up()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(json.loads(line))) + "\n")
        sys.stdout.flush()
