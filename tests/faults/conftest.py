"""What the tests of faults share: filled shops on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Addresses
from tests.faults.places import Place, filled


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A filled shop to copy; everything runs once on SQLite and once on PostgreSQL."""
    addresses: Addresses = request.getfixturevalue(f"{request.param}_addresses")
    folder: Path = tmp_path_factory.mktemp("place")
    with addresses() as url:
        yield filled(url, folder)
