"""What a message says: the day in short, or alerts that have just fired; as text, HTML, chat markdown, JSON. Pure."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from erp_core.attention.views import AlertState, sentence
from erp_core.calendar import Period
from erp_core.metrics.registry import METRICS
from erp_core.overview.deciding import Decision
from erp_core.overview.views import MetricValue
from erp_core.overview.wording import worded
from erp_core.text import T, Text, format_date, format_share, say

HEADLINE = (
    "revenue",
    "orders",
    "turnover_month",
    "in_stock_rate",
    "orders_waiting",
    "cash_in_stock",
    "order_error_rate",
)
DAYS = 7
DECISIONS_AT_MOST = 5
# Signs that chats take for markup or for a call to everyone, and what stands in their place.
_HARMLESS = str.maketrans("<>[]*`@#_~\\|", "＜＞［］＊ˋ＠＃＿～＼｜")


@dataclass(frozen=True)
class Day:
    """What the digest is made of. `numbers` over `period`, `changes` against the days before; money in `currency`."""

    company: str
    day: dt.date
    period: Period
    numbers: tuple[MetricValue, ...]
    changes: dict[str, float | None]
    alerts: tuple[AlertState, ...]
    decisions: tuple[Decision, ...]
    currency: str
    link: str | None = None


@dataclass(frozen=True)
class Section:
    """A heading and its lines; a note stands under its line where there is room."""

    title: str
    lines: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class Message:
    """A message in one language: title, sections, a link with its words; `document`: the same for programs."""

    title: str
    sections: tuple[Section, ...]
    link: tuple[str, str] | None
    document: dict[str, Any] = field(default_factory=dict)


def digest_of(day: Day, language: str) -> Message:
    """The day in short."""

    def words(text: Text) -> str:
        return say(text, language)

    title = f"{_name(day.company, language)} · {format_date(day.day, language)}"
    start, end = (format_date(at, language) for at in (day.period.start, day.period.end))
    numbers = [_number(value, day.changes.get(value.key), language) for value in day.numbers if value.value is not None]
    sections = [
        Section(
            words(T("{start} to {end}, against the {days} days before", start=start, end=end, days=day.period.days)),
            tuple((line, None) for line in numbers)
            or ((words(T("There are no numbers yet: import your sales.")), None),),
        )
    ]
    if day.alerts:
        sections.append(_alerts(day.alerts, day.currency, language))
    if day.decisions:
        top = day.decisions[:DECISIONS_AT_MOST]
        lines: list[tuple[str, str | None]] = [(_decision(each, language), words(each.why)) for each in top]
        more = len(day.decisions) - len(top)
        if more:
            lines.append((words(T("… and {count} more.", count=more)), None))
        sections.append(Section(words(T("Decisions, most money first")), tuple(lines)))
    else:
        sections.append(
            Section(words(T("Decisions, most money first")), ((words(T("Nothing needs a decision today.")), None),))
        )
    document = {
        "kind": "digest",
        "company": day.company,
        "day": day.day.isoformat(),
        "language": language,
        "title": title,
        "period": {"from": day.period.start.isoformat(), "to": day.period.end.isoformat()},
        "numbers": {
            value.key: value.to_json(language) | {"change": day.changes.get(value.key)} for value in day.numbers
        },
        "alerts": [_alert_json(state, day.currency, language) for state in day.alerts],
        "decisions": [
            {"key": d.key, "title": words(d.title), "why": words(d.why), "money": d.money, "currency": day.currency}
            for d in day.decisions[:DECISIONS_AT_MOST]
        ],
        "decisions_open": len(day.decisions),
        "url": day.link,
    }
    return Message(title, tuple(sections), _link(day.link, language), document)


def alerts_of(day: Day, language: str) -> Message:
    """Alerts that have just fired (`day.alerts`)."""
    section = _alerts(day.alerts, day.currency, language)
    title = f"{_name(day.company, language)} · {section.title}"
    document = {
        "kind": "alerts",
        "company": day.company,
        "day": day.day.isoformat(),
        "language": language,
        "title": title,
        "alerts": [_alert_json(state, day.currency, language) for state in day.alerts],
        "url": day.link,
    }
    return Message(title, (section,), _link(day.link, language), document)


def _name(company: str, language: str) -> str:
    """The program's own name too: robots that let only messages with a word in them pass can be given that."""
    name = say(T("ERP Workbench"), language)
    own = " ".join(company.split())
    return f"{name} · {own}" if own else name


