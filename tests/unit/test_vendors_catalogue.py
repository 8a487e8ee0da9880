"""Vendor and decision files: read strictly, refused clearly, written back equal; the age of what they tell."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from erp_core.errors import BadInput, NotFound, Unavailable
from erp_core.files import strict_yaml
from erp_core.text import Text, say, translated
from erp_core.vendors import schema, template
from erp_core.vendors.catalogue import facts_frame, read_catalogue, stale, unknown_leaves
from erp_core.vendors.loading import check, dump_decision, dump_vendor, load, load_decision, load_vendor
from erp_core.vendors.schema import Decision, Pricing, Scenario, Vendor

TODAY = dt.date(2026, 11, 25)

VENDOR = """\
key: acme
name: Acme
facts:
  - about: exit.licence
    text: {en: Open source, zh: 开源}
    source: acme.example
    as_of: 2026-01-31
    grade: A
plans:
  - name: Cloud
    source: acme.example
    as_of: null
    grade: B
    pricing:
      currency: EUR
      parts:
        - {model: per_user, price: 14}
        - model: tiers
          tiers:
            - {price: 29, orders: 500}
"""

DECISION = """\
name: 选型
as_of: 2026-11-25
scenario:
  currency: CNY
  start: 2027-01-01
requirements:
  - key: orders
    criterion: function.orders
    text: {en: One queue, zh: 一个列表}
    ask: {en: Show it, zh: 请展示}
    priority: must
  - key: stock
    criterion: function.stock
    text: {en: Live, zh: 实时}
    ask: {en: Show it, zh: 请展示}
    priority: should
vendors:
  - {key: acme, name: Acme}
  - {key: bolt, name: Bolt}
ratings:
  - {vendor: acme, requirement: orders, fit: native}
  - {vendor: bolt, requirement: stock, fit: none}
quotes:
  - vendor: bolt
    plan:
      {name: Offer, source: a mail, as_of: 2026-11-01, grade: own, pricing: {currency: EUR}}
weightings:
  - {evaluator: Li, criteria: [function, fit], points: [60, 40]}
"""


def refusal(model: type[Any], content: str | bytes, name: str = "acme.yaml") -> BadInput:
    with pytest.raises(BadInput) as refused:
        load(model, content, name)
    assert refused.value.code == "vendors.bad_file"
    return refused.value


def sentences(text: Text) -> set[str]:
    """A text's sentence and those inside it."""
    inner = [value for _, value in text.values if isinstance(value, Text)]
    return {text.id}.union(*(sentences(value) for value in inner))


# --- what YAML itself may hold --------------------------------------------------------------------------------------

