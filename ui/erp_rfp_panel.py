"""The questionnaire: out to a vendor as a workbook, back with its answers, and what taking them over would change."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from erp_core.errors import ErpError
from erp_core.security.permissions import Permission
from erp_core.text import T
from ui import acts
from ui.erp_choice import Choice
from ui.guard import Visit, require_still
