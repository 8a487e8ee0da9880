"""The demo shop comes and goes: made beside, put in place whole, removed without a trace.

It has a home of its own inside the company's folder, laid out as any home is, so that every page and command works on
it as on the company. `demo.work` beside it holds what is being made and the book of the jobs that make it.
"""

from __future__ import annotations

import datetime as dt
import shutil
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from erp_core.company import service as company
from erp_core.company.service import CompanyChange
from erp_core.db import packs
from erp_core.db.engine import Database
from erp_core.db.migrate import upgrade
from erp_core.db.uow import As, UnitOfWork, unit_of_work
from erp_core.demo.files import files_of, write_files
from erp_core.demo.own_files import TERMS
from erp_core.demo.place import FILES, About, about_demo, write_about
from erp_core.demo.plan import TIME_ZONE, Plan
from erp_core.demo.shop import make_shop
from erp_core.demo.written import DemoFile
from erp_core.errors import BadInput, Conflict, Unavailable
from erp_core.finance.service import ChannelFee, set_channel_fee
from erp_core.imports.batch import Progress, silent
from erp_core.imports.receipt import Receipt
from erp_core.imports.service import ImportOptions, import_files
from erp_core.jobs.book import JobBook
from erp_core.jobs.process import FileLock
from erp_core.orders.channels import read_channels
from erp_core.orders.pack_work import ROLLUPS
from erp_core.security.guard import require
from erp_core.security.permissions import ALL_PERMISSIONS, Permission
from erp_core.settings import Settings
from erp_core.text import T, Text

NAME = "栖木家居 Qimu Home"
_LOCK = "demo.lock"
_PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.05
# Files that belong together, in the order in which they help each other.
_ORDER = (
    ("exchange_rates.csv",), ("suppliers.csv",), ("products.csv",), ("shopify_customers.csv",),
    ("tmall_orders.csv", "tmall_lines.csv"), ("jd_orders.csv",), ("pinduoduo_orders.csv",), ("shopify_orders.csv",),
    ("purchase_orders.csv",), ("receipts.csv",), ("opening_stock.csv",), ("stocktake.csv",), ("parcels.csv",),
    ("returns.csv",), ("contacts.csv",), ("settlement_fees.csv",),
)  # fmt: skip


@dataclass(frozen=True)
class Loaded:
    """A demo shop in place: where it is, its files, and what their imports brought."""

    home: Path
    database: Path
    about: About
    files: tuple[Path, ...]
    receipts: tuple[Receipt, ...]

    def to_json(self, language: str) -> dict[str, Any]:
        """The document of the terminal."""
        return {
            "home": str(self.home),
            "database": str(self.database),
            "size": self.about.size,
            "seed": self.about.seed,
            "until": self.about.until,
            "files": [str(path) for path in self.files],
            "orders": self.about.orders,
            "products": self.about.products,
            "receipts": [receipt.to_json(language) for receipt in self.receipts],
        }


def load_demo(settings: Settings, who: As, plan: Plan, progress: Progress = silent) -> Loaded:
    """Make the shop of a plan, write its files, import them into a database of their own, put it in place.

    One that stands is replaced in the end; until then, and when this is cancelled or fails, it stays. Raises Conflict
    while another demo shop is being made.
    """
    require(who, Permission.USE_DEMO)
    with _alone(settings, patience=0.0):
        _clear(settings)
        home = settings.demo_workshop.home / f"new-{uuid.uuid4().hex}"
        try:
            loaded = _made(settings, who, plan, home, progress)
            _stop_jobs(settings.demo, who)
            _put_in_place(settings, home)
        finally:
            shutil.rmtree(home, ignore_errors=True)
    progress(1.0, T("Done."))
    return loaded


def remove_demo(settings: Settings, who: As) -> bool:
    """Delete the demo shop whole, with what was being made of it; returns whether there was one.

    Work under way in it is cancelled first. Raises Conflict where that does not end in time.
    """
    require(who, Permission.USE_DEMO)
    there = settings.demo.home.exists() or settings.demo_workshop.home.exists()
    lock = settings.home / _LOCK
    if not there and not lock.exists():
        return False
    was = about_demo(settings) is not None
    _stop_jobs(settings.demo_workshop, who)
    with _alone(settings, patience=_PATIENCE_SECONDS):
        _stop_jobs(settings.demo, who)
        _take_away(settings)
        shutil.rmtree(settings.demo_workshop.home, ignore_errors=True)
        _gone(settings.demo_workshop.home)
    lock.unlink(missing_ok=True)
    return was


def write_demo_files(plan: Plan, folder: Path) -> tuple[Path, ...]:
    """Only the files, for whoever wants to import them by hand. Raises BadInput where `folder` is a file."""
    if folder.exists() and not folder.is_dir():
        raise BadInput(
            T("{name} is a file, not a folder.", name=str(folder)),
            hint=T("Name a folder for the files."),
            code="demo.no_folder",
        )
    return tuple(write_files(files_of(make_shop(plan)), folder))


