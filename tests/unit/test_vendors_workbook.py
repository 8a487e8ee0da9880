"""The decision file as a workbook: its formulas, reckoned by an engine that is not ours, give the numbers of the answer and
follow what is changed."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from erp_core.text import say
from erp_core.vendors.criteria import CRITERIA
from erp_core.vendors.evaluation import evaluate
from erp_core.vendors.report.content import Answered
from erp_core.vendors.report.file import Made, answered, as_workbook
from erp_core.vendors.schema import Decision
from tests.choices import decision, flat, need, rating, vendor, weighting
from tests.hostile import FORMULA, IN_A_CHART, MARKUP, RUNS

MADE = Made("Ann", dt.datetime(2026, 11, 25, 9, 30, tzinfo=dt.UTC), "Asia/Shanghai", "en")
CHINESE = Made("Ann", MADE.at, MADE.time_zone, "zh_CN")
Changes = Mapping[tuple[str, str], float | str]


def benefit(amount: float) -> dict[str, Any]:
    """So much a year, from the first year on."""
    return {"key": "hours", "a_year": {"low": amount, "likely": amount, "high": amount}, "ramp": [1.0]}


@lru_cache(maxsize=1)
def choice() -> Decision:
    """Three vendors, four needs under three criteria, cost scored by the budget, some ratings unknown."""
    return decision(
        [
            vendor("alpha", flat(1000.0, 5000.0, renewal={"growth": 0.05})),
            vendor("beta", flat(700.0, 9000.0, renewal={"growth": 0.0, "locked_years": 2})),
            vendor("gamma"),
        ],
        [
            need("a"),
            need("b", "scale.users", "must", 2.0),
            need("c", "security.backup", "could"),
            need("e", "function.stock", weight=3.0),
        ],
        [
            rating("alpha", "a", "native"),
            rating("alpha", "b", "configuration"),
            rating("beta", "a", "customisation"),
            rating("beta", "b", "native"),
            rating("beta", "c", "third_party"),
            rating("gamma", "b", "native"),
            rating("gamma", "e", "native", "claim"),
        ],
        weightings=[weighting(function=50, scale=30, security=10, cost=20)],
        benefits=[benefit(20_000.0)],
        budget=100_000.0,
    )


def told(of: Decision) -> Answered:
    return answered(of, evaluate(of))


class Reckoned:
    """A workbook: what its cells hold, what they show unreckoned, and what an engine makes of them."""

    def __init__(self, of: Decision, folder: Path, made: Made = MADE) -> None:
        content = as_workbook(told(of), made)
        self._path = folder / "file.xlsx"
        self._path.write_bytes(content)
        self.written = load_workbook(io.BytesIO(content))
        self.cached = load_workbook(io.BytesIO(content), data_only=True)

    @property
    def formulas(self) -> dict[tuple[str, str], str]:
        """(sheet, cell) → formula."""
        return {
            (sheet.title, cell.coordinate): str(cell.value)
            for sheet in self.written
            for row in sheet.iter_rows()
            for cell in row
            if cell.data_type == "f"
        }

    def shown(self, sheet: str, cell: str) -> Any:
        """What a reader that does not reckon shows."""
        return self.cached[sheet][cell].value

    def row(self, sheet: str, *start: str) -> int:
        """The number of the row that begins with these words."""
        for row in self.cached[sheet].iter_rows():
            if tuple(cell.value for cell in row[: len(start)]) == start:
                return int(row[0].row)
        raise AssertionError(f"no row {start} in {sheet}")

    def anew(self, changes: Changes | None = None) -> dict[tuple[str, str], Any]:
        """Every formula's value after cells were changed, by an independent engine."""
        import formulas

        model = formulas.ExcelModel().loads(str(self._path)).finish()
        inputs = {self._place(*place): value for place, value in (changes or {}).items()}
        found = model.calculate(inputs=inputs or None)
        return {place: found[self._place(*place)].value[0, 0] for place in self.formulas}

    def _place(self, sheet: str, cell: str) -> str:
        return f"'[{self._path.name}]{sheet.upper()}'!{cell}"


