"""Accounts and sign-ins on both databases, with a clock that the test moves."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass

import pyotp
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from erp_core.db.engine import Database
from erp_core.db.uow import unit_of_work
from erp_core.errors import BadInput, Conflict, ErpError, NotPermitted
from erp_core.security import audit, service, sessions
from erp_core.security import sign_in as door
from erp_core.security.actor import LOCAL_USER
from erp_core.security.permissions import Permission
from erp_core.security.rules import BY_ACCOUNT, Lasting, Stage
from erp_core.security.service import NewPerson, Rights
from erp_core.security.sessions import Held, Place, SignedOut, hash_of
from erp_core.security.sign_in import PasswordChange
from erp_core.security.tables import app_user, audit_event, failed_tries, recovery_code, user_session
from erp_core.security.views import account_named, accounts, sign_ins, unused_recovery_codes
from tests.conftest import NOW

ISSUER = "https://id.example"
FIRST, OWN = "first otter plumbs gravel", "violet heron sells lamps"


@dataclass
class Moving:
    """A clock that the test moves."""

    at: dt.datetime = NOW

    def now(self) -> dt.datetime:
        return self.at

    def later(self, **by: float) -> None:
        self.at += dt.timedelta(**by)


@dataclass
class Shop:
    """A database with an administrator, Anna, and a planner, Bo, who have chosen their passwords."""

    database: Database
    clock: Moving

    def door(self, address: str = "203.0.113.7") -> door.Door:
        return door.Door(self.database, self.clock, Lasting(), Place(address, "test"))

    def does(self, act: object, *given: object) -> object:
        with unit_of_work(self.database, LOCAL_USER.acting(self.clock)) as uow:
            done = act(uow, *given)  # type: ignore[operator]
            uow.commit()
        return done

    def id(self, name: str) -> int:
        with self.database.reading() as connection:
            return account_named(connection, name).id

    def held(self, token: str) -> Held | None:
        return sessions.held(self.database, hash_of(token), self.clock, Lasting())

    def enters(self, name: str, password: str = OWN) -> str:
        begun = door.sign_in(self.door(), name, password)
        assert begun.stage is Stage.WHOLE
        return begun.token

    def audited(self, action: str) -> list[tuple[str, str, str | None]]:
        with self.database.reading() as connection:
            e = audit_event.c
            rows = connection.execute(sa.select(e).where(e.action == action).order_by(e.id))
            return [(row.actor, row.subject, row.details.get("code")) for row in rows]

    def every_word(self) -> str:
        """All that the tables of people hold, as one text."""
        with self.database.reading() as connection:
            tables = (app_user, user_session, failed_tries, recovery_code, audit_event)
            return "\n".join(
                str(row) for table in tables for row in connection.exec_driver_sql(f"SELECT * FROM {table.name}")
            )


@pytest.fixture
def empty(database: Database, monkeypatch: pytest.MonkeyPatch) -> Shop:
    cheap = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)  # the real profile has a test of its own
    monkeypatch.setattr("erp_core.security.passwords._hasher", cheap)
    return Shop(database, Moving())


@pytest.fixture
def shop(empty: Shop) -> Shop:
    empty.does(service.add_person, NewPerson("Anna", "admin", "anna@lamps.example", password=FIRST))
    empty.does(service.add_person, NewPerson("Bo", "planner", "bo@lamps.example", password=FIRST))
    for name in ("Anna", "Bo"):
        begun = door.sign_in(empty.door(), name, FIRST)
        assert begun.stage is Stage.NEW_PASSWORD
        door.change_password(empty.door(), begun.token, PasswordChange(FIRST, OWN))
    return empty


def refusal(code: str, act: object, *given: object) -> None:
    with pytest.raises(ErpError) as caught:
        act(*given)  # type: ignore[operator]
    assert caught.value.code == code


# --- accounts ------------------------------------------------------------------------------------------------------


def test_the_first_account_must_be_an_administrator_who_can_sign_in_here(empty: Shop) -> None:
    for person in (
        NewPerson("Bo", "viewer"),
        NewPerson("Bo", "admin", "bo@lamps.example", elsewhere=True),
    ):
        refusal("person.first_admin", empty.does, service.add_person, person)
    added = empty.does(service.add_person, NewPerson("Anna", "admin"))
    assert added.password is not None  # type: ignore[attr-defined]
    assert door.sign_in(empty.door(), " ANNA ", added.password).stage is Stage.NEW_PASSWORD  # type: ignore[attr-defined]
    assert str(added.password) not in empty.every_word()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("person", "code"),
    [
        (NewPerson("anna"), "person.taken"),
        (NewPerson("Ａnna"), "person.taken"),
        (NewPerson("Cai", mail="ANNA@lamps.example"), "person.taken"),
        (NewPerson(""), "person.name"),
        (NewPerson("local"), "person.name"),
        (NewPerson("Terminal"), "person.name"),
        (NewPerson("x" * 61), "person.name"),
        (NewPerson("Cai", "owner"), "person.role"),
        (NewPerson("Cai", grants=frozenset({"manage_people"})), "person.grant"),
        (NewPerson("Cai", "admin", channels=frozenset({1})), "person.limited_admin"),
        (NewPerson("Cai", mail="cai"), "person.mail"),
        (NewPerson("Cai", elsewhere=True), "person.no_mail"),
        (NewPerson("Cai", password="password12"), "password.weak"),
    ],
)
def test_accounts_that_cannot_be_are_refused_and_nothing_is_stored(shop: Shop, person: NewPerson, code: str) -> None:
    refusal(code, shop.does, service.add_person, person)
    with shop.database.reading() as connection:
        assert [one.name for one in accounts(connection)] == ["Anna", "Bo"]


def test_the_last_administrator_stays_one(shop: Shop) -> None:
    anna, bo = shop.id("Anna"), shop.id("Bo")
    refusal("person.last_admin", shop.does, service.disable_person, anna)
    refusal("person.last_admin", shop.does, service.change_rights, anna, Rights("viewer"))
    shop.does(service.change_rights, bo, Rights("admin"))
    shop.does(service.disable_person, anna)
    refusal("person.last_admin", shop.does, service.disable_person, bo)
    shop.does(service.enable_person, anna)
    shop.does(service.change_rights, bo, Rights("viewer"))


def test_two_administrators_who_switch_each_other_off_at_once_leave_one(shop: Shop) -> None:
    shop.does(service.change_rights, shop.id("Bo"), Rights("admin"))
    ids, outcomes = (shop.id("Anna"), shop.id("Bo")), []
    barrier = threading.Barrier(2)

    def switch_off(user_id: int) -> None:
        barrier.wait()
        try:
            shop.does(service.disable_person, user_id)
        except Conflict as refusal:
            outcomes.append(refusal.code)
        else:
            outcomes.append("done")

    threads = [threading.Thread(target=switch_off, args=(user_id,)) for user_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "person.last_admin"]


def test_rights_are_read_afresh_and_whoever_is_switched_off_is_out_at_once(shop: Shop) -> None:
    token = shop.enters("Bo")
    bo = shop.id("Bo")
    held = shop.held(token)
    assert held is not None
    assert held.actor("here").may(Permission.PLAN_PURCHASES)
    shop.does(service.change_rights, bo, Rights("viewer", frozenset({"export"}), frozenset({3})))
    held = shop.held(token)
    assert held is not None
    actor = held.actor("here")
    assert not actor.may(Permission.PLAN_PURCHASES)
    assert actor.may(Permission.EXPORT)
    assert actor.channels == frozenset({3})
    shop.does(service.disable_person, bo)
    assert shop.held(token) is None
    shop.does(service.enable_person, bo)
    assert shop.held(token) is None  # switched on again, but to be signed in anew
    refusal("sign_in.refused", door.sign_in, shop.door(), "Bo", "wrong")


def test_who_is_limited_to_no_shop_at_all_is_not_taken_for_one_without_limits(shop: Shop) -> None:
    shop.does(service.change_rights, shop.id("Bo"), Rights("viewer", channels=frozenset()))
    with shop.database.reading() as connection:
        assert account_named(connection, "Bo").channels == frozenset()


# --- signing in ----------------------------------------------------------------------------------------------------


def test_names_passwords_and_tokens_are_in_the_tables_only_as_hashes(shop: Shop) -> None:
    token = shop.enters("Bo")
    refusal("sign_in.refused", door.sign_in, shop.door(), "my secret password", "another secret")
    words = shop.every_word()
    for secret in (token, OWN, FIRST, "my secret password", "another secret"):
        assert secret not in words


def test_an_unknown_name_gets_the_same_answer_as_a_wrong_password_and_waits_as_long(shop: Shop) -> None:
    def answers(name: str, address: str) -> list[tuple[str, str]]:
        told = []
        for _ in range(7):
            with pytest.raises(NotPermitted) as caught:
                door.sign_in(shop.door(address), name, "wrong password")
            told.append((caught.value.code, str(caught.value)))
        return told

    known, unknown = answers("Anna", "203.0.113.1"), answers("Nobody Here", "203.0.113.2")
    assert known == unknown
    assert [code for code, _ in known] == ["sign_in.refused"] * 5 + ["sign_in.wait"] * 2


def test_after_five_wrong_passwords_the_right_one_has_to_wait_longer_each_time(shop: Shop) -> None:
    for _ in range(5):
        refusal("sign_in.refused", door.sign_in, shop.door(), "Anna", "wrong")
    refusal("sign_in.wait", door.sign_in, shop.door("198.51.100.9"), "Anna", OWN)  # from wherever
    shop.clock.later(seconds=29)
    refusal("sign_in.wait", door.sign_in, shop.door(), "Anna", OWN)
    shop.clock.later(seconds=1)
    refusal("sign_in.refused", door.sign_in, shop.door(), "Anna", "wrong")  # the sixth: 60 s
    shop.clock.later(seconds=59)
    refusal("sign_in.wait", door.sign_in, shop.door(), "Anna", OWN)
    shop.clock.later(seconds=1)
    shop.enters("Anna")
    for _ in range(4):  # the count began anew
        refusal("sign_in.refused", door.sign_in, shop.door(), "Anna", "wrong")
    shop.enters("Anna")


def test_one_address_that_tries_many_names_comes_to_a_stand_and_others_do_not(shop: Shop) -> None:
    for number in range(20):
        refusal("sign_in.refused", door.sign_in, shop.door("198.51.100.9"), f"name {number}", "wrong")
    refusal("sign_in.wait", door.sign_in, shop.door("198.51.100.9"), "Anna", OWN)
    shop.enters("Anna")


def test_all_addresses_of_one_network_of_ipv6_count_as_one(shop: Shop) -> None:
    for number in range(20):
        at = shop.door(f"2001:db8:1:2::{number:x}")
        refusal("sign_in.refused", door.sign_in, at, f"name {number}", "wrong")
    refusal("sign_in.wait", door.sign_in, shop.door("2001:db8:1:2:ffff::1"), "Anna", OWN)
    door.sign_in(shop.door("2001:db8:1:3::1"), "Anna", OWN)


def test_tries_sent_at_once_wait_as_those_that_come_one_after_another(shop: Shop) -> None:
    codes: list[str] = []
    barrier = threading.Barrier(8)

    def tries() -> None:
        barrier.wait()
        try:
            door.sign_in(shop.door(), "Anna", "wrong")
        except NotPermitted as refused:
            codes.append(refused.code)

    threads = [threading.Thread(target=tries) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["sign_in.refused"] * 5 + ["sign_in.wait"] * 3


def test_a_sign_in_ends_unused_after_half_an_hour_and_used_after_twelve(shop: Shop) -> None:
    token = shop.enters("Bo")
    shop.clock.later(minutes=30)
    assert shop.held(token) is None
    token = shop.enters("Bo")
    for _ in range(12 * 3 - 1):  # used every 20 minutes: 11 h 40 min
        shop.clock.later(minutes=20)
        assert shop.held(token) is not None
    shop.clock.later(minutes=20)
    assert shop.held(token) is None


def test_a_first_password_opens_nothing_but_the_choice_of_another(shop: Shop) -> None:
    made = shop.does(service.reset_password, shop.id("Bo"))
    begun = door.sign_in(shop.door(), "Bo", str(made))
    assert begun.stage is Stage.NEW_PASSWORD
    held = shop.held(begun.token)
    assert held is not None
    assert held.actor("here").permissions == frozenset()
    refusal("signed_out", door.start_second_factor, shop.door(), begun.token)

    def chosen(old: str, new: str) -> tuple[object, ...]:
        return door.change_password, shop.door(), begun.token, PasswordChange(old, new)

    refusal("password.same", *chosen(str(made), str(made)))
    refusal("password.weak", *chosen(str(made), "password123"))
    refusal("sign_in.refused", *chosen("wrong", "green badger rows north"))
    whole = door.change_password(shop.door(), begun.token, PasswordChange(str(made), "green badger rows north"))
    assert whole.stage is Stage.WHOLE
    assert shop.held(begun.token) is None  # the token from before the sign-in was whole opens nothing
    assert shop.held(whole.token) is not None


def test_looking_for_a_password_that_is_strong_enough_is_no_guess_at_the_old_one(shop: Shop) -> None:
    token = shop.enters("Bo")
    for _ in range(BY_ACCOUNT.free + 3):  # with the right old password, or a wrong one: the new one is looked at first
        for old in (OWN, "wrong"):
            refusal("password.weak", door.change_password, shop.door(), token, PasswordChange(old, "password123"))
    shop.enters("Bo")
    for _ in range(BY_ACCOUNT.free):
        change = PasswordChange("wrong", "green badger rows north")
        refusal("sign_in.refused", door.change_password, shop.door(), token, change)
    refusal("sign_in.wait", door.change_password, shop.door(), token, PasswordChange(OWN, "green badger rows north"))


def test_a_password_made_of_the_shops_name_is_weak(shop: Shop) -> None:
    token = shop.enters("Bo")
    for word in ("Qimu Home Lighting", "qimuhomelighting", "Qimu Home Lighting 2026"):
        change = PasswordChange(OWN, word, ("Qimu Home Lighting",))
        refusal("password.weak", door.change_password, shop.door(), token, change)


def test_a_new_password_ends_all_other_sign_ins(shop: Shop) -> None:
    here, there = shop.enters("Bo"), shop.enters("Bo")
    begun = door.change_password(shop.door(), here, PasswordChange(OWN, "green badger rows north"))
    assert shop.held(here) is None
    assert shop.held(there) is None
    assert shop.held(begun.token) is not None
    refusal("sign_in.refused", door.sign_in, shop.door(), "Bo", OWN)


def test_signing_out_ends_one_and_an_administrator_ends_all(shop: Shop) -> None:
    first, second, third = (shop.enters("Bo") for _ in range(3))
    sessions.sign_out(shop.database, hash_of(first), shop.clock)
    assert shop.held(first) is None
    assert door.end_other_sessions(shop.door(), second) == 2  # the third, and the one that chose the password
    assert shop.held(third) is None
    with shop.database.reading() as connection:
        assert len(sign_ins(connection, shop.id("Bo"), shop.clock.now(), Lasting().idle)) == 1
    assert shop.does(service.end_sessions_of, shop.id("Bo")) == 1
    assert shop.held(second) is None
    assert shop.held("made up") is None
    assert shop.held("") is None


# --- the second factor ---------------------------------------------------------------------------------------------


def with_factor(shop: Shop) -> tuple[str, list[str]]:
    """Bo's secret and recovery codes, a minute after they were made."""
    token = shop.enters("Bo")
    secret = door.start_second_factor(shop.door(), token)
    refusal("sign_in.refused", door.confirm_second_factor, shop.door(), token, "000000")
    assert door.waiting_secret(shop.door(), token) == secret
    codes = door.confirm_second_factor(shop.door(), token, pyotp.TOTP(secret).at(shop.clock.now()))
    shop.clock.later(minutes=1)
    return secret, codes


