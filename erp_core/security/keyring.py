"""The keys that personal data are sealed with: a file outside the database, readable by its owner alone.

ERP_HOME/keys/keyring.json holds the current key first and, while personal data are being moved to it, the one before.
From each key's secret two others are derived (HKDF, RFC 5869): one encrypts, one makes the keyed hashes that equal
values are found by. Whoever loses this file has lost the personal data; whoever holds it and the database reads them.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import os
import secrets
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from erp_core.errors import Unavailable
from erp_core.files.lasting import sync_folder
from erp_core.text import T

FILE = "keyring.json"
_VERSION = 1
_SECRET_BYTES = 32


@dataclass(frozen=True)
class Key:
    """One key: its id, which stands before all that it seals; when it was made (aware, UTC); its secret, 32 bytes."""

    id: str
    made_at: dt.datetime
    secret: bytes = field(repr=False)

    @classmethod
    def new(cls, now: dt.datetime) -> Key:
        """A key from the system's randomness."""
        return cls(secrets.token_hex(4), now.astimezone(dt.UTC).replace(microsecond=0), secrets.token_bytes(32))

    def derived(self, purpose: str) -> bytes:
        """32 bytes for one purpose, from which neither the secret nor those of another purpose can be told."""
        return HKDF(SHA256(), 32, None, f"erp-workbench {purpose}".encode()).derive(self.secret)

    def to_json(self) -> dict[str, str]:
        """What stands in the file."""
        secret = base64.urlsafe_b64encode(self.secret).decode()
        return {"id": self.id, "made_at": self.made_at.isoformat(), "secret": secret}

    @classmethod
    def from_json(cls, document: dict[str, str]) -> Key:
        """What `to_json` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        secret = base64.b64decode(document["secret"], altchars=b"-_", validate=True)
        made_at = dt.datetime.fromisoformat(document["made_at"])
        if len(secret) != _SECRET_BYTES or made_at.tzinfo is None or not document["id"].isalnum():
            raise ValueError("not a key")
        return cls(document["id"], made_at, secret)


@dataclass(frozen=True)
class Keyring:
    """The keys that are in use, the current one first."""

    keys: tuple[Key, ...]

    @property
    def current(self) -> Key:
        """What new values are sealed with."""
        return self.keys[0]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids, the current one's first."""
        return tuple(key.id for key in self.keys)

    def to_json(self) -> dict[str, object]:
        """What stands in the file: secrets in the clear."""
        return {"version": _VERSION, "keys": [key.to_json() for key in self.keys]}

    @classmethod
    def from_json(cls, document: dict[str, object]) -> Keyring:
        """What `to_json` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        listed = document["keys"]
        if document["version"] != _VERSION or not isinstance(listed, list) or not listed:
            raise ValueError("not a keyring of this version")
        keys = tuple(Key.from_json(entry) for entry in listed)
        if len({key.id for key in keys}) != len(keys):
            raise ValueError("two keys of one id")
        return cls(keys)


def read_keyring(folder: Path) -> Keyring | None:
    """The keyring in this folder; None where there is none. Raises Unavailable where the file cannot be read."""
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    try:
        return Keyring.from_json(json.loads(text))
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
        raise _unreadable(path, str(error)) from error


def write_keyring(folder: Path, keyring: Keyring) -> None:
    """Put the keyring into this folder, whole or not at all; mode 600 in a folder of mode 700."""
    _make_folder(folder)
    part = _written(folder, keyring)
    try:
        part.replace(folder / FILE)
        sync_folder(folder)
    finally:
        part.unlink(missing_ok=True)


def ensure_keyring(folder: Path, now: dt.datetime) -> Keyring:
    """The keyring in this folder, made where there is none. Of several programs that start at once one makes it."""
    found = read_keyring(folder)
    if found is not None:
        return found
    _make_folder(folder)
    part = _written(folder, Keyring((Key.new(now),)))
    try:
        os.link(part, folder / FILE)  # fails where another program was faster, and never shows half a file
        sync_folder(folder)
    except FileExistsError:
        pass
    except OSError:  # a file system without hard links
        if not (folder / FILE).exists():
            part.replace(folder / FILE)
    finally:
        part.unlink(missing_ok=True)
    made = read_keyring(folder)
    assert made is not None
    return made


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _written(folder: Path, keyring: Keyring) -> Path:
    handle, name = tempfile.mkstemp(dir=folder, prefix=f".{FILE}.")  # of mode 600
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(keyring.to_json(), stream, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    return Path(name)


def _unreadable(path: Path, reason: str) -> Unavailable:
    return Unavailable(
        T("The keys of personal data cannot be read from {name}: {reason}", name=str(path), reason=reason),
        hint=T("Put the file back from where you keep your keys, or restore a backup made with a passphrase."),
        code="keys.unreadable",
    )
