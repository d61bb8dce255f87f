"""What stands in a statement about a caller is digits, and what a caller reaches is said twice alike: as SQL and here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

import pytest

from shared.projections.narrowing import Narrowing, Served, narrowed, narrowing
from shared.projections.read_model import ReadModel


@dataclass(frozen=True, slots=True)
class Row:
    customer_id: UUID
    area_id: str | None
    salesperson_id: str | None


@dataclass(frozen=True, slots=True)
class Word:
    word: str


PEOPLE = ReadModel("people", 1, Row, {"customer_id": "uuid", "area_id": "text", "salesperson_id": "text"}, "customer_id", {}, lambda _: None, lambda row, _: row)  # fmt: skip
WORDS = ReadModel("words", 1, Word, {"word": "text"}, "word", {}, lambda _: None, lambda row, _: row)
SERVED = Served("demo", PEOPLE, (PEOPLE, WORDS), frozenset({"words"}))


@pytest.mark.parametrize("person", ["E-7", "' OR true --", "\\'; DROP TABLE x", "{table}", "$1", "名前", "%s"])
def test_nothing_of_a_person_s_id_can_be_read_as_sql(person: str) -> None:
    for text in (Narrowing(SERVED, person=person).whose, Narrowing(SERVED, areas=frozenset({person})).whose):
        [digits] = re.findall(r"convert_from\('\\x([0-9a-f]+)'::bytea, 'UTF8'\)", text)
        assert bytes.fromhex(digits).decode() == person
        assert re.sub(r"'\\x[0-9a-f]+'", "", text) in (
            "salesperson_id = convert_from(::bytea, 'UTF8')",
            "area_id IN (convert_from(::bytea, 'UTF8'))",
        )


def test_who_leads_nothing_reaches_nobody() -> None:
    to = Narrowing(SERVED)
    assert (to.whose, to.reaches(None, None), to.reaches("EAST", "E-7")) == ("false", False, False)


def test_a_salesperson_reaches_own_customers_and_a_superior_those_of_the_areas() -> None:
    own, areas = Narrowing(SERVED, person="E-7"), Narrowing(SERVED, areas=frozenset({"EAST"}))
    assert [own.reaches(*who) for who in (("EAST", "E-7"), ("EAST", "E-8"), ("EAST", None))] == [True, False, False]
    assert [areas.reaches(*who) for who in (("EAST", "E-7"), ("WEST", "E-7"), (None, "E-7"))] == [True, False, False]


def test_a_read_model_that_has_customers_or_has_none_is_known_as_such() -> None:
    with pytest.raises(ValueError, match="words"):
        Served("demo", PEOPLE, (PEOPLE, WORDS))
    with pytest.raises(ValueError, match="people"):
        Served("demo", PEOPLE, (PEOPLE, WORDS), frozenset({"words", "people"}))


def test_a_request_is_narrowed_as_long_as_it_is_answered() -> None:
    to = Narrowing(SERVED, person="E-7")
    assert narrowing() is None
    with pytest.raises(RuntimeError), narrowed(to):
        assert narrowing() is to
        raise RuntimeError
    assert narrowing() is None
