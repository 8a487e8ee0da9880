"""The vendor catalogue says what was published and nothing else; docs/vendors.md says how its files are written."""

from __future__ import annotations

import datetime as dt
import doctest
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import PydanticUndefined

from erp_core.vendors import schema
from erp_core.vendors.catalogue import FOLDER, catalogue, facts_frame, stale
from erp_core.vendors.cost import total_cost
from erp_core.vendors.criteria import LEAVES
from erp_core.vendors.loading import dump_vendor, load
from erp_core.vendors.template import template
from tests.docs.source_tree import ROOT, name_of

DOCUMENT = ROOT / "docs" / "vendors.md"
VENDORS = {vendor.key: vendor for vendor in catalogue()}

Told = tuple[str, str, str | None, tuple[str, ...]]

# What was published: about, grade, day, and the figures and names that its text holds in both languages.
PUBLISHED: dict[str, list[Told]] = {
    "odoo": [
        ("cost.total", "B", "2026-09-20", ("Custom", "37.40", "29.90")),
        ("fit.integration", "A", None, ("API", "Custom")),
        ("fit.flexibility", "A", None, ("Studio", "Custom")),
        ("scale.entities", "A", None, ("Custom",)),
        ("exit.licence", "B", None, ("LGPL-3",)),
        ("security.uptime", "B", None, ("99.9",)),
        ("security.backup", "B", None, ("14", "3")),
        ("security.restore", "B", None, ("24", "RPO", "6", "RTO")),
    ],
    "erpnext": [
        ("cost.total", "B", "2026-06-13", ("Frappe Cloud", "5", "20", "125")),
        ("scale.users", "B", "2026-06-13", ()),
        ("exit.licence", "A", None, ("GPL-3",)),
        ("fit.integration", "A", None, ("REST", "API")),
        ("scale.currencies", "A", "2026-08-03", ()),
        ("security.backup", "A", None, ()),
    ],
    "dynamics-365-bc": [
        ("cost.total", "A", "2026-09-20", ("Essentials", "80", "Premium", "110", "Team Members", "8")),
        ("security.restore", "B", None, ("28",)),
        ("security.restore", "A", None, ("10",)),
    ],
    "netsuite": [
        ("cost.total", "B", "2026-06-01", ("2026", "129", "999", "2,499", "550", "1,550")),
        ("scale.entities", "A", None, ("OneWorld",)),
        ("scale.currencies", "A", None, ("OneWorld",)),
        ("scale.languages", "B", "2019-01-01", ("27", "2019")),
        ("scale.currencies", "B", "2019-01-01", ("190", "2019")),
    ],
    "sap-business-one": [
        ("cost.total", "B", "2026-06-30", ("Starter", "38", "1,140")),
        ("scale.users", "B", "2026-06-30", ("5",)),
        ("cost.total", "B", None, ("17", "22")),
    ],
    "acumatica": [
        ("cost.total", "B", "2026-06-13", ("Essentials", "6,396")),
        ("scale.users", "B", "2026-06-13", ("Essentials",)),
        ("fit.integration", "B", None, ("REST",)),
        ("cost.total", "B", None, ("60,000", "125,000")),
    ],
    "zoho-inventory": [
        (
            "cost.total",
            "A",
            "2026-09-20",
            ("50", "29", "500", "3", "79", "3,000", "5", "129", "7,500", "10", "249", "15,000"),
        ),
        ("cost.total", "A", "2026-09-20", ("7.50", "500", "10")),
        ("scale.currencies", "B", None, ()),
        ("function.channels", "B", None, ()),
    ],
    "zoho-one": [("cost.total", "A", "2026-09-20", ("90",))],
    "katana": [
        ("cost.total", "A", "2026-09-20", ("30", "SKU", "Core", "299", "199", "249", "149")),
        ("cost.total", "A", "2026-09-20", ("2,000",)),
        ("scale.users", "A", "2026-09-20", ("Core",)),
        ("fit.integration", "A", None, ("API",)),
    ],
    "xentral": [
        ("cost.total", "A", "2026-09-20", ("99", "0.30", "349", "649", "849")),
        ("scale.users", "A", "2026-09-20", ("349", "649", "849")),
        ("fit.integration", "A", None, ("API", "Business")),
    ],
    "weclapp": [
        ("cost.total", "A", "2026-09-20", ("39", "86", "163")),
        ("fit.integration", "A", None, ("API", "Services", "Trade")),
    ],
    "cin7-core": [
        ("cost.growth", "A", None, ("30",)),
        ("exit.licence", "A", None, ()),
        ("cost.total", "A", None, ()),
    ],
    "brightpearl": [("fit.integration", "B", None, ("OAuth2", "API"))],
    "linnworks": [],
    "dolibarr": [
        ("cost.total", "B", None, ("14",)),
        ("exit.licence", "A", None, ("GPL-3",)),
        ("scale.currencies", "A", None, ()),
        ("scale.languages", "A", None, ()),
        ("fit.integration", "A", None, ("REST", "SOAP")),
        ("function.channels", "A", None, ()),
    ],
    "tryton": [
        ("scale.currencies", "A", None, ()),
        ("function.channels", "A", None, ("Shopify",)),
    ],
    "jushuitan": [
        ("function.orders", "B", "2025-05-22", ("OMS",)),
        ("function.stock", "B", "2025-05-22", ("WMS",)),
        ("function.purchasing", "B", "2025-05-22", ()),
        ("function.channels", "B", "2025-05-22", ("400",)),
        ("vendor.reputation", "B", "2025-05-22", ("88,400", "24.4", "2024")),
        ("scale.orders", "B", "2025-05-22", ("2024",)),
        ("fit.integration", "B", None, ("API",)),
    ],
    "wangdiantong": [("fit.integration", "B", None, ("API",))],
    "hupun": [("fit.integration", "B", None, ("API",))],
    "jackyun": [("fit.integration", "B", None, ("API",))],
    "yonyou-u8": [
        ("cost.total", "C", "2024-01-01", ("5,000", "8,000", "50", "150,000", "300,000", "2024")),
        ("cost.total", "C", None, ("1", "2")),
    ],
    "yonsuite": [("fit.integration", "B", None, ("API",))],
    "guanyiyun": [],
    "dianxiaomi": [],
    "mabang": [],
}

