"""The gate: what readers of the topics were once promised is promised for ever.

A promise is one line a field: its path in the body, its type, and whether it is always there. A reader of yesterday must
understand the events of today, and the reader of today the events of yesterday; so a field may be added when it is
optional, a choice of words may get more words, and nothing else may change. Whoever needs more publishes a new type.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Set
from typing import Any

Promises = dict[str, dict[str, str]]

ALWAYS = " (always)"
ONE_OF = "one of "


def promises_of(schema: Mapping[str, Any]) -> dict[str, str]:
    """Path to type of every field that the schema of one event type promises."""
    return dict(_fields(schema, schema.get("$defs", {}), "", ()))


def breaks(before: Promises, now: Promises, retired: Set[str] = frozenset()) -> list[str]:
    """A line for each promise of `before` that `now` does not keep, and for each new field that old events lack.

    `retired` types are no longer written and are read through upcasters.
    """
    lines = []
    for name, fields in before.items():
        if name in retired:
            continue
        today = now.get(name)
        if today is None:
            lines.append(f"{name}: the type is gone, but old logs hold it: keep the class or register an upcaster")
            continue
        for path, kind in fields.items():
            if path not in today:
                lines.append(f"{name}: {path} was removed")
            elif today[path] != kind and not _more_words(kind, today[path]):
                lines.append(f"{name}: {path} was {kind} and is {today[path]}")
        lines += [
            f"{name}: {path} is new and always there, but events already written lack it: give it a default"
            for path, kind in today.items()
            if path not in fields and kind.endswith(ALWAYS) and _stood_before(path, fields)
        ]
    return lines


def _more_words(before: str, now: str) -> bool:
    """Readers take a word that they do not know for "something else"; a word taken away would leave old events unread."""
    if before.endswith(ALWAYS) != now.endswith(ALWAYS) or not all(ONE_OF in kind for kind in (before, now)):
        return False
    (kept_in, old), (keeps_in, new) = (_words(kind) for kind in (before, now))
    return kept_in == keeps_in and kept_in in ("", "array of ", "map of ") and old <= new


def _words(kind: str) -> tuple[str, set[str]]:
    container, _, words = kind.removesuffix(ALWAYS).partition(ONE_OF)
    return container, set(words.split(", "))


def _stood_before(path: str, fields: Mapping[str, str]) -> bool:
    # A field of a structure that is itself new and optional does no harm.
    parent = path.rpartition(".")[0].rstrip("[]{}")
    return not parent or parent in fields


def _fields(
    node: Mapping[str, Any], definitions: Mapping[str, Any], path: str, seen: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    required = set(node.get("required", ()))
    for name, field in node.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        yield here, _kind(field) + (ALWAYS if name in required else "")
        yield from _inside(field, definitions, here, seen)


def _inside(
    field: Mapping[str, Any], definitions: Mapping[str, Any], path: str, seen: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    if "$ref" in field:
        name = field["$ref"].rsplit("/", 1)[1]
        if name not in seen:
            yield from _fields(definitions[name], definitions, path, (*seen, name))
    for option in field.get("anyOf", ()):
        yield from _inside(option, definitions, path, seen)
    if isinstance(field.get("items"), Mapping):
        yield from _inside(field["items"], definitions, f"{path}[]", seen)
    if isinstance(field.get("additionalProperties"), Mapping):
        yield from _inside(field["additionalProperties"], definitions, f"{path}{{}}", seen)


def _kind(field: Mapping[str, Any]) -> str:
    if "$ref" in field:
        # The name of a class may change, what is in it may not: that is looked at field by field.
        return "object"
    if "anyOf" in field:
        return " or ".join(sorted({_kind(option) for option in field["anyOf"]}))
    if "enum" in field:
        return ONE_OF + ", ".join(json.dumps(value) for value in sorted(field["enum"], key=str))
    if field.get("type") == "array":
        return f"array of {_kind(field['items'])}" if isinstance(field.get("items"), Mapping) else "array"
    if field.get("type") == "object" and isinstance(field.get("additionalProperties"), Mapping):
        return f"map of {_kind(field['additionalProperties'])}"
    kind = str(field.get("type", "any"))
    notes = [str(field[word]) for word in ("format",) if word in field] + (["personal"] if field.get("x-personal") else [])
    return f"{kind} ({', '.join(notes)})" if notes else kind
