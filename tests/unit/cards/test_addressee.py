"""The lines of an address as its country writes it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from services.cards.domain.addressee import addressee
from shared.contracts.cards import Basics, PostalAddress


def lines(name: str, postal: PostalAddress, posted_in: str | None = None) -> Sequence[str]:
    return addressee(Basics(kind="COMPANY", name=name, postal=postal), posted_in).lines


SUZHOU = PostalAddress(
    country="CN", region="江苏省", city="苏州市", district="虎丘区", street="湖路5号", postal_code="215000", recipient="王敏"
)


@pytest.mark.parametrize(
    ("name", "postal", "wanted"),
    [
        ("华信贸易有限公司", SUZHOU, ["215000", "江苏省苏州市虎丘区", "湖路5号", "华信贸易有限公司", "王敏", "CHINA"]),
        (
            "Hua Xin Trading",
            PostalAddress(
                country="CN", region="Jiangsu", city="Suzhou", district="Huqiu", street="5 Lake Road", postal_code="215000"
            ),
            ["Hua Xin Trading", "5 Lake Road", "Huqiu", "Suzhou", "JIANGSU, 215000", "CHINA"],
        ),
        (
            "株式会社田中商店",
            PostalAddress(
                country="JP", region="大阪府", city="大阪市", street="北区梅田1-2", postal_code="530-0001", recipient="田中"
            ),
            ["〒530-0001", "大阪府", "大阪市北区梅田1-2", "株式会社田中商店", "田中", "JAPAN"],
        ),
        (
            "Tanaka",
            PostalAddress(country="JP", region="Osaka", city="Osaka-shi", street="1-2 Umeda", postal_code="530-0001"),
            ["Tanaka", "1-2 Umeda, Osaka-shi, OSAKA", "530-0001", "JAPAN"],
        ),
        (
            "Blue Gate GmbH",
            PostalAddress(
                country="DE", city="Berlin", street="Hauptstr. 5\nHinterhaus", postal_code="10115", recipient="Frau Krause"
            ),
            ["Frau Krause", "Blue Gate GmbH", "Hauptstr. 5", "Hinterhaus", "10115 BERLIN", "GERMANY"],
        ),
        (
            "Lotus",
            PostalAddress(country="US", region="CA", city="Mountain View", street="1 Castro St", postal_code="94041"),
            ["Lotus", "1 Castro St", "MOUNTAIN VIEW, CA 94041", "UNITED STATES"],
        ),
        (
            "Lotus",
            PostalAddress(country="GB", city="London", street="1 Road", postal_code="SW1A 1AA"),
            ["Lotus", "1 Road", "LONDON", "SW1A 1AA", "UNITED KINGDOM"],
        ),
    ],
)
def test_every_country_has_its_own_way(name: str, postal: PostalAddress, wanted: list[str]) -> None:
    assert lines(name, postal) == wanted


def test_within_the_country_its_name_is_left_out() -> None:
    assert lines("华信贸易有限公司", SUZHOU, "CN") == lines("华信贸易有限公司", SUZHOU)[:-1]
    assert lines("华信贸易有限公司", SUZHOU, "JP")[-1] == "CHINA"


def test_a_person_is_written_to_by_name() -> None:
    person = Basics(kind="PERSON", person_name="Li Na", country="FR", place="Lyon", address="5 rue du Lac\nBâtiment B")
    assert addressee(person).lines == ["Li Na", "5 rue du Lac", "Bâtiment B", "LYON", "FRANCE"]
    assert addressee(person).missing == ["postal_code"]


def test_without_a_street_there_is_nothing_to_write_on_the_envelope() -> None:
    nowhere = addressee(Basics(kind="COMPANY", name="Lotus", country="CN", place="Suzhou"))
    assert (nowhere.lines, nowhere.missing) == ((), ["street", "postal_code", "region"])


def test_without_a_country_the_lines_are_as_they_were_given() -> None:
    found = addressee(Basics(kind="COMPANY", name="Lotus", place="Suzhou", address="Lake Road 5"))
    assert (found.lines, found.missing) == (["Lotus", "Lake Road 5", "Suzhou"], ["country"])
