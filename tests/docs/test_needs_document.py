"""docs/needs.md says which numbers and thresholds propose what is needed: as the code declares them."""

from __future__ import annotations

from collections import Counter

from erp_core.vendors.own_numbers import OWN_METRICS
from erp_core.vendors.proposals import RULES, Rule
from erp_core.vendors.schema import Evidence, Fit, Priority
from erp_core.vendors.template import template
from tests.docs.source_tree import ROOT

DOCUMENT = (ROOT / "docs" / "needs.md").read_text(encoding="utf-8")


def rows_under(title: str) -> list[str]:
    """The rows of the table under a heading, without its head."""
    part = DOCUMENT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return [line for line in part.splitlines() if line.startswith("|")][2:]


def of_metric(key: str) -> str:
    metric = OWN_METRICS[key]
    asked = "asked" if metric.asked else "computed"
    return f"| `{key}` | {metric.title} | {metric.unit} | {asked} | {metric.how} |"


def of_rule(rule: Rule) -> str:
    least = f"{rule.at_least:g}" if rule.at_least > 1e-6 else "more than 0" if rule.at_least else "0"
    below = "" if rule.below is None else f"{rule.below:g}" if rule.below > 1e-6 else "more than 0"
    weight = "" if rule.weight is None else f"{rule.weight:g}"
    needs = ", ".join(f"`{need}`" for need in rule.needs)
    return f"| `{rule.metric}` | {least} | {below} | {rule.priority.value} | {weight} | {needs} |"


def test_every_own_number_is_explained() -> None:
    assert rows_under("Own numbers") == [of_metric(key) for key in OWN_METRICS]


def test_every_threshold_is_told() -> None:
    assert rows_under("What they propose") == [of_rule(rule) for rule in RULES]


def test_the_counts_are_those_of_the_template() -> None:
    counted = Counter(need.priority for need in template())
    told = f"{len(template())} requirements: {counted[Priority.MUST]} must, {counted[Priority.SHOULD]} should, {counted[Priority.COULD]} could"
    assert told in DOCUMENT


def test_every_answer_and_proof_is_named() -> None:
    for word in (*Fit, *Evidence, *Priority):
        assert f"`{word.value}`" in DOCUMENT, word