def test_with_a_second_factor_the_password_alone_opens_nothing(shop: Shop) -> None:
    secret, _ = with_factor(shop)
    assert secret not in shop.every_word()  # sealed
    begun = door.sign_in(shop.door(), "Bo", OWN)
    assert begun.stage is Stage.SECOND_FACTOR
    held = shop.held(begun.token)
    assert held is not None
    assert held.actor("here").permissions == frozenset()
    change = PasswordChange(OWN, "green badger rows north")
    refusal("signed_out", door.change_password, shop.door(), begun.token, change)
    refusal("sign_in.refused", door.give_second_factor, shop.door(), begun.token, "123")
    code = pyotp.TOTP(secret).at(shop.clock.now())
    whole = door.give_second_factor(shop.door(), begun.token, code)
    assert whole.stage is Stage.WHOLE
    assert shop.held(begun.token) is None
    again = door.sign_in(shop.door(), "Bo", OWN)
    refusal("sign_in.refused", door.give_second_factor, shop.door(), again.token, code)  # each code once
    shop.clock.later(seconds=30)
    door.give_second_factor(shop.door(), again.token, pyotp.TOTP(secret).at(shop.clock.now()))


def test_wrong_codes_have_to_wait_also_over_several_sign_ins(shop: Shop) -> None:
    secret, _ = with_factor(shop)
    for _ in range(5):
        begun = door.sign_in(shop.door(), "Bo", OWN)
        refusal("sign_in.refused", door.give_second_factor, shop.door(), begun.token, "000000")
    begun = door.sign_in(shop.door(), "Bo", OWN)
    code = pyotp.TOTP(secret).at(shop.clock.now())
    refusal("sign_in.wait", door.give_second_factor, shop.door(), begun.token, code)


