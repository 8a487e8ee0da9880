"""How large a file may be. Nothing is parsed beyond a limit, and every limit has a refusal of its own."""

from __future__ import annotations

from dataclasses import dataclass

from erp_core.errors import FileRefused
from erp_core.text import T, Text

MEGABYTE = 1024 * 1024
SHEET_ROWS = 1_048_576  # what Excel itself can hold
_SPLIT = T("Split it into smaller files, for instance one a quarter, and import them one after the other.")


@dataclass(frozen=True)
class Limits:
    """Bounds of one file.

    `file_bytes`: as given. `unpacked_bytes`: after gzip or ZIP. `unpack_ratio`: unpacked to packed, looked at only
    beyond `ratio_free_bytes`, since small files may pack very well. `rows`, `columns`: of a table, `cells`: rows ×
    columns; `sheet_rows` of a worksheet. `sheet_cells`: rows × columns between the outermost used cells of a worksheet,
    which the reader of workbooks allocates at once. `shared_texts`: distinct texts of a workbook. `page_bytes`: of an
    HTML page, which is taken apart in memory. `cell_length`: characters (Excel's own limit). `line_bytes`: of one line
    of text. Together they keep the reading of a file, whatever is in it, below a gigabyte.
    """

    file_bytes: int = 200 * MEGABYTE
    unpacked_bytes: int = 256 * MEGABYTE
    unpack_ratio: int = 100
    ratio_free_bytes: int = 50 * MEGABYTE
    zip_entries: int = 10_000
    rows: int = 2_000_000
    cells: int = 48_000_000
    sheet_rows: int = SHEET_ROWS
    sheet_cells: int = 32_000_000
    shared_texts: int = 3_000_000
    page_bytes: int = 32 * MEGABYTE
    page_tables: int = 1_000
    page_cells: int = 2_000_000
    columns: int = 400
    cell_length: int = 32_767
    line_bytes: int = 16 * MEGABYTE

    def unpacked_allowance(self, packed_bytes: int) -> int:
        """How many bytes `packed_bytes` may unpack to."""
        return min(self.unpacked_bytes, max(self.ratio_free_bytes, packed_bytes * self.unpack_ratio))


DEFAULT_LIMITS = Limits()


def refused(code: str, message: Text, hint: Text) -> FileRefused:
    """A refusal with its stable code."""
    return FileRefused(message, hint=hint, code=code)


def megabytes(count: int) -> str:
    """A size for people, in binary megabytes: 1,572,864 → `1.5`."""
    return f"{count / MEGABYTE:.1f}".removesuffix(".0")


def too_large(file: str, limits: Limits) -> FileRefused:
    """The file as given is above the limit."""
    return refused(
        "file.too_large",
        T("{file} is larger than {limit} MB.", file=file, limit=megabytes(limits.file_bytes)),
        _SPLIT,
    )


def unpacks_too_large(file: str, allowance: int) -> FileRefused:
    """The file is small but unpacks to more than is allowed."""
    return refused(
        "file.unpacks_too_large",
        T("{file} unpacks to more than {limit} MB; nothing of it was read.", file=file, limit=megabytes(allowance)),
        T("If it is a real table, save it as CSV without packing, or split it into smaller files."),
    )


def too_many_entries(file: str, limits: Limits) -> FileRefused:
    """A ZIP with more parts than any workbook has."""
    return refused(
        "file.too_many_parts",
        T("{file} is packed from more than {limit} parts.", file=file, limit=limits.zip_entries),
        T("Open it in Excel and save the sheet with the table as a new .xlsx or .csv file."),
    )


def too_many_rows(file: str, limit: int) -> FileRefused:
    """More rows than are read at once."""
    return refused("file.too_many_rows", T("{file} has more than {limit} rows.", file=file, limit=limit), _SPLIT)


def too_many_cells(file: str, limit: int) -> FileRefused:
    """Rows times columns, or texts of a workbook, beyond what fits into memory."""
    return refused("file.too_many_cells", T("{file} holds more than {limit} cells.", file=file, limit=limit), _SPLIT)


def page_too_large(file: str, limits: Limits) -> FileRefused:
    """A web page that is too large to be taken apart."""
    return refused(
        "file.page_too_large",
        T("{file} is a web page of more than {limit} MB.", file=file, limit=megabytes(limits.page_bytes)),
        T("Open it in Excel or WPS, save it as .xlsx or .csv, and import that file."),
    )


def too_many_columns(file: str, limits: Limits) -> FileRefused:
    """More columns than a table may have."""
    return refused(
        "file.too_many_columns",
        T("{file} has more than {limit} columns.", file=file, limit=limits.columns),
        T("Delete the columns that are not needed, then import the file again."),
    )


def sheet_too_wide(file: str, sheet: str) -> FileRefused:
    """Used cells lie so far apart that the area between them does not fit into memory."""
    return refused(
        "file.sheet_too_large",
        T("Sheet “{sheet}” of {file}: the used cells lie too far apart.", sheet=sheet, file=file),
        T("Delete stray cells far to the right of or below the table, or save the sheet as CSV."),
    )


def cell_too_long(file: str, row: int, limits: Limits) -> FileRefused:
    """One cell holds more text than Excel could."""
    return refused(
        "file.cell_too_long",
        T("{file}, row {row}: a cell is longer than {limit} characters.", file=file, row=row, limit=limits.cell_length),
        T("Shorten the cell. If it holds many rows at once, a quotation mark before it is not closed."),
    )
