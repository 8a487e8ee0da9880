"""How vendors, requirements and criteria are named inside a sentence."""

from __future__ import annotations

import math
from collections.abc import Sequence

from erp_core.text import BothLanguages, T, Text
from erp_core.vendors.criteria import CRITERIA
from erp_core.vendors.schema import Bilingual, Evidence, Fit, Priority, Requirement, Vendor

FIT_NAMES = {
    Fit.NATIVE: T("Native"),
    Fit.CONFIGURATION: T("By configuration"),
    Fit.THIRD_PARTY: T("By a third party"),
    Fit.CUSTOMISATION: T("By customisation"),
    Fit.ROADMAP: T("On the roadmap"),
    Fit.NONE: T("Not offered"),
    Fit.UNKNOWN: T("Unknown"),
}

EVIDENCE_NAMES = {
    Evidence.CLAIM: T("Claim"),
    Evidence.DOCUMENT: T("Document"),
    Evidence.DEMONSTRATION: T("Demonstration"),
    Evidence.REFERENCE: T("Reference"),
    Evidence.TESTED: T("Tested"),
}
PRIORITY_NAMES = {
    Priority.MUST: T("Must"),
    Priority.SHOULD: T("Should"),
    Priority.COULD: T("Could"),
    Priority.NOT_NEEDED: T("Not needed"),
}


def words(bilingual: Bilingual) -> BothLanguages:
    """A file's sentence as a value of ours."""
    return BothLanguages(bilingual.en, bilingual.zh)


def vendor_words(vendor: Vendor) -> BothLanguages:
    """A vendor's name in each language."""
    return BothLanguages(vendor.name, vendor.name_zh or vendor.name)


def need_words(need: Requirement) -> BothLanguages:
    """A requirement's text in each language, as it stands inside a sentence: without a full stop of its own."""
    return BothLanguages(need.text.en.rstrip("."), need.text.zh.rstrip("。"))


def criterion_words(key: str) -> Text:
    """A criterion's name."""
    return CRITERIA[key]


def listed(names: Sequence[BothLanguages | Text | str]) -> Text | BothLanguages | str:
    """Several names as one, in the reader's manner of listing; "" for none."""
    if not names:
        return ""
    first, *others = names
    joined: Text | BothLanguages | str = first
    for name in others:
        joined = T("{names}, {next}", names=joined, next=name)
    return joined


def percent(share: float) -> float:
    """A share for a sentence, as a percentage: whole from ten up, with one decimal below.

    >>> percent(0.1234), percent(0.0567), percent(0.03)
    (12, 5.7, 3)
    """
    value = round(share * 100, 0 if abs(share) >= 0.1 else 1)
    return int(value) if value == int(value) else value


def percent_up(share: float) -> float:
    """The same, rounded up to a tenth, where less would not suffice.

    >>> percent_up(0.12011)
    12.1
    """
    value = math.ceil(round(share * 1000, 6)) / 10
    return int(value) if value == int(value) else value