HAZARDS: list[tuple[str, bytes, int | None, str]] = [
    ("nothing in it", b"", None, "the file is empty"),
    ("only a remark", b"# nothing\n", None, "the file is empty"),
    ("a key twice", b"key: a\nname: b\n\nkey: c\n", 4, "“key” stands twice, first in line 1"),
    ("a key twice, deeper", b"a:\n  b: 1\n  'b': 2\n", 3, "“b” stands twice, first in line 2"),
    ("an anchor", b"key: a\nname: &n Acme\n", 2, "anchors"),
    ("an alias", b"key: a\nname: *n\n", 2, "anchors"),
    ("a merge key", b"key: a\n<<: {name: b}\n", 2, "merge keys"),
    ("code", b"key: a\nname: !!python/object/apply:os.system ['x']\n", 2, "tags are not allowed"),
    ("a standard tag", b"key: a\nname: !!str 5\n", 2, "tags are not allowed"),
    ("two documents", b"key: a\n---\nkey: b\n", 2, "a second document"),
    ("a tab", b"key: a\nfacts:\n\t- about: b\n", 3, "a tab stands where blanks belong"),
    ("another encoding", "key: a\nname: Café\n".encode("latin-1"), 2, "this is not UTF-8"),
    ("two bytes a sign", "key: a\n".encode("utf-16"), 1, "this is not UTF-8"),
    ("not a number", b"key: a\nname: .nan\n", 2, ".nan is no finite number"),
    ("without end", b"key: a\nname: -.inf\n", 2, "-.inf is no finite number"),
    ("more than a float holds", b"key: a\nname: 1e999\n", 2, "1e999 is no finite number"),
    ("a list on top", b"- key: a\n", 1, "the file does not hold fields"),
    ("a word on top", b"key\n", 1, "the file does not hold fields"),
    ("an open quote", b"key: a\nname: 'Acme\nmaker: x\n", 2, "is not closed"),
    ("an open bracket", b"key: a\nhosting: [cloud\n", 2, "is not closed"),
    ("a second colon", b"key: a\nname: Acme: the best\n", 2, "stands without quotes"),
    ("wrong indentation", b"key: a\n name: b\n", 2, "the indentation does not fit"),
    ("a full-width colon", "key: a\nname：Acme\nmaker: x\n".encode(), 2, "a full-width colon"),
    ("an at sign", b"key: a\nname: @acme\n", 2, "a text cannot begin with @"),
    ("a control sign", b"key: a\nname: \x01\n", 2, "a sign that no text may hold"),
    ("a name that is a list", b"? [a]\n: b\n", 1, "the name of a field has to be one text"),
    ("a deep hole", b"key: " + b"[" * 60, 1, "deeper"),
    ("nothing but a full-width colon", "key：acme\n".encode(), 1, "a full-width colon"),
    ("no colon", b"key: a\nname: b\nmaker\n", 3, "a colon is missing after the name of a field"),
    ("a list inside a text", b"key: a\nname: b\n  - c\nmaker: - d\n", 4, "the indentation does not fit"),
    ("an unknown escape", b'key: a\nname: "C:\\qimu"\n', 2, "a backslash in double quotes"),
    ("too much", b"key: a\n" + b"#" * strict_yaml.LIMIT_BYTES, None, "the file is larger than 16 MB"),
]


@pytest.mark.parametrize(("content", "line", "told"), [hazard[1:] for hazard in HAZARDS], ids=[h[0] for h in HAZARDS])
@pytest.mark.parametrize("parser", [yaml.SafeLoader, getattr(yaml, "CSafeLoader", None)], ids=["python", "c"])
def test_what_yaml_hides_is_refused_with_its_line(
    content: bytes, line: int | None, told: str, parser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if parser is None:
        pytest.skip("the library was built without its fast parser")
    monkeypatch.setattr(strict_yaml, "_PARSER", parser)
    message = str(refusal(Vendor, content))
    assert message.startswith(f"acme.yaml, line {line}: " if line else "acme.yaml: ")
    assert told in message


def test_a_bomb_of_aliases_is_refused_before_it_grows() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    assert "anchors" in str(refusal(Vendor, "\n".join(lines)))


@pytest.mark.parametrize(
    "word", ["no", "yes", "on", "off", "Norway", "1:30", "010", "0x1F", "1_000", "2026-01-31", "='x'"]
)
def test_words_that_old_yaml_turns_into_something_else_stay_words(word: str) -> None:
    assert load(Vendor, f"key: a\nname: {word}\n").name == word


def test_more_values_than_any_decision_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict_yaml, "LIMIT_VALUES", 12)  # the mapping, its key, the list, nine entries
    assert "facts" in str(refusal(Vendor, "facts: [" + "x, " * 9 + "]"))
    assert "line 1: the file holds more than 12 values" in str(refusal(Vendor, "facts: [" + "x, " * 10 + "]"))


def test_only_true_and_false_are_truth_values() -> None:
    assert load(Vendor, "key: a\nname: b\nown: true\n").own is True
    assert "line 3, own: true or false is wanted, not “no”" in str(refusal(Vendor, "key: a\nname: b\nown: no\n"))
    assert "name: a text is wanted, not true. Put the text in quotes." in str(refusal(Vendor, "key: a\nname: true\n"))


def test_a_mark_at_the_start_and_windows_line_ends_are_read() -> None:
    assert load(Vendor, b"\xef\xbb\xbf" + VENDOR.replace("\n", "\r\n").encode()) == load(Vendor, VENDOR)