def assert_same(first: Any, second: Any, place: object) -> None:
    if isinstance(second, str):
        assert str(first) == second, place
    else:
        assert float(first) == pytest.approx(float(second), rel=1e-6, abs=1e-9), place


# --- formulas and what they come to -----------------------------------------------------------------------------------


@pytest.mark.parametrize("made", [MADE, CHINESE], ids=["en", "zh"])
def test_every_formula_comes_to_what_the_cell_shows(tmp_path: Path, made: Made) -> None:
    book = Reckoned(choice(), tmp_path, made)
    found = book.anew()
    assert len(found) > 50
    for place, value in found.items():
        assert_same(value, book.shown(*place), (place, book.formulas[place]))


def test_scores_and_values_are_those_of_the_answer(tmp_path: Path) -> None:
    answer = evaluate(choice())
    found = Reckoned(choice(), tmp_path).anew()
    scores = answer.scores.set_index("vendor")["middle"]
    for number, key in enumerate(answer.vendors):
        row = 3 + number  # under the titles and the weights
        assert_same(found["Scores", f"B{row}"], scores[key], key)
        assert_same(found["Scores", f"C{row}"], 1 + int((scores > scores[key]).sum()), key)
        for column, criterion in zip("DEFG", answer.middle.columns, strict=True):
            if criterion != "cost":  # from the simulation
                assert_same(found["Scores", f"{column}{row}"], answer.middle.loc[key, criterion], (key, criterion))


def test_an_unknown_rating_is_an_empty_cell_and_counts_for_the_middle(tmp_path: Path) -> None:
    book = Reckoned(choice(), tmp_path)
    row = book.row("Ratings", "Need c")
    # alpha and gamma were never rated on it, beta was; it is all of the criterion Stability and security
    assert [book.shown("Ratings", f"{column}{row}") is None for column in "FGH"] == [True, False, True]
    at = [cell.value for cell in book.cached["Scores"][1]].index("Stability and security")
    column = "ABCDEFGH"[at]
    assert book.anew()["Scores", f"{column}3"] == 0.5


def test_a_changed_weight_changes_scores_and_ranks(tmp_path: Path) -> None:
    book = Reckoned(choice(), tmp_path)
    weight = {name: f"B{book.row('Weights', name)}" for name in ("Cost", "Function", "Scale", "Stability and security")}
    only = {("Weights", cell): 0.0 for cell in weight.values()} | {("Weights", weight["Scale"]): 7.0}
    found = book.anew(only)
    # All weight on Scale: its value is the score. Beta and Gamma are native (1), Alpha by configuration, less.
    assert found["Weights", f"C{book.row('Weights', 'Scale')}"] == 1.0
    scores = [float(found["Scores", f"B{row}"]) for row in (3, 4, 5)]
    assert scores[1] == 1.0
    assert scores[0] < scores[1]
    assert [int(found["Scores", f"C{row}"]) for row in (3, 4, 5)] == [3, 1, 1]
    assert [int(found["Summary", f"G{row}"]) for row in (2, 3, 4)] == [3, 1, 1]


def test_a_changed_rating_changes_its_criterion_by_its_points(tmp_path: Path) -> None:
    book = Reckoned(choice(), tmp_path)
    # Function: “a” weighs 1, “e” 3 of the same priority. Alpha gets 0.2 and 0.6: (0.2 + 3 × 0.6) / 4 = 0.5.
    changed = {
        ("Ratings", f"F{book.row('Ratings', 'Need a')}"): 0.2,
        ("Ratings", f"F{book.row('Ratings', 'Need e')}"): 0.6,
    }
    at = [cell.value for cell in book.cached["Scores"][1]].index("Function")
    assert book.anew(changed)["Scores", f"{'ABCDEFGH'[at]}3"] == pytest.approx(0.5)


