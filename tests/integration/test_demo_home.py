"""The demo shop comes whole, works as any shop does, and goes without a trace."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from erp_core.cli import main
from erp_core.clock import FixedClock, SystemClock
from erp_core.company.views import read_company
from erp_core.db.base import metadata
from erp_core.db.engine import Database
from erp_core.db.migrate import upgrade
from erp_core.db.uow import As
from erp_core.demo import service, work
from erp_core.demo.place import about_demo, demo_settings
from erp_core.demo.plan import SIZES, Plan
from erp_core.demo.service import NAME, load_demo, remove_demo
from erp_core.errors import Cancelled, Conflict, NotFound, NotPermitted
from erp_core.imports.service import import_files
from erp_core.jobs.book import JobBook
from erp_core.jobs.job import Status
from erp_core.jobs.process import FileLock
from erp_core.jobs.registry import JobContext, Registry
from erp_core.jobs.worker import StopSign, run_forever
from erp_core.orders import rollups
from erp_core.overview.views import Filters, kpis
from erp_core.security.actor import LOCAL_USER
from erp_core.security.permissions import Permission
from erp_core.settings import Settings, load_settings
from erp_core.stock.views import check
from erp_core.text import T, Text
from erp_core.work import REGISTRY, run_worker

PLAN = Plan(SIZES["tiny"], 5, dt.date(2025, 11, 30))
SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"


@pytest.fixture
def settings(home: Path) -> Settings:
    """A company with data of its own."""
    home.mkdir()
    settings = load_settings()
    database = Database(settings.database_url)
    upgrade(database)
    import_files(database, LOCAL_USER.acting(), [SAMPLES / "generic-sales.csv"])
    database.dispose()
    return settings


@pytest.fixture
def who(clock: FixedClock) -> As:
    return LOCAL_USER.acting(clock)


def listing(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def rows(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables."""
    database = Database(url)
    with database.reading() as connection:
        found = {name: [tuple(row) for row in connection.execute(sa.select(t))] for name, t in metadata.tables.items()}
    database.dispose()
    return found


def numbers(settings: Settings) -> dict[str, Any]:
    database = Database(settings.database_url)
    with database.reading() as connection:
        company = read_company(connection)
        values = kpis(connection, company, None, Filters(), dt.date(2025, 12, 1))
    database.dispose()
    return {key: value.to_json("en") for key, value in values.items()}


def test_a_loaded_shop_is_a_home_of_its_own_and_sound(settings: Settings, who: As) -> None:
    loaded = load_demo(settings, who, PLAN)
    inside = demo_settings(settings)
    assert inside.home == settings.home / "demo" == loaded.home
    assert inside.database_url == f"sqlite:///{loaded.database}"
    assert {path.name for path in loaded.home.iterdir()} == {
        "about.json",
        "erp.db",
        "files",
        "inbox",
        "keys",
        "uploads",
    }
    assert all(path.is_file() for path in loaded.files)
    assert len(loaded.files) == 17
    database = Database(inside.database_url)
    with database.reading() as connection:
        company = read_company(connection)
        assert (company.name, company.demo, company.base_currency, company.time_zone) == (
            NAME,
            True,
            "CNY",
            "Asia/Shanghai",
        )
        assert company.money_chosen
        assert company.zone_chosen
        assert check(connection) == ()
    with database.writing_connection() as connection:
        assert rollups.check(connection) == ()
    database.dispose()
    about = about_demo(settings)
    assert about is not None
    assert (about.size, about.seed, about.until, about.made_at) == (
        "tiny",
        5,
        "2025-11-30",
        "2026-03-02T09:00:00+00:00",
    )


def test_contribution_is_known_of_every_order(settings: Settings, who: As) -> None:
    load_demo(settings, who, PLAN)
    assert numbers(settings.demo)["contribution"]["missing"] == []
    assert numbers(settings.demo)["contribution"]["value"] is not None


def test_removing_leaves_folder_and_company_as_they_were(settings: Settings, who: As) -> None:
    folder, company = listing(settings.home), rows(settings.database_url)
    load_demo(settings, who, PLAN)
    assert rows(settings.database_url) == company
    assert remove_demo(settings, who) is True
    assert listing(settings.home) == folder
    assert rows(settings.database_url) == company
    assert remove_demo(settings, who) is False
    assert listing(settings.home) == folder


def test_loading_again_replaces_it_and_gives_the_same_numbers_under_another_token(settings: Settings, who: As) -> None:
    load_demo(settings, who, PLAN)
    first, told = about_demo(settings), numbers(settings.demo)
    (settings.demo.home / "uploads" / "mine.csv").write_text("x")
    load_demo(settings, who, PLAN)
    again = about_demo(settings)
    assert first is not None
    assert again is not None
    assert again.token != first.token
    assert numbers(settings.demo) == told
    assert not (settings.demo.home / "uploads" / "mine.csv").exists()
    assert listing(settings.demo_workshop.home) == []


