"""The watched folder: complete files in, oldest first, each filed with its receipt or its reason, none twice.

Time stands where a test puts it: so many seconds after the latest change of any file in the folder.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from erp_core.cli import main
from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.errors import Conflict, NotPermitted, Unavailable
from erp_core.imports import inbox, inbox_folder
from erp_core.imports.inbox import INBOX_USER, InboxOutcome, latest_refusals, lying_there, process_inbox
from erp_core.imports.inbox_work import PROCESS, Watch
from erp_core.jobs.book import JobBook
from erp_core.jobs.job import Status
from erp_core.jobs.process import FileLock
from erp_core.jobs.worker import run_forever
from erp_core.security.actor import Actor
from erp_core.settings import Settings, load_settings
from erp_core.text import T, Text
from erp_core.work import REGISTRY
from tests.unit.test_schedule import StopAfter

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"
HEADER = "Order ID,Date,SKU,Quantity,Unit price,Currency\n"
POSIX = pytest.mark.skipif(os.name != "posix", reason="needs links and pipes of POSIX")


@pytest.fixture
def settings(home: Path, database_url: str) -> Settings:
    (home / "inbox").mkdir(parents=True)
    return replace(load_settings(), database_url=database_url)


def put(settings: Settings, name: str, text: str | Path, modified: float | None = None) -> Path:
    """A file in the folder, with a modification time that a test may choose."""
    path = settings.inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.read_bytes() if isinstance(text, Path) else text.encode())
    if modified is not None:
        os.utime(path, (modified, modified))
    return path


def since(settings: Settings, seconds: float) -> FixedClock:
    """So many seconds after the latest change in the folder."""
    latest = max((path.lstat().st_ctime_ns for path in settings.inbox.rglob("*")), default=0)
    return FixedClock(dt.datetime.fromtimestamp(latest / 1e9, dt.UTC) + dt.timedelta(seconds=seconds))


Look = Callable[..., InboxOutcome]


@pytest.fixture
def look(database: Database, settings: Settings) -> Look:
    """Process the folder at a time, ten seconds after the latest change unless a test says otherwise."""

    def look(seconds: float = 10.0) -> InboxOutcome:
        clock = since(settings, seconds)
        return process_inbox(database, INBOX_USER.acting(clock), settings, clock)

    return look


def below(folder: Path) -> list[str]:
    """Names of all files below a folder, without the time and the number in front."""
    return sorted(path.name.split("-", 2)[-1] for path in folder.rglob("*") if path.is_file())


def waiting(outcome: InboxOutcome) -> list[tuple[str, str]]:
    return [(left.label, left.code) for left in outcome.waiting]


def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


def test_a_file_is_imported_and_filed_with_its_receipt(database: Database, settings: Settings, look: Look) -> None:
    put(settings, "sales.csv", SAMPLES / "generic-sales.csv")
    outcome = look()
    (receipt,) = outcome.imported
    # the sample holds two orders in three lines: 3 + 1 + 2 pieces at 4.50 each
    assert (receipt.rows_accepted, receipt.orders, receipt.amount_read) == (3, 2, {"USD": 2700})
    assert (outcome.refused, outcome.waiting) == ((), ())
    (filed,) = settings.inbox.rglob("*.csv")
    assert filed.read_bytes() == (SAMPLES / "generic-sales.csv").read_bytes()
    assert filed.parent.parent == settings.inbox / "done"
    assert filed.parent.name == f"{since(settings, 0).now():%Y-%m}"
    assert filed.name.split("-")[2:] == ["1", "sales.csv"]
    document = json.loads(filed.with_name(filed.name + ".receipt.json").read_text(encoding="utf-8"))
    assert document == receipt.to_json("en")
    words = filed.with_name(filed.name + ".receipt.txt").read_text(encoding="utf-8")
    assert "3 rows read: 3 accepted, 0 rejected, 0 unchanged." in words
    assert rows(database, "SELECT actor, channel FROM import_batch") == [("inbox", None)]
    assert rows(database, "SELECT DISTINCT actor FROM audit_event") == [("inbox",)]


def test_the_receipt_in_words_is_in_the_language_of_the_terminal(database: Database, settings: Settings) -> None:
    put(settings, "销售.csv", SAMPLES / "generic-sales.csv")
    put(settings, "坏.csv", "hello")
    chinese, clock = replace(settings, language="zh_CN"), since(settings, 10)
    process_inbox(database, INBOX_USER.acting(clock), chinese, clock)
    (receipt,) = settings.inbox.glob("done/*/*-销售.csv.receipt.txt")
    assert "共读取 3 行" in receipt.read_text(encoding="utf-8")
    (reason,) = settings.inbox.glob("refused/*/*-坏.csv.reason.txt")
    assert "没有找到表头" in reason.read_text(encoding="utf-8")


def test_a_file_is_left_until_it_has_not_changed_for_the_quiet_time(settings: Settings, look: Look) -> None:
    put(settings, "sales.csv", SAMPLES / "generic-sales.csv", modified=1_600_000_000)  # copied with its old date
    assert waiting(look(4.9)) == [("sales.csv", "inbox.settling")]
    assert len(look(5.1).imported) == 1


def test_a_date_far_ahead_of_the_clock_keeps_no_file_out(settings: Settings, look: Look) -> None:
    path = put(settings, "sales.csv", SAMPLES / "generic-sales.csv")
    ahead = path.stat().st_mtime + 20 * 365 * 86_400
    os.utime(path, (ahead, ahead))
    assert len(look().imported) == 1


def test_hidden_unfinished_and_own_files_are_left(settings: Settings, look: Look) -> None:
    names = (".sales.csv", "~$sales.xlsx", "a.csv.part", "b.csv.TMP", "c.crdownload", "Thumbs.db")
    for name in names:
        put(settings, name, SAMPLES / "generic-sales.csv")
    put(settings, "done/2025-01/x.csv", SAMPLES / "generic-sales.csv")
    put(settings, "Refused/x.csv", SAMPLES / "generic-sales.csv")
    assert look() == InboxOutcome()
    assert set(names) <= {path.name for path in settings.inbox.iterdir()}


@POSIX
def test_links_pipes_and_folders_in_a_shops_folder_are_not_followed(settings: Settings, look: Look) -> None:
    outside = settings.home / "outside"
    outside.mkdir()
    shutil.copy(SAMPLES / "generic-sales.csv", outside / "sales.csv")
    (settings.inbox / "link.csv").symlink_to(outside / "sales.csv")
    (settings.inbox / "folder").symlink_to(outside)
    os.mkfifo(settings.inbox / "pipe.csv")
    put(settings, "North/2025/sales.csv", SAMPLES / "generic-sales.csv")
    outcome = look()
    assert waiting(outcome) == [(name, "inbox.not_a_file") for name in ("North/2025", "folder", "link.csv", "pipe.csv")]
    assert (outcome.imported, outcome.refused) == ((), ())


def test_a_folder_is_a_shop(database: Database, settings: Settings, look: Look) -> None:
    plain = HEADER + "1,2025-01-02,A,1,2.00,USD\n"
    put(settings, "北方店/orders.csv", plain)
    put(settings, "South shop/orders.csv", plain)
    assert [receipt.orders for receipt in look().imported] == [1, 1]
    assert rows(database, "SELECT name FROM channel ORDER BY name") == [("South shop",), ("北方店",)]


def test_the_oldest_comes_first(database: Database, settings: Settings, look: Look) -> None:
    put(settings, "a.csv", HEADER + "1,2025-01-02,A,1,2.00,USD\n", modified=1_700_000_300)
    put(settings, "b.csv", HEADER + "2,2025-01-02,A,1,2.00,USD\n", modified=1_700_000_100)
    put(settings, "North/c.csv", HEADER + "3,2025-01-02,A,1,2.00,USD\n", modified=1_700_000_200)
    look()
    assert rows(database, "SELECT name FROM import_file ORDER BY batch_id") == [("b.csv",), ("c.csv",), ("a.csv",)]


def test_two_halves_of_an_export_are_imported_together_whatever_their_names(settings: Settings, look: Look) -> None:
    put(settings, "one.csv", SAMPLES / "taobao-orders.csv")
    put(settings, "two.csv", SAMPLES / "taobao-lines.csv")
    put(settings, "other.csv", SAMPLES / "generic-sales.csv")
    outcome = look()
    assert sorted(len(receipt.files) for receipt in outcome.imported) == [1, 2]
    assert below(settings.inbox / "done").count("1-one.csv.receipt.json") == 1
    assert len(below(settings.inbox / "done")) == 9  # three files, each with two beside it


def test_a_half_waits_for_its_companion_and_the_two_are_one_import(settings: Settings, look: Look) -> None:
    put(settings, "orders.csv", SAMPLES / "taobao-orders.csv")
    put(settings, "South/orders.csv", SAMPLES / "taobao-orders.csv")  # another shop's half is no companion
    companion = [("South/orders.csv", "inbox.companion"), ("orders.csv", "inbox.companion")]
    assert sorted(waiting(look(599))) == companion
    put(settings, "lines.csv", SAMPLES / "taobao-lines.csv")
    outcome = look()
    assert [len(receipt.files) for receipt in outcome.imported] == [2]
    assert waiting(outcome) == companion[:1]


def test_a_half_whose_companion_does_not_come_is_imported_alone_and_its_receipt_says_so(
    database: Database, settings: Settings, look: Look
) -> None:
    put(settings, "lines.csv", SAMPLES / "taobao-lines.csv")
    (receipt,) = look(601).imported
    assert receipt.issues[0].code == "inbox.companion_missing"
    assert "10 minutes" in str(receipt.issues[0].message)
    assert receipt.rows_accepted == receipt.rows_read > 0
    assert rows(database, "SELECT code, severity FROM import_issue ORDER BY id LIMIT 1") == [
        ("inbox.companion_missing", "warns")
    ]


def test_both_halves_after_one_that_came_alone_complete_its_orders(
    database: Database, settings: Settings, look: Look
) -> None:
    put(settings, "lines.csv", SAMPLES / "taobao-lines.csv")
    (alone,) = look(601).imported
    put(settings, "lines.csv", SAMPLES / "taobao-lines.csv")
    put(settings, "orders.csv", SAMPLES / "taobao-orders.csv")
    assert [len(receipt.files) for receipt in look().imported] == [2]
    assert rows(database, "SELECT COUNT(*), SUM(lines) FROM sales_order") == [(alone.orders, alone.lines)]
    assert rows(database, "SELECT COUNT(*) FROM sales_order WHERE total IS NULL") == [(0,)]


def test_a_half_is_not_given_up_while_another_file_of_its_shop_is_still_coming(settings: Settings, look: Look) -> None:
    put(settings, "lines.csv", SAMPLES / "taobao-lines.csv")
    coming = put(settings, "orders.csv", SAMPLES / "taobao-orders.csv")
    soon = coming.stat().st_mtime + 605
    os.utime(coming, (soon, soon))  # still written to, as a clock 601 seconds on sees it
    assert sorted(waiting(look(601))) == [("lines.csv", "inbox.companion"), ("orders.csv", "inbox.settling")]


def test_what_cannot_be_imported_is_refused_with_the_reason_and_stops_nothing(settings: Settings, look: Look) -> None:
    put(settings, "a.csv", "hello", modified=1_600_000_000)
    put(settings, "b.csv", "Ref,When,What,Pieces,Each\n1,2025-01-02,Mug,2,4.50\n", modified=1_600_000_001)
    put(settings, "North/c.pdf", "%PDF-1.7 …", modified=1_600_000_002)
    put(settings, "d.csv", SAMPLES / "generic-sales.csv")
    outcome = look()
    assert [(r.label, r.shop, r.error.code) for r in outcome.refused] == [
        ("a.csv", None, "file.not_a_table"),
        ("b.csv", None, "import.unknown_format"),
        ("North/c.pdf", "North", "file.wrong_container"),
    ]
    assert len(outcome.imported) == 1
    for refusal in outcome.refused:
        filed = settings.inbox / refusal.filed
        reason = json.loads(filed.with_name(filed.name + ".reason.json").read_text(encoding="utf-8"))
        assert reason["error"]["code"] == refusal.error.code
        assert reason["error"]["hint"]
        assert refusal.label in filed.with_name(filed.name + ".reason.txt").read_text(encoding="utf-8")
    frame = latest_refusals(settings, since(settings, 60), "zh_CN")
    assert sorted(frame["file"]) == ["North/c.pdf", "a.csv", "b.csv"]
    assert all(re.search("[\u4e00-\u9fff]{4}", words) for words in frame["message"] + frame["hint"])
    assert lying_there(settings, since(settings, 10)).empty
    assert latest_refusals(settings, since(settings, 31 * 86_400), "en").empty  # no longer lately


def test_refusals_that_somebody_tampered_with_are_passed_over(settings: Settings) -> None:
    month = settings.inbox / "refused" / "2026-01"
    month.mkdir(parents=True)
    (month / "1.reason.json").write_text("[]")
    (month / "2.reason.json").write_text("{")
    (month / "3.reason.json").write_text(json.dumps({"at": "2026-01-01T00:00:00+00:00", "file": "x", "text": {}}))
    text = {"id": "{file.__class__} {0}", "values": {"file": "x"}}
    (month / "4.reason.json").write_text(
        json.dumps({"at": "2026-01-01T00:00:00+00:00", "file": "x", "text": {"message": text, "hint": None}})
    )
    assert latest_refusals(settings, FixedClock(dt.datetime(2026, 1, 2, tzinfo=dt.UTC)), "en").empty


def test_a_file_that_cannot_be_opened_is_reported(
    settings: Settings, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(settings, "sales.csv", SAMPLES / "generic-sales.csv")
    real = Path.open

    def denied(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.name == "sales.csv":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", denied)
    assert [refusal.error.code for refusal in look().refused] == ["file.unreadable"]


def test_a_file_that_cannot_be_moved_is_not_imported(
    database: Database, settings: Settings, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(settings, "sales.csv", SAMPLES / "generic-sales.csv")
    real = Path.replace

    def locked(path: Path, target: Path) -> Path:
        if path.parent == settings.inbox:
            raise PermissionError(13, "It is open in another program", str(path))
        return real(path, target)

    monkeypatch.setattr(Path, "replace", locked)
    outcome = look()
    assert (waiting(outcome), outcome.imported) == ([("sales.csv", "inbox.in_use")], ())
    assert "open in another program" in str(outcome.waiting[0].message)
    assert rows(database, "SELECT * FROM import_batch") == []


@POSIX
def test_names_that_are_no_text_are_refused_and_long_ones_shortened(settings: Settings, look: Look) -> None:
    raw = os.fsencode(settings.inbox) + b"/sales\xff\xfe.csv"
    Path(os.fsdecode(raw)).write_bytes((SAMPLES / "generic-sales.csv").read_bytes())
    put(settings, "两\n行.csv", SAMPLES / "generic-sales.csv")
    long = "订单" * 40 + ".csv"  # 244 bytes
    put(settings, long, SAMPLES / "generic-stock.csv")
    outcome = look()
    assert sorted(refusal.error.code for refusal in outcome.refused) == ["inbox.bad_name"] * 2
    json.dumps(outcome.to_json("en"), ensure_ascii=False).encode()
    (filed,) = settings.inbox.glob("done/*/*订单.csv")
    assert filed.with_name(filed.name + ".receipt.json").exists()
    assert outcome.imported[0].files[0].name == long


def test_names_never_overwrite_each_other(settings: Settings, look: Look) -> None:
    for text in ("hello", "good morning"):
        put(settings, "bad.csv", text)
        put(settings, "North/bad.csv", text)
    look()
    put(settings, "bad.csv", "good night")
    look()
    kept = [path.read_text() for path in settings.inbox.glob("refused/*/*.csv")]
    assert sorted(kept) == ["good morning", "good morning", "good night"]


def test_a_crash_between_commit_and_move_imports_nothing_twice(
    database: Database, settings: Settings, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(settings, "North/sales.csv", SAMPLES / "generic-sales.csv")
    put(settings, "stock.csv", SAMPLES / "generic-stock.csv")

    class PowerCut(BaseException):
        pass

    def cut(*_arguments: Any) -> None:
        raise PowerCut

    with monkeypatch.context() as broken:
        broken.setattr(inbox_folder.InboxFolder, "file_away", cut)
        broken.setattr(inbox_folder.InboxFolder, "_put_back", lambda *_: None)  # a dead process puts nothing back
        with pytest.raises(PowerCut):
            look()
    (half_done,) = settings.inbox.glob(".taken/*/shop/North/sales.csv")
    stood = rows(database, "SELECT external_id, batch_id FROM sales_order ORDER BY 1")
    assert len(stood) == 2
    first = look(600)  # puts it back; as it was moved just now, it has to settle again
    assert not half_done.exists()
    assert waiting(first) == [("North/sales.csv", "inbox.settling")] or len(first.imported) == 2
    again = InboxOutcome().then(first).then(look())
    by_name = {receipt.files[0].name: receipt for receipt in again.imported}
    assert (by_name["sales.csv"].rows_unchanged, by_name["sales.csv"].orders) == (3, 0)
    assert rows(database, "SELECT external_id, batch_id FROM sales_order ORDER BY 1") == stood
    assert rows(database, "SELECT name FROM channel") == [("North",)]


def test_an_import_that_is_interrupted_leaves_the_file_where_it_was(database: Database, settings: Settings) -> None:
    put(settings, "North/sales.csv", SAMPLES / "generic-sales.csv")
    clock = since(settings, 10)

    def stop(share: float, _text: Text) -> None:
        if share > 0.8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        process_inbox(database, INBOX_USER.acting(clock), settings, clock, stop)
    assert (settings.inbox / "North" / "sales.csv").exists()
    assert rows(database, "SELECT * FROM sales_order") == []


def test_a_job_that_was_taken_over_refuses_no_file(database: Database, settings: Settings) -> None:
    path = put(settings, "sales.csv", SAMPLES / "generic-sales.csv")
    clock = since(settings, 10)
    for stop in (Conflict(T("Attempt {attempt} is over.", attempt=1), code="job.attempt_over"), RuntimeError("stop")):

        def told(share: float, _text: Text, stop: Exception = stop) -> None:
            if share > 0.3:
                raise stop

        with pytest.raises(type(stop)):
            process_inbox(database, INBOX_USER.acting(clock), settings, clock, told)
        assert path.exists()
        clock = since(settings, 10)
    assert rows(database, "SELECT * FROM import_batch") == []


def test_a_file_that_is_written_to_while_it_is_imported_comes_again(
    database: Database, settings: Settings, look: Look
) -> None:
    path = put(settings, "sales.csv", HEADER + "1,2025-01-02,A,1,2.00,USD\n")
    clock = since(settings, 10)
    with path.open("a") as still_open:

        def more(share: float, _text: Text) -> None:
            if share > 0.9 and not still_open.closed:
                still_open.write("2,2025-01-02,A,1,2.00,USD\n")
                still_open.close()

        outcome = process_inbox(database, INBOX_USER.acting(clock), settings, clock, more)
    assert ([r.orders for r in outcome.imported], waiting(outcome)) == ([1], [("sales.csv", "inbox.in_use")])
    (again,) = look().imported
    assert (again.orders, again.rows_unchanged) == (1, 1)


def test_a_fault_of_the_program_moves_the_file_out_of_the_way_and_is_logged(
    database: Database, settings: Settings, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(settings, "a.csv", SAMPLES / "generic-sales.csv", modified=1_600_000_000)
    put(settings, "b.csv", SAMPLES / "generic-stock.csv")
    real = inbox.import_files

    def faulty(database: Database, who: Any, paths: Any, *rest: Any) -> Any:
        if paths[0].name == "a.csv":
            raise ZeroDivisionError("a fault")
        return real(database, who, paths, *rest)

    monkeypatch.setattr(inbox, "import_files", faulty)
    outcome = look()
    assert [refusal.error.code for refusal in outcome.refused] == ["inbox.unexpected"]
    assert len(outcome.imported) == 1
    assert "ZeroDivisionError" in (settings.home / "logs" / "worker.log").read_text(encoding="utf-8")


def test_a_database_that_cannot_be_used_refuses_no_file(
    database: Database, settings: Settings, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(settings, "sales.csv", SAMPLES / "generic-sales.csv")

    def locked(*_arguments: Any) -> Any:
        raise sa.exc.OperationalError("INSERT", {}, Exception("database is locked"))

    monkeypatch.setattr(inbox, "import_files", locked)
    with pytest.raises(Unavailable, match="database is locked"):
        look()
    assert path.exists()


def test_nothing_is_done_without_permission_or_beside_another_process(database: Database, settings: Settings) -> None:
    path = put(settings, "sales.csv", SAMPLES / "generic-sales.csv")
    clock = since(settings, 10)
    with pytest.raises(NotPermitted):
        process_inbox(database, Actor("inbox", frozenset()).acting(clock), settings, clock)
    with FileLock(settings.home / "inbox.lock"), pytest.raises(Conflict) as busy:
        process_inbox(database, INBOX_USER.acting(clock), settings, clock)
    assert busy.value.code == "inbox.busy"
    assert path.exists()


def test_the_watch_asks_for_what_is_complete_and_not_for_the_same_again_and_again(settings: Settings) -> None:
    shutil.rmtree(settings.inbox)
    watch = Watch()
    assert watch(settings, since(settings, 10)) is None
    assert settings.inbox.is_dir()  # made, so that people find it
    put(settings, "a.csv", "x")
    assert watch(settings, since(settings, 1)) is None  # still coming
    assert watch(settings, since(settings, 6)) == {}
    assert watch(settings, since(settings, 30)) is None  # asked for a moment ago
    assert watch(settings, since(settings, 67)) == {}
    put(settings, "b.csv", "x")
    assert watch(settings, since(settings, 68)) == {}  # something new


def test_the_watch_asks_for_what_a_crash_left(settings: Settings) -> None:
    (settings.inbox / ".taken" / "abc").mkdir(parents=True)
    assert Watch()(settings, since(settings, 10)) == {}


def test_the_worker_imports_what_is_put_into_the_folder(database: Database, settings: Settings) -> None:
    put(settings, "sales.csv", SAMPLES / "generic-sales.csv")
    clock = since(settings, 10)
    book = JobBook(settings.jobs_path, clock)
    run_forever(book, REGISTRY, settings, clock, StopAfter(2))
    (job,) = book.recent()
    assert (job.kind, job.actor, job.status) == (PROCESS, "inbox", Status.DONE)
    assert [receipt["orders"] for receipt in (job.result or {})["imported"]] == [2]
    assert below(settings.inbox / "done")[0].endswith("sales.csv")


def test_the_terminal_prints_one_document(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERP_INBOX_QUIET", "0")
    (home / "inbox").mkdir(parents=True)
    settings = load_settings()
    put(settings, "sales.csv", SAMPLES / "generic-sales.csv", modified=1_600_000_000)
    put(settings, "bad.csv", "hello", modified=1_600_000_000)
    put(settings, "half.csv", SAMPLES / "taobao-lines.csv", modified=1_600_000_000)
    assert main(["inbox", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert list(document) == ["imported", "refused", "waiting"]
    assert [receipt["format"] for receipt in document["imported"]] == ["generic-sales"]
    assert [set(refusal) for refusal in document["refused"]] == [{"file", "shop", "code", "message", "hint", "filed"}]
    assert [(left["file"], left["code"]) for left in document["waiting"]] == [("half.csv", "inbox.companion")]
    assert main(["inbox", "--no-wait", "--language", "zh_CN"]) == 0
    assert "taobao-orders" in capsys.readouterr().out
