"""What the decision file says: from the decision and its answer to sections, in an order that a reader decides by.

The answer and who is out of it; how sure it is; what it costs and returns; what to ask and what to have written; and,
for whoever doubts it, everything that it rests on, each fact with its source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from erp_core.text import BothLanguages, Money, T, Text
from erp_core.vendors import contract
from erp_core.vendors.bill import KINDS
from erp_core.vendors.business_case import Case, benefit_name, counted_benefits
from erp_core.vendors.criteria import CRITERIA, LEAVES
from erp_core.vendors.jury import METHOD_NAMES as JURY_NAMES
from erp_core.vendors.naming import EVIDENCE_NAMES, FIT_NAMES, PRIORITY_NAMES, percent, vendor_words, words
from erp_core.vendors.plans import price_of
from erp_core.vendors.renewal import GROWTHS, quotes_side_by_side, stress
from erp_core.vendors.report.blocks import (
    Bar,
    Bars,
    Block,
    Column,
    Kind,
    Line,
    Lines,
    Paragraph,
    Points,
    Section,
    Table,
)
from erp_core.vendors.results import Evaluation
from erp_core.vendors.schema import Decision, Vendor

MATTERS_SHOWN = 8
_FLOWS = {"benefit": T("Benefits"), "cost": T("Costs"), "net": T("Net"), "cumulative": T("Net so far")}


@dataclass(frozen=True)
class Answered:
    """A decision with its answer, and the business case of one vendor (None where there is no vendor)."""

    decision: Decision
    evaluation: Evaluation
    case: Case | None

    def name(self, key: str) -> BothLanguages:
        """A vendor's name."""
        return vendor_words(self.vendor(key))

    def vendor(self, key: str) -> Vendor:
        """A vendor of the list."""
        return next(vendor for vendor in self.decision.vendors if vendor.key == key)

    @property
    def order(self) -> list[str]:
        """The vendors in play, the likeliest first place first."""
        ranks = self.evaluation.ranks
        first = ranks.iloc[:, 0] if ranks.shape[1] else pd.Series(dtype=float)
        return sorted(self.evaluation.in_play, key=lambda key: -float(first.get(key, 0.0)))

    @property
    def ranked(self) -> bool:
        """Whether anything is compared: two vendors in play at least, and something to score."""
        return len(self.evaluation.in_play) > 1 and bool(self.evaluation.weights)

    def score(self, key: str) -> Mapping[str, float]:
        """A vendor's score: low, middle, high."""
        scores = self.evaluation.scores
        row = scores[scores["vendor"] == key].iloc[0]
        return {end: float(row[end]) for end in ("low", "middle", "high")}

    @property
    def currency(self) -> str:
        """The currency of all money in the file."""
        return self.decision.scenario.currency


def sections(answered: Answered) -> tuple[Section, ...]:
    """All sections; those that have nothing to say are left out. The last one holds the facts."""
    made = [
        Section(T("The answer"), _answer(answered)),
        Section(T("Who is out, and what would bring them back"), _gates(answered)),
        Section(T("How sure that is"), _certainty(answered)),
        Section(T("Scores"), _scores(answered)),
        Section(T("What it costs"), _cost(answered)),
        Section(T("Before signing: renewals and quotes"), _renewals(answered)),
        Section(T("What it returns"), _case(answered)),
        Section(T("Points for the negotiation"), _negotiation(answered)),
        Section(T("What belongs in the contract"), _contract(answered)),
        Section(T("What to find out next"), _questions(answered)),
        Section(T("What the answer rests on"), _basis(answered)),
        Section(T("Requirements and ratings"), _requirements(answered)),
        Section(T("Published facts, with their sources"), _facts(answered)),
    ]
    return tuple(section for section in made if section.blocks)


# --- the answer ----------------------------------------------------------------------------------------------------


def headline(answered: Answered) -> Text:
    """The answer in a sentence or two."""
    order, first = answered.order, answered.evaluation.ranks
    if not order:
        return T("No vendor passes the gates. See what would bring one back.")
    if len(order) == 1:
        return T("Only {vendor} passes the gates: there is nothing to rank it against.", vendor=answered.name(order[0]))
    if not answered.evaluation.weights:
        return T("There is nothing to score: no requirement counts, and cost has no scale.")
    return T(
        "{vendor} comes first in {share} % of what may be true; next is {second} with {other} %.",
        vendor=answered.name(order[0]),
        share=percent(float(first.loc[order[0]].iloc[0])),
        second=answered.name(order[1]),
        other=percent(float(first.loc[order[1]].iloc[0])),
    )


