"""What the business needs: how much of it, from which budget, and how its criteria weigh."""

from __future__ import annotations

import streamlit as st

from erp_core.text import T, Text, format_number
from erp_core.vendors.schema import Fit, Priority
from ui import erp_frame_panel, erp_requirements_panel, erp_weights_panel
from ui.erp_choice import Choice
from ui.guard import Visit


def show(visit: Visit, choice: Choice) -> None:
    """The whole view."""
    _numbers(visit, choice)
    erp_frame_panel.show(visit, choice)
    erp_requirements_panel.show(visit, choice)
    erp_weights_panel.show(visit, choice)
