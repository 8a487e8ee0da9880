"""What integration tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from tests.integration.shop import Shop


@pytest.fixture
def shop(database: Database, clock: FixedClock, tmp_path: Path) -> Shop:
    """An empty shop, on SQLite and on PostgreSQL."""
    return Shop(database, clock, tmp_path)
