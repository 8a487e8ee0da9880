"""The decision file as a page, the contract's clauses, the charts' places, the business case as plain values."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any

import pytest

from erp_core.text import say
from erp_core.vendors import contract
from erp_core.vendors.contract import State
from erp_core.vendors.evaluation import evaluate
from erp_core.vendors.report import drawing
from erp_core.vendors.report.blocks import Bar, Bars, Line, Lines
from erp_core.vendors.report.content import Answered, headline
from erp_core.vendors.report.file import Made, answered, as_html
from erp_core.vendors.results_json import case_json, to_json, whole_json
from erp_core.vendors.schema import Decision, Pricing
from tests.choices import decision, flat, need, rating, vendor, weighting
from tests.hostile import FORMULA, MARKUP

MADE = Made("Ann", dt.datetime(2026, 11, 25, 9, 30, tzinfo=dt.UTC), "Asia/Shanghai", "en")
LANGUAGES = ("en", "zh-CN")
# HTML's elements that end themselves.
VOID = {"meta", "input", "line", "rect", "path", "polyline"}


class Page(HTMLParser):
    """What a browser finds: elements with their attributes, and the text and tables of each language."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, list[str]] = {}
        self.rows: dict[str, list[list[str]]] = {}
        self.titles: dict[str, list[str]] = {}
        self._open: list[str] = []
        self._language = ""
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.elements.append((tag, given))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "main":
            self._language = given["lang"] or ""
            for kept in (self.text, self.rows, self.titles):
                kept[self._language] = []  # type: ignore[assignment]
        if self._language and tag == "tr":
            self.rows[self._language].append([])
        if self._language and tag in ("td", "th"):
            self.rows[self._language][-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag == "main":
            self._language = ""

    def handle_data(self, data: str) -> None:
        if not self._language:
            return
        self.text[self._language].append(data.strip())
        if self._open[-1] in ("td", "th"):
            self.rows[self._language][-1][-1] += data
        if self._open[-1] == "h2":
            self.titles[self._language].append(data)

    def said(self, language: str = "en") -> str:
        return "\n".join(word for word in self.text[language] if word)


def told(choice: Decision) -> Answered:
    return answered(choice, evaluate(choice))


def html_of(choice: Decision, made: Made = MADE) -> str:
    return as_html(told(choice), made).decode()


def page_of(choice: Decision, made: Made = MADE) -> Page:
    return Page(html_of(choice, made))


def fact(text: str, source: str, as_of: str | None, grade: str) -> dict[str, Any]:
    return {
        "about": "function",
        "text": {"en": text, "zh": f"{text}（中）"},
        "source": source,
        "as_of": as_of,
        "grade": grade,
    }


BENEFIT = {
    "key": "hours", "a_year": {"low": 1000.0, "likely": 1000.0, "high": 1000.0}, "ramp": [1.0],
    "evidence": {"en": "Counted", "zh": "数过"},
}  # fmt: skip


@lru_cache(maxsize=1)
def full() -> Decision:
    """Alpha is paid and does all; Beta is out by a must; of Gamma nothing is known."""
    return decision(
        [
            vendor("alpha", flat(1000.0), facts=[fact("Ships to Mars", "https://a.example/mars", "2026-02-03", "A")]),
            vendor("beta", flat(500.0), facts=[fact("Closed on Mondays", "A friend", None, "C")]),
            vendor("gamma"),
        ],
        [need("orders", priority="must"), need("users", "scale.users")],
        [rating("alpha", "orders", "native"), rating("alpha", "users", "native"), rating("beta", "orders", "none")],
        weightings=[weighting("Ann", function=60, scale=40)],
        benefits=[BENEFIT],
        budget=100_000.0,
    )


def hostile(attack: str) -> Decision:
    """Everything that a person may write is the attack."""
    text = {"en": attack, "zh": attack}
    named = {"name": attack, "name_zh": attack}
    facts = [fact(attack, attack, None, "own")]
    plan = {"name": attack, "name_zh": attack, "source": attack, "as_of": None, "grade": "own", "pricing": flat(10.0)}
    return decision(
        [vendor("alpha", facts=facts) | named | {"plans": [plan]}, vendor("beta", flat(20.0)) | named],
        [need("orders", priority="must") | {"text": text, "ask": text}, need("users", "scale.users") | {"text": text}],
        [rating("alpha", "orders", "native", note=attack), rating("beta", "orders", "none")],
        weightings=[weighting(attack, function=60, scale=40)],
        quotes=[{"vendor": "alpha", "plan": plan}],
        benefits=[BENEFIT | {"evidence": text}],
        own_numbers=[],
        name=attack,
    )


# --- the page -------------------------------------------------------------------------------------------------------


def test_both_languages_stand_in_one_file_with_the_same_sections() -> None:
    page = page_of(full())
    assert tuple(page.text) == LANGUAGES
    assert len(page.titles["en"]) == len(page.titles["zh-CN"]) > 10
    assert not set(page.titles["en"]) & set(page.titles["zh-CN"])
    assert "Only Alpha passes" not in page.said("zh-CN")
    assert "alpha软件" in page.said("zh-CN")
    assert "alpha软件" not in page.said("en")
    assert [len(row) for row in page.rows["en"]] == [len(row) for row in page.rows["zh-CN"]]


@pytest.mark.parametrize(("language", "opened"), [("en", "read-en"), ("zh_CN", "read-zh_CN")])
def test_it_opens_in_the_language_of_whoever_made_it(language: str, opened: str) -> None:
    page = page_of(full(), Made("Ann", MADE.at, MADE.time_zone, language))
    assert [given["id"] for tag, given in page.elements if tag == "input" and "checked" in given] == [opened]
    assert page.elements[0] == ("html", {"lang": language.replace("_", "-")})


@pytest.mark.parametrize("choice", [full(), hostile(MARKUP), hostile('"><svg onload=1>'), hostile(FORMULA)])
def test_the_page_runs_nothing_and_loads_nothing(choice: Decision) -> None:
    page = page_of(choice)
    policy = [given["content"] for _, given in page.elements if given.get("http-equiv") == "Content-Security-Policy"]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'"]
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "img", "link", "iframe", "object", "embed", "a", "form", "base", "audio", "video"}
    for _, given in page.elements:
        assert not {name for name in given if name.startswith("on") or name in ("src", "href", "style", "action")}
    assert len([tag for tag, _ in page.elements if tag == "style"]) == 1


