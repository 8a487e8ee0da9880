"""The passphrase that backups are sealed with: from the environment, or from a file that only its owner can read."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

from erp_core.errors import BadInput, Unavailable
from erp_core.safety.service import Shelf
from erp_core.settings import Settings
from erp_core.text import T

FILE = "backup.json"
LEAST_SIGNS = 12


def shelf_of(settings: Settings) -> Shelf:
    """The folder of backups and what they are sealed with. Raises as `standing_passphrase`."""
    return Shelf(settings.backups, standing_passphrase(settings))


def standing_passphrase(settings: Settings) -> str | None:
    """What all backups of this installation are sealed with: ERP_BACKUP_PASSPHRASE, else that in
    ERP_HOME/keys/backup.json (`{"passphrase": "…"}`); None where there is neither.

    Raises BadInput for one that is too short, Unavailable for a file that others can read or that is no such file.
    """
    if settings.backup_passphrase is not None:
        return long_enough(settings.backup_passphrase)
    found = _from_file(settings.keys / FILE)
    return None if found is None else long_enough(found)


def long_enough(passphrase: str) -> str:
    """The passphrase. Raises BadInput where it would soon be guessed."""
    if len(passphrase) < LEAST_SIGNS:
        raise BadInput(
            T("The passphrase is too short: {count} characters, at least {least} are needed.",
              count=len(passphrase), least=LEAST_SIGNS),
            hint=T("Take five or six words that do not belong together, and keep them apart from the backups."),
            code="backup.weak_passphrase",
        )  # fmt: skip
    return passphrase


def _from_file(path: Path) -> str | None:
    try:
        with path.open(encoding="utf-8") as stream:
            if os.name == "posix" and stat.S_IMODE(os.fstat(stream.fileno()).st_mode) & 0o077:
                raise Unavailable(
                    T("Others can read the passphrase of the backups in {name}.", name=str(path)),
                    hint=T("Make it readable for its owner only: chmod 600 {name}", name=str(path)),
                    code="keys.too_open",
                )
            found = json.load(stream)["passphrase"]
    except FileNotFoundError:
        return None
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise _no_passphrase(path) from error
    if not isinstance(found, str):
        raise _no_passphrase(path)
    return found


def _no_passphrase(path: Path) -> Unavailable:
    return Unavailable(
        T("The passphrase of the backups cannot be read from {name}.", name=str(path)),
        hint=T("It holds {example}.", example='{"passphrase": "…"}'),
        code="keys.unreadable",
    )