# Plan, currency, grade, day.
PLANS: dict[str, list[tuple[str, str, str, str | None]]] = {
    "odoo": [("Custom, paid monthly", "EUR", "B", "2026-09-20"), ("Custom, paid yearly", "EUR", "B", "2026-09-20")],
    "erpnext": [
        ("Frappe Cloud site", "USD", "B", "2026-06-13"),
        ("Frappe Cloud server", "USD", "B", "2026-06-13"),
        ("Frappe Cloud premium", "USD", "B", "2026-06-13"),
    ],
    "dynamics-365-bc": [
        ("Essentials", "USD", "A", "2026-09-20"),
        ("Premium", "USD", "A", "2026-09-20"),
        ("Team Members", "USD", "A", "2026-09-20"),
    ],
    "netsuite": [("Reported prices", "USD", "B", "2026-06-01")],
    "sap-business-one": [
        ("Starter, by subscription", "EUR", "B", "2026-06-30"),
        ("Starter, bought once", "EUR", "B", "2026-06-30"),
    ],
    "acumatica": [("Essentials", "USD", "B", "2026-06-13")],
    "zoho-inventory": [("Free", "USD", "A", "2026-09-20"), ("Paid plans", "USD", "A", "2026-09-20")],
    "zoho-one": [("Flexible user", "USD", "A", "2026-09-20")],
    "katana": [("Core", "USD", "A", "2026-09-20"), ("Free", "USD", "A", "2026-09-20")],
    "xentral": [
        ("€99 and €0.30 an order", "EUR", "A", "2026-09-20"),
        ("€349 a month", "EUR", "A", "2026-09-20"),
        ("€649 a month", "EUR", "A", "2026-09-20"),
        ("€849 a month", "EUR", "A", "2026-09-20"),
    ],
    "weclapp": [
        ("€39 a user", "EUR", "A", "2026-09-20"),
        ("€86 a user", "EUR", "A", "2026-09-20"),
        ("€163 a user", "EUR", "A", "2026-09-20"),
    ],
    "dolibarr": [("Cloud", "EUR", "B", None), ("On a server of one's own", "EUR", "B", None)],
    "yonyou-u8": [("Per concurrent user", "CNY", "C", "2024-01-01"), ("Up to 50 users", "CNY", "C", "2024-01-01")],
}

