"""Declarations of read models and reactions, their tables, positions and tokens."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.contracts.cursor import START, Cursor, TopicPart
from shared.projections.ddl import create_read_model, drop_read_model
from shared.projections.positions import Position, cursors_from, cursors_text
from shared.projections.reaction import Reaction
from shared.projections.rows import row_statements
from shared.projections.waiting import parse_token, position_token
from shared.testing.activity import ACTIVITY


@pytest.mark.parametrize(
    "change",
    [
        {"columns": {"customer_id": "uuid"}},
        {"columns": dict.fromkeys(ACTIVITY.columns, "money")},
        {"key_column": "paid"},
        {"key_column": "nothing"},
        {"name": "Activity; DROP TABLE"},
        {"name": "Activity"},
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        replace(ACTIVITY, **change)


def test_a_reaction_follows_one_topic() -> None:
    with pytest.raises(ValueError):
        Reaction("two", {"a": frozenset(), "b": frozenset()}, lambda event: [])


def test_both_slots_get_tables_totals_rights_and_indexes() -> None:
    statements = create_read_model("cards", ACTIVITY, indexes=["paid, customer_id"])
    text = ";\n".join(statements)
    for slot in "ab":
        assert f"CREATE TABLE cards.activity_{slot} (customer_id uuid NOT NULL, releases integer, paid numeric" in text
        assert "part smallint NOT NULL, PRIMARY KEY (customer_id))" in text
        assert f"CREATE TABLE cards.activity_totals_{slot}" in text
        assert f"CREATE INDEX ON cards.activity_{slot} (paid, customer_id)" in text
        assert f"GRANT SELECT, INSERT, UPDATE, DELETE ON cards.activity_{slot} TO cards" in statements
        assert f"GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON cards.activity_{slot} TO cards_rebuild" in statements
    assert "INSERT INTO cards.routing (read_model, live, version) VALUES ('activity', 'a', 1)" in text
    assert "totals" not in ";".join(create_read_model("cards", replace(ACTIVITY, totals=None)))
    assert len(drop_read_model("cards", "activity")) == 7


def test_arrays_and_json_travel_as_text() -> None:
    statements = row_statements("cards", ACTIVITY, "a")
    assert "articles::text" in statements.fetch
    assert "u.articles::jsonb" in statements.upsert
    assert "jsonb_array_elements_text(u.open_complaints::jsonb)" in statements.upsert
    assert statements.arrays == (5,)


def test_a_position_never_goes_back_and_keeps_where_to_resume() -> None:
    at = Position("m", "a", 3, 1, 7, {"t": Cursor(1, 5, 5)}, {"t": 9})
    assert at.moved("t", Cursor(1, 4, 4), 5).cursors == {"t": Cursor(1, 5, 5)}
    assert at.moved("t", Cursor(1, 6, 1), None).offsets == {"t": 9}
    assert at.moved("u", Cursor(1, 6, 1), 2).offsets == {"t": 9, "u": 2}
    assert at.cursor("u") == START
    assert at.moved("u", Cursor(1, 6, 1), 2).saved().rev == 8
    assert cursors_from(cursors_text(at.cursors)) == at.cursors


def test_a_token_names_one_place_or_several() -> None:
    at, other = TopicPart("regulars.cards.events.v1", 3), TopicPart("regulars.cards.events.v1", 4)
    token = (
        f"{position_token(at, Cursor(1, 5, 5))},{position_token(at, Cursor(1, 7, 1))}, {position_token(other, Cursor(1, 2, 3))}"
    )
    assert parse_token(token) == {at: Cursor(1, 7, 1), other: Cursor(1, 2, 3)}


@pytest.mark.parametrize(
    "token", ["", "a", "a/b", "a/b/c", "a/1/1.2", "a/-1/1.2.3", "a/1/1.2.x", "a/1/1.2.3,", "a/999999999/1.2.3"]
)
def test_a_malformed_token_is_refused(token: str) -> None:
    with pytest.raises(ValueError):
        parse_token(token)
