"""Which SKUs of shops are probably which own products: by barcode, by SKU, by name; with their evidence."""

from __future__ import annotations

import random

import pytest

from erp_core.catalog.matching import BARCODE_SCORE, SKU_SCORE, Item, Proposal, propose, words_of
from erp_core.catalog.rules import plain_sku

OWN = [
    Item(1, "DENG-01", "北欧台灯 黑色", ("6901234567892",)),
    Item(2, "DENG-02", "北欧落地灯 白色", ("6901234567908", "0012345678905")),
    Item(3, "BULB-10", "LED bulb E27 10W warm white"),
    Item(4, "BULB-20", "LED bulb E27 20W warm white"),
    Item(5, "MUG", "Red mug"),
]


def found(external: Item) -> list[Proposal]:
    return propose([external], OWN)


def best(external: Item) -> tuple[str, float]:
    first = found(external)[0]
    return first.own.sku, first.score


@pytest.mark.parametrize(
    ("one", "other"),
    [("DENG-01", "deng 01"), ("DENG_01", "Deng01"), ("007", "7"), ("ＤＥＮＧ–01", "deng01"), ("A B-C_d", "abcd")],
)
def test_case_separators_width_and_leading_zeros_do_not_count(one: str, other: str) -> None:
    assert plain_sku(one) == plain_sku(other)


def test_zeros_inside_count() -> None:
    assert plain_sku("A10") != plain_sku("A1")
    assert plain_sku("DENG-01") != plain_sku("DENG-1")


def test_a_barcode_is_the_surest_evidence() -> None:
    assert best(Item(9, "6901234567892")) == ("DENG-01", BARCODE_SCORE)
    assert best(Item(9, "12345678905", "Red mug")) == ("DENG-02", BARCODE_SCORE)  # UPC and EAN: a zero in front
    assert "barcode" in str(found(Item(9, "6901234567892"))[0].evidence[0])


def test_an_sku_that_differs_only_in_writing() -> None:
    assert best(Item(9, "deng_01", "something else")) == ("DENG-01", SKU_SCORE)


def test_names_that_are_alike_say_how_much() -> None:
    sku, score = best(Item(9, "TB-1", "【包邮】北欧台灯 黑色"))
    assert sku == "DENG-01"
    assert 72 <= score < SKU_SCORE
    assert "% alike" in str(found(Item(9, "TB-1", "【包邮】北欧台灯 黑色"))[0].evidence[0])


def test_chinese_names_are_compared_by_pairs_of_characters() -> None:
    assert words_of("北欧落地灯 白色") == ["北欧", "欧落", "落地", "地灯", "白色"]
    assert best(Item(9, "TB-2", "白色 北欧落地灯"))[0] == "DENG-02"  # another order of words


def test_another_number_in_the_name_is_another_product() -> None:
    proposals = found(Item(9, "X", "LED bulb E27 20W warm white"))
    assert proposals[0].own.sku == "BULB-20"
    assert "BULB-10" not in {p.own.sku for p in proposals[:1]}
    assert all(p.score < 80 for p in proposals if p.own.sku == "BULB-10")


def test_what_is_alike_in_nothing_is_not_proposed() -> None:
    assert found(Item(9, "ZZ", "Garden hose")) == []
    assert found(Item(9, "ZZ")) == []
    assert propose([], OWN) == []
    assert propose([Item(9, "ZZ", "Lamp")], []) == []


def test_what_two_products_share_tells_nothing() -> None:
    twins = [Item(1, "A-1", "Ant"), Item(2, "A_1", "Bee")]
    assert propose([Item(9, "a1", "Cow")], twins) == []


def test_hundreds_of_names_find_their_own_among_hundreds() -> None:
    chance = random.Random(7)
    words = [
        f"{stem}{end}" for stem in "nor vin mod sol lux tab pen fol".split() for end in "dic tage ern ar ury le".split()
    ]
    signs = "北欧风复古现代简约小大红蓝黑白黄铜木质玻璃金属折叠吊台落地灯泡花瓶杯盘碗烛镜钟篮架"
    names = [
        " ".join(chance.sample(words, 4)) if at % 2 else "".join(chance.choice(signs) for _ in range(10))
        for at in range(600)
    ]
    own = [Item(at, f"OWN-{at}", name) for at, name in enumerate(names)]
    external = [Item(10_000 + at, f"X-{at}", f"{name} sale") for at, name in enumerate(names)]
    proposals = propose(external, own, each=1)
    right = sum(p.external.product_id - 10_000 == p.own.product_id for p in proposals)
    assert right > 590  # a few names are there twice
