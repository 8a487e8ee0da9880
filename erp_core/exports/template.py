"""A shop's own export, filled: for platforms that find a product by more than its SKU (Shopify: handle and options)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from erp_core.errors import BadInput
from erp_core.exports.views import TEMPLATE_WANTED, LeftOut, Sheet
from erp_core.files.header import normalise_header
from erp_core.files.table import RawTable
from erp_core.files.values import clean_id
from erp_core.text import T

_MATCHED = ("sku", "quantity", "location")
NOT_THERE = T("The file that was given does not have it.")
SEVERAL = T("The file that was given has it in several rows.")


def fill(sheet: Sheet, template: RawTable) -> Sheet:
    """The sheet with the template's rows and columns: our quantities in them, all else as the platform wrote it.

    Rows of other places, and of products that are not in the sheet, do not go out: the platform leaves alone what its
    file does not name. Products that the template lacks, or has in several rows, are left out with the reason. Raises
    BadInput for a file without the columns of the format.
    """
    at = _columns(sheet, template)
    records = template.rows(np.arange(len(template)))
    skus = [str(clean_id(record[at["sku"]])) for record in records]
    here = [
        "location" not in at or record[at["location"]].strip().casefold() == sheet.channel.place.casefold()
        for record in records
    ]
    times = Counter(sku for sku, is_here in zip(skus, here, strict=True) if is_here)
    ours = {sku: place for place, sku in enumerate(sheet.rows["sku"].tolist())}
    quantities, names = sheet.rows["quantity"].tolist(), sheet.rows["name"].tolist()
    rows: list[list[str | int]] = []
    taken: list[int] = []
    for record, sku, is_here in zip(records, skus, here, strict=True):
        if is_here and sku in ours and times[sku] == 1:
            cells: list[str | int] = list(record)
            cells[at["quantity"]] = quantities[ours[sku]]
            rows.append(cells)
            taken.append(ours[sku])
    lacking = [
        LeftOut(SEVERAL if times[sku] > 1 else NOT_THERE, sku=sku, name=names[place])
        for sku, place in ours.items()
        if times[sku] != 1
    ]
    places = sorted({record[at["location"]].strip() for record in records} if "location" in at else ())
    warnings = [text for text in sheet.warnings if text.id != TEMPLATE_WANTED.id]
    if places and not any(here):
        warnings.append(
            T("The file that was given has no row of {place}. Its places: {names}",
              place=sheet.channel.place, names=", ".join(places))
        )  # fmt: skip
    return replace(
        sheet,
        rows=sheet.rows.iloc[taken].reset_index(drop=True),
        left_out=(*sheet.left_out, *lacking),
        warnings=tuple(warnings),
        filled=(list(template.columns), rows),
    )


def _columns(sheet: Sheet, template: RawTable) -> dict[str, int]:
    """Where SKU, quantity and, if the file has it, the place stand in the template."""
    headers = [_plain(name) for name in template.columns]
    wanted = {column.field: column.header for column in sheet.declared.columns if column.field in _MATCHED}
    found = {field: headers.index(_plain(header)) for field, header in wanted.items() if _plain(header) in headers}
    missing = [header for field, header in wanted.items() if field != "location" and field not in found]
    if missing:
        raise BadInput(
            T("{file} has no column {names}.", file=template.name, names=", ".join(missing)),
            hint=T("Give the file that the shop’s own export wrote."),
            code="export.template_columns",
        )
    return found


def _plain(header: str) -> str:
    """A header as it is compared; eBay marks required columns by a star."""
    return normalise_header(header.lstrip("*"))
