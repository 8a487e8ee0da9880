"""The questionnaire that a vendor returns, and the list of requirements that is edited: out as a workbook, back as values.

What comes back was written by strangers, in Excel, WPS or by a program; whatever it is, it ends in values and issues, or
in one refusal.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
import python_calamine
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from erp_core.errors import FileRefused
from erp_core.files.export import ExportHeader
from erp_core.text import say
from erp_core.vendors.naming import EVIDENCE_NAMES, FIT_NAMES, PRIORITY_NAMES
from erp_core.vendors.requirement_list import export_requirements, leaf_name, read_requirements
from erp_core.vendors.returned import LONGEST_TEXT
from erp_core.vendors.rfp import Received, RfpReturn, export_rfp, read_rfp
from erp_core.vendors.schema import (
    Bilingual,
    Evidence,
    Fit,
    Priority,
    Rate,
    Rating,
    Requirement,
    Scenario,
    Vendor,
)

DAY = dt.date(2026, 3, 2)
VENDOR = Vendor(key="lamp_erp", name="Lamp ERP", name_zh="灯具ERP")
SCENARIO = Scenario(
    currency="CNY", start=DAY, rates=(Rate(currency="USD", rate=7.0, as_of=DAY, source="test"),)
)  # fmt: skip
HEADER = ExportHeader("New ERP", "Ann", dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC), "en")
LANGUAGES = ("en", "zh_CN")


def need(name: str, priority: Priority = Priority.SHOULD, **more: Any) -> Requirement:
    """A requirement of orders."""
    said = {
        "text": Bilingual(en=f"Can {name}.", zh=f"能{name}。"),
        "ask": Bilingual(en=f"Show {name}.", zh=f"看{name}。"),
    }
    return Requirement(key=f"function.orders.{name}", criterion="function.orders", priority=priority, **(said | more))


NEEDS = (need("split", Priority.MUST), need("merge"), need("hold", Priority.COULD), need("gift", Priority.NOT_NEEDED))
ASKED = [one.key for one in NEEDS[:3]]


def answer(name: str, fit: Fit = Fit.NATIVE, **more: Any) -> Rating:
    """What the vendor says of a requirement, as a returned file brings it."""
    said = Rating(vendor=VENDOR.key, requirement=f"function.orders.{name}", fit=fit, as_of=DAY, **more)
    told = (said.vendor, said.requirement, said.fit, said.evidence, said.cost, said.owner, said.note)
    seal = hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:8]
    return said.model_copy(update={"source": f"RFP · back.xlsx #{seal}"})


def exported(language: str = "en", ratings: Sequence[Rating] = (), needs: Sequence[Requirement] = NEEDS) -> bytes:
    """The questionnaire for the vendor."""
    return export_rfp(needs, VENDOR, ratings, SCENARIO, replace(HEADER, language=language))


def read(content: bytes, name: str = "back.xlsx", needs: Sequence[Requirement] = NEEDS) -> RfpReturn:
    """What a returned file says."""
    return read_rfp(Received(content, name, DAY), needs, VENDOR, SCENARIO)


Table = list[list[Any]]


def sheets_of(content: bytes) -> dict[str, Table]:
    """Every sheet's cells."""
    book = python_calamine.load_workbook(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def written(sheets: dict[str, Table]) -> bytes:
    """A workbook as another program would save it."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for row, cells in enumerate(rows):
                for at, cell in enumerate(cells):
                    (sheet.write_number if isinstance(cell, float | int) else sheet.write_string)(row, at, cell)
    return out.getvalue()


def filled(change: Callable[[Table, int], None], language: str = "en", *, marks: bool = True) -> bytes:
    """The questionnaire after somebody changed its table; `change` gets all rows and the header's position."""
    sheets = sheets_of(exported(language))
    table = sheets["RFP"]
    top = next(at for at, row in enumerate(table) if ASKED[0] == table[at + 1][0])
    change(table, top)
    return written({name: rows for name, rows in sheets.items() if marks or name != "_form"})


def cells(**by_column: Any) -> Callable[[Table, int], None]:
    """Fill in cells of the first requirement, by the English header."""

    def change(table: Table, top: int) -> None:
        for name, value in by_column.items():
            table[top + 1][table[top].index(name.replace("_", " "))] = value

    return change


# --- out -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_asked_goes_out_in_the_language_with_lists_to_choose_from(language: str) -> None:
    content = exported(language)
    sheets = sheets_of(content)
    words = [str(cell) for rows in sheets.values() for row in rows for cell in row]
    for one in NEEDS[:3]:
        assert one.text.said(language) in words
        assert one.ask.said(language) in words
    assert NEEDS[3].text.said(language) not in words  # not needed: not asked
    for name in (*FIT_NAMES.values(), *EVIDENCE_NAMES.values()):
        assert say(name, language) in words
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        book = parts.read("xl/workbook.xml").decode()
    assert len(re.findall(r'<dataValidation type="list"', sheet)) == 4
    assert '<dataValidation type="decimal" operator="greaterThanOrEqual"' in sheet
    assert 'fitToWidth="1"' in sheet or "fitToPage" in sheet
    assert "sheetProtection" in sheet
    assert 'name="_form" sheetId="3" state="hidden"' in book
    assert "_xlnm.Print_Titles" in book  # the header on every page


def test_nothing_that_the_merchant_thinks_goes_out() -> None:
    secret = Bilingual(en="12% of revenue, secret.", zh="秘密。")
    needs = (need("split", Priority.MUST, weight=7.25, reason=secret, metric="channels"), need("merge"), need("hold"))
    ratings = (
        answer("split", note="they were weak in the demo").model_copy(update={"source": "demonstration of 1 March"}),
        answer("merge", evaluator="Ann", note="Ann's view"),
        answer("hold", note="all is well").model_copy(update={"note": "all is well, they say"}),
    )
    content = exported(ratings=ratings, needs=needs)
    words = " ".join(str(cell) for rows in sheets_of(content).values() for row in rows for cell in row)
    for hidden in ("secret", "秘密", "7.25", "weak in the demo", "Ann's view", "all is well", "channels"):
        assert hidden not in words, hidden


def test_another_vendors_answers_do_not_go_out() -> None:
    other = answer("split", note="from the other").model_copy(update={"vendor": "other"})
    words = str(sheets_of(exported(ratings=(other,))))
    assert "from the other" not in words


def test_what_would_run_in_a_spreadsheet_goes_out_as_text() -> None:
    attack = "=cmd|' /C calc'!A0"
    said = Bilingual(en=attack, zh="+1+1")
    content = export_rfp(
        (need("split", text=said, ask=said),),
        VENDOR.model_copy(update={"name": "@evil"}),
        (answer("split", note=attack, owner="-2+3+cmd"),),
        SCENARIO,
        replace(HEADER, title="=1+1"),
    )
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for name in parts.namelist():
            if name.startswith("xl/worksheets/sheet"):
                assert "<f>" not in parts.read(name).decode(), name
    texts = [str(cell) for rows in sheets_of(content).values() for row in rows for cell in row]
    assert not [text for text in texts if text.startswith(("=", "+", "@")) or text.startswith("-2+")]
    back = read_rfp(Received(content, "back.xlsx", DAY), (need("split", text=said, ask=said),), VENDOR, SCENARIO)
    assert (back.ratings[0].note, back.ratings[0].owner) == (attack, "-2+3+cmd")  # and comes back as it was


# --- back ------------------------------------------------------------------------------------------------------------


def test_an_unanswered_questionnaire_leaves_everything_unknown() -> None:
    found = read(exported())
    assert (found.ratings, found.issues, found.decision) == ((), (), "New ERP")
    assert list(found.unanswered) == ASKED


_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cf", "Co", "Cn")), max_size=40)
_COST = st.none() | st.integers(0, 10**9).map(float) | st.decimals(0, 10**6, places=2).map(float)


@st.composite
def answers(draw: st.DrawFn) -> tuple[Rating, ...]:
    """What a vendor may have said of some of the requirements."""
    made = []
    for name in draw(st.lists(st.sampled_from(["split", "merge", "hold"]), unique=True)):
        note = draw(_TEXT).strip()
        kind = draw(st.sampled_from([Evidence.CLAIM, Evidence.DOCUMENT]))
        made.append(
            answer(
                name,
                draw(st.sampled_from(list(Fit))),
                note=note,
                owner=draw(_TEXT).strip(),
                cost=draw(_COST),
                evidence=kind if note else Evidence.CLAIM,
            )
        )
    return tuple(sorted(made, key=lambda rating: ASKED.index(rating.requirement)))


@settings(max_examples=60)
@given(answers(), st.sampled_from(LANGUAGES))
def test_what_went_out_comes_back(given: tuple[Rating, ...], language: str) -> None:
    found = read(exported(language, given))
    assert found.ratings == given
    assert found.issues == ()
    assert set(found.unanswered) == set(ASKED) - {rating.requirement for rating in given}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("fit", list(Fit))
def test_every_answer_is_read_in_both_languages(fit: Fit, language: str) -> None:
    word = say(FIT_NAMES[fit], language)
    found = read(filled(cells(Your_answer=f"  {word.upper()} ")))
    assert [rating.fit for rating in found.ratings] == [fit]


@pytest.mark.parametrize(
    ("offered", "remark", "counts_as", "told"),
    [
        ("Claim", "", Evidence.CLAIM, ""),
        ("Document", "https://example.com/manual", Evidence.DOCUMENT, ""),
        ("Document", "", Evidence.CLAIM, "remark names none"),
        ("Demonstration", "", Evidence.CLAIM, "They count as claims"),
        ("Reference", "Ask Bo", Evidence.CLAIM, "They count as claims"),
        ("Tested", "", Evidence.CLAIM, "They count as claims"),
        ("Trust us", "", Evidence.CLAIM, "no kind of proof"),
    ],
)
def test_a_vendors_word_counts_as_a_claim_until_it_is_proved(
    offered: str, remark: str, counts_as: Evidence, told: str
) -> None:
    found = read(filled(cells(Your_answer="Native", What_proves_it=offered, Remark=remark)))
    assert found.ratings[0].evidence is counts_as
    assert told in " ".join(str(issue.message) for issue in found.issues)
    assert bool(told) == bool(found.issues)


@pytest.mark.parametrize(
    ("cost", "currency", "taken"),
    [
        (1200, "", 1_200.0), (1200, "USD", 8_400.0), ("1,200.50", "CNY", 1_200.5), ("800", "rmb", 800.0),
        ("USD 100", "", 700.0), ("100", "usd", 700.0), (0, "", 0.0), ("１２００", "", 1_200.0), ("", "USD", None),
    ],
)  # fmt: skip
def test_costs_are_turned_into_the_currency_of_the_choice(cost: Any, currency: str, taken: float | None) -> None:
    found = read(filled(cells(**{"Your_answer": "By customisation", "One-off_cost": cost, "Currency": currency})))
    assert found.ratings[0].cost == taken
    assert found.issues == ()


@pytest.mark.parametrize(
    ("cost", "currency", "told"),
    [
        (-5, "", "below zero"), ("(500)", "", "below zero"), ("about 500", "", "no amount"), ("500-800", "", "no amount"),
        ("5%", "", "no amount"), ("1.200", "", "can mean two amounts"), ("1e400", "", "no amount"),
        ("9" * 30, "", "too large"), (100, "EUR", "no rate EUR → CNY"), (100, "lamps", "no currency"),
        (100, "$", "no currency"), ("$100", "", "no amount"), ("€100", "USD", "is in EUR, the currency says USD"),
        ("NaN", "", "no amount"), ("∞", "", "no amount"),
    ],
)  # fmt: skip
def test_a_cost_that_cannot_be_read_is_left_out_and_told_with_its_cell(cost: Any, currency: str, told: str) -> None:
    found = read(filled(cells(**{"Your_answer": "Native", "One-off_cost": cost, "Currency": currency})))
    (rating,), (issue,) = found.ratings, found.issues
    assert (rating.fit, rating.cost) == (Fit.NATIVE, None)
    assert told in str(issue.message)
    assert issue.row == 5  # a title, a line of help, an empty line, the header
    assert issue.column in ("One-off cost", "Currency")
    assert issue.taken
    assert str(issue.hint)


def test_a_column_of_decimal_commas_is_read_as_such() -> None:
    def change(table: Table, top: int) -> None:
        at, answer_at = table[top].index("One-off cost"), table[top].index("Your answer")
        for row, cost in ((1, "1.250,50"), (2, "12,5")):
            table[top + row][at], table[top + row][answer_at] = cost, "Native"

    assert [rating.cost for rating in read(filled(change)).ratings] == [1_250.5, 12.5]


@pytest.mark.parametrize("word", ["Yes", "是", "✓", "Native / partly", "=1+1", "<script>"])
def test_an_answer_that_is_not_in_the_list_is_not_taken_for_one(word: str) -> None:
    found = read(filled(cells(Your_answer=word, Remark="see above")))
    assert found.ratings == ()
    (issue,) = found.issues
    assert (issue.row, issue.column, issue.taken) == (5, "Your answer", False)
    assert "Native" in str(issue.hint)
    assert "标准功能" in say(issue.hint, "zh_CN") or say(FIT_NAMES[Fit.NATIVE], "zh_CN") in say(issue.hint, "zh_CN")


def test_a_remark_without_an_answer_is_told_and_stays_unknown() -> None:
    found = read(filled(cells(Remark="we can do everything")))
    assert found.ratings == ()
    assert [str(issue.message) for issue in found.issues] == ["There is no answer."]
    assert ASKED[0] in found.unanswered


def test_a_number_that_nobody_gave_is_told() -> None:
    def change(table: Table, top: int) -> None:
        table[top + 1][0] = "function.orders.spilt"
        table[top + 1][table[top].index("Your answer")] = "Native"
        table[top + 2][0] = ""
        table[top + 2][table[top].index("Your answer")] = "Native"

    found = read(filled(change))
    assert found.ratings == ()
    assert [(issue.row, str(issue.message)) for issue in found.issues] == [
        (5, "No requirement has the number “function.orders.spilt”."),
        (6, "This row has no number of a requirement."),
    ]


def test_a_requirement_answered_twice_counts_where_both_say_the_same() -> None:
    def change(table: Table, top: int, other: str) -> None:
        at = table[top].index("Your answer")
        table[top + 1][at] = "Native"
        twin = list(table[top + 1])
        twin[at] = other
        table.append(twin)

    same = read(filled(lambda table, top: change(table, top, "Native")))
    assert ([rating.fit for rating in same.ratings], same.issues) == ([Fit.NATIVE], ())
    different = read(filled(lambda table, top: change(table, top, "Not offered")))
    assert different.ratings == ()
    assert [str(issue.message) for issue in different.issues] == [f"{ASKED[0]} is answered differently in rows 5, 8."]


def test_columns_may_be_moved_and_deleted() -> None:
    def change(table: Table, top: int) -> None:
        cells(Your_answer="By configuration", Remark="ok")(table, top)
        for row in table[top:]:
            row.reverse()
        for row in table[top:]:
            del row[row.index("Criterion") if "Criterion" in row else -2]

    found = read(filled(change))
    assert [(rating.fit, rating.note) for rating in found.ratings] == [(Fit.CONFIGURATION, "ok")]


def test_a_renamed_column_is_found_by_what_stands_in_it_and_said() -> None:
    def change(table: Table, top: int) -> None:
        cells(Your_answer="By configuration", Currency="USD", **{"One-off_cost": 10})(table, top)
        table[top][0] = "Reference no."
        table[top][table[top].index("Your answer")] = "Lamp ERP says"
        table[top][table[top].index("Currency")] = "Cur."

    found = read(filled(change))
    assert [(rating.fit, rating.cost) for rating in found.ratings] == [(Fit.CONFIGURATION, 70.0)]
    assert sorted(issue.column or "" for issue in found.issues) == ["Cur.", "Lamp ERP says", "Reference no."]


def test_a_renamed_column_that_could_be_two_is_not_guessed() -> None:
    def change(table: Table, top: int) -> None:
        at = table[top].index("Your answer")
        table[top][at], table[top][at + 1] = "First", "Second"
        table[top + 1][at] = table[top + 1][at + 1] = "Native"

    with pytest.raises(FileRefused, match="no column “Your answer”"):
        read(filled(change))


def test_a_column_that_stands_twice_with_answers_is_refused() -> None:
    def change(table: Table, top: int) -> None:
        cells(Your_answer="Native", Remark="x")(table, top)
        for row in table[top:]:
            row.append(row[table[top].index("Remark")])

    with pytest.raises(FileRefused, match="“Remark” twice"):
        read(filled(change))


def test_a_file_saved_as_csv_or_without_its_hidden_sheet_is_read() -> None:
    sheets = sheets_of(filled(cells(Your_answer="Native", Remark="ok"), marks=False))
    found = read(written({"Sheet1": sheets["RFP"]}))
    assert [(rating.requirement, rating.note) for rating in found.ratings] == [(ASKED[0], "ok")]
    assert found.decision is None
    out = io.StringIO()
    csv.writer(out).writerows(sheets["RFP"])
    for encoding in ("utf-8-sig", "gb18030"):
        back = read(out.getvalue().encode(encoding), "back.csv")
        assert [(rating.fit, rating.source[:14]) for rating in back.ratings] == [(Fit.NATIVE, "RFP · back.csv")]


def test_the_file_of_another_vendor_is_refused() -> None:
    content = export_rfp(NEEDS, VENDOR.model_copy(update={"key": "other_erp"}), (), SCENARIO, HEADER)
    with pytest.raises(FileRefused, match="another vendor"):
        read(content)
    anybody = export_rfp(NEEDS, None, (), SCENARIO, HEADER)
    assert read(anybody).ratings == ()


def test_a_file_made_before_the_requirements_changed_is_taken_and_says_so() -> None:
    more = (*NEEDS, need("wave"))
    found = read(exported(ratings=(answer("split"),)), needs=more)
    assert len(found.ratings) == 1
    assert [str(issue.message) for issue in found.issues] == ["The requirements have changed since this file was made."]
    assert "function.orders.wave" in found.unanswered
    # a priority or a weight is no other question
    heavier = tuple(one.model_copy(update={"weight": 3.0}) for one in NEEDS)
    assert read(exported(), needs=heavier).issues == ()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a table",
        b"PK\x03\x04 broken",
        b"a,b,c\n1,2,3\n",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        b"<html><body>" + b"<table>" * 50,
        written({"RFP": [["Requirement no", "Remark"], ["function.orders.split", "no answers here"]]}),
        written({"RFP": [["Your answer", "Remark"], ["Native", "no numbers here"]]}),
    ],
    ids=["empty", "text", "broken zip", "other table", "xls", "html", "no answers", "no numbers"],
)
def test_what_is_no_questionnaire_is_refused(content: bytes) -> None:
    with pytest.raises(FileRefused) as refusal:
        read(content)
    assert refusal.value.hint is not None


