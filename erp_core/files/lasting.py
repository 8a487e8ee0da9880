"""Making what stands in a folder lasting."""

from __future__ import annotations

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """See to it that names put into a folder, or taken out of it, outlast a power cut."""
    if os.name != "posix":  # a folder cannot be opened there
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
