"""HTTP beside the pages."""

from __future__ import annotations

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from erp_core import __version__
from erp_core.api.doorway import HEALTH
from erp_core.db.engine import Database
from erp_core.db.migrate import current_revision, head_revision
from erp_core.errors import ErpError
from erp_core.settings import load_settings


def health() -> tuple[dict[str, object], int]:
    """Whether the workbench can serve: version, database, schema; 200, or 503 with what is wrong. No secrets."""
    report: dict[str, object] = {"status": "ok", "version": __version__}
    try:
        database = Database(load_settings().database_url)
        try:
            with database.reading() as connection:
                connection.execute(sa.select(1))
            report["database"] = database.url.get_backend_name()
            report["schema"] = current_revision(database)
            if report["schema"] != head_revision():
                report |= {"status": "failing", "problem": "schema.outdated"}
        finally:
            database.dispose()
    except (ErpError, sa.exc.SQLAlchemyError) as error:
        report |= {"status": "failing", "problem": error.code if isinstance(error, ErpError) else "database.error"}
    return report, 200 if report["status"] == "ok" else 503


async def _health(_request: Request) -> JSONResponse:
    report, status = await run_in_threadpool(health)
    return JSONResponse(report, status_code=status)


ROUTES = [Route(HEALTH, _health, methods=["GET"])]
