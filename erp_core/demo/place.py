"""Where the demo shop is, and what it says of itself. Light: the terminal and every page look here."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from erp_core.errors import NotFound
from erp_core.settings import Settings
from erp_core.text import T

FILES = "files"
_ABOUT = "about.json"


@dataclass(frozen=True)
class About:
    """What a demo shop says of itself. `token` tells one making from the next; `made_at`: UTC, ISO 8601."""

    token: str
    size: str
    seed: int
    until: str
    made_at: str
    orders: int
    products: int


def about_demo(settings: Settings) -> About | None:
    """The demo shop of this installation; None where none is in place."""
    try:
        return About(**json.loads((settings.demo.home / _ABOUT).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def demo_settings(settings: Settings) -> Settings:
    """The settings to work on the demo shop with. Raises NotFound where none is loaded."""
    if about_demo(settings) is None:
        raise NotFound(
            T("No demo shop is loaded."),
            hint=T("Load one: python -m erp_core demo load, or the button “Try the demo shop”."),
            code="demo.not_loaded",
        )
    return settings.demo


def write_about(home: Path, about: About) -> None:
    """What makes a folder a demo shop; written last."""
    (home / _ABOUT).write_text(json.dumps(asdict(about), indent=2) + "\n", encoding="utf-8")