def test_a_list_of_requirements_is_no_questionnaire_and_the_other_way_round() -> None:
    with pytest.raises(FileRefused):
        read(export_requirements(NEEDS, HEADER))
    with pytest.raises(FileRefused):
        read_requirements(exported(ratings=(answer("split"),)), "back.xlsx", NEEDS)


def test_remarks_of_strangers_come_in_as_plain_text_of_bounded_length() -> None:
    found = read(
        filled(cells(Your_answer="Native", Remark="\u202e=HYPERLINK(1)\u200b\n" + "x" * 5_000, Who_does_it="<b>"))
    )
    (rating,) = found.ratings
    assert rating.note.startswith("=HYPERLINK(1)\nx")
    assert len(rating.note) == LONGEST_TEXT
    assert rating.owner == "<b>"


_JUNK = st.one_of(
    st.sampled_from(["", "Native", "不提供", "USD", "1,5", "-3", "=1+1", "\x00", "\ufeff", "9" * 40, *ASKED, "Your answer"]),
    st.text(max_size=15),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
)  # fmt: skip


@settings(max_examples=80)
@given(st.lists(st.lists(_JUNK, min_size=1, max_size=12), max_size=8), st.booleans())
def test_any_table_ends_in_answers_and_issues_or_in_one_refusal(rows: list[list[Any]], with_header: bool) -> None:
    head = [["Requirement no", "Your answer", "What proves it", "One-off cost", "Currency", "Who does it", "Remark"]]
    table = [*(head if with_header else []), *rows]
    try:
        found = read(
            written({"RFP": [[str(cell) if isinstance(cell, str) else cell for cell in row] for row in table]})
        )
    except FileRefused:
        return
    keys = [rating.requirement for rating in found.ratings]
    assert len(set(keys)) == len(keys)
    assert set(keys) <= {one.key for one in NEEDS}
    assert set(found.unanswered) | set(keys) >= set(ASKED)
    assert all(rating.evidence in (Evidence.CLAIM, Evidence.DOCUMENT) for rating in found.ratings)


