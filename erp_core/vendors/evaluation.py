"""The answer: from a decision to gates, costs, scores, certainty and what to ask next.

The steps, each a module of its own: `plans` picks what a vendor is paid by; `cost` draws what that comes to; `gates`
says who is out, and what would bring them back; `scoring` and `cost_criterion` turn ratings and costs into values on
fixed scales, with their spread; `jury` asks other methods; `certainty` counts how often each one wins; `switching`
looks for the smallest change that turns the answer; `meters` says what the cheapest and the over-fitted really cost,
and which question is worth asking.

`prepare` does all that does not rest on the weights of the criteria, `answer` the light rest: a page keeps the former
and calls the latter at every move of a slider.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from erp_core.text import T, Text
from erp_core.vendors import gates, meters, schema, switching
from erp_core.vendors.bill import with_price
from erp_core.vendors.certainty import Acceptability, simulate, weight_draws
from erp_core.vendors.cost import draw_by_year, total_cost, vendor_cost
from erp_core.vendors.cost_criterion import cost_value, growth_of, scale_of
from erp_core.vendors.criteria import CRITERIA, criterion_of
from erp_core.vendors.dissent import dissent_of
from erp_core.vendors.jury import Bench, reversals, verdicts, why_they_differ
from erp_core.vendors.methods import group_weights
from erp_core.vendors.naming import listed, need_words, vendor_words
from erp_core.vendors.plans import price_of
from erp_core.vendors.refusals import BadValue
from erp_core.vendors.results import (
    Dissent,
    Evaluation,
    Gate,
    Overkill,
    PriceTrap,
    Question,
    Switch,
    VendorCost,
    Verdict,
)
from erp_core.vendors.results_json import to_json
from erp_core.vendors.schema import Decision, Sureness, Weighting
from erp_core.vendors.scoring import (
    POINTS,
    Cells,
    Floats,
    Opinion,
    cells_of,
    draws_of,
    generator_of,
    opinions,
)