# --- what the schema says -------------------------------------------------------------------------------------------

MISTAKES: list[tuple[type[Any], str, str, str, str]] = [
    # model, text in a good document, what it becomes, where it is wrong, what is told
    (Vendor, "name: Acme\n", "", "line 1, name", "this field is missing"),
    (Vendor, "name: Acme\n", "name:\n", "line 2, name", "a text is wanted, not nothing"),
    (Vendor, "name: Acme\n", 'name: " "\n', "line 2, name", "this text is empty"),
    (Vendor, "name: Acme\n", "name: 2026\n", "line 2, name", "a text is wanted, not 2026. Put the text in quotes."),
    (Vendor, "key: acme", "key: Acme!", "line 1, key", "“Acme!” is no key. Lower-case letters"),
    (Vendor, "name: Acme", "name: Acme\nplan: []", "line 3, plan", "Did you mean “plans”?"),
    (Vendor, "grade: A", "grade: D", "line 8, facts[0].grade", "Allowed: A, B, C, own."),
    (Vendor, "2026-01-31", "last year", "line 7, facts[0].as_of", "a date is wanted, not “last year”"),
    (Vendor, "2026-01-31", "2026-02-30", "line 7, facts[0].as_of", "a date is wanted, not “2026-02-30”"),
    (Vendor, "2026-01-31", "20260131", "line 7, facts[0].as_of", "a date is wanted, not 20260131"),
    (Vendor, "2026-01-31", "2026-01", "line 7, facts[0].as_of", "Write a date as 2026-11-25."),
    (Vendor, "    as_of: 2026-01-31\n", "", "line 4, facts[0].as_of", "this field is missing"),
    (Vendor, "zh: 开源", 'zh: ""', "line 5, facts[0].text.zh", "this text is empty"),
    (Vendor, "{en: Open source, zh: 开源}", "Open source", "line 5, facts[0].text", "fields are wanted, not “Open"),
    (Vendor, "currency: EUR", "currency: EURO", "line 15, plans[0].pricing.currency", "“EURO” is no currency"),
    (Vendor, "price: 14", 'price: "14"', "line 17, plans[0].pricing.parts[0].price", "a number is wanted, not “14”"),
    (Vendor, "price: 14", "price: -1", "line 17, plans[0].pricing.parts[0].price", "-1 is too small. At least 0."),
    (Vendor, "price: 14", "price: true", "line 17, plans[0].pricing.parts[0].price", "a number is wanted, not true"),
    (Vendor, "price: 14", "price: 14, minimun: 2", "line 17, plans[0].pricing.parts[0].minimun", "mean “minimum”?"),
    (Vendor, "model: per_user", "model: per_usr", "line 17, plans[0].pricing.parts[0].model", "mean “per_user”?"),
    (Vendor, "model: per_user, ", "", "line 17, plans[0].pricing.parts[0].model", "this field is missing, which"),
    (Vendor, "orders: 500", "orders: 0.5", "line 20, plans[0].pricing.parts[1].tiers[0].orders", "a whole number"),
    (Vendor, "            - {price: 29, orders: 500}\n", "            []\n", "parts[1].tiers", "this list is empty"),
    (Vendor, "currency: EUR", "currency: EUR\n      discount: 5", "line 16, plans[0].pricing.discount", "At most 1."),
    (
        Vendor,
        "currency: EUR",
        "currency: EUR\n      exit: {low: 3, high: 2}",
        "line 16, plans[0].pricing.exit",
        "the amounts are not in order",
    ),
    (
        Vendor,
        "{model: per_user, price: 14}",
        "{model: perpetual, price: 1, maintenance: {low: 0.1, high: 1.2}}",
        "line 17, plans[0].pricing.parts[0].maintenance",
        "the share is larger than the whole",
    ),
    (
        Vendor,
        "currency: EUR",
        "currency: EUR\n      exit: {low: 1}",
        "line 16, plans[0].pricing.exit.high",
        "this field is missing",
    ),
    (
        Decision,
        "key: bolt, name",
        "key: acme, name",
        "line 19, vendors[1].key",
        "the same key or name stands twice in “vendors”",
    ),
    (Decision, "key: stock", "key: orders", "line 12, requirements[1].key", "stands twice in “requirements”"),
    (
        Vendor,
        "plans:\n",
        "plans:\n  - {name: Cloud, source: x, as_of: null, grade: B, pricing: {currency: EUR}}\n",
        "line 11, plans[1].name",
        "the same key or name stands twice in “plans”",
    ),
    (Decision, "requirement: stock,", "requirement: stok,", "line 22, ratings[1]", "the requirement “stok” is not in"),
    (
        Decision,
        "vendor: bolt\n",
        "vendor: volt\n",
        "line 24, quotes[0].vendor",
        "the vendor “volt” is not in this document",
    ),
    (Decision, "name: 选型", "chosen: volt\nname: 选型", "line 1, chosen", "the vendor “volt” is not in this document"),
    (Decision, "points: [60, 40]", "points: [60]", "line 28, weightings[0]", "one number of points for each criterion"),
    (Decision, "[function, fit]", "[fit, fit]", "line 28, weightings[0]", "a criterion stands twice"),
    (
        Decision,
        "points: [60, 40]",
        "method: ahp, pairwise: [[1, 2]]",
        "line 28, weightings[0]",
        "the comparison is not as wide and high",
    ),
    (Decision, "name: 选型", "name: 选型\ndraws: 5", "line 2, draws", "5 is too small. At least 100."),
    (Decision, "name: 选型", "name: 选型\nbudget: 0", "line 2, budget", "0 is too small. More than 0."),
    (Decision, "name: 选型", "name: 选型\nchosen: [a]", "line 2, chosen", "a text is wanted, not a list"),
    (Decision, "name: 选型", "name: 选型\nplans_taken: [a]", "line 2, plans_taken", "fields are wanted, not a list"),
    (
        Decision,
        "name: 选型",
        "name: 选型\ncost_scale: {best: 5, worst: 4}",
        "line 2, cost_scale",
        "best below worst",
    ),
]


