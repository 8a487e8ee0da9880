"""How large a file may be. Beyond a limit it is refused with a reason, and nothing of it is kept."""

from __future__ import annotations

from dataclasses import dataclass

MB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Bounds on what is read; all inclusive."""

    file_bytes: int = 200 * MB
    unpacked_bytes: int = 150 * MB
    text_bytes: int = 1024 * MB
    zip_entries: int = 1_000
    rows: int = 2_000_000
    columns: int = 400
    cell_length: int = 32_767


DEFAULT_LIMITS = Limits()
