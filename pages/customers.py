"""Who are they, and who needs an answer?"""

import streamlit as st

from erp_core.security.permissions import Permission
from erp_core.text import T
from ui import acts, persons_panel, reads, states
from ui.filters import bar
from ui.guard import require
from ui.headline import Moved, headline

visit = require(Permission.VIEW_CUSTOMERS)
HEADLINE = ("customers", "repeat_customer_rate")

st.title(visit.say(T("Who are they, and who needs an answer?")))
acts.say_what_was_done(visit)
chosen = bar(visit)
if chosen is None:
    states.no_data(visit, T("No orders yet. Import them, and this page knows who bought what."))
else:
    numbers = reads.numbers(visit, chosen)
    against = visit.say(T("against {period}", period=chosen.against))
    headline(visit, HEADLINE, numbers.now, Moved(against, numbers.changes))
persons_panel.show(visit)