@pytest.mark.parametrize(
    ("model", "before", "after", "where", "told"), MISTAKES, ids=[f"{m[3]}: {m[4]}" for m in MISTAKES]
)
def test_a_mistake_is_named_with_file_line_field_and_what_is_allowed(
    model: type[Any], before: str, after: str, where: str, told: str
) -> None:
    good = VENDOR if model is Vendor else DECISION
    assert before in good
    load(model, good)
    refused = refusal(model, good.replace(before, after, 1))
    message = str(refused)
    assert message.startswith("acme.yaml, line ")
    assert f"{where}: " in message
    assert told in message
    assert sentences(refused.message) <= translated("zh_CN").keys()
    assert re.search("[\u3400-\u9fff]", say(refused.message, "zh_CN"))


@pytest.mark.parametrize(
    ("before", "after", "where", "told"),
    [
        ("function.stock", "function.stok", "line 8, requirements[1].criterion", "Did you mean “function.stock”?"),
        ("function.stock", "cost.total", "line 8, requirements[1].criterion", "no criterion “cost.total”"),
        ("key: stock", "key: stock\n    metric: moons", "line 8, requirements[1].metric", "no own number “moons”"),
    ],
)
def test_a_file_of_requirements_names_the_one_that_is_wrong(before: str, after: str, where: str, told: str) -> None:
    needs = DECISION[DECISION.index("requirements:") : DECISION.index("vendors:")]
    assert len(load(template.RequirementsFile, needs).requirements) == 2
    message = str(refusal(template.RequirementsFile, needs.replace(before, after)))
    assert f"{where}: " in message
    assert told in message


