"""What do I sell, and what does it cost me?"""

import streamlit as st

from erp_core.security.permissions import Permission
from erp_core.text import T
from ui import acts, bundles_panel, by_hand_panel, products_table, profit_panel, sku_mapping_panel, views
from ui.guard import require

visit = require(Permission.VIEW_CATALOG)

st.title(visit.say(T("What do I sell, and what does it cost me?")))
acts.say_what_was_done(visit)

VIEWS = {
    "products": (T("Products"), products_table.show),
    "mapping": (T("SKU mapping"), sku_mapping_panel.show),
    "bundles": (T("Bundles"), bundles_panel.show),
    "enter": (T("Enter by hand"), by_hand_panel.show),
    "profit": (T("Contribution"), profit_panel.show),
}
views.show(visit, "products", VIEWS)