def _answer(answered: Answered) -> list[Block]:
    blocks: list[Block] = [Paragraph(headline(answered), "lead")]
    order, costs = answered.order, answered.evaluation.costs
    if order:
        cost = costs[order[0]]
        if cost.p50 is None or cost.p90 is None:
            blocks.append(
                Paragraph(T("What {vendor} costs is not known: ask for a quote.", vendor=answered.name(order[0])))
            )
        else:
            blocks.append(
                Paragraph(
                    T(
                        "Over {years} years it costs {p50} in the middle case, and in nine of ten cases at most {p90}.",
                        years=answered.decision.scenario.years,
                        p50=Money(cost.p50, answered.currency),
                        p90=Money(cost.p90, answered.currency),
                    )
                )
            )
    blocks += [Paragraph(note, "warning") for note in answered.evaluation.notes]
    return blocks


def _gates(answered: Answered) -> list[Block]:
    gates = answered.evaluation.gates
    if not gates:
        return [Paragraph(T("Every vendor passes every gate."))]
    rows = [
        [
            answered.name(gate.vendor),
            T("Out") if gate.state == "failed" else T("Not known yet"),
            gate.reason,
            gate.way_back,
        ]
        for gate in sorted(gates, key=lambda gate: (gate.state != "failed", gate.vendor))
    ]
    titles = (T("Vendor"), T("State"), T("Why"), T("What would bring it back"))
    return [Table([Column(title) for title in titles], rows)]


# --- certainty -----------------------------------------------------------------------------------------------------


def _certainty(answered: Answered) -> list[Block]:
    evaluation, order = answered.evaluation, answered.order
    blocks: list[Block] = []
    if answered.ranked:
        first = evaluation.ranks.iloc[:, 0]
        bars = [Bar(answered.name(key), float(first[key])) for key in order]
        blocks.append(Bars(bars, "share", T("Probability of coming first")))
        blocks.append(Paragraph(T("Probability of coming first, over weights, ratings and costs together."), "note"))
        blocks.append(_ranks(answered))
        blocks.append(_central(answered))
    if evaluation.price_trap is not None:
        blocks.append(Paragraph(evaluation.price_trap.text))
    blocks += [Paragraph(meter.text) for meter in evaluation.overkill]
    if evaluation.jury_text is not None:
        blocks.append(Paragraph(evaluation.jury_text))
    if evaluation.jury and answered.ranked:
        rows = [[JURY_NAMES[verdict.method], *_places(answered, verdict.order)] for verdict in evaluation.jury]
        names = [Column(answered.name(key), "count") for key in evaluation.in_play]
        blocks.append(Table([Column(T("Method")), *names], rows))
    if evaluation.reversals:
        blocks.append(Points(evaluation.reversals))
    if evaluation.dissent is not None:
        blocks.append(Paragraph(evaluation.dissent.text))
    return blocks


def _places(answered: Answered, order: Sequence[int]) -> list[int | None]:
    """The place of each vendor in play in an order of indices into all vendors."""
    evaluation = answered.evaluation
    places = {evaluation.vendors[index]: place for place, index in enumerate(order, start=1)}
    return [places.get(key) for key in evaluation.in_play]


def _ranks(answered: Answered) -> Table:
    ranks = answered.evaluation.ranks
    columns = [Column(T("Vendor")), *(Column(T("Rank {rank}", rank=n + 1), "share") for n in range(ranks.shape[1]))]
    return Table(columns, [[answered.name(key), *map(float, ranks.loc[key])] for key in answered.order])


def _central(answered: Answered) -> Table:
    """With which weights each one wins: who should choose it."""
    central = answered.evaluation.central
    columns = [Column(T("Who should choose it: weights with which it wins"))]
    columns += [Column(CRITERIA[key], "share") for key in central.columns]
    winners = [key for key in answered.order if key in central.index and central.loc[key].notna().any()]
    rows = [[answered.name(key), *map(float, central.loc[key])] for key in winners]
    return Table(columns, rows)


def _scores(answered: Answered) -> list[Block]:
    evaluation = answered.evaluation
    columns = [
        Column(T("Vendor")),
        Column(T("Score"), "number"),
        Column(T("From"), "number"),
        Column(T("To"), "number"),
    ]
    columns += [Column(T("Known"), "share"), *(Column(CRITERIA[key], "number") for key in evaluation.middle.columns)]
    rows: list[list[Any]] = [
        [T("Weight"), None, None, None, None, *(evaluation.weights.get(key) for key in evaluation.middle.columns)]
    ]
    rows[0][1:5] = ["", "", "", ""]
    for key in evaluation.vendors:
        score = answered.score(key)
        middle = evaluation.middle.loc[key]
        rows.append(
            [
                answered.name(key),
                score["middle"],
                score["low"],
                score["high"],
                evaluation.known[key],
                *map(float, middle),
            ]
        )
    note = T(
        "Values lie between 0 and 1 on fixed scales, so that no vendor's value depends on who else is compared. What "
        "is unknown may lie anywhere between; the score is the middle of what may be true, from and to are its ends."
    )
    return [Table(columns, rows, frozenset({0})), Paragraph(note, "note")]


