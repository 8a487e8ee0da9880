"""What a message says, in both languages and in the form of each receiver; written out by hand."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from erp_core.attention import delivery
from erp_core.attention.digest import Day, Message, Section, alerts_of, as_html, as_markdown, as_text, digest_of
from erp_core.attention.service import Alert
from erp_core.attention.views import AlertState
from erp_core.calendar import Period
from erp_core.clock import FixedClock
from erp_core.overview.deciding import Decision
from erp_core.overview.views import MetricValue
from erp_core.text import Money, T
from tests.conftest import NOW

SECONDS = 1_772_442_000  # 2 March 2026, 09:00 UTC
WEEK = Period(dt.date(2026, 2, 23), dt.date(2026, 3, 1))
REVENUE = MetricValue("revenue", 12_345.0, "money", "CNY")
TURNOVER = MetricValue("turnover_month", 2.1, "per_month", None)
UNKNOWN = MetricValue("cash_in_stock", None, "money", "CNY")
FIRING = AlertState(
    7, Alert("turnover_month", "below", 3.0, 30, "Li <at>"), True, NOW, 11, NOW, 2.05, 1, None, TURNOVER
)
BUY = Decision(
    "buy:Yiwu",
    T("Order {count:,} products from {supplier} {when}", count=1400, supplier="Yiwu *Lamps*", when=T("today")),
    T("No purchase price is known."),
    38_200.0,
    "replenishment",
    stake=T("protects {money}", money=Money(38_200.0, "CNY")),
)


def day(**changes: object) -> Day:
    held = {
        "company": "Lamps & Co",
        "day": dt.date(2026, 3, 2),
        "period": WEEK,
        "numbers": (REVENUE, TURNOVER, UNKNOWN),
        "changes": {"revenue": 0.125, "turnover_month": -0.2},
        "alerts": (FIRING,),
        "decisions": (BUY,),
        "currency": "CNY",
        "link": "https://erp.example.com",
    } | changes
    return Day(**held)  # type: ignore[arg-type]


ENGLISH = """ERP Workbench · Lamps & Co · Mar 2, 2026

Feb 23, 2026 to Mar 1, 2026, against the 7 days before
- Revenue: CN¥12.3 k (+12.5%)
- Turnover / month: 2.10 (−20.0%)

Alerts
- Turnover / month: 2.10, below 3.00 · owner: Li <at>

Decisions, most money first
- Order 1,400 products from Yiwu *Lamps* today · protects CN¥38.2 k
  No purchase price is known.

Open the workbench: https://erp.example.com
"""
CHINESE = """ERP 工作台 · Lamps & Co · 2026年3月2日

2026年2月23日 至 2026年3月1日，对比此前 7 天
- 销售额：¥1.23万 (+12.5%)
- 月周转次数：2.10 (−20.0%)

预警
- 月周转次数：2.10，低于 3.00 · 负责人：Li <at>

待决事项（按金额排序）
- 今天向 Yiwu *Lamps* 采购 1,400 种商品 · 可保住 ¥3.82万
  采购价未知。

