"""The decision file as a workbook that goes on reckoning: change a weight, a rating, a growth rate, and see.

What is coloured may be changed. Requirements add up to criteria, criteria to scores, years to totals, flows to net
present value and internal rate, by formulas over cells of the same workbook. What only the simulation can tell (the
value of cost, P50 and P90, the probability of coming first) stands as a number, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from erp_core.files.export import ExportHeader
from erp_core.files.live_workbook import Cell, Formula, LiveSheet, at, live_workbook, span
from erp_core.text import T, Text, say
from erp_core.vendors.bill import KINDS
from erp_core.vendors.business_case import benefit_name
from erp_core.vendors.criteria import CRITERIA, LEAVES, criterion_of
from erp_core.vendors.flows import npv
from erp_core.vendors.naming import PRIORITY_NAMES
from erp_core.vendors.renewal import GROWTHS, at_todays_prices
from erp_core.vendors.report.blocks import Said
from erp_core.vendors.report.content import Answered, facts_table
from erp_core.vendors.report.html import said
from erp_core.vendors.scoring import POINTS, Cells, cells_of, opinions


@dataclass(frozen=True)
class _Names:
    """The names of the sheets, in the reader's language."""

    summary: str
    weights: str
    scores: str
    ratings: str
    cost: str
    renewals: str
    case: str
    facts: str


@dataclass(frozen=True)
class _Writer:
    answered: Answered
    language: str
    names: _Names
    cells: Cells

    def word(self, text: Said) -> str:
        return said(text, self.language)

    def head(self, *texts: Said) -> list[Cell]:
        return [Cell(self.word(text), strong=True) for text in texts]

    def name(self, key: str) -> str:
        return self.word(self.answered.name(key))

    @property
    def vendors(self) -> tuple[str, ...]:
        return self.answered.evaluation.vendors

    @property
    def criteria(self) -> tuple[str, ...]:
        return tuple(str(key) for key in self.answered.evaluation.middle.columns)

    @property
    def standing(self) -> tuple[list[float], list[int]]:
        """The scores that the formulas come to as the file is written, and their ranks."""
        evaluation = self.answered.evaluation
        weights = np.array([evaluation.weights.get(key, 0.0) for key in self.criteria])
        sums = [float(value) for value in evaluation.middle.to_numpy(dtype=float) @ weights]
        return sums, [1 + sum(other > one for other in sums) for one in sums]


def decision_workbook(answered: Answered, header: ExportHeader) -> bytes:
    """The workbook in the language of the header."""
    language = header.language

    def word(text: Text) -> str:
        return say(text, language)

    names = _Names(
        word(T("Summary")), word(T("Weights")), word(T("Scores")), word(T("Ratings")), word(T("Cost")),
        word(T("Renewals")), word(T("Business case")), word(T("Facts")),
    )  # fmt: skip
    decision = answered.decision
    writer = _Writer(answered, language, names, cells_of(decision, opinions(decision)))
    sheets = [_summary(writer), _weights(writer), _scores(writer), _ratings(writer), _cost(writer)]
    sheets += [sheet for sheet in (_renewals(writer), _case(writer), _facts(writer)) if sheet is not None]
    return live_workbook(sheets, header, word(T("About")))


# --- scores --------------------------------------------------------------------------------------------------------


def _weights(writer: _Writer) -> LiveSheet:
    """criterion · weight (to change) · share."""
    rows = [writer.head(T("Criterion"), T("Weight"), T("Share"))]
    count = len(writer.criteria)
    given = span((1, 1), (count, 1), fixed=True)
    for row, key in enumerate(writer.criteria, start=1):
        weight = writer.answered.evaluation.weights.get(key, 0.0)
        rows.append(
            [
                Cell(writer.word(CRITERIA[key])),
                Cell(weight, "number", given=True),
                Cell(Formula(f"{at(row, 1)}/SUM({given})", weight), "share"),
            ]
        )
    return LiveSheet(writer.names.weights, rows, widths=(28, 12, 12))


