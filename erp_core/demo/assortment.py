"""What the demo shop sells and from whom it buys: products, prices, suppliers, which products are bought together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]

TMALL, JD, PINDUODUO, SHOPIFY = range(4)
CHANNELS = ("栖木家居旗舰店", "栖木家居京东店", "栖木家居拼多多店", "Qimu Home")
PLATFORMS = ("tmall", "jd", "pinduoduo", "shopify")
_LISTED = (1.0, 0.8, 0.7, 0.45)  # share of products that a shop offers
_PRICE_OF_SHOP = (1.0, 1.03, 0.91)
USD_RATE = 7.15
_ABROAD_MARK_UP = 1.9


@dataclass(frozen=True)
class Family:
    """A kind of product: code, names, category, unit cost in yuan from … to, weight in grams, which family is its
    accessory, on which day of the year it sells best (0: all year)."""

    code: str
    name: str
    english: str
    category: str
    cost: tuple[float, float]
    weight: int
    accessory: str = ""
    peak: int = 0


FAMILIES = (
    Family("TD", "台灯", "Table lamp", "灯具", (24, 68), 1400, "DP"),
    Family("DP", "E27灯泡", "E27 bulb", "灯具", (3.2, 7.5), 90),
    Family("SJT", "四件套", "Bedding set", "床上用品", (58, 140), 2600, "ZX"),
    Family("ZX", "枕芯", "Pillow", "床上用品", (14, 36), 900),
    Family("CG", "炒锅", "Wok", "厨房", (32, 85), 1900, "GC"),
    Family("GC", "硅胶锅铲", "Silicone spatula", "厨房", (4.5, 12), 160),
    Family("HP", "花瓶", "Vase", "摆件", (12, 45), 1100, "GH"),
    Family("GH", "干花", "Dried flowers", "摆件", (5, 16), 120),
    Family("CL", "窗帘", "Curtain", "窗饰", (36, 110), 2200, "LG"),
    Family("LG", "窗帘杆", "Curtain rod", "窗饰", (12, 34), 1500),
    Family("LX", "凉席", "Cooling mat", "床上用品", (28, 75), 1800, "", 190),
    Family("MT", "毛毯", "Throw blanket", "床上用品", (22, 60), 1300, "", 345),
    Family("KFB", "咖啡杯", "Coffee cup", "餐具", (7, 22), 380, "BD"),
    Family("BD", "杯垫", "Coaster", "餐具", (1.8, 6), 60),
    Family("SNX", "收纳箱", "Storage box", "收纳", (11, 32), 1200, "BQ"),
    Family("BQ", "标签贴", "Label stickers", "收纳", (1.5, 4), 30),
    Family("DT", "地毯", "Rug", "地毯", (40, 160), 3200, "FHD"),
    Family("FHD", "防滑垫", "Rug pad", "地毯", (6, 18), 500),
    Family("FS", "台式风扇", "Desk fan", "小家电", (30, 70), 1500, "", 185),
    Family("NSQ", "暖手宝", "Hand warmer", "小家电", (13, 34), 350, "", 350),
    Family("XK", "相框", "Picture frame", "摆件", (6, 26), 420, "GZ"),
    Family("GZ", "无痕挂钉", "Picture hooks", "摆件", (1.6, 4.5), 40),
    Family("YJ", "落地衣帽架", "Coat stand", "收纳", (26, 70), 3500, "YG"),
    Family("YG", "防滑衣架", "Non-slip hangers", "收纳", (6, 15), 600),
    Family("BZ", "抱枕", "Cushion", "布艺", (9, 30), 450),
    Family("ZB", "桌布", "Tablecloth", "布艺", (11, 38), 520),
    Family("CJ", "餐具套装", "Cutlery set", "餐具", (16, 52), 700),
    Family("XXL", "香薰蜡烛", "Scented candle", "摆件", (8, 28), 330),
    Family("WZ", "蚊帐", "Mosquito net", "床上用品", (19, 55), 900, "", 175),
    Family("JJ", "浴室置物架", "Bathroom shelf", "卫浴", (13, 42), 1100),
)
_STYLES = (
    ("北欧", "Nordic"), ("日式", "Japandi"), ("简约", "Simple"), ("复古", "Vintage"), ("奶油风", "Creamy"),
    ("侘寂风", "Wabi-sabi"), ("轻奢", "Luxe"), ("田园", "Country"), ("中古", "Mid-century"), ("原木", "Oak"),
)  # fmt: skip
_COLOURS = (
    ("白色", "White", "BAI"), ("米色", "Beige", "MI"), ("灰色", "Grey", "HUI"), ("墨绿", "Green", "LV"),
    ("雾蓝", "Blue", "LAN"), ("焦糖", "Caramel", "JT"), ("黑色", "Black", "HEI"), ("粉色", "Pink", "FEN"),
)  # fmt: skip
_SUPPLIERS = (
    ("义乌明烁灯饰厂", "义乌"), ("南通锦眠家纺", "南通"), ("永康铁匠炊具", "永康"), ("德化素瓷坊", "德化"), ("绍兴柯桥织语纺织", "绍兴"),
    ("台州收纳塑业", "台州"), ("天津织毯工坊", "天津"), ("中山凉暖电器", "中山"), ("曹县木作", "菏泽"), ("昆明花间干花", "昆明"),
    ("佛山卫浴五金", "佛山"), ("东莞硅胶制品", "东莞"), ("宁波美悦日用", "宁波"), ("温州印标", "温州"), ("杭州香舍工坊", "杭州"),
    ("海宁软装布艺", "海宁"),
)  # fmt: skip
_SUPPLIER_OF_CATEGORY = {
    "灯具": (0, 7), "床上用品": (1, 4), "厨房": (2, 11), "摆件": (3, 9, 14), "窗饰": (4, 15), "餐具": (3, 12),
    "收纳": (5, 13), "地毯": (6,), "小家电": (7,), "布艺": (15, 4), "卫浴": (10,),
}  # fmt: skip


@dataclass(frozen=True)
class Suppliers:
    """One entry a supplier: days from order to delivery and how they scatter, smallest order in fen."""

    name: Objects
    place: Objects
    lead: Ints
    spread: Floats
    minimum: Ints


@dataclass(frozen=True)
class Products:
    """One entry a product. Money of the Chinese shops in fen, abroad in US cents; `price` by product and shop.

    `popularity` sums to 1. `peak`: see Family. `launched`, `ended`: numbers of days, from which on it is sold and hardly
    any more. `lumpiness`: 0 sells evenly, more: in bursts. `accessory`: the product often bought with it, −1 none.
    """

    sku: Objects
    name: Objects
    english: Objects
    category: Objects
    barcode: Objects
    weight: Ints
    cost: Ints
    price: Ints
    listed: Bools
    popularity: Floats
    peak: Ints
    launched: Ints
    ended: Ints
    lumpiness: Floats
    accessory: Ints
    supplier: Ints
    moq: Ints
    pack: Ints

    def __len__(self) -> int:
        return len(self.sku)


def make_suppliers(rng: np.random.Generator, monthly_cost: int) -> Suppliers:
    """The suppliers with their terms; all are paid in yuan. `monthly_cost`: what the shop buys in a month, in fen."""
    count = len(_SUPPLIERS)
    least = monthly_cost / count * rng.uniform(0.12, 0.4, count)
    return Suppliers(
        name=np.array([name for name, _ in _SUPPLIERS], object),
        place=np.array([place for _, place in _SUPPLIERS], object),
        lead=rng.integers(3, 13, count),
        spread=rng.uniform(0.05, 0.25, count),
        minimum=np.ceil(least / 10_000).astype(np.int64) * 10_000,
    )


def make_products(rng: np.random.Generator, count: int, days: int, orders: int) -> Products:
    """`count` products, family after family, so that those bought together are there from the smallest shop on.

    `orders`: about how many will come in `days`, for sizes of cartons that fit the trade.
    """
    family = np.arange(count) % len(FAMILIES)
    number = np.arange(count) // len(FAMILIES)
    names, english, sku = [], [], []
    styles = [rng.permutation(len(_STYLES)) for _ in FAMILIES]
    colours = [rng.permutation(len(_COLOURS)) for _ in FAMILIES]
    for kind, item in zip(family.tolist(), number.tolist(), strict=True):
        of, style = FAMILIES[kind], _STYLES[styles[kind][item % len(_STYLES)]]
        colour = _COLOURS[colours[kind][(item // len(_STYLES) + item) % len(_COLOURS)]]
        names.append(f"{style[0]}{of.name} {colour[0]}")
        english.append(f"{style[1]} {of.english}, {colour[1]}")
        sku.append(f"{of.code}{item + 1:03d}-{colour[2]}")
    low, high = (np.array([FAMILIES[kind].cost[end] for kind in family]) for end in (0, 1))
    cost = np.round((low + (high - low) * rng.beta(1.6, 2.4, count)) * 10).astype(np.int64) * 10
    listed = rng.random((count, len(CHANNELS))) < np.array(_LISTED)
    accessory = _accessories(rng, family, number)
    listed[accessory[accessory >= 0]] |= listed[accessory >= 0]
    popularity = _popularity(rng, count)
    moq, pack = _order_sizes(rng, cost, popularity * orders / days * 7)
    launched, ended = _lives(rng, count, days)
    return Products(
        sku=np.array(sku, object),
        name=np.array(names, object),
        english=np.array(english, object),
        category=np.array([FAMILIES[kind].category for kind in family], object),
        barcode=np.array([_barcode(at) for at in range(count)], object),
        weight=np.round(np.array([FAMILIES[k].weight for k in family]) * rng.uniform(0.8, 1.25, count)).astype(
            np.int64
        ),
        cost=cost,
        price=_prices(rng, cost),
        listed=listed,
        popularity=popularity,
        peak=np.array([FAMILIES[kind].peak for kind in family]),
        launched=launched,
        ended=ended,
        lumpiness=rng.choice(np.array([0.0, 0.0, 0.0, 0.15, 0.15, 0.8]), count),
        accessory=accessory,
        supplier=np.array([rng.choice(_SUPPLIER_OF_CATEGORY[FAMILIES[kind].category]) for kind in family]),
        moq=moq,
        pack=pack,
    )


def _accessories(rng: np.random.Generator, family: Ints, number: Ints) -> Ints:
    """Every main product of the best sellers' half has one accessory of the fitting family."""
    place = {of.code: at for at, of in enumerate(FAMILIES)}
    found = np.full(len(family), -1, np.int64)
    for at, kind in enumerate(family.tolist()):
        code = FAMILIES[kind].accessory
        there = np.flatnonzero(family == place[code]) if code else np.zeros(0, np.int64)
        if len(there) and (number[at] == 0 or rng.random() < 0.6):
            found[at] = there[rng.integers(len(there))] if number[at] else there[0]
    return found


