"""All declarations, one file each, in the order in which they are tried."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from erp_core.imports.declaration import Format


def _collected() -> Mapping[str, Format]:
    formats = (import_module(f"{__name__}.{module.name}").FORMAT for module in iter_modules(__path__))
    return MappingProxyType({format_.name: format_ for format_ in sorted(formats, key=lambda f: (f.loose, f.name))})


FORMATS = _collected()
