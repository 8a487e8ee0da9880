"""Roles, how long sign-ins last, how long tries wait, codes of the second factor, passwords."""

from __future__ import annotations

import datetime as dt

import pytest

from erp_core.errors import BadInput
from erp_core.security import second_factor
from erp_core.security.passwords import first_password, fits, hashed, is_outdated, require_strong
from erp_core.security.permissions import ALL_PERMISSIONS, Permission
from erp_core.security.rules import (
    BY_ACCOUNT,
    BY_ADDRESS,
    GRANTED_APART,
    ROLE_NAMES,
    ROLES,
    SPLIT_BY_SHOP,
    Times,
    is_over,
    permitted,
    wait_after,
)

AT = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
IDLE = dt.timedelta(minutes=30)


def test_what_is_granted_apart_is_in_no_role_and_an_administrator_has_all_else() -> None:
    assert {Permission.EXPORT, Permission.SEE_PERSONAL_DATA} == GRANTED_APART
    for held in ROLES.values():
        assert not held & GRANTED_APART
    assert ROLES["admin"] | GRANTED_APART == ALL_PERMISSIONS
    assert set(ROLE_NAMES) == set(ROLES) == {"viewer", "analyst", "planner", "operator", "finance", "admin"}


def test_only_administrators_handle_people_keys_backups_and_the_audit() -> None:
    rule = {
        Permission.MANAGE_PEOPLE, Permission.MANAGE_KEYS, Permission.VIEW_AUDIT, Permission.ANSWER_PERSONS,
        Permission.RUN_BACKUPS, Permission.EDIT_SETTINGS,
    }  # fmt: skip
    for name, held in ROLES.items():
        assert bool(held & rule) == (name == "admin"), name


def test_grants_that_are_none_and_roles_that_are_none_permit_nothing() -> None:
    assert permitted("owner", [], limited=False) == frozenset()
    assert Permission.MANAGE_PEOPLE not in permitted("viewer", ["manage_people", "export"], limited=False)
    assert permitted("viewer", ["export"], limited=False) == ROLES["viewer"] | {Permission.EXPORT}


@pytest.mark.parametrize("role", ROLES)
def test_who_is_limited_to_some_shops_holds_only_what_can_be_split_by_shop(role: str) -> None:
    held = permitted(role, [str(grant) for grant in GRANTED_APART], limited=True)
    assert held <= SPLIT_BY_SHOP
    assert Permission.VIEW_DASHBOARDS in held
    assert Permission.VIEW_STOCK not in held


def test_a_session_ends_unused_at_its_end_or_when_it_is_ended() -> None:
    seen, end = AT, AT + dt.timedelta(hours=12)
    assert not is_over(Times(seen, end, None), AT + dt.timedelta(minutes=29, seconds=59), IDLE)
    assert is_over(Times(seen, end, None), AT + dt.timedelta(minutes=30), IDLE)
    assert not is_over(Times(end - dt.timedelta(seconds=2), end, None), end - dt.timedelta(seconds=1), IDLE)
    assert is_over(Times(end - dt.timedelta(seconds=2), end, None), end, IDLE)
    assert is_over(Times(seen, end, AT), AT, IDLE)


def test_tries_wait_longer_and_longer_up_to_a_limit() -> None:
    waits = [wait_after(count, BY_ACCOUNT).total_seconds() for count in range(1, 14)]
    # four are free; then 30 s · 2^n, at most an hour: 30 · 2^7 = 3840 > 3600
    assert waits == [0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert wait_after(19, BY_ADDRESS) == dt.timedelta(0)
    assert wait_after(20, BY_ADDRESS) == dt.timedelta(seconds=30)
    assert wait_after(10**9, BY_ADDRESS) == dt.timedelta(minutes=15)


# RFC 6238, appendix B, SHA-1: the secret “12345678901234567890”; of its eight digits a phone shows the last six.
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
VECTORS = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]


@pytest.mark.parametrize(("seconds", "digits"), VECTORS)
def test_codes_are_those_of_the_standard_and_count_once(seconds: int, digits: str) -> None:
    at, code = dt.datetime.fromtimestamp(seconds, dt.UTC), digits[-6:]
    assert second_factor.step_of(SECRET, code, at, 0) == seconds // 30
    assert second_factor.step_of(SECRET, f" {code[:3]} {code[3:]} ", at, 0) == seconds // 30
    assert second_factor.step_of(SECRET, code, at, seconds // 30) is None  # used already
    assert second_factor.step_of(SECRET, code, at + dt.timedelta(seconds=30), 0) == seconds // 30  # a slow clock
    assert second_factor.step_of(SECRET, code, at + dt.timedelta(seconds=90), 0) is None


@pytest.mark.parametrize("code", ["", "28708", "2870822", "２８７０８２", "28708x", "-87082"])
def test_what_are_not_six_digits_is_no_code(code: str) -> None:
    assert second_factor.step_of(SECRET, code, dt.datetime.fromtimestamp(59, dt.UTC), 0) is None


def test_recovery_codes_are_kept_as_hashes_that_overlook_how_they_are_typed() -> None:
    codes = second_factor.recovery_codes()
    assert len(set(codes)) == 10
    assert second_factor.code_hash(codes[0].upper().replace("-", " ")) == second_factor.code_hash(codes[0])
    assert codes[0] not in second_factor.code_hash(codes[0])


def test_a_password_is_kept_as_argon2id_with_the_low_memory_profile_of_rfc_9106() -> None:
    kept = hashed("violet otter plumbs gravel")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert fits(kept, "violet otter plumbs gravel")
    assert not fits(kept, "violet otter plumbs grave")
    assert not fits(None, "violet otter plumbs gravel")
    assert not fits("no hash at all", "violet otter plumbs gravel")
    assert not is_outdated(kept)
    assert is_outdated(kept.replace("t=3", "t=2"))
    assert hashed("a") != hashed("a")  # salted


@pytest.mark.parametrize(
    "password", ["", "short", "password123", "qwertyuiop", "1234567890", "anna.li@lamps.example", "Anna Lamps 2026"]
)
def test_weak_passwords_are_refused_also_those_made_of_what_is_known_of_the_person(password: str) -> None:
    with pytest.raises(BadInput):
        require_strong(password, ["Anna Lamps", "anna.li@lamps.example"])


@pytest.mark.parametrize(
    "password",
    [
        "Qimu Home Lighting",
        "qimuhomelighting",
        "Qimu Home Lighting 2026",
        "2026-Qimu-Anna-Home",
        "祁木家居2026888",
        "ERP Workbench 1",
    ],
)
def test_what_is_known_of_the_shop_counts_for_nothing(password: str) -> None:
    known = ["Anna", "Qimu Home Lighting", "祁木家居"]
    with pytest.raises(BadInput):
        require_strong(password, known)
    require_strong(f"{password} violet otter plumbs gravel", known)


def test_four_odd_words_are_strong_and_so_is_the_password_that_is_made_up() -> None:
    require_strong("violet otter plumbs gravel", ["Anna"])
    require_strong("紫色水獭修理碎石路灯泡", ["Anna"])
    require_strong(first_password(), ["Anna"])
    with pytest.raises(BadInput, match="more than 200"):
        require_strong("x" * 201)
