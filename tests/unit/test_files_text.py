"""Delimited text: encodings, delimiters, header rows, quotation marks, line ends, limits."""

from __future__ import annotations

import gzip
import hashlib
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erp_core.errors import Cancelled, FileRefused
from erp_core.files.delimited import read_carefully, read_clean
from erp_core.files.header import Layout, find_layout, normalise_header
from erp_core.files.limits import DEFAULT_LIMITS, MEGABYTE, Limits
from erp_core.files.read import read_table
from erp_core.files.table import RawTable
from erp_core.text import T, Text, say

Read = Callable[..., RawTable]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write bytes (or text as UTF-8) to a file and read it."""

    def reading(content: bytes | str, name: str = "file.csv", **options: Any) -> RawTable:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_table(path, **options)

    return reading


def all_rows(table: RawTable) -> list[tuple[str, ...]]:
    return table.rows(np.arange(len(table)))


def refusal(read: Read, content: bytes | str, **options: Any) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        read(content, **options)
    assert caught.value.hint is not None
    for language in ("en", "zh_CN"):
        assert "{" not in say(caught.value.message, language) + say(caught.value.hint, language)
    return caught.value


def test_a_plain_table_is_read_cell_by_cell(read: Read) -> None:
    content = "order id,sku,quantity\n1, A ,2\n2,B,\n"
    table = read(content)
    assert table.columns == ("order id", "sku", "quantity")
    assert all_rows(table) == [("1", " A ", "2"), ("2", "B", "")]
    assert table.row_numbers.tolist() == [2, 3]
    assert (table.encoding, table.delimiter, table.header_row, table.container) == ("utf-8", ",", 1, "csv")
    assert table.sha256 == hashlib.sha256(content.encode()).hexdigest()
    assert table.issues == ()


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found(read: Read, delimiter: str) -> None:
    rows = [["order", "name", "price"], ["1", "a big, red; one" if delimiter == "\t" else "red", "2.5"]] * 3
    table = read("\n".join(delimiter.join(row) for row in rows))
    assert (table.delimiter, table.columns) == (delimiter, ("order", "name", "price"))


def test_semicolons_win_over_decimal_commas(read: Read) -> None:
    table = read("sku;preis;kosten\nA;1,50;2,50\nB;3,10;4,20\n")
    assert (table.delimiter, all_rows(table)) == (";", [("A", "1,50", "2,50"), ("B", "3,10", "4,20")])


def test_excels_separator_hint_decides_and_counts_as_a_row(read: Read) -> None:
    table = read("sep=;\r\nsku;a,b;c\r\nX;1,2;3\r\n")
    assert (table.delimiter, table.columns, table.header_row) == (";", ("sku", "a,b", "c"), 2)
    assert table.row_numbers.tolist() == [3]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gb18030", "gb18030"),
        ("gbk", "gb18030"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
    ],
)
def test_chinese_is_read_in_every_encoding_that_platforms_write(read: Read, encoding: str, name: str) -> None:
    text = "订单编号,收货地址 ,订单付款时间 \n2384,广东省深圳市南山区科技园,2025-07-01\n2385,上海市浦东新区,\n"
    table = read(text.encode(encoding))
    assert table.encoding == name
    assert table.columns == ("订单编号", "收货地址", "订单付款时间")
    assert all_rows(table)[0] == ("2384", "广东省深圳市南山区科技园", "2025-07-01")


@pytest.mark.parametrize(
    "text",
    [
        "order,customer,city\n1,Müller,Köln\n2,Strauß,Düsseldorf\n3,José Peña,A Coruña\n",
        "commande,client,ville\n1,Hélène Lefèvre,Besançon\n2,Noël,Orléans\n",
        "order,name,price\n1,Café crème brûlée,€12\n2,plain,£3\n",
        "pedido,cliente,precio\n1,Año Nuevo ¿qué?,1\n2,Muñoz Ibáñez,2\n",
    ],
)
def test_western_text_is_not_taken_for_chinese(read: Read, text: str) -> None:
    table = read(text.encode("windows-1252"))
    assert table.encoding == "windows-1252"
    assert [",".join(row) for row in all_rows(table)] == text.splitlines()[1:]


def test_one_chinese_word_is_enough(read: Read) -> None:
    table = read("sku,name\nA,杯子\n".encode("gbk"))
    assert (table.encoding, all_rows(table)) == ("gb18030", [("A", "杯子")])


def test_text_that_no_encoding_explains_is_refused_and_not_garbled(read: Read) -> None:
    text = "訂單編號,商品名稱,數量\n1,臺灣烏龍茶禮盒組,2\n2,頂級龜甲萬醬油,3\n"
    error = refusal(read, text.encode("big5"))
    assert error.code == "file.unknown_encoding"
    table = read(text.encode("big5"), encoding="big5")
    assert all_rows(table)[0] == ("1", "臺灣烏龍茶禮盒組", "2")


def test_a_file_cut_inside_a_character_is_refused(read: Read) -> None:
    assert refusal(read, "名称,数量\n茶叶,2\n咖啡,3\n茶杯".encode()[:-1]).code == "file.cut_off"
    assert refusal(read, "名称,数量\n茶叶,2\n咖啡,3\n茶杯".encode("gbk")[:-1]).code == "file.cut_off"


def test_damaged_text_names_its_line(read: Read) -> None:
    lines = ["商品名称,数量", "茶叶茶叶茶叶,2", "咖啡咖啡咖啡,3", "茶杯,1", ""]
    content = "\n".join(lines).encode("gbk").replace("咖啡".encode("gbk"), b"\xff\xff", 1)
    error = refusal(read, content)
    assert (error.code, dict(error.message.values)["line"]) == ("file.damaged_text", 3)
    marked = b"\xef\xbb\xbf" + "名称,数量\n茶,1\n".encode() + b"\xff,2\nplain,3\n"
    assert dict(refusal(read, marked).message.values)["line"] == 3


def test_a_wrong_or_unknown_encoding_that_was_given_is_refused(read: Read) -> None:
    assert refusal(read, "名称,数量\n茶,1\n".encode("gbk"), encoding="utf-8").code == "file.damaged_text"
    for unknown in ("klingon", "hex", "rot13"):
        assert refusal(read, b"a,b\n1,2\n", encoding=unknown).code == "file.unknown_encoding"


def test_nul_characters_are_refused_with_their_line(read: Read) -> None:
    error = refusal(read, b"sku,name,quantity\nA,red,1\nB,bl\0ue,2\n" + b"C,green,3\n" * 50)
    assert (error.code, dict(error.message.values)["line"]) == ("file.nul_characters", 3)


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b" \n\r\n\t\n", b"\xff\xfe"])
def test_an_empty_file_is_refused_as_empty(read: Read, content: bytes) -> None:
    assert refusal(read, content).code == "file.empty"


@pytest.mark.parametrize("content", [b"just a letter to my mother\nwith two lines\n", b"1\n2\n3\n", b",,,\n,,,\n"])
def test_text_without_columns_is_no_table(read: Read, content: bytes) -> None:
    assert refusal(read, content).code == "file.not_a_table"


def test_a_single_column_is_a_table_only_when_its_header_is_known(read: Read) -> None:
    assert refusal(read, "SKU\nA\nB\n").code == "file.not_a_table"
    table = read("SKU\nA\nB\n", known_headers=frozenset({"sku"}))
    assert all_rows(table) == [("A",), ("B",)]


# --- header and footer ------------------------------------------------------------------------------------------------

EBAY = (
    "\n\n"
    "Sales Record Number,Order Number,Buyer Username,Item Title,Custom Label,Quantity,Sold For,Sale Date\n"
    "\n"
    '1201,12-0001,anna,"Mug, blue",MUG-B,2,$57.99,Jul-21-25\n'
    "1202,12-0002,bert,Mug red,MUG-R,1,$29.00,Jul-22-25\n"
    "\n"
    "2 record(s) downloaded,,,,,,,\n"
    "Seller ID : mugs-and-more\n"
)


def test_ebays_preamble_and_footer_are_passed_over_and_named(read: Read) -> None:
    table = read(EBAY)
    assert table.header_row == 3
    assert table.columns[:2] == ("Sales Record Number", "Order Number")
    assert [row[:2] for row in all_rows(table)] == [("1201", "12-0001"), ("1202", "12-0002")]
    assert table.row_numbers.tolist() == [5, 6]
    assert [(issue.code, issue.row) for issue in table.issues] == [
        ("file.preamble", None),
        ("file.footer", 8),
        ("file.footer", 9),
    ]


@pytest.mark.parametrize(
    "preamble",
    [
        "店铺：好茶旗舰店\n导出时间：2025-07-01 09:05:00\n\n",
        "Report,All orders\nFrom,2025-01-01\nTo,2025-01-31\n",
        "2025-07-01,2025-07-31,,,\n",
    ],
)
def test_the_header_is_found_below_a_preamble(read: Read, preamble: str) -> None:
    table = read(
        preamble + "订单号,商品名称,数量,单价,下单时间\n1,茶,2,3.5,2025-07-01 09:05\n2,杯,1,9.9,2025-07-02 10:00\n"
    )
    assert table.columns == ("订单号", "商品名称", "数量", "单价", "下单时间")
    assert table.header_row == preamble.count("\n") + 1
    assert len(table) == 2


def test_known_headers_decide_where_words_alone_do_not(read: Read) -> None:
    content = "Alpha Beta,Gamma Delta,Epsilon,Zeta\nsku,name,colour,\nA,red mug,red,\n"
    assert read(content).header_row == 1
    assert read(content, known_headers=frozenset({"sku", "name", "colour"})).header_row == 2


def test_rows_of_words_do_not_outdo_their_header(read: Read) -> None:
    table = read("name,city,note,\nAnna,Bonn,kind,yes\nBert,Köln,tall,no\n")
    assert (table.header_row, len(table)) == (1, 2)


def test_a_row_that_only_looks_like_a_total_is_kept(read: Read) -> None:
    table = read("sku,quantity,price\nA,2,3\n合计,2,\nTotal,2,3\n")
    assert [row[0] for row in all_rows(table)] == ["A", "合计", "Total"]


def test_doubled_headers_stay_in_order(read: Read) -> None:
    assert read("sku,备注,备注\nA,1,2\n").columns == ("sku", "备注", "备注")


def test_headers_lose_outer_white_space_tabs_and_marks(read: Read) -> None:
    assert read("\ufeff\t订单编号 ,收货地址\u3000,\u200bsku\n1,2,3\n".encode()).columns == (
        "订单编号",
        "收货地址",
        "sku",
    )


def test_headers_compare_without_width_case_and_joints() -> None:
    assert normalise_header(" Order_ID\t") == normalise_header("ｏｒｄｅｒ－ｉｄ") == "order id"


def test_a_header_without_rows_is_an_empty_table(read: Read) -> None:
    for content in ("sku,name\n", "sku,name", "sku,name\n\n\n"):
        table = read(content)
        assert (len(table), table.columns, len(table.cells)) == (0, ("sku", "name"), 2)


# --- rows -------------------------------------------------------------------------------------------------------------


def test_row_numbers_count_blank_lines_and_quoted_records_once(read: Read) -> None:
    table = read('sku,note\n\nA,"one\ntwo\r\nthree"\nB,x\n,\n  ,\nC,y\n')
    # 1 header, 2 blank, 3 the record over three lines, 4, then two rows without text, 7
    assert table.row_numbers.tolist() == [3, 4, 7]
    assert all_rows(table)[0] == ("A", "one\ntwo\r\nthree")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_understood(read: Read, end: str) -> None:
    table = read(end.join(["sku,name", "A,x", '"B","y, ""z"""', "C,", ""]))
    assert all_rows(table) == [("A", "x"), ("B", 'y, "z"'), ("C", "")]
    assert table.row_numbers.tolist() == [2, 3, 4]


