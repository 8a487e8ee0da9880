"""The watched folder: what is put into `ERP_HOME/inbox` is imported, and filed with its receipt or with the reason.

Files are taken oldest first, once they have been quiet for a while. Two halves of one export (Taobao's order list and
its lines) are imported together; a half whose companion does not come is imported alone, and its receipt says so. A
sub-folder is a shop: its files are imported with it as their channel. Whatever cannot be imported is moved out of the
way with the reason beside it, so that one bad file never stops the others.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import sqlalchemy as sa

from erp_core.clock import Clock
from erp_core.company.views import read_company
from erp_core.db.engine import Database
from erp_core.db.uow import As
from erp_core.errors import Cancelled, Conflict, ErpError, FileRefused, NotPermitted, Unavailable
from erp_core.imports.batch import Progress, silent
from erp_core.imports.detect import UNKNOWN
from erp_core.imports.formats import FORMATS
from erp_core.imports.inbox_folder import (
    DONE,
    REFUSED,
    Arrival,
    InboxFolder,
    InUse,
    LeftAlone,
    Listing,
    Taken,
    is_text,
    printable,
)
from erp_core.imports.receipt import Issue, Receipt
from erp_core.imports.receipt_text import receipt_lines
from erp_core.imports.service import ImportOptions, import_files, recognise
from erp_core.jobs.process import FileLock
from erp_core.jobs.worker import worker_log
from erp_core.security.actor import WORKER, Actor
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.settings import Settings
from erp_core.text import T, Text, say

INBOX_USER = Actor("inbox", frozenset({Permission.IMPORT_FILES}), WORKER)
SETTLING = "inbox.settling"
REFUSALS_SHOWN = 20
LATELY = dt.timedelta(days=30)
_NOT_THE_FILES_FAULT = (Cancelled, Unavailable, NotPermitted)


@dataclass(frozen=True)
class Refusal:
    """A file that was not imported. `filed`: where it lies now, from the inbox."""

    label: str
    shop: str | None
    error: ErpError
    filed: str

    def to_json(self, language: str) -> dict[str, Any]:
        """For the terminal and the book of jobs."""
        hint = self.error.hint
        return {
            "file": self.label,
            "shop": self.shop,
            "code": self.error.code,
            "message": say(self.error.message, language),
            "hint": say(hint, language) if hint is not None else None,
            "filed": self.filed,
        }


@dataclass(frozen=True)
class InboxOutcome:
    """What one look into the folder did. `waiting`: what still lies there, and why."""

    imported: tuple[Receipt, ...] = ()
    refused: tuple[Refusal, ...] = ()
    waiting: tuple[LeftAlone, ...] = ()

    @property
    def settling(self) -> bool:
        """Whether something waits only because it has just come."""
        return any(left.code == SETTLING for left in self.waiting)

    def then(self, later: InboxOutcome) -> InboxOutcome:
        """This look and the next one together; what waits is what the later one left."""
        return InboxOutcome(self.imported + later.imported, self.refused + later.refused, later.waiting)

    def to_json(self, language: str) -> dict[str, Any]:
        """`{"imported": [receipt, …], "refused": […], "waiting": […]}`."""
        return {
            "imported": [receipt.to_json(language) for receipt in self.imported],
            "refused": [refusal.to_json(language) for refusal in self.refused],
            "waiting": [
                {"file": left.label, "shop": left.shop, "code": left.code, "message": say(left.message, language)}
                for left in self.waiting
            ],
        }


def folder_of(settings: Settings) -> InboxFolder:
    """The watched folder of this installation."""
    return InboxFolder(settings.inbox, dt.timedelta(seconds=settings.inbox_quiet))


def process_inbox(
    database: Database, who: As, settings: Settings, clock: Clock, progress: Progress = silent
) -> InboxOutcome:
    """Import what lies in the folder, once.

    `progress` is called with a share and a text and may raise Cancelled; what was imported by then stands, the rest
    stays where it is. Raises NotPermitted, Conflict while another process does the same, Unavailable where the folder
    or the database cannot be used: no file is refused for that.
    """
    require(who, Permission.IMPORT_FILES)
    with FileLock(settings.home / "inbox.lock").if_free() as held:
        if not held:
            raise Conflict(
                T("The watched folder is being worked on at this moment."),
                hint=T("Wait until that is done; everything in the folder is looked at then."),
                code="inbox.busy",
            )
        look = _Look(database, who, settings, clock, progress)
        look.run()
    return InboxOutcome(tuple(look.imported), tuple(look.refused), tuple(look.waiting))


@dataclass(frozen=True)
class _Group:
    """Files to be imported together. `alone`: the companion's format, where it was waited for in vain."""

    arrivals: tuple[Arrival, ...]
    alone: str | None = None
    error: ErpError | None = None

    @property
    def oldest(self) -> tuple[int, str]:
        """What groups are sorted by."""
        return min((arrival.modified_ns, arrival.label) for arrival in self.arrivals)


