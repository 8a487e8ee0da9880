"""The tree of criteria: eight on the first level, which are weighed, and their leaves, where requirements hang.

From a seller's article, ISO/IEC 25010 and published studies of ERP selection. The leaves of `cost` are computed, all
others are met or not by requirements.
"""

from __future__ import annotations

from collections.abc import Mapping

from erp_core.text import T, Text

CRITERIA: Mapping[str, Text] = {
    "cost": T("Cost"),
    "function": T("Function"),
    "scale": T("Scale"),
    "security": T("Stability and security"),
    "vendor": T("Vendor"),
    "service": T("Service"),
    "fit": T("Fit to the business"),
    "exit": T("Exit"),
}

LEAVES: Mapping[str, Text] = {
    "cost.total": T("Total cost"),
    "cost.overrun": T("Overrun risk"),
    "cost.growth": T("Price growth"),
    "function.orders": T("Orders"),
    "function.stock": T("Stock"),
    "function.purchasing": T("Purchasing"),
    "function.finance": T("Finance"),
    "function.crm": T("Customers"),
    "function.returns": T("Returns"),
    "function.channels": T("Channels"),
    "function.payments": T("Payments"),
    "function.carriers": T("Carriers"),
    "scale.users": T("Users"),
    "scale.orders": T("Orders a day"),
    "scale.entities": T("Companies"),
    "scale.currencies": T("Currencies"),
    "scale.languages": T("Languages"),
    "scale.lines": T("New product lines"),
    "security.uptime": T("Uptime"),
    "security.encryption": T("Encryption"),
    "security.roles": T("Roles"),
    "security.audit": T("Audit"),
    "security.backup": T("Age of backups"),
    "security.restore": T("Tested restore"),
    "vendor.reputation": T("Reputation"),
    "vendor.staying": T("Staying power"),
    "service.sla": T("SLA"),
    "service.local": T("Local support"),
    "service.implementer": T("Implementer"),
    "fit.go_live": T("Time to go live"),
    "fit.ease": T("Ease of use"),
    "fit.flexibility": T("Flexibility"),
    "fit.integration": T("Integration"),
    "exit.data": T("Data export"),
    "exit.licence": T("Licence"),
    "exit.notice": T("Notice"),
}


def criterion_of(leaf: str) -> str:
    """The first level that a leaf (or a criterion itself) belongs to.

    >>> criterion_of("function.orders"), criterion_of("cost")
    ('function', 'cost')
    """
    return leaf.partition(".")[0]