def test_mixed_line_ends_are_understood(read: Read) -> None:
    table = read("sku,name\r\nA,x\nB,y\rC,z\r\n")
    assert all_rows(table) == [("A", "x"), ("B", "y"), ("C", "z")]


def test_a_row_with_too_many_cells_is_kept_and_marked(read: Read) -> None:
    table = read("sku,name,price\nA,Mug, blue,3\nB,Cup,2\n")
    assert all_rows(table) == [("A", "Mug", " blue"), ("B", "Cup", "2")]
    (issue,) = table.issues
    assert (issue.row, issue.code, dict(issue.message.values)) == (2, "row.too_many_cells", {"found": 4, "expected": 3})


def test_extra_empty_cells_are_nothing(read: Read) -> None:
    table = read("sku,name\nA,x,,\nB,y,\n")
    assert (all_rows(table), table.issues) == ([("A", "x"), ("B", "y")], ())


def test_a_last_delimiter_on_every_line_makes_no_column(read: Read) -> None:
    assert read("sku,name,\nA,x,\n").columns == ("sku", "name")
    assert read("sku,name,\nA,x,y\n").columns == ("sku", "name", "")


def test_rows_with_too_few_cells_are_kept_and_marked(read: Read) -> None:
    table = read("order,address,quantity,price\n1,Main Street\nHouse 5,2,3\n2,Other Street,1,4\n")
    assert [(issue.row, issue.code) for issue in table.issues] == [(2, "row.too_few_cells"), (3, "row.too_few_cells")]
    assert all_rows(table)[0] == ("1", "Main Street", "", "")


