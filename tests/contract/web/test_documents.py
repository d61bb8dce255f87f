"""What the OpenAPI documents of all services promise in common."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from deploy.contracts.http import documents
from deploy.contracts.shapes import closed
from shared.auth.scopes import SCOPE_FORM
from shared.contracts.topics import SERVICES

APPEND_NOTHING = {
    "/v1/imports/{job_id}/cancellation",
    "/v1/customers/search",
    "/v1/rules/{rule_id}/preview",
    "/v1/standards/prospect-grade/preview",
    "/v1/standards/credit-grade/preview",
    "/v1/standards/customer-grade/preview",
    "/v1/standards/marks/preview",
}
"""Asking twice is the same as once, and it makes no event."""
SNAKE = re.compile(r"[a-z][a-z0-9_]*")


@pytest.fixture(params=SERVICES)
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    return documents()[request.param]


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_every_operation_lies_under_v1_and_declares_its_scope(document: dict[str, Any]) -> None:
    assert list(operations(document))
    for path, method, operation in operations(document):
        assert path.startswith("/v1/"), path
        assert operation["security"], f"{method} {path} is open to all"
        assert all(SCOPE_FORM.fullmatch(scope) for scope in operation["security"][0]["ApiKey"])


def test_every_operation_is_named_once_and_described(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    for path, method, operation in operations(document):
        assert operation["tags"], f"{method} {path}"
        assert operation["summary"], f"{method} {path}"


def test_every_failure_is_a_problem(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        failures = {status: response for status, response in operation["responses"].items() if status >= "400"}
        assert failures, f"{method} {path}"
        for status, given in failures.items():
            name = str(given.get("$ref", "")).rpartition("/")[2]
            response = document["components"]["responses"][name] if name else given
            content = response["content"]["application/problem+json"]
            assert content["schema"] == {"$ref": "#/components/schemas/Problem"}, f"{method} {path} {status}"


def test_every_success_has_an_example_that_is_as_documented(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        for status, response in operation["responses"].items():
            for kind, content in response.get("content", {}).items() if status < "300" else ():
                assert "example" in content or "examples" in content, f"{method} {path} {status}"
                if kind == "application/json" and "example" in content:
                    jsonschema.validate(content["example"], closed(content["schema"]))


def test_every_post_carries_an_idempotency_key(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        required = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "header" and p["required"]}
        if method == "post" and path not in APPEND_NOTHING:
            assert "Idempotency-Key" in required, path


def test_request_bodies_refuse_what_they_do_not_know(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for path, method, operation in operations(document):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            for name in named(content["schema"], schemas, set()):
                if schemas[name].get("type") == "object":
                    assert schemas[name].get("additionalProperties") is False, f"{method} {path}: {name}"
                    assert all(SNAKE.fullmatch(field) for field in schemas[name].get("properties", {})), name


def named(schema: Any, schemas: dict[str, Any], seen: set[str]) -> set[str]:
    if isinstance(schema, dict):
        reference = str(schema.get("$ref", "")).rpartition("/")[2]
        if reference and reference not in seen:
            seen.add(reference)
            named(schemas[reference], schemas, seen)
        for inner in schema.values():
            named(inner, schemas, seen)
    elif isinstance(schema, list):
        for inner in schema:
            named(inner, schemas, seen)
    return seen
