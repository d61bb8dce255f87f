"""The OpenAPI document: problems instead of the framework's error schema, keys with their scopes, no two operations of one name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from shared.audit.purposes import HEADER, PURPOSES
from shared.web.problem import MEDIA_TYPE
from shared.web.routes import StrictRoute

SECURITY_SCHEME = "ApiKey"

PROBLEM_SCHEMA: Mapping[str, Any] = {
    "title": "Problem",
    "description": "RFC 9457 problem details. `code` is stable; translate by it. Values that were sent are never repeated.",
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "A page that explains this kind of problem."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri-reference"},
        "trace_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "RFC 6901 pointer as a URI fragment: #/items/3/amount"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}

_PURPOSE: Mapping[str, Any] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Why the caller asks; kept with the read. Without it persons' data are left out, and what is about persons alone is refused.",
    "schema": {"type": "string", "enum": list(PURPOSES)},
}

_BY_STATUS = {
    "400": ("Malformed", "JSON_INVALID", "The body is not valid JSON"),
    "401": ("No valid key", "KEY_MISSING", "An API key is needed"),
    "403": ("The key does not allow this", "SCOPE_MISSING", "The API key does not allow this"),
    "404": ("Nothing at this address", "NOT_FOUND", "There is nothing at this address"),
    "409": ("The state does not allow this", "CONFLICT", "The state of the resource does not allow this"),
    "412": ("The resource has changed meanwhile", "VERSION_STALE", "The resource has changed meanwhile"),
    "413": ("The body is too large", "BODY_TOO_LARGE", "The body is too large"),
    "415": ("This media type is not accepted", "MEDIA_TYPE_UNSUPPORTED", "This media type is not accepted"),
    "422": ("Some fields are not valid", "VALIDATION_FAILED", "Some fields are not valid"),
    "428": ("If-Match is missing", "IF_MATCH_MISSING", "The If-Match header is missing"),
    "429": ("Too many requests; see Retry-After", "RATE_LIMITED", "Too many requests"),
    "503": ("Not just now; see Retry-After", "UNAVAILABLE", "The service cannot answer just now"),
}


class OperationIdTaken(Exception):
    """Two operations have the same id: generated clients would lose one of them."""


def refuse_twins(routes: Iterable[StrictRoute]) -> None:
    """Raises OperationIdTaken."""
    counted = Counter(route.unique_id for route in routes if route.include_in_schema)
    twins = sorted(name for name, count in counted.items() if count > 1)
    if twins:
        raise OperationIdTaken(", ".join(twins))


def document(app: FastAPI, routes: Iterable[StrictRoute]) -> dict[str, Any]:
    """The finished document. It depends on the code alone, so it can be committed and compared."""
    schema = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, openapi_version="3.1.0"
    )
    components = schema.setdefault("components", {})
    schemas: dict[str, Any] = components.setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schemas["Problem"] = dict(PROBLEM_SCHEMA)
    components["responses"] = {_shared(status): _described(status) for status in _BY_STATUS}
    components["securitySchemes"] = {
        SECURITY_SCHEME: {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "reg_<env>_<id>_<secret>",
            "description": "An API key. The scopes that it carries decide what it may do.",
        }
    }
    for route in routes:
        for method in route.methods or ():
            operation = schema.get("paths", {}).get(route.path_format, {}).get(method.lower())
            if operation is not None:
                _finish(operation, route.scope, "{" in route.path_format)
    return schema


def _finish(operation: dict[str, Any], scope: str | None, names_one: bool) -> None:
    responses: dict[str, Any] = operation.setdefault("responses", {})
    headers = {p["name"] for p in operation.get("parameters", ()) if p.get("in") == "header"}
    statuses = ["400", "404", "503"] if names_one else ["400", "503"]
    if scope is not None:
        # OpenAPI 3.1 lets non-OAuth schemes list the roles that an operation needs.
        operation["security"] = [{SECURITY_SCHEME: [scope]}]
        operation["x-scope"] = scope
        if scope.endswith(".read"):
            operation.setdefault("parameters", []).append(dict(_PURPOSE))
        statuses += ["401", "403", "429"]
    else:
        operation["security"] = []
    if "requestBody" in operation:
        statuses += ["413", "415", "422"]
    elif responses.pop("422", None) is not None:
        statuses.append("422")
    if "If-Match" in headers:
        statuses += ["412", "428"]
    if "Idempotency-Key" in headers:
        statuses += ["409", "422"]
        _demand_header(operation, "Idempotency-Key", {"type": "string", "minLength": 1, "maxLength": 255})
    for status in sorted(set(statuses)):
        given = responses.get(status)
        if given is None or "HTTPValidationError" in str(given):
            responses[status] = {"$ref": f"#/components/responses/{_shared(status)}"}
    for status, response in responses.items():
        if status.isdigit() and int(status) >= 400 and "$ref" not in response and "content" not in response:
            response["content"] = _described(status)["content"]
    operation["responses"] = dict(sorted(responses.items()))


def _demand_header(operation: dict[str, Any], name: str, schema: dict[str, Any]) -> None:
    # The dependency answers a missing header with a problem of its own, so the framework takes it for optional.
    for parameter in operation["parameters"]:
        if parameter.get("in") == "header" and parameter["name"] == name:
            parameter["required"], parameter["schema"] = True, schema


def _shared(status: str) -> str:
    """Name of the answer that most operations give with this status."""
    return _BY_STATUS[status][1].title().replace("_", "")


def _described(status: str) -> dict[str, Any]:
    text, code, title = _BY_STATUS.get(status, ("Problem", "CONFLICT", "Problem"))
    example = {"type": f"/problems/{code.lower().replace('_', '-')}", "title": title, "status": int(status), "code": code}
    return {
        "description": text,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }
