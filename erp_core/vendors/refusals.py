"""What the computations of this room refuse: errors of the house that a notebook may catch as `ValueError` too."""

from __future__ import annotations

from erp_core.errors import BadInput


class BadValue(BadInput, ValueError):
    """A number, a matrix or a mapping that no answer can be computed from."""

    default_code = "bad_value"