# --- money ---------------------------------------------------------------------------------------------------------


def _cost(answered: Answered) -> list[Block]:
    evaluation = answered.evaluation
    columns = [Column(T("Vendor")), Column(T("Paid by")), Column(T("Middle case (P50)"), "money")]
    columns += [Column(T("Nine of ten (P90)"), "money"), Column(T("Year 1"), "money")]
    rows: list[list[Any]] = []
    for key in evaluation.vendors:
        cost = evaluation.costs[key]
        first = None if cost.table is None else float(cost.table.iloc[0].sum())
        rows.append([answered.name(key), cost.plan, cost.p50, cost.p90, first])
    blocks: list[Block] = [Table(columns, rows)]
    known = [key for key in evaluation.vendors if evaluation.costs[key].table is not None]
    if known:
        lines = [Line(answered.name(key), _running(evaluation.costs[key].table)) for key in known]
        blocks.append(Lines(lines, T("Year"), alt=T("Cost up to the end of each year, as told")))
    for key in known:
        table = evaluation.costs[key].table
        assert table is not None
        blocks.append(Paragraph(T("{vendor}, year by year", vendor=answered.name(key))))
        blocks.append(_yearly(table))
        lacking = evaluation.costs[key].lacking
        if lacking:
            blocks.append(Points(lacking))
    for key in evaluation.vendors:
        unknown = evaluation.costs[key].unknown
        if unknown is not None:
            blocks.append(Paragraph(T("{vendor}: {reason}", vendor=answered.name(key), reason=unknown), "note"))
    return blocks


def _running(table: pd.DataFrame | None) -> list[float]:
    assert table is not None
    return [float(value) for value in table.sum(axis=1).cumsum()]


def _yearly(table: pd.DataFrame) -> Table:
    """Kinds of cost that occur × years, with totals."""
    kinds = [kind for kind in table.columns if table[kind].any()]
    columns = [Column(T("Cost")), *(Column(T("Year {year}", year=year), "money") for year in table.index)]
    columns.append(Column(T("Total"), "money"))
    rows: list[list[Any]] = [[KINDS[kind], *map(float, table[kind]), float(table[kind].sum())] for kind in kinds]
    rows.append([T("Total"), *map(float, table.sum(axis=1)), float(table.to_numpy().sum())])
    return Table(columns, rows, frozenset({len(rows) - 1}))


def _renewals(answered: Answered) -> list[Block]:
    """What renewals may bring, and quotes side by side."""
    blocks: list[Block] = []
    stressed = stress(answered.decision)
    if len(stressed):
        columns = [Column(T("If prices grow a year by"))]
        columns += [Column(f"{percent(growth):g} %", "money") for growth in GROWTHS]
        rows: list[list[Any]] = []
        for (key, capped), part in stressed.groupby(["vendor", "capped"], sort=False):
            name = answered.name(str(key))
            shown = T("{vendor}, under its cap", vendor=name) if capped == 1 else name
            rows.append([shown, *map(float, part["total"])])
        blocks.append(Table(columns, rows))
    quotes = quotes_side_by_side(answered.decision)
    if len(quotes):
        titles: tuple[tuple[Text, Kind], ...] = (
            (T("Vendor"), "text"), (T("Quote"), "text"), (T("As of"), "day"), (T("Valid until"), "day"),
            (T("Year 1"), "money"), (T("Total"), "money"), (T("Below its price list"), "share"), (T("Cap"), "share"),
            (T("Locked years"), "count"),
        )  # fmt: skip
        names = ("name", "as_of", "valid_until", "first_year", "total", "below_list", "cap", "locked_years")
        rows = [[answered.name(row["vendor"]), *(row[name] for name in names)] for row in quotes.to_dict("records")]
        columns = [Column(title, kind) for title, kind in titles]
        blocks.append(Table(columns, rows))
    return blocks


