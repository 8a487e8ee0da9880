"""Alerts that fire and clear, who is told once, and what happens when something fails; on both databases."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from erp_core.attention import work
from erp_core.attention.addresses import Address, read_address
from erp_core.attention.delivery import Post, Undeliverable
from erp_core.attention.digest import Message
from erp_core.attention.sending import NewTarget, Teller, add_target, pause_target, remove_target
from erp_core.attention.service import (
    Alert,
    change_alert,
    make_alert,
    mute_alert,
    record_look,
    remove_alert,
    unmute_alert,
)
from erp_core.attention.tables import alert_event, digest_delivery
from erp_core.attention.views import alert_states, deliveries, measured, offered, targets, undelivered
from erp_core.company.service import CompanyChange, change_company
from erp_core.company.views import Benchmarks, read_company
from erp_core.db.engine import Database
from erp_core.db.uow import unit_of_work
from erp_core.errors import BadInput, NotFound, NotPermitted
from erp_core.security.actor import LOCAL_USER
from erp_core.settings import Settings, load_settings
from erp_core.text import T, Text
from tests.conftest import NOW
from tests.integration.shop import Shop

TODAY = dt.date(2026, 3, 2)
SALES = "Order ID,Date,SKU,Quantity,Unit price,Currency,Status,Shop\n"
FEW = Alert("orders", "below", 3.0, 7, "Li")


@dataclass
class Hands:
    """A clock that a test moves."""

    at: dt.datetime = NOW

    def now(self) -> dt.datetime:
        return self.at

    def on(self, **by: float) -> None:
        self.at += dt.timedelta(**by)


@dataclass
class Notes:
    """A way out that notes what goes, and fails as often as it is told."""

    sent: list[tuple[str, str, str]] = field(default_factory=list)  # kind, address, title
    failures: int = 0
    hold: threading.Barrier | None = None

    def __call__(self, post: Post, kind: str, address: Address, message: Message) -> Text | None:
        if self.hold is not None:
            self.hold.wait(10)
        if self.failures:
            self.failures -= 1
            raise Undeliverable(T("No answer came in time."))
        self.sent.append((kind, address.url or "", message.title))
        return None


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def shop(database: Database, hands: Hands, tmp_path: Path) -> Shop:
    held = Shop(database, hands, tmp_path)  # type: ignore[arg-type]
    held.do(change_company, CompanyChange(time_zone="UTC", base_currency="CNY"))
    return held


@pytest.fixture
def settings(shop: Shop, tmp_path: Path) -> Settings:
    url = shop.database.url.render_as_string(hide_password=False)
    return load_settings({"ERP_HOME": str(tmp_path / "home"), "ERP_DATABASE_URL": url})


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def teller(shop: Shop, settings: Settings, hands: Hands, notes: Notes) -> Teller:
    return Teller(shop.database, settings, hands, by=notes)


def target(shop: Shop, settings: Settings, name: str = "group", minute: int = 8 * 60, **of: object) -> int:
    """A target whose digest goes out from 8:00 on."""
    held = {"kind": "wecom", "language": "en", "address": Address(f"https://example.com/{name}")} | of
    found = shop.do(add_target, settings, NewTarget(name, minute=minute, **held))  # type: ignore[arg-type]
    return int(found)


def state(shop: Shop, hands: Hands, number: int = 0):  # type: ignore[no-untyped-def]
    return shop.read(alert_states, hands.at)[number]


# --- alerts ----------------------------------------------------------------------------------------------------------


def test_an_alert_fires_once_on_crossing_and_again_after_it_was_back(shop: Shop, hands: Hands) -> None:
    rule = shop.do(make_alert, FEW)
    for value, event in ((4.0, None), (2.0, "fired"), (1.0, None), (None, None), (3.0, "cleared"), (0.0, "fired")):
        hands.on(hours=1)
        happened = shop.do(record_look, {rule: value})
        assert happened == {kind: [rule] if kind == event else [] for kind in ("fired", "cleared")}
    held = state(shop, hands)
    assert (held.firing, held.fired_lately, held.last_value, held.last_fired) == (True, 2, 0.0, hands.at)
    hands.on(days=31)
    assert state(shop, hands).fired_lately == 0


def test_the_number_is_that_of_the_last_days_before_the_day_to_plan_from(shop: Shop, hands: Hands) -> None:
    # sales end on 28 February; the last 7 days are the 22nd to the 28th: orders 2 and 3
    shop.load(
        SALES + "1,2026-02-21,A,1,5,CNY,completed,Web\n2,2026-02-22,A,1,5,CNY,completed,Web\n"
        "3,2026-02-28,A,1,5,CNY,completed,Web\n"
    )
    shop.do(make_alert, FEW)
    shop.do(make_alert, replace(FEW, days=8))
    with shop.database.reading() as connection:
        states = measured(connection, read_company(connection), alert_states(connection, hands.at), TODAY)
    assert [entry.value.value for entry in states if entry.value] == [2, 3]
    assert [entry.beyond for entry in states] == [True, False]


def test_a_look_measures_records_and_says_what_is_firing(shop: Shop, teller: Teller) -> None:
    rule = shop.do(make_alert, FEW)
    happened, _ = teller.look()
    assert happened == {"fired": [], "cleared": []}  # nothing is known yet, and nought is not unknown
    shop.load(SALES + "1,2026-02-28,A,1,5,CNY,completed,Web\n")
    happened, (held,) = teller.look()
    assert happened["fired"] == [rule]
    assert (held.firing, held.value.value if held.value else None) == (True, 1)
    assert teller.look()[0] == {"fired": [], "cleared": []}
    shop.load(SALES + "".join(f"{n},2026-02-28,A,1,5,CNY,completed,Web\n" for n in range(2, 5)))
    assert teller.look()[0]["cleared"] == [rule]


def test_a_change_decides_anew(shop: Shop, hands: Hands) -> None:
    rule = shop.do(make_alert, FEW)
    shop.do(record_look, {rule: 2.0})
    shop.do(change_alert, rule, replace(FEW, threshold=1.0, owner="  Wang  Wu "))
    held = state(shop, hands)
    assert (held.firing, held.alert.owner, held.alert.threshold) == (False, "Wang Wu", 1.0)
    assert shop.do(record_look, {rule: 0.5})["fired"] == [rule]


def test_two_looks_at_once_record_a_crossing_once(shop: Shop) -> None:
    rule = shop.do(make_alert, FEW)
    start, happened = threading.Barrier(2), []

    def look() -> None:
        start.wait(10)
        happened.append(shop.do(record_look, {rule: 1.0})["fired"])

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(happened) == [[], [rule]]
    assert shop.rows("SELECT COUNT(*) FROM alert_event WHERE kind = 'fired'") == [(1,)]


def test_a_muted_alert_is_watched_but_calls_nobody(
    shop: Shop, settings: Settings, hands: Hands, teller: Teller, notes: Notes
) -> None:
    target(shop, settings)
    rule = shop.do(make_alert, FEW)
    shop.do(mute_alert, rule, dt.date(2026, 3, 4))
    shop.do(record_look, {rule: 1.0})
    assert (state(shop, hands).firing, state(shop, hands).muted_until) == (True, dt.datetime(2026, 3, 4, tzinfo=dt.UTC))
    assert (teller.alerts_are_due(), teller.send_alerts(), notes.sent) == (False, [], [])
    shop.do(unmute_alert, rule)
    assert state(shop, hands).muted_until is None
    hands.on(days=2)  # Wednesday: a mute that has run out is none
    shop.do(mute_alert, rule, dt.date(2026, 3, 5))
    hands.on(days=1)
    assert state(shop, hands).muted_until is None
    kinds = [kind for (kind,) in shop.rows("SELECT kind FROM alert_event ORDER BY id")]
    assert kinds == ["made", "muted", "fired", "unmuted", "muted"]


def test_an_alert_that_is_removed_is_watched_no_more(shop: Shop, hands: Hands) -> None:
    rule = shop.do(make_alert, FEW)
    shop.do(record_look, {rule: 1.0})
    shop.do(remove_alert, rule)
    assert shop.read(alert_states, hands.at) == ()
    assert shop.do(record_look, {rule: 9.0}) == {"fired": [], "cleared": []}
    for act, arguments in ((remove_alert, ()), (unmute_alert, ()), (change_alert, (FEW,)), (mute_alert, (TODAY,))):
        with pytest.raises(NotFound):
            shop.do(act, rule, *arguments)


@pytest.mark.parametrize(
    "alert",
    [
        replace(FEW, measure="happiness"),
        replace(FEW, comparison="near"),
        replace(FEW, threshold=float("nan")),
        replace(FEW, threshold=1e13),
        replace(FEW, days=0),
        replace(FEW, days=367),
        replace(FEW, owner=" "),
    ],
)
def test_what_cannot_be_watched_is_refused(shop: Shop, alert: Alert) -> None:
    with pytest.raises(BadInput):
        shop.do(make_alert, alert)


@pytest.mark.parametrize("until", [TODAY, TODAY + dt.timedelta(days=367)])
def test_a_mute_ends_on_a_day_to_come(shop: Shop, until: dt.date) -> None:
    rule = shop.do(make_alert, FEW)
    with pytest.raises(BadInput):
        shop.do(mute_alert, rule, until)


def test_every_act_asks_for_the_permission(shop: Shop, settings: Settings, hands: Hands) -> None:
    rule, number = shop.do(make_alert, FEW), target(shop, settings)
    new = NewTarget("b", "wecom", 0, "en", Address("https://example.com/b"))
    acts = [
        (make_alert, (FEW,)), (change_alert, (rule, FEW)), (mute_alert, (rule, dt.date(2026, 3, 9))), (unmute_alert, (rule,)),
        (remove_alert, (rule,)), (record_look, ({},)), (add_target, (settings, new)), (pause_target, (number, True)),
        (remove_target, (settings, number)),
    ]  # fmt: skip
    acting = replace(LOCAL_USER.acting(hands), permissions=frozenset({"view_settings"}))
    for act, arguments in acts:
        with pytest.raises(NotPermitted), unit_of_work(shop.database, acting) as uow:
            act(uow, *arguments)  # type: ignore[operator]


def test_the_companys_own_benchmarks_are_offered_until_they_are_watched(shop: Shop, hands: Hands) -> None:
    shop.do(change_company, CompanyChange(benchmarks=Benchmarks(2.5, 4.0, 4.5)))
    with shop.database.reading() as connection:
        company = read_company(connection)
    suggested = offered(company, (), "Li")
    assert [(one.measure, one.comparison, one.threshold) for one in suggested] == [
        ("turnover_month", "below", 2.5),
        ("in_stock_rate", "below", 0.95),
        ("days_of_inventory", "above", 120.0),
        ("order_error_rate", "above", 0.001),
    ]
    shop.do(make_alert, suggested[0])
    assert offered(company, shop.read(alert_states, hands.at), "Li") == suggested[1:]


# --- the digest ------------------------------------------------------------------------------------------------------


def test_each_target_gets_the_days_digest_once_from_its_time_on(
    shop: Shop, settings: Settings, hands: Hands, teller: Teller, notes: Notes
) -> None:
    target(shop, settings, "early", 8 * 60)
    target(shop, settings, "late", 10 * 60, language="zh_CN")
    told = teller.send_digests()  # it is 9:00
    assert [(one.target, one.outcome) for one in told] == [("early", "sent"), ("late", "not due")]
    hands.on(hours=2)
    assert [one.outcome for one in teller.send_digests()] == ["not due", "sent"]
    assert [one.outcome for one in teller.send_digests()] == ["not due", "not due"]
    assert notes.sent == [
        ("wecom", "https://example.com/early", "ERP Workbench · Mar 2, 2026"),
        ("wecom", "https://example.com/late", "ERP 工作台 · 2026年3月2日"),
    ]
    hands.on(days=1)
    assert [one.outcome for one in teller.send_digests()] == ["sent", "sent"]


def test_a_clock_that_is_set_back_and_a_machine_that_slept_send_nothing_twice_and_nothing_old(
    shop: Shop, settings: Settings, hands: Hands, teller: Teller, notes: Notes
) -> None:
    target(shop, settings)
    assert teller.digest_is_due()
    teller.send_digests()
    hands.on(hours=-9)  # midnight of the same day, then yesterday
    assert not teller.digest_is_due()
    hands.on(hours=-12)
    assert [one.outcome for one in teller.send_digests()] == ["not due"]
    hands.on(days=4, hours=12)  # asleep until Friday, 0:00 and then 23:00
    assert not teller.digest_is_due()
    hands.on(hours=23)
    assert [one.outcome for one in teller.send_digests()] == ["sent"]
    days = shop.rows("SELECT subject FROM digest_delivery ORDER BY id")
    assert days == [("digest:2026-03-02",), ("digest:2026-03-06",)]


def test_a_failed_delivery_is_tried_again_after_a_quarter_of_an_hour_four_times_at_most(
    shop: Shop, settings: Settings, hands: Hands, teller: Teller, notes: Notes
) -> None:
    target(shop, settings)
    notes.failures = 99
    for attempt in range(1, 5):
        assert [one.outcome for one in teller.send_digests()] == ["failed"]
        hands.on(minutes=14)
        assert not teller.digest_is_due()
        hands.on(minutes=1)
        lost = shop.read(undelivered, TODAY, hands.at)
        assert (teller.digest_is_due(), len(lost)) == (attempt < 4, int(attempt == 4))
    assert str(shop.read(undelivered, TODAY, hands.at)[0].detail) == "No answer came in time."
    notes.failures = 0
    assert [one.outcome for one in teller.send_digests(now_due=False)] == [
        "sent"
    ]  # a person asks: it is tried all the same
    assert shop.read(undelivered, TODAY, hands.at) == ()
    assert [entry.outcome for entry in shop.read(deliveries)] == ["failed"] * 4 + ["sent"]


def test_what_was_broken_off_may_have_arrived_and_is_not_sent_again(
    shop: Shop, settings: Settings, hands: Hands, teller: Teller
) -> None:
    number = target(shop, settings)
    with shop.acting() as uow:
        values = {"target_id": number, "subject": "digest:2026-03-02", "attempt": 1, "ds": TODAY, "at": NOW}
        uow.connection.execute(sa.insert(digest_delivery).values(**values, outcome="begun"))
    hands.on(hours=1)
    assert [one.outcome for one in teller.send_digests()] == ["not due"]
    assert [one.outcome for one in teller.send_digests(now_due=False)] == ["not due"]
    assert [entry.target.name for entry in shop.read(undelivered, TODAY, hands.at)] == ["group"]


def test_two_workers_send_it_once(shop: Shop, settings: Settings, teller: Teller, notes: Notes) -> None:
    target(shop, settings)
    start, outcomes = threading.Barrier(2), []

    def send() -> None:
        start.wait(10)
        outcomes.extend(one.outcome for one in teller.send_digests())

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sorted(outcomes), len(notes.sent)) == (["not due", "sent"], 1)


def test_a_failure_nobody_foresaw_is_on_record_and_raised(shop: Shop, settings: Settings, teller: Teller) -> None:
    target(shop, settings)

    def broken(*_arguments: object) -> None:
        raise ValueError("a secret detail")

    with pytest.raises(ValueError, match="secret"):
        replace(teller, by=broken).send_digests()
    (entry,) = shop.read(deliveries)
    assert (entry.outcome, str(entry.detail)) == ("failed", "Something unforeseen went wrong.")


def test_a_target_can_be_paused_named_and_removed(shop: Shop, settings: Settings, teller: Teller, notes: Notes) -> None:
    number = target(shop, settings)
    shop.do(pause_target, number, True)
    assert (teller.send_digests(), teller.digest_is_due()) == ([], False)
    assert [one.outcome for one in teller.send_digests(["group"], now_due=False)] == ["sent"]
    with pytest.raises(NotFound, match="nobody"):
        teller.send_digests(["nobody"])
    shop.do(remove_target, settings, number)
    assert (shop.read(targets), read_address(settings, number)) == ((), None)
    with pytest.raises(NotFound):
        shop.do(pause_target, number, False)
    again = target(shop, settings)  # the name is free again, and its day is its own
    assert again != number
    assert [one.outcome for one in teller.send_digests()] == ["sent"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "}, {"kind": "fax"}, {"minute": 1440}, {"minute": -1}, {"language": "fr"}, {"name": "group"},
        {"address": Address("http://example.com")},
    ],
)  # fmt: skip
def test_a_target_that_cannot_be_is_refused_and_leaves_no_address(
    shop: Shop, settings: Settings, wrong: dict[str, object]
) -> None:
    target(shop, settings)
    good = {"name": "b", "kind": "wecom", "minute": 0, "language": "en", "address": Address("https://example.com/b")}
    with pytest.raises(BadInput):
        shop.do(add_target, settings, NewTarget(**(good | wrong)))  # type: ignore[arg-type]
    assert [held.name for held in shop.read(targets)] == ["group"]
    assert read_address(settings, 2) is None


def test_no_address_and_no_password_stands_in_the_database(shop: Shop, settings: Settings) -> None:
    target(shop, settings, "one", kind="dingtalk", address=Address("https://example.com/robot-key", "sign-secret"))
    with shop.database.reading() as connection:
        tables = sa.inspect(connection).get_table_names()
        stored = "".join(str(row) for name in tables for row in connection.execute(sa.text(f"SELECT * FROM {name}")))
    assert "one" in stored
    assert "robot-key" not in stored
    assert "sign-secret" not in stored


def test_a_test_counts_for_nothing_and_says_what_was_answered(
    shop: Shop, settings: Settings, teller: Teller, notes: Notes
) -> None:
    number = target(shop, settings)
    assert "group" in str(teller.send_test(number))
    assert [one.outcome for one in teller.send_digests()] == ["sent"]
    notes.failures = 1
    with pytest.raises(Undeliverable, match="No answer"):
        teller.send_test(number)
    assert [entry.outcome for entry in shop.read(deliveries)] == ["sent"]


# --- alerts that are told --------------------------------------------------------------------------------------------


def test_every_target_is_told_once_of_each_firing(
    shop: Shop, settings: Settings, hands: Hands, teller: Teller, notes: Notes
) -> None:
    target(shop, settings, "a")
    target(shop, settings, "b", language="zh_CN")
    rule, other = shop.do(make_alert, FEW), shop.do(make_alert, replace(FEW, days=30))
    shop.do(record_look, {rule: 1.0, other: 2.0})  # both in one message
    notes.failures = 1
    assert [(one.target, one.outcome) for one in teller.send_alerts()] == [("a", "failed"), ("b", "sent")]
    assert teller.send_alerts() == []  # not before a quarter of an hour has passed
    hands.on(minutes=15)
    assert [(one.target, one.outcome) for one in teller.send_alerts()] == [("a", "sent")]
    hands.on(hours=1)
    shop.do(record_look, {rule: 5.0})
    shop.do(record_look, {rule: 1.0})
    assert [one.outcome for one in teller.send_alerts()] == ["sent", "sent"]  # another firing
    assert [title for _, _, title in notes.sent] == [
        "ERP 工作台 · 预警", "ERP Workbench · Alerts", "ERP Workbench · Alerts", "ERP 工作台 · 预警",
    ]  # fmt: skip


def test_an_alert_of_yesterday_is_left_to_the_digest(
    shop: Shop, settings: Settings, hands: Hands, teller: Teller
) -> None:
    rule = shop.do(make_alert, FEW)
    shop.do(record_look, {rule: 1.0})
    target(shop, settings)
    hands.on(hours=24)
    assert not teller.alerts_are_due()
    assert [held.alert for held in teller.digest_day().alerts] == [FEW]


# --- the duties ------------------------------------------------------------------------------------------------------


def test_the_duties_ask_for_work_only_where_there_is_some(shop: Shop, settings: Settings, hands: Hands) -> None:
    alerts, digest = work.WatchAlerts(), work.WatchDigest()
    assert (alerts(settings, hands), digest(settings, hands)) == (None, None)
    rule = shop.do(make_alert, FEW)
    assert [alerts(settings, hands) for _ in range(2)] == [{}, None]
    shop.load(SALES + "1,2026-02-28,A,1,5,CNY,completed,Web\n")
    assert [alerts(settings, hands) for _ in range(2)] == [{}, None]  # the stored data changed
    hands.on(days=1)
    assert [alerts(settings, hands) for _ in range(2)] == [{}, None]  # the day turned
    shop.do(change_alert, rule, replace(FEW, threshold=2.0))
    assert [alerts(settings, hands) for _ in range(2)] == [{}, None]
    shop.do(record_look, {rule: 1.0})
    assert alerts(settings, hands) is None  # it fires, and nobody is to be told
    target(shop, settings)
    assert alerts(settings, hands) == {}
    assert digest(settings, hands) == {}


def test_the_duties_make_no_database_where_there_is_none(tmp_path: Path, hands: Hands) -> None:
    settings = load_settings({"ERP_HOME": str(tmp_path / "nothing")})
    assert (work.WatchAlerts()(settings, hands), work.WatchDigest()(settings, hands)) == (None, None)
    assert not settings.home.exists()


def test_events_keep_what_was_measured(shop: Shop) -> None:
    rule = shop.do(make_alert, replace(FEW, measure="in_stock_rate", threshold=0.95))
    shop.do(record_look, {rule: 0.9})
    with shop.database.reading() as connection:
        found = connection.execute(sa.select(alert_event.c.value).where(alert_event.c.kind == "fired")).scalar_one()
    assert found == 900_000
