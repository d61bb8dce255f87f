"""Names for what is answered: the documents say what is in an answer and do not name it; a typed client needs a name for each object.

An answer is called after its operation (`GetCustomerAnswer`), an object in it after its place (`GetCustomerBasics`); one that
is found in several places of a service after its field, once (`Money`).
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Any

from deploy.contracts.shapes import joined

Schema = Mapping[str, Any]

_JSON = "application/json"
_KNOWN = {("amount", "currency"): "Money", ("read_model", "through", "topic"): "Through"}
"""Objects that are known by what they hold, whatever the field is called."""


def answers(operations: Mapping[str, Schema], taken: set[str]) -> tuple[dict[str, Schema], dict[str, Schema | None]]:
    """Of operations by name: the named objects of all answers, and what each operation answers. None: bytes, or nothing.

    `taken` are names that mean something else.
    """
    told = {name: _told(operation) for name, operation in operations.items()}
    roots = {name: schema for name, schema in told.items() if schema is not None}
    names = _names(roots, taken)
    found: dict[str, Schema] = {}
    said: dict[str, Schema | None] = {}
    for operation in told:
        root = roots.get(operation)
        said[operation] = None if root is None else _named(root, f"{_camel(operation)}Answer", names, found)
    return found, said


def _told(operation: Schema) -> Schema | None:
    """What is answered in JSON with any status of success."""
    schemas = [
        response["content"][_JSON]["schema"]
        for status, response in sorted(operation["responses"].items())
        if status < "300" and "schema" in response.get("content", {}).get(_JSON, {})
    ]
    return reduce(joined, schemas) if schemas else None


def _names(roots: Mapping[str, Schema], taken: set[str]) -> dict[str, str]:
    """A name for each object inside of answers, by its content."""
    places: dict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
    for operation, root in sorted(roots.items()):
        for path, schema in _objects(root, ()):
            if path:
                places[_content(schema)].append((operation, path))
    given: dict[str, str] = {}
    used = {f"{_camel(operation)}Answer" for operation in roots} | taken
    for content, found in sorted(places.items(), key=lambda one: (-len(one[1]), one[1])):
        operation, path = found[0]
        own = _camel("_".join([operation, *path]))
        field = Counter(_camel(path[-1]) for _, path in found).most_common(1)[0][0]
        wanted = [_KNOWN.get(tuple(sorted(json.loads(content)["properties"])), "")]
        wanted += [field] if len(found) > 1 and field != "Item" else []
        name = next((one for one in [*wanted, own] if one and one not in used), "")
        given[content] = name or next(f"{own}{n}" for n in range(2, 1000) if f"{own}{n}" not in used)
        used.add(given[content])
    return given


def _objects(schema: Schema, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Schema]]:
    """Every object with named fields, with the way to it."""
    if "properties" in schema:
        yield path, schema
    for name, field in schema.get("properties", {}).items():
        yield from _objects(field, (*path, name))
    if isinstance(schema.get("items"), Mapping):
        yield from _objects(schema["items"], (*path[:-1], _one_of(path[-1])) if path else ("item",))
    if isinstance(schema.get("additionalProperties"), Mapping):
        yield from _objects(schema["additionalProperties"], (*path, "value"))
    for option in schema.get("anyOf", ()):
        yield from _objects(option, path)


def _named(schema: Schema, called: str, names: Mapping[str, str], found: dict[str, Schema]) -> Schema:
    """The schema with references in place of its objects, which are put into `found`."""
    made = {name: value for name, value in schema.items() if name not in ("properties", "items", "additionalProperties", "anyOf")}
    if "anyOf" in schema:
        made["anyOf"] = [_inner(one, names, found) for one in schema["anyOf"]]
    for inner in ("items", "additionalProperties"):
        if isinstance(schema.get(inner), Mapping):
            made[inner] = _inner(schema[inner], names, found)
    if "properties" not in schema:
        return made
    fields = {name: _inner(field, names, found) for name, field in schema["properties"].items()}
    found[called] = {"type": "object", "required": schema.get("required", []), "properties": fields}
    reference = {"$ref": f"#/answers/{called}"}
    return {"anyOf": [reference, {"type": "null"}]} if "null" in schema["type"] else reference


def _inner(schema: Schema, names: Mapping[str, str], found: dict[str, Schema]) -> Schema:
    return _named(schema, names.get(_content(schema), ""), names, found)


def _content(schema: Schema) -> str:
    # An object that may also be null is the same object.
    return json.dumps({name: value for name, value in schema.items() if name in ("properties", "required")}, sort_keys=True)


def _one_of(name: str) -> str:
    """What one member of a list is called."""
    return f"{name[:-3]}y" if name.endswith("ies") else name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def _camel(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))