@pytest.mark.parametrize("attack", [MARKUP, '"><svg onload=1>', "&lt;b&gt; & 'quoted'", "</main></html>", "{{ 7*7 }}"])
def test_what_people_wrote_is_shown_as_they_wrote_it(attack: str) -> None:
    html = html_of(hostile(attack))
    page = Page(html)
    assert attack not in html or not re.search(r"[<>&\"']", attack)
    # the decision's name, a vendor's, a fact, its source, a price list, a requirement, what a benefit rests on, whose weights
    for language in LANGUAGES:
        assert page.said(language).splitlines()[0] == attack
        cells = [cell for row in page.rows[language] for cell in row]
        assert cells.count(attack) >= 8
        assert f"Weights of {attack}" in page.said("en")


def test_whoever_made_it_and_the_version_are_escaped_and_shown() -> None:
    page = page_of(full(), Made(MARKUP, MADE.at, MADE.time_zone, "en", version=7))
    assert not [tag for tag, _ in page.elements if tag in ("script", "img")]
    # 09:30 in UTC is 17:30 in Shanghai
    assert f"Version 7 · Made by {MARKUP} on Nov 25, 2026, 5:30:00" in page.said().replace("\u202f", " ")
    assert "第 7 版" in page.said("zh-CN")


def test_the_hash_of_the_inputs_stands_in_it() -> None:
    choice = full()
    assert evaluate(choice).inputs_hash in page_of(choice).said()


def test_every_fact_and_price_list_stands_with_source_day_and_grade() -> None:
    rows = page_of(full()).rows["en"]
    assert ["Alpha", "Ships to Mars", "https://a.example/mars", "Feb 3, 2026", "A"] in rows
    assert ["Beta", "Closed on Mondays", "A friend", "unknown", "C"] in rows
    assert ["Alpha", "Price list List", "Made up", "Nov 25, 2026", "own"] in rows
    assert ["alpha软件", "Ships to Mars（中）", "https://a.example/mars", "2026年2月3日", "A"] in page_of(full()).rows[
        "zh-CN"
    ]


