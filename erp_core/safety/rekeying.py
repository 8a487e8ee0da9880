"""Keys that come with a backup are exchanged for those of the place that it is restored into."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import sqlalchemy as sa

from erp_core.safety import archive, checks
from erp_core.safety.archive import Backup
from erp_core.security.keyring import Keyring, read_keyring
from erp_core.security.rekey import reseal_all
from erp_core.security.sealing import sealing_vault
from erp_core.security.tables import personal_key
from erp_core.security.vault import Vault, vault_of


def keys_to_exchange(backup: Backup, folder: Path) -> Keyring | None:
    """The keyring that opens the backup's personal data, to seal them anew with the current key in `folder`; None where
    they are sealed with that already, or nothing is.

    Raises Unavailable (`keys.missing`) where neither the backup nor the folder has what is needed.
    """
    here, brought = read_keyring(folder), archive.read_keyring(backup)
    opening = brought or here
    checks.assert_keys(backup, frozenset() if opening is None else frozenset(opening.ids))
    if opening is None:
        return None
    used = {key for key in opening.keys if key.id in backup.manifest.keys}
    return opening if used - ({here.current} if here else set()) else None


def exchange(connection: sa.Connection, opening: Keyring, now: dt.datetime) -> None:
    """Seal all personal data of this database, and hash what they are found by, with the current key of the place; the
    keys that they came with are needed no longer. `now`: aware."""
    vault = vault_of(connection)
    reseal_all(connection, Vault(opening), vault, lambda _share: None)
    k = personal_key.c
    connection.execute(
        sa.update(personal_key).where(k.id != vault.current_id, k.retired_at.is_(None)).values(retired_at=now)
    )
    sealing_vault(connection)  # which notes the current key
