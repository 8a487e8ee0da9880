"""YAML that people write by hand, read strictly: plain values with the line of each, or one clear refusal.

Read is the part of YAML 1.2 that a table of fields needs: mappings, lists, text, numbers, true, false and null. What
surprises or endangers is refused with its line: a key that stands twice, anchors and aliases (a few lines of them can
grow to gigabytes), merge keys, tags (which can name code), a second document. Without quotes only `true` and `false`
are truth values and only decimal digits are numbers: `no` is text, and so are `1:30`, `010`, `1_000` and dates.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from erp_core.text import T, Text

LIMIT_BYTES = 16 * 1024 * 1024
LIMIT_VALUES = 2_000_000
_DEEPEST = 40
_LONGEST_NUMBER = 30

_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same events, ten times as fast, where it was built
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(slots=True)
class Node:
    """One value and the line it begins in (from 1). `fields` of a mapping with the lines of their names, `items` of a
    list, else `value`."""

    line: int
    value: Any = None
    fields: dict[str, Node] | None = None
    key_lines: dict[str, int] = field(default_factory=dict)
    items: list[Node] | None = None

    def plain(self) -> Any:
        """The value as dicts, lists, texts, numbers, truth values and None."""
        if self.fields is not None:
            return {key: node.plain() for key, node in self.fields.items()}
        if self.items is not None:
            return [node.plain() for node in self.items]
        return self.value


class Refusal(Exception):
    """What is wrong with the text, in which line, and what would be right."""

    def __init__(self, line: int | None, what: Text, allowed: Text | None = None) -> None:
        super().__init__(str(what))
        self.line, self.what, self.allowed = line, what, allowed


def parse(content: bytes) -> Node:
    """The one document in `content`: UTF-8, with or without a mark, at most `LIMIT_BYTES` and `LIMIT_VALUES`.

    Raises Refusal. Nothing in the content is run, and no more memory is taken than its length asks for.
    """
    text = _decoded(content)
    try:
        node = _Reader(text).document()
    except yaml.MarkedYAMLError as error:
        raise _diagnosis(text, error) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, max(error.position, 0)) + 1
        raise Refusal(line, T("a sign that no text may hold")) from None
    return node


def scalar(text: str) -> Any:
    """What a text without quotes means: None, a truth value, a number, else the text itself.

    Raises ValueError for numbers that are not finite.

    >>> [scalar(text) for text in ("no", "true", "~", "12", "0.5", "1e3", "010", "2026-11-25")]
    ['no', True, None, 12, 0.5, 1000.0, '010', '2026-11-25']
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(text)
    if _WHOLE.fullmatch(text) and len(text) <= _LONGEST_NUMBER:
        return int(text)
    if _DECIMAL.fullmatch(text):
        number = float(text)
        if not math.isfinite(number):
            raise ValueError(text)
        return number
    return text


def _decoded(content: bytes) -> str:
    if len(content) > LIMIT_BYTES:
        limit = LIMIT_BYTES // (1024 * 1024)
        raise Refusal(None, T("the file is larger than {limit} MB", limit=limit))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Refusal(line, T("this is not UTF-8"), T("Save the file with the encoding UTF-8.")) from None
    if not text.strip():
        raise Refusal(None, T("the file is empty"))
    return text