def test_a_questionnaire_without_questions_brings_no_answers() -> None:
    found = read(exported(needs=NEEDS[3:]))
    assert (found.ratings, list(found.unanswered)) == ((), ASKED)


# --- the list of requirements ----------------------------------------------------------------------------------------


def edited(change: Callable[[Table, int], None], needs: Sequence[Requirement] = NEEDS, language: str = "en") -> bytes:
    """The list of requirements after somebody changed it."""
    sheets = sheets_of(export_requirements(needs, replace(HEADER, language=language)))
    table = sheets["Requirements"]
    top = next(at for at, row in enumerate(table) if needs[0].key == table[at + 1][0])
    change(table, top)
    return written(sheets)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unchanged_list_changes_nothing(language: str) -> None:
    hostile = need("odd", text=Bilingual(en="=1+1", zh="@x"), weight=2.5, reason=Bilingual(en="Why.", zh="因为。"))
    needs = (*NEEDS, hostile)
    found = read_requirements(export_requirements(needs, replace(HEADER, language=language)), "list.xlsx", needs)
    assert (dict(found.changes), found.added, found.absent, found.issues) == ({}, (), 0, ())
    assert found.applied(needs) == needs


@pytest.mark.parametrize("language", LANGUAGES)
def test_priorities_weights_and_words_come_back(language: str) -> None:
    def change(table: Table, top: int) -> None:
        row = table[top + 1]
        row[4], row[5], row[2] = say(PRIORITY_NAMES[Priority.COULD], language), 2.5, "Can split orders."

    found = read_requirements(edited(change, language=language), "list.xlsx", NEEDS)
    assert dict(found.changes) == {
        ASKED[0]: {
            "priority": Priority.COULD, "weight": 2.5, "text": Bilingual(en="Can split orders.", zh="能split。"),
        }
    }  # fmt: skip
    after = found.applied(NEEDS)
    assert (after[0].priority, after[0].weight, after[0].text.en) == (Priority.COULD, 2.5, "Can split orders.")
    assert after[1:] == NEEDS[1:]


