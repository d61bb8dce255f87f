"""No route answers persons' data without recording who read them: read off the documents of all services.

An answer to a route that reads (`x-scope` ends with `.read`) is recorded by the border with whomever it names. So what has to hold is that
persons' data are answered by such routes alone, and beside the customer whose they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from shared.contracts.topics import SERVICES

ROOT = Path(__file__).resolve().parents[2]
CUSTOMER = frozenset({"customer_id", "customer_ids", "customer"})
"""Names under which `shared.audit.named` finds a customer in an answer."""


class Route(NamedTuple):
    service: str
    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.service} {self.method.upper()} {self.path}"


class Answered(NamedTuple):
    """`names` of all fields, wherever they stand in an answer; `read` says whether its route reads."""

    read: bool
    names: frozenset[str]


OF_THE_COMPANY = "words of the company about itself, its goods and its rules"
COUNTS = "how many items were taken, and how many not"
NOT_PERSONAL: Mapping[str, str] = {
    "cards POST /v1/customers/bulk": COUNTS,
    "cards POST /v1/transactions/bulk": COUNTS,
    "complaints POST /v1/complaints/bulk": COUNTS,
    "cards GET /v1/lists": "how somebody has called a saved question",
    "cards GET /v1/lists/{list_id}": "how somebody has called a saved question",
    "cards GET /v1/areas": OF_THE_COMPANY,
    "cards GET /v1/areas/{area_id}": OF_THE_COMPANY,
    "cards GET /v1/admission-standard": OF_THE_COMPANY,
    "classification GET /v1/card-samples/due": "the name of a standard",
    "classification GET /v1/articles": OF_THE_COMPANY,
    "classification GET /v1/best-sellers": OF_THE_COMPANY,
    "classification GET /v1/strategy": OF_THE_COMPANY,
    "complaints GET /v1/causes": OF_THE_COMPANY,
    "complaints GET /v1/commitments": OF_THE_COMPANY,
    "complaints GET /v1/commitments/{commitment}": OF_THE_COMPANY,
    "complaints GET /v1/prevention": "a code of what is done about a cause",
    "complaints GET /v1/prevention/{measure_id}": "a code of what is done about a cause",
    "alerts GET /v1/populations": "the name of a set of parameters",
    "alerts GET /v1/populations/{name}": "the name of a set of parameters",
    "alerts GET /v1/webhooks": "the name of a receiving system",
    "alerts GET /v1/webhooks/{webhook_id}": "the name of a receiving system",
}
"""Routes whose answers name fields as personal ones are named, and tell nothing of a person: what they tell."""


@cache
def personal_names() -> frozenset[str]:
    """Names of all fields that are sealed in events."""
    found = {
        name
        for file in (ROOT / "schemas" / "events").glob("*.json")
        for name, schema in _properties(json.loads(file.read_text()))
        if '"x-personal": true' in json.dumps(schema)
    }
    assert {"telephone", "description", "note"} <= found
    return frozenset(found)


def _properties(schema: Any) -> Iterator[tuple[str, Any]]:
    """Named fields that hold no other named fields, at any depth."""
    if isinstance(schema, list):
        for inner in schema:
            yield from _properties(inner)
    elif isinstance(schema, dict):
        for name, inner in schema.items():
            if name == "properties":
                for each, its in inner.items():
                    if "$ref" not in json.dumps(its) and "properties" not in json.dumps(its):
                        yield each, its
                    yield from _properties(its)
            else:
                yield from _properties(inner)


@cache
def answers() -> Mapping[Route, Answered]:
    found = {}
    for service in SERVICES:
        document = json.loads((ROOT / "openapi" / f"{service}.json").read_text())
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                bodies = [
                    body
                    for status, response in operation["responses"].items()
                    if status.startswith("2")
                    for body in response.get("content", {}).values()
                ]
                names = {name for body in bodies for name in _names(body, document)}
                scope = operation.get("x-scope") or ""
                found[Route(service, method, path)] = Answered(scope.endswith(".read"), frozenset(names))
    assert len(found) > 200
    return found


def _names(body: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    # Of a table, and of a stream, the example says what it holds.
    if isinstance(body.get("example"), str):
        yield from re.findall(r"\w+", body["example"])
    seen: set[str] = set()
    waiting = [body.get("schema", {})]
    while waiting:
        schema = waiting.pop()
        if isinstance(schema, list):
            waiting += schema
        elif isinstance(schema, dict):
            if (named := schema.get("$ref")) is not None and named not in seen:
                seen.add(named)
                waiting.append(document["components"]["schemas"][named.rsplit("/", 1)[1]])
            yield from schema.get("properties", {})
            waiting += [
                *schema.get("properties", {}).values(),
                *(v for k, v in schema.items() if k not in ("properties", "examples")),
            ]


def personal(answered: Answered) -> list[str]:
    return sorted(answered.names & personal_names())


@pytest.mark.requirement("S0.23", "S3.46")
def test_persons_data_are_answered_by_routes_that_record_who_reads() -> None:
    found = {str(route): personal(one) for route, one in answers().items() if not one.read and personal(one)}
    assert {route: names for route, names in found.items() if route not in NOT_PERSONAL} == {}


@pytest.mark.requirement("S0.23", "S3.46")
def test_persons_data_stand_beside_the_customer_whose_they_are() -> None:
    found = {
        str(route): personal(one)
        for route, one in answers().items()
        if one.read and personal(one) and not one.names & CUSTOMER and "{customer_id}" not in route.path
    }
    assert {route: names for route, names in found.items() if route not in NOT_PERSONAL} == {}


def test_exceptions_are_still_needed() -> None:
    known = {str(route): one for route, one in answers().items()}
    assert [route for route in NOT_PERSONAL if route not in known or not personal(known[route])] == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_keeps_a_log_and_seals_it(service: str) -> None:
    wiring = (ROOT / "services" / service / "wiring.py").read_text()
    assert "app.state.reads = await recording_of(stack, settings, SERVICE)" in wiring
    assert "tasks.create_task(seal_reads(settings, SERVICE, pool, now))" in wiring
    migrations = "".join(one.read_text() for one in (ROOT / "services" / service / "migrations" / "versions").glob("*.py"))
    assert '"reads.sql"' in migrations and '"expiry.sql"' in migrations
