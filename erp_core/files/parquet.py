"""Parquet to text: typed columns become the words that a spreadsheet would show, exactly."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from erp_core.errors import FileRefused
from erp_core.files import limits as refusals
from erp_core.files.gather import TEXT, Gathered, one_dictionary, without_blank_rows
from erp_core.files.header import Layout, clean_header
from erp_core.files.limits import refused
from erp_core.files.reading import Found, Reading, cell_text, number_text, refuse_wide
from erp_core.text import T

_BATCH = 65_536
_PANDAS_INDEX = re.compile(r"^__index_level_\d+__$")


def read_parquet(content: bytes, reading: Reading) -> Found:
    """All flat columns as text: times with a zone carry their offset, decimals are exact, nothing is rounded.

    The header counts as row 1. An index that pandas stored is left out. Raises FileRefused for nested columns, for
    bytes that are no text, beyond the limits, and where the file is damaged.
    """
    try:
        opened = pq.ParquetFile(pa.BufferReader(content))
        fields = [column for column in opened.schema_arrow if not _PANDAS_INDEX.match(column.name)]
        _check(opened, fields, reading)
        words = [column.name for column in fields if _is_text(column.type)]
        opened = pq.ParquetFile(pa.BufferReader(content), read_dictionary=words)
        cells = _columns(opened, [column.name for column in fields], reading)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        if isinstance(error, FileRefused):
            raise
        raise refused(
            "file.damaged",
            T("{file} is damaged: the Parquet table in it cannot be read.", file=reading.file),
            T("Export or download the file again."),
        ) from None
    count = len(cells[0]) if cells else 0
    gathered = without_blank_rows(Gathered(cells, np.arange(2, count + 2, dtype=np.int64)))
    return Found(Layout(1, tuple(clean_header(column.name) for column in fields)), gathered, "parquet")


def _check(opened: pq.ParquetFile, fields: list[pa.Field], reading: Reading) -> None:
    refuse_wide(Layout(1, tuple(column.name for column in fields)), reading)
    stated = opened.metadata
    if stated.num_rows > reading.limits.rows:
        raise refusals.too_many_rows(reading.file, reading.limits.rows)
    if stated.num_rows * len(fields) > reading.limits.cells:
        raise refusals.too_many_cells(reading.file, reading.limits.cells)
    groups = [stated.row_group(i) for i in range(stated.num_row_groups)]
    if sum(group.total_byte_size for group in groups) > reading.limits.unpacked_bytes:
        raise refusals.unpacks_too_large(reading.file, reading.limits.unpacked_bytes)
    if not fields:
        raise refused(
            "file.not_a_table",
            T("{file} has no columns.", file=reading.file),
            T("Export or download the file again."),
        )
    for column in fields:
        if pa.types.is_nested(column.type):
            raise refused(
                "file.nested_column",
                T("{file}: column “{column}” holds lists or records, not single values.", file=reading.file,
                  column=column.name),
                T("Write its parts as columns of their own, or leave it out."),
            )  # fmt: skip


def _columns(opened: pq.ParquetFile, names: list[str], reading: Reading) -> tuple[pa.DictionaryArray, ...]:
    chunks: list[list[pa.Array]] = [[] for _ in names]
    for number, batch in enumerate(_batches(opened, names, reading)):
        for at, column in enumerate(batch.columns):
            text = _as_text(column)
            longest = pc.max(pc.utf8_length(text.dictionary)).as_py() or 0
            if longest > reading.limits.cell_length:
                lengths = pc.utf8_length(text.dictionary).to_numpy(zero_copy_only=False)
                first = int(np.argmax(lengths[text.indices.to_numpy()] == longest))
                raise refusals.cell_too_long(reading.file, number * _BATCH + first + 2, reading.limits)
            chunks[at].append(text)
    return tuple(one_dictionary(pa.chunked_array(column, TEXT)) for column in chunks)


def _batches(opened: pq.ParquetFile, names: list[str], reading: Reading) -> Iterator[pa.RecordBatch]:
    total = 0
    for batch in opened.iter_batches(_BATCH, columns=names):
        total += batch.num_rows
        if total > reading.limits.rows:
            raise refusals.too_many_rows(reading.file, reading.limits.rows)
        yield batch


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _as_text(column: pa.Array) -> pa.DictionaryArray:
    """A column of one type as words and codes; null and not-a-number become the empty text."""
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    words = [_word(value) for value in _distinct(coded.dictionary)]
    indices = pc.fill_null(coded.indices.cast(pa.int32()), len(words))
    joined = pa.array([*words, ""], pa.string()).dictionary_encode()
    return pa.DictionaryArray.from_arrays(joined.indices.take(indices), joined.dictionary)


def _distinct(values: pa.Array) -> list[object]:
    kind = values.type
    if pa.types.is_timestamp(kind):  # nanoseconds do not fit Python's times
        values = values.cast(pa.timestamp("us", tz=kind.tz), safe=False)
    elif pa.types.is_time64(kind):
        values = values.cast(pa.time64("us"), safe=False)
    elif pa.types.is_duration(kind):
        values = values.cast(pa.duration("us"), safe=False)
    elif pa.types.is_float16(kind) or pa.types.is_float32(kind):
        return [None if value is None else float(str(np.float32(value))) for value in values.to_pylist()]
    elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        values = values.cast(pa.string())
    return list(values.to_pylist())


def _word(value: object) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else number_text(value)
    if isinstance(value, dt.datetime) and value.microsecond:
        return value.isoformat(sep=" ")
    return cell_text(value)