def _order_sizes(rng: np.random.Generator, cost: Ints, weekly: Floats) -> tuple[Ints, Ints]:
    """Minimum order quantity and units in a carton: more of what is cheap and of what sells."""
    usual = np.select([cost < 1_000, cost < 3_000, cost < 6_000], [20, 10, 5], 2)
    sizes = np.array([1, 2, 3, 5, 6, 10, 12, 20])
    pack = np.minimum(usual, sizes[np.clip(np.searchsorted(sizes, weekly / 2), 0, len(sizes) - 1)])
    return pack * rng.integers(1, 4, len(cost)), pack


def _lives(rng: np.random.Generator, count: int, days: int) -> tuple[Ints, Ints]:
    """Most are there all the time; some come later, some stop selling."""
    launched = np.where(rng.random(count) < 0.12, rng.integers(days // 8, 3 * days // 4, count), 0)
    ended = np.where((rng.random(count) < 0.06) & (launched == 0), rng.integers(days // 3, 3 * days // 4, count), days)
    return launched, ended


def _prices(rng: np.random.Generator, cost: Ints) -> Ints:
    base = cost * rng.uniform(1.75, 2.7, len(cost))
    shops = [np.round(base * factor / 100) * 100 - 10 for factor in _PRICE_OF_SHOP]
    abroad = np.ceil(base / 100 / USD_RATE * _ABROAD_MARK_UP) * 100 - 1
    return np.stack([np.maximum(price, 90) for price in (*shops, abroad)], axis=1).astype(np.int64)


def _popularity(rng: np.random.Generator, count: int) -> Floats:
    """A Pareto law: few products sell most."""
    rank = rng.permutation(count) + 1.0
    weight = (rank + 2) ** -1.1 * rng.lognormal(0.0, 0.25, count)
    return np.asarray(weight / weight.sum())


def _barcode(number: int) -> str:
    """An EAN-13 of the range 20 to 29, which is for use inside a shop and never on a real product."""
    digits = f"20{number:010d}"
    total = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(digits))
    return f"{digits}{-total % 10}"