class _Reader:
    """Builds nodes from the parser's events; never lets the library make objects of its own."""

    def __init__(self, text: str) -> None:
        self._events: Iterator[Any] = yaml.parse(text, Loader=_PARSER)
        self._left = LIMIT_VALUES

    def document(self) -> Node:
        next(self._events)  # the stream begins
        if not isinstance(next(self._events), yaml.DocumentStartEvent):
            raise Refusal(None, T("the file is empty"))
        node = self._node(next(self._events), 0)
        next(self._events)  # the document ends
        after = next(self._events)
        if isinstance(after, yaml.DocumentStartEvent):
            raise Refusal(_line(after), T("a second document begins here"), T("One file holds one document."))
        return node

    def _node(self, event: Any, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise Refusal(
                _line(event),
                T("anchors (&) and aliases (*) are not allowed"),
                T("Write the values out where they belong."),
            )
        if event.tag is not None:
            raise Refusal(_line(event), T("tags are not allowed: {tag}", tag=event.tag[:80]), T("Leave the tag out."))
        self._left -= 1
        if self._left < 0:
            raise Refusal(_line(event), T("the file holds more than {limit} values", limit=f"{LIMIT_VALUES:,}"))
        if depth > _DEEPEST:
            raise Refusal(_line(event), T("values lie deeper in each other than any that is read here"))
        match event:
            case yaml.MappingStartEvent():
                return self._mapping(event, depth)
            case yaml.SequenceStartEvent():
                node = Node(_line(event), items=[])
                while not isinstance(inner := next(self._events), yaml.SequenceEndEvent):
                    assert node.items is not None
                    node.items.append(self._node(inner, depth + 1))
                return node
        return Node(_line(event), value=_value(event))

    def _mapping(self, event: Any, depth: int) -> Node:
        fields: dict[str, Node] = {}
        node = Node(_line(event), fields=fields)
        while not isinstance(name := next(self._events), yaml.MappingEndEvent):
            if not isinstance(name, yaml.ScalarEvent):
                if isinstance(name, yaml.AliasEvent):
                    self._node(name, depth + 1)
                raise Refusal(_line(name), T("the name of a field has to be one text"))
            self._node(name, depth + 1)
            key = name.value
            if key == "<<" and not name.style:
                raise Refusal(
                    _line(name), T("merge keys (<<) are not allowed"), T("Write the values out where they belong.")
                )
            if key in fields:
                raise Refusal(
                    _line(name),
                    T("“{key}” stands twice, first in line {first}", key=key[:80], first=node.key_lines[key]),
                    T("Keep one of the two."),
                )
            node.key_lines[key] = _line(name)
            fields[key] = self._node(next(self._events), depth + 1)
        return node


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _value(event: Any) -> Any:
    if event.style:  # quoted, or a block of text
        return event.value
    try:
        return scalar(event.value)
    except ValueError:
        raise Refusal(_line(event), T("{number} is no finite number", number=event.value[:40])) from None


def _diagnosis(text: str, error: yaml.MarkedYAMLError) -> Refusal:
    """The parser's complaint in words of the product; the two parsers of the library word theirs differently."""
    mark = error.problem_mark or error.context_mark
    lines = text.split("\n")
    number = min(mark.line, len(lines) - 1) if mark else 0
    begun = error.context_mark.line if error.context_mark else number  # where what is wrong begins
    line = lines[number]
    before = lines[number - 1] if number else ""
    sign = line[mark.column : mark.column + 1] if mark else ""
    problem = str(error.problem or error.context or "")
    if "\t" in line:
        return Refusal(number + 1, T("a tab stands where blanks belong"), T("Indent with blanks."))
    if sign and sign in "@`%":
        return Refusal(number + 1, T("a text cannot begin with {sign}", sign=sign), T("Put the text in quotes."))
    if "end of stream" in problem or "end>" in problem.partition("got")[2] or "',' or" in problem:
        return Refusal(begun + 1, T("a quote or a bracket that opens here is not closed"))
    if "：" in line or "：" in before:
        return Refusal(
            number + (1 if "：" in line else 0),
            T("a full-width colon (：) ends the name of a field"),
            T("Write “: ” – a plain colon and a blank."),
        )
    if "escape" in problem:
        return Refusal(number + 1, T("a backslash in double quotes means nothing here"), T("Use single quotes."))
    if "':'" in problem:
        return Refusal(begun + 1, T("a colon is missing after the name of a field"), T("Write “name: value”."))
    if "mapping values" in problem or "sequence entries" in problem or "block" in str(error.context or ""):
        return Refusal(
            number + 1,
            T("the indentation does not fit, or a text with “: ” stands without quotes"),
            T("Indent fields of one level alike; put a text that holds “: ” in quotes."),
        )
    return Refusal(number + 1, T("this is not YAML ({problem})", problem=problem))
