"""XLSX: checked before it is parsed, then read by calamine.

A workbook is a ZIP of XML. Sizes that the ZIP states are not believed: every part that is needed is unpacked under a
cap and handed over in a fresh, unpacked ZIP. The reader allocates the whole area between the outermost used cells, so
that area is measured first.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

import python_calamine

from erp_core.errors import FileRefused
from erp_core.files import limits as refusals
from erp_core.files.gather import Gathered
from erp_core.files.limits import refused
from erp_core.files.reading import Found, Reading, cell_text, gather_rows
from erp_core.files.sheet_scan import SheetScan, scan_sheet
from erp_core.files.table import RowIssue
from erp_core.text import T

_WORKBOOK, _RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_SHARED = ("xl/sharedstrings.xml", "xl/styles.xml", "[content_types].xml", "_rels/.rels")
_STEP = 1 << 22
_SAVE_AGAIN = T("Open it in Excel or WPS, save it as .xlsx or .csv, and import that file.")
_ENCRYPTED_FLAG = 0x1


@dataclass
class _Archive:
    """The parts of a ZIP by lower-case name, unpacked under one cap."""

    content: bytes
    reading: Reading
    parts: Mapping[str, zipfile.ZipInfo]
    unpacked: int = 0
    kept: dict[str, bytes] = field(default_factory=dict)

    def part(self, name: str) -> bytes:
        """One part, unpacked once and kept. Raises FileRefused beyond the cap or where it is damaged."""
        if name.lower() not in self.kept:
            self.kept[name.lower()] = self._unpacked(self.parts[name.lower()])
        return self.kept[name.lower()]

    def _unpacked(self, info: zipfile.ZipInfo) -> bytes:
        start = info.header_offset
        head = self.content[start : start + 30]
        if len(head) < 30 or not head.startswith(b"PK\x03\x04"):
            raise _damaged(self.reading.file)
        start += 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
        packed = self.content[start : start + info.compress_size]
        allowance = self.reading.limits.unpacked_allowance(len(self.content))
        if info.compress_type == zipfile.ZIP_STORED:
            self.unpacked += len(packed)
            unpacked = packed
        elif info.compress_type == zipfile.ZIP_DEFLATED:
            unpacked = self._inflated(packed, allowance)
        else:
            raise _damaged(self.reading.file)
        if self.unpacked > allowance:
            raise refusals.unpacks_too_large(self.reading.file, allowance)
        if zlib.crc32(unpacked) != info.CRC:
            raise _damaged(self.reading.file)
        return unpacked

    def _inflated(self, packed: bytes, allowance: int) -> bytes:
        engine = zlib.decompressobj(wbits=-15)
        pieces = bytearray()
        try:
            while not engine.eof:
                piece = engine.decompress(packed, _STEP)
                packed = engine.unconsumed_tail
                self.unpacked += len(piece)
                if self.unpacked > allowance:
                    raise refusals.unpacks_too_large(self.reading.file, allowance)
                pieces += piece
                if not piece and not packed and not engine.eof:
                    raise _damaged(self.reading.file)
        except zlib.error:
            raise _damaged(self.reading.file) from None
        return bytes(pieces)


@dataclass(frozen=True)
class _Sheet:
    name: str
    part: str
    hidden: bool


def read_workbook(content: bytes, reading: Reading) -> Found:
    """The table of one worksheet: the one named, else the first that is visible and not empty.

    Merged cells hold their text in the first cell. Error values such as `#N/A` are kept as text. Raises FileRefused.
    """
    archive = _open(content, reading)
    _refuse_many_texts(archive)
    sheet, scan = _choose(archive, _sheets(archive), reading)
    try:
        opened = python_calamine.load_workbook(_fresh(archive, sheet))
        rows = _rows(opened.get_sheet_by_name(sheet.name), scan)
        layout, gathered = gather_rows(rows, reading, min(reading.limits.rows, reading.limits.sheet_rows))
    except (python_calamine.CalamineError, ValueError, OverflowError) as error:
        if isinstance(error, FileRefused):
            raise
        raise _damaged(reading.file) from None
    if scan.formulas_without_result:
        message = T(
            "{count} formulas have no stored result and read as empty. Save the file in Excel and import it again.",
            count=scan.formulas_without_result,
        )
        issue = RowIssue(None, None, "file.formulas_without_result", message)
        gathered = Gathered(gathered.cells, gathered.row_numbers, (issue, *gathered.issues))
    return Found(layout, gathered, "xlsx", sheet=sheet.name)


def _open(content: bytes, reading: Reading) -> _Archive:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            entries = opened.infolist()
    except (zipfile.BadZipFile, ValueError, OverflowError, RuntimeError, UnicodeDecodeError):
        raise _damaged(reading.file) from None
    if len(entries) > reading.limits.zip_entries:
        raise refusals.too_many_entries(reading.file, reading.limits)
    allowance = reading.limits.unpacked_allowance(len(content))
    if sum(entry.file_size for entry in entries) > allowance:
        raise refusals.unpacks_too_large(reading.file, allowance)
    parts = {entry.filename.lower(): entry for entry in entries}
    if any(entry.flag_bits & _ENCRYPTED_FLAG for entry in entries):
        raise refused(
            "file.encrypted_archive",
            T("{file} is an archive protected by a password.", file=reading.file),
            T("Unpack it with its password and import the file in it."),
        )
    if _WORKBOOK not in parts or _RELATIONS not in parts:
        raise _no_workbook(parts, reading.file)
    return _Archive(content, reading, parts)


def _refuse_many_texts(archive: _Archive) -> None:
    """The reader keeps every shared text as a text of its own, however short it is."""
    if _SHARED[0] in archive.parts:
        part, limits = archive.part(_SHARED[0]), archive.reading.limits
        ends = part.count(b"/si>") + part.count(b":si>") + part.count(b"<si/") + part.count(b":si/")
        if ends > limits.shared_texts:
            raise refusals.too_many_cells(archive.reading.file, limits.shared_texts)


def _no_workbook(parts: Mapping[str, zipfile.ZipInfo], file: str) -> FileRefused:
    message, hint = T("{file} is a ZIP archive, not a workbook.", file=file), T(
        "Unpack it and import the files in it one by one."
    )  # fmt: skip
    if "xl/workbook.bin" in parts:
        message, hint = T("{file} is a binary Excel workbook (.xlsb).", file=file), _SAVE_AGAIN
    elif "mimetype" in parts or "content.xml" in parts:
        message, hint = T("{file} is an OpenDocument file (.ods).", file=file), _SAVE_AGAIN
    elif "word/document.xml" in parts or "ppt/presentation.xml" in parts:
        message, hint = T("{file} is a document, not a workbook.", file=file), _SAVE_AGAIN
    elif "index/document.iwa" in parts:
        message, hint = T("{file} is an Apple Numbers file.", file=file), _SAVE_AGAIN
    return refused("file.wrong_container", message, hint)


def _elements(document: bytes, wanted: str, file: str) -> Iterator[Mapping[str, str]]:
    """Attributes of all elements of one local name; a document type declaration is refused."""
    found: list[dict[str, str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rsplit(":", 1)[-1] == wanted:
            found.append(attributes)

    def doctype(*_arguments: object) -> None:
        raise _damaged(file)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(document, True)
    except expat.ExpatError:
        raise _damaged(file) from None
    yield from found


def _sheets(archive: _Archive) -> list[_Sheet]:
    file = archive.reading.file
    targets = {
        relation.get("Id", ""): posixpath.normpath(posixpath.join("/xl", relation.get("Target", "")))[1:]
        for relation in _elements(archive.part(_RELATIONS), "Relationship", file)
        if relation.get("Type", "").endswith("/worksheet")
    }
    sheets = []
    for element in _elements(archive.part(_WORKBOOK), "sheet", file):
        key = next((value for name, value in element.items() if name.rsplit(":", 1)[-1] == "id" and ":" in name), "")
        part = targets.get(key, "")
        if part.lower() in archive.parts:
            sheets.append(_Sheet(element.get("name", ""), part, element.get("state", "visible") != "visible"))
    return sheets


def _choose(archive: _Archive, sheets: list[_Sheet], reading: Reading) -> tuple[_Sheet, SheetScan]:
    visible = [sheet for sheet in sheets if not sheet.hidden]
    names = ", ".join(f"“{sheet.name}”" for sheet in visible)
    if reading.sheet is not None:
        visible = [sheet for sheet in sheets if sheet.name == reading.sheet]
        if not visible:
            raise refused(
                "file.no_such_sheet",
                T("{file} has no sheet “{sheet}”.", file=reading.file, sheet=reading.sheet),
                T("Its sheets are: {sheets}", sheets=names),
            )
    for sheet in visible:
        scan = scan_sheet(archive.part(sheet.part))
        if scan is None:
            raise _damaged(reading.file)
        if not scan.rows:
            del archive.kept[sheet.part.lower()]
            continue
        if scan.rows > reading.limits.sheet_rows:
            raise refusals.too_many_rows(reading.file, reading.limits.sheet_rows)
        if scan.rows * scan.columns > reading.limits.sheet_cells:
            raise refusals.sheet_too_wide(reading.file, sheet.name)
        return sheet, scan
    raise refused(
        "file.empty",
        T("{file}: no visible sheet holds any text.", file=reading.file),
        T("Show the sheet with the table, or save it as a file of its own."),
    )


def _fresh(archive: _Archive, sheet: _Sheet) -> io.BytesIO:
    """A ZIP of the parts that are needed, exactly as they were checked, without packing; the parts are given up."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as fresh:
        for name in (_WORKBOOK, _RELATIONS, *_SHARED, sheet.part):
            if name.lower() in archive.parts:
                fresh.writestr(archive.parts[name.lower()].filename, archive.part(name))
                del archive.kept[name.lower()]
    target.seek(0)
    return target


def _rows(sheet: python_calamine.CalamineSheet, scan: SheetScan) -> Iterator[list[str]]:
    """Rows as text, from the sheet's first row on; error values in their places."""
    first_column = sheet.start[1] if sheet.start else 0
    for at, cells in enumerate(sheet.iter_rows()):
        row = [cell if cell.__class__ is str else cell_text(cell) for cell in cells]
        for column, text in scan.errors.get(at, ()):
            if 0 <= column - first_column < len(row):
                row[column - first_column] = text
        yield row


def _damaged(file: str) -> FileRefused:
    return refused("file.damaged", T("{file} is damaged: the workbook in it cannot be read.", file=file), _SAVE_AGAIN)
