"""The commands alerts and digest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from erp_core.attention.addresses import Address
from erp_core.attention.sending import NewTarget, add_target
from erp_core.attention.service import Alert, make_alert
from erp_core.cli import main
from erp_core.db.engine import Database
from erp_core.db.uow import unit_of_work
from erp_core.security.actor import LOCAL_USER
from erp_core.settings import load_settings
from tests.receivers import web_receiver

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], home: Path) -> Any:
    def run(*words: str, code: int = 0) -> Any:
        assert main([*words, "--json"]) == code
        return json.loads(capsys.readouterr().out)

    return run


def act(what: Any, *arguments: Any) -> Any:
    database = Database(load_settings().database_url)
    with unit_of_work(database, LOCAL_USER.acting()) as uow:
        result = what(uow, *arguments)
        uow.commit()
    database.dispose()
    return result


def test_alerts_are_looked_at_and_listed(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("alerts") == {"alerts": [], "fired": [], "cleared": []}
    run("import", str(SAMPLES / "online-retail.csv"))
    rule = act(make_alert, Alert("orders", "below", 3.0, 366, "Li"))
    found = run("alerts")
    assert (found["fired"], found["cleared"]) == ([rule], [])
    (alert,) = found["alerts"]
    assert alert["value"] == {"value": 2, "unit": "count", "currency": None, "missing": []}
    assert (alert["firing"], alert["text"], alert["fired_in_30_days"]) == (True, "Orders: 2, below 3", 1)
    assert set(alert) == {
        "id", "measure", "comparison", "threshold", "days", "owner", "value", "firing", "since", "last_fired",
        "fired_in_30_days", "muted_until", "text",
    }  # fmt: skip
    assert run("alerts")["fired"] == []  # it fires already
    assert main(["alerts", "--language", "zh_CN"]) == 0
    assert capsys.readouterr().out == "预警中  订单：2，低于 3  Li\n"


def test_the_digest_is_written_out(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    document = run("digest")
    assert set(document) == {"digest"}
    assert document["digest"]["kind"] == "digest"
    assert document["digest"]["numbers"]["revenue"]["value"] is None
    assert main(["digest", "--print"]) == 0
    assert "There are no numbers yet: import your sales." in capsys.readouterr().out


def test_the_digest_is_sent_to_whoever_does_not_have_it(run: Any) -> None:
    assert run("digest", "--send") == {"told": []}
    with web_receiver() as posts:
        for name in ("a", "b"):
            new = NewTarget(name, "wecom", 23 * 60 + 59, "en", Address(f"{posts.url}/{name}"))
            act(add_target, load_settings(), new)
        posts.answers = [(200, b'{"errcode":93000,"errmsg":"bad"}'), (200, b'{"errcode":0}')]
        first = run("digest", "--send", code=1)["told"]
        assert [(entry["target"], entry["outcome"], entry["code"]) for entry in first] == [
            ("a", "failed", "digest.undeliverable"), ("b", "sent", None),
        ]  # fmt: skip
        assert "bad" in first[0]["detail"]
        again = run("digest", "--send", "--print")
        assert [entry["outcome"] for entry in again["told"]] == ["sent", "not due"]
        assert again["digest"]["kind"] == "digest"
        assert [path for path, _ in posts.posted] == ["/a", "/b", "/a"]


def test_a_target_without_sending_and_one_that_is_not_there_are_refused(run: Any) -> None:
    assert run("digest", "--target", "a", code=2)["error"]["code"] == "usage"
    assert run("digest", "--send", "--target", "a", code=2)["error"]["code"] == "digest.target_not_found"
