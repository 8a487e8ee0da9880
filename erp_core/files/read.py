"""A file to a RawTable (CSV and gzip only so far)."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from erp_core.files.limits import DEFAULT_LIMITS, Limits
from erp_core.files.table import RawTable


def read_table(path: Path, *, limits: Limits = DEFAULT_LIMITS, known_headers: frozenset[str] = frozenset()) -> RawTable:
    raw = path.read_bytes()
    sha = hashlib.sha256(raw).hexdigest()
    body = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    encoding = "utf-8"
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        encoding = "gb18030"
        body = body.decode("gb18030").encode()
    head = body.split(b"\n", 1)[0].decode("utf-8-sig").strip("\r")
    delimiter = "\t" if "\t" in head else ","
    table = pa_csv.read_csv(
        pa.BufferReader(body),
        read_options=pa_csv.ReadOptions(autogenerate_column_names=True, skip_rows=1, block_size=8 << 20),
        parse_options=pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            column_types={f"f{i}": pa.dictionary(pa.int32(), pa.string()) for i in range(400)}, strings_can_be_null=True, null_values=[""]
        ),
    )
    import csv
    columns = next(csv.reader([head], delimiter=delimiter))
    cells = tuple(c.unify_dictionaries() if c.num_chunks > 1 else c for c in table.columns)
    return RawTable(tuple(c.strip() for c in columns), cells, np.arange(table.num_rows, dtype=np.int64) + 2, path.name, sha, encoding, delimiter, 1, "csv")
