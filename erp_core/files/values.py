"""One cell of text to a value, the ways merchants' files write them. A cell that cannot be read is a Problem."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import numpy as np
import numpy.typing as npt
import pandas as pd

from erp_core.money import is_currency
from erp_core.text import T, Text

_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\u00ad"))
_SCIENTIFIC = re.compile(r"[+-]?\d+(\.\d+)?[eE]\+?\d{1,3}")
_PLAIN_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_NUMBER_IN_TEXT = re.compile(
    r"(?P<sign>[+-]?)\s*(?P<before>[^\d.,+\-()]*?)\s*(?P<inner>[+-]?)\s*"
    r"(?P<digits>\.?\d[\d.,' ]*)(?P<after>[^\d.,+\-()]*)(?P<last>[+-]?)"
)
# What may stand beside a number: letters of a currency or of pieces, a sign such as ¥ or 元. Else it is no number.
_LETTERS_BESIDE = frozenset(
    "RMB CNH US HK NT A AU C CA S SG NZ MX R RS RS. KR KR. LEI FT PCS PC EA STK KN DIN KM LV "
    "人民币 美元 欧元 港币".split()
)
_SIGNS_BESIDE = frozenset("元円圆块角分件个個只支條条盒包套袋瓶双對张張天日%°")


@dataclass(frozen=True)
class Problem:
    """Why a cell cannot be read."""

    code: str
    message: Text


def clean_id(word: str) -> str | Problem:
    """An id as text: without Excel's `="…"`, leading apostrophe, tab or white space; a float's `.0` goes.

    Scientific notation is a Problem: its digits are lost.

    >>> clean_id('="2384011"'), clean_id("'01234"), clean_id("17850.0")
    ('2384011', '01234', '17850')
    """
    text = word.translate(_INVISIBLE).strip()
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1].strip()
    elif text.startswith("=") and text[1:].isdigit():
        text = text[1:]
    text = text.lstrip("'’").strip()
    if _SCIENTIFIC.fullmatch(text) and ("." in text or "+" in text or len(text.lower().split("e")[0]) > 6):
        return Problem(
            "id.scientific",
            T(
                "“{word}” is a number in scientific notation: its last digits are lost. "
                "Export the file again with this column as text.",
                word=text,
            ),
        )
    if re.fullmatch(r"\d+\.0+", text):
        text = text.split(".")[0]
    return text


def decimal_comma(words: Iterable[str]) -> bool:
    """Whether a column writes the decimal comma: some number only makes sense so, and none only with a point."""
    comma = point = False
    for word in words:
        text = re.sub(r"[^\d.,]", "", word)
        if re.fullmatch(r"\d{1,3}(\.\d{3})+,\d+|\d+,\d{1,2}|\d+,\d{4,}|\d{4,},\d+", text):
            comma = True
        elif re.fullmatch(r"\d{1,3}(,\d{3})+\.\d+|\d+\.\d{1,2}|\d+\.\d{4,}|\d{4,}\.\d+", text):
            point = True
    return comma and not point


def parse_decimal(word: str, *, decimal_comma: bool = False) -> Decimal | Problem:
    """An exact number from text with currency signs, units, thousands separators, brackets for negative.

    >>> parse_decimal("$57.99"), parse_decimal("৳2,999"), parse_decimal("12.3元"), parse_decimal("(1,299.00)")
    (Decimal('57.99'), Decimal('2999'), Decimal('12.3'), Decimal('-1299.00'))
    >>> parse_decimal("1.234,56", decimal_comma=True)
    Decimal('1234.56')
    """
    if _PLAIN_NUMBER.fullmatch(word) and not (decimal_comma and "." in word):
        return Decimal(word)
    text = unicodedata.normalize("NFKC", word).translate(_INVISIBLE).strip()
    text = text.lstrip("'").replace("−", "-").replace("–", "-").replace("\u00a0", " ")
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    if _SCIENTIFIC.fullmatch(text):
        return _to_decimal(text, word)
    text = re.sub(r"(?i)^(rs|kr|fr)\.", r"\1 ", text)
    bracketed = re.fullmatch(r"([^(]*)\(([^()]*)\)([^)]*)", text)  # (12.00): negative in accounts
    match = _NUMBER_IN_TEXT.fullmatch("".join(bracketed.groups()) if bracketed else text)
    if match is None or not _may_stand_beside(match["before"]) or not _may_stand_beside(match["after"]):
        return _to_decimal("", word)
    signs = match["sign"] + match["inner"] + match["last"]
    if len(signs) > 1:
        return _to_decimal("", word)
    negative = signs == "-" or bracketed is not None
    text = re.sub(r"[\s']", "", match["digits"])
    if decimal_comma or re.fullmatch(r"\d{1,3}(\.\d{3})+,\d+", text):
        text = text.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"\d{1,3}(,\d{2,3})*,\d{3}(\.\d*)?", text):
        text = text.replace(",", "")
    value = _to_decimal(text, word)
    return -value if negative and isinstance(value, Decimal) else value


def _may_stand_beside(text: str) -> bool:
    if text.strip().upper() in _LETTERS_BESIDE:
        return True
    letters = "".join(char for char in text if unicodedata.category(char) != "Sc" and char not in _SIGNS_BESIDE)
    letters = letters.strip().upper()
    return not letters or letters in _LETTERS_BESIDE or is_currency(letters)


def _to_decimal(text: str, word: str) -> Decimal | Problem:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        return Problem("number.unreadable", T("“{word}” is not a number. Write digits, such as 1234.50.", word=word))
    return value


_MONTHS = {name: number for number, names in enumerate(
    ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
     "sep sept september",
     "oct october", "nov november", "dec december"), start=1) for name in names.split()}  # fmt: skip
_TIME = r"(?:[T ,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([AaPp]\.?[Mm]\.?)?)?"
_ZONE = r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2}|PST|PDT|EST|EDT|CST|CDT|MST|MDT)?"
_ISO = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_TIME}{_ZONE}$")
_COMPACT = re.compile(rf"(\d{{4}})(\d{{2}})(\d{{2}})(?:[T ]?(\d{{2}}):?(\d{{2}})(?::?(\d{{2}}))?)?()?{_ZONE}$")
_CHINESE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日?(?:\s*(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2}))?[分秒]?)?()()$")
_MONTH_NAME = re.compile(rf"([A-Za-z]{{3,9}})\.?[-\s/](\d{{1,2}}),?[-\s/](\d{{2,4}}){_TIME}{_ZONE}$")
_DAY_NAME = re.compile(rf"(\d{{1,2}})[-\s/]([A-Za-z]{{3,9}})\.?,?[-\s/](\d{{2,4}}){_TIME}{_ZONE}$")
_NUMERIC = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}|\d{{2}}){_TIME}{_ZONE}$")
_OFFSETS = {"PST": -8, "PDT": -7, "MST": -7, "MDT": -6, "CST": -6, "CDT": -5, "EST": -5, "EDT": -4}


def day_first(words: Iterable[str]) -> tuple[bool, str | None]:
    """Whether a column of numeric dates writes the day before the month, over all its values; and, where nothing
    decides it, one of the dates that can be read in two ways."""
    example = None
    votes = {True: 0, False: 0}
    for word in words:
        match = _NUMERIC.match(word.strip())
        if not match:
            continue
        first, second = int(match[1]), int(match[3])
        if first > 12 >= second:
            votes[True] += 1
        elif second > 12 >= first:
            votes[False] += 1
        elif match[2] == ".":
            votes[True] += 1
        elif first != second:
            example = example or word
    if votes[True] or votes[False]:
        return votes[True] > votes[False], None
    return False, example


def parse_datetime(word: str, *, day_first: bool = False) -> dt.datetime | Problem:
    """A date or time, aware where the text carries a zone or offset, else naive.

    >>> parse_datetime("2025-10-07 09:50:26 +0200").isoformat(), parse_datetime("Jul-21-25").isoformat()
    ('2025-10-07T09:50:26+02:00', '2025-07-21T00:00:00')
    >>> parse_datetime("12/1/2010 8:26", day_first=False).isoformat(), parse_datetime("2025年7月1日 09:05").isoformat()
    ('2010-12-01T08:26:00', '2025-07-01T09:05:00')
    """
    text = unicodedata.normalize("NFKC", word).translate(_INVISIBLE).strip().lstrip("'").strip()
    unreadable = Problem(
        "date.unreadable", T("“{word}” is not a date. Write it as YYYY-MM-DD or YYYY-MM-DD HH:MM:SS.", word=word)
    )
    try:
        for pattern in (_ISO, _CHINESE, _COMPACT):
            if match := pattern.match(text):
                year, month, day, *rest = match.groups()
                return _built((int(year), int(month), int(day)), rest)
        if match := _NUMERIC.match(text):
            first, _, second, year, *rest = match.groups()
            order = (int(second), int(first)) if day_first else (int(first), int(second))
            if order[0] > 12 >= order[1]:
                order = order[::-1]
            return _built((_year(year), *order), rest)
        if match := _MONTH_NAME.match(text):
            name, day, year, *rest = match.groups()
            return _built((_year(year), _MONTHS[name.lower()], int(day)), rest)
        if match := _DAY_NAME.match(text):
            day, name, year, *rest = match.groups()
            return _built((_year(year), _MONTHS[name.lower()], int(day)), rest)
    except (ValueError, KeyError, OverflowError):
        return unreadable
    return unreadable


def _year(word: str) -> int:
    return int(word) + (2000 if len(word) <= 2 else 0)


def _built(day: tuple[int, ...], rest: list[str | None]) -> dt.datetime:
    hour, minute, second, half, zone = (*rest, None, None, None, None, None)[:5]
    hours = int(hour or 0)
    if half:
        hours = hours % 12 + (12 if half.lower().startswith("p") else 0)
    at = dt.datetime(day[0], day[1], day[2], hours, int(minute or 0), int(second or 0))
    if not 1970 <= at.year <= 2199:
        raise ValueError("outside of what can be a shop's date")
    if not zone:
        return at
    if zone in ("Z", "UTC", "GMT"):
        return at.replace(tzinfo=dt.UTC)
    if zone in _OFFSETS:
        return at.replace(tzinfo=dt.timezone(dt.timedelta(hours=_OFFSETS[zone])))
    sign = -1 if zone[0] == "-" else 1
    digits = zone[1:].replace(":", "")
    return at.replace(tzinfo=dt.timezone(sign * dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))))


def localise(naive: npt.NDArray[np.datetime64], zone: str) -> npt.NDArray[np.datetime64]:
    """Local times of a zone to UTC. A time that the clock skipped moves forward; one that came twice is the first."""
    index = pd.DatetimeIndex(naive)
    aware = index.tz_localize(zone, nonexistent="shift_forward", ambiguous=np.ones(len(index), bool))
    return np.asarray(aware.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[s]"))
