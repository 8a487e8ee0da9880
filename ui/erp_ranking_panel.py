"""Which ERP comes first, how surely, and what would turn the answer round: view Ranking."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from erp_core.errors import ErpError
from erp_core.text import T, Text
from ui import acts, erp_certainty_panel, erp_choice, erp_first_panel, erp_jury_panel, erp_what_if_panel, filters
from ui.erp_choice import Choice
from ui.erp_words import Answered
from ui.guard import Visit, same_as_before
from ui.pages_list import address

Part = Callable[[Answered], None]


def show(visit: Visit, choice: Choice) -> None:
    """The whole view. Weights that are tried run it alone, not the page around it."""
    if not choice.document.vendors:
        st.info(
            visit.say(T("No vendor is on the list yet. Choose some, and this view ranks them.")),
            icon=":material/storefront:",
        )
        st.page_link(
            address("erp_choice"), label=visit.say(T("Choose vendors")), icon=":material/arrow_forward:",
            query_params={"view": "vendors"},
        )  # fmt: skip
        return
    st.fragment(_ranking)(visit, choice)


def _ranking(visit: Visit, choice: Choice) -> None:
    same_as_before(visit)
    try:
        with st.spinner(visit.say(T("Weighing …"))):
            stored = erp_choice.answer(choice)
        head, left, right = st.container(), *st.columns([3, 1.15])
        with right:
            tried = erp_what_if_panel.show(visit, choice, stored.weights)
        answer = erp_choice.answer_to(choice, tried.weightings, tried.sureness) if tried.what_if else stored
    except ErpError as error:
        acts.refused(visit, error)
        return
    told = Answered(visit, choice.document, answer, what_if=tried.what_if)
    with head:
        erp_first_panel.headline(told)
    with left:
        erp_first_panel.first_place(told)
        erp_first_panel.gates(told)
    erp_first_panel.meters(told)
    erp_first_panel.matrix(told)
    if len(answer.in_play) > 1:
        _deeper(told)
    erp_jury_panel.notes(told)


PARTS: Mapping[str, tuple[Text, tuple[Part, ...]]] = {
    "sure": (T("How sure"), (erp_certainty_panel.ranks, erp_certainty_panel.pairwise, erp_certainty_panel.central)),
    "triangle": (T("Triangle"), (erp_certainty_panel.triangle,)),
    "methods": (T("Methods and people"), (erp_jury_panel.jury, erp_jury_panel.dissent)),
    "value": (T("Value for money"), (erp_jury_panel.value_for_money,)),
}


def _deeper(told: Answered) -> None:
    """What stands behind the answer, one part at a time."""
    names = {name: text for name, (text, _) in PARTS.items()}
    chosen = filters.segments(told.visit, "part", names, T("What stands behind it"), erp_choice.PAGE)
    for part in PARTS[chosen][1]:
        part(told)
