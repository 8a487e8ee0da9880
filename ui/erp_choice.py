"""The choice of an ERP that a page works on: which one, as one document, its answer, and own numbers in words."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from erp_core.overview.own_numbers import own_numbers
from erp_core.security.permissions import Permission
from erp_core.text import T, format_money, format_number, format_share
from erp_core.vendors import evaluation
from erp_core.vendors import views as stored
from erp_core.vendors.catalogue import catalogue
from erp_core.vendors.evaluation import Prepared
from erp_core.vendors.own_numbers import OWN_METRICS
from erp_core.vendors.results import Evaluation
from erp_core.vendors.schema import Decision, OwnNumber, Sureness, Vendor, Weighting
from erp_core.vendors.versions import inputs_hash
from erp_core.vendors.working import Seen
from ui import kept, reads
from ui.guard import Visit

PAGE = "erp_choice"
DECISION = "decision"


@dataclass(frozen=True)
class Choice:
    """The decision that is looked at, as it stood when this run of the page began.

    `key`: a hash of the whole document, for caches; `may_change`: the visitor may change it, and it is not put aside.
    """

    id: int
    version: int
    document: Decision
    key: str
    may_change: bool

    @property
    def currency(self) -> str:
        """What all its amounts are in."""
        return self.document.scenario.currency

    @property
    def at(self) -> Seen:
        """This decision as it was seen, for acts."""
        return Seen(self.id, self.version)


def own_numbers_of(visit: Visit, currency: str) -> tuple[OwnNumber, ...]:
    """The merchant's own numbers as of today, money in `currency`; none while nothing is imported."""
    at = reads.moment(visit)
    with st.spinner(visit.say(T("Adding up …"))):
        return _own_numbers(visit, at.key, at.now, currency)


def chosen(visit: Visit) -> Choice | None:
    """The decision of the URL, else the one changed last; None while there is none."""
    held = kept.word(DECISION, PAGE)
    with visit.database.reading() as connection:
        working = stored.decisions(connection)
        known = (*working, *stored.decisions(connection, archived=True))
        one = next((found for found in known if str(found.id) == held), next(iter(working), None))
        if one is None:
            return None
        stamp = stored.stamp(connection, one.id)
    at = reads.moment(visit)
    document, key = _document(visit, f"{at.key}:{stamp}", one.id, at.now, one.settings.scenario.currency)
    may_change = visit.actor.may(Permission.CHOOSE_ERP) and one.archived_at is None
    return Choice(one.id, one.version, document, key, may_change)


@st.cache_resource(max_entries=4, show_spinner=False)
def _own_numbers(_visit: Visit, key: str, on: dt.date, currency: str) -> tuple[OwnNumber, ...]:
    with _visit.database.reading() as connection:
        return own_numbers(connection, _visit.company, on, currency)


@st.cache_resource(max_entries=16, show_spinner=False)
def _document(_visit: Visit, key: str, decision_id: int, on: dt.date, currency: str) -> tuple[Decision, str]:
    outside = stored.Outside(on, catalogue(), own_numbers_of(_visit, currency))
    with _visit.database.reading() as connection:
        document = stored.decision_document(connection, decision_id, outside)
    return document, inputs_hash(document)


@st.cache_resource(max_entries=4, show_spinner=False)
def _prepared(_document: Decision, key: str) -> Prepared:
    return evaluation.prepare(_document)


@st.cache_resource(max_entries=16, show_spinner=False)
def _answer(_document: Decision, key: str) -> Evaluation:
    return evaluation.answer(_prepared(_document, key), _document.weightings, _document.sureness)


def answer(choice: Choice) -> Evaluation:
    """The answer to the decision, computed once for what it holds. Raises BadInput where there is none."""
    return _answer(choice.document, choice.key)


def answer_to(choice: Choice, weightings: Sequence[Weighting], sureness: Sureness) -> Evaluation:
    """The answer under other weights than those stored; only what rests on weights is computed."""
    return evaluation.answer(_prepared(choice.document, choice.key), weightings, sureness)


def every_vendor(visit: Visit) -> tuple[Vendor, ...]:
    """All systems that may be compared: of the catalogue, and the merchant's own."""
    with visit.database.reading() as connection:
        own = stored.own_vendors(connection)
    return (*catalogue(), *own)


def form_of(visit: Visit, form: str, shown: object) -> str:
    """The key of a form that shows stored values: another one when these change, so that what somebody else changed in
    the meantime stands in the fields instead of being overwritten."""
    return f"{form}_{hashlib.sha256(repr(shown).encode()).hexdigest()[:12]}"


def number_said(visit: Visit, choice: Choice, number: OwnNumber) -> str:
    """An own number with its name: “Orders a month: 1,240”."""
    metric = OWN_METRICS.get(number.key)
    name = visit.plain(metric.title) if metric else number.key
    return visit.plain(T("{what}: {value}", what=name, value=number_written(visit, choice, number)))


def number_written(visit: Visit, choice: Choice, number: OwnNumber) -> str:
    """An own number's value in its unit."""
    metric, language = OWN_METRICS.get(number.key), visit.language
    if metric is not None and metric.unit == "money":
        return format_money(number.value, choice.currency, language, compact=True)
    if metric is not None and metric.unit == "share":
        return format_share(number.value, language)
    return format_number(number.value, language, 0 if float(number.value).is_integer() else 1)
