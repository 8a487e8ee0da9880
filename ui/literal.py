"""Text of people and files inside markdown, shown as it is."""

from __future__ import annotations

_SIGNS = "\\`*_[]<>#:$~|"


def literal(text: str) -> str:
    """The text with a backslash before every sign that markdown would take for itself."""
    for sign in _SIGNS:
        text = text.replace(sign, "\\" + sign)
    return text
