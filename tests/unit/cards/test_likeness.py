"""Which spellings of a name or an address are alike, and which are not."""

from __future__ import annotations

import pytest

from services.cards.domain.likeness import address_key, name_key
from shared.contracts.cards import Basics, PostalAddress


@pytest.mark.parametrize(
    "names",
    [
        (
            "Lotus Trading Co., Ltd.",
            "LOTUS  TRADING",
            "Lotus-Trading Limited",
            "ｌｏｔｕｓ trading Co.,Ltd",
            "The Lotus Trading Company",
        ),
        ("Blue Gate GmbH & Co. KG", "blue gate gmbh"),
        ("Ferro S.p.A.", "FERRO SPA", "Ferro"),
        ("华信贸易有限公司", "华信贸易有限责任公司", "华信贸易", " 华信 贸易 有限公司"),
        ("华信(苏州)贸易有限公司", "华信（苏州）贸易有限公司"),
        ("株式会社田中商店", "㈱田中商店", "田中商店株式会社", "(株)田中商店", "田中商店 ㈱"),
        ("有限会社やまだ", "やまだ"),
    ],
)
def test_spellings_of_one_name_are_alike(names: tuple[str, ...]) -> None:
    assert len({name_key(name) for name in names}) == 1
    assert name_key(names[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lotus Trading", "Lotus Traders"),
        ("华信(苏州)贸易有限公司", "华信(无锡)贸易有限公司"),
        ("田中商店", "田中商会"),
        ("Limited Company", "Holding Company"),
    ],
)
def test_other_names_are_not(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


def test_a_name_of_nothing_but_legal_forms_is_still_a_name() -> None:
    assert name_key("Company Ltd.") == "companyltd"
    assert name_key("公司") == "公司"
    assert name_key("!!!") == ""
    assert name_key(None) == ""


def test_an_address_is_compared_without_its_punctuation() -> None:
    one = Basics(kind="COMPANY", name="A", country="CN", place="Suzhou", address="No. 5, Lake Road")
    other = Basics(kind="COMPANY", name="B", country="CN", place="SUZHOU", address="no 5 lake road")
    assert address_key(one) == address_key(other)
    elsewhere = Basics(kind="COMPANY", name="B", country="CN", place="Wuxi", address="no 5 lake road")
    assert address_key(one) != address_key(elsewhere)


def test_an_address_in_parts_is_compared_part_by_part() -> None:
    def of(street: str, **more: str) -> Basics:
        return Basics(kind="COMPANY", name="A", postal=PostalAddress(country="JP", city="大阪市", street=street, **more))

    assert address_key(of("北区梅田１−２", recipient="田中")) == address_key(of("北区梅田1-2"))
    assert address_key(of("北区梅田1-2")) != address_key(of("北区梅田1-3"))


def test_without_a_street_nothing_is_compared() -> None:
    assert address_key(Basics(kind="COMPANY", name="A", country="CN", place="Suzhou")) is None
    assert address_key(Basics(kind="COMPANY", name="A", postal=PostalAddress(country="CN", city="苏州市"))) is None
