"""Who a buyer or a supplier is."""

from __future__ import annotations

import sqlalchemy as sa

from erp_core.db.base import UtcTime, id_column, metadata, reference
from erp_core.security.vault import Sealed

customer = sa.Table(
    "customer",
    metadata,
    id_column(),
    # '' for a customer list that belongs to no channel; else the channel's name: an id is unique within its shop only
    sa.Column("scope", sa.Text, nullable=False, server_default=""),
    # the tag (`Vault.tag`) of 'id:17850', 'mail:a@b.c' or 'phone:…', never of a masked value; of the current key or,
    # while keys are being changed, of the one before
    sa.Column("key", sa.Text, nullable=False, info={"tag_of": "key"}),
    # key (in the clear), external_id, name, email, phone, address, note; salt: of the hashes in the log of acts
    sa.Column("personal", Sealed),
    sa.Column("name_digest", sa.BigInteger, index=True),
    sa.Column("phone_digest", sa.BigInteger, index=True),
    sa.Column("tail_digest", sa.BigInteger, index=True),
    sa.Column("mail_digest", sa.BigInteger, index=True),
    sa.Column("erased_at", UtcTime),  # the person asked for it; `personal` and the digests are gone
    sa.Column("country", sa.Text),
    sa.Column("province", sa.Text),
    sa.Column("city", sa.Text),
    sa.Column("postcode", sa.Text),
    reference("batch_id", "import_batch.id", nullable=True),
    reference("withdrawn_by", "import_batch.id", nullable=True),
    sa.UniqueConstraint("scope", "key"),
)

supplier = sa.Table(
    "supplier",
    metadata,
    id_column(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("code", sa.Text),
    sa.Column("personal", Sealed),  # contact, email, phone, address, note
    sa.Column("currency", sa.String(3)),
    sa.Column("lead_time_days", sa.Integer),
    sa.Column("minimum_order", sa.BigInteger),  # minor units of `currency`
    reference("batch_id", "import_batch.id", nullable=True),
    reference("withdrawn_by", "import_batch.id", nullable=True),
    sa.CheckConstraint("lead_time_days >= 0", name="lead_time"),
)

# Who asked to be erased: a keyed hash of what told the person from others, so that a file that comes again does not
# bring back what was erased. Orders and contacts from after that moment are a new acquaintance.
erased_person = sa.Table(
    "erased_person",
    metadata,
    sa.Column("mark", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", UtcTime, nullable=False),
    reference("customer_id", "customer.id", nullable=True),  # what is left: a buyer without a name
)
