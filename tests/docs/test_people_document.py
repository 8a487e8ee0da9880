"""docs/people.md says of roles what the code says."""

from __future__ import annotations

import re

from erp_core.security.permissions import Permission
from erp_core.security.rules import GRANTED_APART, ROLES, SPLIT_BY_SHOP
from tests.docs.source_tree import ROOT

DOCUMENT = (ROOT / "docs" / "people.md").read_text(encoding="utf-8")


def test_the_table_of_roles_is_that_of_the_code() -> None:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in DOCUMENT.splitlines() if line[:1] == "|"]
    names = rows[0][1:]
    assert names == list(ROLES)
    said = {row[0].strip("`"): dict(zip(names, row[1:], strict=True)) for row in rows[2:]}
    assert set(said) == {str(permission) for permission in Permission}
    for permission in Permission:
        for name in names:
            expected = "yes" if permission in ROLES[name] else "by name" if permission in GRANTED_APART else ""
            assert said[str(permission)][name] == expected, (permission, name)


def test_what_limited_accounts_may_at_most_is_that_of_the_code() -> None:
    sentence = re.search(r"It holds at most (.*?)\. An administrator", DOCUMENT, re.DOTALL)
    assert sentence is not None
    assert set(re.findall(r"`(\w+)`", sentence[1])) == {str(permission) for permission in SPLIT_BY_SHOP}
