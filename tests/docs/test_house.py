"""Laws of the house that types and linters do not see."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.docs.source_tree import called_name, calls, committed_files, imported_modules, name_of, parsed, python_files

PAGES = python_files("pages")
FRONT = python_files("pages", "ui")
LIBRARY = python_files("erp_core")

NOT_IN_PAGES = re.compile(
    r"(sqlalchemy|sqlite3|psycopg|alembic|pyarrow"  # no SQL
    r"|prophet|statsforecast|mlforecast|lightgbm|sklearn|scipy|mlxtend|fugue|numba|torch)(\.|$)"  # jobs load these
    r"|erp_core\.(\w+\.)*(tables|rules)$"
    r"|erp_core\.db\.(bulk|upsert|migrate|base)"
)
COMPUTING = frozenset(
    {"groupby", "merge", "pivot_table", "resample", "rolling", "execute", "exec_driver_sql", "select"}
)
RAW_MARKUP = frozenset({"html", "iframe"})
FROM_THE_SYSTEM = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
}
IMPURE_CALLS = frozenset(
    {"open", "input", "print", "getenv", "urlopen", "connect", "read_text", "write_text", "read_csv"}
)
IMPURE_MODULES = re.compile(
    r"(os|io|pathlib|random|secrets|socket|subprocess|tempfile|time|urllib|requests|sqlite3)(\.|$)"
)


def first_words(page: ast.Module) -> ast.stmt | None:
    """The first statement that does something: not a docstring, an import, a definition or a constant."""
    for statement in page.body:
        match statement:
            case ast.Import() | ast.ImportFrom() | ast.FunctionDef() | ast.ClassDef():
                continue
            case ast.Expr(value=ast.Constant()):
                continue
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value) if not _does_something(value):
                continue
        return statement
    return None


def _does_something(value: ast.expr) -> bool:
    return any(called_name(call) not in ("T", "frozenset", "tuple") for call in calls(value))


def is_guard(statement: ast.stmt | None) -> bool:
    """`require(…)` or `visit = require(…)`."""
    match statement:
        case (
            ast.Expr(value=ast.Call() as call)
            | ast.Assign(value=ast.Call() as call)
            | ast.AnnAssign(value=ast.Call() as call)
        ):
            return called_name(call) == "require" and bool(call.args)
    return False


def now_from_the_system(tree: ast.AST) -> Iterator[int]:
    """Lines that ask the machine for the time."""
    for call in calls(tree):
        match call.func:
            case ast.Attribute(attr=verb, value=ast.Name(id=owner) | ast.Attribute(attr=owner)):
                if (owner, verb) in FROM_THE_SYSTEM:
                    yield call.lineno


def page_offences(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """What a page or a shared part of pages may not do."""
    for line, module in imported_modules(tree):
        if NOT_IN_PAGES.match(module):
            yield line, f"imports {module}"
    for call in calls(tree):
        if isinstance(call.func, ast.Attribute) and called_name(call) in COMPUTING:
            yield call.lineno, f"computes with .{called_name(call)}(); that belongs to a view"
        if isinstance(call.func, ast.Attribute) and called_name(call) in RAW_MARKUP:
            yield call.lineno, f"puts raw markup on the page with .{called_name(call)}()"
        if any(keyword.arg == "unsafe_allow_html" for keyword in call.keywords):
            yield call.lineno, "uses unsafe_allow_html"
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "<style" in node.value:
            yield node.lineno, "injects CSS"


def impurities(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """What a rule may not do: read files, the clock, chance, or print."""
    for line, module in imported_modules(tree):
        if IMPURE_MODULES.match(module):
            yield line, f"imports {module}"
    for call in calls(tree):
        if called_name(call) in IMPURE_CALLS:
            yield call.lineno, f"calls {called_name(call)}()"
    yield from ((line, "asks the machine for the time") for line in now_from_the_system(tree))


def listed(path: Path, offences: Iterator[tuple[int, str]]) -> list[str]:
    return [f"{name_of(path)}:{line}: {what}" for line, what in sorted(set(offences))]


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_page_asks_for_a_permission_before_anything_else(path: Path) -> None:
    assert is_guard(first_words(parsed(path)))


@pytest.mark.parametrize("path", FRONT, ids=name_of)
def test_pages_hold_no_sql_no_computation_no_raw_markup(path: Path) -> None:
    assert listed(path, page_offences(parsed(path))) == []


def test_today_comes_from_the_clock() -> None:
    asking = [
        f"{name_of(path)}:{line}"
        for path in [*LIBRARY, *FRONT]
        if name_of(path) != "erp_core/clock.py"
        for line in now_from_the_system(parsed(path))
    ]
    assert asking == []


@pytest.mark.parametrize("path", [path for path in LIBRARY if path.name in ("rules.py", "formulas.py")], ids=name_of)
def test_rules_are_pure(path: Path) -> None:
    assert listed(path, impurities(parsed(path))) == []


def test_no_shared_part_of_pages_carries_the_name_of_a_library() -> None:
    """Streamlit puts `ui/` on the import path, in front of the libraries."""
    taken = (sys.stdlib_module_names | packages_distributions().keys()) - {"ui"}
    assert [name_of(path) for path in python_files("ui") if path.stem in taken - {"__init__"}] == []


def test_pages_do_not_lie_beside_the_script_that_streamlit_runs() -> None:
    """Streamlit opens `pages/` beside its main script by itself, past any sign-in."""
    scripts = [
        argument.value
        for call in calls(parsed(python_files("app.py")[0]))
        if called_name(call) == "App"
        for argument in call.args[:1]
        if isinstance(argument, ast.Constant)
    ]
    assert scripts == ["ui/shell.py"]


UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|<{7} |>{7} |NotImplementedError")
OF_ONE_MACHINE = re.compile(r"(?<![\w.:/~*-])/(?:tmp|work|root|home|Users|opt)/\w")
TEXTS = {".py", ".md", ".toml", ".po", ".txt", ".yml", ".yaml", ".ipynb", ".mako", ".cfg", ".json", ""}


def test_nothing_is_left_unfinished_and_no_path_of_one_machine_stands_in_a_file() -> None:
    found = []
    for path in committed_files():
        if path.suffix not in TEXTS or path == Path(__file__) or path.name == "LICENSE":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if UNFINISHED.search(line) or OF_ONE_MACHINE.search(line):
                found.append(f"{name_of(path)}:{number}: {line.strip()[:100]}")
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        'import streamlit as st\nst.title("x")\nrequire(VIEW)',
        "rows = load()\nvisit = require(VIEW)",
        "if True:\n    require(VIEW)",
        '"""Only words."""',
        "require()",
    ],
)
def test_the_check_of_guards_sees(code: str) -> None:
    assert not is_guard(first_words(ast.parse(code)))


def test_the_check_of_guards_lets_imports_definitions_and_constants_stand_before() -> None:
    page = """'Why.'
import a
from b import c
VIEWS = ("x", "y")
QUESTION = T("What runs out?")

def show():
    c()

visit = require(Permission.VIEW_STOCK)
show()
"""
    assert is_guard(first_words(ast.parse(page)))


@pytest.mark.parametrize(
    "code",
    [
        "import sqlalchemy as sa",
        "from erp_core.stock.tables import stock_movement",
        "from erp_core.stock import tables",
        "from prophet import Prophet",
        'frame.groupby("sku").sum()',
        "connection.execute(query)",
        "st.markdown(text, unsafe_allow_html=True)",
        "st.html(text)",
        'words = "<style>b{}</style>"',
    ],
)
def test_the_check_of_pages_sees(code: str) -> None:
    assert list(page_offences(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    ["import os", "from pathlib import Path", "open(name)", "dt.datetime.now(dt.UTC)", "date.today()", "print(1)"],
)
def test_the_check_of_rules_sees(code: str) -> None:
    assert list(impurities(ast.parse(code)))