@dataclass
class _Look:
    """One look into the folder."""

    database: Database
    who: As
    settings: Settings
    clock: Clock
    progress: Progress
    imported: list[Receipt] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    waiting: list[LeftAlone] = field(default_factory=list)
    stopped: Exception | None = None  # what ended the work from outside, whatever it is: no fault of a file

    def run(self) -> None:
        folder = folder_of(self.settings)
        folder.prepare()
        listing = folder.listing(self.clock.now())
        self.waiting += listing.odd
        for arrival in listing.arrivals:
            if not arrival.settled:
                text = T("It has just come. It is imported once it has not changed for a while.")
                self._wait(arrival, SETTLING, text)
        groups = self._groups(listing)
        for at, group in enumerate(groups):
            share = at / len(groups)

            def told(part: float, text: Text, share: float = share) -> None:
                self._tell(share + part / len(groups), text)

            self._handle(folder, group, told)

    def _tell(self, share: float, text: Text) -> None:
        try:
            self.progress(share, text)
        except Exception as stop:
            self.stopped = stop
            raise

    def _is_no_fault_of_the_file(self, error: Exception) -> bool:
        return error is self.stopped or isinstance(error, _NOT_THE_FILES_FAULT)

    def _wait(self, arrival: Arrival, code: str, message: Text) -> None:
        self.waiting.append(arrival.left_alone(code, message))

    # --- what belongs together ---

    def _groups(self, listing: Listing) -> list[_Group]:
        groups: list[_Group] = []
        halves: dict[tuple[str | None, str], dict[Arrival, str]] = {}
        for arrival in listing.arrivals:
            if not arrival.settled:
                continue
            try:
                name = self._format_of(arrival)
            except ErpError as error:
                if self._is_no_fault_of_the_file(error):
                    raise
                groups.append(_Group((arrival,), error=error))
                continue
            companion = FORMATS[name].companion if name in FORMATS else None
            if companion is None:
                groups.append(_Group((arrival,)))
            else:
                halves.setdefault((arrival.shop, "+".join(sorted((name, companion)))), {})[arrival] = name
        coming = {arrival.shop for arrival in listing.arrivals if not arrival.settled}
        groups += [group for (shop, _), found in halves.items() if (group := self._paired(found, shop in coming))]
        return sorted(groups, key=lambda group: group.oldest)

    def _format_of(self, arrival: Arrival) -> str:
        """What the file is; `unknown` where nothing claims it. Raises ErpError where it cannot be read."""
        self._tell(0.0, T("Reading {file} …", file=arrival.label))
        if not is_text(arrival.path.name) or (arrival.shop is not None and not is_text(arrival.shop)):
            raise FileRefused(
                T("The name of {file} holds characters that are no text.", file=arrival.label),
                hint=T("Give the file, and its folder, a plain name and put it into the folder again."),
                code="inbox.bad_name",
            )
        try:
            _, found = recognise(self.database, arrival.path)
        except ErpError:
            raise
        except sa.exc.OperationalError as problem:
            raise _database_failed(problem) from problem
        except Exception as problem:  # a fault of ours with this file must not stop the others
            raise self._fault((arrival,), problem) from problem
        return found.format if found.format != UNKNOWN else ""

    def _paired(self, halves: Mapping[Arrival, str], more_is_coming: bool) -> _Group | None:
        """The halves as one group; None while the other kind of half is waited for."""
        arrivals = tuple(halves)
        companions = {FORMATS[name].companion or "" for name in halves.values()} - set(halves.values())
        if not companions:
            return _Group(arrivals)
        (companion,) = companions
        due = min(arrival.arrived for arrival in arrivals) + dt.timedelta(seconds=self.settings.inbox_patience)
        if self.clock.now() >= due and not more_is_coming:
            return _Group(arrivals, alone=companion)
        for arrival in arrivals:
            text = T("It waits for the other file of its export, {format}.", format=companion)
            self._wait(arrival, "inbox.companion", text)
        return None

    # --- importing and filing ---

    def _handle(self, folder: InboxFolder, group: _Group, progress: Progress) -> None:
        try:
            with folder.taking(group.arrivals) as taken:
                try:
                    self._import(folder, taken, group, progress)
                except ErpError as error:
                    if self._is_no_fault_of_the_file(error):
                        raise
                    for arrival in list(taken.paths):
                        self._refuse(folder, taken, arrival, error)
        except InUse as busy:
            text = T("It changed while it was taken. It is looked at again.")
            if busy.reason:
                text = T("It cannot be taken out of the folder: {reason}", reason=busy.reason)
            self._wait(busy.arrival, "inbox.in_use", text)

    def _import(self, folder: InboxFolder, taken: Taken, group: _Group, progress: Progress) -> None:
        if group.error is not None:
            raise group.error
        remarks = () if group.alone is None else (_came_alone(group.alone, self.settings.inbox_patience),)
        shop = (group.arrivals[0].shop or "").strip() or None
        options = ImportOptions(channel=shop, remarks=remarks)
        try:
            receipts = import_files(self.database, self.who, list(taken.paths.values()), options, progress)
        except ErpError:
            raise
        except sa.exc.OperationalError as problem:
            raise _database_failed(problem) from problem
        except Exception as problem:  # as above; nothing of the file was stored
            if problem is self.stopped:
                raise
            raise self._fault(group.arrivals, problem) from problem
        self.imported += receipts
        for receipt in receipts:
            self._file(folder, taken, receipt)

    def _file(self, folder: InboxFolder, taken: Taken, receipt: Receipt) -> None:
        """Move the files of an import to `done`. One that was written to meanwhile goes back and is imported again."""
        document = receipt.discreet().to_json(self.settings.language)
        beside = {
            ".receipt.json": json.dumps(document, ensure_ascii=False, indent=2) + "\n",
            ".receipt.txt": "\n".join(receipt_lines(document, self.settings.language)) + "\n",
        }
        names = {file.name for file in receipt.files}
        for arrival, path in list(taken.paths.items()):
            if path.name not in names:
                continue
            if arrival.unchanged(path):
                folder.file_away(taken, arrival, f"{DONE}/{self._stamp()}-{receipt.batch_id}-", beside)
            else:
                self._wait(arrival, "inbox.in_use", T("It changed while it was imported. It is looked at again."))

    def _refuse(self, folder: InboxFolder, taken: Taken, arrival: Arrival, error: ErpError) -> None:
        language = self.settings.language
        shop = printable(arrival.shop) if arrival.shop is not None else None
        message, hint = say(error.message, language), say(error.hint, language) if error.hint is not None else None
        document = {
            "file": arrival.label,
            "shop": shop,
            "at": self.clock.now().isoformat(timespec="seconds"),
            "error": {"code": error.code, "message": message, "hint": hint},
            "text": {
                "message": error.message.to_json(),
                "hint": error.hint.to_json() if error.hint is not None else None,
            },
        }
        beside = {
            ".reason.json": json.dumps(document, ensure_ascii=False, indent=2) + "\n",
            ".reason.txt": "\n".join(filter(None, (arrival.label, message, hint))) + "\n",
        }
        filed = folder.file_away(taken, arrival, f"{REFUSED}/{self._stamp()}-", beside)
        self.refused.append(Refusal(arrival.label, shop, error, filed.relative_to(folder.root).as_posix()))

    def _stamp(self) -> str:
        """`2026-03/20260302-100000`: the month's folder and the moment, by the company's clock."""
        with self.database.reading() as connection:
            zone = read_company(connection).time_zone
        return f"{self.clock.now().astimezone(ZoneInfo(zone)):%Y-%m/%Y%m%d-%H%M%S}"

    def _fault(self, arrivals: Sequence[Arrival], problem: Exception) -> ErpError:
        files = ", ".join(arrival.label for arrival in arrivals)
        reference = f"inbox-{self.clock.now():%Y%m%d-%H%M%S}-{len(self.refused) + 1}"
        with worker_log(self.settings) as log:
            log.error("The inbox could not import %s, reference %s", files, reference, exc_info=problem)
        return FileRefused(
            T("{file} could not be imported because of a fault in the program (reference {reference}).",
              file=files, reference=reference),
            hint=T("Nothing of it was stored. Report the reference: logs/worker.log says more under it."),
            code="inbox.unexpected",
        )  # fmt: skip