# Vendor, plan, users, orders a month, locations, modules → software in the first year, and one-offs.
FIRST_YEAR: list[tuple[str, str, tuple[int, int, int], tuple[str, ...], float, float]] = [
    ("odoo", "Custom, paid monthly", (10, 0, 1), (), 4488.0, 0),  # 12 × 10 × 37.40
    ("odoo", "Custom, paid yearly", (10, 0, 1), (), 3588.0, 0),  # 12 × 10 × 29.90
    ("erpnext", "Frappe Cloud site", (50, 0, 1), (), 60.0, 0),  # 12 × 5
    ("erpnext", "Frappe Cloud server", (50, 0, 1), (), 240.0, 0),  # 12 × 20
    ("erpnext", "Frappe Cloud premium", (50, 0, 1), (), 1500.0, 0),  # 12 × 125
    ("dynamics-365-bc", "Essentials", (5, 0, 1), (), 4800.0, 0),  # 12 × 5 × 80
    ("dynamics-365-bc", "Premium", (5, 0, 1), (), 6600.0, 0),  # 12 × 5 × 110
    ("dynamics-365-bc", "Team Members", (5, 0, 1), (), 480.0, 0),  # 12 × 5 × 8
    ("netsuite", "Reported prices", (10, 0, 1), (), 36468.0, 0),  # 12 × (1749 in the middle + 10 × 129)
    ("netsuite", "Reported prices", (10, 0, 1), ("module",), 49068.0, 0),  # and 12 × 1050
    ("sap-business-one", "Starter, by subscription", (5, 0, 1), (), 2280.0, 0),  # 12 × 5 × 38
    ("sap-business-one", "Starter, bought once", (2, 0, 1), (), 2724.6, 0),  # 2 × 1140 × (1 + 0.195)
    ("acumatica", "Essentials", (3, 0, 1), (), 6396.0, 92500.0),  # (60,000 + 125,000) / 2
    ("zoho-inventory", "Free", (1, 50, 1), (), 0.0, 0),
    ("zoho-inventory", "Paid plans", (3, 500, 1), (), 348.0, 0),  # 12 × 29
    ("zoho-inventory", "Paid plans", (5, 3000, 1), (), 948.0, 0),  # 12 × 79, not 29 + 5 × 7.50 + 2 × 7.50 = 81.50
    ("zoho-inventory", "Paid plans", (10, 7500, 2), (), 1668.0, 0),  # 12 × (129 + 10)
    (
        "zoho-inventory",
        "Paid plans",
        (11, 16000, 3),
        (),
        3408.0,  # 12 × 284: 129 + 17 × 7.50 for 8500 orders + 7.50 + 2 × 10; from 249 it would be 291.50
        0,
    ),
    ("zoho-one", "Flexible user", (4, 0, 1), (), 4320.0, 0),  # 12 × 4 × 90
    ("katana", "Core", (40, 0, 1), (), 3588.0, 2000.0),  # 12 × 299
    ("katana", "Core", (40, 0, 1), ("addon_199", "addon_249", "addon_149"), 10752.0, 2000.0),  # 12 × (299 + 597)
    ("katana", "Free", (1, 0, 1), (), 0.0, 0),
    ("xentral", "€99 and €0.30 an order", (2, 1000, 1), (), 4788.0, 0),  # 12 × (99 + 300)
    ("xentral", "€349 a month", (90, 1000, 1), (), 4188.0, 0),
    ("xentral", "€649 a month", (90, 1000, 1), (), 7788.0, 0),
    ("xentral", "€849 a month", (90, 1000, 1), (), 10188.0, 0),
    ("weclapp", "€39 a user", (5, 0, 1), (), 2340.0, 0),
    ("weclapp", "€86 a user", (5, 0, 1), (), 5160.0, 0),
    ("weclapp", "€163 a user", (5, 0, 1), (), 9780.0, 0),
    ("dolibarr", "Cloud", (5, 0, 1), (), 840.0, 0),  # 12 × 5 × 14
    ("dolibarr", "On a server of one's own", (5, 0, 1), (), 0.0, 0),
    ("yonyou-u8", "Per concurrent user", (10, 0, 1), (), 65000.0, 97500.0),  # 10 × 6500; 1.5 times as much
    ("yonyou-u8", "Up to 50 users", (50, 0, 1), (), 225000.0, 337500.0),
]


def test_every_system_has_a_file_and_no_file_is_without_its_facts() -> None:
    assert sorted(VENDORS) == sorted(PUBLISHED)
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(PUBLISHED)


