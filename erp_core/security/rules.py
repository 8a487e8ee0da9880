"""Who may do what, how long a sign-in lasts, how long the next try has to wait. Pure."""

from __future__ import annotations

import datetime as dt
import ipaddress
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from erp_core.security.permissions import ALL_PERMISSIONS, Permission
from erp_core.text import T, Text

P = Permission

# In no role: each is granted to a person by name.
GRANTED_APART = frozenset({P.EXPORT, P.SEE_PERSONAL_DATA})

_LOOK = frozenset({P.VIEW_DASHBOARDS, P.VIEW_STOCK, P.VIEW_CATALOG, P.VIEW_IMPORTS, P.USE_DEMO})
_STUDY = _LOOK | {P.VIEW_COSTS, P.SAVE_VIEWS, P.SHARE_VIEWS, P.VIEW_VENDORS}
ROLES: dict[str, frozenset[Permission]] = {
    "viewer": _LOOK,
    "analyst": _STUDY | {P.CHOOSE_ERP},
    "planner": _STUDY | {P.PLAN_PURCHASES, P.ANSWER_DECISIONS, P.MANAGE_ALERTS},
    "operator": _LOOK
    | {P.SAVE_VIEWS, P.IMPORT_FILES, P.UNDO_IMPORTS, P.EDIT_CATALOG, P.EDIT_STOCK, P.ENTER_ORDERS}
    | {P.VIEW_CUSTOMERS, P.EDIT_CUSTOMERS, P.ANSWER_DECISIONS},
    "finance": _STUDY | {P.VIEW_SETTINGS, P.ANSWER_DECISIONS, P.CHOOSE_ERP},
    "admin": ALL_PERMISSIONS - GRANTED_APART,
}
ADMIN = "admin"

ROLE_NAMES: dict[str, Text] = {
    "viewer": T("Viewer"),
    "analyst": T("Analyst"),
    "planner": T("Planner"),
    "operator": T("Operator"),
    "finance": T("Finance"),
    "admin": T("Administrator"),
}

# What a person who is limited to some shops may do at most, whatever the role. Everything else concerns the whole
# company: stock, purchases, imports, products and settings cannot be split by shop.
SPLIT_BY_SHOP = frozenset({P.VIEW_DASHBOARDS, P.SAVE_VIEWS, P.USE_DEMO, P.EXPORT, P.SEE_PERSONAL_DATA})

NAMES_OF_PROGRAMS = frozenset({"local", "terminal", "worker", "attention", "backup", "upgrade", "inbox", "nobody"})


def permitted(role: str, grants: Iterable[str], *, limited: bool) -> frozenset[Permission]:
    """What an account may do: its role's permissions and what it was granted, less what a limited account may not.

    An unknown role permits nothing, and so does an unknown grant.

    >>> [str(permission) for permission in sorted(permitted("viewer", ["export"], limited=True))]
    ['export', 'use_demo', 'view_dashboards']
    """
    held = ROLES.get(role, frozenset()) | {grant for grant in GRANTED_APART if str(grant) in set(grants)}
    return held & SPLIT_BY_SHOP if limited else held


def name_key(name: str) -> str:
    """A name as it is compared.

    >>> name_key("  Ｌi  Wei ")
    'li wei'
    """
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def is_loopback(name: str | None) -> bool:
    """Whether a host name or address, with or without a port, is this machine's own.

    >>> [is_loopback(name) for name in ("localhost:8501", "127.0.0.1", "[::1]:8501", "::1", "0.0.0.0", "evil.test", "")]
    [True, True, True, True, False, False, False]
    """
    word = (name or "").strip().lower()
    if word.startswith("["):
        word = word[1:].split("]")[0]
    elif word.count(":") == 1:
        word = word.split(":")[0]
    if word in ("localhost", "localhost."):
        return True
    try:
        return ipaddress.ip_address(word).is_loopback
    except ValueError:
        return False


# --- sign-ins ------------------------------------------------------------------------------------------------------


class Stage(StrEnum):
    """What a signed-in browser may do: everything, or only give its second factor, or only choose its password."""

    WHOLE = "whole"
    SECOND_FACTOR = "second factor"
    NEW_PASSWORD = "new password"  # noqa: S105 - the name of a stage


STAGE_LASTS = dt.timedelta(minutes=10)  # to give a second factor or choose a password


@dataclass(frozen=True)
class Lasting:
    """How long a sign-in lasts: unused (`idle`), and in all (`whole`)."""

    idle: dt.timedelta = dt.timedelta(minutes=30)
    whole: dt.timedelta = dt.timedelta(hours=12)


@dataclass(frozen=True)
class Times:
    """When a session was last seen, when it ends at the latest, when it was ended (None = it was not)."""

    seen_at: dt.datetime
    ends_at: dt.datetime
    ended_at: dt.datetime | None


def is_over(times: Times, now: dt.datetime, idle: dt.timedelta) -> bool:
    """Whether a session counts no more: it was ended, or its end has come, or nobody used it for too long."""
    return times.ended_at is not None or now >= times.ends_at or now - times.seen_at >= idle


# --- tries that fail -----------------------------------------------------------------------------------------------


def neighbourhood(address: str) -> str:
    """What counts as one address: of IPv6 the network of 64 bits, all of which one customer of a provider has.

    >>> [neighbourhood(word) for word in ("203.0.113.7", "2001:db8:1:2:3::4", "::ffff:203.0.113.7", "somewhere", "")]
    ['203.0.113.7', '2001:db8:1:2::/64', '203.0.113.7', 'somewhere', '']
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


@dataclass(frozen=True)
class Patience:
    """How many tries may fail before the next has to wait, how long at first and at most, when they are forgotten."""

    free: int
    first: dt.timedelta
    longest: dt.timedelta
    forgotten: dt.timedelta


BY_ACCOUNT = Patience(5, dt.timedelta(seconds=30), dt.timedelta(hours=1), dt.timedelta(hours=24))
# Many people may share an address (an office, a proxy); one that tries many accounts still comes to a stand.
BY_ADDRESS = Patience(20, dt.timedelta(seconds=30), dt.timedelta(minutes=15), dt.timedelta(hours=1))


def wait_after(failures: int, patience: Patience) -> dt.timedelta:
    """How long the next try has to wait after so many failures in a row: nothing at first, then doubling.

    >>> [wait_after(count, BY_ACCOUNT).total_seconds() for count in (4, 5, 6, 7, 30)]
    [0.0, 30.0, 60.0, 120.0, 3600.0]
    """
    if failures < patience.free:
        return dt.timedelta(0)
    doublings = min(failures - patience.free, 20)
    wait: dt.timedelta = patience.first * 2**doublings
    return min(wait, patience.longest)
