"""Where a struct holds personal fields, found once per class from its types.

A field is named by the class that declares it, as `Contact.telephone`: the name stays the same wherever the struct is nested.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

S = TypeVar("S", bound=msgspec.Struct)
Change = Callable[[str, str], str | None]
"""From (name of the field, its text) to the new text; None leaves an optional field out and empties a required one."""


class _Walk:
    """How one class is walked: its personal fields with whether they may be None, and its fields that hold structs."""

    __slots__ = ("_texts", "nested", "personal")

    def __init__(self, personal: Sequence[tuple[str, str, bool]], nested: Sequence[str]) -> None:
        self.personal = personal
        self.nested = nested
        # A page of a list looks at thousands of fields, most of them empty: all at once is much cheaper. Of one name alone no tuple is made.
        self._texts = attrgetter(*(name for name, _, _ in personal), "__class__") if personal else None

    def texts(self, value: msgspec.Struct) -> tuple[Any, ...]:
        """What the personal fields hold, in order, and one thing more."""
        return () if self._texts is None else self._texts(value)

    def __bool__(self) -> bool:
        return bool(self.personal or self.nested)


def has_personal(cls: type[msgspec.Struct]) -> bool:
    """Whether objects of this class can hold anything personal."""
    return bool(_walk(cls))


def personal_texts(value: msgspec.Struct) -> list[tuple[str, str]]:
    """All personal texts in a struct, with the names of their fields."""
    found: list[tuple[str, str]] = []
    _gather(value, found)
    return found


def _gather(value: Any, found: list[tuple[str, str]]) -> None:
    if isinstance(value, msgspec.Struct):
        walk = _walk(type(value))
        # What is one thing more stands behind the last field.
        for (_, label, _), text in zip(walk.personal, walk.texts(value), strict=False):
            if isinstance(text, str):
                found.append((label, text))
            elif text is not None:
                found += [(label, each) for each in text]
        for name in walk.nested:
            inner = getattr(value, name)
            if inner:
                _gather(inner, found)
    elif isinstance(value, tuple | list):
        for item in value:
            _gather(item, found)
    elif isinstance(value, dict):
        for item in value.values():
            _gather(item, found)


def change(value: S, how: Change) -> S:
    """The struct with every personal text changed; the same object when nothing changed."""
    walk = _walk(type(value))
    if not walk:
        return value
    changed: dict[str, Any] = {}
    for (name, label, optional), text in zip(walk.personal, walk.texts(value), strict=False):
        if text is None:
            continue
        if isinstance(text, str):
            new: Any = how(label, text)
            if new is None and not optional:
                new = ""
        else:
            new = tuple(item for item in (how(label, each) for each in text) if item is not None)
        if new != text:
            changed[name] = new
    for name in walk.nested:
        inner = getattr(value, name)
        if inner is None or inner == ():
            continue
        new = _inner(inner, how)
        if new is not inner:
            changed[name] = new
    return msgspec.structs.replace(value, **changed) if changed else value


def _inner(value: Any, how: Change) -> Any:
    if isinstance(value, msgspec.Struct):
        return change(value, how)
    if isinstance(value, tuple | list):
        items = [_inner(item, how) for item in value]
        return type(value)(items) if any(a is not b for a, b in zip(items, value, strict=True)) else value
    if isinstance(value, dict):
        entries = {key: _inner(item, how) for key, item in value.items()}
        return entries if any(entries[key] is not value[key] for key in value) else value
    return value


@cache
def _walk(cls: type[msgspec.Struct]) -> _Walk:
    info = inspect.type_info(cls)
    personal: list[tuple[str, str, bool]] = []
    nested: list[str] = []
    if isinstance(info, inspect.StructType):
        for field in info.fields:
            if _is_personal(field.type):
                personal.append((field.name, f"{_declaring(cls, field.name)}.{field.name}", _optional(field.type)))
            elif any(_walk(inner) for inner in _structs(field.type) if inner is not cls):
                nested.append(field.name)
    return _Walk(tuple(personal), tuple(nested))


def _declaring(cls: type[msgspec.Struct], name: str) -> str:
    # The class that declares the field, so that a field that several events inherit has one name.
    owner = cls
    for base in cls.__mro__:
        if name in getattr(base, "__annotations__", ()):
            owner = base
    return owner.__name__


def _is_personal(kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.Metadata):
        return bool((kind.extra_json_schema or {}).get("x-personal")) or _is_personal(kind.type)
    if isinstance(kind, inspect.UnionType):
        return any(_is_personal(member) for member in kind.types)
    if isinstance(kind, inspect.VarTupleType | inspect.ListType):
        return _is_personal(kind.item_type)
    return False


def _optional(kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.Metadata):
        return _optional(kind.type)
    return isinstance(kind, inspect.UnionType) and kind.includes_none


def _structs(kind: inspect.Type) -> list[type[msgspec.Struct]]:
    if isinstance(kind, inspect.Metadata):
        return _structs(kind.type)
    if isinstance(kind, inspect.StructType):
        return [kind.cls]
    if isinstance(kind, inspect.UnionType):
        return [cls for member in kind.types for cls in _structs(member)]
    if isinstance(kind, inspect.VarTupleType | inspect.ListType):
        return _structs(kind.item_type)
    if isinstance(kind, inspect.TupleType):
        return [cls for member in kind.item_types for cls in _structs(member)]
    if isinstance(kind, inspect.DictType):
        return _structs(kind.value_type)
    return []
