"""The catalogue: what is published about each system, from `data/vendors/`, one file a system.

What no fact says is unknown, and every page says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import pandas as pd

from erp_core.settings import ROOT
from erp_core.text import T, say
from erp_core.vendors.criteria import LEAVES
from erp_core.vendors.loading import Problem, bad_file, load_vendor
from erp_core.vendors.schema import Sourced, Vendor

FOLDER = ROOT / "data" / "vendors"

# Not a property of a vendor: drawn from how projects end in general, or told by the merchant.
_NEVER_PUBLISHED = frozenset({"cost.overrun"})


def catalogue() -> tuple[Vendor, ...]:
    """All systems of the catalogue, by name; read once.

    Raises BadInput (code `vendors.bad_file`) naming file, line and field.
    """
    return _read(FOLDER)


@lru_cache(maxsize=4)
def _read(folder: Path) -> tuple[Vendor, ...]:
    return read_catalogue(folder)


def read_catalogue(folder: Path) -> tuple[Vendor, ...]:
    """All vendors in the YAML files of a folder, by name. A file is called like the key in it, so keys are unique.

    Raises BadInput (code `vendors.bad_file`) naming file, line and field.
    """
    vendors = []
    for path in sorted(folder.glob("*.yaml")):
        vendor = load_vendor(path)
        if vendor.key != path.stem:
            what = T("the file is not called like its key, “{key}”", key=vendor.key)
            raise bad_file(path.name, [Problem(None, "key", what, T("Name it {name}.", name=f"{vendor.key}.yaml"))])
        vendors.append(vendor)
    return tuple(sorted(vendors, key=lambda vendor: vendor.name.casefold()))


def stale(told: Sourced, today: dt.date) -> bool:
    """Whether a fact, a fit or a price list is older than a year. One without a date is not stale but undated.

    >>> from erp_core.vendors.schema import Grade
    >>> price = Sourced(source="a page", as_of=dt.date(2024, 2, 29), grade=Grade.A)
    >>> stale(price, dt.date(2025, 2, 28)), stale(price, dt.date(2025, 3, 1)), stale(price, dt.date(2025, 3, 2))
    (False, False, True)
    """
    return told.as_of is not None and older_than_a_year(told.as_of, today)


def older_than_a_year(day: dt.date, today: dt.date) -> bool:
    """Whether a day lies more than a year back."""
    try:
        a_year_on = day.replace(year=day.year + 1)
    except ValueError:  # 29 February
        a_year_on = dt.date(day.year + 1, 3, 1)
    return today > a_year_on


def unknown_leaves(vendor: Vendor) -> tuple[str, ...]:
    """The leaves of the tree of criteria that nothing published or noted speaks of, in the tree's order."""
    spoken = {fact.about for fact in vendor.facts} | {fit.requirement for fit in vendor.fits}
    if vendor.plans:
        spoken.add("cost.total")
    return tuple(
        leaf
        for leaf in LEAVES
        if leaf not in _NEVER_PUBLISHED and not any(f"{about}.".startswith(f"{leaf}.") for about in spoken)
    )


def facts_frame(vendors: Sequence[Vendor], today: dt.date, language: str) -> pd.DataFrame:
    """The facts of vendors, a row each, in the order of the tree of criteria.

    Columns: vendor (key), name, about (key of a criterion or requirement), criterion (its leaf in words), text, source,
    as_of (date or None), grade, stale (older than a year), undated. Texts in `language`.
    """
    rows = [row for vendor in vendors for row in _rows(vendor, today, language)]
    names = ["vendor", "name", "about", "criterion", "text", "source", "as_of", "grade", "stale", "undated"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.astype({"stale": bool, "undated": bool})


def _rows(vendor: Vendor, today: dt.date, language: str) -> Iterator[tuple[object, ...]]:
    order = {leaf: index for index, leaf in enumerate(LEAVES)}
    for fact in sorted(vendor.facts, key=lambda fact: order.get(leaf_of(fact.about), len(order))):
        leaf = leaf_of(fact.about)
        yield (
            vendor.key,
            vendor.named(language),
            fact.about,
            say(LEAVES[leaf], language) if leaf in LEAVES else fact.about,
            fact.text.said(language),
            fact.source,
            fact.as_of,
            fact.grade.value,
            stale(fact, today),
            fact.as_of is None,
        )


def leaf_of(about: str) -> str:
    """The leaf of the tree that a fact belongs to: itself, or the one that its requirement's key begins with.

    >>> leaf_of("fit.integration.api"), leaf_of("exit.licence"), leaf_of("own_need")
    ('fit.integration', 'exit.licence', 'own_need')
    """
    parts = about.split(".")
    leaf = ".".join(parts[:2])
    return leaf if leaf in LEAVES else about
