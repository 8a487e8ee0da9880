"""Where is my money stuck, and what runs out?"""

import streamlit as st

from erp_core.security.permissions import Permission
from erp_core.text import T
from ui import stock_overview, stock_story
from ui.guard import require

visit = require(Permission.VIEW_STOCK)
VIEWS = {"overview": (T("Overview"), stock_overview.show), "sku": (T("SKU"), stock_story.show)}

st.title(visit.say(T("Where is my money stuck, and what runs out?")))
view = st.segmented_control(
    visit.say(T("View")),
    list(VIEWS),
    default="overview",
    required=True,
    format_func=lambda name: visit.say(VIEWS[name][0]),
    key="view",
    bind="query-params",
    label_visibility="collapsed",
)
VIEWS[view or "overview"][1](visit)
