"""The OpenAPI document: problems instead of the framework's error schema, keys with their scopes, no two operations of one name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from shared.audit.purposes import HEADER, PURPOSES
from shared.web import catalogue
from shared.web.problem import MEDIA_TYPE
from shared.web.routes import StrictRoute

KEYS, TOKENS = "ApiKey", "AccessToken"

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

_BY_STATUS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "400": (
        "Malformed",
        ("JSON_INVALID", "JSON_TOO_DEEP", "JSON_NUMBER_OUT_OF_RANGE", "TEXT_INVALID", "QUERY_INVALID", "BODY_MISSING", "IDEMPOTENCY_KEY_MISSING",
         "IDEMPOTENCY_KEY_INVALID", "IF_MATCH_INVALID", "CURSOR_INVALID", "POSITION_INVALID", "PURPOSE_MISSING", "PURPOSE_INVALID"),
    ),
    "401": ("No valid key", ("KEY_MISSING", "KEY_INVALID", "TOKEN_INVALID")),
    "403": ("The key does not allow this", ("SCOPE_MISSING", "ROWS_LIMITED")),
    "404": ("Nothing at this address", ("NOT_FOUND",)),
    "409": ("The state does not allow this", ("CONFLICT", "COMMAND_RUNNING")),
    "410": ("The personal data were erased", ("CUSTOMER_ERASED",)),
    "412": ("The resource has changed meanwhile", ("VERSION_STALE",)),
    "413": ("The body is too large", ("BODY_TOO_LARGE", "EVENT_TOO_LARGE")),
    "415": ("This media type is not accepted", ("MEDIA_TYPE_UNSUPPORTED",)),
    "422": ("Some fields are not valid", ("VALIDATION_FAILED", "IDEMPOTENCY_KEY_REUSED")),
    "428": ("If-Match is missing", ("IF_MATCH_MISSING",)),
    "429": ("Too many requests; see Retry-After", ("RATE_LIMITED",)),
    "503": ("Not just now; see Retry-After", ("UNAVAILABLE", "POSITION_NOT_REACHED")),
}  # fmt: skip
"""Problems that an operation may answer with whatever it does."""

_HEADERS: Mapping[str, str] = {
    "ETag": "Version of the resource, for If-Match and If-None-Match.",
    "Location": "Path of what was made.",
    "Link": 'The next page: `<address>; rel="next"`.',
    "Regulars-Position": "Place behind the command; a list that is asked with it as `min_position` has caught up with it.",
    "Idempotent-Replayed": "`true` where the answer is that of an earlier request with this Idempotency-Key.",
    "Retry-After": "Seconds after which to try again.",
    "Deprecation": "Since when the operation is deprecated (RFC 9745).",
    "Sunset": "When the operation goes (RFC 8594).",
}
_DONE = {
    "200": "Done, or done before",
    "201": "Made",
    "202": "Taken; it is worked on",
    "207": "Each item has a status of its own",
}
_CODE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")

Answers = Mapping[str, Mapping[str, Any]]
"""What each operation answers, by its id and status: a schema, names of headers (`200 headers`), an example (`200 example`), or codes of problems."""


class OperationIdTaken(Exception):
    """Two operations have the same id: generated clients would lose one of them."""


def refuse_twins(routes: Iterable[StrictRoute]) -> None:
    """Raises OperationIdTaken."""
    counted = Counter(route.unique_id for route in routes if route.include_in_schema)
    twins = sorted(name for name, count in counted.items() if count > 1)
    if twins:
        raise OperationIdTaken(", ".join(twins))


def document(app: FastAPI, routes: Iterable[StrictRoute], answers: Answers) -> dict[str, Any]:
    """The finished document. It depends on the code alone, so it can be committed and compared."""
    schema = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, openapi_version="3.1.0"
    )
    components = schema.setdefault("components", {})
    schemas: dict[str, Any] = components.setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schemas["Problem"] = dict(PROBLEM_SCHEMA)
    components["responses"] = {_shared(status): _problem(status, text, codes) for status, (text, codes) in _BY_STATUS.items()}
    components["headers"] = {name: {"description": text, "schema": {"type": "string"}} for name, text in _HEADERS.items()}
    components["securitySchemes"] = {
        KEYS: {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "reg_<env>_<id>_<secret>",
            "description": "An API key. The scopes that it carries decide what it may do.",
        },
        TOKENS: {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An access token of the identity provider (RFC 9068), where the installation names one.",
        },
    }
    for route in routes:
        for method in route.methods or ():
            operation = schema.get("paths", {}).get(route.path_format, {}).get(method.lower())
            if operation is not None:
                answered = answers.get(operation["operationId"], {})
                _demand(operation, route.scope)
                if route.retiring is not None:
                    operation["x-sunset"] = route.retiring.sunset.isoformat()
                _succeed(operation, method, answered)
                _fail(operation, route.scope, "{" in route.path_format, answered)
                operation["responses"] = dict(sorted(operation["responses"].items()))
    return schema


def _demand(operation: dict[str, Any], scope: str | None) -> None:
    operation["security"] = []
    if scope is not None:
        # OpenAPI 3.1 lets non-OAuth schemes list the roles that an operation needs.
        operation["security"] = [{KEYS: [scope]}, {TOKENS: [scope]}]
        operation["x-scope"] = scope
        if scope.endswith(".read"):
            operation.setdefault("parameters", []).append(dict(_PURPOSE))
    # The dependency answers a missing header with a problem of its own, so the framework takes it for optional.
    for parameter in operation.get("parameters", ()):
        if parameter.get("in") == "header" and parameter["name"] == "Idempotency-Key":
            parameter["required"], parameter["schema"] = True, {"type": "string", "minLength": 1, "maxLength": 255}


def _succeed(operation: dict[str, Any], method: str, answered: Mapping[str, Any]) -> None:
    responses: dict[str, Any] = operation["responses"]
    for status, said in answered.items():
        number, _, part = status.partition(" ")
        if number >= "400":
            continue
        response = responses.setdefault(number, {"description": _DONE.get(number, "Done")})
        if part == "headers":
            response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in said}
            continue
        content = response.setdefault("content", {}).setdefault("application/json", {})
        if not part:
            content["schema"] = _known(said)
        elif "examples" not in content:
            content.setdefault("example", said)
    if method == "GET" and "ETag" in answered.get("200 headers", ()):
        responses["304"] = {"description": "Not changed since the version that If-None-Match names"}
        wanted = {"in": "header", "name": "If-None-Match", "required": False, "schema": {"type": "string"}}
        operation.setdefault("parameters", []).append(wanted | {"description": "The ETag of the version that is there already."})


def _known(schema: Any) -> Any:
    """The schema, saying nothing of places where nothing but null was ever seen: something else may stand there as well."""
    if isinstance(schema, list):
        return [_known(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {} if schema.get("type") == "null" else {name: _known(value) for name, value in schema.items()}


def _fail(operation: dict[str, Any], scope: str | None, names_one: bool, answered: Mapping[str, Any]) -> None:
    responses: dict[str, Any] = operation["responses"]
    headers = {p["name"] for p in operation.get("parameters", ()) if p.get("in") == "header"}
    statuses = {"400", "503"} | ({"404"} if names_one else set())
    if scope is not None:
        statuses |= {"401", "403", "429"}
    if "requestBody" in operation:
        statuses |= {"413", "415", "422"}
    elif "422" in responses:
        statuses.add("422")
    if "If-Match" in headers:
        statuses |= {"412", "428"}
    if "Idempotency-Key" in headers:
        statuses |= {"409", "422"}
    statuses |= {status for status in {*answered, *responses} if status.isdigit() and status >= "400"}
    for status in statuses:
        given = responses.get(status, {})
        text = "" if "HTTPValidationError" in str(given) else given.get("description", "")
        own = dict.fromkeys([code for code in _CODE.findall(text) if catalogue.find(code)] + list(answered.get(status, ())))
        _, codes = _BY_STATUS.get(status, ("", ()))
        if codes and set(own) <= set(codes) and (not text or text in own or status == "410"):
            responses[status] = {"$ref": f"#/components/responses/{_shared(status)}"}
        else:
            responses[status] = _problem(status, text or ", ".join(own), tuple(dict.fromkeys([*own, *codes])))


def _shared(status: str) -> str:
    """Name of the answer that most operations give with this status."""
    return f"Problem{status}"


def _problem(status: str, text: str, codes: Iterable[str]) -> dict[str, Any]:
    examples = {code: {"value": _example(status, code)} for code in codes}
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}}
    again = {"headers": {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}} if status in ("429", "503") else {}
    return {"description": text, **again, "content": content}


def _example(status: str, code: str) -> dict[str, Any]:
    entry = catalogue.find(code)
    title = code if entry is None else entry.title
    return {"type": f"/problems/{code.lower().replace('_', '-')}", "title": title, "status": int(status), "code": code}
