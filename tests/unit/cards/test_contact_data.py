"""Telephones and addresses as the countries of our customers write them."""

from __future__ import annotations

import pytest

from services.cards.api.contact_data import address_flaws, normal_address, telephone_exists
from shared.contracts.cards import PostalAddress


@pytest.mark.parametrize(
    "text, country",
    [
        ("+86 512 6789 0123", None),
        ("0512-6789 0123", "CN"),
        ("400-810-1234", "CN"),
        ("138 0013 8000", "CN"),
        ("03-1234-5678", "JP"),
        ("０３－１２３４－５６７８", "JP"),
        ("+81 90 1234 5678", "CN"),
        ("+49 30 123456", None),
        ("+44 20 7946 0000", "GB"),
        ("030 123456", None),
        ("6789 0123", "CN"),
        ("95588", "CN"),
        ("123", "AQ"),
    ],
)
def test_numbers_that_exist(text: str, country: str | None) -> None:
    assert telephone_exists(text, country)


@pytest.mark.parametrize(
    "text, country",
    [
        ("+999 1234 5678", None),
        ("+86 000 0000 0000", None),
        ("+86 123", "CN"),
        ("12 34", "CN"),
        ("+1 555 0100", "US"),
        ("0512 6789 0123 4567", "CN"),
        ("090-12", "JP"),
    ],
)
def test_numbers_that_no_country_has(text: str, country: str | None) -> None:
    assert not telephone_exists(text, country)


def test_regions_get_their_official_names() -> None:
    japanese = PostalAddress(country="JP", region="Tokyo", street="千代田区丸の内1-1", postal_code="100-0005")
    assert normal_address(japanese).region == "東京都"
    american = PostalAddress(country="US", region="California", city="Mountain View", street="1600 Park", postal_code="94043")
    assert (normal_address(american).region, normal_address(american).street) == ("CA", "1600 Park")


def test_what_is_written_as_the_country_does_stays() -> None:
    chinese = PostalAddress(
        country="CN",
        recipient="王敏",
        region="江苏省",
        city="苏州市",
        district="姑苏区",
        street="观前街5号",
        postal_code="215000",
    )
    assert address_flaws(chinese, "#/postal") == []
    assert normal_address(chinese) == chinese


@pytest.mark.parametrize(
    "address, pointer, code",
    [
        (PostalAddress(country="CN", region="Atlantis", city="x", street="y"), "#/postal/region", "ADDRESS_INVALID"),
        (PostalAddress(country="JP", region="東京都", street="x", postal_code="1"), "#/postal/postal_code", "ADDRESS_INVALID"),
        (PostalAddress(country="DE", city="Berlin", postal_code="10117"), "#/postal/street", "ADDRESS_INCOMPLETE"),
        (PostalAddress(country="US", region="CA", city="x", street="y"), "#/postal/postal_code", "ADDRESS_INCOMPLETE"),
    ],
)
def test_what_a_country_does_not_know_is_named(address: PostalAddress, pointer: str, code: str) -> None:
    assert (pointer, code) in [(flaw.pointer, flaw.code) for flaw in address_flaws(address, "#/postal")]
    assert normal_address(address) == address


def test_names_that_begin_like_what_was_given_are_offered() -> None:
    [flaw] = address_flaws(
        PostalAddress(country="CN", region="Shanghai", city="上海市", street="x", postal_code="200000"), "#/postal"
    )
    assert flaw.detail == "is not known in this country, which has Shanghai Shi, Shandong Sheng, Shanxi Sheng and others"


def test_a_country_is_read_once_for_many_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """INVARIANT: reading China's file takes 30 ms of the loop; a thousand cards of one request must not take it each."""
    streets = [PostalAddress(country="CN", region="江苏省", city="苏州市", district=f"{n}", street="x") for n in range(3)]
    assert address_flaws(streets[0], "#/postal")

    def again(*_: object, **__: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr("builtins.open", again)
    assert all(address_flaws(one, "#/postal") for one in streets[1:])
