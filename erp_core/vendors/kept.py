"""What is kept of a choice, as values: rows read back through the schema."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeVar

import sqlalchemy as sa
from pydantic import BaseModel, ValidationError

from erp_core.errors import Conflict
from erp_core.text import T
from erp_core.vendors.catalogue import catalogue
from erp_core.vendors.choice import Need
from erp_core.vendors.schema import Rating, Requirement
from erp_core.vendors.tables import rating, vendor

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
    published = {one.key for one in catalogue()}
    return published | set(connection.execute(sa.select(v.key).where(v.archived_at.is_(None))).scalars())


def published_ratings(key: str) -> tuple[Rating, ...]:
    """What the catalogue's facts bear out of a vendor, as ratings by nobody; none for an own vendor."""
    return tuple(
        Rating(
            vendor=key,
            requirement=fit.requirement,
            fit=fit.fit,
            evidence=fit.evidence,
            source=fit.source,
            as_of=fit.as_of,
        )
        for one in catalogue()
        if one.key == key
        for fit in one.fits
    )


def standing_ratings(connection: sa.Connection, decision_id: int, vendors: Collection[str]) -> tuple[Rating, ...]:
    """The ratings of these vendors that hold in a choice, in no order."""
    r = rating.c
    query = sa.select(r.content).where(
        r.decision_id == decision_id, r.ended_at.is_(None), r.vendor.in_(sorted(vendors))
    )
    return tuple(map(rating_of, connection.execute(query)))
