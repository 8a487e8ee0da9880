"""Carriers: the many ways in which files write them, and what they are called. Pure.

The names are the carriers' own, in Chinese those that Chinese platforms list. A carrier that is not here passes through
as it stands.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Carrier:
    """One carrier: its name in English and Chinese, and how else it is written."""

    english: str
    chinese: str
    also: tuple[str, ...] = ()


CARRIERS: Mapping[str, Carrier] = MappingProxyType(
    {
        "SF": Carrier("SF Express", "顺丰速运", ("sf", "顺丰", "顺丰快递", "顺丰速递", "shunfeng")),
        "YTO": Carrier("YTO Express", "圆通速递", ("yto", "圆通", "圆通快递", "yuantong")),
        "ZTO": Carrier("ZTO Express", "中通快递", ("zto", "中通", "中通速递", "zhongtong")),
        "STO": Carrier("STO Express", "申通快递", ("sto", "申通", "申通速递", "shentong")),
        "YUNDA": Carrier("Yunda Express", "韵达快递", ("yunda", "yd", "韵达", "韵达速递")),
        "JT": Carrier("J&T Express", "极兔速递", ("j&t", "jtsd", "jt express", "极兔", "极兔快递")),
        "JD": Carrier("JD Logistics", "京东快递", ("jd", "jdl", "jd express", "京东", "京东物流")),
        "EMS": Carrier("EMS", "EMS", ("中国邮政ems", "邮政ems", "邮政特快专递", "中国邮政速递物流", "ems经济快递")),
        "CHINA_POST": Carrier(
            "China Post", "邮政快递包裹", ("中国邮政", "邮政", "邮政小包", "邮政包裹", "邮政国内小包", "youzhengguonei")
        ),
        "DEPPON": Carrier("Deppon Express", "德邦快递", ("deppon", "dbkd", "德邦", "德邦物流")),
        "BEST": Carrier("Best Express", "百世快递", ("best", "百世", "百世汇通", "汇通快递")),
        "CAINIAO": Carrier("Cainiao", "菜鸟速递", ("丹鸟", "丹鸟快递", "菜鸟", "菜鸟直送")),
        "KUAYUE": Carrier("KYE Express", "跨越速运", ("kye", "ky express", "跨越", "kuayue")),
        "DHL": Carrier("DHL", "DHL", ("dhl express", "dhl快递", "敦豪")),
        "UPS": Carrier("UPS", "UPS", ("united parcel service", "ups快递")),
        "FEDEX": Carrier("FedEx", "联邦快递", ("federal express", "fedex express", "fedex ground", "fedex联邦快递")),
        "USPS": Carrier("USPS", "USPS", ("us postal service", "united states postal service", "美国邮政")),
        "ROYAL_MAIL": Carrier("Royal Mail", "英国皇家邮政", ("皇家邮政", "royal mail group")),
        "EVRI": Carrier("Evri", "Evri", ("hermes uk", "myhermes")),
        "PARCELFORCE": Carrier("Parcelforce", "Parcelforce", ("parcelforce worldwide",)),
        "DPD": Carrier("DPD", "DPD", ("dpd local",)),
        "GLS": Carrier("GLS", "GLS", ()),
        "HERMES": Carrier("Hermes Logistik Gruppe", "Hermes", ("hermes", "hermes germany")),
        "DEUTSCHE_POST": Carrier("Deutsche Post", "德国邮政", ()),
        "TNT": Carrier("TNT", "TNT", ("tnt express",)),
        "CANADA_POST": Carrier("Canada Post", "加拿大邮政", ("postes canada",)),
        "AUSTRALIA_POST": Carrier("Australia Post", "澳大利亚邮政", ("auspost", "aus post")),
        "SINGAPORE_POST": Carrier("Singapore Post", "新加坡邮政", ("singpost",)),
        "YAMATO": Carrier("Yamato Transport", "雅玛多运输", ("yamato", "kuroneko", "ヤマト運輸", "黑猫宅急便")),
        "SAGAWA": Carrier("Sagawa Express", "佐川急便", ("sagawa",)),
        "JAPAN_POST": Carrier("Japan Post", "日本邮政", ("日本郵便",)),
        "ARAMEX": Carrier("Aramex", "Aramex", ()),
        "ONTRAC": Carrier("OnTrac", "OnTrac", ("lasership",)),
        "YANWEN": Carrier("Yanwen", "燕文物流", ("燕文",)),
        "4PX": Carrier("4PX", "递四方", ("4px express", "递四方速递")),
        "YUN_EXPRESS": Carrier("Yun Express", "云途物流", ("yunexpress", "云途")),
    }
)


def plain(word: str) -> str:
    """The form in which carriers are compared: width, case, spaces, punctuation and the company's form do not count.

    >>> plain(" ＳＦ-Express "), plain("顺丰速运有限公司")
    ('sfexpress', '顺丰速运')
    """
    text = re.sub(r"[\s\-_.·,，()（）]+", "", unicodedata.normalize("NFKC", word).casefold())
    return re.sub(r"(股份)?(有限)?公司$", "", text)


_BY_WORD: Mapping[str, str] = MappingProxyType(
    {
        plain(word): code
        for code, carrier in CARRIERS.items()
        for word in (code, carrier.english, carrier.chinese, *carrier.also)
    }
)


def carrier_code(word: str) -> str | None:
    """The code of a carrier as a file writes it; None where it is not in the table.

    >>> carrier_code("顺丰"), carrier_code("Royal Mail"), carrier_code("Tante Emma")
    ('SF', 'ROYAL_MAIL', None)
    """
    return _BY_WORD.get(plain(word))