def test_what_is_unknown_is_said_and_is_no_zero() -> None:
    page = page_of(full())
    # paid by · P50 · P90 · first year: Gamma publishes no price and rates nothing
    assert ["Gamma", "unknown", "unknown", "unknown", "unknown"] in page.rows["en"]
    assert ["gamma软件", "未知", "未知", "未知", "未知"] in page.rows["zh-CN"]
    need_rows = [row for row in page.rows["en"] if row[0] == "Need users"]
    assert need_rows == [["Need users", "Users", "Should", "Native (Tested)", "unknown", "unknown"]]


def test_the_money_of_the_cost_table_by_hand() -> None:
    # Alpha: 1,000 a month is 12,000 a year and 36,000 in three, every draw alike.
    rows = page_of(full()).rows["en"]
    assert ["Alpha", "List", "€36,000", "€36,000", "€12,000"] in rows
    assert ["Total", "€12,000", "€12,000", "€12,000", "€36,000"] in rows
    # growing by 7 %: 12,000 × (1 + 1.07 + 1.1449) = 38,578.80; by 15 %: 12,000 × (1 + 1.15 + 1.3225) = 41,670
    assert ["Alpha", "€36,000", "€37,091", "€38,579", "€41,670"] in rows


def test_who_is_out_stands_with_the_reason() -> None:
    (row,) = [row for row in page_of(full()).rows["en"] if row[:2] == ["Beta", "Out"]]
    assert "Need orders" in row[2]
    assert row[3]


@pytest.mark.parametrize(
    ("choice", "answer"),
    [
        (decision([], []), "No vendor passes the gates"),
        (decision([], [need("a")]), "No vendor passes the gates"),
        (decision([vendor("alpha"), vendor("beta")], []), "There is nothing to score"),
        (decision([vendor("alpha")], [need("a")]), "Only Alpha passes the gates"),
        (
            decision(
                [vendor("alpha"), vendor("beta")],
                [need("a", priority="must")],
                [rating("alpha", "a", "none"), rating("beta", "a", "none")],
            ),
            "No vendor passes the gates",
        ),
        (
            decision([vendor("alpha", flat(0.0)), vendor("beta", flat(0.0))], [need("a")]),
            "comes first in",
        ),
    ],
    ids=["nothing", "no vendor", "no need", "one vendor", "all out", "free, no budget"],
)  # fmt: skip
def test_thin_choices_have_an_answer_too(choice: Decision, answer: str) -> None:
    page = page_of(choice)
    assert answer in say(headline(told(choice)), "en")
    assert answer in page.said()
    assert "nan" not in page.said().lower().split()


def test_sixty_vendors_all_stand_in_it() -> None:
    keys = [f"v{number}" for number in range(60)]
    ratings = [rating(key, "a", "native" if key == "v3" else "none") for key in keys]
    page = page_of(decision([vendor(key, flat(10.0)) for key in keys], [need("a")], ratings))
    assert {key.capitalize() for key in keys} <= {row[0] for row in page.rows["en"] if row}
    assert "V3 comes first in 100 % of what may be true" in page.said()


def test_who_never_wins_has_no_weights_with_which_it_wins() -> None:
    choice = decision(
        [vendor("alpha"), vendor("beta")], [need("a")], [rating("alpha", "a", "native"), rating("beta", "a", "none")]
    )
    rows = page_of(choice).rows["en"]
    start = next(at for at, row in enumerate(rows) if row[0].startswith("Who should choose it"))
    assert rows[start + 1] == ["Alpha", "100.0%"]
    assert rows[start + 2][0] != "Beta"


# --- charts -------------------------------------------------------------------------------------------------------


def name(text: Any) -> str:
    return str(text)


def figure(value: float | None) -> str:
    return "?" if value is None else f"{value:g}"


def test_bars_on_both_sides_of_zero_share_one_scale() -> None:
    # from −10 to 20 on 300: ten a unit, zero at 100
    block = Bars([Bar("up", 10.0, 5.0, 20.0), Bar("down", -5.0, -10.0, -5.0), Bar("nobody knows", None)])
    up, down, unknown = drawing.bars(block, name, figure)
    assert up == {
        "name": "up", "value": "10", "zero": "100.0", "x": "100.0", "width": "100.0", "low": "150.0", "high": "300.0",
    }  # fmt: skip
    assert (down["x"], down["width"], down["low"], down["high"]) == ("50.0", "50.0", "0.0", "50.0")
    assert (unknown["value"], unknown["width"], unknown["low"]) == ("?", "0.0", "")