def _scores(writer: _Writer) -> LiveSheet:
    """The shares of the weights in a row; under it vendor · score · rank · a column a criterion. The value of
    cost comes from the simulation, the others from the ratings."""
    evaluation, criteria = writer.answered.evaluation, writer.criteria
    count = len(criteria)
    rows = [writer.head(T("Vendor"), T("Score"), T("Rank"), *(CRITERIA[key] for key in criteria))]
    shares = [
        Cell(Formula(at(row, 2, writer.names.weights), evaluation.weights.get(key, 0.0)), "share")
        for row, key in enumerate(criteria, start=1)
    ]
    rows.append([Cell(writer.word(T("Share of the weight"))), Cell(None), Cell(None), *shares])
    scores = span((2, 1), (1 + len(writer.vendors), 1), fixed=True)
    sums, ranks = writer.standing
    for number, vendor in enumerate(writer.vendors):
        row = 2 + number
        reckoned = f"SUMPRODUCT({span((row, 3), (row, 2 + count))},{span((1, 3), (1, 2 + count), fixed=True)})"
        ranked = f"RANK({at(row, 1)},{scores})"
        cells = [
            Cell(writer.name(vendor)),
            Cell(Formula(reckoned, sums[number]) if count else None, "number"),
            Cell(Formula(ranked, float(ranks[number])) if count else None, "count"),
        ]
        values = evaluation.middle.loc[vendor].to_numpy(dtype=float).tolist()
        cells += [_criterion(writer, number, key, value) for key, value in zip(criteria, values, strict=True)]
        rows.append(cells)
    return LiveSheet(writer.names.scores, rows, frozen=(2, 1), widths=(28, 10, 8, *[13] * count))


def _criterion(writer: _Writer, vendor: int, criterion: str, value: float) -> Cell:
    """The value of a criterion: from the ratings where it has any. Unknown ratings are empty and count for the middle
    of the scale here; the simulation lets them lie anywhere on it."""
    if criterion not in writer.cells.criteria:
        return Cell(value, "number", given=True)
    last = len(writer.cells.needs)
    ratings = writer.names.ratings
    belongs = span((1, 1), (last, 1), ratings, fixed=True)
    points = span((1, 4), (last, 4), ratings, fixed=True)
    values = span((1, 5 + vendor), (last, 5 + vendor), ratings, fixed=True)
    one = f"({belongs}={at(1 + writer.criteria.index(criterion), 0, writer.names.weights, fixed=True)})*{points}"
    met, blank = f"SUMPRODUCT({one}*{values})", f'SUMPRODUCT({one}*({values}=""))'
    return Cell(Formula(f"({met}+0.5*{blank})/SUMPRODUCT({one})", value), "number")


def _ratings(writer: _Writer) -> LiveSheet:
    """requirement · criterion · leaf · priority · points (to change) · a value a vendor (empty = unknown)."""
    cells = writer.cells
    rows = [
        writer.head(
            T("Requirement"), T("Criterion"), T("Part"), T("Priority"), T("Points"),
            *(writer.answered.name(key) for key in writer.vendors),
        )
    ]  # fmt: skip
    for number, need in enumerate(cells.needs):
        row = [
            Cell(writer.word(need.text)),
            Cell(writer.word(CRITERIA[criterion_of(need.criterion)])),
            Cell(writer.word(LEAVES.get(need.criterion, need.criterion))),
            Cell(writer.word(PRIORITY_NAMES[need.priority])),
            Cell(POINTS[need.priority] * need.weight, "number", given=True),
        ]
        for vendor in range(len(writer.vendors)):
            known = bool(cells.known[vendor, number])
            row.append(Cell(float(cells.middle[vendor, number]) if known else None, "number", given=True))
        rows.append(row)
    return LiveSheet(writer.names.ratings, rows, frozen=(1, 1), widths=(60, 18, 18, 12, 9, *[13] * len(writer.vendors)))


# --- money ---------------------------------------------------------------------------------------------------------


def _tables(writer: _Writer) -> list[str]:
    return [key for key in writer.vendors if writer.answered.evaluation.costs[key].table is not None]


