"""the log of acts: before and after, from where, chained"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from erp_core.db.base import UtcTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