def _case(answered: Answered) -> list[Block]:
    """The business case: what it is made for, what it comes to, on what benefits, what matters most."""
    case = answered.case
    if case is None:
        return []
    blocks: list[Block] = [Paragraph(T("For {vendor}:", vendor=answered.name(case.vendor)))]
    if case.unknown is not None or case.npv_p50 is None or case.npv_p10 is None or case.npv_p90 is None:
        reason = case.unknown if case.unknown is not None else T("unknown")
        return [*blocks, Paragraph(reason), *([Points(case.lacking)] if case.lacking else [])]
    blocks.append(
        Paragraph(
            T(
                "Net present value {p50} in the middle case ({p10} to {p90} in eight of ten), at {rate} % a year; the "
                "probability of a loss is {loss} %.",
                p50=Money(case.npv_p50, case.currency),
                p10=Money(case.npv_p10, case.currency),
                p90=Money(case.npv_p90, case.currency),
                rate=percent(case.discount_rate),
                loss=percent(case.loss or 0.0),
            )
        )
    )
    if case.too_good is not None:
        blocks.append(Paragraph(case.too_good, "warning"))
    figures = (
        (T("Internal rate of return"), None if case.irr is None else f"{percent(case.irr):g} %"),
        (T("Payback, years"), None if case.payback is None else f"{case.payback:.1f}"),
        (T("Discounted payback, years"), None if case.discounted_payback is None else f"{case.discounted_payback:.1f}"),
    )
    blocks.append(
        Table(
            [Column(T("Figure")), Column(T("Value"))],
            [[name, T("none in these years") if value is None else value] for name, value in figures],
        )
    )
    flows = case.flows
    columns = [Column(T("Year"), "count"), *(Column(title, "money") for title in _FLOWS.values())]
    rows = [[year, *values] for year, values in enumerate(flows[list(_FLOWS)].to_numpy(dtype=float).tolist())]
    blocks.append(Table(columns, rows))
    counted = counted_benefits(answered.decision, case.vendor)
    columns = [Column(T("Benefit")), Column(T("From"), "money"), Column(T("Likely"), "money"), Column(T("To"), "money")]
    columns += [Column(T("How often")), Column(T("Rests on"))]
    rows = [
        [
            benefit_name(one.key), one.a_year.low, one.a_year.likely, one.a_year.high,
            T("once") if one.once else T("a year"), one.evidence or "",
        ]
        for one in counted
    ]  # fmt: skip
    blocks.append(Table(columns, rows))
    if len(case.tornado):
        columns = [Column(T("What matters most")), Column(T("Net present value at its low end"), "money")]
        columns.append(Column(T("At its high end"), "money"))
        swings = case.tornado.head(MATTERS_SHOWN).to_dict("records")
        blocks.append(Table(columns, [[row["name"], float(row["npv_low"]), float(row["npv_high"])] for row in swings]))
    if case.lacking:
        blocks += [Paragraph(T("Not counted:"), "note"), Points(case.lacking)]
    return blocks


# --- what to do ----------------------------------------------------------------------------------------------------


def _negotiation(answered: Answered) -> list[Block]:
    order = answered.order
    blocks: list[Block] = []
    if answered.ranked:
        blocks.append(
            Paragraph(
                T(
                    "Your alternative is {second}: value {score} of 1 against {best} of {vendor}. What {vendor} asks "
                    "beyond that difference is what you would pay for not walking away.",
                    second=answered.name(order[1]),
                    score=f"{answered.score(order[1])['middle']:.2f}",
                    best=f"{answered.score(order[0])['middle']:.2f}",
                    vendor=answered.name(order[0]),
                )
            )
        )
    if answered.evaluation.switches:
        blocks.append(Points([switch.text for switch in answered.evaluation.switches]))
    return blocks


def _contract(answered: Answered) -> list[Block]:
    order = answered.order
    if not order:
        return []
    bill = price_of(answered.vendor(order[0]), answered.decision).bill
    clauses = contract.checklist(answered.decision, order[0], None if bill is None else bill.pricing)
    columns = [
        Column(title) for title in (T("Clause"), T("To have written"), T("Where it stands"), T("What it is worth"))
    ]
    rows = [
        [clause.title, clause.ask, contract.STATES[clause.state], clause.worth if clause.worth is not None else ""]
        for clause in clauses
    ]
    return [Paragraph(T("With {vendor}:", vendor=answered.name(order[0]))), Table(columns, rows)]


def _questions(answered: Answered) -> list[Block]:
    questions = answered.evaluation.questions
    return [Points([question.text for question in questions])] if questions else []


# --- what it rests on ----------------------------------------------------------------------------------------------