打开工作台: https://erp.example.com
"""
WECOM = """**ERP Workbench · Lamps & Co · Mar 2, 2026**
**Feb 23, 2026 to Mar 1, 2026, against the 7 days before**
- Revenue: CN¥12.3 k (+12.5%)
- Turnover / month: 2.10 (−20.0%)
**Alerts**
- Turnover / month: 2.10, below 3.00 · owner: Li ＜at＞
**Decisions, most money first**
- Order 1,400 products from Yiwu ＊Lamps＊ today · protects CN¥38.2 k
[Open the workbench](https://erp.example.com)"""


@pytest.mark.parametrize(("language", "text"), [("en", ENGLISH), ("zh_CN", CHINESE)])
def test_the_digest_as_text(language: str, text: str) -> None:
    assert as_text(digest_of(day(), language)) == text


def test_the_digest_as_html_escapes_names() -> None:
    page = as_html(digest_of(day(), "en"))
    assert "<h2>ERP Workbench · Lamps &amp; Co · Mar 2, 2026</h2>" in page
    assert "<li>Turnover / month: 2.10, below 3.00 · owner: Li &lt;at&gt;</li>" in page
    assert "protects CN¥38.2 k<br><small>No purchase price is known.</small></li>" in page
    assert page.endswith('<p><a href="https://erp.example.com">Open the workbench</a></p></body></html>')


def test_the_digest_for_programs() -> None:
    document = digest_of(day(), "zh_CN").document
    assert json.loads(json.dumps(document)) == {
        "kind": "digest",
        "company": "Lamps & Co",
        "day": "2026-03-02",
        "language": "zh_CN",
        "title": "ERP 工作台 · Lamps & Co · 2026年3月2日",
        "period": {"from": "2026-02-23", "to": "2026-03-01"},
        "numbers": {
            "revenue": {"value": 12345.0, "unit": "money", "currency": "CNY", "missing": [], "change": 0.125},
            "turnover_month": {"value": 2.1, "unit": "per_month", "currency": None, "missing": [], "change": -0.2},
            "cash_in_stock": {"value": None, "unit": "money", "currency": "CNY", "missing": [], "change": None},
        },
        "alerts": [
            {
                "measure": "turnover_month",
                "comparison": "below",
                "threshold": 3.0,
                "value": 2.1,
                "days": 30,
                "owner": "Li <at>",
                "text": "月周转次数：2.10，低于 3.00",
            }
        ],
        "decisions": [
            {
                "key": "buy:Yiwu",
                "title": "今天向 Yiwu *Lamps* 采购 1,400 种商品",
                "why": "采购价未知。",
                "money": 38200.0,
                "currency": "CNY",
            }
        ],
        "decisions_open": 1,
        "url": "https://erp.example.com",
    }


def test_a_day_without_anything_says_so() -> None:
    empty = day(company="", numbers=(UNKNOWN,), alerts=(), decisions=(), link=None)
    assert as_text(digest_of(empty, "en")) == (
        "ERP Workbench · Mar 2, 2026\n\nFeb 23, 2026 to Mar 1, 2026, against the 7 days before\n"
        "- There are no numbers yet: import your sales.\n\nDecisions, most money first\n- Nothing needs a decision today.\n"
    )


def test_at_most_five_decisions_and_how_many_more() -> None:
    lines = as_markdown(digest_of(day(decisions=(BUY,) * 8, alerts=(), numbers=()), "en"))
    assert len([line for line in lines if line.startswith("- Order")]) == 5
    assert "- … and 3 more." in lines


def test_an_alert_that_has_just_fired() -> None:
    message = alerts_of(day(numbers=(), decisions=(), link=None), "zh_CN")
    assert (
        as_text(message) == "ERP 工作台 · Lamps & Co · 预警\n\n预警\n- 月周转次数：2.10，低于 3.00 · 负责人：Li <at>\n"
    )
    assert (message.document["kind"], message.document["alerts"][0]["value"]) == ("alerts", 2.1)


def test_wecom_takes_markdown() -> None:
    assert delivery.wecom(digest_of(day(), "en")) == {"msgtype": "markdown", "markdown": {"content": WECOM}}


def test_dingtalk_takes_markdown_with_empty_lines_between() -> None:
    assert delivery.dingtalk(digest_of(day(), "en")) == {
        "msgtype": "markdown",
        "markdown": {"title": "ERP Workbench · Lamps & Co · Mar 2, 2026", "text": WECOM.replace("\n", "\n\n")},
    }


def test_feishu_takes_a_card() -> None:
    title, _, rest = WECOM.partition("\n")
    assert delivery.feishu(digest_of(day(), "en")) == {
        "msg_type": "interactive",
        "card": {
            "header": {"title": {"tag": "plain_text", "content": title.strip("*")}},
            "elements": [{"tag": "markdown", "content": rest}],
        },
    }


def test_signatures_are_those_of_another_program() -> None:
    # printf '1772442000000\nSECabc' | openssl dgst -sha256 -hmac SECabc -binary | base64
    url = delivery.dingtalk_signed("https://oapi.dingtalk.com/robot/send?access_token=x", "SECabc", SECONDS * 1000)
    assert url == (
        "https://oapi.dingtalk.com/robot/send?access_token=x&timestamp=1772442000000&sign=Rve%2BuzasIBcR5n7jAPKF%2FyAj6%2F4QerzOLRaQyohNaQ4%3D"
    )
    # printf '' | openssl dgst -sha256 -mac HMAC -macopt $'key:1772442000\nfsecret' -binary | base64
    assert delivery.feishu_signature("fsecret", SECONDS) == {
        "timestamp": "1772442000",
        "sign": "DbDWcH5A7OOBQ+kQRkU4mKaB/I31acF5L3R+tni6JfM=",
    }


def test_a_long_message_is_cut_at_a_line_within_what_wecom_takes() -> None:
    line = "货" * 100  # 300 bytes, with its mark 302, with the line feed 303
    message = Message("T", (Section("S", ((line, None),) * 20),), None)
    content = delivery.wecom(message)["markdown"]["content"]
    # **T** and **S** with their line feeds 12, the ellipsis 3: (4,096 − 15) / 303 = 13.4
    assert content.split("\n") == ["**T**", "**S**", *[f"- {line}"] * 13, "…"]
    assert len(content.encode()) == 12 + 13 * 303 + 3


def test_a_mail_has_both_forms_and_no_line_break_in_its_subject() -> None:
    message = Message("T\nBcc: x@example.com", (Section("S", (("价格", None),)),), None)
    built = delivery.mail(message, "shop@example.com", ("a@example.com", "b@example.com"), FixedClock(NOW))
    assert built["Subject"] == "T Bcc: x@example.com"
    assert built["To"] == "a@example.com, b@example.com"
    assert built["Bcc"] is None
    assert built["Date"] == "Mon, 02 Mar 2026 09:00:00 -0000"
    kinds = [part.get_content_type() for part in built.iter_parts()]
    assert kinds == ["text/plain", "text/html"]
    body = built.get_body(("plain",))
    assert body is not None
    assert body.get_content() == "T\nBcc: x@example.com\n\nS\n- 价格\n"
