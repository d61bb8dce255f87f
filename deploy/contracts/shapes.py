"""From answers to their schema: what JSON values have in common, as JSON Schema 2020-12.

A schema that is there already is only ever widened by what does not fit it. Objects stay open: readers ignore fields that they do not
know. A field counts as always there when it was seen in every one of at least three objects.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import reduce
from typing import Any

Schema = dict[str, Any]

_ENOUGH = 3
_SEEN = "x-seen"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FORMS = (
    ("uuid", re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")),
    ("date", re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")),
    ("date-time", re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z")),
    ("digits", re.compile(r"-?[0-9]+")),
    ("decimal", re.compile(r"-?[0-9]+\.[0-9]+")),
)


def schema_of(values: Iterable[Any], before: Schema | None = None) -> Schema:
    """The schema of all the values, and of all that `before` allows."""
    begun = [] if before is None else [_counted(before)]
    return _finished(reduce(_joined, [*begun, *map(_single, values)]))


def joined(one: Schema, other: Schema) -> Schema:
    """The schema of what fits either."""
    return _finished(_joined(_counted(one), _counted(other)))


def closed(schema: Any) -> Any:
    """The schema with no other fields than those that it names: for finding what is answered and not documented."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: closed(value) for name, value in schema.items()}
    return {**made, "additionalProperties": False} if "properties" in schema and "additionalProperties" not in schema else made


def _single(value: Any) -> Schema:
    match value:
        case None:
            return {"type": "null"}
        case bool():
            return {"type": "boolean"}
        case int():
            return {"type": "integer"}
        case float():
            return {"type": "number"}
        case str():
            form = next((name for name, pattern in _FORMS if pattern.fullmatch(value)), None)
            return {"type": "string", "format": form} if form else {"type": "string"}
        case list():
            return {"type": "array", "items": reduce(_joined, map(_single, value))} if value else {"type": "array"}
    if all(_NAME.fullmatch(name) for name in value):
        properties = {name: _single(one) for name, one in value.items()}
        return {"type": "object", "properties": properties, "required": sorted(value), _SEEN: 1}
    return {"type": "object", "additionalProperties": reduce(_joined, map(_single, value.values()))}


def _counted(schema: Schema) -> Schema:
    """A schema that is promised already: what it says is always there was seen often enough."""
    made = {name: _counted(one) if isinstance(one, dict) else one for name, one in schema.items() if name != "properties"}
    if "anyOf" in schema:
        made["anyOf"] = [_counted(one) for one in schema["anyOf"]]
    if "properties" in schema:
        made |= {"properties": {name: _counted(one) for name, one in schema["properties"].items()}, _SEEN: _ENOUGH}
        made.setdefault("required", [])
    return made


def _joined(one: Schema, other: Schema) -> Schema:
    kinds, more = _by_kind(one), _by_kind(other)
    for kind, schema in more.items():
        kinds[kind] = _alike(kinds[kind], schema) if kind in kinds else schema
    if "number" in kinds:
        kinds.pop("integer", None)
    nothing = kinds.pop("null", None)
    if not kinds:
        return nothing or {}
    if len(kinds) == 1:
        [(kind, schema)] = kinds.items()
        return schema if nothing is None else {**schema, "type": [kind, "null"]}
    return {"anyOf": [*(kinds[kind] for kind in sorted(kinds)), *([nothing] if nothing else [])]}


def _by_kind(schema: Schema) -> dict[str, Schema]:
    if "anyOf" in schema:
        return {kind: inner for one in schema["anyOf"] for kind, inner in _by_kind(one).items()}
    types = schema.get("type", [])
    return {
        kind: {"type": "null"} if kind == "null" else {**schema, "type": kind}
        for kind in ([types] if isinstance(types, str) else types)
    }


def _alike(one: Schema, other: Schema) -> Schema:
    """Two schemas of one kind."""
    match one["type"]:
        case "string":
            return _texts(one, other)
        case "array":
            items = [schema["items"] for schema in (one, other) if "items" in schema]
            return {**one, "items": reduce(_joined, items)} if items else one
        case "object":
            return _objects(one, other)
    return one


def _texts(one: Schema, other: Schema) -> Schema:
    forms = {one.get("format"), other.get("format")}
    if len(forms) == 1:
        return one
    rest = {name: value for name, value in one.items() if name != "format"}
    return {**rest, "format": "decimal"} if forms == {"digits", "decimal"} else rest


def _objects(one: Schema, other: Schema) -> Schema:
    if "additionalProperties" in one or "additionalProperties" in other:
        values = [value for schema in (one, other) for value in schema.get("properties", {}).values()]
        values += [schema["additionalProperties"] for schema in (one, other) if "additionalProperties" in schema]
        return {"type": "object", "additionalProperties": reduce(_joined, values)}
    before, now = one["properties"], other["properties"]
    properties = {
        name: _joined(before[name], now[name]) if name in before and name in now else before.get(name, now.get(name))
        for name in {**before, **now}
    }
    required = sorted(set(one["required"]) & set(other["required"]))
    return {**one, "properties": properties, "required": required, _SEEN: one[_SEEN] + other[_SEEN]}


def _finished(schema: Schema) -> Schema:
    """Without what was only counted on the way."""
    made = {name: value for name, value in schema.items() if name != _SEEN}
    if made.get("format") == "digits":
        del made["format"]
    if "anyOf" in made:
        made["anyOf"] = [_finished(one) for one in made["anyOf"]]
    for inner in ("items", "additionalProperties"):
        if inner in made:
            made[inner] = _finished(made[inner])
    if "properties" in made:
        made["properties"] = {name: _finished(one) for name, one in made["properties"].items()}
        if schema[_SEEN] < _ENOUGH or not made["required"]:
            del made["required"]
    return made
