"""the rows that every company starts with"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Product codes and names that carry charges, in the wild: UCI Online Retail, Shopify apps, Taobao and Tmall shops.
CHARGE_WORDS = (
    "post", "postage", "dot", "dotcom postage", "c2", "carriage", "bank charges", "amazonfee", "amazon fee",
    "m", "manual", "d", "discount", "s", "samples", "cruk", "cruk commission", "b", "adjust bad debt",
    "shipping", "freight", "delivery", "handling", "gift wrap", "tip", "shipping protection",
    "邮费", "运费", "邮费补差", "运费补差", "补差价", "补邮费", "补运费", "差价", "补差", "邮费链接", "差价链接", "包装费", "手续费",
)  # fmt: skip


def upgrade() -> None:
    charge_word = sa.table("charge_word", sa.column("word", sa.Text))
    op.bulk_insert(charge_word, [{"word": word} for word in CHARGE_WORDS])
    location = sa.table(
        "location", sa.column("name", sa.Text), sa.column("is_default", sa.Boolean), sa.column("named_by_person", sa.Boolean)
    )
    op.bulk_insert(location, [{"name": "Main", "is_default": True, "named_by_person": False}])
    company = sa.table(
        "company",
        sa.column("id", sa.Integer),
        sa.column("base_currency", sa.Text),
        sa.column("time_zone", sa.Text),
        sa.column("benchmarks", sa.JSON),
        sa.column("planning", sa.JSON),
    )
    op.bulk_insert(
        company,
        [{"id": 1, "base_currency": "CNY", "time_zone": "Asia/Shanghai", "benchmarks": {}, "planning": {}}],
    )