def import_demo_files(
    database: Database, who: As, files: Sequence[DemoFile], folder: Path, progress: Progress = silent
) -> tuple[Receipt, ...]:
    """Import the files of a demo shop that lie in `folder`, as a person would: each with its shop's name."""
    by_name = {file.name: file for file in files}
    receipts: list[Receipt] = []
    for number, names in enumerate(_ORDER):

        def told(share: float, text: Text, number: int = number, name: str = names[0]) -> None:
            at = (number + share) / len(_ORDER)
            progress(0.1 + 0.88 * at, T("{file}: {what}", file=name, what=text))

        options = ImportOptions(channel=by_name[names[0]].channel)
        receipts += import_files(database, who, [folder / name for name in names], options, told)
    return tuple(receipts)


def _made(settings: Settings, who: As, plan: Plan, home: Path, progress: Progress) -> Loaded:
    progress(0.01, T("Making up a shop of {count} products …", count=plan.size.products))
    shop = make_shop(plan)
    files = files_of(shop)
    progress(0.06, T("Writing its files …"))
    paths = write_files(files, home / FILES)
    database = Database(f"sqlite:///{home / 'erp.db'}", home / settings.keys.name)
    inside = replace(who, permissions=frozenset(map(str, ALL_PERMISSIONS)))  # in its own database, nowhere else
    token = uuid.uuid4().hex
    try:
        upgrade(database)
        with unit_of_work(database, inside) as uow:
            company.change_company(uow, CompanyChange(name=NAME, base_currency="CNY", time_zone=TIME_ZONE))
            company.mark_as_demo(uow, version=int(token[:7], 16))
            uow.commit()
        receipts = import_demo_files(database, inside, files, home / FILES, progress)
        with unit_of_work(database, inside) as uow:
            _state_fees(uow, plan)
            uow.commit()
        packs.pack(database, ROLLUPS)  # the worker's duties are for the company only
    finally:
        database.dispose()
    for name in ("uploads", "inbox"):
        (home / name).mkdir()
    about = About(
        token=token,
        size=plan.size.name,
        seed=plan.seed,
        until=plan.until.isoformat(),
        made_at=who.clock.now().astimezone(dt.UTC).isoformat(timespec="seconds"),
        orders=len(shop.orders.at),
        products=len(shop.products),
    )
    write_about(home, about)
    there = settings.demo.home
    in_place = tuple(there / FILES / path.name for path in paths)
    return Loaded(there, there / "erp.db", about, in_place, receipts)


def _state_fees(uow: UnitOfWork, plan: Plan) -> None:
    """What the shops take of orders that no settlement has come for yet, as the merchant knows it."""
    known = {shop.name: shop.id for shop in read_channels(uow.connection)}
    for (name, kind), (share, fixed, currency) in TERMS.items():
        set_channel_fee(uow, ChannelFee(known[name], kind, plan.start, share, fixed, currency))


@contextmanager
def _alone(settings: Settings, patience: float) -> Iterator[None]:
    """While the block runs nobody else makes or removes the demo shop. Raises Conflict after `patience` seconds."""
    lock = FileLock(settings.home / _LOCK)
    for _ in range(max(1, int(patience / _LOOK_SECONDS))):
        with lock.if_free() as free:
            if free:
                yield
                return
        time.sleep(_LOOK_SECONDS)
    raise Conflict(
        T("A demo shop is being made or removed right now."),
        hint=T("Wait until that is done, then try again."),
        code="demo.busy",
    )


def _stop_jobs(place: Settings, who: As) -> None:
    """Cancel the work that waits or runs there, and wait until it has stopped."""
    if not place.jobs_path.exists():
        return
    book = JobBook(place.jobs_path, who.clock, must_exist=True)
    for _ in range(int(_PATIENCE_SECONDS / _LOOK_SECONDS)):
        try:
            left = book.under_way()
            for job in left:
                book.request_cancel(job.id)
        except Unavailable:  # the book itself cannot be used: nothing works on it either
            return
        if not left:
            return
        time.sleep(_LOOK_SECONDS)
    raise Conflict(
        T("Work is still going on in the demo shop and does not stop."),
        hint=T("Wait until it has ended, then try again."),
        code="demo.work_going_on",
    )


def _clear(settings: Settings) -> None:
    """Delete what a making that was cut short left behind; its book of jobs stays."""
    if settings.demo_workshop.home.is_dir():
        for left in [*settings.demo_workshop.home.glob("new-*"), *settings.demo_workshop.home.glob("old-*")]:
            shutil.rmtree(left, ignore_errors=True)


def _take_away(settings: Settings) -> None:
    """The demo shop is there, or it is not: first it moves away in one step, then it is deleted."""
    home = settings.demo.home
    if not home.exists():
        return
    settings.demo_workshop.home.mkdir(parents=True, exist_ok=True)
    away = settings.demo_workshop.home / f"old-{uuid.uuid4().hex}"
    home.rename(away)
    shutil.rmtree(away, ignore_errors=True)


def _put_in_place(settings: Settings, home: Path) -> None:
    _take_away(settings)
    home.rename(settings.demo.home)


def _gone(folder: Path) -> None:
    if folder.exists():
        raise Unavailable(
            T("{name} could not be deleted whole.", name=str(folder)),
            hint=T("Close whatever still reads its files, then remove the demo shop again."),
            code="demo.not_deleted",
        )
