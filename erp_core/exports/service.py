"""Files for others, written: each is audited, and what went out is remembered."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from erp_core.clock import today
from erp_core.company.views import Company, read_company
from erp_core.db.uow import UnitOfWork
from erp_core.exports.declaration import Container
from erp_core.exports.slips import SlipRequest, page, read_slips
from erp_core.exports.template import fill
from erp_core.exports.tracking import TrackingRequest, numbers_of, tracking_sheet
from erp_core.exports.views import LeftOut, Sheet, StockRequest, stock_sheet, written
from erp_core.files.export import ExportHeader, Shape, about_text, export_upload
from erp_core.files.table import RawTable
from erp_core.orders.channels import find_channel
from erp_core.orders.sent import remember_sent
from erp_core.security import audit
from erp_core.security.guard import require, require_all_shops, require_shops
from erp_core.security.permissions import Permission
from erp_core.text import T, Text, say


@dataclass(frozen=True)
class Exported:
    """A file that was written, or what there was instead of one.

    `content` is None where nothing had to go out: no file, no audit event. `about`: what the file says of itself, to
    lie beside it where it cannot hold this itself (text files).
    """

    name: str
    format: str
    channel: str | None
    rows: int
    left_out: tuple[LeftOut, ...]
    warnings: tuple[Text, ...]
    content: bytes | None
    about: bytes | None = None

    @property
    def suffix(self) -> str:
        """csv, txt, xlsx or html."""
        return self.name.rsplit(".", 1)[-1]

    @property
    def sha256(self) -> str | None:
        """Of the file itself."""
        return None if self.content is None else hashlib.sha256(self.content).hexdigest()

    def packed(self) -> bytes:
        """The file and its `about` in a ZIP archive; equal content gives an equal archive."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in ((self.name, self.content), (f"{self.name}.about.txt", self.about)):
                if content is not None:
                    archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        return out.getvalue()

    def to_json(self, language: str, file: str | None) -> dict[str, Any]:
        """For the terminal; `file` is where it was put."""
        return {
            "file": file,
            "format": self.format,
            "channel": self.channel,
            "rows": self.rows,
            "left_out": [
                {"sku": entry.sku, "order": entry.order, "reason": say(entry.reason, language)}
                for entry in self.left_out
            ],
            "warnings": [say(text, language) for text in self.warnings],
            "sha256": self.sha256,
        }


def export_stock(uow: UnitOfWork, request: StockRequest, language: str, template: RawTable | None = None) -> Exported:
    """A shop's stock as its platform's update file, from what stands at this moment. Quantities are units.

    `template`: the shop's own export, into which they are written.
    """
    require(uow, Permission.EXPORT)
    require_all_shops(uow)
    company = read_company(uow.connection)
    sheet = stock_sheet(uow.connection, company, request, today(uow.clock, company.time_zone))
    if template is not None:
        sheet = fill(sheet, template)
    return _written(uow, sheet, (audit.Act.EXPORT_STOCK, T("Stock")), language)


def export_tracking(uow: UnitOfWork, request: TrackingRequest, language: str) -> Exported:
    """A shop's parcels as its platform's ship-upload file; the numbers are remembered as sent."""
    require(uow, Permission.EXPORT)
    sheet = tracking_sheet(uow.connection, read_company(uow.connection), request)
    require_shops(uow, [sheet.channel.id])
    exported = _written(uow, sheet, (audit.Act.EXPORT_TRACKING, T("Tracking numbers")), language)
    if exported.content is not None:
        remember_sent(uow, numbers_of(sheet))
    return exported


def export_slips(uow: UnitOfWork, request: SlipRequest, language: str) -> Exported:
    """Packing slips of orders as one HTML page to print, one order a sheet of paper.

    Names, addresses and phones only for those who may see personal data, else masked. Raises NotFound naming the orders
    that do not exist, BadInput where a number stands for orders of several shops.
    """
    require(uow, Permission.EXPORT)
    company = read_company(uow.connection)
    see = Permission.SEE_PERSONAL_DATA in uow.permissions
    slips = read_slips(uow.connection, company, request, see_personal_data=see)
    require_shops(uow, {find_channel(uow.connection, shop).id for shop in {slip.shop for slip in slips}})
    content = page(slips, _header(uow, company, say(T("Packing slips"), language), language)).encode()
    exported = Exported(
        f"{_stem('packing_slips', '', uow, company)}.html", "html", request.channel, len(slips), (), (), content
    )
    audit.record(
        uow, audit.Act.EXPORT_SLIPS, request.channel or "", rows=len(slips), orders=[slip.order_id for slip in slips],
        prices=request.prices, personal_data=see, sha256=exported.sha256,
    )  # fmt: skip
    return exported


def _written(uow: UnitOfWork, sheet: Sheet, act: tuple[audit.Act, Text], language: str) -> Exported:
    action, title = act
    company = read_company(uow.connection)
    declared = sheet.declared
    stem = _stem("stock" if action is audit.Act.EXPORT_STOCK else "tracking", sheet.channel.name, uow, company)
    content = about = None
    if len(sheet.rows):
        header = _header(uow, company, say(title, language), language, sheet)
        names, rows = written(sheet)
        content = export_upload(names, rows, Shape(declared.container.value, declared.encoding), header)
        about = None if declared.container is Container.XLSX else about_text(header)
    exported = Exported(
        name=f"{stem}.{declared.container.value}",
        format=declared.name,
        channel=sheet.channel.name,
        rows=len(sheet.rows),
        left_out=sheet.left_out,
        warnings=sheet.warnings,
        content=content,
        about=about,
    )
    if content is not None:
        filters = {say(name, "en"): say(value, "en") for name, value in sheet.filters}
        audit.record(
            uow, action, sheet.channel.name, format=declared.name, rows=len(sheet.rows), left_out=len(sheet.left_out),
            filters=filters, sha256=exported.sha256,
        )  # fmt: skip
    return exported


def _header(uow: UnitOfWork, company: Company, title: str, language: str, sheet: Sheet | None = None) -> ExportHeader:
    filters = {say(T("Company name"), language): company.name} if company.name else {}
    if sheet is not None:
        filters |= {say(name, language): say(value, language) for name, value in sheet.filters}
    return ExportHeader(title, uow.actor, uow.now(), language, filters)


def _stem(kind: str, shop: str, uow: UnitOfWork, company: Company) -> str:
    """A file name that tells shop and second, so that no file that still has to be uploaded is written over."""
    at = uow.now().astimezone(ZoneInfo(company.time_zone)).strftime("%Y%m%d-%H%M%S")
    words = [kind, re.sub(r"\W+", "_", shop).strip("_"), at]
    return "_".join(word for word in words if word)
