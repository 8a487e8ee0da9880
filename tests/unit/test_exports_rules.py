"""What a shop may offer, by hand computation; the laws that keep two shops from selling one unit; the bars of a number."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp_core.exports import rules
from erp_core.exports.rules import CODE_128, CODE_128_STOP, Terms


def stock(*rows: tuple[int, int | None, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["product_id", "on_hand", "reserved"]).astype({"on_hand": "Int64"})


@pytest.mark.parametrize(
    ("on_hand", "reserved", "share", "buffer", "offered"),
    [
        (10, 0, 100, 0, 10),
        (10, 3, 100, 0, 7),
        (10, 3, 50, 0, 3),  # ⌊7 × 50 / 100⌋ = ⌊3.5⌋
        (10, 3, 50, 2, 1),  # 3 − 2
        (10, 3, 50, 4, 0),  # 3 − 4 is below nothing
        (3, 9, 100, 0, 0),  # more is reserved than lies there
        (10, 0, 0, 0, 0),
    ],
)
def test_a_shop_offers_its_share_of_what_is_available_less_the_buffer(
    on_hand: int, reserved: int, share: int, buffer: int, offered: int
) -> None:
    offer = rules.offers(stock((1, on_hand, reserved)), [1], {}, Terms(share, buffer))[1]
    assert (offer.offered, offer.available) == (offered, max(0, on_hand - reserved))


def test_what_nobody_counted_is_unknown_and_not_nothing() -> None:
    offers = rules.offers(stock((1, None, 0)), [1, 2], {}, Terms())
    assert [(offers[i].offered, offers[i].available, offers[i].reason) for i in (1, 2)] == [
        (None, None, "uncounted")
    ] * 2


def test_a_bundle_is_offered_as_often_as_its_scarcest_component_allows() -> None:
    # 7 of component 1, 2 in a bundle: 3 bundles; 12 of component 2, 5 in a bundle: 2 bundles
    bill = {9: [(1, 2), (2, 5)]}
    offer = rules.offers(stock((1, 7, 0), (2, 12, 0)), [9], bill, Terms())[9]
    assert (offer.offered, offer.available, offer.on_hand) == (2, 2, None)
    # half of 7 is 3, which makes 1 bundle; half of 12 is 6, which makes 1
    assert rules.offers(stock((1, 7, 0), (2, 12, 0)), [9], bill, Terms(50))[9].offered == 1
    assert rules.offers(stock((1, 7, 0)), [9], bill, Terms())[9].reason == "component_uncounted"


def test_a_bundle_of_bundles_comes_down_to_single_products() -> None:
    bill = {9: [(8, 2), (1, 1)], 8: [(1, 3)]}
    assert rules.leaves(bill) == {9: {1: 7}, 8: {1: 3}}  # 2 × 3 + 1
    assert rules.offers(stock((1, 15, 0)), [9], bill, Terms())[9].offered == 2  # ⌊15 / 7⌋


def test_bundles_that_hold_one_another_are_unknown() -> None:
    bill = {8: [(9, 1)], 9: [(8, 1), (1, 1)]}
    assert rules.offers(stock((1, 15, 0)), [9], bill, Terms())[9].reason == "circular"


shares = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 50)), min_size=1, max_size=6)


@given(
    shares.filter(lambda terms: sum(share for share, _ in terms) <= 100),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)), min_size=1, max_size=5),
)
def test_shops_whose_shares_sum_to_at_most_100_never_offer_more_than_is_available(
    terms: list[tuple[int, int]], levels: list[tuple[int, int]]
) -> None:
    frame = stock(*((number, on_hand, reserved) for number, (on_hand, reserved) in enumerate(levels)))
    products = list(range(len(levels)))
    each = [rules.offers(frame, products, {}, Terms(share, buffer)) for share, buffer in terms]
    for number, (on_hand, reserved) in enumerate(levels):
        together = sum(offers[number].offered or 0 for offers in each)
        assert 0 <= together <= max(0, on_hand - reserved)


@given(shares.filter(lambda terms: sum(share for share, _ in terms) <= 100), st.integers(0, 500), st.integers(1, 9))
def test_bundles_of_several_shops_never_hold_more_components_than_there_are(
    terms: list[tuple[int, int]], on_hand: int, units: int
) -> None:
    frame = stock((1, on_hand, 0))
    offered = [rules.offers(frame, [9], {9: [(1, units)]}, Terms(*pair))[9].offered or 0 for pair in terms]
    assert sum(offered) * units <= on_hand


@given(st.integers(0, 10_000), st.integers(1, 12))
def test_a_quantity_over_several_listings_keeps_its_sum(quantity: int, parts: int) -> None:
    pieces = rules.split(quantity, parts)
    assert (sum(pieces), len(pieces)) == (quantity, parts)
    assert max(pieces) - min(pieces) <= 1


def test_a_product_goes_by_the_shops_alias_then_by_every_shops_then_by_our_sku() -> None:
    aliases = [(0, 1, "ALL-1"), (5, 1, "SHOP-1"), (5, 1, "SHOP-1B"), (0, 2, "ALL-2"), (7, 3, "OTHER-3")]
    found = rules.listings({1: "A", 2: "B", 3: "C"}, aliases, 5)
    assert found.rows == ((1, "SHOP-1"), (1, "SHOP-1B"), (2, "ALL-2"), (3, "C"))
    assert found.taken == ()


def test_a_sku_that_means_another_product_in_the_shop_is_not_written_twice() -> None:
    found = rules.listings({1: "A", 2: "X"}, [(5, 1, "X")], 5)
    assert (found.rows, found.taken) == (((1, "X"),), (2,))
    # the same where the other product is not even listed
    assert rules.listings({2: "X"}, [(0, 1, "X")], 5).taken == (2,)


def test_products_that_draw_on_the_same_component_are_named() -> None:
    assert rules.drawing_on_shared([1, 2, 9], {9: [(1, 2)]}) == [1, 9]
    assert rules.drawing_on_shared([2, 9], {9: [(1, 2)]}) == []


# --- Code 128: values and patterns as the standard (ISO/IEC 15417) lists them -----------------------------------------


def test_the_patterns_are_those_of_the_standard() -> None:
    assert len(set(CODE_128)) == len(CODE_128) == 106
    for widths in CODE_128:
        bars, spaces = [int(w) for w in widths[::2]], [int(w) for w in widths[1::2]]
        assert (len(widths), sum(bars) + sum(spaces)) == (6, 11)
        assert sum(bars) % 2 == 0  # the bars of every symbol are even: its own check against misprints
    assert sum(map(int, CODE_128_STOP)) == 13
    # from the table of the standard: values 0 and 33 ("A" in set B), the starts of sets A, B and C
    assert (CODE_128[0], CODE_128[33]) == ("212222", "111323")
    assert CODE_128[103:106] == ("211412", "211214", "211232")


def test_check_of_a_text_in_set_b() -> None:
    # P 48, J 42, J 42, 1 17, 2 18, 3 19, C 35: 104 + 1·48 + 2·42 + 3·42 + 4·17 + 5·18 + 6·19 + 7·35 = 879 = 8·103 + 55
    assert rules.code_128_values("PJJ123C") == [104, 48, 42, 42, 17, 18, 19, 35, 55]


def test_digits_go_in_pairs_and_an_odd_one_last() -> None:
    # 105 + 1·12 + 2·34 = 185 = 103 + 82
    assert rules.code_128_values("1234") == [105, 12, 34, 82]
    # 105 + 1·12 + 2·34 + 3·100 + 4·21 ("5" in set B) = 569 = 5·103 + 54
    assert rules.code_128_values("12345") == [105, 12, 34, 100, 21, 54]


def test_a_number_with_other_signs_has_no_bars() -> None:
    assert [rules.code_128_widths(word) for word in ("", "微信-1", "a\tb")] == [None, None, None]


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40))
def test_bars_read_back_as_the_text(text: str) -> None:
    widths = rules.code_128_widths(text)
    assert widths is not None
    assert widths.endswith(CODE_128_STOP)
    symbols = [CODE_128.index(widths[at : at + 6]) for at in range(0, len(widths) - 7, 6)]
    start, *values, check = symbols
    assert check == (start + sum(place * value for place, value in enumerate(values, 1))) % 103
    read, in_c = "", start == 105
    for value in values:
        if in_c and value == 100:
            in_c = False
        else:
            read += f"{value:02d}" if in_c else chr(value + 32)
    assert read == text