def test_a_cut_last_line_is_marked(read: Read) -> None:
    table = read("order,sku,quantity\n1,A,2\n2,B")
    assert [(issue.row, issue.code) for issue in table.issues] == [(3, "row.too_few_cells")]


def test_leaving_out_empty_cells_in_blocks_is_excels_manner(read: Read) -> None:
    table = read("sku,name,note,remark\n" + "A,x,y,z\n" * 15 + "B,y\n" * 16 + "C,z\n")
    assert len(table) == 32
    assert [issue.code for issue in table.issues] == ["file.short_rows"]


# --- quotation marks --------------------------------------------------------------------------------------------------


def test_a_mark_inside_a_plain_cell_is_a_letter(read: Read) -> None:
    table = read('sku,name\nA,5" pipe\nB,7" pipe\n')
    assert (all_rows(table), table.issues) == ([("A", '5" pipe'), ("B", '7" pipe')], ())


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_a_lone_opening_mark_does_not_swallow_the_rows_below(read: Read, delimiter: str) -> None:
    rows = ["sku,name,quantity", 'A,"5 inch pipe,1', "B,plain,2", 'C,"6 inch pipe,3', "D,plain,4"]
    table = read("\n".join(rows).replace(",", delimiter))
    assert [row[0] for row in all_rows(table)] == ["A", "B", "C", "D"]
    assert all_rows(table)[0][1] == '"5 inch pipe'
    assert [(issue.row, issue.code) for issue in table.issues] == [(2, "file.lone_quote"), (4, "file.lone_quote")]


