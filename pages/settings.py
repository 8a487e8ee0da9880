"""Settings: the company, its shops, the safety of its data, the work that is done outside the pages."""

import streamlit as st

from erp_core.security.permissions import Permission
from erp_core.text import T
from ui import acts, company_panel, jobs_panel, safety_panel, shops_panel, views
from ui.guard import require

visit = require(Permission.VIEW_SETTINGS)

st.title(visit.say(T("Settings")))
acts.say_what_was_done(visit)

VIEWS = {
    "company": (T("Company"), company_panel.show),
    "shops": (T("Shops"), shops_panel.show),
    "safety": (T("Safety"), safety_panel.show),
    "jobs": (T("Jobs"), jobs_panel.show),
}
views.show(visit, "settings", VIEWS)