def test_a_recovery_code_stands_in_once(shop: Shop) -> None:
    _, codes = with_factor(shop)
    begun = door.sign_in(shop.door(), "Bo", OWN)
    assert door.give_second_factor(shop.door(), begun.token, codes[3].upper()).stage is Stage.WHOLE
    again = door.sign_in(shop.door(), "Bo", OWN)
    refusal("sign_in.refused", door.give_second_factor, shop.door(), again.token, codes[3])
    with shop.database.reading() as connection:
        assert unused_recovery_codes(connection, shop.id("Bo")) == 9


def test_a_first_password_has_to_be_changed_after_the_second_factor_too(shop: Shop) -> None:
    secret, _ = with_factor(shop)
    made = str(shop.does(service.reset_password, shop.id("Bo")))
    begun = door.sign_in(shop.door(), "Bo", made)
    assert begun.stage is Stage.SECOND_FACTOR
    after = door.give_second_factor(shop.door(), begun.token, pyotp.TOTP(secret).at(shop.clock.now()))
    assert after.stage is Stage.NEW_PASSWORD


def test_the_second_factor_goes_with_the_password_or_by_an_administrator(shop: Shop) -> None:
    with_factor(shop)
    shop.does(service.drop_second_factor_of, shop.id("Bo"))
    token = shop.enters("Bo")
    secret = door.start_second_factor(shop.door(), token)
    door.confirm_second_factor(shop.door(), token, pyotp.TOTP(secret).at(shop.clock.now()))
    refusal("sign_in.refused", door.drop_second_factor, shop.door(), token, "wrong")
    door.drop_second_factor(shop.door(), token, OWN)
    shop.enters("Bo")