def test_a_quoted_record_that_would_swallow_whole_rows_is_taken_apart(read: Read) -> None:
    # By the letter of the standard, A's quoted name ends after "6", two lines below.
    table = read('sku,name,quantity\nA,"5 inch,1\nB,plain,2\nC,6",3\nD,x,4\n')
    assert [row[0] for row in all_rows(table)] == ["A", "B", "C", "D"]


def test_words_quoted_inside_a_cell_stay(read: Read) -> None:
    table = read('sku,name,quantity\nA,"Best" mug,1\nB,cup,2\n')
    assert all_rows(table)[0] == ("A", '"Best" mug', "1")


def test_a_mark_that_is_never_closed_names_its_line(read: Read) -> None:
    error = refusal(read, 'sku,name\nA,x\nB,"one, two\nC,y\n')
    assert (error.code, dict(error.message.values)["line"]) == ("file.open_quote", 3)


def test_excels_way_to_keep_an_id_as_text_is_kept_for_the_parser(read: Read) -> None:
    content = 'order,sku,note\n="2384000011112222","A,1",x\n="2384000011112223",B,="y"\n'
    layout = Layout(1, ("order", "sku", "note"), ",")
    assert read_clean(content.encode(), layout, DEFAULT_LIMITS, "f") is not None
    assert all_rows(read(content)) == [
        ('="2384000011112222"', "A,1", "x"),
        ('="2384000011112223"', "B", '="y"'),
    ]


def test_many_open_marks_are_given_up_in_bounded_time(read: Read) -> None:
    started = time.perf_counter()
    error = refusal(read, "sku,name\n" + 'a","b\n' * 300_000)
    assert error.code in ("file.open_quote", "file.too_many_columns")
    assert time.perf_counter() - started < 20


# --- both ways give the same ------------------------------------------------------------------------------------------

