"""No text that a person reads is written into a page: it comes from `T`, in the reader's language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.source_tree import called_name, name_of, parsed, python_files

LETTERS = re.compile("[A-Za-z]{2}|[\u3400-\u9fff]")
WORDS = re.compile("[A-Za-z]{2,}[,;:]? [A-Za-z]{2,}|[\u3400-\u9fff]{2}")
ICON_OR_COLOUR = re.compile(r":[a-z_]+(/[a-z_0-9]+)?:|:(red|green|blue|orange|violet|gray|grey|primary)(-[a-z]+)?\[")

# What shows its first argument to the reader; elements of Streamlit and of its column configuration.
SHOWS_FIRST = frozenset(
    """title header subheader caption markdown write text info warning error success toast badge code latex
    button download_button form_submit_button link_button page_link menu_button
    checkbox toggle radio selectbox multiselect pills segmented_control slider select_slider
    text_input text_area number_input date_input datetime_input time_input file_uploader color_picker chat_input
    feedback metric tabs expander popover status spinner progress dialog
    Column TextColumn NumberColumn CheckboxColumn SelectboxColumn MultiselectColumn DateColumn DatetimeColumn TimeColumn
    ListColumn LinkColumn ImageColumn ProgressColumn LineChartColumn BarChartColumn AreaChartColumn
    add_annotation update_xaxes update_yaxes""".split()
)
SHOWN_KEYWORDS = frozenset(
    """label body help placeholder title text caption captions page_title summary description alt tooltip delta
    title_text xaxis_title yaxis_title legend_title hovertemplate texttemplate annotation_text header""".split()
)
# Strings for machines and programmers.
NOT_SHOWN = frozenset({"T", "getLogger", "debug", "exception", "ValueError", "RuntimeError", "TypeError", "KeyError"})


def shown_literals(node: ast.expr) -> Iterator[ast.Constant]:
    """The string literals that an expression shows: itself, in a list, in an f-string, in either branch."""
    match node:
        case ast.Constant(value=str()):
            yield node
        case ast.JoinedStr(values=parts):
            for part in parts:
                if isinstance(part, ast.Constant):
                    yield from shown_literals(part)
        case ast.List(elts=items) | ast.Tuple(elts=items):
            for item in items:
                yield from shown_literals(item)
        case ast.IfExp(body=first, orelse=second) | ast.BinOp(left=first, right=second):
            yield from shown_literals(first)
            yield from shown_literals(second)
        case ast.BoolOp(values=items):
            for item in items:
                yield from shown_literals(item)


def hard_coded(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and text of every literal that a reader would see."""
    yield from _in_visible_arguments(tree)
    yield from _sentences(tree, _docstrings(tree))


def _in_visible_arguments(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if called_name(call) in NOT_SHOWN:
            continue
        visible = [keyword.value for keyword in call.keywords if keyword.arg in SHOWN_KEYWORDS]
        if called_name(call) in SHOWS_FIRST:
            visible += call.args[:1]
        for argument in visible:
            for literal in shown_literals(argument):
                if LETTERS.search(ICON_OR_COLOUR.sub("", str(literal.value))):
                    yield literal.lineno, str(literal.value)


def _sentences(tree: ast.AST, skipped: set[int]) -> Iterator[tuple[int, str]]:
    """Anything that reads like a sentence, wherever it goes from here."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.Call) and called_name(child) in NOT_SHOWN:
            continue
        if isinstance(child, ast.Constant) and isinstance(child.value, str) and id(child) not in skipped:
            if WORDS.search(child.value):
                yield child.lineno, child.value
        else:
            yield from _sentences(child, skipped)


def _docstrings(tree: ast.Module) -> set[int]:
    """Bare string statements: docstrings of modules, classes, functions and fields."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


@pytest.mark.parametrize("path", python_files("pages", "ui", "app.py"), ids=name_of)
def test_no_visible_text_is_hard_coded(path: Path) -> None:
    found = sorted(set(hard_coded(parsed(path))))
    assert [f"{name_of(path)}:{line}: {text!r}" for line, text in found] == []


@pytest.mark.parametrize(
    "code",
    [
        'st.title("Stock")',
        'st.button(label="Save")',
        'left.button("Save", key="x")',
        'st.metric(visit.say(T("Turnover")), value, help="Goods sold over stock")',
        'st.tabs(["Overview", "Count"])',
        'st.caption(f"{count} rows")',
        'st.write("yes" if ok else "no")',
        'st.column_config.NumberColumn("Quantity")',
        'figure.update_layout(title="Turnover")',
        'st.markdown("库存")',
        'words = "Nothing to buy"\nst.info(words)',
    ],
)
def test_the_check_sees(code: str) -> None:
    assert list(hard_coded(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        '"""A page about stock and orders."""',
        'st.title(visit.say(T("What runs out and when?")))',
        'st.button(say(T("Save")), icon=":material/save:", key="save_all")',
        'st.markdown(":material/info: " + text)',
        'raise ValueError("a page without a file")',
        'st.metric(label, value, delta="")',
    ],
)
def test_the_check_lets_pass(code: str) -> None:
    assert list(hard_coded(ast.parse(code))) == []
