"""Keys and what they seal."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from pathlib import Path

import numpy as np
import pytest
from cryptography.fernet import Fernet, InvalidToken

from erp_core.errors import Unavailable
from erp_core.security.keyring import FILE, Key, Keyring, ensure_keyring, read_keyring, write_keyring
from erp_core.security.vault import Kind, Vault, key_of, vault_in
from tests.conftest import NOW

KEY = Key("0a1b2c3d", NOW, bytes(range(32)))


def hkdf(secret: bytes, info: bytes) -> bytes:
    """RFC 5869 with SHA-256, no salt, one block: T(1) = HMAC(HMAC(0…0, secret), info | 0x01)."""
    extracted = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()


def test_a_document_is_sealed_as_the_standard_says() -> None:
    sealed = Vault(Keyring((KEY,))).seal({"name": "张三", "phone": "13800138000", "mail": None, "note": ""})
    assert sealed is not None
    key_id, token = sealed.split(":", 1)
    other_side = Fernet(base64.urlsafe_b64encode(hkdf(KEY.secret, b"erp-workbench encrypt")))
    assert key_id == key_of(sealed) == KEY.id
    assert json.loads(other_side.decrypt(token)) == {"name": "张三", "phone": "13800138000"}


def test_a_keyed_hash_is_as_the_standard_says() -> None:
    made = Vault(Keyring((KEY,))).digest(Kind.PHONE, "+86 138-0013-8000")
    key = hkdf(KEY.secret, b"erp-workbench look up")
    expected = hashlib.blake2b(b"13800138000", digest_size=8, key=key, person=b"phone").digest()
    assert made == int.from_bytes(expected, "big", signed=True)


def test_one_word_hashes_differently_as_a_name_and_as_a_mail_and_under_another_key() -> None:
    vault, other = Vault(Keyring((KEY,))), Vault(Keyring((Key.new(NOW),)))
    words = {vault.digest(Kind.NAME, "a@b.c"), vault.digest(Kind.MAIL, "a@b.c"), other.digest(Kind.MAIL, "a@b.c")}
    assert len(words) == 3


def test_columns_are_sealed_a_row_at_a_time_and_rows_that_say_nothing_are_left_alone() -> None:
    vault = Vault(Keyring((KEY,)))
    sealed = vault.seal_columns({"name": np.array(["Ann", None, None], object), "note": [None, None, "gift"]})
    assert [vault.open(one) for one in sealed] == [{"name": "Ann"}, {}, {"note": "gift"}]
    assert sealed[1] is None


def test_a_former_key_still_opens_and_finds_and_is_no_longer_used_to_seal() -> None:
    before = Vault(Keyring((KEY,)))
    old, found_by = before.seal({"name": "Ann"}), before.digest(Kind.NAME, "Ann")
    during = Vault(Keyring((Key.new(NOW), KEY)))
    assert old is not None
    assert during.open(old) == {"name": "Ann"}
    assert found_by in during.digests_to_find(Kind.NAME, " ann ")
    again = during.reseal(old)
    assert again is not None
    assert key_of(again) == during.current_id != KEY.id
    after = Vault(Keyring(during.keyring.keys[:1]))
    assert after.open(again) == {"name": "Ann"}
    with pytest.raises(Unavailable, match=KEY.id):
        after.open(old)
    with pytest.raises(InvalidToken):
        Fernet(base64.urlsafe_b64encode(KEY.derived("encrypt"))).decrypt(again.split(":", 1)[1])


def test_the_keyring_is_made_once_readable_by_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "keys"
    rings: list[Keyring] = []
    threads = [threading.Thread(target=lambda: rings.append(ensure_keyring(folder, NOW))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({ring.current.secret for ring in rings}) == 1
    assert (folder / FILE).stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in folder.iterdir()] == [FILE]


def test_a_changed_keyring_is_seen_at_once(tmp_path: Path) -> None:
    first = vault_in(tmp_path)
    assert vault_in(tmp_path) is first
    write_keyring(tmp_path, Keyring((Key.new(NOW), *first.keyring.keys)))
    assert vault_in(tmp_path).keyring.ids[1:] == first.keyring.ids


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"version": 1, "keys": []}', '{"version": 1, "keys": [{"id": "a"}]}']
)
def test_a_damaged_keyring_is_named_and_never_replaced(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(Unavailable, match=FILE):
        ensure_keyring(tmp_path, NOW)
    assert (tmp_path / FILE).read_text() == text


def test_what_is_written_is_read_and_no_secret_is_shown(tmp_path: Path) -> None:
    ring = Keyring((Key.new(NOW), KEY))
    write_keyring(tmp_path, ring)
    assert read_keyring(tmp_path) == ring
    assert "secret" not in repr(ring)
