"""Names, remarks and files full of markup: every page and view shows them as text."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from erp_core.clock import SystemClock
from erp_core.db.engine import Database
from erp_core.db.migrate import upgrade
from erp_core.security.actor import LOCAL_USER
from erp_core.settings import load_settings
from tests import hostile
from tests.pages.conftest import Open
from tests.pages.test_pages import VIEWS
from ui.literal import literal
from ui.pages_list import ENTRIES

# Places of an element in which the browser reads no Markdown: cells, values, addresses, keys; and charts, see below.
PLAIN = frozenset({
    "arrow_data_frame", "data_frame", "options", "default", "raw_values", "raw_value", "placeholder", "id", "url", "element_id", "spec",
    "config", "columns", "alt", "query_string", "page_script_hash", "value", "code_text", "format", "form_id",
})  # fmt: skip
MARKDOWN_OPTIONS = frozenset({"button_group", "radio", "tab"})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the hostile shop."""
    home = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ERP_HOME", str(home))
        database = Database(load_settings().database_url)
        upgrade(database)
        hostile.fill(database, LOCAL_USER, SystemClock(), tmp_path_factory.mktemp("files"))
        database.dispose()
    return home


@pytest.fixture
def shop(made: Path, home: Path) -> None:
    """The hostile shop where the app looks for it."""
    shutil.copytree(made, home)


def markdown_of(message: Message, inside: str = "") -> Iterator[tuple[str, str]]:
    """Place and text of all that a browser would read as Markdown."""
    for field, value in message.ListFields():
        if field.name in PLAIN and not (field.name == "options" and inside in MARKDOWN_OPTIONS):
            continue
        place = f"{inside}.{field.name}" if inside else field.name
        for one in value if field.is_repeated else (value,):
            if isinstance(one, Message):
                yield from markdown_of(one, field.name)
            elif isinstance(one, str):
                yield place, one


def elements(app: AppTest) -> Iterator[Any]:
    """All elements of the page and of its sidebar."""

    def below(block: Any) -> Iterator[Any]:
        for child in block.children.values():
            if hasattr(child, "children"):
                yield child
                yield from below(child)
            else:
                yield child

    yield from below(app._tree)


def test_text_of_people_is_text_in_markdown() -> None:
    assert len(hostile.RAW.findall(hostile.MARKUP)) == 9
    assert not hostile.RAW.search(literal(hostile.MARKUP))
    for harmless in (
        "view_sales",
        "12:30",
        "-5",
        "1.5",
        "A-1",
        "¥38.5 万",
        "北欧台灯 “大”",
        "a & b",
        "50 %",
        "C#",
        "x = 1",
    ):
        assert literal(harmless) == harmless
    assert literal("- a\n- b") == "\\- a - b"
    assert literal("1. first") == "1\\. first"
    assert literal("$5 and $6") == "\\$5 and \\$6"


@pytest.mark.parametrize(
    ("name", "query"),
    [(entry.name, {}) for entry in ENTRIES]
    + [(name, {"view": view}) for name, view in VIEWS]
    + [("inventory", {"view": "sku", "sku": "PLAIN"}), ("products", {"sku": "PLAIN"}), ("products", {"sku": hostile.MARKUP}),
       ("sales", {"by": "channel"}), ("sales", {"by": "category"}), ("sales", {"by": "sku"})],
    ids=lambda value: "-".join(map(str, value.values()))[:20] if isinstance(value, dict) else value,
)  # fmt: skip
def test_every_page_shows_hostile_names_as_text(shop: None, open_page: Open, name: str, query: dict[str, str]) -> None:
    app = open_page(name, **query)
    assert not app.exception
    texts = 0
    for element in elements(app):
        for place, text in markdown_of(element.proto) if element.proto is not None else ():
            texts += 1
            assert not hostile.RAW.search(text), (type(element).__name__, place, text)
        spec = getattr(getattr(element.proto, "plotly_chart", element.proto), "spec", "")
        if spec:
            assert_no_markup(json.loads(spec))
    assert texts > 5


def assert_no_markup(part: Any, inside: str = "") -> None:
    """Nothing that a chart would take for markup, but what stays with its points (`customdata`)."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key not in ("customdata", "template"):
                assert_no_markup(value, key)
    elif isinstance(part, list):
        for value in part:
            assert_no_markup(value, inside)
    elif isinstance(part, str):
        assert "<a " not in part, (inside, part)
        assert "<script" not in part, (inside, part)
