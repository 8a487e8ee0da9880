"""Countries as files write them: names in English and Chinese, codes, and the words of old exports."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from babel import Locale
from babel.languages import get_official_languages

EUROPEAN_UNION = frozenset(
    "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE".split()
)  # fmt: skip
_ALSO: Mapping[str, str] = {
    "usa": "US", "u.s.a.": "US", "us": "US", "united states of america": "US", "uk": "GB", "u.k.": "GB",
    "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB", "eire": "IE",
    "republic of ireland": "IE", "rsa": "ZA", "korea": "KR", "republic of korea": "KR", "holland": "NL",
    "the netherlands": "NL", "czech republic": "CZ", "uae": "AE", "prc": "CN", "mainland china": "CN",
    "p.r. china": "CN", "people's republic of china": "CN", "中国大陆": "CN", "中华人民共和国": "CN", "russia": "RU",
    "viet nam": "VN", "turkey": "TR", "hong kong": "HK", "香港": "HK", "macao": "MO", "macau": "MO", "澳门": "MO",
    "台湾": "TW", "deutschland": "DE", "österreich": "AT", "schweiz": "CH", "españa": "ES", "italia": "IT",
}  # fmt: skip


@lru_cache(maxsize=1)
def _names() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for language in ("zh_CN", "en"):
        for code, name in Locale.parse(language).territories.items():
            if len(code) == 2 and code.isalpha() and code not in ("EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"):
                found[name.casefold()] = code
                found[code.casefold()] = code
    return {**found, **_ALSO}


def country_code(word: str) -> str | None:
    """The ISO code of a country as somebody wrote it; None for what is none.

    >>> country_code("EIRE"), country_code("德国"), country_code(" us "), country_code("Unspecified")
    ('IE', 'DE', 'US', None)
    """
    return _names().get(word.strip().casefold())


def main_language(country: str) -> str | None:
    """The official language that comes first in a country's list; None where none is known.

    >>> main_language("AT"), main_language("GB")
    ('de', 'en')
    """
    found = get_official_languages(country, de_facto=True)
    return found[0] if found else None
