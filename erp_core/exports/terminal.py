"""What the command `export` does with its options; the terminal's frame calls it."""

from __future__ import annotations

import argparse
import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from erp_core.calendar import Period
from erp_core.db.engine import Database
from erp_core.db.uow import As, UnitOfWork, unit_of_work
from erp_core.errors import BadInput
from erp_core.exports.service import Exported, export_slips, export_stock, export_tracking
from erp_core.exports.slips import SlipRequest
from erp_core.exports.tracking import TrackingRequest
from erp_core.exports.views import StockRequest
from erp_core.files.read import read_table
from erp_core.text import T, say

LEFT_OUT_SHOWN = 20


@dataclass(frozen=True)
class Asked:
    """What the command returns: the document, and the lines for a person."""

    document: dict[str, Any]
    lines: list[str]


def run(database: Database, who: As, given: argparse.Namespace, language: str) -> Asked:
    """Write the file that was asked for. What went out is remembered only when the file stands."""
    act = {"stock": _stock, "tracking": _tracking, "packing-slips": _slips}[given.action]
    with unit_of_work(database, who) as uow:
        exported = act(uow, given, language)
        path = None if exported.content is None else _put(exported, given.out)
        uow.commit()
    document = exported.to_json(language, None if path is None else str(path))
    return Asked(document, _lines(exported, document, language))


def _stock(uow: UnitOfWork, given: argparse.Namespace, language: str) -> Exported:
    request = StockRequest(_channel(given), given.format, given.unknown_as_zero, given.all_products)
    return export_stock(uow, request, language, None if given.template is None else read_table(given.template))


def _tracking(uow: UnitOfWork, given: argparse.Namespace, language: str) -> Exported:
    period = None
    if given.start is not None or given.end is not None:
        period = Period(given.start or dt.date.min, given.end or dt.date.max)
        if period.start > period.end:
            raise BadInput(
                T("The period ends ({end}) before it starts ({start}).", start=str(period.start), end=str(period.end)),
                hint=T("Give --from a day on or before --to."),
                code="export.bad_period",
            )
    return export_tracking(uow, TrackingRequest(_channel(given), given.format, period, given.skip_known), language)


def _slips(uow: UnitOfWork, given: argparse.Namespace, language: str) -> Exported:
    return export_slips(uow, SlipRequest(tuple(given.orders or ()), given.channel, given.prices), language)


def _channel(given: argparse.Namespace) -> str:
    if not given.channel:
        raise BadInput(
            T("Say which shop’s file it is."), hint=T("Give --channel and the shop’s name."), code="usage"
        )  # fmt: skip
    return str(given.channel)


def _put(exported: Exported, out: Path | None) -> Path:
    """Write the file, and beside a text file what it says of itself; a .zip holds both."""
    path = Path(exported.name) if out is None else out
    suffix = path.suffix.lower().lstrip(".")
    if suffix not in ("zip", exported.suffix):
        raise BadInput(
            T("The format {format} is written as .{suffix}, not as “{name}”.",
              format=exported.format, suffix=exported.suffix, name=path.name),
            hint=T("Give a file name that ends in .{suffix} or .zip.", suffix=exported.suffix),
            code="export.bad_file",
        )  # fmt: skip
    if suffix == "zip":
        path.write_bytes(exported.packed())
    else:
        path.write_bytes(exported.content or b"")
        if exported.about is not None:
            path.with_name(f"{path.name}.about.txt").write_bytes(exported.about)
    return path


def _lines(exported: Exported, document: dict[str, Any], language: str) -> list[str]:
    if exported.content is None:
        lines = [say(T("Nothing had to be written: no row fits."), language)]
    else:
        said = T("{rows} rows in {file} ({format}).", rows=exported.rows, file=document["file"], format=exported.format)
        lines = [say(said, language)]
    lines += [f"  ! {text}" for text in document["warnings"]]
    if exported.left_out:
        lines.append("  " + say(T("Left out: {count}", count=len(exported.left_out)), language))
    lines += [
        f"  - {entry['sku'] or entry['order']}: {entry['reason']}" for entry in document["left_out"][:LEFT_OUT_SHOWN]
    ]
    more = len(exported.left_out) - LEFT_OUT_SHOWN
    if more > 0:
        lines.append("  " + say(T("… and {count} more.", count=more), language))
    return lines
