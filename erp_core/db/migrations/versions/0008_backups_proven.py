"""proofs that backups can be restored"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from erp_core.db.base import UtcTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
