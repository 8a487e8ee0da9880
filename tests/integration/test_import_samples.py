"""Every declaration against its sample: recognised, adding up, nothing twice, in every container."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest

from erp_core.clock import FixedClock
from erp_core.db.engine import Database
from erp_core.files.read import read_table
from erp_core.imports.detect import detect, known_headers
from erp_core.imports.formats import FORMATS
from erp_core.imports.service import import_files
from erp_core.security.actor import LOCAL_USER

RESTS_ON = {"generic-tracking": "generic-sales"}  # parcels are of orders that are stored
SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"


def sample(name: str) -> Path:
    (path,) = SAMPLES.glob(f"{name}.*")
    return path


def packed(name: str, container: str, folder: Path) -> Path:
    """The sample in another container, with the same cells of text."""
    if container == "csv.gz":
        path = folder / f"{name}.csv.gz"
        path.write_bytes(gzip.compress(sample(name).read_bytes()))
        return path
    table = read_table(sample(name), known_headers=known_headers())
    frame = pd.DataFrame({i: column.to_pylist() for i, column in enumerate(table.cells)})
    frame.columns = list(table.columns)
    path = folder / f"{name}.{container}"
    if container == "tsv":
        frame.to_csv(path, sep="\t", index=False)
    elif container == "xlsx":
        as_text = {"options": {"strings_to_formulas": False, "strings_to_urls": False}}
        frame.to_excel(path, index=False, engine="xlsxwriter", engine_kwargs=as_text)
    else:
        frame.to_parquet(path)
    return path


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_sample_is_recognised_as_what_it_is(name: str) -> None:
    found = detect(read_table(sample(name), known_headers=known_headers()))
    assert (found.format, found.missing) == (name, ())


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_sample_adds_up_and_changes_nothing_twice(database: Database, clock: FixedClock, name: str) -> None:
    if name in RESTS_ON:
        import_files(database, LOCAL_USER.acting(clock), [sample(RESTS_ON[name])])
    paths = [sample(name)]
    if FORMATS[name].companion is not None:
        paths.append(sample(FORMATS[name].companion or ""))
    (first,) = import_files(database, LOCAL_USER.acting(clock), paths)
    assert first.adds_up()
    assert (first.rows_accepted + first.rows_unchanged, first.rows_rejected) == (first.rows_read, 0)
    assert first.rows_unchanged == 0 or FORMATS[name].ignored_words  # rows that other rows of the file repeat
    (again,) = import_files(database, LOCAL_USER.acting(clock), paths)
    assert (again.rows_unchanged, again.orders) == (first.rows_read, 0)


@pytest.mark.parametrize("container", ["tsv", "xlsx", "parquet", "csv.gz"])
@pytest.mark.parametrize("name", sorted(name for name in FORMATS if FORMATS[name].companion is None))
def test_a_sample_in_another_container_says_the_same(
    sqlite_database: Database, clock: FixedClock, tmp_path: Path, name: str, container: str
) -> None:
    if name in RESTS_ON:
        import_files(sqlite_database, LOCAL_USER.acting(clock), [sample(RESTS_ON[name])])
    (first,) = import_files(sqlite_database, LOCAL_USER.acting(clock), [sample(name)])
    (again,) = import_files(sqlite_database, LOCAL_USER.acting(clock), [packed(name, container, tmp_path)])
    assert (again.rows_read, again.rows_unchanged) == (first.rows_read, first.rows_read)
