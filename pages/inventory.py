"""Where is my money stuck, and what runs out?"""

import streamlit as st

from erp_core.security.permissions import Permission
from erp_core.text import T
from ui import stock_overview, stock_story, views
from ui.guard import require

visit = require(Permission.VIEW_STOCK)
VIEWS = {"overview": (T("Overview"), stock_overview.show), "sku": (T("SKU"), stock_story.show)}

st.title(visit.say(T("Where is my money stuck, and what runs out?")))
views.show(visit, "inventory", VIEWS)
