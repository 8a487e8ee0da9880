"""What the business needs: how much of it, from which budget, and how its criteria weigh."""

from __future__ import annotations

import streamlit as st

from erp_core.text import T, Text, format_number, format_share
from erp_core.vendors.coverage import need_counts
from erp_core.vendors.naming import PRIORITY_NAMES
from erp_core.vendors.schema import Priority
from ui import erp_frame_panel, erp_requirements_panel, erp_weights_panel
from ui.erp_choice import Choice
from ui.guard import Visit


def show(visit: Visit, choice: Choice) -> None:
    """The whole view."""
    _headline(visit, choice)
    erp_frame_panel.show(visit, choice)
    erp_requirements_panel.show(visit, choice)
    erp_weights_panel.show(visit, choice)


def _headline(visit: Visit, choice: Choice) -> None:
    counts = need_counts(choice.document)

    def number(value: int) -> str:
        return format_number(value, visit.language)

    cells: list[tuple[Text, str, Text]] = [
        (PRIORITY_NAMES[priority], number(counts.by_priority[priority]), T("Requirements of this priority"))
        for priority in Priority
    ]
    cells.append(
        (
            T("Proposed"),
            number(counts.proposed),
            T("Priorities that were proposed from your own numbers, with the reason"),
        )
    )
    share = "–" if not counts.pairs else format_share(1 - counts.open / counts.pairs, visit.language, 0)
    told = T("{open} of {pairs} pairs of vendor and requirement that count are not known yet", open=number(counts.open),
             pairs=number(counts.pairs))  # fmt: skip
    cells.append((T("Known"), share, told))
    row = st.container(horizontal=True, gap="xsmall")
    for label, value, note in cells:
        row.container(width="stretch").metric(visit.say(label), value, help=visit.say(note), border=True)
