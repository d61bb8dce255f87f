"""JSON Schema 2020-12 of one event type."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec

from shared.contracts.event import Event

Schema = dict[str, Any]


def event_schema(cls: type[Event]) -> Schema:
    """The schema of a type's body, complete in itself. Unknown fields are allowed: readers ignore them."""
    _, found = msgspec.json.schema_components((cls,), ref_template="#/$defs/{name}")
    definitions = {name: _plain(schema) for name, schema in found.items()}
    top = definitions.pop(cls.__name__)
    described = {"description": text} if (text := inspect.cleandoc(cls.__doc__ or "")) and cls.__doc__ != Event.__doc__ else {}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"/schemas/events/{cls.type}.json",
        "title": cls.type,
        **described,
        **{key: value for key, value in top.items() if key not in ("title", "description")},
    }
    return {**schema, "$defs": definitions} if definitions else schema


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: inspect.cleandoc(value) if key == "description" and isinstance(value, str) else _plain(value)
            for key, value in node.items()
        }
    return [_plain(item) for item in node] if isinstance(node, list) else node
