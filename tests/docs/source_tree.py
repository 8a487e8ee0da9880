"""The project's own files, as the contracts read them."""

from __future__ import annotations

import ast
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = {".git", ".venv", "var", "__pycache__"}


def python_files(*places: str) -> list[Path]:
    """All Python files of these folders and files, sorted."""
    found: list[Path] = []
    for place in places:
        path = ROOT / place
        found += [path] if path.suffix == ".py" and path.exists() else path.rglob("*.py")
    return sorted(found)


def name_of(path: Path) -> str:
    """The path inside the project, for messages and test ids."""
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def committed_files() -> list[Path]:
    """What git holds or would add; without git, every file that is not skipped."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split("\0")
        return sorted(ROOT / name for name in listed if name and (ROOT / name).is_file())
    return sorted(path for path in ROOT.rglob("*") if path.is_file() and not SKIPPED & set(path.parts))


def called_name(call: ast.Call) -> str:
    """The last word of what is called: `st.title(…)` → `title`."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Every call below a node."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def imported_modules(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full name of everything imported; `from a import b` gives `a` and `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