def test_a_changed_year_changes_the_totals_of_cost(tmp_path: Path) -> None:
    book = Reckoned(choice(), tmp_path)
    line, total = book.row("Cost", "Beta", "Subscription"), book.row("Cost", "Beta", "Total")
    # 8,400 a year for three years; the third becomes 10,000
    assert book.shown("Cost", f"F{line}") == 25_200
    found = book.anew({("Cost", f"E{line}"): 10_000.0})
    assert found["Cost", f"F{line}"] == 26_800
    assert found["Cost", f"F{total}"] == 26_800 + 9_000  # the implementation
    assert found["Cost", f"E{total}"] == 10_000


def test_the_growth_of_renewals_by_hand_and_changed(tmp_path: Path) -> None:
    book = Reckoned(choice(), tmp_path)
    heads = [cell.value for cell in book.cached["Renewals"][1]]
    assert heads[5:] == [0.0, 0.03, 0.07, 0.15]
    total = {name: book.row("Renewals", name, "Total") for name in ("Alpha", "Beta")}
    # Alpha: 12,000 a year, grows twice: 12,000 × (1 + 1.07 + 1.1449) + 5,000 = 43,578.80
    # Beta: 8,400, locked for two years, grows once: 8,400 × (2 + 1.07) + 9,000 = 34,788
    found = book.anew()
    assert found["Renewals", f"H{total['Alpha']}"] == pytest.approx(43_578.80)
    assert found["Renewals", f"H{total['Beta']}"] == pytest.approx(34_788.0)
    # at 10 %: 12,000 × (1 + 1.1 + 1.21) + 5,000 = 44,720; 8,400 × 3.1 + 9,000 = 35,040
    found = book.anew({("Renewals", "H1"): 0.10})
    assert found["Renewals", f"H{total['Alpha']}"] == pytest.approx(44_720.0)
    assert found["Renewals", f"H{total['Beta']}"] == pytest.approx(35_040.0)


def test_the_business_case_by_hand_and_changed(tmp_path: Path) -> None:
    of = decision(
        [vendor("alpha", flat(0.0, 100.0))], [need("a")], [rating("alpha", "a", "native")],
        scenario={"years": 4, "discount_rate": 0.10}, benefits=[benefit(40.0)],
    )  # fmt: skip
    book = Reckoned(of, tmp_path)
    worth, rate = (f"B{book.row('Business case', name)}" for name in ("Net present value", "Internal rate of return"))
    # −100, 40, 40, 40, 40: 26.79 at 10 %, and 21.86 % a year
    found = book.anew()
    assert found["Business case", worth] == pytest.approx(26.79, abs=0.005)
    assert found["Business case", rate] == pytest.approx(0.2186, abs=0.00005)
    # at no discount the sum of the flows: 60
    free = {("Business case", f"B{book.row('Business case', 'Discount rate')}"): 0.0}
    assert book.anew(free)["Business case", worth] == pytest.approx(60.0)
    # 44 in the second year instead of 40: 4 / 1.21 = 3.31 more
    more = {("Business case", "D2"): 44.0}
    assert book.anew(more)["Business case", worth] == pytest.approx(26.79 + 3.31, abs=0.01)


def test_where_no_rate_exists_there_is_a_dash_and_not_an_error(tmp_path: Path) -> None:
    of = decision([vendor("alpha", flat(100.0))], [need("a")], benefits=[benefit(40.0)])
    book = Reckoned(of, tmp_path)
    place = ("Business case", f"B{book.row('Business case', 'Internal rate of return')}")
    assert book.shown(*place) == "–"
    assert str(book.anew()[place]) == "–"


# --- thin and large choices -------------------------------------------------------------------------------------------

ALL_OUT = decision(
    [vendor("alpha", flat(10.0)), vendor("beta", flat(20.0))], [need("a", priority="must")],
    [rating("alpha", "a", "none"), rating("beta", "a", "none")],
)  # fmt: skip