@pytest.mark.parametrize("key", sorted(PUBLISHED))
def test_a_file_holds_the_published_facts_and_no_others(key: str) -> None:
    facts = VENDORS[key].facts
    told = [(fact.about, fact.grade.value, fact.as_of.isoformat() if fact.as_of else None) for fact in facts]
    assert told == [published[:3] for published in PUBLISHED[key]]
    for fact, (*_, figures) in zip(facts, PUBLISHED[key], strict=True):
        for language in ("en", "zh"):
            text = fact.text.said(language)
            assert [
                figure for figure in figures if not re.search(rf"(?<![\d.,]){re.escape(figure)}(?![\d]|[.,]\d)", text)
            ] == []


@pytest.mark.parametrize("key", sorted(PUBLISHED))
def test_its_price_lists_are_those_published(key: str) -> None:
    plans = [
        (plan.name, plan.pricing.currency, plan.grade.value, plan.as_of.isoformat() if plan.as_of else None)
        for plan in VENDORS[key].plans
    ]
    assert plans == PLANS.get(key, [])


@pytest.mark.parametrize(
    ("key", "name", "size", "modules", "software", "once"),
    FIRST_YEAR,
    ids=[f"{f[0]}-{f[1]}-{f[2]}" for f in FIRST_YEAR],
)
def test_a_price_list_comes_to_what_its_figures_say(
    key: str, name: str, size: tuple[int, int, int], modules: tuple[str, ...], software: float, once: float
) -> None:
    (plan,) = (plan for plan in VENDORS[key].plans if plan.name == name)
    users, orders, locations = ({"now": count} for count in size)
    scenario = {
        "currency": plan.pricing.currency,
        "start": "2027-01-01",
        "years": 1,
        "users": users,
        "orders": orders,
        "locations": locations,
        "modules": modules,
    }
    costs = total_cost(plan.pricing, scenario).loc[1]
    assert costs[["subscription", "licence", "maintenance"]].sum() == pytest.approx(software)
    assert costs["implementation"] == pytest.approx(once)
    assert costs.sum() == pytest.approx(software + once)


def test_every_price_list_is_checked_by_its_figures() -> None:
    assert {(key, plan.name) for key, vendor in VENDORS.items() for plan in vendor.plans} == {
        (key, name) for key, name, *_ in FIRST_YEAR
    }


def test_what_has_limits_of_its_own_is_never_taken_by_itself_and_prices_from_are_marked() -> None:
    plans = [(key, plan) for key, vendor in VENDORS.items() for plan in vendor.plans]
    assert {(key, plan.name) for key, plan in plans if plan.by_choice} == {
        ("dynamics-365-bc", "Team Members"),
        ("katana", "Free"),
        ("dolibarr", "On a server of one's own"),
    }
    assert {(key, plan.name) for key, plan in plans if plan.at_least} == {
        ("erpnext", "Frappe Cloud site"),
        ("erpnext", "Frappe Cloud server"),
        ("erpnext", "Frappe Cloud premium"),
        ("acumatica", "Essentials"),
        ("katana", "Core"),
        ("dolibarr", "On a server of one's own"),
        ("yonyou-u8", "Per concurrent user"),
        ("yonyou-u8", "Up to 50 users"),
    }


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=list(VENDORS))
def test_facts_speak_of_criteria_and_fits_of_requirements_of_the_template(vendor: schema.Vendor) -> None:
    needs = {need.key for need in template()}
    assert [fact.about for fact in vendor.facts if fact.about not in LEAVES and fact.about not in needs] == []
    assert [fit.requirement for fit in vendor.fits if fit.requirement not in needs] == []
    named = [need for plan in vendor.plans for part in plan.pricing.parts if isinstance(part, schema.Modules)
             for module in part.modules for need in module.serves]  # fmt: skip
    assert [key for key in named if key not in needs] == []


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=list(VENDORS))
def test_a_published_fit_rests_on_a_fact_and_its_evidence_is_honest(vendor: schema.Vendor) -> None:
    sources = {(fact.source, fact.as_of, fact.grade) for fact in vendor.facts}
    for fit in vendor.fits:
        assert (fit.source, fit.as_of, fit.grade) in sources
        assert fit.evidence is (schema.Evidence.DOCUMENT if fit.grade is schema.Grade.A else schema.Evidence.CLAIM)


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=list(VENDORS))
def test_every_text_of_a_file_is_in_both_languages(vendor: schema.Vendor) -> None:
    texts = [fact.text for fact in vendor.facts] + [fit.note for fit in vendor.fits if fit.note.en != fit.note.zh]
    texts += [plan.note for plan in vendor.plans if plan.note]
    chinese = re.compile("[\u4e00-\u9fff]")
    assert [
        text.zh for text in texts if not chinese.search(text.zh) or re.search("[\u4e00-\u9fff][,;:?!]", text.zh)
    ] == []
    assert [text.en for text in texts if chinese.search(text.en)] == []


