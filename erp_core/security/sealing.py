"""The keys that a database needs, and what is made with them: the vault that its new values are sealed by, and the
marks by which equal contents are known without being readable."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from erp_core.db.engine import keys_folder
from erp_core.errors import Unavailable
from erp_core.security.keyring import read_keyring
from erp_core.security.tables import personal_key, sealed_secret
from erp_core.security.vault import Document, Kind, Vault, vault_of
from erp_core.text import T

Ints = npt.NDArray[np.int64]
_CONTENTS = "contents"


class Marker:
    """Keyed hashes of 64 bits, by a secret that belongs to the database. They tell that two contents are equal;
    without the secret nobody can try out which content it is. The secret stays when keys are changed."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def numbers(self, plain: Ints) -> Ints:
        """The marks of hashes that anybody could compute, one each."""
        octets = np.asarray(plain, "<i8").tobytes()
        parts = (octets[at : at + 8] for at in range(0, len(octets), 8))
        marks = b"".join(self._mark(part, b"number") for part in parts)
        return np.frombuffer(marks, "<i8").astype(np.int64)

    def number(self, plain: int) -> int:
        """The mark of one hash."""
        return int(self.numbers(np.array([plain], np.int64))[0])

    def words(self, words: Iterable[str]) -> list[int]:
        """The marks of texts, one each."""
        return [int.from_bytes(self._mark(word.encode(), b"word"), "little", signed=True) for word in words]

    def _mark(self, content: bytes, kind: bytes) -> bytes:
        return hashlib.blake2b(content, digest_size=8, key=self._secret, person=kind).digest()


def marker_of(connection: sa.Connection) -> Marker:
    """The marker of this database, which must be locked for writing: its secret is made at first use."""
    query = sa.select(sealed_secret.c.personal).where(sealed_secret.c.name == _CONTENTS)
    found = connection.execute(query).scalar_one_or_none()
    if found is None:
        found = {"secret": secrets.token_hex(32)}
        sealing_vault(connection)
        connection.execute(sa.insert(sealed_secret).values(name=_CONTENTS, personal=found))
    return Marker(bytes.fromhex(found["secret"]))


def sealing_vault(connection: sa.Connection) -> Vault:
    """The vault that seals what is written into this database, which must be locked for writing.

    Raises Unavailable where the keyring is not the one that the database was sealed with: values under a new key beside
    others that nobody can read would hide that the keys are lost.
    """
    refuse_missing_keys(connection)
    vault = vault_of(connection)
    key = vault.keyring.current
    known = connection.execute(sa.select(personal_key.c.id).where(personal_key.c.id == key.id)).first()
    if known is None:
        connection.execute(sa.insert(personal_key).values(id=key.id, made_at=key.made_at))
    return vault


def refuse_missing_keys(connection: sa.Connection) -> None:
    """Raise Unavailable, naming them, where the keyring lacks keys that this database's personal data need."""
    missing = needed_keys(connection) - _held(keys_folder(connection.dialect))
    if missing:
        raise Unavailable(
            T(
                "Personal data cannot be read: the keys {keys} are not in the keyring.",
                keys=", ".join(sorted(missing)),
            ),
            hint=T("Put the keyring that holds them into {folder}, or restore a backup made with a passphrase.",
                   folder=str(keys_folder(connection.dialect))),
            code="keys.missing",
        )  # fmt: skip


def needed_keys(connection: sa.Connection) -> frozenset[str]:
    """The ids of the keys without which some of this database's personal data cannot be read."""
    query = sa.select(personal_key.c.id).where(personal_key.c.retired_at.is_(None))
    return frozenset(connection.execute(query).scalars())


def _held(folder: Path) -> frozenset[str]:
    """Without making a keyring where there is none: a lost one must be noticed."""
    keyring = read_keyring(folder)
    return frozenset() if keyring is None else frozenset(keyring.ids)


_DIGESTED = {  # column → what it is a hash of, and that field of the document
    "name_digest": (Kind.NAME, "name"),
    "phone_digest": (Kind.PHONE, "phone"),
    "tail_digest": (Kind.TAIL, "phone"),
    "mail_digest": (Kind.MAIL, "email"),
}


def digests_of(vault: Vault, document: Document | None, columns: Iterable[str]) -> dict[str, int | None]:
    """The keyed hashes of a document's name, phone and mail, for these columns (`name_digest` …)."""
    said = document or {}
    return {
        column: vault.digest(kind, said.get(source))
        for column, (kind, source) in ((column, _DIGESTED[column]) for column in columns)
    }


def digest_columns(
    vault: Vault, documents: Mapping[str, Sequence[Any] | npt.NDArray[Any]], columns: Iterable[str], count: int
) -> dict[str, npt.NDArray[np.object_]]:
    """The same for many documents, given as equally long columns of their fields."""
    found = {}
    for column in columns:
        kind, source = _DIGESTED[column]
        said = documents.get(source)
        found[column] = np.full(count, None, object) if said is None else vault.digests(kind, said)
    return found
