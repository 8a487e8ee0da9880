"""Who buys: invented people. No phone number here can be dialled, no mail address can be written to.

Chinese mobile numbers begin with 13 to 19; these begin with 100. American ones use 555-01xx, which is kept free for
fiction (NANPA); mail addresses end in example.com, which is kept free for examples (RFC 2606).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from erp_core.demo.assortment import CHANNELS, SHOPIFY

Ints = npt.NDArray[np.int64]
Objects = npt.NDArray[np.object_]

_COMES_BACK = (0.34, 0.28, 0.3, 0.2)  # share of orders from somebody who bought before, by shop
_SURNAMES = (
    "赵钱孙李周吴郑王冯陈蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜谢邹苏潘葛范彭鲁韦马方任袁柳史唐薛雷贺倪汤罗毕郝安常于傅"
)
_GIVEN = "一诺 子涵 雨桐 梓萱 浩然 欣怡 宇轩 思远 佳宁 若曦 明轩 静怡 嘉懿 书瑶 晨曦 俊杰 雅琪 天佑 诗涵 文博 清扬 慧敏 立新 晓雯 建华 秋实 可心 致远 婉清 乐瑶".split()
_CITIES = (
    ("浙江省", "杭州市", "西湖区"), ("浙江省", "宁波市", "鄞州区"), ("江苏省", "南京市", "玄武区"), ("江苏省", "苏州市", "姑苏区"),
    ("上海市", "上海市", "浦东新区"), ("上海市", "上海市", "徐汇区"), ("广东省", "广州市", "天河区"), ("广东省", "深圳市", "南山区"),
    ("广东省", "佛山市", "顺德区"), ("北京市", "北京市", "朝阳区"), ("北京市", "北京市", "海淀区"), ("四川省", "成都市", "武侯区"),
    ("湖北省", "武汉市", "洪山区"), ("山东省", "青岛市", "市南区"), ("山东省", "济南市", "历下区"), ("福建省", "厦门市", "思明区"),
    ("河南省", "郑州市", "金水区"), ("湖南省", "长沙市", "岳麓区"), ("陕西省", "西安市", "雁塔区"), ("重庆市", "重庆市", "渝中区"),
    ("辽宁省", "沈阳市", "和平区"), ("云南省", "昆明市", "五华区"), ("黑龙江省", "哈尔滨市", "南岗区"), ("新疆维吾尔自治区", "乌鲁木齐市", "天山区"),
)  # fmt: skip
_FAR = (21, 22, 23)  # cities to which a parcel takes longer
_STREETS = "样例路 虚构街 示范大道 演示巷 模拟路".split()
_FIRST = "Ava Noah Mia Liam Zoe Owen Ivy Finn Ella Hugo Lena Theo Nora Max Isla Jude Ruby Cole Maya Reid".split()
_LAST = "Alder Birch Cedar Elmwood Fern Grove Hazel Juniper Linden Maple Oakes Pine Rowan Sorrel Tansy Willow".split()
_ABROAD = (
    ("US", "Texas", "Austin", "78701"), ("US", "California", "San Diego", "92101"), ("US", "New York", "Albany", "12207"),
    ("US", "Washington", "Seattle", "98101"), ("US", "Illinois", "Chicago", "60601"), ("US", "Oregon", "Portland", "97201"),
    ("CA", "Ontario", "Toronto", "M5H 2N2"), ("GB", "England", "Leeds", "LS1 4DY"), ("DE", "Berlin", "Berlin", "10115"),
    ("AU", "Victoria", "Melbourne", "3000"),
)  # fmt: skip
_AREA_CODES = (512, 619, 518, 206, 312, 503, 416, 202, 303, 404)


@dataclass(frozen=True)
class Buyers:
    """The people, one entry each: account name, name, phone, mail ('' in China), where they live. `of_order`: which of
    them placed each order; `far`: their parcels take longer."""

    account: Objects
    name: Objects
    phone: Objects
    email: Objects
    country: Objects
    province: Objects
    city: Objects
    district: Objects
    street: Objects
    postcode: Objects
    far: npt.NDArray[np.bool_]
    of_order: Ints


def make_buyers(rng: np.random.Generator, shop: Ints) -> Buyers:
    """The buyers of orders, given the shop of each in the order of time: some come back, most often the most loyal."""
    of_order = np.zeros(len(shop), np.int64)
    shop_of_buyer: list[Ints] = []
    for channel, again in enumerate(_COMES_BACK):
        here = np.flatnonzero(shop == channel)
        at = np.arange(len(here))
        returning = rng.random(len(here)) < again
        parent = np.where(returning & (at > 0), (rng.random(len(here)) * at).astype(np.int64), at)
        while True:  # whoever bought at the earlier order; that buyer's first order names the buyer
            above = parent[parent]
            if np.array_equal(above, parent):
                break
            parent = above
        _, buyer = np.unique(parent, return_inverse=True)
        of_order[here] = sum(map(len, shop_of_buyer)) + buyer
        shop_of_buyer.append(np.full(int(buyer.max()) + 1 if len(here) else 0, channel))
    return _described(rng, np.concatenate(shop_of_buyer), of_order)


def _described(rng: np.random.Generator, shop: Ints, of_order: Ints) -> Buyers:
    count = len(shop)
    abroad = shop == SHOPIFY
    number = np.arange(count)
    draw = {name: rng.integers(limit, size=count) for name, limit in _LIMITS.items()}
    chinese = [_SURNAMES[s] + _GIVEN[g] for s, g in zip(draw["surname"], draw["given"], strict=True)]
    western = [f"{_FIRST[f]} {_LAST[n]}" for f, n in zip(draw["first"], draw["last"], strict=True)]
    places = [
        _ABROAD[a] if out else (*_CITIES[c], "")
        for out, a, c in zip(abroad.tolist(), draw["abroad"].tolist(), draw["city"].tolist(), strict=True)
    ]
    home = [
        f"{n + 1} {_LAST[s]} Street" if out else f"{_STREETS[s % len(_STREETS)]}{n + 1}号"
        for out, n, s in zip(abroad.tolist(), draw["house"].tolist(), draw["last"].tolist(), strict=True)
    ]
    return Buyers(
        account=_objects([f"{('tb', 'jd', 'pdd', 'qimu')[s]}_{n:07d}" for s, n in zip(shop, number, strict=True)]),
        name=_objects([w if out else c for out, w, c in zip(abroad, western, chinese, strict=True)]),
        phone=_objects([_phone(out, n) for out, n in zip(abroad.tolist(), number.tolist(), strict=True)]),
        email=_objects(
            [
                f"{w.lower().replace(' ', '.')}{n}@example.com" if out else ""
                for out, w, n in zip(abroad, western, number, strict=True)
            ]
        ),
        country=_objects([p[0] if out else "CN" for out, p in zip(abroad, places, strict=True)]),
        province=_objects([p[1] if out else p[0] for out, p in zip(abroad, places, strict=True)]),
        city=_objects([p[2] if out else p[1] for out, p in zip(abroad, places, strict=True)]),
        district=_objects(["" if out else p[2] for out, p in zip(abroad, places, strict=True)]),
        street=_objects(home),
        postcode=_objects([p[3] for p in places]),
        far=~abroad & np.isin(draw["city"], _FAR),
        of_order=of_order,
    )


_LIMITS = {
    "surname": len(_SURNAMES), "given": len(_GIVEN), "first": len(_FIRST), "last": len(_LAST), "city": len(_CITIES),
    "abroad": len(_ABROAD), "house": 400,
}  # fmt: skip


def _phone(abroad: bool, number: int) -> str:
    if abroad:
        return f"+1{_AREA_CODES[number // 100 % len(_AREA_CODES)]}55501{number % 100:02d}"
    return f"100{number:08d}"


def _objects(values: list[str]) -> Objects:
    found = np.empty(len(values), object)
    found[:] = values
    return found


assert len(_COMES_BACK) == len(CHANNELS)
