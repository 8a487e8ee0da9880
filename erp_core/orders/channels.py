"""Shops: from where each ships, and how much of the stock it may offer."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import pandas as pd
import sqlalchemy as sa

from erp_core.db.uow import UnitOfWork
from erp_core.errors import BadInput, NotFound
from erp_core.orders.tables import channel
from erp_core.security import audit
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.stock.tables import location
from erp_core.stock.views import default_location
from erp_core.text import T


@dataclass(frozen=True)
class ChannelTerms:
    """From where a shop ships (None = the default location), how many percent of what is available there it may offer,
    and how many units it keeps back of each product."""

    location_id: int | None = None
    stock_share: int = 100
    safety_buffer: int = 0


@dataclass(frozen=True)
class Channel:
    """One shop on one platform, with its terms; `ships_from` is the location that they come down to."""

    id: int
    name: str
    platform: str
    terms: ChannelTerms
    ships_from: int
    place: str


def read_channels(connection: sa.Connection) -> tuple[Channel, ...]:
    """All shops by name."""
    default = default_location(connection)
    query = (
        sa.select(channel, location.c.name.label("place"))
        .join(location, location.c.id == channel.c.location_id, isouter=True)
        .order_by(channel.c.name)
    )
    return tuple(
        Channel(
            id=row.id,
            name=row.name,
            platform=row.platform,
            terms=ChannelTerms(row.location_id, row.stock_share, row.safety_buffer),
            ships_from=default.id if row.location_id is None else row.location_id,
            place=default.name if row.location_id is None else row.place,
        )
        for row in connection.execute(query)
    )


def channel_rows(connection: sa.Connection) -> pd.DataFrame:
    """Shops as a table to edit: channel_id, name, platform, location_id (missing = the default), stock_share (percent),
    safety_buffer (units)."""
    rows = [
        (c.id, c.name, c.platform, c.terms.location_id, c.terms.stock_share, c.terms.safety_buffer)
        for c in read_channels(connection)
    ]
    names = ["channel_id", "name", "platform", "location_id", "stock_share", "safety_buffer"]
    return pd.DataFrame(rows, columns=names).astype({"location_id": "Int64"})


def find_channel(connection: sa.Connection, name: str) -> Channel:
    """The shop of this name; a platform's name stands for its only shop. Upper and lower case do not count unless two
    shops differ in nothing else.

    Raises NotFound, naming the shops that there are.
    """
    known = read_channels(connection)
    word = name.strip()
    exact = [shop for shop in known if shop.name == word]
    close = [shop for shop in known if shop.name.casefold() == word.casefold()]
    on_platform = [shop for shop in known if shop.platform.casefold() == word.casefold()]
    for found in (exact, close, on_platform):
        if len(found) == 1:
            return found[0]
    names = ", ".join(shop.name for shop in known)
    raise NotFound(
        T("There is no shop “{name}”.", name=name),
        hint=T("Shops: {names}", names=names)
        if known
        else T("Import orders first: they bring the shops that they come from."),
        code="channel.no_such_channel",
    )


def set_channel_terms(uow: UnitOfWork, channel_id: int, terms: ChannelTerms) -> None:
    """Set from where a shop ships and what it may offer; terms that stand already change nothing.

    Raises NotFound for a shop or a location that does not exist, BadInput for a share outside 0 to 100 percent or a
    buffer below 0.
    """
    require(uow, Permission.EDIT_SETTINGS)
    held = next((shop for shop in read_channels(uow.connection) if shop.id == channel_id), None)
    if held is None:
        raise NotFound(
            T("There is no shop number {number}.", number=channel_id),
            hint=T("Choose one of the shops in the list."),
            code="channel.no_such_channel",
        )
    _check(uow.connection, terms)
    if terms == held.terms:
        return
    uow.connection.execute(
        sa.update(channel)
        .where(channel.c.id == channel_id)
        .values(location_id=terms.location_id, stock_share=terms.stock_share, safety_buffer=terms.safety_buffer)
    )
    before, after = audit.changes(asdict(held.terms), asdict(terms))
    audit.record(uow, audit.Act.SET_CHANNEL_TERMS, held.name, before=before, after=after)


def _check(connection: sa.Connection, terms: ChannelTerms) -> None:
    if not 0 <= terms.stock_share <= 100:
        raise BadInput(
            T("A shop may offer between 0 and 100 percent of the stock, not {share}.", share=terms.stock_share),
            hint=T("Correct the number and save again."),
            code="channel.share",
        )
    if not 0 <= terms.safety_buffer <= 1_000_000_000:
        raise BadInput(
            T("The safety buffer is a number of units, 0 or more, not {buffer}.", buffer=terms.safety_buffer),
            hint=T("Correct the number and save again."),
            code="channel.buffer",
        )
    if terms.location_id is not None:
        known = sa.select(location.c.id).where(location.c.id == terms.location_id)
        if connection.execute(known).first() is None:
            raise NotFound(
                T("There is no location number {number}.", number=terms.location_id),
                hint=T("Choose one of the locations in Settings."),
                code="channel.no_such_location",
            )