def test_what_is_older_than_a_year_is_flagged() -> None:
    today = dt.date(2026, 11, 25)
    frame = facts_frame(list(VENDORS.values()), today, "en")
    assert len(frame) == sum(len(facts) for facts in PUBLISHED.values())
    assert set(frame.loc[frame["stale"], "vendor"]) == {"netsuite", "jushuitan", "yonyou-u8"}
    undated = sum(day is None for facts in PUBLISHED.values() for _, _, day, _ in facts)
    assert int(frame["undated"].sum()) == undated
    assert all(stale(plan, today) for plan in VENDORS["yonyou-u8"].plans)


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=list(VENDORS))
def test_a_vendor_written_out_reads_back_equal(vendor: schema.Vendor) -> None:
    assert load(schema.Vendor, dump_vendor(vendor)) == vendor


# --- the document ---------------------------------------------------------------------------------------------------

MODELS = {
    name: model
    for name, model in vars(schema).items()
    if isinstance(model, type) and issubclass(model, schema.Strict) and model not in (schema.Strict, schema.Sourced)
}


def tables() -> dict[str, dict[str, str]]:
    """For each model of the document its fields, and what holds where one is left out."""
    parts = re.split(r"^#### (\w+)$", DOCUMENT.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = {}
    for name, body in zip(parts[1::2], parts[2::2], strict=True):
        table = re.search(r"(?:^\|.*\n)+", body, re.MULTILINE)
        rows = (
            [[cell.strip() for cell in row.strip("|").split("|")] for row in table[0].splitlines()[2:]] if table else []
        )
        found[name] = {row[0].strip("`"): row[-1] for row in rows}
    return found


def test_the_document_has_a_table_for_every_kind_of_value() -> None:
    assert sorted(tables()) == sorted(MODELS)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_the_document_lists_every_field_and_says_which_are_needed(name: str) -> None:
    fields = MODELS[name].model_fields
    written = tables()[name]
    assert list(written) == list(fields)
    needed = {key for key, field in fields.items() if field.is_required()} - ({"likely"} if name == "Range" else set())
    assert {key for key, left_out in written.items() if left_out == "needed"} == needed


@pytest.mark.parametrize("name", sorted(MODELS))
def test_the_document_says_what_holds_where_a_field_is_left_out(name: str) -> None:
    """Numbers, words and null; lists and values with fields of their own are told in words."""
    for key, left_out in tables()[name].items():
        default: Any = MODELS[name].model_fields[key].get_default(call_default_factory=True)
        if default is None:
            assert left_out == "`null`", key
        elif isinstance(default, bool):
            assert left_out == f"`{str(default).lower()}`", key
        elif isinstance(default, int | float):
            assert float(left_out.replace(",", "")) == default, key
        elif isinstance(default, str) and default is not PydanticUndefined:
            assert left_out in (f"`{default}`", "empty" if default == "" else ""), key


def blocks() -> list[tuple[str, str]]:
    """The files that the document shows, each with the kind that its first line names."""
    found = re.findall(r"^```yaml\n(# (\w+): .*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [(kind, text) for text, kind in found]


def test_the_files_that_the_document_shows_can_be_read() -> None:
    assert [kind for kind, _ in blocks()] == ["Vendor", "Decision"]
    for kind, text in blocks():
        load(MODELS[kind], text, name_of(DOCUMENT))
    assert DOCUMENT.read_text(encoding="utf-8").count("```yaml") == len(blocks())


def test_the_examples_of_the_document_give_what_they_say() -> None:
    text = Path(DOCUMENT).read_text(encoding="utf-8")
    examples = doctest.DocTestParser().get_doctest(text, {}, name_of(DOCUMENT), str(DOCUMENT), 0)
    runner = doctest.DocTestRunner(verbose=False)
    told: list[str] = []
    runner.run(examples, out=told.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(told)
    shown = set(re.findall(r'"model": "(\w+)"', text))
    assert shown == {"flat", "per_user", "per_order", "tiers", "per_location", "modules", "perpetual"}