# --- an OpenID provider --------------------------------------------------------------------------------------------


def claims(shop: Shop, **other: object) -> dict[str, object]:
    said = {"iss": ISSUER, "sub": "007", "email": "Bo@Lamps.example", "email_verified": True}
    return {**said, "iat": int(shop.clock.now().timestamp()), **other}


def test_a_provider_is_believed_for_persons_who_were_added_and_binds_them_at_the_first_time(shop: Shop) -> None:
    held = door.sign_in_elsewhere(shop.door(), claims(shop))
    assert held.account.name == "Bo"
    shop.clock.later(minutes=5)
    # the mail no longer matters, nor whether it is verified: iss and sub do
    assert door.sign_in_elsewhere(
        shop.door(), claims(shop, email="other@x.example", email_verified=False)
    ).account.bound
    # another subject with Bo's mail is another person
    refusal("sign_in.unknown", door.sign_in_elsewhere, shop.door(), claims(shop, sub="008"))
    refusal("sign_in.unknown", door.sign_in_elsewhere, shop.door(), claims(shop, iss="https://other.example"))


def without_word_of_the_mail(shop: Shop, **other: object) -> dict[str, object]:
    """As Microsoft Entra says it: nothing of email_verified."""
    said = claims(shop, **other)
    del said["email_verified"]
    return said


