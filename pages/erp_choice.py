"""Which ERP, how surely, at what cost and return?"""

import streamlit as st

from erp_core.security.permissions import Permission
from erp_core.text import T
from ui import (
    acts,
    erp_begin_panel,
    erp_case_panel,
    erp_choice,
    erp_cost_panel,
    erp_file_panel,
    erp_needs_panel,
    erp_ranking_panel,
    erp_vendors_panel,
    views,
)
from ui.guard import require

visit = require(Permission.VIEW_VENDORS)

st.title(visit.say(T("Which ERP, how surely, at what cost and return?")))
acts.say_what_was_done(visit)

VIEWS = {
    "needs": (T("Needs"), erp_begin_panel.of_choice(erp_needs_panel.show)),
    "vendors": (T("Vendors"), erp_begin_panel.of_choice(erp_vendors_panel.show)),
    "ranking": (T("Ranking"), erp_begin_panel.of_choice(erp_ranking_panel.show)),
    "cost": (T("Cost"), erp_begin_panel.of_choice(erp_cost_panel.show)),
    "case": (T("Business case"), erp_begin_panel.of_choice(erp_case_panel.show)),
    "file": (T("Decision file"), erp_begin_panel.of_choice(erp_file_panel.show)),
}
views.show(visit, erp_choice.PAGE, VIEWS)
