"""What a file is: its container by its first bytes, its encoding by what its bytes decode to."""

from __future__ import annotations

import codecs
import enum
import re

from erp_core.errors import FileRefused
from erp_core.files.limits import refused
from erp_core.text import T, Text

_SAMPLE = 1 << 20
_CHUNK = 1 << 22


class Container(enum.Enum):
    """How the bytes are laid out."""

    TEXT = "csv"
    ZIP = "zip"
    OLE2 = "ole2"
    HTML = "html"
    PARQUET = "parquet"
    GZIP = "gzip"


_ADVICE = T("Open it in Excel or WPS, save it as .xlsx or .csv, and import that file.")
_FOREIGN: tuple[tuple[bytes, Text], ...] = (
    (b"%PDF", T("{file} is a PDF document, not a table.")),
    (b"\x89PNG", T("{file} is a picture, not a table.")),
    (b"\xff\xd8\xff", T("{file} is a picture, not a table.")),
    (b"GIF8", T("{file} is a picture, not a table.")),
    (b"Rar!", T("{file} is a RAR archive.")),
    (b"7z\xbc\xaf\x27\x1c", T("{file} is a 7-Zip archive.")),
    (b"{\\rtf", T("{file} is a text document (RTF), not a table.")),
    (b"SQLite format 3\0", T("{file} is a database, not a table.")),
)
_MARKUP = re.compile(rb"^\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|meta|body|table|style)\b", re.I | re.S)
_XML_SHEET = re.compile(rb"^\s*<\?xml\b.{0,400}?(?:<\?mso-application|<(?:\w+:)?Workbook\b)", re.S)
_XHTML = re.compile(rb"^\s*<\?xml\b.{0,400}?<(?:!doctype\s+html|html)\b", re.I | re.S)


def container_of(content: bytes, file: str) -> Container:
    """The container by magic; refuses what is plainly something else (PDF, picture, archive).

    The file's name plays no part: some platforms call HTML `.xls`.
    """
    head = content[:4096]
    magics = {
        b"PK\x03\x04": Container.ZIP,
        b"PK\x05\x06": Container.ZIP,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": Container.OLE2,
        b"PAR1": Container.PARQUET,
        b"\x1f\x8b": Container.GZIP,
    }
    for magic, container in magics.items():
        if head.startswith(magic):
            return container
    for magic, message in _FOREIGN:
        if head.startswith(magic):
            raise refused("file.wrong_container", Text(message.id, (("file", file),)), _ADVICE)
    if head[257:262] == b"ustar":
        raise refused(
            "file.wrong_container",
            T("{file} is a TAR archive.", file=file),
            T("Unpack it and import the files in it one by one."),
        )
    plain = head.removeprefix(codecs.BOM_UTF8)
    if _XML_SHEET.match(plain) or plain.startswith(b"MIME-Version:"):
        raise refused("file.old_excel", T("{file} is an Excel file in an old XML form.", file=file), _ADVICE)
    if _MARKUP.match(plain) or _XHTML.match(plain):
        return Container.HTML
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) and _MARKUP.match(head.replace(b"\0", b"")[2:]):
        return Container.HTML
    return Container.TEXT