def _number(value: MetricValue, change: float | None, language: str) -> str:
    name = say(METRICS[value.key].name, language)
    moved = "" if change is None else f" ({'+' if change >= 0 else '−'}{format_share(abs(change), language)})"
    return say(T("{name}: {value}{moved}", name=name, value=worded(value, language), moved=moved), language)


def _alerts(states: Sequence[AlertState], currency: str, language: str) -> Section:
    lines = tuple(
        (f"{sentence(state, currency, language)} · {say(T('owner: {name}', name=state.alert.owner), language)}", None)
        for state in states
    )
    return Section(say(T("Alerts"), language), lines)


def _alert_json(state: AlertState, currency: str, language: str) -> dict[str, Any]:
    alert = state.alert
    return {
        "measure": alert.measure,
        "comparison": alert.comparison,
        "threshold": alert.threshold,
        "value": state.value.value if state.value is not None else state.last_value,
        "days": alert.days,
        "owner": alert.owner,
        "text": sentence(state, currency, language),
    }


def _decision(decision: Decision, language: str) -> str:
    title = say(decision.title, language)
    return title if decision.stake is None else f"{title} · {say(decision.stake, language)}"


def _link(url: str | None, language: str) -> tuple[str, str] | None:
    return None if url is None else (say(T("Open the workbench"), language), url)


# --- in which form it goes out ---------------------------------------------------------------------------------------


def as_text(message: Message) -> str:
    """Plain text, with the notes."""
    lines = [message.title]
    for section in message.sections:
        lines += ["", section.title]
        for line, note in section.lines:
            lines.append(f"- {line}")
            if note:
                lines.append(f"  {note}")
    if message.link:
        lines += ["", f"{message.link[0]}: {message.link[1]}"]
    return "\n".join(lines) + "\n"


def as_html(message: Message) -> str:
    """A small page for mail programs, with the notes."""
    parts = [f"<h2>{html.escape(message.title)}</h2>"]
    for section in message.sections:
        items = "".join(
            f"<li>{html.escape(line)}" + (f"<br><small>{html.escape(note)}</small>" if note else "") + "</li>"
            for line, note in section.lines
        )
        parts.append(f"<h3>{html.escape(section.title)}</h3><ul>{items}</ul>")
    if message.link:
        words, url = message.link
        parts.append(f'<p><a href="{html.escape(url, quote=True)}">{html.escape(words)}</a></p>')
    return f'<!DOCTYPE html><html><head><meta charset="utf-8"></head><body>{"".join(parts)}</body></html>'


def as_markdown(message: Message) -> list[str]:
    """Lines for a chat: bold headings and one link are all that the three chats understand alike. Names from files
    cannot mark anything up or call anyone."""
    lines = []
    for section in message.sections:
        lines.append(f"**{harmless(section.title)}**")
        lines += [f"- {harmless(line)}" for line, _ in section.lines]
    if message.link:
        lines.append(f"[{message.link[0]}]({message.link[1]})")
    return lines


def harmless(text: str) -> str:
    """Text that no chat takes for markup.

    >>> harmless("<at id=all> [cheap](http://x)")
    '＜at id=all＞ ［cheap］(http://x)'
    """
    return " ".join(text.split()).translate(_HARMLESS)


def cut(lines: Sequence[str], joint: str, limit: int) -> str:
    """The lines, joined; where they are longer than `limit` bytes of UTF-8, as many whole ones as fit and an ellipsis.

    >>> cut(["abc", "def"], "|", 7), cut(["abc", "def"], "|", 6), cut(["价格"], "|", 5)
    ('abc|def', '…', '…')
    >>> cut(["abc", "def"], "|", 7), cut(["ab", "def", "g"], "|", 6)
    ('abc|def', 'ab|…')
    """
    whole = joint.join(lines)
    if len(whole.encode()) <= limit:
        return whole
    kept: list[str] = []
    for line in lines:
        if len(joint.join([*kept, line, "…"]).encode()) > limit:
            break
        kept.append(line)
    return joint.join([*kept, "…"])
