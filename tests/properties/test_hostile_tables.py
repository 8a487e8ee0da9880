"""Tables that nobody has thought of: headers that the importer knows over cells of any kind, in any encoding, with bytes
flipped. Each goes through `detect` and `import` and ends in a receipt that adds up or in a refusal with its code."""

from __future__ import annotations

import csv
import gzip
import io
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.errors import ErpError
from erp_core.imports.service import ImportOptions, import_files, recognise
from erp_core.security.actor import LOCAL_USER
from tests.conftest import NOW, Addresses
from tests.properties.fuzz_process import refused, sound

HEADERS = (
    "Order ID", "Date", "SKU", "Product name", "Quantity", "Unit price", "Currency", "Status", "Shop", "On hand", "Warehouse",
    "订单号", "下单时间", "商品编码", "数量", "单价", "Fee type", "Amount", "Supplier", "Carrier", "Tracking number", "Rate", "\u202eUKS",
)  # fmt: skip
WHOLE = (
    ["Order ID", "Date", "SKU", "Quantity", "Unit price", "Currency"],
    ["订单号", "下单时间", "商品编码", "数量", "单价", "Shop"],
    ["SKU", "On hand", "Warehouse", "Date"],
    ["Date", "Fee type", "Amount", "Currency"],
)  # what a table needs to be taken
CELLS = st.one_of(
    st.sampled_from(["", "A-1", "2026-01-05", "05/01/2026 10:00", "3", "-2", "1e308", "9" * 40, "USD", "¥12.50", "paid", "NaN",
                     "=1+1", "1,234.56", "0x10", "٣", "𝟛", "9999-12-31", "0001-01-01", "\u202e", "\ufeff", "\x1b[2J"]),
    st.text(max_size=12),
    st.integers(-(10**20), 10**20).map(str),
)  # fmt: skip
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-32", "latin-1")


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """The bytes of a small table, perhaps damaged, perhaps packed."""
    headers = draw(
        st.sampled_from(WHOLE).flatmap(st.permutations) | st.lists(st.sampled_from(HEADERS), min_size=2, max_size=9)
    )
    rows = draw(st.lists(st.lists(CELLS, min_size=1, max_size=len(headers) + 1), max_size=6))
    out = io.StringIO()
    writer = csv.writer(
        out, delimiter=draw(st.sampled_from(",;\t|")), escapechar="\\", quoting=draw(st.sampled_from([0, 1]))
    )
    writer.writerows([headers, *rows])
    content = bytearray(out.getvalue().encode(draw(st.sampled_from(ENCODINGS)), "replace"))
    for place, bit in draw(st.just([]) | st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 7)), max_size=4)):
        content[place % len(content)] ^= 1 << bit
    whole = bytes(content)
    return gzip.compress(whole, mtime=0) if draw(st.booleans()) and draw(st.booleans()) else whole


def test_any_small_table_ends_in_a_receipt_or_a_refusal(sqlite_addresses: Addresses) -> None:
    ended: dict[str, int] = {}
    with sqlite_addresses() as url, tempfile.TemporaryDirectory() as folder:
        database, who = Database(url), LOCAL_USER.acting(FixedClock(NOW))

        @settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
        @given(content=files(), options=st.sampled_from([{}, {"currency": "USD"}, {"format": "generic-sales"}]))
        def goes_through(content: bytes, options: dict[str, Any]) -> None:
            path = Path(folder) / "table.csv"
            path.write_bytes(content)
            asked = ImportOptions(**options)
            try:
                recognise(database, path, asked)
                for receipt in import_files(database, who, [path], asked):
                    sound(receipt)
                how = "receipt"
            except ErpError as error:
                how = refused(error)
            ended[how] = ended.get(how, 0) + 1

        goes_through()
        database.dispose()
    assert ended.pop("receipt", 0) > 5  # neither is everything refused …
    assert sum(ended.values()) > 5  # … nor everything taken