def _cost(writer: _Writer) -> LiveSheet:
    """vendor · kind · a column a year (to change) · total; a line of sums under each vendor."""
    years = writer.answered.decision.scenario.years
    heads = writer.head(
        T("Vendor"), T("Cost"), *(T("Year {year}", year=year) for year in range(1, years + 1)), T("Total")
    )
    rows = [heads]
    for key in _tables(writer):
        table = writer.answered.evaluation.costs[key].table
        assert table is not None
        first = len(rows)
        for kind in [kind for kind in table.columns if table[kind].any()]:
            line = len(rows)
            row = [Cell(writer.name(key)), Cell(writer.word(KINDS[kind]))]
            row += [Cell(float(value), "money", given=True) for value in table[kind]]
            total = Formula(f"SUM({span((line, 2), (line, 1 + years))})", float(table[kind].sum()))
            rows.append([*row, Cell(total, "money")])
        last = len(rows) - 1
        sums = [Cell(writer.name(key), strong=True), Cell(writer.word(T("Total")), strong=True)]
        by_year = [*(float(value) for value in table.sum(axis=1)), float(table.to_numpy().sum())]
        for column, value in enumerate(by_year, start=2):
            reckoned = Formula(f"SUM({span((first, column), (last, column))})", value) if last >= first else value
            sums.append(Cell(reckoned, "money", strong=True))
        rows.append(sums)
    return LiveSheet(writer.names.cost, rows, frozen=(1, 2), widths=(26, 22, *[13] * (years + 1)))


def _renewals(writer: _Writer) -> LiveSheet | None:
    """What the total comes to when prices grow: today's prices year by year, and four growth rates (to change)."""
    years = writer.answered.decision.scenario.years
    known = _tables(writer)
    if not known:
        return None
    growths = [Cell(growth, "share", strong=True, given=True) for growth in GROWTHS]
    rows = [
        [
            *writer.head(
                T("Vendor"), T("Year"), T("Renewals so far"), T("Grows, at today's prices"), T("Does not grow")
            ),
            *growths,
        ]
    ]
    first_growth = 5
    for key in known:
        grows, stays, renewals = at_todays_prices(writer.answered.decision, writer.answered.vendor(key))
        begin = len(rows)
        for year in range(years):
            line = len(rows)
            row = [
                Cell(writer.name(key)),
                Cell(year + 1, "count"),
                Cell(renewals[year], "count", given=True),
                Cell(grows[year], "money", given=True),
                Cell(stays[year], "money", given=True),
            ]
            for number, growth in enumerate(GROWTHS):
                formula = f"{at(line, 3)}*(1+{at(0, first_growth + number, fixed=True)})^{at(line, 2)}+{at(line, 4)}"
                value = grows[year] * (1 + growth) ** renewals[year] + stays[year]
                row.append(Cell(Formula(formula, value), "money"))
            rows.append(row)
        sums = [
            Cell(writer.name(key), strong=True),
            Cell(writer.word(T("Total")), strong=True),
            Cell(None),
            Cell(None),
            Cell(None),
        ]
        for number, growth in enumerate(GROWTHS):
            column = first_growth + number
            value = sum(grows[year] * (1 + growth) ** renewals[year] + stays[year] for year in range(years))
            sums.append(
                Cell(Formula(f"SUM({span((begin, column), (len(rows) - 1, column))})", value), "money", strong=True)
            )
        rows.append(sums)
    return LiveSheet(writer.names.renewals, rows, frozen=(1, 2), widths=(26, 10, 14, 18, 18, *[14] * len(GROWTHS)))