def test_a_crash_on_the_way_leaves_no_half_shop_and_the_one_before(
    settings: Settings, who: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported = service.import_files
    broken = {"on": True}

    def fail_at_the_returns(database: Database, who: As, paths: list[Path], *rest: Any) -> Any:
        if broken["on"] and paths[0].name == "returns.csv":
            raise RuntimeError("the machine stops")
        return imported(database, who, paths, *rest)

    monkeypatch.setattr(service, "import_files", fail_at_the_returns)
    folder = listing(settings.home)
    with pytest.raises(RuntimeError):
        load_demo(settings, who, PLAN)
    assert about_demo(settings) is None
    assert set(listing(settings.home)) - set(folder) <= {"demo.lock", "demo.work"}
    broken["on"] = False
    load_demo(settings, who, PLAN)
    before = about_demo(settings)
    broken["on"] = True
    with pytest.raises(RuntimeError):
        load_demo(settings, who, Plan(SIZES["tiny"], 6, PLAN.until))
    assert about_demo(settings) == before


def test_a_cancelled_making_leaves_nothing_half_done(settings: Settings, who: As) -> None:
    def stop(share: float, _text: Text) -> None:
        if share > 0.5:
            raise Cancelled(T("The work was cancelled."))

    with pytest.raises(Cancelled):
        load_demo(settings, who, PLAN, stop)
    assert about_demo(settings) is None
    assert listing(settings.demo_workshop.home) == []


def test_what_a_killed_making_left_behind_is_cleared_by_the_next(settings: Settings, who: As) -> None:
    left = settings.demo_workshop.home / "new-0123" / "files"
    left.mkdir(parents=True)
    (left / "products.csv").write_text("half")
    settings.demo.home.mkdir()  # no about.json in it: not a demo shop
    assert about_demo(settings) is None
    load_demo(settings, who, PLAN)
    assert listing(settings.demo_workshop.home) == []
    assert about_demo(settings) is not None


def test_leftovers_alone_are_removed_too(settings: Settings, who: As) -> None:
    folder = listing(settings.home)
    (settings.demo_workshop.home / "new-0123").mkdir(parents=True)
    assert remove_demo(settings, who) is False
    assert listing(settings.home) == folder


def test_two_makings_at_once_are_refused(settings: Settings, who: As) -> None:
    with FileLock(settings.home / "demo.lock"), pytest.raises(Conflict) as refused:
        load_demo(settings, who, PLAN)
    assert refused.value.code == "demo.busy"


def test_without_the_permission_nothing_is_loaded_or_removed(settings: Settings, clock: FixedClock) -> None:
    guest = As("guest", frozenset(map(str, LOCAL_USER.permissions - {Permission.USE_DEMO})), clock)
    for act in (lambda: load_demo(settings, guest, PLAN), lambda: remove_demo(settings, guest)):
        with pytest.raises(NotPermitted):
            act()
    assert about_demo(settings) is None


def test_the_permission_is_enough_to_load_it(settings: Settings, clock: FixedClock) -> None:
    visitor = As("visitor", frozenset({str(Permission.USE_DEMO)}), clock)
    load_demo(settings, visitor, PLAN)
    assert about_demo(settings) is not None


def test_as_a_job_it_is_made_by_the_worker_and_its_book_goes_with_it(
    settings: Settings, who: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SIZES, "small", SIZES["tiny"])  # type: ignore[arg-type]  # the same way, in less time
    run_worker(settings, once=True)
    folder, company = listing(settings.home), rows(settings.database_url)
    clock = SystemClock()
    job = work.hand_in(settings, LOCAL_USER, clock, "small", 5)
    assert work.hand_in(settings, LOCAL_USER, clock, "small", 5).id == job.id  # a second click starts nothing
    run_worker(settings, once=True)
    done = work.latest(settings, clock)
    assert done is not None
    assert (done.status, done.progress) == (Status.DONE, 1)
    assert about_demo(settings) is not None
    assert JobBook(settings.jobs_path).recent() == []
    assert remove_demo(settings, who) is True
    assert work.latest(settings, clock) is None
    assert listing(settings.home) == folder
    assert rows(settings.database_url) == company


def test_jobs_of_the_demo_shop_run_with_its_own_settings(settings: Settings, who: As) -> None:
    load_demo(settings, who, PLAN)
    inside = settings.demo
    book = JobBook(inside.jobs_path)
    file = str(SAMPLES / "generic-sales.csv")
    job_id = book.submit("import.run", {"paths": [file], "channel": "Sample"}, actor="local")
    company = rows(settings.database_url)
    run_worker(settings, once=True)
    assert book.get(job_id).status is Status.DONE
    assert rows(settings.database_url) == company
    database = Database(inside.database_url)
    with database.reading() as connection:
        assert connection.execute(sa.text("SELECT COUNT(*) FROM channel WHERE name = 'Sample'")).scalar_one() == 1
    database.dispose()


@pytest.fixture
def at_work(settings: Settings) -> Iterator[tuple[StopSign, threading.Event]]:
    """A worker that does endless jobs, and a sign that it has begun one."""
    begun, stop = threading.Event(), StopSign()

    def endless(context: JobContext) -> Mapping[str, Any]:
        begun.set()
        while True:
            context.progress(0.5, T("Done."))
            stop.wait(0.01)

    clock = SystemClock()
    registry = Registry({**REGISTRY.handlers, "endless": endless, work.LOAD: endless})
    book = JobBook(settings.jobs_path, clock)
    thread = threading.Thread(target=run_forever, args=(book, registry, settings, clock, stop), daemon=True)
    thread.start()
    yield stop, begun
    stop.ask()
    thread.join(20)
    assert not thread.is_alive()


def test_removing_stops_the_work_in_the_demo_shop(settings: Settings, who: As, at_work: Any) -> None:
    stop, begun = at_work
    load_demo(settings, who, PLAN)
    JobBook(settings.demo.jobs_path).submit("endless", {}, actor="local")
    assert begun.wait(20)
    assert remove_demo(settings, LOCAL_USER.acting()) is True
    stop.ask()
    assert not settings.demo.home.exists()
    assert not settings.demo_workshop.home.exists()


def test_removing_stops_the_making(settings: Settings, at_work: Any) -> None:
    stop, begun = at_work
    work.hand_in(settings, LOCAL_USER, SystemClock(), "small")
    assert begun.wait(20)
    assert remove_demo(settings, LOCAL_USER.acting()) is False  # none was there yet
    stop.ask()
    assert not settings.demo_workshop.home.exists()


def test_a_book_that_is_looked_at_does_not_come_back(settings: Settings) -> None:
    book = JobBook(settings.demo.jobs_path, must_exist=True)
    with pytest.raises(Exception, match="cannot be used"):
        book.claim()
    assert not settings.demo.home.exists()


# --- the terminal ----------------------------------------------------------------------------------------------------


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    code = main([*words, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_the_terminal_loads_works_on_and_removes_it(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = run(capsys, "kpi", "--demo")
    assert (code, answer["error"]["code"]) == (2, "demo.not_loaded")
    code, own = run(capsys, "kpi")
    code, loaded = run(capsys, "demo", "load", "--size", "tiny", "--seed", "5", "--until", "2025-11-30")
    assert code == 0
    assert set(loaded) == {"home", "database", "size", "seed", "until", "files", "orders", "products", "receipts"}
    assert (loaded["size"], loaded["seed"], loaded["until"], loaded["products"]) == ("tiny", 5, "2025-11-30", 24)
    assert len(loaded["receipts"]) == 16  # seventeen files, two of them one import
    assert all(Path(path).is_file() for path in loaded["files"])
    code, demo = run(capsys, "kpi", "--demo")
    assert code == 0
    assert demo["orders"]["value"] > 100
    assert run(capsys, "kpi") == (0, own)
    code, bought = run(capsys, "replenish", "--demo")
    assert code == 0
    assert bought["lines"]
    assert run(capsys, "stock", "check", "--demo")[1]["ok"] is True
    assert run(capsys, "demo", "remove") == (0, {"removed": True})
    assert run(capsys, "demo", "remove") == (0, {"removed": False})
    assert run(capsys, "kpi") == (0, own)


def test_the_terminal_writes_only_the_files(home: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "files"
    code, answer = run(capsys, "demo", "files", "--size", "tiny", "--until", "2025-11-30", "--out", str(out))
    assert code == 0
    assert sorted(answer["files"]) == sorted(str(path) for path in out.iterdir())
    assert not home.exists()
    code, answer = run(capsys, "demo", "files", "--size", "tiny")
    assert (code, answer["error"]["code"]) == (2, "usage")
    file = tmp_path / "file"
    file.touch()
    code, answer = run(capsys, "demo", "files", "--size", "tiny", "--out", str(file))
    assert (code, answer["error"]["code"]) == (2, "demo.no_folder")
    code, answer = run(capsys, "demo", "load", "--seed", "-1")
    assert (code, answer["error"]["code"]) == (2, "demo.bad_seed")


def test_the_demo_shop_is_in_a_file_of_its_own_whatever_database_the_company_uses(tmp_path: Path) -> None:
    company = load_settings({"ERP_HOME": str(tmp_path), "ERP_DATABASE_URL": "postgresql://localhost/erp"})
    assert company.demo.database_url == f"sqlite:///{tmp_path / 'demo' / 'erp.db'}"
    assert company.demo.jobs_path == tmp_path / "demo" / "jobs.db"
    assert company.demo_workshop.jobs_path == tmp_path / "demo.work" / "jobs.db"


def test_settings_of_a_demo_shop_that_is_not_there_are_refused(settings: Settings) -> None:
    with pytest.raises(NotFound):
        demo_settings(settings)
