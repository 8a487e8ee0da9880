"""What sold, where, and compared with what?"""

import streamlit as st

from erp_core.security.permissions import Permission
from erp_core.text import T
from ui import sales_page
from ui.guard import require

visit = require(Permission.VIEW_DASHBOARDS)

st.title(visit.say(T("What sold, where, and compared with what?")))
sales_page.show(visit)
