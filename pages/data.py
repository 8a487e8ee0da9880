"""What came in, and can I trust it?"""

import streamlit as st

from erp_core.security.permissions import Permission
from erp_core.text import T
from ui import import_panel, out_panel, quality_panel, receipts_panel, views
from ui.guard import require

visit = require(Permission.VIEW_IMPORTS)

st.title(visit.say(T("What came in, and can I trust it?")))

VIEWS = {
    "import": (T("Import"), import_panel.show),
    "receipts": (T("Receipts"), receipts_panel.show),
    "quality": (T("Quality"), quality_panel.show),
    "out": (T("Send out"), out_panel.show),
}
views.show(visit, "data", VIEWS)
