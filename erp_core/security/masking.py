"""How personal data look to those who may not see them: enough to tell two rows apart, too little to reach anybody.

What a platform has masked already stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "…"
HIDDEN_NOTE = "•••"
_MOST_STARS = 3
_MASKED = re.compile(r"\*{2,}|\*$")


def masked_name(name: str | None) -> str:
    """The first letter of each word of a person's name.

    >>> masked_name("张三"), masked_name("Ann Lee"), masked_name("张**"), masked_name(" ")
    ('张*', 'A** L**', '张**', '')
    """
    said = (name or "").strip()
    return said if _MASKED.search(said) else " ".join(_starred(word) for word in said.split())


def _starred(word: str) -> str:
    return word[0] + "*" * min(max(len(word) - 1, 1), _MOST_STARS)


def masked_phone(phone: str | None) -> str:
    """The last four digits of a phone number, of a long one the first three as well.

    >>> [masked_phone(number) for number in ("+86 138-0013-8000", "555-0100-22", "12345", "138****8000")]
    ['138****8000', '****0022', '****', '138****8000']
    """
    said = (phone or "").strip()
    if not said or "***" in said:
        return said
    digits = re.sub(r"\D", "", said)
    if re.fullmatch(r"(0086|86)1\d{10}", digits):
        digits = digits[-11:]
    if len(digits) < 8:
        return "****"
    return (digits[:3] if len(digits) >= 11 else "") + "****" + digits[-4:]


def masked_mail(mail: str | None) -> str:
    """The first letter and the domain of a mail address.

    >>> masked_mail("ann.lee@b.com"), masked_mail("no address"), masked_mail("")
    ('a***@b.com', '***', '')
    """
    said = (mail or "").strip()
    if not said:
        return ""
    name, at, domain = said.rpartition("@")
    return f"{name[:1]}***@{domain}" if at and name else "***"


def masked_address(address: str | None) -> str:
    """Nothing of an address: province and city stand beside it.

    >>> masked_address("1 High St"), masked_address(None)
    ('…', '')
    """
    return HIDDEN if (address or "").strip() else ""


def masked_note(note: str | None) -> str:
    """Nothing of a remark, in which a person may have written anything.

    >>> masked_note("for my mother"), masked_note("")
    ('•••', '')
    """
    return HIDDEN_NOTE if (note or "").strip() else ""


def without_contacts(text: str | None) -> str:
    """A text without numbers of five or more digits and without mail addresses, by which somebody could be reached.

    >>> without_contacts("call 138-0000-1234 or ann@example.com, gift wrap 2 please")
    'call *** or ***, gift wrap 2 please'
    """
    without_mail = re.sub(r"[^\s<>,;，；]+@[^\s<>,;，；]+", "***", text or "")
    return re.sub(r"\+?\d(?:[\s\-()]?\d){4,}", "***", without_mail)


_MASKS = {
    "name": masked_name,
    "contact": masked_name,
    "agent": masked_name,
    "external_id": masked_name,
    "phone": masked_phone,
    "email": masked_mail,
    "address": masked_address,
    "reason": without_contacts,
}


def shown(document: Mapping[str, Any] | None, *, see_personal_data: bool) -> dict[str, str]:
    """The fields of an opened document as this reader may see them. What is only there to tell persons apart, and the
    salt, are left out; a field without a rule of its own is a remark.

    >>> shown({"name": "Ann", "note": "call me", "salt": "5f"}, see_personal_data=False)
    {'name': 'A**', 'note': '•••'}
    """
    said = {name: str(value) for name, value in (document or {}).items() if name not in ("key", "salt")}
    if see_personal_data:
        return said
    return {name: _MASKS.get(name, masked_note)(value) for name, value in said.items()}
