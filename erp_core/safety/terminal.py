"""The commands that keep the data safe: backup, backups, restore, db."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erp_core.clock import SystemClock
from erp_core.db.engine import Database
from erp_core.errors import BadInput, FileRefused
from erp_core.security.actor import TERMINAL_USER
from erp_core.terminal import FAILED_CHECK, Command, Say, Session
from erp_core.text import T, format_bytes, format_datetime, format_number

if TYPE_CHECKING:
    from erp_core.safety.archive import Backup, BackupFile


def _passphrase_option(parser: argparse.ArgumentParser, say: Say) -> None:
    parser.add_argument(
        "--passphrase-stdin",
        action="store_true",
        help=say(T("read the passphrase from standard input, instead of ERP_BACKUP_PASSPHRASE")),
    )


def _passphrase(session: Session, given: argparse.Namespace) -> str | None:
    """The one that is typed or piped in, else that of the installation."""
    from erp_core.safety.passphrase import standing_passphrase

    if not given.passphrase_stdin:
        return standing_passphrase(session.settings)
    word = sys.stdin.readline().rstrip("\r\n")
    if not word:
        raise BadInput(
            T("No passphrase came on standard input."),
            hint=T("Pipe it in, from a file that only you can read."),
            code="backup.no_passphrase",
        )
    return word


def _backup_options(parser: argparse.ArgumentParser, say: Say) -> None:
    parser.add_argument(
        "file", type=Path, nargs="?", metavar="FILE",
        help=say(T("write the backup to this file, instead of the folder of backups")),
    )  # fmt: skip
    parser.add_argument("--list", action="store_true", help=say(T("list the backups, make none")))
    parser.add_argument(
        "--check", type=Path, metavar="FILE", help=say(T("read a backup whole and say whether it is good, make none"))
    )
    _passphrase_option(parser, say)


def _backup(session: Session, given: argparse.Namespace) -> int:
    if given.file is not None and (given.list or given.check is not None):
        raise BadInput(
            T("A file to write to goes with neither --list nor --check."),
            hint=T("See python -m erp_core --help."),
            code="usage",
        )
    if given.list:
        return _list(session)
    from erp_core.safety.archive import BackupFile
    from erp_core.safety.passphrase import long_enough
    from erp_core.safety.service import Shelf, back_up, back_up_to
    from erp_core.safety.work import to_json

    passphrase = _passphrase(session, given)
    if given.check is not None:
        return _check(session, BackupFile(given.check, passphrase))
    if passphrase is not None:
        long_enough(passphrase)
    database, who = session.database(), TERMINAL_USER.acting()
    if given.file is None:
        made = back_up(database, who, Shelf(session.settings.backups, passphrase))
    else:
        made = back_up_to(database, who, BackupFile(given.file, passphrase))
    session.show(to_json(made), [_line(session, made)])
    return 0


def _line(session: Session, backup: Backup) -> str:
    return session.say(
        T(
            "Backup {file}: {rows} rows, {size}.",
            file=str(backup.path),
            rows=format_number(backup.manifest.rows, session.language),
            size=format_bytes(backup.bytes, session.language),
        )
    )


def _check(session: Session, file: BackupFile) -> int:
    from erp_core.safety.archive import verify
    from erp_core.safety.work import to_json

    try:
        backup = verify(file)
    except FileRefused as error:
        if error.code == "file.missing":
            raise
        message = session.say(error.message)
        session.show({"file": str(file.path), "good": False, "problem": message}, [message])
        return FAILED_CHECK
    lines = [_line(session, backup), session.say(T("It is whole: every table is as it was written."))]
    session.show({**to_json(backup), "good": True, "problem": None}, lines)
    return 0


def _list(session: Session) -> int:
    from erp_core.company.views import read_company
    from erp_core.safety.views import backups, occasion_name

    with session.database().reading() as connection:
        zone = read_company(connection).time_zone
    found = backups(session.settings.backups, session.language)
    entries: list[dict[str, Any]] = []
    lines = []
    for row in found.to_dict("records"):
        size = format_bytes(row["bytes"], session.language)
        if row["readable"]:
            when = format_datetime(row["made_at"], session.language, zone)
            lines.append(f"{row['name']}  {when}  {session.say(occasion_name(row['occasion']))}  {size}")
        else:
            lines.append(f"{row['name']}  {size}  {row['problem']}")
        made_at = row["made_at"].isoformat(timespec="seconds") if row["readable"] else None
        entries.append(
            {
                "file": row["path"], "bytes": row["bytes"], "made_at": made_at, "occasion": row["occasion"],
                "revision": row["revision"], "database": row["database"], "sealed": row["sealed"],
                "rows": int(row["rows"]) if row["readable"] else None, "problem": row["problem"],
            }
        )  # fmt: skip
    folder = str(session.settings.backups)
    session.show(
        {"folder": folder, "backups": entries}, lines or [session.say(T("No backup yet in {folder}.", folder=folder))]
    )
    return 0


def restore_command(path: str) -> str:
    """What to type to put a backup back in the place of what there is."""
    return f'python -m erp_core restore "{path}" --yes'


def _restore_options(parser: argparse.ArgumentParser, say: Say) -> None:
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--into", metavar="URL", help=say(T("the address of the database to fill, instead of ERP_DATABASE_URL"))
    )
    parser.add_argument(
        "--yes",
        action="store_true",
        help=say(T("replace what the database holds; a backup of that is made first")),
    )
    _passphrase_option(parser, say)


def _restore(session: Session, given: argparse.Namespace) -> int:
    from erp_core.safety.archive import BackupFile
    from erp_core.safety.passphrase import shelf_of
    from erp_core.safety.restore import restore
    from erp_core.safety.work import to_json

    file = BackupFile(given.file, _passphrase(session, given))
    target = Database(given.into or session.settings.database_url, session.settings.keys)
    save_to = shelf_of(session.settings) if given.yes else None
    try:
        done = restore(file, target, TERMINAL_USER.acting(), save_to=save_to)
    finally:
        target.dispose()
    document = {
        "restored": to_json(done.backup),
        "saved": None if done.saved is None else to_json(done.saved),
        "into": target.url.render_as_string(hide_password=True),
        "schema": done.upgraded_to,
        "rekeyed": done.rekeyed,
    }
    lines = []
    if done.saved is not None:
        lines.append(session.say(T("What stood there before is in {file}.", file=str(done.saved.path))))
    lines.append(
        session.say(
            T(
                "Restored {rows} rows of {when}.",
                rows=format_number(done.backup.manifest.rows, session.language),
                when=f"{done.backup.manifest.cover.made_at:%Y-%m-%d %H:%M} UTC",
            )
        )
    )
    if done.backup.manifest.cover.revision != done.upgraded_to:
        lines.append(
            session.say(
                T(
                    "Its schema {before} was brought to {after}.",
                    before=done.backup.manifest.cover.revision,
                    after=done.upgraded_to,
                )
            )
        )
    if done.rekeyed:
        lines.append(session.say(T("Its personal data were sealed anew with the key of this place.")))
    session.show(document, lines)
    return 0


def _backups_options(parser: argparse.ArgumentParser, say: Say) -> None:
    parser.add_argument("action", choices=["prove"])
    parser.add_argument(
        "file", type=Path, nargs="?", metavar="FILE", help=say(T("the backup to prove, instead of the latest"))
    )
    _passphrase_option(parser, say)


def _backups(session: Session, given: argparse.Namespace) -> int:
    from erp_core.safety.archive import BackupFile
    from erp_core.safety.proving import latest_file, prove
    from erp_core.safety.service import Shelf

    passphrase = _passphrase(session, given)
    if given.file is None:
        file = latest_file(Shelf(session.settings.backups, passphrase))
    else:
        file = BackupFile(given.file, passphrase)
    proof = prove(session.database(), TERMINAL_USER.acting(), file, session.settings.home)
    document = {**proof.to_json(), "problem": None if proof.error is None else session.say(proof.error.message)}
    rows = format_number(proof.rows, session.language)
    if proof.error is None:
        said = T("Proven: {file} was put back into an empty place, {rows} rows, every check passed ({seconds} s).",
                 file=proof.file, rows=rows, seconds=proof.seconds)  # fmt: skip
    else:
        said = T("Not proven: {problem}", problem=proof.error.message)
    session.show(document, [session.say(said)])
    return 0 if proof.proven else FAILED_CHECK


def _db_options(parser: argparse.ArgumentParser, say: Say) -> None:
    parser.add_argument("action", choices=["upgrade", "grants"])
    parser.add_argument("--role", help=say(T("grants: the PostgreSQL role that the program works as")))


def _db(session: Session, given: argparse.Namespace) -> int:
    return _grants(session, given) if given.action == "grants" else _upgrade(session)


def _grants(session: Session, given: argparse.Namespace) -> int:
    from erp_core.security.grants import grant

    if not given.role:
        raise BadInput(T("Say which role it is."), hint=T("Give --role and its name."), code="usage")
    done = grant(session.database(), given.role)
    session.show(
        {"role": given.role, "statements": done},
        [*(f"{statement};" for statement in done), session.say(T("Granted to {role}.", role=given.role))],
    )
    return 0


def _upgrade(session: Session) -> int:
    from erp_core.safety.upgrade import upgrade_safely
    from erp_core.safety.work import to_json

    done = upgrade_safely(session.settings, SystemClock())
    lines = []
    if done.backup is not None:
        lines.append(_line(session, done.backup))
    lines.append(session.say(T("The database is at schema {revision}.", revision=done.after)))
    backup = None if done.backup is None else to_json(done.backup)
    session.show({"schema": done.after, "before": done.before, "backup": backup}, lines)
    return 0


COMMANDS = (
    Command("backup", T("make a backup of the database, list or check backups"), _backup, _backup_options),
    Command("backups", T("prove that a backup can be put back"), _backups, _backups_options),
    Command("restore", T("put a backup back"), _restore, _restore_options),
    Command("db", T("the database"), _db, _db_options),
)
