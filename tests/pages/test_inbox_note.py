"""The watched folder on the page Data, view Receipts."""

from __future__ import annotations

from pathlib import Path

import pytest

from erp_core.clock import SystemClock
from erp_core.db.engine import Database
from erp_core.imports.inbox import INBOX_USER, process_inbox
from erp_core.settings import load_settings
from erp_core.text import LANGUAGES
from tests.pages.conftest import SAMPLES, Open


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_shop_is_told_where_the_folder_is(shop: Database, open_page: Open, home: Path, language: str) -> None:
    app = open_page("data", language, view="receipts")
    assert not app.exception
    assert app.code[0].value == str(home / "inbox")
    assert not app.dataframe


def test_what_lies_in_the_folder_and_what_was_refused_is_shown_in_the_readers_language(
    shop: Database, open_page: Open, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERP_INBOX_QUIET", "0")
    settings = load_settings()
    settings.inbox.mkdir(parents=True)
    (settings.inbox / "bad.csv").write_text("hello")
    (settings.inbox / "lines.csv").write_bytes((SAMPLES / "taobao-lines.csv").read_bytes())
    process_inbox(shop, INBOX_USER.acting(), settings, SystemClock())
    for language, words in (("en", "no row of column names"), ("zh_CN", "没有找到表头")):
        app = open_page("data", language, view="receipts")
        assert not app.exception
        (refused,) = app.dataframe
        assert refused.value["file"].tolist() == ["bad.csv"]
        assert words in refused.value["message"].iloc[0]
        assert any("lines.csv" in caption.value for caption in app.caption)


def test_a_folder_that_cannot_be_used_does_not_take_the_receipts_away(
    filled: Database, open_page: Open, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "inbox").mkdir()

    def denied(*_arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("erp_core.imports.inbox_folder._entries", denied)
    app = open_page("data", view="receipts")
    assert not app.exception
    assert not app.error
    assert "Permission denied" in app.warning[0].value
    assert app.dataframe
