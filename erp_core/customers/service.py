"""Contacts with buyers, as files tell of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from erp_core.customers.tables import interaction
from erp_core.db import facts
from erp_core.db.uow import UnitOfWork
from erp_core.security.guard import require
from erp_core.security.permissions import Permission
from erp_core.security.sealing import sealing_vault

_COLUMNS = (
    "external_id", "customer_id", "order_id", "order_external_id", "channel_id", "at", "medium", "direction",
)  # fmt: skip
_PERSONAL = ("subject", "note", "agent")


def record_contacts(uow: UnitOfWork, rows: pd.DataFrame, batch_id: int) -> npt.NDArray[np.bool_]:
    """Append contacts; which rows say something new.

    `rows`: key (`facts.key_of`), content, external_id, customer_id, order_id, order_external_id, channel_id, at
    (aware), medium (phone, mail, chat, social, visit, other), direction (in, out), subject, note, agent; None where
    nothing is said.
    """
    require(uow, Permission.IMPORT_FILES)
    columns: dict[str, Any] = {name: rows[name].tolist() for name in _COLUMNS}
    columns["content"] = rows["content"].to_numpy(np.int64)
    columns["personal"] = sealing_vault(uow.connection).seal_columns({name: rows[name].tolist() for name in _PERSONAL})
    return facts.append(uow, interaction, rows["key"].tolist(), columns, batch_id).fresh


def withdraw_batch(uow: UnitOfWork, batch_id: int) -> None:
    """Take back the contacts of an import; those that it replaced stand again. Raises Conflict where later imports
    replaced some of this one."""
    require(uow, Permission.UNDO_IMPORTS)
    facts.withdraw(uow, (interaction,), batch_id)
