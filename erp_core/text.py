"""Two languages from the first string.

A sentence is written once, in English, where it is needed: `T("Row {row} has no date.", row=7)`. It stays a value
(`Text`) until somebody reads it, so that a receipt written by a Chinese colleague reads in English for the next.
Translations are gettext catalogues, `locale/<language>/<room>.po`, read by Babel; no compile step.

Numbers, money and dates are formatted here too, in the reader's manner (万 and 亿 in Chinese).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date as babel_date
from babel.dates import format_datetime as babel_datetime
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent, get_currency_symbol
from babel.numbers import get_currency_precision as babel_precision

LANGUAGES: Mapping[str, str] = {"en": "English", "zh_CN": "简体中文"}
_LOCALE_DIR = Path(__file__).parent / "locale"


@dataclass(frozen=True)
class Money:
    """An amount inside a sentence, in major units: written in the manner of whoever reads it, in short form."""

    amount: float
    currency: str


@dataclass(frozen=True)
class BothLanguages:
    """Words inside a sentence that a file gives in each language already, such as a requirement's: data, not ours."""

    en: str
    zh: str

    def said(self, language: str) -> str:
        """The words for a reader."""
        return self.zh if language.startswith("zh") else self.en


@dataclass(frozen=True)
class Text:
    """A sentence not yet put into a language: its English form and the values to fill in.

    `values` may hold further `Text`s, amounts (`Money`), days (`datetime.date`) and words in `BothLanguages`, which
    wait for their reader too. Brace placeholders follow `str.format`.
    """

    id: str
    values: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        return say(self, "en")

    def to_json(self) -> dict[str, Any]:
        """A JSON-able form; `Text.from_json` reads it back."""
        return {
            "id": self.id,
            "values": {key: _json_value(value) for key, value in self.values},
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Text:
        """The `Text` that `to_json` wrote."""
        values = document.get("values", {})
        return cls(document["id"], tuple((key, _from_json(value)) for key, value in values.items()))


def _from_json(value: Any) -> Any:
    match value:
        case {"id": _}:
            return Text.from_json(value)
        case {"amount": amount, "currency": currency}:
            return Money(amount, currency)
        case {"day": day}:
            return dt.date.fromisoformat(day)
        case {"en": en, "zh": zh}:
            return BothLanguages(en, zh)
    return value


def _json_value(value: Any) -> Any:
    if isinstance(value, Text):
        return value.to_json()
    if isinstance(value, Money):
        return {"amount": value.amount, "currency": value.currency}
    if isinstance(value, BothLanguages):
        return {"en": value.en, "zh": value.zh}
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return {"day": value.isoformat()}
    return value if isinstance(value, int | float | str | bool) or value is None else str(value)


def T(id: str, /, **values: Any) -> Text:
    """Mark a sentence for translation and keep its values. Extraction looks for this name."""
    return Text(id, tuple(values.items()))


@lru_cache(maxsize=8)
def _catalogue(language: str) -> Mapping[str, str]:
    messages: dict[str, str] = {}
    for path in sorted((_LOCALE_DIR / language).glob("*.po")):
        with path.open("rb") as stream:
            for message in read_po(stream, locale=language):
                if message.id and message.string and not message.fuzzy:
                    messages[str(message.id)] = str(message.string)
    return messages


def as_it_is(text: str) -> str:
    """Text that nothing has to be done to."""
    return text


def say(text: Text | str, language: str, quoted: Callable[[str], str] = as_it_is) -> str:
    """The sentence in `language`; English where no translation stands. A plain str is data and comes back as it is.

    `quoted`: what has to be done to data and to the values of a sentence, for instance before they go into Markdown.
    """
    if isinstance(text, str):
        return quoted(text)
    template = text.id if language == "en" else _catalogue(language).get(text.id, text.id)
    if not text.values:
        return template
    return template.format(**{key: _written(value, language, quoted) for key, value in text.values})


def _written(value: Any, language: str, quoted: Callable[[str], str]) -> Any:
    if isinstance(value, Text):
        return say(value, language, quoted)
    if isinstance(value, Money):
        return quoted(format_money(value.amount, value.currency, language, compact=True))
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return format_date(value, language)
    if isinstance(value, BothLanguages):
        return quoted(value.said(language))
    return quoted(value) if isinstance(value, str) else value


def translated(language: str) -> Mapping[str, str]:
    """All sentences of one language, for the test that looks for gaps."""
    return _catalogue(language)


def locale_of(language: str) -> Locale:
    """Babel's locale of one of our languages."""
    return Locale.parse(language)


# --- numbers, money and dates in the reader's manner ---------------------------------------------------------------

_DIGITS = 330
_CHINESE_STEPS = ((Decimal(10) ** 8, "亿"), (Decimal(10) ** 4, "万"))
_ENGLISH_STEPS = ((Decimal(10) ** 9, "bn"), (Decimal(10) ** 6, "m"), (Decimal(10) ** 3, "k"))


def _decimals_pattern(decimals: int) -> str:
    return "#,##0" + ("." + "0" * decimals if decimals else "")


def format_number(value: Decimal | float | int, language: str, decimals: int = 0) -> str:
    """`1234.5` → `1,234.5`, with a fixed count of decimals."""
    with localcontext(prec=_DIGITS):  # however large: Python's own 28 digits are not enough for every float
        return str(format_decimal(value, _decimals_pattern(decimals), locale=locale_of(language)))


def format_compact(value: Decimal | float | int, language: str) -> str:
    """A headline number: three significant figures and a step (k, m, bn; 万, 亿)."""
    exact = Decimal(str(value))
    for size, word in _CHINESE_STEPS if language == "zh_CN" else _ENGLISH_STEPS:
        if abs(exact) >= size:
            scaled = exact / size
            decimals = 0 if abs(scaled) >= 100 else 1 if abs(scaled) >= 10 else 2
            return f"{format_number(scaled, language, decimals)}{'' if language == 'zh_CN' else ' '}{word}"
    whole = exact == exact.to_integral_value()
    return format_number(exact, language, 0 if whole or abs(exact) >= 1000 else 1)


def format_bytes(size: int, language: str) -> str:
    """The size of a file: `14277391` → `14.3 MB`."""
    exact = Decimal(size)
    for step, word in ((Decimal(10) ** 9, "GB"), (Decimal(10) ** 6, "MB"), (Decimal(10) ** 3, "kB")):
        if exact >= step:
            return f"{format_number(exact / step, language, 1)} {word}"
    return f"{format_number(exact, language)} B"


def format_money(
    value: Decimal | float | int, currency: str, language: str, *, compact: bool = False, decimals: int | None = None
) -> str:
    """Major units with the currency's sign in front: `¥38,200.00`, `£974.8 万`."""
    symbol = get_currency_symbol(currency, locale=locale_of(language))
    places = babel_precision(currency) if decimals is None else decimals
    size = abs(Decimal(str(value)))
    figure = format_compact(size, language) if compact else format_number(size, language, places)
    return f"{'−' if value < 0 else ''}{symbol}{figure}"


def format_share(value: Decimal | float, language: str, decimals: int = 1) -> str:
    """`0.123` → `12.3 %` in the reader's manner."""
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "") + "%"
    return str(format_percent(value, pattern, locale=locale_of(language)))


def format_date(value: dt.date, language: str) -> str:
    """A date as the reader writes it."""
    return str(babel_date(value, format="medium", locale=locale_of(language)))


def format_ago(away: dt.timedelta, language: str) -> str:
    """How far a moment is from now: `3 hours ago`, `3小时前` for a positive time, `in 3 hours` for a negative one."""
    from babel.dates import format_timedelta

    return str(format_timedelta(-away, add_direction=True, threshold=1.0, locale=locale_of(language)))


def format_datetime(value: dt.datetime, language: str, time_zone: str) -> str:
    """A UTC time in the company's zone, as the reader writes it."""
    from babel.dates import get_timezone

    return str(babel_datetime(value, format="medium", tzinfo=get_timezone(time_zone), locale=locale_of(language)))
