"""HTML that some platforms call `.xls`: the largest table of the page, as text."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from erp_core.files import limits as refusals
from erp_core.files import sniff
from erp_core.files.limits import Limits, refused
from erp_core.files.reading import Found, Reading, gather_rows
from erp_core.text import T

_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_\-]+)""", re.IGNORECASE)
_CHINESE = frozenset({"gb2312", "gbk", "gb18030", "x-gbk", "gb-2312"})
_BREAKS = frozenset({"br", "p", "div"})
_SILENT = frozenset({"script", "style", "title"})
_SPACES = re.compile(r"[ \t\r\f\v\u00a0]*\n[ \t\r\n\f\v\u00a0]*|[ \t\r\f\v]+")
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]{0,30})([^<>]{0,10000})>")
_SPAN = {
    name: re.compile(rf"""(?:^|[\s"'/]){name}\s*=\s*["']?\s*(\d+)""", re.IGNORECASE) for name in ("colspan", "rowspan")
}


@dataclass
class _Table:
    rows: list[list[str]] = field(default_factory=list)
    spans: dict[int, int] = field(default_factory=dict)  # column → further rows that a cell above reaches into

    @property
    def size(self) -> int:
        """How many cells it has."""
        return sum(map(len, self.rows))


class _Tables:
    """Collects the tables of a page; a table inside a cell belongs to itself, not to the cell.

    Takes the page apart itself: the library's parser looks for the end of every open mark anew, which takes hours for a
    page of nothing else. Here every sign is looked at once.
    """

    def __init__(self, file: str, limits: Limits) -> None:
        self.cells = 0
        self.file, self.limits = file, limits
        self.done: list[_Table] = []
        self.open: list[_Table] = []
        self.cell: list[str] | None = None
        self.span = (1, 1)
        self.silent = 0

    def feed(self, page: str) -> None:
        """The whole page."""
        at = 0
        while at < len(page):
            mark = page.find("<", at)
            self.handle_data(page[at : mark if mark >= 0 else len(page)])
            if mark < 0:
                return
            tag = _TAG.match(page, mark)
            if tag is not None:
                at = tag.end()
                closing, name, attributes = tag[1], tag[2].lower(), tag[3]
                if closing:
                    self.handle_endtag(name)
                else:
                    self.handle_starttag(name, attributes)
                    if name in _SILENT:  # nothing in it is a tag but its own end
                        end = re.compile(f"</{name}", re.IGNORECASE).search(page, at)
                        at = end.start() if end else len(page)
                        continue
            elif page.startswith(("<!", "<?"), mark):
                ends = "-->" if page.startswith("<!--", mark) else ">"
                end_at = page.find(ends, mark)
                at = end_at + len(ends) if end_at >= 0 else len(page)
            else:
                self.handle_data("<")
                at = mark + 1

    def handle_starttag(self, tag: str, attributes: str) -> None:
        """A tag opens."""
        if tag == "table":
            self._end_cell()
            self.open.append(_Table())
            if len(self.open) + len(self.done) > self.limits.page_tables:
                raise refusals.too_many_cells(self.file, self.limits.page_cells)
        elif tag == "tr":
            self._end_cell()
            if self.open:
                self._start_row(self.open[-1])
        elif tag in ("td", "th"):
            self._end_cell()
            self.cells += 1
            if self.cells > self.limits.page_cells:
                raise refusals.too_many_cells(self.file, self.limits.page_cells)
            if self.open:
                if not self.open[-1].rows:
                    self._start_row(self.open[-1])
                wide, tall = (_span(attributes, name) for name in ("colspan", "rowspan"))
                self.cell, self.span = [], (wide, tall)
        elif tag in _BREAKS and self.cell:
            self.cell.append("\n")
        elif tag in _SILENT:
            self.silent += 1

    def handle_endtag(self, tag: str) -> None:
        """A tag closes."""
        if tag in ("td", "th", "tr"):
            self._end_cell()
        elif tag == "table" and self.open:
            self._end_cell()
            self.done.append(self.open.pop())
        elif tag in _SILENT and self.silent:
            self.silent -= 1

    def handle_data(self, data: str) -> None:
        """Text."""
        if self.cell is not None and data and not self.silent:
            if len(self.cell) > self.limits.cell_length:
                raise refusals.cell_too_long(self.file, len(self.open[-1].rows) if self.open else 1, self.limits)
            self.cell.append(html.unescape(data))

    def finish(self) -> list[_Table]:
        """All tables, those too that the page did not close."""
        self._end_cell()
        return self.done + self.open

    def _start_row(self, table: _Table) -> None:
        table.rows.append([])
        if len(table.rows) > self.limits.rows:
            raise refusals.too_many_rows(self.file, self.limits.rows)

    def _end_cell(self) -> None:
        if self.cell is None or not self.open:
            return
        text = _SPACES.sub(lambda found: "\n" if "\n" in found.group() else " ", "".join(self.cell)).strip()
        self.cell = None
        table, (wide, tall) = self.open[-1], self.span
        row = table.rows[-1]
        self._skip_spanned(table, row)
        for position in range(wide):
            if tall > 1:
                table.spans[len(row)] = tall - 1
            row.append("" if position else text)
        self._skip_spanned(table, row)
        if len(row) > self.limits.columns + 1:
            raise refusals.too_many_columns(self.file, self.limits)

    def _skip_spanned(self, table: _Table, row: list[str]) -> None:
        """Leave a cell empty where one above reaches down into this row."""
        while table.spans.get(len(row), 0) > 0 and len(row) <= self.limits.columns:
            table.spans[len(row)] -= 1
            row.append("")


def _span(attributes: str, name: str) -> int:
    stated = _SPAN[name].search(attributes) if attributes else None
    value = stated[1] if stated else "1"
    return min(max(int(value), 1), 65_534) if value.isdigit() and len(value) < 6 else 1


def read_html(content: bytes, reading: Reading) -> Found:
    """The largest table of a page. Cells spanned by others are empty. Raises FileRefused where there is none."""
    if len(content) > reading.limits.page_bytes:
        raise refusals.page_too_large(reading.file, reading.limits)
    stated = _CHARSET.search(content[:4096])
    encoding = reading.encoding
    if encoding is None and stated and stated.group(1).decode().lower() in _CHINESE:
        encoding = "gb18030"
    text, name = sniff.as_utf8(content, reading.file, encoding)
    parser = _Tables(reading.file, reading.limits)
    parser.feed(text.decode("utf-8"))
    tables = [table for table in parser.finish() if table.size]
    if not tables:
        raise refused(
            "file.not_a_table",
            T("{file} is a web page without a table.", file=reading.file),
            T("Download the export again while signed in to the platform; a sign-in page may have come instead."),
        )
    rows = max(tables, key=lambda table: table.size).rows
    width = max(map(len, rows))
    layout, gathered = gather_rows([row + [""] * (width - len(row)) for row in rows], reading, reading.limits.rows)
    return Found(layout, gathered, "html", name)