def test_values_that_come_from_no_file_are_refused_with_their_field() -> None:
    with pytest.raises(BadInput) as refused:
        check(Pricing, {"currency": "EUR", "parts": [{"model": "flat", "prise": 5, "price": 4}]})
    assert refused.value.code == "vendors.bad_value"
    assert str(refused.value) == (
        "parts[0].prise: there is no field of this name. Did you mean “price”? Allowed: model, price, per."
    )
    plan = {"name": "x", "source": "x", "as_of": None, "grade": "A", "pricing": {"currency": "EUR"}}
    with pytest.raises(BadInput, match=r"^plans\[1\]\.name: the same key or name stands twice in “plans”"):
        check(Vendor, {"key": "a", "name": "b", "plans": [plan, plan]})


def raised_in_the_schema() -> set[str]:
    """The kinds of error that the schemas raise themselves."""
    code = "".join(Path(module.__file__).read_text(encoding="utf-8") for module in (schema, template))
    return set(re.findall(r'PydanticCustomError\(\s*"(\w+)"', code))


def test_every_kind_of_error_of_the_schema_has_words_of_its_own() -> None:
    spoken = Path(load.__code__.co_filename).read_text(encoding="utf-8")
    assert {kind for kind in raised_in_the_schema() if f'"{kind}"' not in spoken} == set()


def test_several_mistakes_are_listed_by_line_and_twenty_at_most() -> None:
    facts = "".join("  - {about: exit.licence}\n" for _ in range(7))  # each lacks text, source, as_of, grade: 28
    refused = refusal(Vendor, f"key: a\nname: b\nfacts:\n{facts}")
    lines = str(refused).splitlines()
    assert lines[0] == "acme.yaml: 28 things are wrong:"
    assert lines[1] == "- line 4, facts[0].source: this field is missing."
    assert len(lines) == 1 + 20 + 1
    assert lines[-1] == "- and 8 more"
    assert refused.hint is not None
    assert say(refused.message, "zh_CN").splitlines()[1] == "- 第 4 行，facts[0].source：缺少这个字段。"


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("1" * 400, "is no finite number"),  # above 1.8e308
        ("1" * 5000, "is no finite number"),
        ("1" * 40, "a whole number is wanted"),
        ("500.0000000001", "a whole number is wanted"),
    ],
)
def test_numbers_of_any_length_are_refused_in_words(number: str, told: str) -> None:
    assert told in str(refusal(Vendor, VENDOR.replace("orders: 500", f"orders: {number}")))


def test_what_only_from_and_to_are_told_of_has_the_middle_as_most_likely() -> None:
    pricing = load(Pricing, "currency: CNY\nexit: {low: 5000, high: 8000}\n")
    assert pricing.exit == schema.Range(low=5000, likely=6500, high=8000)


def test_a_file_that_is_not_there_or_is_a_folder_is_an_error_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"none\.yaml"):
        load_vendor(tmp_path / "none.yaml")
    with pytest.raises(Unavailable):
        load_vendor(tmp_path)


# --- back to a file -------------------------------------------------------------------------------------------------

TRICKY = ["no", "true", "~", "null", "1e5", "12", "0.5", "2026-01-31", "a: b", "- x", "#x", "'", '"', "<<", "!!str x"]
TRICKY += [
    "&a",
    "*a",
    "@x",
    "%x",
    "{a",
    "[a",
    "a\nb",
    "\ta",
    "a\u0085b",
    "a\u2028b",
    "\x07",
    "📦 箱",
    "：",
    ".inf",
    ".5",
    "",
]


def decision_with(note: str) -> Decision:
    rating = schema.Rating(vendor="acme", requirement="orders", fit=schema.Fit.NATIVE, note=note)
    return load(Decision, DECISION).model_copy(update={"ratings": (rating,)})


@pytest.mark.parametrize("note", TRICKY)
def test_a_decision_reads_back_equal_whatever_a_note_says(note: str) -> None:
    decision = decision_with(note)
    assert load(Decision, dump_decision(decision)) == decision


@given(st.text(max_size=40))
@settings(deadline=None, max_examples=150)
def test_a_decision_reads_back_equal_with_any_note(note: str) -> None:
    decision = decision_with(note)
    assert load(Decision, dump_decision(decision)) == decision


