"""Settings: the company, its shops, what is watched and who is told, the safety of its data, what was done, its jobs, the demo shop."""

import streamlit as st

from erp_core.security.permissions import Permission
from erp_core.text import T
from ui import (
    acts,
    alerts_panel,
    audit_panel,
    company_panel,
    demo_panel,
    jobs_panel,
    keys_panel,
    people_panel,
    safety_panel,
    shops_panel,
    views,
)
from ui.guard import require

visit = require(Permission.VIEW_SETTINGS)

st.title(visit.say(T("Settings")))
acts.say_what_was_done(visit)

VIEWS = {
    "company": (T("Company"), company_panel.show),
    "shops": (T("Shops"), shops_panel.show),
    "people": (T("People"), people_panel.show),
    "alerts": (T("Alerts"), alerts_panel.show),
    "safety": (T("Safety"), safety_panel.show),
    "keys": (T("Keys"), keys_panel.show),
    "audit": (T("Audit"), audit_panel.show),
    "jobs": (T("Jobs"), jobs_panel.show),
    "demo": (T("Demo shop"), demo_panel.show),
}
views.show(visit, "settings", VIEWS)