def _case(writer: _Writer) -> LiveSheet | None:
    """The expected flows of the business case (to change), their sum, and what they come to at a discount rate (to
    change)."""
    case = writer.answered.case
    if case is None or case.unknown is not None:
        return None
    years = len(case.flows) - 1
    heads = writer.head(
        T("Line"), T("Before it begins"), *(T("Year {year}", year=year) for year in range(1, years + 1))
    )
    rows = [heads]
    for key in case.benefits.columns:
        values = case.benefits[key].to_numpy(dtype=float).tolist()
        rows.append(
            [Cell(writer.word(benefit_name(str(key)))), *(Cell(value, "money", given=True) for value in values)]
        )
    costs = (-case.flows["cost"]).to_numpy(dtype=float).tolist()
    rows.append([Cell(writer.word(T("Costs"))), *(Cell(value, "money", given=True) for value in costs)])
    last, line = len(rows) - 1, len(rows)
    net, running = (case.flows[name].to_numpy(dtype=float).tolist() for name in ("net", "cumulative"))
    sums = [Formula(f"SUM({span((1, column), (last, column))})", net[column - 1]) for column in range(1, years + 2)]
    rows.append([*writer.head(T("Net")), *(Cell(one, "money", strong=True) for one in sums)])
    sums = [
        Formula(f"SUM({at(line, 1, fixed=True)}:{at(line, column)})", running[column - 1])
        for column in range(1, years + 2)
    ]
    rows.append([Cell(writer.word(T("Net so far"))), *(Cell(one, "money") for one in sums)])
    rows.append([])
    rate = len(rows)
    rows.append([Cell(writer.word(T("Discount rate"))), Cell(case.discount_rate, "share", given=True)])
    value = Formula(
        f"NPV({at(rate, 1)},{span((line, 2), (line, 1 + years))})+{at(line, 1)}", npv(case.discount_rate, net)
    )
    rows.append([*writer.head(T("Net present value")), Cell(value, "money", strong=True)])
    rows.append([*writer.head(T("Internal rate of return")), Cell(_irr(case.irr, line, years), "share", strong=True)])
    return LiveSheet(writer.names.case, rows, widths=(44, *[15] * (years + 1)))


def _irr(rate: float | None, line: int, years: int) -> Formula:
    """The rate of the flows in a line, a dash where there is none. A spreadsheet names one rate even where several
    solve the equation, so it is asked only where the flows change their sign once; and it begins at the known rate."""
    flows = span((line, 1), (line, 1 + years))
    if rate is not None:
        return Formula(f'IFERROR(IRR({flows},{rate:.4f}),"–")', rate)
    turns = f"SUMPRODUCT(({span((line, 1), (line, years))}*{span((line, 2), (line, 1 + years))}<0)*1)"
    return Formula(f'IF({turns}>1,"–",IFERROR(IRR({flows}),"–"))', "–")


# --- the rest ------------------------------------------------------------------------------------------------------


def _summary(writer: _Writer) -> LiveSheet:
    """vendor · in or out · probability of the first place · P50 · P90 (from the simulation) · score and rank (live)."""
    evaluation = writer.answered.evaluation
    rows = [
        writer.head(
            T("Vendor"), T("State"), T("Comes first"), T("Middle case (P50)"), T("Nine of ten (P90)"), T("Score"),
            T("Rank"),
        )
    ]  # fmt: skip
    sums, ranks = writer.standing
    scored = bool(writer.criteria)  # where nothing is scored there is nothing to add up
    for number, key in enumerate(writer.vendors, start=1):
        cost = evaluation.costs[key]
        inside = key in evaluation.in_play
        first: float | str = ""
        if inside and evaluation.ranks.shape[1] and evaluation.weights:
            first = float(evaluation.ranks.loc[key].iloc[0])
        unknown = writer.word(T("unknown"))
        rows.append(
            [
                Cell(writer.name(key)),
                Cell(writer.word(T("In") if inside else T("Out"))),
                Cell(first, "share"),
                Cell(unknown if cost.p50 is None else cost.p50, "money"),
                Cell(unknown if cost.p90 is None else cost.p90, "money"),
                Cell(Formula(at(1 + number, 1, writer.names.scores), sums[number - 1]) if scored else None, "number"),
                Cell(
                    Formula(at(1 + number, 2, writer.names.scores), float(ranks[number - 1])) if scored else None,
                    "count",
                ),
            ]
        )
    return LiveSheet(writer.names.summary, rows, widths=(28, 10, 13, 20, 20, 10, 8))


def _facts(writer: _Writer) -> LiveSheet | None:
    """Every fact with its source."""
    table = facts_table(writer.answered)
    if table is None:
        return None
    rows = [[Cell(writer.word(column.title), strong=True) for column in table.columns]]
    for values in table.rows:
        rows.append([_fact(writer, value, column.kind) for value, column in zip(values, table.columns, strict=True)])
    return LiveSheet(writer.names.facts, rows, widths=(24, 70, 50, 12, 8))


def _fact(writer: _Writer, value: Any, kind: str) -> Cell:
    if value is None:
        return Cell(writer.word(T("unknown")))
    return Cell(value, "day") if kind == "day" else Cell(writer.word(value))