def _came_alone(companion: str, patience: float) -> Issue:
    text = T(
        "The other file of this export, {format}, did not come within {minutes} minutes; this one was imported alone. "
        "Put both into the folder again, together, to complete the orders.",
        format=companion,
        minutes=round(patience / 60),
    )
    return Issue(None, None, "inbox.companion_missing", text, "warns")


def _database_failed(problem: sa.exc.OperationalError) -> Unavailable:
    reason = str(problem.orig).strip().splitlines()
    return Unavailable(
        T("The database cannot be used: {reason}", reason=reason[0] if reason else type(problem.orig).__name__),
        hint=T("The files stay in the folder and are tried again."),
        code="inbox.database",
    )


# --- for the page -----------------------------------------------------------------------------------------------------


def lying_there(settings: Settings, clock: Clock) -> pd.DataFrame:
    """What lies in the folder now, oldest first: file, arrived (UTC). Empty where there is no folder yet."""
    listing = folder_of(settings).listing(clock.now()) if settings.inbox.is_dir() else Listing()
    rows = [(arrival.label, arrival.arrived) for arrival in listing.arrivals]
    return pd.DataFrame(rows, columns=["file", "arrived"])


def latest_refusals(settings: Settings, clock: Clock, language: str) -> pd.DataFrame:
    """What was refused in the last thirty days, newest first, at most `REFUSALS_SHOWN`: at (UTC), file, and message and
    hint in the language."""
    documents = folder_of(settings).latest(REFUSED, ".reason.json", REFUSALS_SHOWN)
    found = [row for document in documents if (row := _refusal_row(document, language)) is not None]
    rows = [row for row in found if clock.now() - row[0] < LATELY]
    return pd.DataFrame(rows, columns=["at", "file", "message", "hint"])


def _refusal_row(document: Mapping[str, Any], language: str) -> tuple[dt.datetime, str, str, str] | None:
    """One refusal; None for a document that is none, for anybody may put a file there."""
    try:
        texts = document["text"]
        at = dt.datetime.fromisoformat(document["at"]).astimezone(dt.UTC)
        message = say(Text.from_json(texts["message"]), language)
        hint = say(Text.from_json(texts["hint"]), language) if texts["hint"] is not None else ""
        return at, str(document["file"]), message, hint
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return None
