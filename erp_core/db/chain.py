"""The form in which an audit event is hashed. It never changes: every chain that exists was made with it.

Canonical JSON after the manner of RFC 8785: keys sorted, no blanks, ASCII; instants as UTC to the second. The hash of
an event covers all its columns, its number, and the hash of the event before it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

GENESIS = "0" * 64  # what the first event has for the hash before it
COLUMNS = ("id", "at", "actor", "source", "action", "subject", "details", "before", "after", "previous")
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def link(event: Mapping[str, Any]) -> str:
    """The hash of an event, hexadecimal SHA-256. `event`: COLUMNS, `at` in TIME_FORMAT, JSON as plain values."""
    named = {name: event[name] for name in COLUMNS}
    canonical = json.dumps(named, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
