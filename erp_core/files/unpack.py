"""Bytes from a path, and gzip undone, never more than the limits allow."""

from __future__ import annotations

import errno
import os
import stat
import zlib
from pathlib import Path

from erp_core.files import limits as refusals
from erp_core.files.limits import Limits, refused
from erp_core.text import T

_STEP = 1 << 22


def read_bytes(path: Path, limits: Limits) -> bytes:
    """The file's bytes. Raises FileRefused where it cannot be opened, is empty, or is above the limit."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would keep us waiting for ever
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL) if not path.is_dir() else os.strerror(errno.EISDIR))
        with path.open("rb") as stream:
            content = stream.read(limits.file_bytes + 1)
    except OSError as error:
        raise refused(
            "file.unreadable",
            T("{file} cannot be opened: {reason}", file=path.name, reason=error.strerror or type(error).__name__),
            T("Check the name, that it is a file, and that you may read it."),
        ) from None
    if len(content) > limits.file_bytes:
        raise refusals.too_large(path.name, limits)
    refuse_empty(content, path.name)
    return content


def refuse_empty(content: bytes, file: str) -> None:
    """Raise FileRefused where nothing but white space is in a file."""
    if not content or content[:64].strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0") == b"" == content.strip(
        b"\xef\xbb\xbf\xff\xfe \t\r\n\0"
    ):
        raise refused("file.empty", T("{file} is empty.", file=file), T("Export or download the file again."))


def gunzip(content: bytes, limits: Limits, file: str) -> bytes:
    """Gzip undone, all members. Raises FileRefused where it unpacks too large, is cut off or is damaged."""
    allowance = limits.unpacked_allowance(len(content))
    parts = bytearray()
    total = 0
    rest = content
    while rest:
        engine = zlib.decompressobj(wbits=31)
        try:
            while not engine.eof:
                part = engine.decompress(rest, _STEP)
                rest = engine.unconsumed_tail
                total += len(part)
                if total > allowance:
                    raise refusals.unpacks_too_large(file, allowance)
                parts += part
                if not part and not rest and not engine.eof:
                    raise refused(
                        "file.cut_off",
                        T("{file} ends early: a part of the packed file is missing.", file=file),
                        T("Download or export the file again."),
                    )
        except zlib.error:
            raise refused(
                "file.damaged",
                T("{file} is damaged: it cannot be unpacked.", file=file),
                T("Download or export the file again."),
            ) from None
        rest = engine.unused_data.lstrip(b"\0")
    return bytes(parts)
