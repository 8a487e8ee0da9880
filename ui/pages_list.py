"""The pages, in the sections of the sidebar. An entry appears when its file exists and the actor may open it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from erp_core.security.permissions import Permission
from erp_core.text import T, Text

PAGES = Path(__file__).resolve().parent.parent / "pages"


def address(name: str) -> str:
    """A page's file as links want it: relative to the main script."""
    return f"../pages/{name}.py"


@dataclass(frozen=True)
class Entry:
    """One page: its section and name in the sidebar, its file (and URL), its icon, what it takes to open it."""

    section: Text
    name: str
    title: Text
    icon: str
    permission: Permission

    @property
    def path(self) -> Path:
        """The page's file."""
        return PAGES / f"{self.name}.py"


TODAY, OPERATE, DECIDE, DATA, SETTINGS = T("Today"), T("Operate"), T("Decide"), T("Data"), T("Settings")

ENTRIES = (
    Entry(TODAY, "home", T("Home"), ":material/home:", Permission.VIEW_DASHBOARDS),
    Entry(OPERATE, "sales", T("Sales"), ":material/bar_chart:", Permission.VIEW_DASHBOARDS),
    Entry(OPERATE, "products", T("Products"), ":material/sell:", Permission.VIEW_CATALOG),
    Entry(OPERATE, "inventory", T("Inventory"), ":material/inventory_2:", Permission.VIEW_STOCK),
    Entry(OPERATE, "replenishment", T("Replenishment"), ":material/shopping_cart:", Permission.PLAN_PURCHASES),
    Entry(OPERATE, "customers", T("Customers"), ":material/group:", Permission.VIEW_CUSTOMERS),
    Entry(DECIDE, "erp_choice", T("ERP choice"), ":material/balance:", Permission.VIEW_VENDORS),
    Entry(DATA, "data", T("Data"), ":material/database:", Permission.VIEW_IMPORTS),
    Entry(DATA, "glossary", T("Glossary"), ":material/menu_book:", Permission.VIEW_DASHBOARDS),
    Entry(SETTINGS, "settings", T("Settings"), ":material/settings:", Permission.VIEW_SETTINGS),
)
