"""The commands that keep the data safe: backup, restore, db."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erp_core.clock import SystemClock
from erp_core.db.engine import Database
from erp_core.errors import BadInput, FileRefused
from erp_core.security.actor import TERMINAL_USER
from erp_core.terminal import FAILED_CHECK, Command, Say, Session
from erp_core.text import T, format_bytes, format_datetime, format_number

if TYPE_CHECKING:
    from erp_core.safety.archive import Backup


def _backup_options(parser: argparse.ArgumentParser, say: Say) -> None:
    parser.add_argument("--list", action="store_true", help=say(T("list the backups, make none")))
    parser.add_argument(
        "--check", type=Path, metavar="FILE", help=say(T("read a backup whole and say whether it is good, make none"))
    )


def _backup(session: Session, given: argparse.Namespace) -> int:
    if given.check is not None:
        return _check(session, given.check)
    if given.list:
        return _list(session)
    from erp_core.safety.service import back_up
    from erp_core.safety.work import to_json

    made = back_up(session.database(), TERMINAL_USER.acting(), session.settings.backups)
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


def _check(session: Session, path: Path) -> int:
    from erp_core.safety.archive import verify
    from erp_core.safety.work import to_json

    try:
        backup = verify(path)
    except FileRefused as error:
        if error.code == "file.missing":
            raise
        message = session.say(error.message)
        session.show({"file": str(path), "good": False, "problem": message}, [message])
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
                "revision": row["revision"], "database": row["database"],
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


def _restore(session: Session, given: argparse.Namespace) -> int:
    from erp_core.safety.restore import restore
    from erp_core.safety.work import to_json

    target = Database(given.into or session.settings.database_url, session.settings.keys)
    save_to = session.settings.backups if given.yes else None
    try:
        done = restore(given.file, target, TERMINAL_USER.acting(), save_to=save_to)
    finally:
        target.dispose()
    document = {
        "restored": to_json(done.backup),
        "saved": None if done.saved is None else to_json(done.saved),
        "into": target.url.render_as_string(hide_password=True),
        "schema": done.upgraded_to,
    }
    lines = []
    if done.saved is not None:
        lines.append(session.say(T("What stood there before is in {file}.", file=str(done.saved.path))))
    lines.append(
        session.say(
            T(
                "Restored {rows} rows of {when}.",
                rows=format_number(done.backup.manifest.rows, session.language),
                when=f"{done.backup.manifest.made_at:%Y-%m-%d %H:%M} UTC",
            )
        )
    )
    if done.backup.manifest.revision != done.upgraded_to:
        lines.append(
            session.say(
                T(
                    "Its schema {before} was brought to {after}.",
                    before=done.backup.manifest.revision,
                    after=done.upgraded_to,
                )
            )
        )
    session.show(document, lines)
    return 0


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
    Command("restore", T("put a backup back"), _restore, _restore_options),
    Command("db", T("the database"), _db, _db_options),
)