CELLS = st.text(st.sampled_from("ab1,;\t \"\n\r=é茶'-"), max_size=6)


def quoted(cell: str, always: bool) -> str:
    return '"' + cell.replace('"', '""') + '"' if always or any(c in cell for c in ',"\n\r') else cell


@settings(max_examples=300)
@given(
    rows=st.lists(st.lists(st.tuples(CELLS, st.booleans()), min_size=3, max_size=3), max_size=8),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    last=st.booleans(),
)
def test_what_a_csv_writer_wrote_reads_back_by_both_ways(
    rows: list[list[tuple[str, bool]]], end: str, last: bool
) -> None:
    lines = ["one,two,three"] + [",".join(quoted(cell, always) for cell, always in row) for row in rows]
    text = (end.join(lines) + (end if last else "")).encode()
    layout = Layout(1, ("one", "two", "three"), ",")
    expected = [tuple(cell for cell, _ in row) for row in rows if any(cell.strip() for cell, _ in row)]
    numbers = [i + 2 for i, row in enumerate(rows) if any(cell.strip() for cell, _ in row)]
    careful = read_carefully(text, layout, DEFAULT_LIMITS, "f")
    if not any(issue.code == "file.lone_quote" for issue in careful.issues):  # by chance, lines that look whole
        assert list(zip(*(c.to_pylist() for c in careful.cells), strict=True)) == expected
        assert careful.row_numbers.tolist() == numbers
    clean = read_clean(text, layout, DEFAULT_LIMITS, "f")
    if clean is not None:
        assert [c.to_pylist() for c in clean.cells] == [c.to_pylist() for c in careful.cells]
        assert clean.row_numbers.tolist() == careful.row_numbers.tolist()
        assert careful.issues == ()


@settings(max_examples=500)
@given(body=st.text(st.sampled_from('ab,"\n\r= é'), max_size=60))
def test_the_fast_way_never_disagrees_with_the_careful_one(body: str) -> None:
    text = ("one,two\n" + body).encode()
    layout = Layout(1, ("one", "two"), ",")
    clean = read_clean(text, layout, DEFAULT_LIMITS, "f")
    if clean is None:
        return
    careful = read_carefully(text, layout, DEFAULT_LIMITS, "f")
    assert [c.to_pylist() for c in clean.cells] == [c.to_pylist() for c in careful.cells]
    assert clean.row_numbers.tolist() == careful.row_numbers.tolist()
    assert [issue.code for issue in careful.issues if issue.code.startswith("row.")] == []


