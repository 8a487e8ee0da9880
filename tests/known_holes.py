"""Looks up the pinned packages in the list of known holes (pypi.org, by pip-audit): python -m tests.known_holes

Ends with 1 where a package has a known hole or could not be looked up, with 0 where none has. Where the list itself
cannot be reached, says so and ends with 0: the build must not depend on a service.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
UNREACHABLE = re.compile(
    r"ConnectionError|ConnectTimeout|ReadTimeout|Max retries exceeded|NameResolutionError|ProxyError|"
    r"Failed to establish a new connection|Name or service not known|Temporary failure in name resolution"
)
NOT_LOOKED_UP = "The list of known holes (pypi.org) cannot be reached from here: the packages were NOT looked up."


def judged(code: int, out: str, err: str) -> tuple[int, list[str]]:
    """The exit code and what to say of pip-audit's answer."""
    try:
        packages = json.loads(out)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return (
            (0, [NOT_LOOKED_UP]) if UNREACHABLE.search(err) else (code or 1, [err.strip() or "pip-audit said nothing."])
        )
    holes = [
        f"{package['name']} {package['version']}: {hole['id']} (mended in {', '.join(hole['fix_versions']) or 'no version yet'})"
        for package in packages
        for hole in package.get("vulns", ())
    ]
    passed_over = [f"{package['name']}: {package['skip_reason']}" for package in packages if "skip_reason" in package]
    if packages and len(passed_over) == len(packages):  # a mirror without the list knows none of them
        return 0, [NOT_LOOKED_UP]
    if holes or passed_over:
        return 1, holes + passed_over
    return 0, [f"{len(packages)} packages, none with a known hole."]


def main() -> int:
    """Run pip-audit on requirements.txt."""
    words = [
        sys.executable,
        "-m",
        "pip_audit",
        "--progress-spinner",
        "off",
        "--format",
        "json",
        "--no-deps",
        "--disable-pip",
    ]
    done = subprocess.run([*words, "-r", "requirements.txt"], cwd=ROOT, capture_output=True, text=True, check=False)
    code, lines = judged(done.returncode, done.stdout, done.stderr)
    print("\n".join(lines), file=sys.stderr if code else sys.stdout)
    return code


if __name__ == "__main__":
    sys.exit(main())
