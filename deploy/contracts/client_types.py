"""Python types of JSON schemas, as text: TypedDicts for objects, plain types for the rest."""

from __future__ import annotations

import keyword
import textwrap
from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

WIDTH = 130
_FORMATS = {"uuid": "Id", "date": "Day"}
_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def typed_dict(name: str, schema: Schema, formats: Mapping[str, str] = _FORMATS) -> str:
    """The definition of a type. `formats`: what stands for a text of a known form; what is answered is text, whatever its form."""
    if schema.get("type") != "object" or "properties" not in schema:
        return f"{named(name)} = {_quoted(type_of(schema, formats))}"
    required = set(schema.get("required", ()))
    fields = {
        field: type_of(found, formats) if field in required else f"NotRequired[{type_of(found, formats)}]"
        for field, found in schema["properties"].items()
    }
    if any(keyword.iskeyword(field) or not field.isidentifier() for field in fields):
        lines = "".join(f'        "{field}": {_quoted(kind)},\n' for field, kind in fields.items())
        return f'{named(name)} = TypedDict(\n    "{named(name)}",\n    {{\n{lines}    }},\n)'
    told = " ".join(schema.get("description", "").split("\n\n")[0].split())
    doc = "".join(f"    {line}\n" for line in textwrap.wrap(f'"""{told}"""', WIDTH - 6)) + "\n" if told else ""
    lines = "\n".join(f"    {field}: {kind}" for field, kind in fields.items()) or ("" if doc else "    pass")
    return f"class {named(name)}(TypedDict):\n{doc}{lines}"


def type_of(schema: Schema, formats: Mapping[str, str] = _FORMATS) -> str:
    """The type of a value."""
    if "$ref" in schema:
        return named(schema["$ref"].rpartition("/")[2])
    for word in ("anyOf", "oneOf"):
        if word in schema and "properties" not in schema:
            return " | ".join(dict.fromkeys(type_of(option, formats) for option in schema[word]))
    if "enum" in schema or "const" in schema:
        words = schema.get("enum", [schema.get("const")])
        return f"Literal[{', '.join(_literal(word) for word in words)}]"
    kind = schema.get("type")
    if isinstance(kind, list):
        return " | ".join(type_of({**schema, "type": one}, formats) for one in kind)
    if kind == "array":
        return f"Sequence[{type_of(schema['items'], formats)}]" if isinstance(schema.get("items"), Mapping) else "Sequence[Any]"
    if kind == "object":
        inner = schema.get("additionalProperties")
        return f"Mapping[str, {type_of(inner, formats) if isinstance(inner, Mapping) else 'Any'}]"
    form = schema.get("format", "") if kind == "string" else ""
    return formats.get(form, _PLAIN.get(str(kind), "Any"))


def optional(schema: Schema) -> str:
    """The type of a value that may be left out."""
    found = type_of(schema)
    return found if found.endswith("None") or found == "Any" else f"{found} | None"


def named(schema: str) -> str:
    """A schema's name; of two classes of one name the document tells the rooms, and the last one is enough."""
    return "".join(word[:1].upper() + word[1:] for part in schema.split("__")[-2:] for word in part.split("_"))


def safe(name: str) -> str:
    """A name that may stand for a parameter."""
    return f"{name}_" if keyword.iskeyword(name) else name


def _literal(word: Any) -> str:
    return f'"{word}"' if isinstance(word, str) else repr(word)


def _quoted(kind: str) -> str:
    return f"'{kind}'" if '"' in kind else f'"{kind}"'
