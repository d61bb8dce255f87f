"""What an event is: the base class, the registry of types, encoding, decoding and upcasting.

An event class is a frozen `msgspec.Struct` with a stable type name. Classes change by addition only: a new field has a
default, nothing is removed or retyped. An incompatible change is a new type name with the next major, and an upcaster
from the old one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Annotated, Any, ClassVar, TypeVar

import msgspec

TYPE_NAME = re.compile(r"regulars\.(?P<service>[a-z]+)\.(?P<name>[a-z0-9-]+)\.v(?P<major>[1-9][0-9]*)")

Personal = Annotated[str, msgspec.Meta(extra_json_schema={"x-personal": True})]
"""A field about a person. It is sealed with the customer's key before it is stored; folds carry or drop it, never read it."""

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment with its offset; a naive time is refused."""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all events. `type` is the name on the wire; it never follows the Python path."""

    type: ClassVar[str]


class UnknownEventType(Exception):
    """No class is registered under this type name, and no upcaster leads from it to one."""


class UndecodableEvent(Exception):
    """The body does not fit the class of its type. The message names the field, never its value."""


E = TypeVar("E", bound=type[Event])
Upcast = Callable[[dict[str, Any]], dict[str, Any]]

_classes: dict[str, type[Event]] = {}
_decoders: dict[str, msgspec.json.Decoder[Any]] = {}
_upcasters: dict[str, tuple[str, Upcast]] = {}
_encoder = msgspec.json.Encoder(decimal_format="string")


def registered(cls: E) -> E:
    """Class decorator: make the type known. Raises ValueError for a malformed or already taken name."""
    if not TYPE_NAME.fullmatch(cls.type):
        raise ValueError(f"{cls.__name__}: {cls.type!r} is no event type name")
    if cls.type in _classes or cls.type in _upcasters:
        raise ValueError(f"{cls.type} is registered twice")
    _classes[cls.type] = cls
    _decoders[cls.type] = msgspec.json.Decoder(cls)
    return cls


def upcaster(old: str, new: str) -> Callable[[Upcast], Upcast]:
    """Function decorator: bodies of the retired type `old` become bodies of `new` when they are read."""

    def remember(function: Upcast) -> Upcast:
        if old in _classes or old in _upcasters:
            raise ValueError(f"{old} is registered twice")
        _upcasters[old] = (new, function)
        return function

    return remember


def event_types() -> Mapping[str, type[Event]]:
    """All current event classes by their type name."""
    return dict(_classes)


def retired_types() -> frozenset[str]:
    """Type names that exist in old logs only and are read through upcasters."""
    return frozenset(_upcasters)


def encode(event: Event) -> bytes:
    """The event's body as JSON. Decimals are strings, fields at their default are left out."""
    return _encoder.encode(event)


def decode(type_name: str, body: bytes | str) -> Event:
    """Read a body back, through upcasters where its type is retired. Unknown fields are ignored.

    Raises UnknownEventType or UndecodableEvent.
    """
    decoder = _decoders.get(type_name)
    try:
        if decoder is not None:
            event: Event = decoder.decode(body)
            return event
        fields = None
        while type_name in _upcasters:
            type_name, function = _upcasters[type_name]
            fields = _upcast(type_name, function, msgspec.json.decode(body) if fields is None else fields)
        if fields is None or type_name not in _classes:
            raise UnknownEventType(type_name)
        return msgspec.convert(fields, _classes[type_name])
    except msgspec.MsgspecError as error:
        raise UndecodableEvent(f"{type_name}: {_without_values(error)}") from None
    except (UnicodeDecodeError, RecursionError, OverflowError) as error:
        raise UndecodableEvent(f"{type_name}: {type(error).__name__}") from None


def reader_of(type_name: str) -> Callable[[bytes | str], Event]:
    """`decode` of one type, for who reads many. What it raises beside is whatever msgspec does."""
    decoder = _decoders.get(type_name)
    return partial(decode, type_name) if decoder is None else decoder.decode


def _upcast(type_name: str, function: Upcast, body: Any) -> dict[str, Any]:
    # An upcaster is written for the bodies of its time. What it makes of another one says nothing about us: that body is refused.
    try:
        return function(body)
    except Exception as error:
        raise UndecodableEvent(f"{type_name}: {type(error).__name__} when it was upcast") from None


def _without_values(error: msgspec.MsgspecError) -> str:
    # msgspec names the expected type and the path; only "Invalid enum value 'x'" and the like repeat what was sent, in quotes of either kind.
    return re.sub(r"""(['"]).*\1""", "…", str(error), flags=re.DOTALL)
