"""Where this installation keeps its state, from the environment.

| variable | meaning | default |
|---|---|---|
| `ERP_HOME` | the one folder for keys, jobs, uploads, backups | `var/` beside the checkout |
| `ERP_DATABASE_URL` | the company's one database | `sqlite:///<ERP_HOME>/erp.db` |
| `ERP_LANGUAGE` | language of the terminal: `en` or `zh_CN` | from `LANG`, else `en` |
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """The installation: its folder, its database, its terminal language."""

    home: Path
    database_url: str
    language: str = "en"

    @property
    def jobs_path(self) -> Path:
        """The book of long work, apart from the company's database."""
        return self.home / "jobs.db"

    @property
    def uploads(self) -> Path:
        """Files that a page took in and a job will read."""
        return self.home / "uploads"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the environment; creates nothing."""
    env = os.environ if environment is None else environment
    home = Path(env.get("ERP_HOME") or ROOT / "var").expanduser().absolute()
    url = env.get("ERP_DATABASE_URL") or f"sqlite:///{home / 'erp.db'}"
    return Settings(home=home, database_url=url, language=_language(env))


def _language(env: Mapping[str, str]) -> str:
    wanted = env.get("ERP_LANGUAGE") or env.get("LANG", "")
    return "zh_CN" if wanted.lower().startswith("zh") else "en"
