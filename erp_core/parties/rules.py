"""What tells one buyer from another. Pure."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

_MASKED = re.compile(r"\*|#{2,}|[xX]{3,}")


def customer_key(external_id: str | None, email: str | None, phone: str | None) -> str | None:
    """The key of a buyer within a shop: the shop's id, else mail, else phone. A masked value is never a key.

    >>> customer_key(None, " Ann@Example.com ", None), customer_key("张**", None, "138****0001")
    ('mail:ann@example.com', None)
    """
    if external_id and not _MASKED.search(external_id):
        return f"id:{external_id.strip()}"
    if email and "@" in email and not _MASKED.search(email):
        return f"mail:{email.strip().casefold()}"
    if phone and not _MASKED.search(phone):
        digits = re.sub(r"\D", "", phone)
        if len(digits) >= 6:
            return f"phone:{digits}"
    return None


def customer_keys(
    external_ids: npt.NDArray[Any], emails: npt.NDArray[Any], phones: npt.NDArray[Any]
) -> npt.NDArray[np.object_]:
    """`customer_key` for many buyers; distinct combinations are looked at once."""
    if not len(external_ids):
        return np.zeros(0, object)
    frame = pd.DataFrame({"id": external_ids, "email": emails, "phone": phones}, dtype=object)
    codes, unique = pd.MultiIndex.from_frame(frame.fillna("")).factorize()
    keys = np.array([customer_key(*(word or None for word in words)) for words in unique] + [None], object)
    return np.asarray(keys[codes], object)
