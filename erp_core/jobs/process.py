"""What the book and the worker need from the operating system: is a process alive, and is another worker there."""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO

if sys.platform == "win32":
    import ctypes
    import msvcrt
else:
    import fcntl


_HELD_BY_ANOTHER = {errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK}


def host_name() -> str:
    """The name of this machine or container."""
    return socket.gethostname()


def is_alive(pid: int) -> bool:
    """Whether a process of this number runs on this machine (it may be another one that got the number later)."""
    if sys.platform == "win32":
        # os.kill(pid, 0) would end the process here.
        synchronize, still_running = 0x00100000, 0x102
        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(synchronize, False, pid)
        if not handle:
            return False
        try:
            return bool(kernel.WaitForSingleObject(handle, 0) == still_running)
        finally:
            kernel.CloseHandle(handle)
    else:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


class FileLock:
    """A lock that the kernel drops when the process ends in any way. The file stays; only the lock counts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stream: IO[bytes] | None = None

    def try_acquire(self) -> bool:
        """Take the lock unless another holds it; does not wait. Raises OSError where files cannot be locked at all."""
        if not self._acquire(wait=False):
            return False
        if hasattr(os, "register_at_fork"):
            # A fork shares the lock: a child that outlives a killed process would keep the next one out.
            os.register_at_fork(after_in_child=self.release)
        return True

    def __enter__(self) -> FileLock:
        while not self._acquire(wait=True):
            pass
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    @contextmanager
    def if_free(self) -> Iterator[bool]:
        """Whether the lock was free and is now held, until the block ends; does not wait."""
        held = self._acquire(wait=False)
        try:
            yield held
        finally:
            if held:
                self.release()

    def release(self) -> None:
        """Let go of the lock, if it is held."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _acquire(self, *, wait: bool) -> bool:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        stream = self.path.open("ab")
        try:
            _lock(stream, wait=wait)
        except OSError as error:
            stream.close()
            if error.errno in _HELD_BY_ANOTHER:
                return False
            raise
        self._stream = stream
        return True


def _lock(stream: IO[bytes], *, wait: bool) -> None:
    if sys.platform == "win32":
        stream.seek(0)
        msvcrt.locking(stream.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(stream.fileno(), fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