def test_bars_that_are_all_zero_have_no_width() -> None:
    (only,) = drawing.bars(Bars([Bar("a", 0.0)]), name, figure)
    assert (only["x"], only["width"]) == ("0.0", "0.0")


@pytest.mark.parametrize(
    ("least", "most", "ticks"),
    [
        (0, 100, [0, 20, 40, 60, 80, 100]),
        (-30, 70, [-40, -20, 0, 20, 40, 60, 80]),
        (0, 1.2e6, [0, 5e5, 1e6, 1.5e6]),
        (0, 0, [0, 0.2]),
        (-7, 0, [-8, -6, -4, -2, 0]),
    ],
)
def test_ticks_are_round_and_cover_the_range(least: float, most: float, ticks: list[float]) -> None:
    assert drawing.nice_ticks(least, most) == pytest.approx(ticks)


def test_a_line_begins_at_the_left_and_ends_at_the_right() -> None:
    drawn = drawing.lines(Lines([Line("a", [0.0, 50.0, 100.0])], "Year"), name, figure)
    # x from 80 to 710, y from 232 (0) to 12 (100)
    assert drawn["lines"][0]["points"] == "80.0,232.0 395.0,122.0 710.0,12.0"
    assert [step["word"] for step in drawn["steps"]] == ["1", "2", "3"]
    assert [tick["word"] for tick in drawn["ticks"]] == ["0", "20", "40", "60", "80", "100"]


def test_a_single_year_is_drawn_in_the_middle() -> None:
    assert drawing.lines(Lines([Line("a", [100.0])], "Year"), name, figure)["lines"][0]["points"] == "395.0,12.0"


def test_the_seventh_line_differs_from_the_first_by_its_dash() -> None:
    drawn = drawing.lines(Lines([Line(str(n), [1.0]) for n in range(12)], "Year"), name, figure)["lines"]
    assert len({(line["colour"], line["dash"]) for line in drawn}) == 12


# --- the contract --------------------------------------------------------------------------------------------------


def clauses(choice: Decision, pricing: dict[str, Any] | None) -> dict[str, contract.Clause]:
    price = None if pricing is None else Pricing.model_validate(pricing)
    return {clause.key: clause for clause in contract.checklist(choice, "alpha", price)}


@pytest.mark.parametrize(
    ("renewal", "state", "worth"),
    [
        # 12,000 a year for three years: × (1 + 1.07 + 1.1449) = 38,578.80 against × (1 + 1.05 + 1.1025) = 37,830.00
        ({}, State.OPEN, "At 7 % a year instead of 5 %, 3 years cost €748.8 more."),
        # the cap that is offered, 3 %: × (1 + 1.03 + 1.0609) = 37,090.80; 1,488.00 less
        ({"cap": 0.03}, State.OFFERED, "At 7 % a year instead of 3 %, 3 years cost €1.49 k more."),
        # locked for two years: 12,000 × 2 + 12,000 × 1.07 = 36,840 against 36,600
        ({"locked_years": 2}, State.OPEN, "At 7 % a year instead of 5 %, 3 years cost €240 more."),
        ({"cap": 0.07}, State.OFFERED, None),
        ({"locked_years": 3}, State.OPEN, None),
    ],
)
def test_what_a_cap_is_worth(renewal: dict[str, Any], state: State, worth: str | None) -> None:
    choice = decision([vendor("alpha")], [])
    clause = clauses(choice, flat(1000.0, renewal=renewal))["renewal_cap"]
    assert clause.state is state
    assert (None if clause.worth is None else say(clause.worth, "en")) == worth


def test_where_the_price_is_unknown_so_is_the_worth_of_a_cap() -> None:
    found = clauses(decision([vendor("alpha")], []), None)
    assert (found["renewal_cap"].state, found["renewal_cap"].worth) == (State.OPEN, None)
    assert found["price_lock"].state is State.OPEN


