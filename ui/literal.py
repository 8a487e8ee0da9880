"""Text of people and files inside Markdown, shown as it is."""

from __future__ import annotations

import re

_JOINER = "\u2060"  # of no width: keeps two signs from being read as one mark
_SIGNS = re.compile(r"[\\`*\[\]<>$~]|(?<!\w)_|_(?!\w)|&(?=#?\w+;)")
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f]+")
_AT_THE_START = re.compile(r"^(?=[#+\-=](?:[#=\- ]|$))|^(\d+)(?=[.)](?: |$))")
# Streamlit and GitHub's Markdown look for these in finished text, where a backslash is gone already.
_MARKS = re.compile(
    r":(?=[\w/+-]+:)|:(?=[a-z]+[\[-])|:(?=//)|(?<![\w.])www(?=\.)", re.IGNORECASE
)  # :material/home: :smile: :red[…] http:// www.


def literal(text: str) -> str:
    """The text with a backslash before every sign that Markdown would take for itself, on one line.

    Symbols, emoji and addresses that are looked for in finished text are broken up by a sign of no width.
    """
    text = _BLANKS.sub(" ", text).strip()
    text = _MARKS.sub(lambda found: found[0] + _JOINER, text)
    text = _SIGNS.sub(lambda found: "\\" + found[0], text)
    return _AT_THE_START.sub(lambda found: f"{found[1] or ''}\\", text)
