"""Money as integer minor units with a currency; unit prices as exact decimals.

Line amounts are rounded once, half away from zero, to the currency's minor unit (ISO 4217 decimals as CLDR lists them).
Unit prices and costs keep up to six decimals: they are stored as integers of a millionth of the major unit.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel.core import get_global
from babel.numbers import get_currency_precision

PRICE_DECIMALS = 6
PRICE_SCALE = 10**PRICE_DECIMALS


@lru_cache(maxsize=1)
def currencies() -> frozenset[str]:
    """All ISO 4217 codes that are or were in use."""
    return frozenset(get_global("all_currencies"))


def is_currency(code: str) -> bool:
    """Whether `code` is an ISO 4217 code (upper case)."""
    return code in currencies()


@lru_cache(maxsize=256)
def decimals(currency: str) -> int:
    """How many decimals the currency's minor unit has (CNY 2, JPY 0, KWD 3)."""
    return get_currency_precision(currency)


def to_minor(value: Decimal, currency: str) -> int:
    """Major units to minor units, rounded half away from zero.

    >>> to_minor(Decimal("2.345"), "GBP")
    235
    >>> to_minor(Decimal("-2.345"), "GBP")
    -235
    """
    return int((value.scaleb(decimals(currency))).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def to_major(minor: int, currency: str) -> Decimal:
    """Minor units to an exact decimal of major units.

    >>> to_major(974774793, "GBP")
    Decimal('9747747.93')
    """
    return Decimal(int(minor)).scaleb(-decimals(currency))


def money_text(minor: int, currency: str) -> str:
    """Money for receipts and JSON: plain digits with the currency's decimals.

    >>> money_text(-5, "CNY"), money_text(120, "JPY")
    ('-0.05', '120')
    """
    return f"{to_major(minor, currency):f}"


def price_to_stored(value: Decimal) -> int:
    """An exact unit price to its stored integer (millionths), rounded half away from zero beyond six decimals."""
    return int(value.scaleb(PRICE_DECIMALS).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def price_from_stored(stored: int) -> Decimal:
    """The exact decimal of a stored unit price, without trailing zeros.

    >>> price_from_stored(2_550_000)
    Decimal('2.55')
    """
    value = Decimal(int(stored)).scaleb(-PRICE_DECIMALS).normalize()
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value
