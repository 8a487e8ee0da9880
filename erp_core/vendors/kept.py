"""What is kept of a choice, as values: rows read back through the schema."""

from __future__ import annotations

from typing import Any, TypeVar

import sqlalchemy as sa
from pydantic import BaseModel, ValidationError

from erp_core.errors import Conflict
from erp_core.text import T
from erp_core.vendors.choice import Need
from erp_core.vendors.schema import Rating, Requirement
from erp_core.vendors.tables import vendor

M = TypeVar("M", bound=BaseModel)


def read(model: type[M], content: Any) -> M:
    """A value that was stored. Raises Conflict where it is none any more: it was changed past the program."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise Conflict(
            T("What is stored of a choice of an ERP cannot be read: {model}, {place}: {reason}.",
              model=model.__name__, place=".".join(map(str, first["loc"])), reason=first["msg"]),
            hint=T("Restore a backup from before it was changed."),
            code="choice.unreadable",
        ) from error  # fmt: skip


def need_of(row: Any) -> Need:
    """A row of `requirement`."""
    proposal = None if row.proposal is None else read(Requirement, row.proposal)
    return Need(read(Requirement, row.content), proposal, bool(row.chosen_by_person))


def rating_of(row: Any) -> Rating:
    """A row of `rating`."""
    return read(Rating, row.content)


def vendor_keys(connection: sa.Connection) -> set[str]:
    """Keys of all vendors that may be compared: of the catalogue, and own ones that are not put aside."""
    v = vendor.c
    return set(connection.execute(sa.select(v.key).where(v.archived_at.is_(None))).scalars())
