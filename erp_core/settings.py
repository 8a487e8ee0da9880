"""Where this installation keeps its state, from the environment.

| variable | meaning | default |
|---|---|---|
| `ERP_HOME` | the one folder for keys, jobs, uploads, backups | `var/` beside the checkout |
| `ERP_DATABASE_URL` | the company's one database | `sqlite:///<ERP_HOME>/erp.db` |
| `ERP_LANGUAGE` | language of the terminal: `en` or `zh_CN` | from `LANG`, else `en` |
| `ERP_INBOX_QUIET` | seconds for which a file in the watched folder must not have changed | 5 |
| `ERP_SMTP_URL` | the mail server: `smtp://user:password@host:587`, or `smtps://…` | none: no mail |
| `ERP_MAIL_FROM` | the sender of mails | the user of `ERP_SMTP_URL` |
| `ERP_PUBLIC_URL` | where people open the workbench; messages link to it | none: no link |
| `ERP_INBOX_PATIENCE` | seconds for which one half of a two-file export waits for the other | 600 |
| `ERP_BACKUP_PASSPHRASE` | what backups are sealed with | `ERP_HOME/keys/backup.json`, else none: backups are plain |
| `ERP_BACKUP_AT` | when the nightly backup is made, `HH:MM` in the company's time zone, or `off` | 02:30 |
| `ERP_SESSION_IDLE` | minutes after which an unused sign-in ends | 30 |
| `ERP_SESSION_HOURS` | hours after which every sign-in ends | 12 |

What is no number of seconds, or no time of day, counts as not given.
"""

from __future__ import annotations

import datetime as dt
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INBOX_QUIET_SECONDS = 5.0
INBOX_PATIENCE_SECONDS = 600.0
BACKUP_AT = dt.time(2, 30)
SESSION_IDLE_MINUTES = 30.0
SESSION_HOURS = 12.0


@dataclass(frozen=True)
class Settings:
    """The installation: its folder, its database, its terminal language, how patient its inbox is (seconds), how mails
    go out, where people open it, when its backup is made (in the company's time zone; None = never by itself) and what
    it is sealed with, where the environment says so; how long a sign-in lasts unused (minutes) and in all (hours)."""

    home: Path
    database_url: str = field(repr=False)  # may hold a password
    language: str = "en"
    inbox_quiet: float = INBOX_QUIET_SECONDS
    inbox_patience: float = INBOX_PATIENCE_SECONDS
    smtp_url: str | None = field(default=None, repr=False)  # holds a password
    mail_from: str | None = None
    public_url: str | None = None
    backup_at: dt.time | None = BACKUP_AT
    session_idle: float = SESSION_IDLE_MINUTES
    session_whole: float = SESSION_HOURS
    backup_passphrase: str | None = field(default=None, repr=False)

    @property
    def jobs_path(self) -> Path:
        """The book of long work, apart from the company's database."""
        return self.home / "jobs.db"

    @property
    def uploads(self) -> Path:
        """Files that a page took in and a job will read."""
        return self.home / "uploads"

    @property
    def inbox(self) -> Path:
        """The watched folder: what is put there is imported."""
        return self.home / "inbox"

    @property
    def demo(self) -> Settings:
        """The demo shop: a home and a database of its own inside this one's folder, whether it is there or not."""
        return self._inner("demo")

    @property
    def demo_workshop(self) -> Settings:
        """Where the demo shop is made: its jobs are in a book of its own, so that nothing of them stays behind."""
        return self._inner("demo.work")

    def _inner(self, name: str) -> Settings:
        home = self.home / name
        return replace(self, home=home, database_url=f"sqlite:///{home / 'erp.db'}")

    @property
    def keys(self) -> Path:
        """Secrets: the keys of personal data, the addresses of the digest. Never in the database nor in a backup."""
        return self.home / "keys"

    @property
    def backups(self) -> Path:
        """Backups of the company's database."""
        return self.home / "backups"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the environment; creates nothing."""
    env = os.environ if environment is None else environment
    home = Path(env.get("ERP_HOME") or ROOT / "var").expanduser().absolute()
    url = env.get("ERP_DATABASE_URL") or f"sqlite:///{home / 'erp.db'}"
    return Settings(
        home=home,
        database_url=url,
        language=_language(env),
        inbox_quiet=_seconds(env.get("ERP_INBOX_QUIET"), INBOX_QUIET_SECONDS),
        inbox_patience=_seconds(env.get("ERP_INBOX_PATIENCE"), INBOX_PATIENCE_SECONDS),
        smtp_url=env.get("ERP_SMTP_URL") or None,
        mail_from=env.get("ERP_MAIL_FROM") or None,
        public_url=(env.get("ERP_PUBLIC_URL") or "").rstrip("/") or None,
        backup_at=_time_of_day(env.get("ERP_BACKUP_AT"), BACKUP_AT),
        session_idle=_lasting(env.get("ERP_SESSION_IDLE"), SESSION_IDLE_MINUTES),
        session_whole=_lasting(env.get("ERP_SESSION_HOURS"), SESSION_HOURS),
        backup_passphrase=env.get("ERP_BACKUP_PASSPHRASE") or None,
    )


def _seconds(word: str | None, default: float) -> float:
    try:
        seconds = float(word or "")
    except ValueError:
        return default
    return seconds if math.isfinite(seconds) and seconds >= 0 else default


def _lasting(word: str | None, default: float) -> float:
    """A time for which sign-ins last: more than nothing, and no more than a year of hours."""
    length = _seconds(word, default)
    return length if 0 < length <= 8784 else default


def _time_of_day(word: str | None, default: dt.time) -> dt.time | None:
    word = (word or "").strip().lower()
    if word == "off":
        return None
    try:
        return dt.datetime.strptime(word, "%H:%M").time()
    except ValueError:
        return default


def _language(env: Mapping[str, str]) -> str:
    wanted = env.get("ERP_LANGUAGE") or env.get("LANG", "")
    return "zh_CN" if wanted.lower().startswith("zh") else "en"
