"""Packing rollups anew in the background, after imports and other changes made their blocks void."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from erp_core.clock import Clock
from erp_core.db import packs
from erp_core.db.engine import Database
from erp_core.jobs.registry import JobContext
from erp_core.jobs.schedule import Duty
from erp_core.orders.packed import LINES, ORDERS, SALES
from erp_core.settings import Settings
from erp_core.stock.packed import STOCK
from erp_core.text import T

PACK = "rollups.pack"
LOOK_SECONDS = 3.0
ROLLUPS = (SALES, STOCK, ORDERS, LINES)


def pack(context: JobContext) -> Mapping[str, Any]:
    """Write every void block; how many were written."""
    database = Database(context.settings.database_url, context.settings.keys)
    written = 0
    try:
        for at, rollup in enumerate(ROLLUPS):
            context.progress(at / len(ROLLUPS), T("Preparing the sums that pages read"))
            written += packs.pack(database, (rollup,))
    finally:
        database.dispose()
    return {"blocks": written}


def wanted(settings: Settings, _clock: Clock) -> Mapping[str, Any] | None:
    """The job's arguments where a block is void, or None."""
    database = Database(
        settings.database_url, settings.keys
    )  # anew each time: a restore may have put another file in its place
    try:
        with database.reading() as connection:
            return {} if packs.is_void(connection) else None
    finally:
        database.dispose()


DUTY = Duty(PACK, LOOK_SECONDS, "worker", lambda: wanted)