@settings(max_examples=300)
@given(content=st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "ignore")))
def test_any_bytes_give_a_table_or_a_refusal(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.bin"
    path.write_bytes(content)
    try:
        table = read_table(path)
    except FileRefused as error:
        assert error.code.startswith("file.")  # noqa: PT017  a table is as good
    else:
        assert all(len(column) == len(table) for column in table.cells)


def test_the_fast_way_is_taken_over_several_blocks() -> None:
    lines = [f'{i},"name, {i}",{"x" * 200}' for i in range(60_000)]  # 13 MB: two blocks of the parser
    text = ("id,name,note\n" + "\n".join(lines)).encode()
    layout = find_layout(text, "f", frozenset())
    clean = read_clean(text, layout, DEFAULT_LIMITS, "f")
    assert clean is not None
    assert clean.cells[0].to_pylist() == [str(i) for i in range(60_000)]
    assert clean.cells[1][59_999].as_py() == "name, 59999"
    assert clean.row_numbers.tolist() == list(range(2, 60_002))


# --- limits -----------------------------------------------------------------------------------------------------------


def test_each_limit_refuses_by_its_own_code(read: Read) -> None:
    few = Limits(file_bytes=400, rows=3, columns=4, cell_length=20)
    good = "a,b\n1,2\n3,4\n5,6\n"
    assert len(read(good, limits=few)) == 3
    assert refusal(read, "a,b\n" + "1,2\n" * 200, limits=few).code == "file.too_large"
    assert refusal(read, good + "7,8\n", limits=few).code == "file.too_many_rows"
    assert refusal(read, good + "7\n", limits=few).code == "file.too_many_rows"
    assert refusal(read, "a,b,c,d,e\n1,2,3,4,5\n", limits=few).code == "file.too_many_columns"
    long = refusal(read, "a,b\n1,2\n3," + "x" * 21 + "\n", limits=few)
    assert (long.code, dict(long.message.values)["row"]) == ("file.cell_too_long", 3)
    ragged = refusal(read, "a,b\n1\n3," + "x" * 21 + "\n", limits=few)
    assert (ragged.code, dict(ragged.message.values)["row"]) == ("file.cell_too_long", 3)


def test_the_cell_limit_counts_characters_not_bytes(read: Read) -> None:
    assert len(read("甲,乙\n1," + "茶" * 20 + "\n", limits=Limits(cell_length=20))) == 1


def test_a_cell_of_a_megabyte_is_refused(read: Read) -> None:
    assert refusal(read, "a,b\n1," + "x" * MEGABYTE + "\n").code == "file.cell_too_long"
    assert refusal(read, 'a,b\n1,"' + "x\n" * MEGABYTE + '"\n').code == "file.cell_too_long"
    assert refusal(read, "a,b\n1,2,3\n1," + "x" * MEGABYTE + "\n").code == "file.cell_too_long"


def test_ten_thousand_columns_are_refused(read: Read) -> None:
    header = ",".join(f"column {i}" for i in range(10_000))
    assert refusal(read, header + "\n" + "1," * 9_999 + "1\n").code == "file.too_many_columns"


def test_ten_thousand_cells_below_a_narrow_header_are_one_bad_row(read: Read) -> None:
    table = read("a,b\n" + "1," * 9_999 + "1\n2,3\n")
    assert [issue.code for issue in table.issues] == ["row.too_many_cells"]
    assert len(table) == 2


# --- gzip and other containers ----------------------------------------------------------------------------------------


def test_gzip_of_several_members_is_one_table(read: Read) -> None:
    table = read(gzip.compress(b"sku,name\nA,x\n") + gzip.compress(b"B,y\n"), "file.csv.gz")
    assert all_rows(table) == [("A", "x"), ("B", "y")]
    assert (table.container, table.packed) == ("csv", True)


def test_a_gzip_bomb_is_refused_without_unpacking_it(read: Read) -> None:
    zeros = zlib.compressobj(9, wbits=31)
    bomb = b"".join([zeros.compress(bytes(MEGABYTE)) for _ in range(200)]) + zeros.flush()
    assert len(bomb) < 300_000
    assert refusal(read, bomb).code == "file.unpacks_too_large"
    # Many members, each small.
    assert refusal(read, gzip.compress(bytes(MEGABYTE)) * 60).code == "file.unpacks_too_large"


def test_a_cut_or_damaged_gzip_is_refused(read: Read) -> None:
    whole = gzip.compress(b"sku,name\n" + bytes(range(32, 120)) * 50)
    assert refusal(read, whole[:-12]).code == "file.cut_off"
    assert refusal(read, whole[:12] + b"\xff\xff\xff" + whole[15:]).code == "file.damaged"
    assert refusal(read, gzip.compress(b"")).code == "file.empty"
    assert refusal(read, gzip.compress(gzip.compress(b"a,b\n1,2\n"))).code == "file.wrong_container"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"%PDF-1.7\n...", "file.wrong_container"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "file.wrong_container"),
        (b"Rar!\x1a\x07\x00", "file.wrong_container"),
        (bytes(257) + b"ustar" + bytes(300), "file.wrong_container"),
        (bytes(range(256)) * 20, "file.unknown_encoding"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>', "file.old_excel"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "file.old_excel"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            "file.encrypted_workbook",
        ),
    ],
)
def test_other_containers_are_refused_with_advice(read: Read, content: bytes, code: str) -> None:
    assert refusal(read, content, name="orders.csv").code == code


def test_what_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(FileRefused) as caught:
            read_table(path)
        assert caught.value.code == "file.unreadable"


def test_progress_is_told_and_may_cancel(read: Read) -> None:
    shares: list[float] = []

    def stop(share: float, _text: Text) -> None:
        shares.append(share)
        if share > 0.5:
            raise Cancelled(T("Cancelled."))

    with pytest.raises(Cancelled):
        read("a,b\n1,2\n", progress=stop)
    assert shares == sorted(shares)
    assert len(shares) >= 2
