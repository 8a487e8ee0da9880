"""The requirements that a merchant starts from: `data/requirements/ecommerce.yaml`, read strictly once."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from pathlib import Path

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from erp_core.settings import ROOT
from erp_core.vendors.criteria import LEAVES, criterion_of
from erp_core.vendors.loading import load
from erp_core.vendors.own_numbers import OWN_METRICS
from erp_core.vendors.schema import Requirement, Strict

TEMPLATE = ROOT / "data" / "requirements" / "ecommerce.yaml"


class RequirementsFile(Strict):
    """A file of requirements: every key once, every criterion a leaf that requirements can meet, every metric known."""

    requirements: tuple[Requirement, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> RequirementsFile:
        counted = Counter(need.key for need in self.requirements)
        if max(counted.values()) > 1:
            raise PydanticCustomError("twice", "a key stands twice in {list}", {"list": "requirements"})
        for need in self.requirements:
            if not is_met_by_requirements(need.criterion):
                raise PydanticCustomError("criterion", "no such criterion: {given}", {"given": need.criterion})
            if need.metric is not None and need.metric not in OWN_METRICS:
                raise PydanticCustomError("metric", "no such own number: {given}", {"given": need.metric})
        return self


def is_met_by_requirements(criterion: str) -> bool:
    """Whether requirements may hang there: at a leaf of the tree, except those of cost, which are computed.

    >>> [is_met_by_requirements(key) for key in ("function.orders", "cost.total", "function")]
    [True, False, False]
    """
    return criterion in LEAVES and criterion_of(criterion) != "cost"


def load_requirements(path: Path) -> tuple[Requirement, ...]:
    """The requirements of a YAML file. Errors as `loading.load`: they name file, line, field and what is allowed."""
    return load(RequirementsFile, path).requirements


@lru_cache(maxsize=1)
def template() -> tuple[Requirement, ...]:
    """The template for an e-commerce ERP, in the order of the tree."""
    return load_requirements(TEMPLATE)