def test_a_written_decision_is_stable_readable_and_complete(tmp_path: Path) -> None:
    decision = load(Decision, DECISION)
    written = dump_decision(decision)
    assert written.startswith("name: 选型\nas_of: 2026-11-25\nscenario:\n")
    assert "zh: 一个列表" in written
    assert "overrun:" in written  # what the answer rests on stands in it, also where nobody changed it
    path = tmp_path / "DECISION.yaml"
    path.write_text(written, encoding="utf-8")
    assert load_decision(str(path)) == decision
    assert dump_decision(load_decision(path)) == written


def test_every_field_that_is_not_at_its_default_is_written() -> None:
    vendor = load(Vendor, VENDOR)
    assert load(Vendor, dump_vendor(vendor)) == vendor
    scenario = Scenario(currency="CNY", start=TODAY, discount_rate=0.0, price_growth=0.0, one_off_unknown=None)
    decision = load(Decision, DECISION).model_copy(update={"scenario": scenario})
    again = load(Decision, dump_decision(decision)).scenario
    assert (again.discount_rate, again.price_growth, again.one_off_unknown) == (0.0, 0.0, None)


# --- age, and what is unknown ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("as_of", "today", "old"),
    [
        (dt.date(2025, 11, 25), dt.date(2026, 11, 25), False),  # a year to the day
        (dt.date(2025, 11, 24), dt.date(2026, 11, 25), True),
        (dt.date(2024, 2, 29), dt.date(2025, 3, 1), False),
        (dt.date(2024, 2, 29), dt.date(2025, 3, 2), True),
        (dt.date(2027, 1, 1), dt.date(2026, 11, 25), False),
        (None, dt.date(2026, 11, 25), False),  # without a date: undated, not stale
    ],
)
def test_what_is_older_than_a_year_is_stale(as_of: dt.date | None, today: dt.date, old: bool) -> None:
    assert stale(schema.Sourced(source="x", as_of=as_of, grade=schema.Grade.A), today) is old


def test_facts_stand_in_the_order_of_the_tree_in_the_readers_language() -> None:
    text = """\
key: acme
name: Acme
name_zh: 艾克米
facts:
  - {about: exit.licence, text: {en: Open, zh: 开源}, source: a, as_of: null, grade: B}
  - {about: fit.integration.api, text: {en: API, zh: 接口}, source: b, as_of: 2025-01-31, grade: A}
"""
    frame = facts_frame([load(Vendor, text)], TODAY, "zh_CN")
    assert frame.to_dict("list") == {
        "vendor": ["acme", "acme"],
        "name": ["艾克米", "艾克米"],
        "about": ["fit.integration.api", "exit.licence"],
        "criterion": [say(Text("Integration"), "zh_CN"), say(Text("Licence"), "zh_CN")],
        "text": ["接口", "开源"],
        "source": ["b", "a"],
        "as_of": [dt.date(2025, 1, 31), None],
        "grade": ["A", "B"],
        "stale": [True, False],
        "undated": [False, True],
    }
    assert facts_frame([], TODAY, "en").columns.tolist() == frame.columns.tolist()


def test_what_nothing_speaks_of_is_unknown() -> None:
    bare = unknown_leaves(load(Vendor, "key: a\nname: b\n"))
    told = unknown_leaves(load(Vendor, VENDOR))
    assert "cost.overrun" not in bare  # no vendor could tell it
    assert set(bare) - set(told) == {"cost.total", "exit.licence"}
    about_a_need = VENDOR.replace("about: exit.licence", "about: exit.licence.source")
    assert unknown_leaves(load(Vendor, about_a_need)) == told


def test_a_file_of_the_catalogue_is_called_like_its_key(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(VENDOR, encoding="utf-8")
    assert [vendor.key for vendor in read_catalogue(tmp_path)] == ["acme"]
    (tmp_path / "acme2.yaml").write_text(VENDOR, encoding="utf-8")
    with pytest.raises(BadInput, match=r"acme2\.yaml, key|acme2\.yaml.*not called like its key"):
        read_catalogue(tmp_path)
