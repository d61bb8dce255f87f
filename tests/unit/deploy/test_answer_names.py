"""Answers get names, and one that shows most is their example."""

from __future__ import annotations

from typing import Any

from deploy.contracts.client_answers import answers
from deploy.contracts.client_types import typed_dict
from deploy.contracts.examples import example_of

MONEY = {
    "type": "object",
    "required": ["amount", "currency"],
    "properties": {"amount": {"type": "string"}, "currency": {"type": "string"}},
}


def answering(*schemas: dict[str, Any]) -> dict[str, Any]:
    statuses = ("200", "201")
    return {
        "responses": {
            status: {"content": {"application/json": {"schema": one}}} for status, one in zip(statuses, schemas, strict=False)
        }
    }


def test_objects_are_called_after_their_operation_and_place_and_shared_ones_once() -> None:
    line = {"type": "object", "required": ["net"], "properties": {"net": MONEY, "tax": {**MONEY, "type": ["object", "null"]}}}
    found, said = answers(
        {
            "get_sale": answering(
                {"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": line}}}
            )
        },
        set(),
    )
    assert said == {"get_sale": {"$ref": "#/answers/GetSaleAnswer"}}
    assert sorted(found) == ["GetSaleAnswer", "GetSaleItem", "Money"]
    assert typed_dict("GetSaleItem", found["GetSaleItem"], {}).splitlines()[1:] == [
        "    net: Money",
        "    tax: NotRequired[Money | None]",
    ]


def test_a_name_that_means_something_else_is_not_taken() -> None:
    found, _ = answers({"get_sale": answering({"type": "object", "properties": {"net": MONEY}})}, {"Money"})
    assert sorted(found) == ["GetSaleAnswer", "GetSaleNet"]


def test_what_one_status_answers_and_another_does_not_may_be_missing() -> None:
    made = {"type": "object", "required": ["id", "at"], "properties": {"id": {"type": "string"}, "at": {"type": "string"}}}
    again = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    found, _ = answers({"send": answering(again, made)}, set())
    assert "    at: NotRequired[str]" in typed_dict("SendAnswer", found["SendAnswer"], {})


def test_where_nothing_is_said_in_json_nothing_is_named() -> None:
    assert answers({"export": {"responses": {"200": {"content": {"text/csv": {}}}}}}, set()) == ({}, {"export": None})


def test_the_example_shows_most_and_lists_two() -> None:
    poor, rich = {"id": "a", "note": None}, {"id": "bb", "note": "x", "items": [{"n": 1}, {"n": 2}, {"n": 3}]}
    assert example_of([poor, rich]) == example_of([rich, poor]) == {**rich, "items": [{"n": 1}, {"n": 2}]}
    assert example_of([{"id": "b"}, {"id": "a"}, {"id": "longer"}]) == {"id": "a"}