def test_a_price_that_is_locked_beyond_the_first_year_is_a_lock() -> None:
    choice = decision([vendor("alpha")], [])
    assert clauses(choice, flat(1.0))["price_lock"].state is State.OPEN
    assert clauses(choice, flat(1.0, renewal={"locked_years": 2}))["price_lock"].state is State.OFFERED


CREDITS = "service.sla.credits"


@pytest.mark.parametrize(
    ("fit", "evidence", "state"),
    [
        ("native", "claim", State.SAID),
        ("native", "document", State.OFFERED),
        ("third_party", "tested", State.OFFERED),
        ("roadmap", "document", State.REFUSED),
        ("none", "claim", State.REFUSED),
        ("unknown", "claim", State.OPEN),
    ],
)
def test_a_clause_stands_where_its_requirement_was_rated(fit: str, evidence: str, state: State) -> None:
    choice = decision(
        [vendor("alpha"), vendor("beta")],
        [need(CREDITS, "service.sla")],
        [rating("alpha", CREDITS, fit, evidence), rating("beta", CREDITS, "native")],
    )
    assert clauses(choice, None)["sla_credits"].state is state


def test_clauses_that_nobody_rated_are_open_and_all_eight_are_there() -> None:
    found = clauses(decision([vendor("alpha")], []), None)
    assert set(found) == {
        "renewal_cap", "notice_alarm", "price_lock", "seat_reduction", "open_export", "exit_help", "sla_credits",
        "restore_test",
    }  # fmt: skip
    assert {clause.state for clause in found.values()} == {State.OPEN}


# --- as plain values -----------------------------------------------------------------------------------------------


def case_choice(**fields: Any) -> Decision:
    """Two years: 1,500 before they begin, 1,000 back in each, at no discount."""
    return decision(
        [vendor("alpha", flat(0.0, 1500.0))],
        [],
        scenario={"years": 2, "discount_rate": 0.0},
        benefits=[BENEFIT],
        **fields,
    )


def test_the_business_case_as_plain_values_by_hand() -> None:
    case = told(case_choice()).case
    assert case is not None
    plain = case_json(case, "en")
    # −1,500, then 1,000 twice: paid back in the middle of year 2.
    # 1,500 = 1,000 x + 1,000 x² at x = (−1 + √7) / 2 = 0.8228757; r = 1/x − 1 = 0.215250
    assert plain["flows"] == {
        "benefit": [0.0, 1000.0, 1000.0], "cost": [1500.0, 0.0, 0.0], "net": [-1500.0, 1000.0, 1000.0],
        "cumulative": [-1500.0, -500.0, 500.0],
    }  # fmt: skip
    assert plain["npv_expected"] == plain["npv_p50"] == 500.0
    assert (plain["payback"], plain["discounted_payback"], plain["irr"], plain["loss"]) == (1.5, 1.5, 0.21525, 0.0)
    assert plain["benefits"] == {"hours": [0.0, 1000.0, 1000.0]}
    assert (plain["vendor"], plain["currency"], plain["discount_rate"], plain["unknown"]) == ("alpha", "EUR", 0.0, None)


def test_a_case_without_a_benefit_is_unknown_and_not_zero() -> None:
    plain = case_json(told(decision([vendor("alpha", flat(1.0))], [])).case, "en")  # type: ignore[arg-type]
    assert plain["unknown"].startswith("No benefit is known yet")
    assert {plain[key] for key in ("npv_p10", "npv_p50", "npv_p90", "npv_expected", "irr", "payback", "loss")} == {None}


def test_the_whole_answer_holds_the_case_beside_the_rest() -> None:
    answer = told(case_choice())
    assert answer.case is not None
    whole = whole_json(answer.evaluation, answer.case, "en")
    assert whole.pop("business_case") == case_json(answer.case, "en")
    assert whole == to_json(answer.evaluation, "en")
    assert whole_json(answer.evaluation, None)["business_case"] is None


def test_a_case_is_made_for_the_chosen_vendor() -> None:
    vendors = [vendor("alpha", flat(0.0)), vendor("beta", flat(1.0))]
    plain = told(decision(vendors, [need("a")], benefits=[BENEFIT], chosen="beta")).case
    assert plain is not None
    assert plain.vendor == "beta"
