"""What an OpenAPI document promises to its callers, a line each: operations, scopes, parameters, fields of bodies and answers.

A line is a place (`query limit`, `body items[].net.amount`, `200 items[].id`) and what stands there: its kinds, joined by
" or ", then what limits it, parted by " | ". Names of classes are no promise, what is in them is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

Lines = dict[str, str]
Promises = dict[str, Lines]
"""Lines by operation, such as `GET /v1/customers/{customer_id}`."""

NEEDED = "needed"
ALWAYS = "always"
SUNSET = "sunset"
LIMITS = ("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "maxProperties", "pattern")
_WORDS = re.compile(r"\^\(([A-Z0-9_|]+)\)\$")


def promises_of(document: Mapping[str, Any]) -> Promises:
    """Every operation of the document with its lines."""
    schemas = document["components"]["schemas"]
    return {
        f"{method.upper()} {path}": dict(_operation(operation, schemas))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def _operation(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "operationId", operation["operationId"]
    yield "scope", operation.get("x-scope", "open")
    if "x-sunset" in operation:
        yield SUNSET, operation["x-sunset"]
    for parameter in operation.get("parameters", ()):
        place = f"{parameter['in']} {parameter['name']}"
        for path, said in _node(parameter["schema"], schemas, place, NEEDED, limited=True):
            yield path, f"{said} | {NEEDED}" if path == place and parameter.get("required") else said
    body = operation.get("requestBody")
    if body is not None:
        types = " or ".join(sorted(body["content"]))
        yield "body", f"{types} | {NEEDED}" if body.get("required") else types
        for content in body["content"].values():
            yield from _below(content.get("schema", {}), schemas, "body", NEEDED)
    for status, response in operation["responses"].items():
        if status < "400":
            yield status, " or ".join(sorted(response.get("content", {}))) or "nothing"
            for content in response.get("content", {}).values():
                yield from _below(content.get("schema", {}), schemas, status, ALWAYS)


def _below(schema: Mapping[str, Any], schemas: Mapping[str, Any], place: str, mark: str) -> Iterator[tuple[str, str]]:
    """What is in a body, which has a line of its own already."""
    for path, said in _node(schema, schemas, f"{place} ", mark, limited=mark == NEEDED):
        if path != f"{place} ":
            yield path, said


def _node(
    node: Mapping[str, Any], schemas: Mapping[str, Any], path: str, mark: str, *, limited: bool, seen: tuple[str, ...] = ()
) -> Iterator[tuple[str, str]]:
    options = list(_options(node, schemas, seen))
    kinds = sorted({kind for option, _ in options for kind in _kinds(option)})
    limits = {name: option[name] for option, _ in options for name in LIMITS if name in option and not _words(option)}
    said = " | ".join([" or ".join(kinds), *(f"{name}={limits[name]}" for name in LIMITS if limited and name in limits)])
    yield path, said
    objects = [one for one in options if "properties" in one[0]]
    for option, names in options:
        # Where one of several objects may stand, each is told apart by its fixed word, else by its name.
        here = f"{path}<{_called(option, names)}>" if len(objects) > 1 and "properties" in option else path
        yield from _inside(option, schemas, here, mark, limited, names)


def _inside(
    option: Mapping[str, Any], schemas: Mapping[str, Any], path: str, mark: str, limited: bool, seen: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    required = set(option.get("required", ()))
    for name, field in option.get("properties", {}).items():
        here = f"{path}{name}" if path.endswith(" ") else f"{path}.{name}"
        for place, said in _node(field, schemas, here, mark, limited=limited, seen=seen):
            yield place, f"{said} | {mark}" if place == here and name in required else said
    for word, sign in (("items", "[]"), ("additionalProperties", "{}")):
        if isinstance(option.get(word), Mapping):
            yield from _node(option[word], schemas, f"{path}{sign}", mark, limited=limited, seen=seen)


def _options(
    node: Mapping[str, Any], schemas: Mapping[str, Any], seen: tuple[str, ...]
) -> Iterator[tuple[Mapping[str, Any], tuple[str, ...]]]:
    """The schemas of which one holds, without references, each with the names that led to it."""
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        if name in seen:
            yield {"type": "object"}, seen
        else:
            yield from _options(schemas[name], schemas, (*seen, name))
        return
    choices = [one for one in node.get("anyOf", node.get("oneOf", ())) if set(one) - {"required"}]
    if choices:
        for one in choices:
            yield from _options(one, schemas, seen)
    else:
        yield node, seen


def _kinds(option: Mapping[str, Any]) -> Iterator[str]:
    if words := _words(option):
        yield from (json.dumps(word, ensure_ascii=False) for word in words)
        return
    types = option.get("type", "any")
    for kind in types if isinstance(types, list) else [types]:
        yield f"{kind} ({option['format']})" if "format" in option and kind != "null" else str(kind)


def _words(option: Mapping[str, Any]) -> list[Any]:
    if "const" in option:
        return [option["const"]]
    if "enum" in option:
        return list(option["enum"])
    found = _WORDS.fullmatch(str(option.get("pattern", "")))
    return found[1].split("|") if found else []


def _called(option: Mapping[str, Any], names: tuple[str, ...]) -> str:
    fixed = [str(field["const"]) for field in option["properties"].values() if "const" in field]
    return fixed[0] if fixed else names[-1] if names else "object"
