"""What is remembered of who did what. The rows are chained by their hashes (`audit_chain`); triggers refuse to change
or delete any."""

from __future__ import annotations

import sqlalchemy as sa

from erp_core.db.base import UtcTime, id_column, metadata, reference
from erp_core.security.vault import Sealed

_JSON = sa.JSON(none_as_null=True)

audit_event = sa.Table(
    "audit_event",
    metadata,
    id_column(),
    sa.Column("at", UtcTime, nullable=False, index=True),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False, server_default=""),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("source", sa.Text, nullable=False, server_default=""),  # where from: `page 203.0.113.7`, `terminal` …
    sa.Column("before", _JSON),  # the values that the act changed, as they were
    sa.Column("after", _JSON),  # and as they are now
    sa.Column("previous", sa.Text, nullable=False, server_default=""),  # the hash of the event before
    sa.Column("hash", sa.Text, nullable=False, server_default=""),
)

# The newest event, in one row, so that a tail that was cut off is missed.
audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("event_id", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.CheckConstraint("id = 1", name="one_row"),
)

# Who may enter. An account is switched off, never deleted: its name stands in the audit and must not become another's.
app_user = sa.Table(
    "app_user",
    metadata,
    id_column(),
    sa.Column("name", sa.Text, nullable=False),  # as it is shown
    sa.Column("name_key", sa.Text, nullable=False, unique=True),  # as it is compared
    sa.Column("mail", sa.Text, unique=True),  # of the work, as it is compared; the tie to a sign-in elsewhere
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("grants", sa.JSON, nullable=False),  # permissions beyond the role's
    sa.Column("limited", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("channels", sa.JSON, nullable=False),  # ids of the shops that a limited account sees; else empty
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("signed_in_at", UtcTime),
    sa.Column("password_hash", sa.Text),  # argon2id; None: signs in elsewhere only
    sa.Column("password_is_first", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("issuer", sa.Text),  # with `subject`: who this is at an OpenID provider, bound at the first sign-in
    sa.Column("subject", sa.Text),
    sa.Column("second_factor", Sealed),  # {"secret": base32}; sealed with the keys of personal data
    sa.Column("second_factor_on", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("second_factor_step", sa.BigInteger, nullable=False, server_default=sa.text("0")),  # last used
    sa.Column("void_before", UtcTime),  # sign-ins elsewhere that are older than this count no more
    sa.UniqueConstraint("issuer", "subject"),
)

# A signed-in browser. Only a hash of its token is kept.
user_session = sa.Table(
    "user_session",
    metadata,
    id_column(),
    reference("user_id", "app_user.id", index=True),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("stage", sa.String(16), nullable=False),  # rules.Stage: what it may be used for
    sa.Column("elsewhere", sa.Boolean, nullable=False, server_default=sa.false()),  # signed in at a provider
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("seen_at", UtcTime, nullable=False),
    sa.Column("ends_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime),
    sa.Column("address", sa.Text, nullable=False, server_default=""),
    sa.Column("browser", sa.Text, nullable=False, server_default=""),
)

# Codes that stand in for a lost second factor, once each; only hashes are kept.
recovery_code = sa.Table(
    "recovery_code",
    metadata,
    id_column(),
    reference("user_id", "app_user.id", index=True),
    sa.Column("code_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("used_at", UtcTime),
)

# Tries that failed, by account and by address, whether such an account exists or not: how long the next must wait.
failed_tries = sa.Table(
    "failed_tries",
    metadata,
    sa.Column("whose", sa.String(64), primary_key=True),  # a hash: names that were mistyped are often passwords
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("last_at", UtcTime, nullable=False),
    sa.Column("blocked_until", UtcTime),
)

# When a refusal was last recorded, so that one visitor cannot flood the audit.
refusal_noted = sa.Table(
    "refusal_noted",
    metadata,
    sa.Column("what", sa.String(64), primary_key=True),  # a hash of who, what and where from
    sa.Column("at", UtcTime, nullable=False),
)


# The keys that this database's personal data are or were sealed with; those that are not retired are needed to read it.
personal_key = sa.Table(
    "personal_key",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("retired_at", UtcTime),
)

# Random secrets that belong to the database and move with its backups: what keyed hashes of contents are made with.
sealed_secret = sa.Table(
    "sealed_secret",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("personal", Sealed, nullable=False),  # secret
)

# What must follow a migration outside its transaction, and is not done yet.
upkeep = sa.Table("upkeep", metadata, sa.Column("task", sa.Text, primary_key=True))
