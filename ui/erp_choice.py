"""The choice of an ERP that a page works on: which one, as one document, its answer, and how it is changed.

Views are hung in as `of_choice(panel.show)`, where `show(visit, choice)` is given the decision that the URL names
(`?decision=`), else the one that was changed last; without any decision they all show how to begin.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from erp_core.clock import today
from erp_core.overview.own_numbers import own_numbers
from erp_core.security.permissions import Permission
from erp_core.text import T, format_money, format_number, format_share
from erp_core.vendors import views as stored
from erp_core.vendors.catalogue import catalogue
from erp_core.vendors.evaluation import evaluate
from erp_core.vendors.own_numbers import OWN_METRICS
from erp_core.vendors.results import Evaluation
from erp_core.vendors.schema import Decision, OwnNumber, Vendor
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


@st.cache_resource(max_entries=4, show_spinner=False)
def _own_numbers(_visit: Visit, key: str, on: dt.date) -> tuple[OwnNumber, ...]:
    with _visit.database.reading() as connection:
        return own_numbers(connection, _visit.company, on)


def numbers(visit: Visit) -> tuple[OwnNumber, ...]:
    """The merchant's own numbers as of today; none while nothing is imported."""
    at = reads.moment(visit)
    return _own_numbers(visit, at.key, at.now)


def decisions(visit: Visit) -> pd.DataFrame:
    """The decisions that there are, the one changed last first (`vendors.views.decisions`)."""
    with visit.database.reading() as connection:
        return stored.decisions(connection)


def chosen(visit: Visit) -> Choice | None:
    """The decision of the URL, else the one changed last; None while there is none."""
    known = decisions(visit)
    if known.empty:
        return None
    held = kept.word(DECISION, PAGE)
    one = known[known["id"].astype(str) == held] if held else known
    row = (one if len(one) else known).iloc[0]
    with visit.database.reading() as connection:
        document = stored.decision_document(connection, int(row["id"]), catalogue(), numbers(visit))
    key = inputs_hash(document)
    may_change = visit.actor.may(Permission.CHOOSE_ERP) and not row["archived"]
    return Choice(int(row["id"]), int(row["version"]), document, key, may_change)


def of_choice(panel: Callable[[Visit, Choice], None]) -> Callable[[Visit], None]:
    """A view that is given the decision; how to begin while there is none."""

    def view(visit: Visit) -> None:
        """Choose the decision, then show it."""
        from ui import erp_begin_panel  # which needs this module

        choice = chosen(visit)
        if choice is None:
            erp_begin_panel.show(visit)
            return
        erp_begin_panel.chooser(visit, choice)
        panel(visit, choice)

    return view


@st.cache_resource(max_entries=16, show_spinner=False)
def _answer(_document: Decision, key: str) -> Evaluation:
    return evaluate(_document)


def answer(_visit: Visit, choice: Choice) -> Evaluation:
    """The answer to the decision, computed once for what it holds. Raises BadInput where there is none."""
    return _answer(choice.document, choice.key)


def form_of(visit: Visit, form: str, shown: object) -> str:
    """The key of a form that shows stored values: another one when these change, so that what somebody else changed in
    the meantime stands in the fields instead of being overwritten; and a word on it."""
    now = hashlib.sha256(repr(shown).encode()).hexdigest()[:12]
    before = st.session_state.get(f"form_shown_{form}")
    if before is not None and before != now and not st.session_state.pop(f"form_own_{form}", False):
        st.info(
            visit.say(T("This was changed elsewhere in the meantime: the form shows what stands now.")),
            icon=":material/sync:",
        )
    st.session_state[f"form_shown_{form}"] = now
    return f"{form}_{now}"


def form_saved(form: str) -> None:
    """The form's own act changes what it shows next: nothing to tell."""
    st.session_state[f"form_own_{form}"] = True



def number_said(visit: Visit, choice: Choice, number: OwnNumber) -> str:
    """An own number with its name, in words: “Orders a month: 1,240”."""
    metric = OWN_METRICS[number.key]
    return f"{visit.plain(metric.title)}: {number_written(visit, choice, number)}"


def number_written(visit: Visit, choice: Choice, number: OwnNumber) -> str:
    """An own number's value in its unit."""
    unit, language = OWN_METRICS[number.key].unit, visit.language
    if unit == "money":
        return format_money(number.value, choice.currency, language, compact=True)
    if unit == "share":
        return format_share(number.value, language)
    whole = float(number.value).is_integer()
    return format_number(number.value, language, 0 if whole else 1)
