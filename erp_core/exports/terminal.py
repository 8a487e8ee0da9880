"""The command that writes files for others: export."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erp_core.calendar import Period
from erp_core.db.uow import UnitOfWork, unit_of_work
from erp_core.errors import BadInput
from erp_core.security.actor import TERMINAL_USER
from erp_core.terminal import ROWS_SHOWN, Command, Say, Session, day
from erp_core.text import T, say

if TYPE_CHECKING:
    from erp_core.exports.service import Exported


def _export_options(parser: argparse.ArgumentParser, say: Say) -> None:
    parser.add_argument("action", choices=["stock", "tracking", "packing-slips"])
    parser.add_argument("--channel", help=say(T("the shop whose file it is")))
    parser.add_argument("--format", help=say(T("the file’s format, instead of the one of the shop’s platform")))
    parser.add_argument(
        "--out", type=Path, help=say(T("write to this file; .zip holds the file and what it says of itself"))
    )
    parser.add_argument(
        "--template", type=Path, help=say(T("stock: the shop’s own export file; the numbers are written into it"))
    )
    parser.add_argument("--unknown-as-zero", action="store_true", help=say(T("stock: write 0 for what nobody counted")))
    parser.add_argument(
        "--all-products", action="store_true", help=say(T("stock: also products that the shop never sold"))
    )
    parser.add_argument(
        "--from", dest="start", type=day, help=say(T("tracking: shipped on or after this day, YYYY-MM-DD"))
    )
    parser.add_argument(
        "--to", dest="end", type=day, help=say(T("tracking: shipped on or before this day, YYYY-MM-DD"))
    )
    parser.add_argument(
        "--skip-known",
        action="store_true",
        help=say(T("tracking: leave out numbers that the platform’s own file brought")),
    )
    parser.add_argument("--orders", nargs="+", help=say(T("packing-slips: the orders’ numbers")))
    parser.add_argument("--prices", action="store_true", help=say(T("packing-slips: with prices")))


def _export(session: Session, given: argparse.Namespace) -> int:
    """Write the file that was asked for. What went out is remembered only when the file stands."""
    act = {"stock": _stock, "tracking": _tracking, "packing-slips": _slips}[given.action]
    with unit_of_work(session.database(), TERMINAL_USER.acting()) as uow:
        exported = act(uow, given, session.language)
        path = None if exported.content is None else _put(exported, given.out)
        uow.commit()
    document = exported.to_json(session.language, None if path is None else str(path))
    session.show(document, _lines(exported, document, session.language))
    return 0


def _stock(uow: UnitOfWork, given: argparse.Namespace, language: str) -> Exported:
    from erp_core.exports.service import export_stock
    from erp_core.exports.views import StockRequest
    from erp_core.files.read import read_table

    request = StockRequest(_channel(given), given.format, given.unknown_as_zero, given.all_products)
    return export_stock(uow, request, language, None if given.template is None else read_table(given.template))


def _tracking(uow: UnitOfWork, given: argparse.Namespace, language: str) -> Exported:
    from erp_core.exports.service import export_tracking
    from erp_core.exports.tracking import TrackingRequest

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
    from erp_core.exports.service import export_slips
    from erp_core.exports.slips import SlipRequest

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
    lines += [f"  - {entry['sku'] or entry['order']}: {entry['reason']}" for entry in document["left_out"][:ROWS_SHOWN]]
    more = len(exported.left_out) - ROWS_SHOWN
    if more > 0:
        lines.append("  " + say(T("… and {count} more.", count=more), language))
    return lines


COMMANDS = (
    Command("export", T("stock, tracking numbers and packing slips as files for others"), _export, _export_options),
)