def test_rows_without_a_number_are_requirements_of_our_own() -> None:
    def change(table: Table, top: int) -> None:
        width = len(table[top])
        for cells in (
            ["", "Function · Stock", "Counts by drone.", "", "Must", 2, "", ""],
            ["", "Function · Drones", "Flies.", "", "Must", 2, "", ""],
            ["", "Function · Stock", "", "", "Must", 2, "", ""],
        ):
            table.append([*cells, *[""] * (width - len(cells))])

    found = read_requirements(edited(change), "list.xlsx", NEEDS)
    (first,) = found.added
    assert (first.criterion, first.priority, first.weight, first.own) == ("function.stock", Priority.MUST, 2.0, True)
    assert first.text == Bilingual(en="Counts by drone.", zh="Counts by drone.")
    assert first.ask == first.text
    assert [(str(issue.message), issue.taken) for issue in found.issues] == [
        ("“Function · Drones” is no criterion.", False),
        ("This row has neither a number nor a requirement.", False),
    ]


def test_a_leaf_is_found_by_its_name_in_chinese_too() -> None:
    def change(table: Table, top: int) -> None:
        name = leaf_name("vendor.reputation", "zh_CN")
        table.append(["", name, "", "有本地客户。", "", "", "", "请介绍一家。", ""])

    (one,) = read_requirements(edited(change), "list.xlsx", NEEDS).added
    assert (one.criterion, one.text.en, one.ask.zh) == ("vendor.reputation", "有本地客户。", "请介绍一家。")
    assert one.priority is Priority.SHOULD


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        (4, "urgent", "no priority"), (5, -1, "no weight"), (5, 0, "no weight"), (5, "heavy", "no weight"),
        (5, "5%", "no weight"), (5, 1e9, "no weight"), (1, "Function · Magic", "no criterion"),
        (1, "Function · Stock", "cannot be changed"),
    ],
)  # fmt: skip
def test_a_cell_of_the_list_that_cannot_be_read_leaves_the_value_as_it_was(column: int, value: Any, told: str) -> None:
    def change(table: Table, top: int) -> None:
        table[top + 1][column] = value

    found = read_requirements(edited(change), "list.xlsx", NEEDS)
    assert dict(found.changes) == {}
    (issue,) = found.issues
    assert told in str(issue.message)
    assert (issue.row, issue.taken) == (5, True)


