"""All upload files, one file a platform."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from erp_core.exports.declaration import UploadFormat


def _collected() -> Mapping[str, UploadFormat]:
    modules = sorted(module.name for module in iter_modules(__path__))
    declared = [entry for name in modules for entry in import_module(f"{__name__}.{name}").FORMATS]
    return MappingProxyType(
        {entry.name: entry for entry in sorted(declared, key=lambda f: (bool(f.platforms), f.name))}
    )


UPLOADS = _collected()
