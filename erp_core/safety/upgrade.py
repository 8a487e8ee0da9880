"""Bringing a database to the schema of this version, with a backup of what it holds made first."""

from __future__ import annotations

from dataclasses import dataclass

from erp_core.clock import Clock, SystemClock
from erp_core.db.engine import Database
from erp_core.db.migrate import current_revision, head_revision, revisions, upgrade
from erp_core.db.uow import unit_of_work
from erp_core.errors import ErpError, Unavailable
from erp_core.jobs.process import FileLock
from erp_core.safety.archive import Backup
from erp_core.safety.passphrase import shelf_of
from erp_core.safety.rewriting import is_pending, rewrite
from erp_core.safety.rules import Occasion
from erp_core.safety.service import back_up
from erp_core.security import audit
from erp_core.security.actor import START, Actor
from erp_core.security.permissions import Permission
from erp_core.security.sealing import refuse_missing_keys
from erp_core.settings import Settings
from erp_core.text import T

UPGRADE_USER = Actor("upgrade", frozenset({Permission.RUN_BACKUPS}), START)


@dataclass(frozen=True)
class Upgraded:
    """What an upgrade did: the revisions before (None = a new database) and after; the backup, where one was made."""

    before: str | None
    after: str
    backup: Backup | None

    @property
    def changed(self) -> bool:
        """Whether there was anything to do."""
        return self.before != self.after


def upgrade_safely(settings: Settings, clock: Clock) -> Upgraded:
    """Run the migrations that are missing; a database that was in use is backed up first.

    Safe to call by several programs at once: one does the work, the others wait for it. Where a migration sealed what
    stood in the clear, the files are written anew afterwards (`rewriting`). Raises Unavailable where the
    database is of a newer version, where the backup fails (then nothing was migrated) or where a migration does (then
    the database is as it was), and where the keyring lacks a key that the database's personal data need.
    """
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)  # nobody else's business
    database = Database(settings.database_url, settings.keys)
    try:
        before = current_revision(database)
        done = Upgraded(before, head_revision(), None)
        if done.changed or is_pending(database):
            with FileLock(settings.home / "upgrade.lock"):
                done = _upgrade(database, settings, clock)
                rewrite(database)
        with database.reading() as connection:
            refuse_missing_keys(connection)
        return done
    finally:
        database.dispose()


def open_database(settings: Settings, clock: Clock | None = None) -> Database:
    """The company's database, at the schema of this version; see `upgrade_safely` for what it raises."""
    upgrade_safely(settings, clock or SystemClock())
    return Database(settings.database_url, settings.keys)


def _upgrade(database: Database, settings: Settings, clock: Clock) -> Upgraded:
    before, head = current_revision(database), head_revision()
    if before == head:  # another program has done it while this one waited
        return Upgraded(before, head, None)
    if before is not None and before not in revisions():
        raise Unavailable(
            T("The database was made by a newer version of the workbench, or by another program."),
            hint=T("Start the newest version, or check ERP_DATABASE_URL."),
            code="database.unknown_revision",
        )
    who = UPGRADE_USER.acting(clock)
    saved = None
    if before is not None:
        try:
            saved = back_up(database, who, shelf_of(settings), Occasion.UPGRADE)
        except ErpError as error:
            raise Unavailable(
                T("The database was not upgraded, because the backup before it failed. {reason}", reason=error.message),
                hint=error.hint,
                code="upgrade.no_backup",
            ) from error
    after = upgrade(database)
    if saved is not None:
        with unit_of_work(database, who) as uow:
            audit.record(
                uow, audit.Act.DATABASE_UPGRADED, after, before={"schema": before}, after={"schema": after},
                backup=saved.path.name,
            )  # fmt: skip
            uow.commit()
    return Upgraded(before, after, saved)
