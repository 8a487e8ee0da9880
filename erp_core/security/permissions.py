"""What can be allowed, by name. A page and a service each ask for one."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """One thing that an actor may do."""

    VIEW_DASHBOARDS = "view_dashboards"
    VIEW_STOCK = "view_stock"
    VIEW_IMPORTS = "view_imports"
    VIEW_SETTINGS = "view_settings"
    IMPORT_FILES = "import_files"
    UNDO_IMPORTS = "undo_imports"
    PLAN_PURCHASES = "plan_purchases"
    EDIT_CATALOG = "edit_catalog"
    EDIT_STOCK = "edit_stock"
    VIEW_CATALOG = "view_catalog"
    VIEW_COSTS = "view_costs"
    ENTER_ORDERS = "enter_orders"
    EDIT_CUSTOMERS = "edit_customers"
    EDIT_SETTINGS = "edit_settings"
    ANSWER_DECISIONS = "answer_decisions"
    SAVE_VIEWS = "save_views"
    SHARE_VIEWS = "share_views"
    MANAGE_ALERTS = "manage_alerts"
    RUN_BACKUPS = "run_backups"
    USE_DEMO = "use_demo"
    VIEW_CUSTOMERS = "view_customers"
    MANAGE_PEOPLE = "manage_people"
    VIEW_AUDIT = "view_audit"
    ANSWER_PERSONS = "answer_persons"  # give persons what is held of them, or erase it
    MANAGE_KEYS = "manage_keys"
    VIEW_VENDORS = "view_vendors"
    CHOOSE_ERP = "choose_erp"  # needs, ratings, quotes, weights and kept versions of the choice of an ERP
    EXPORT = "export"
    SEE_PERSONAL_DATA = "see_personal_data"


ALL_PERMISSIONS = frozenset(Permission)