def test_an_own_requirement_may_move_to_another_criterion() -> None:
    mine = (need("mine", own=True),)

    def change(table: Table, top: int) -> None:
        table[top + 1][1] = "Function · Stock"

    found = read_requirements(edited(change, mine), "list.xlsx", mine)
    assert dict(found.changes) == {mine[0].key: {"criterion": "function.stock"}}


def test_deleted_rows_stay_and_are_counted() -> None:
    found = read_requirements(edited(lambda table, top: table.pop(top + 1) and None), "list.xlsx", NEEDS)
    assert (dict(found.changes), found.absent, found.issues) == ({}, 1, ())


def test_a_requirement_in_several_rows_is_not_taken() -> None:
    def change(table: Table, top: int) -> None:
        twin = list(table[top + 1])
        twin[5] = 9
        table += [twin, list(twin)]

    found = read_requirements(edited(change), "list.xlsx", NEEDS)
    assert dict(found.changes) == {}
    assert [str(issue.message) for issue in found.issues] == [f"{ASKED[0]} stands in several rows."]


def test_an_unknown_number_is_not_taken_for_a_new_requirement() -> None:
    def change(table: Table, top: int) -> None:
        table[top + 1][0] = "function.orders.typo"

    found = read_requirements(edited(change), "list.xlsx", NEEDS)
    assert found.added == ()
    assert [issue.taken for issue in found.issues] == [False]


@settings(max_examples=60)
@given(st.lists(st.lists(_JUNK, min_size=1, max_size=9), max_size=8))
def test_any_list_ends_in_changes_and_issues_or_in_one_refusal(rows: list[list[Any]]) -> None:
    head = ["Requirement no", "Criterion", "Requirement (English)", "Requirement (Chinese)", "Priority", "Weight"]
    try:
        found = read_requirements(written({"Requirements": [head, *rows]}), "list.xlsx", NEEDS)
    except FileRefused:
        return
    after = found.applied(NEEDS)
    assert [one.key for one in after[: len(NEEDS)]] == [one.key for one in NEEDS]
    assert all(one.own and one.criterion != "cost.total" for one in after[len(NEEDS) :])
    assert len({one.key for one in after}) == len(after)
