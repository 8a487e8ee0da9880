"""Every error that reaches a person, as one tree.

    ErpError
    ├── NotPermitted        the actor lacks a permission
    ├── BadInput            what was given cannot be used
    │   ├── FileRefused     a file as a whole: container, size, encoding, format
    │   └── MappingNeeded   a table that no declaration claims
    ├── NotFound            a thing named by the caller does not exist
    ├── Conflict            the act contradicts facts that already stand
    ├── Unavailable         a database or a folder cannot be reached
    └── Cancelled           the person stopped a job

Bad *data* is not an error: it becomes a list of issues with their place (see `imports`).
An error carries what happened, where, and what to do next, as translatable texts.
"""

from __future__ import annotations

from erp_core.text import Text, say

DEFAULT_LANGUAGE = "en"


class ErpError(Exception):
    """What happened (`message`), a stable `code` for programs, and what to do next (`hint`)."""

    default_code = "error"

    def __init__(self, message: Text, *, hint: Text | None = None, code: str | None = None) -> None:
        self.message = message
        self.hint = hint
        self.code = code or self.default_code
        super().__init__(say(message, DEFAULT_LANGUAGE))

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.message, self.hint, self.code))


def _rebuild(kind: type[ErpError], message: Text, hint: Text | None, code: str) -> ErpError:
    return kind(message, hint=hint, code=code)


class NotPermitted(ErpError):
    default_code = "not_permitted"


class BadInput(ErpError):
    default_code = "bad_input"


class FileRefused(BadInput):
    default_code = "file_refused"


class MappingNeeded(BadInput):
    default_code = "mapping_needed"


class NotFound(ErpError):
    default_code = "not_found"


class Conflict(ErpError):
    default_code = "conflict"


class Unavailable(ErpError):
    default_code = "unavailable"


class Cancelled(ErpError):
    default_code = "cancelled"