def refuse_ole2(content: bytes, file: str) -> FileRefused:
    """The refusal for an OLE2 file: a workbook behind a password, or Excel 97–2003."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        return refused(
            "file.encrypted_workbook",
            T("{file} is a workbook protected by a password.", file=file),
            T("Open it in Excel, remove the password under File, Info, Protect Workbook, and save it."),
        )
    return refused("file.old_excel", T("{file} is in the format of Excel 97 to 2003 (.xls).", file=file), _ADVICE)


# --- encoding ---------------------------------------------------------------------------------------------------------


def as_utf8(content: bytes, file: str, encoding: str | None = None) -> tuple[bytes, str]:
    """The text as UTF-8 without a byte order mark, and the name of the encoding that it came in.

    `encoding` overrides the judgement. Names: utf-8, utf-8-sig, gb18030, utf-16-le, utf-16-be, windows-1252, or what
    was given. Raises FileRefused for text that no encoding explains, that was cut off inside a character, or that
    holds NUL characters.
    """
    name = encoding or encoding_of(content, file)
    if encoding is None and name in ("utf-8", "utf-8-sig"):
        text = content.removeprefix(codecs.BOM_UTF8)
    else:
        try:
            text = content.decode(name).removeprefix("\ufeff").encode("utf-8")
        except LookupError:
            raise refused(
                "file.unknown_encoding",
                T("“{encoding}” is not an encoding.", encoding=name),
                T("Name one such as utf-8, gb18030, utf-16 or windows-1252."),
            ) from None
        except UnicodeError as error:
            raise _damaged(file, name, content, getattr(error, "start", 0)) from None
    if b"\0" in text:
        line = text[: text.index(b"\0")].count(b"\n") + 1
        raise refused(
            "file.nul_characters",
            T("{file}, line {line}: there is a NUL character, which no table holds.", file=file, line=line),
            T("The file is damaged or is no table. Export it again."),
        )
    return text, name


def encoding_of(content: bytes, file: str) -> str:
    """The encoding by what the bytes decode to: UTF-8, UTF-16, GB18030, else Windows-1252.

    GB18030 decodes nearly anything, so its text must also look like Chinese: most of what is not ASCII must be common
    characters. The same holds for Windows-1252, where most of the text must not be accents and signs.
    """
    if content.startswith(codecs.BOM_UTF8):
        _decodes(content, "utf-8", file)
        return "utf-8-sig"
    utf16 = _utf16(content)
    if utf16:
        return utf16
    error = _utf8_error(content)
    if error is None:
        return "utf-8"
    if error >= len(content) - 3 and _utf8_error(content[:error]) is None and not content[:error].isascii():
        raise _cut_off(file)
    chinese = _looks_chinese(content)
    if chinese:
        try:
            content.decode("gb18030")
        except UnicodeDecodeError as damage:
            if damage.start >= len(content) - 3:
                raise _cut_off(file) from None
            raise _damaged(file, "gb18030", content, damage.start) from None
        return "gb18030"
    if _looks_western(content):
        return "windows-1252"
    raise refused(
        "file.unknown_encoding",
        T("{file}: the characters cannot be read; it is neither UTF-8 nor GBK nor UTF-16 nor Western text.", file=file),
        T("Open it in the program that it comes from, save it as “CSV UTF-8”, and import that file."),
    )


def _utf8_error(content: bytes) -> int | None:
    """Where strict UTF-8 fails; None where it holds. Decodes in pieces, so that the text is never in memory twice."""
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    for start in range(0, len(content), _CHUNK):
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(content[start : start + _CHUNK], final=start + _CHUNK >= len(content))
        except UnicodeDecodeError as error:
            return start - pending + error.start
    return None


def _decodes(content: bytes, name: str, file: str) -> None:
    error = _utf8_error(content)
    if error is not None:
        raise _cut_off(file) if error >= len(content) - 3 else _damaged(file, name, content, error)


def _utf16(content: bytes) -> str | None:
    """UTF-16 by its mark, or by zero bytes that stand on one side of the pairs: a table has delimiters and digits."""
    if content.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if content.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if content.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    sample = content[:_SAMPLE]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    pairs = max(1, len(sample) // 2)
    if len(content) % 2 == 0 and max(even, odd) > pairs * 0.05 and min(even, odd) * 20 < max(even, odd):
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def _looks_chinese(content: bytes) -> bool:
    """Whether most non-ASCII characters of the text as GB18030 are in the everyday part of GB 2312."""
    others = [char for char in content[:_SAMPLE].decode("gb18030", errors="replace") if char > "\x7f"]
    if not others:
        return False
    common = 0
    for char in others:
        try:
            pair = char.encode("gb2312")
        except UnicodeEncodeError:
            continue
        # A1–A3: punctuation and full-width forms; B0–D7: the 3,755 hanzi of level 1.
        common += 0xA1 <= pair[0] <= 0xA3 or 0xB0 <= pair[0] <= 0xD7
    return common / len(others) >= 0.6


_SIGNS = frozenset("¡¢£¤¥¦§¨©ª«¬­®¯°±²³´¶·¸¹º»¼½¾¿×÷†‡‰‹›•˜")


def _looks_western(content: bytes) -> bool:
    """Whether the text as Windows-1252 is mostly letters that stand alone, as accents do."""
    sample = content[:_SAMPLE]
    try:
        text = sample.decode("windows-1252")
    except UnicodeDecodeError:
        return False
    letters = sum(char.isalpha() for char in text)
    accents = sum(char.isalpha() and char > "\x7f" for char in text)
    signs = sum(char in _SIGNS for char in text)
    controls = sum(char < " " and char not in "\t\r\n\f\v" for char in text)
    return controls * 100 <= len(text) and accents * 2 <= letters and signs * 5 <= len(text)


def _cut_off(file: str) -> FileRefused:
    return refused(
        "file.cut_off",
        T("{file} ends in the middle of a character: a part of it is missing.", file=file),
        T("Download or export the file again."),
    )


def _damaged(file: str, name: str, content: bytes, at: int) -> FileRefused:
    line = content[:at].count(b"\n") + 1
    return refused(
        "file.damaged_text",
        T("{file}, line {line}: the bytes are not {encoding} text.", file=file, line=line, encoding=name),
        T("The file is damaged or mixes encodings. Export it again, as “CSV UTF-8” if there is a choice."),
    )
