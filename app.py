"""The front door: one ASGI app that serves the pages and /api. Start it with `streamlit run app.py`.

The main script is ui/shell.py, so that pages/ does not lie beside it: Streamlit would otherwise serve every file of
that folder by itself, past any guard.
"""

import gc
import importlib
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

import erp_core.schema  # noqa: F401  (every room’s tables)
from erp_core.api.doors import door_routes
from erp_core.api.doorway import Doorway, note_foreign
from erp_core.api.hardening import Hardened, content_policy
from erp_core.api.routes import ROUTES
from erp_core.clock import SystemClock
from erp_core.db.engine import Database
from erp_core.errors import ErpError
from erp_core.jobs.supervisor import Supervisor
from erp_core.safety.upgrade import upgrade_safely
from erp_core.security.views import are_there_accounts
from erp_core.settings import Settings, load_settings
from erp_core.text import say
from ui.vouched import claims_of
from ui.whose import is_for_this_machine_only, only_here, require_own_secret, signs_in_elsewhere

log = logging.getLogger("erp_workbench")


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Bring the database up to date, after a backup; run one worker for long work while the app runs."""
    settings = load_settings()
    try:
        upgrade_safely(settings, SystemClock())
        _require_accounts_or_this_machine(settings)
        require_own_secret()
    except ErpError as error:
        for text in filter(None, (error.message, error.hint)):
            log.error(say(text, settings.language))
        logging.shutdown()
        os._exit(1)  # nothing is open yet, and the server would end any exception in a traceback
    _settle()
    supervisor = Supervisor(settings)
    supervisor.start()
    try:
        yield
    finally:
        supervisor.stop()


def _require_accounts_or_this_machine(settings: Settings) -> None:
    database = Database(settings.database_url, settings.keys)
    try:
        with database.reading() as connection:
            team = are_there_accounts(connection)
    finally:
        database.dispose()
    if not team and not is_for_this_machine_only():
        raise only_here()


def _settle() -> None:
    """Load what every page uses, and let the garbage collector look at it no more: Streamlit has it search all that is
    loaded after each run of a page, which took two thirds of the time of a short run."""
    for name in ("plotly.graph_objects", "erp_core.overview.decisions", "erp_core.imports.service"):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


def on_script_error(error: Exception) -> bool:
    """No traceback on a page: the shell shows what it can, the rest goes to the log."""
    log.exception("a page failed", exc_info=error)
    return False


POLICY = content_policy((Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8"))

app = st.App(
    "ui/shell.py",
    lifespan=lifespan,
    routes=[*ROUTES, *door_routes(elsewhere=signs_in_elsewhere())],
    middleware=[
        Middleware(Hardened, settings=load_settings(), policy=POLICY, noted=note_foreign),
        Middleware(Doorway, claims=claims_of),
    ],
    on_script_error=on_script_error,
)