@pytest.mark.parametrize("said", [True, "1", "true"])
def test_a_provider_that_vouches_for_the_mails_domain_is_believed(shop: Shop, said: object) -> None:
    held = door.sign_in_elsewhere(shop.door(), without_word_of_the_mail(shop, xms_edov=said))
    assert held.account.name == "Bo"


@pytest.mark.parametrize("other", [{}, {"xms_edov": False}, {"xms_edov": "0"}, {"xms_edov": "false"}])
def test_a_provider_that_says_nothing_of_the_mail_is_not_believed(shop: Shop, other: dict[str, object]) -> None:
    refusal("sign_in.unknown", door.sign_in_elsewhere, shop.door(), without_word_of_the_mail(shop, **other))


@pytest.mark.parametrize(
    "other",
    [
        {"email_verified": False},
        {"email_verified": False, "xms_edov": True},
        {"email_verified": "true"},
        {"email_verified": None},
        {"email": ""},
        {"email": "stranger@lamps.example"},
        {"sub": ""},
        {"iss": None},
        {"iat": None},
    ],
)
def test_strangers_and_mails_that_nobody_verified_are_refused(shop: Shop, other: dict[str, object]) -> None:
    refusal("sign_in.unknown", door.sign_in_elsewhere, shop.door(), claims(shop, **other))
    with shop.database.reading() as connection:
        assert not account_named(connection, "Bo").bound


