"""One door for every file: bytes in, a table of text out, or a refusal that says what to do."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from erp_core.files import sniff, unpack
from erp_core.files.delimited import read_delimited
from erp_core.files.header import Layout, find_layout
from erp_core.files.limits import DEFAULT_LIMITS, Limits, refused, too_large
from erp_core.files.markup import read_html
from erp_core.files.parquet import read_parquet
from erp_core.files.reading import Found, Reading, refuse_wide
from erp_core.files.sniff import Container
from erp_core.files.table import RawTable, RowIssue
from erp_core.files.workbook import read_workbook
from erp_core.text import T, Text

Progress = Callable[[float, Text], None]


def read_table(  # noqa: PLR0913 - one door, all of them optional and by name
    path: Path,
    *,
    limits: Limits = DEFAULT_LIMITS,
    known_headers: frozenset[str] = frozenset(),
    sheet: str | None = None,
    encoding: str | None = None,
    progress: Progress | None = None,
) -> RawTable:
    """Read CSV, TSV, XLSX, Parquet or HTML, also in gzip, as text; the name's ending plays no part.

    `known_headers`: normalised headers (`header.normalise_header`) that help to find the header row. `sheet`: a
    worksheet by name, else the first visible one that is not empty. `encoding` overrides the judgement. `progress` is
    called with a share and a text and may raise Cancelled. Raises FileRefused, with a code that starts with `file.`,
    for every file that cannot be read as one table.
    """
    tell = progress or _silent
    tell(0.0, T("Reading {file} …", file=path.name))
    content = unpack.read_bytes(path, limits)
    return read_content(content, Reading(path.name, limits, known_headers, sheet, encoding), tell)


def read_content(content: bytes, reading: Reading, progress: Progress | None = None) -> RawTable:
    """`read_table` of bytes that are at hand, such as an upload; `reading.file` is what refusals call them."""
    tell, name, limits = progress or _silent, reading.file, reading.limits
    if len(content) > limits.file_bytes:
        raise too_large(name, limits)
    unpack.refuse_empty(content, name)
    digest = hashlib.sha256(content).hexdigest()
    container = sniff.container_of(content, name)
    packed = container is Container.GZIP
    if packed:
        content = unpack.gunzip(content, limits, name)
        unpack.refuse_empty(content, name)
        container = sniff.container_of(content, name)
    tell(0.3, T("Finding the table in {file} …", file=name))
    found = _readers(container)(content, reading)
    tell(0.9, T("{file}: {count} rows.", file=name, count=len(found.gathered.row_numbers)))
    table = RawTable(
        columns=found.layout.columns,
        cells=found.gathered.cells,
        row_numbers=found.gathered.row_numbers,
        name=name,
        sha256=digest,
        container=found.container,
        header_row=found.layout.header_row,
        encoding=found.encoding,
        delimiter=found.layout.delimiter,
        sheet=found.sheet,
        packed=packed,
        issues=(*_preamble(found.layout), *found.gathered.issues),
    )
    return _without_unnamed_empty_columns(table)


def _silent(_share: float, _text: Text) -> None:
    """Progress that nobody watches."""


def _readers(container: Container) -> Callable[[bytes, Reading], Found]:
    return {
        Container.TEXT: _read_text,
        Container.ZIP: read_workbook,
        Container.OLE2: _refuse_ole2,
        Container.HTML: read_html,
        Container.PARQUET: read_parquet,
        Container.GZIP: _refuse_nested,
    }[container]


def _read_text(content: bytes, reading: Reading) -> Found:
    text, encoding = sniff.as_utf8(content, reading.file, reading.encoding)
    layout = find_layout(text, reading.file, reading.known_headers)
    refuse_wide(layout, reading)
    return Found(layout, read_delimited(text, layout, reading.limits, reading.file), "csv", encoding)


def _refuse_ole2(content: bytes, reading: Reading) -> Found:
    raise sniff.refuse_ole2(content, reading.file)


def _refuse_nested(_content: bytes, reading: Reading) -> Found:
    raise refused(
        "file.wrong_container",
        T("{file} is packed twice.", file=reading.file),
        T("Unpack it once and import the file in it."),
    )


def _preamble(layout: Layout) -> Sequence[RowIssue]:
    if layout.header_row == 1:
        return ()
    message = T("The column names stand in row {row}; what is above them was passed over.", row=layout.header_row)
    return (RowIssue(None, None, "file.preamble", message),)


def _without_unnamed_empty_columns(table: RawTable) -> RawTable:
    """Exporters that end every line with a delimiter leave a last column without name and without text."""
    kept = [i for i, header in enumerate(table.columns) if header or _has_text(table.cells[i])]
    if len(kept) == len(table.columns):
        return table
    return replace(table, columns=tuple(table.columns[i] for i in kept), cells=tuple(table.cells[i] for i in kept))


def _has_text(column: pa.DictionaryArray) -> bool:
    lengths = pc.binary_length(pc.utf8_trim_whitespace(column.dictionary))
    return bool(pc.any(pc.greater(lengths, 0)).as_py())
