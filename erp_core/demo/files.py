"""All files of a demo shop."""

from __future__ import annotations

from pathlib import Path

from erp_core.demo.own_files import own_files
from erp_core.demo.platform_files import Written, platform_files
from erp_core.demo.shop import DemoShop
from erp_core.demo.written import DemoFile


def files_of(shop: DemoShop) -> tuple[DemoFile, ...]:
    """The exports of the four platforms and the shop's own tables; the same shop gives the same bytes."""
    written = Written(shop)
    return (*platform_files(written), *own_files(written))


def write_files(files: tuple[DemoFile, ...], folder: Path) -> list[Path]:
    """Put the files into a folder, which is made; returns where they lie."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / file.name for file in files]
    for file, path in zip(files, paths, strict=True):
        path.write_bytes(file.content)
    return paths