def test_a_sign_in_elsewhere_ends_by_our_rules(shop: Shop) -> None:
    said = claims(shop)
    door.sign_in_elsewhere(shop.door(), said)
    shop.clock.later(minutes=31)  # unused
    refusal("signed_out", door.sign_in_elsewhere, shop.door(), said)
    anew = claims(shop)
    door.sign_in_elsewhere(shop.door(), anew)
    shop.does(service.end_sessions_of, shop.id("Bo"))
    refusal("signed_out", door.sign_in_elsewhere, shop.door(), anew)
    shop.clock.later(seconds=1)
    door.sign_in_elsewhere(shop.door(), claims(shop))
    old = claims(shop, iat=int((shop.clock.now() - dt.timedelta(hours=12)).timestamp()))
    refusal("signed_out", door.sign_in_elsewhere, shop.door(), old)
    shop.does(service.disable_person, shop.id("Bo"))
    shop.clock.later(seconds=1)
    refusal("sign_in.unknown", door.sign_in_elsewhere, shop.door(), claims(shop))


# --- what is recorded ----------------------------------------------------------------------------------------------


def test_every_refusal_at_the_door_is_recorded_once_a_minute(shop: Shop) -> None:
    for _ in range(3):
        refusal("sign_in.refused", door.sign_in, shop.door(), "Anna", "wrong")
    refusal("sign_in.refused", door.sign_in, shop.door(), "stranger", "wrong")
    assert shop.audited(audit.Act.REFUSED) == [
        ("Anna", "sign-in", "sign_in.refused"),
        ("nobody", "sign-in", "sign_in.refused"),
    ]
    shop.clock.later(minutes=1)
    refusal("sign_in.refused", door.sign_in, shop.door(), "Anna", "wrong")
    assert len(shop.audited(audit.Act.REFUSED)) == 3
    with_factor(shop)  # its first code was wrong
    assert shop.audited(audit.Act.REFUSED)[3:] == [("Bo", "second factor", "sign_in.refused")]


def test_what_is_done_to_accounts_is_recorded(shop: Shop) -> None:
    bo = shop.id("Bo")
    shop.does(service.change_rights, bo, Rights("viewer"))
    shop.does(service.disable_person, bo)
    assert shop.audited("add person") == [("local", "Anna", None), ("local", "Bo", None)]
    assert shop.audited("change person") == [("local", "Bo", None)]
    assert shop.audited("disable person") == [("local", "Bo", None)]
    assert shop.audited("change password") == [("Anna", "Anna", None), ("Bo", "Bo", None)]


def test_a_mail_that_changes_unbinds_the_sign_in_elsewhere(shop: Shop) -> None:
    door.sign_in_elsewhere(shop.door(), claims(shop))
    shop.does(service.change_mail, shop.id("Bo"), "bo@other.example")
    shop.clock.later(seconds=1)
    refusal("sign_in.unknown", door.sign_in_elsewhere, shop.door(), claims(shop))
    with pytest.raises(BadInput):
        shop.does(service.change_mail, shop.id("Bo"), "no mail")
    with pytest.raises(SignedOut):
        door.end_other_sessions(shop.door(), "made up")
