"""One cell of text to a value: every way that merchants' files were seen to write it."""

from __future__ import annotations

import datetime as dt
import doctest
from decimal import Decimal

import numpy as np
import pytest

from erp_core import money
from erp_core.files import export, header, values
from erp_core.files.values import Problem, clean_id, day_first, decimal_comma, localise, parse_datetime, parse_decimal
from erp_core.imports import amounts, declaration
from erp_core.orders import rules
from erp_core.parties import rules as party_rules


@pytest.mark.parametrize(
    "module", [money, values, header, export, amounts, declaration, rules, party_rules], ids=lambda m: m.__name__
)
def test_examples_in_docstrings_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ('="2384011112223334441"', "2384011112223334441"), ("'01234", "01234"), ("\t6901234567892", "6901234567892"),
        (" A-1 ", "A-1"), ("\ufeff17850.0", "17850"), ("84E", "84E"), ("1E5", "1E5"),
    ],
)  # fmt: skip
def test_ids_stay_text(word: str, expected: str) -> None:
    assert clean_id(word) == expected


@pytest.mark.parametrize("word", ["2.38401E+15", "2.38E15", "1234567E+12"])
def test_ids_in_scientific_notation_have_lost_digits(word: str) -> None:
    found = clean_id(word)
    assert isinstance(found, Problem)
    assert found.code == "id.scientific"


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("57.99", "57.99"), ("$57.99", "57.99"), ("৳2,999", "2999"), ("12.3元", "12.3"), ("¥1,299.00", "1299.00"),
        ("CNY 12.00", "12.00"), ("(12.00)", "-12.00"), ("−5", "-5"), ("１２", "12"), ("1 234.50", "1234.50"), ("-0.05", "-0.05"),
        ("1.234,56", "1234.56"), ("1,234", "1234"), ("€ 3", "3"), ("Rs. 500", "500"), ("人民币5", "5"), ("10 pcs", "10"), ("5.00-", "-5.00"), ("-$5", "-5"), ("₹1,00,000", "100000"),
    ],
)  # fmt: skip
def test_numbers(word: str, expected: str) -> None:
    assert parse_decimal(word) == Decimal(expected)


@pytest.mark.parametrize("word", ["abc", "12-3-4x", "NaN", "inf", "", "1.2.3.4", "--5", "12 apples"])
def test_what_is_no_number_is_said(word: str) -> None:
    found = parse_decimal(word)
    assert isinstance(found, Problem)
    assert found.code == "number.unreadable"


def test_the_decimal_comma_is_decided_over_the_whole_column() -> None:
    assert decimal_comma(["1.234,56", "12,5", "3"])
    assert not decimal_comma(["1,234.56", "12.5"])
    assert not decimal_comma(["1,234", "5"])  # nothing decides it: groups of three are thousands
    assert parse_decimal("12,5", decimal_comma=True) == Decimal("12.5")
    assert parse_decimal("1.234", decimal_comma=True) == Decimal(1234)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("2025-10-07 09:50:26 +0200", "2025-10-07T09:50:26+02:00"), ("2017-06-17T08:04:21+00:00", "2017-06-17T08:04:21+00:00"),
        ("2025-10-07T09:50:26Z", "2025-10-07T09:50:26+00:00"), ("Jul-21-25", "2025-07-21T00:00:00"), ("2025/7/1 9:05", "2025-07-01T09:05:00"),
        ("20250701", "2025-07-01T00:00:00"), ("2025年7月1日 09:05", "2025-07-01T09:05:00"), ("2025-07-01", "2025-07-01T00:00:00"),
        ("12/1/2010 8:26", "2010-12-01T08:26:00"), ("31.12.2024", "2024-12-31T00:00:00"), ("5 Jan 2025", "2025-01-05T00:00:00"),
        ("7/1/25 3:04 PM", "2025-07-01T15:04:00"),
    ],
)  # fmt: skip
def test_dates(word: str, expected: str) -> None:
    found = parse_datetime(word)
    assert isinstance(found, dt.datetime)
    assert found.isoformat() == expected


@pytest.mark.parametrize("word", ["2025-02-30", "yesterday", "0000-00-00", "2025-13-01", "99/99/2025", "45123.5"])
def test_what_is_no_date_is_said(word: str) -> None:
    assert isinstance(parse_datetime(word), Problem)


def test_day_and_month_are_decided_over_the_whole_column() -> None:
    assert day_first(["05/01/2025", "31/12/2024"]) == (True, None)
    assert day_first(["05/01/2025", "12/31/2024"]) == (False, None)
    assert day_first(["05/01/2025", "06/02/2025"]) == (False, "05/01/2025")  # said to the person


def test_local_times_that_do_not_exist_move_on_and_double_ones_are_the_first() -> None:
    # London skips 01:00 to 02:00 on 30 March 2025 and has it twice on 26 October
    found = localise(np.array(["2025-03-30T01:30:00", "2025-10-26T01:30:00"], "datetime64[s]"), "Europe/London")
    assert found.astype(str).tolist() == ["2025-03-30T01:00:00", "2025-10-26T00:30:00"]