def _basis(answered: Answered) -> list[Block]:
    decision = answered.decision
    scenario = decision.scenario
    known: list[list[Any]] = [
        [T("Years"), str(scenario.years)],
        [T("Begins on"), scenario.start],
        [T("Users"), _path(scenario.users)],
        [T("Orders a month"), _path(scenario.orders)],
        [T("Locations"), _path(scenario.locations)],
        [T("Budget"), Money(decision.budget, scenario.currency) if decision.budget is not None else T("none stated")],
        [T("Draws of the simulation"), f"{decision.draws:,}"],
        [T("Seed"), str(decision.seed)],
    ]
    for rate in scenario.rates:
        known.append(
            [
                T("1 {currency} of {day}", currency=rate.currency, day=rate.as_of),
                f"{rate.rate:g} {scenario.currency} ({rate.source})",
            ]
        )
    blocks: list[Block] = [Table([Column(T("Assumption")), Column(T("Value"))], [[a, _plain(b)] for a, b in known])]
    if decision.own_numbers:
        rows = [
            [number.key, f"{number.value:,.4g}", words(number.source), number.period] for number in decision.own_numbers
        ]
        columns = [Column(title) for title in (T("Own number"), T("Value"), T("Where it comes from"), T("Period"))]
        blocks.append(Table(columns, rows))
    for weighting in decision.weightings:
        shown = ", ".join(f"{key} {point:g}" for key, point in zip(weighting.criteria, weighting.points, strict=False))
        blocks.append(
            Paragraph(
                T(
                    "Weights of {evaluator} (share {share}, {method}): {points}",
                    evaluator=weighting.evaluator,
                    share=f"{weighting.share:g}",
                    method=WEIGHED_BY[weighting.method],
                    points=shown or "–",
                ),
                "note",
            )
        )
    return blocks


WEIGHED_BY: Mapping[str, Text] = {
    "direct": T("by points"),
    "swing": T("by swing"),
    "ahp": T("by pairwise comparison"),
}


def _plain(value: Any) -> Any:
    return T("{amount}", amount=value) if isinstance(value, Money) else value


def _path(path: Any) -> Text | str:
    if path.by_year:
        return " → ".join(f"{value:,g}" for value in path.by_year)
    if not path.growth:
        return f"{path.now:,g}"
    return T("{now}, growing by {growth} % a year", now=f"{path.now:,g}", growth=percent(path.growth))


def _requirements(answered: Answered) -> list[Block]:
    decision = answered.decision
    rated = {(rating.vendor, rating.requirement): rating for rating in decision.ratings}
    published = {(vendor.key, fit.requirement): fit for vendor in decision.vendors for fit in vendor.fits}
    columns = [Column(T("Requirement")), Column(T("Criterion")), Column(T("Priority"))]
    columns += [Column(answered.name(vendor.key)) for vendor in decision.vendors]
    rows: list[list[Any]] = []
    for need in decision.requirements:
        cells: list[Text | None] = []
        for vendor in decision.vendors:
            held = rated.get((vendor.key, need.key)) or published.get((vendor.key, need.key))
            known = held is not None and held.fit.value != "unknown"
            cells.append(
                T("{fit} ({evidence})", fit=FIT_NAMES[held.fit], evidence=EVIDENCE_NAMES[held.evidence])
                if held is not None and known
                else None
            )
        rows.append(
            [words(need.text), LEAVES.get(need.criterion, need.criterion), PRIORITY_NAMES[need.priority], *cells]
        )
    return [Table(columns, rows)] if rows else []


def facts_table(answered: Answered) -> Table | None:
    """Every published fact, price list and quote with its source, day and grade; None where there is none."""
    rows: list[list[Any]] = []
    for vendor in answered.decision.vendors:
        name = vendor_words(vendor)
        rows += [[name, words(fact.text), fact.source, fact.as_of, fact.grade.value] for fact in vendor.facts]
        rows += [
            [name, T("Price list {plan}", plan=plan.name), plan.source, plan.as_of, plan.grade.value]
            for plan in vendor.plans
        ]
    rows += [
        [
            answered.name(quote.vendor),
            T("Quote {plan}", plan=quote.plan.name),
            quote.plan.source,
            quote.plan.as_of,
            quote.plan.grade.value,
        ]
        for quote in answered.decision.quotes
    ]
    titles = (T("Vendor"), T("Fact"), T("Source"), T("As of"), T("Grade"))
    kinds: tuple[Kind, ...] = ("text", "text", "text", "day", "text")
    columns = [Column(title, kind) for title, kind in zip(titles, kinds, strict=True)]
    return Table(columns, rows) if rows else None


def _facts(answered: Answered) -> list[Block]:
    table = facts_table(answered)
    grades = T("Grades: A the vendor's own page or documentation, B a partner or third party, C weak, own = yours.")
    return [] if table is None else [table, Paragraph(grades, "note")]