@pytest.mark.parametrize(
    "of",
    [
        decision([], []),
        decision([], [need("a")]),
        decision([vendor("alpha"), vendor("beta")], []),
        decision([vendor("alpha")], [need("a")]),
        decision([vendor("alpha", flat(0.0))], [need("a")], benefits=[benefit(1.0)], budget=1.0),
        ALL_OUT,
    ],
    ids=["nothing", "no vendor", "no need", "one vendor", "free", "all out"],
)
@pytest.mark.parametrize("made", [MADE, CHINESE], ids=["en", "zh"])
def test_thin_choices_reckon_too(of: Decision, made: Made, tmp_path: Path) -> None:
    book = Reckoned(of, tmp_path, made)
    if book.formulas:
        for place, value in book.anew().items():
            assert_same(value, book.shown(*place), (place, book.formulas[place]))


def test_who_is_out_has_no_probability_and_an_unknown_cost_is_a_word(tmp_path: Path) -> None:
    book = Reckoned(ALL_OUT, tmp_path)
    assert [book.shown("Summary", f"{column}2") for column in "ABC"] == ["Alpha", "Out", ""]
    book = Reckoned(choice(), tmp_path)
    row = book.row("Summary", "Gamma")
    assert [book.shown("Summary", f"{column}{row}") for column in "DE"] == ["unknown", "unknown"]


# --- what people wrote ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("attack", [FORMULA, MARKUP, IN_A_CHART, *(f"{sign}1+1" for sign in RUNS if sign.strip())])
def test_text_of_people_is_never_a_formula(attack: str, tmp_path: Path) -> None:
    text, named = {"en": attack, "zh": attack}, {"name": attack, "name_zh": attack}
    fact = {"about": "function", "text": text, "source": attack, "as_of": None, "grade": "own"}
    plan = {"name": attack, "source": attack, "as_of": None, "grade": "own", "pricing": flat(10.0)}
    of = decision(
        [vendor("alpha", facts=[fact]) | named | {"plans": [plan]}, vendor("beta", flat(20.0)) | named],
        [need("a") | {"text": text, "ask": text}],
        [rating("alpha", "a", "native"), rating("beta", "a", "none")],
        quotes=[{"vendor": "alpha", "plan": plan}],
        benefits=[benefit(1.0) | {"evidence": text}],
        name=attack,
    )
    book = Reckoned(of, tmp_path, Made(attack, MADE.at, MADE.time_zone, "en"))
    assert book.formulas
    assert not [formula for formula in book.formulas.values() if attack[:6] in formula or "cmd" in formula]
    words = [
        cell.value
        for sheet in book.written
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "s" and attack.lstrip("\t\r ") in str(cell.value)
    ]
    assert len(words) >= 10
    assert not [word for word in words if word[0] in RUNS]
    assert not [cell for sheet in book.written for row in sheet.iter_rows() for cell in row if cell.hyperlink]


def test_another_reader_opens_it_with_all_sheets(tmp_path: Path) -> None:
    content = as_workbook(told(choice()), Made("Ann", MADE.at, MADE.time_zone, "zh_CN", version=3))
    opened = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert len(opened.sheet_names) == 9
    about = opened.get_sheet_by_name(opened.sheet_names[-1]).to_python()
    assert any(evaluate(choice()).inputs_hash in row for row in about)
    weights = opened.get_sheet_by_name("权重").to_python()
    # 50, 30, 10 and 20 of 110
    assert {row[0]: round(float(row[2]), 4) for row in weights[1:]}[say(CRITERIA["function"], "zh_CN")] == 0.4545


def test_facts_stand_with_their_sources(tmp_path: Path) -> None:
    book = Reckoned(choice(), tmp_path)
    row = book.row("Facts", "Alpha", "Price list List")
    assert [book.shown("Facts", f"{column}{row}") for column in "CE"] == ["Made up", "own"]
    assert book.shown("Facts", f"D{row}").date() == dt.date(2026, 11, 25)
