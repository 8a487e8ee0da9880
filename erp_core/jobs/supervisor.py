"""The app's side of the worker: start it, start it again when it dies, end it with the app."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence

from erp_core.jobs.worker import GRACE_SECONDS, SUPERVISED
from erp_core.settings import ROOT, Settings

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
LIVED_LONG = 60.0
SHORT_LIVES = 3


class Supervisor:
    """Keeps one worker process running for this ERP_HOME.

    The worker's standard input is a pipe from here: closing it, or the death of this process, ends the worker. Where
    another app already has a worker on the same ERP_HOME, this one waits until that is gone.
    """

    def __init__(self, settings: Settings, command: Sequence[str] | None = None) -> None:
        self._command = list(command or [sys.executable, "-m", "erp_core", "worker"])
        self._environment = _environment(settings, os.environ)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._short_lives = 0

    @property
    def failing(self) -> bool:
        """Whether the worker died soon after its start several times in a row: waiting jobs will stay waiting."""
        return self._short_lives >= SHORT_LIVES

    @property
    def pid(self) -> int | None:
        """The worker's process number; None while there is none."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Start the worker; does nothing where it was started already."""
        with self._lock:
            if self._thread is not None:
                return
            self._stopping.clear()
            self._thread = threading.Thread(target=self._watch, name="worker supervisor", daemon=True)
            self._thread.start()
            atexit.register(self.stop)

    def stop(self, grace: float = GRACE_SECONDS) -> None:
        """End the worker: by asking, and by force after `grace` seconds. May be called at any time, again too."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._stopping.set()
            process = self._process
        if thread is None:
            return
        atexit.unregister(self.stop)
        if process is not None:
            _close_input(process)
        thread.join(grace)
        if process is not None and thread.is_alive():
            process.kill()
        thread.join()

    def _watch(self) -> None:
        pause = FIRST_PAUSE
        while True:
            with self._lock:
                if self._stopping.is_set():
                    return
                started = time.monotonic()
                self._process = process = self._spawn()
            if process is not None:
                process.wait()
                _close_input(process)
            lived_long = time.monotonic() - started > LIVED_LONG
            self._short_lives = 0 if lived_long else self._short_lives + 1
            pause = FIRST_PAUSE if lived_long else pause
            self._stopping.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _spawn(self) -> subprocess.Popen[bytes] | None:
        try:
            return subprocess.Popen(self._command, stdin=subprocess.PIPE, env=self._environment)  # noqa: S603 (ours)  # nosec B603
        except OSError:
            return None  # out of processes or memory: try again after the pause


def _close_input(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()


def _environment(settings: Settings, ours: Mapping[str, str]) -> dict[str, str]:
    """The worker works on the same installation, wherever the app was started from."""
    paths = [str(ROOT), *filter(None, [ours.get("PYTHONPATH")])]
    return {
        **ours,
        "ERP_HOME": str(settings.home),
        "ERP_DATABASE_URL": settings.database_url,
        "ERP_LANGUAGE": settings.language,
        "PYTHONPATH": os.pathsep.join(paths),
        SUPERVISED: "1",
    }
