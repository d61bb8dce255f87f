"""What callers were promised once is kept: the gate finds each way of breaking it, and lets what does no harm through."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import deploy.contracts as contracts
from deploy.contracts.http_compatibility import breaks
from deploy.contracts.http_promises import promises_of

TODAY = date(2026, 3, 2)
OPERATION = "POST /v1/parcels"
DOCUMENT: dict[str, Any] = {
    "paths": {
        "/v1/parcels": {
            "post": {
                "operationId": "parcels_send",
                "x-scope": "parcels.parcel.write",
                "parameters": [
                    {"in": "query", "name": "limit", "schema": {"type": "integer", "minimum": 1, "maximum": 500}},
                    {
                        "in": "query",
                        "name": "way",
                        "schema": {"anyOf": [{"type": "string", "pattern": "^(ROAD|RAIL)$"}, {"type": "null"}]},
                    },
                ],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ParcelBody"}}},
                },
                "responses": {
                    "201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Sent"}}}},
                    "404": {"$ref": "#/components/responses/NotFound"},
                },
            }
        }
    },
    "components": {
        "schemas": {
            "ParcelBody": {
                "type": "object",
                "required": ["weight"],
                "properties": {
                    "weight": {"type": "string"},
                    "note": {"anyOf": [{"type": "string", "maxLength": 200}, {"type": "null"}]},
                    "labels": {"type": "array", "items": {"$ref": "#/components/schemas/Label"}},
                    "inside": {"anyOf": [{"$ref": "#/components/schemas/ParcelBody"}, {"type": "null"}]},
                },
            },
            "Label": {"type": "object", "properties": {"text": {"type": "string"}}},
            "Sent": {
                "type": "object",
                "required": ["id", "state"],
                "properties": {
                    "id": {"type": "string", "format": "uuid"},
                    "state": {"type": "string", "enum": ["SENT", "WAITING"]},
                    "note": {"type": "string"},
                },
            },
        }
    },
}
Change = Callable[[dict[str, Any], dict[str, Any], dict[str, Any]], object]


def after(change: Change) -> list[str]:
    """What the gate says of the document after a change of its operation, its body and its answer."""
    changed = copy.deepcopy(DOCUMENT)
    schemas = changed["components"]["schemas"]
    change(changed["paths"]["/v1/parcels"]["post"], schemas["ParcelBody"], schemas["Sent"])
    found = breaks(promises_of(DOCUMENT), promises_of(changed), TODAY)
    return [line.removeprefix(f"{OPERATION}: ") for line in found]


BROKEN: dict[str, tuple[Change, str]] = {
    "an operation is called otherwise": (lambda o, b, s: o.update(operationId="parcels_post"), "operationId was"),
    "another scope is asked for": (lambda o, b, s: o.update({"x-scope": "parcels.parcel.send"}), "scope was"),
    "a parameter is gone": (lambda o, b, s: o["parameters"].pop(), "query way was removed"),
    "a parameter is needed": (lambda o, b, s: o["parameters"][0].update(required=True), "query limit was"),
    "a parameter takes less": (lambda o, b, s: o["parameters"][0]["schema"].update(maximum=100), "query limit was"),
    "a parameter begins later": (lambda o, b, s: o["parameters"][0]["schema"].update(minimum=2), "query limit was"),
    "a word is no longer taken": (
        lambda o, b, s: o["parameters"][1]["schema"]["anyOf"][0].update(pattern="^(ROAD)$"),
        "query way was",
    ),
    "a new parameter is needed": (
        lambda o, b, s: o["parameters"].append(
            {"in": "header", "name": "If-Match", "required": True, "schema": {"type": "string"}}
        ),
        "header If-Match is new and needed",
    ),
    "a field of the body is gone": (lambda o, b, s: b["properties"].pop("note"), "body note was removed"),
    "a field of the body is of another type": (
        lambda o, b, s: b["properties"]["weight"].update(type="number"),
        "body weight was",
    ),
    "a field of the body is needed": (lambda o, b, s: b["required"].append("labels"), "body labels was"),
    "a new field of the body is needed": (
        lambda o, b, s: (b["properties"].update(way={"type": "string"}), b["required"].append("way")),
        "body way is new and needed",
    ),
    "a text may be only shorter": (
        lambda o, b, s: b["properties"]["note"]["anyOf"][0].update(maxLength=100),
        "body note was null or string | maxLength=200",
    ),
    "nothing may be only left out": (lambda o, b, s: b["properties"]["note"]["anyOf"].pop(), "body note was"),
    "a field of a structure is gone": (
        lambda o, b, s: b["properties"]["labels"].update(items={"type": "object", "properties": {}}),
        "body labels[].text was removed",
    ),
    "another status is answered": (lambda o, b, s: o["responses"].update({"202": o["responses"].pop("201")}), "201 was removed"),
    "a field of the answer is gone": (lambda o, b, s: s["properties"].pop("note"), "201 note was removed"),
    "a field of the answer is not always there": (lambda o, b, s: s["required"].remove("id"), "201 id was"),
    "a field of the answer is of another type": (lambda o, b, s: s["properties"]["id"].pop("format"), "201 id was"),
    "a field of the answer may be nothing": (
        lambda o, b, s: s["properties"]["note"].update(type=["string", "null"]),
        "201 note was",
    ),
}
HARMLESS: dict[str, Change] = {
    "a parameter more": lambda o, b, s: o["parameters"].append({"in": "query", "name": "q", "schema": {"type": "string"}}),
    "a wider parameter": lambda o, b, s: o["parameters"][0]["schema"].update(maximum=1000, minimum=0),
    "a word more is taken": lambda o, b, s: o["parameters"][1]["schema"]["anyOf"][0].update(pattern="^(ROAD|RAIL|SEA)$"),
    "a field more in the body": lambda o, b, s: b["properties"].update(way={"type": "string"}),
    "a new structure with a needed field": lambda o, b, s: b["properties"].update(
        box={"type": "object", "required": ["size"], "properties": {"size": {"type": "string"}}}
    ),
    "a field of the body may be left out": lambda o, b, s: b["required"].remove("weight"),
    "a longer text": lambda o, b, s: b["properties"]["note"]["anyOf"][0].update(maxLength=400),
    "a field more in the answer": lambda o, b, s: s["properties"].update(at={"type": "string"}),
    "a word more is answered": lambda o, b, s: s["properties"]["state"]["enum"].append("LOST"),
    "a field is always there": lambda o, b, s: s["required"].append("note"),
    "one status more": lambda o, b, s: o["responses"].update({"202": {}}),
    "another problem": lambda o, b, s: o["responses"].pop("404"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_gate_finds_what_is_broken(name: str) -> None:
    change, said = BROKEN[name]
    assert [line for line in after(change) if line.startswith(said)], after(change)


@pytest.mark.parametrize("name", HARMLESS)
def test_the_gate_lets_through_what_does_no_harm(name: str) -> None:
    assert after(HARMLESS[name]) == []


def test_a_class_may_be_called_otherwise() -> None:
    renamed = json.loads(json.dumps(DOCUMENT).replace("ParcelBody", "NewParcel"))
    assert breaks(promises_of(DOCUMENT), promises_of(renamed), TODAY) == []


def test_an_operation_goes_only_after_its_sunset() -> None:
    assert breaks(promises_of(DOCUMENT), {}, TODAY) == [f"{OPERATION}: it is gone, and no sunset was announced"]
    announced = copy.deepcopy(DOCUMENT)
    announced["paths"]["/v1/parcels"]["post"]["x-sunset"] = "2026-03-02"
    assert breaks(promises_of(announced), {}, date(2026, 3, 1)) != []
    assert breaks(promises_of(announced), {}, date(2026, 3, 2)) == []
    sooner = copy.deepcopy(announced)
    sooner["paths"]["/v1/parcels"]["post"]["x-sunset"] = "2026-03-01"
    assert breaks(promises_of(announced), promises_of(sooner), TODAY) == [
        f"{OPERATION}: its sunset was 2026-03-02 and is 2026-03-01"
    ]


def test_generation_refuses_to_break_what_callers_were_promised(tmp_path: Path) -> None:
    contracts.write(tmp_path)
    file = tmp_path / contracts.HTTP_PROMISES
    promised = json.loads(file.read_text())
    promised["cards POST /v1/sales"]["body warehouse"] = "string"
    file.write_text(json.dumps(promised))
    with pytest.raises(contracts.BreakingChange, match="body warehouse was removed"):
        contracts.write(tmp_path)
