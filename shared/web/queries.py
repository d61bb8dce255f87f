"""What stands in an address: names that the route knows, each said once, numbers in digits, truth as `true` or `false`, days and ids in one form.

A filter that is misspelt and passed over answers everything instead of little; of one that is said twice nobody knows which was meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple, get_args, get_origin
from uuid import UUID

from fastapi import Request
from fastapi.dependencies.models import Dependant
from pydantic.fields import FieldInfo

from shared.web.problem import FieldError, Problem, pointer

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,18})")
_TRUTH = re.compile(r"true|false")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_FORMS: Mapping[Any, tuple[re.Pattern[str], str, str]] = {
    int: (_WHOLE, "INT_PARSING", "must be a whole number"),
    bool: (_TRUTH, "BOOL_PARSING", "must be true or false"),
    date: (_DAY, "DATE_PARSING", "must be a day, YYYY-MM-DD"),
    UUID: (_ID, "UUID_PARSING", "must be a UUID"),
}


_POSITION = "min_position"


class Asked(NamedTuple):
    """A parameter that a route knows: whether it may be said more than once, and what its values are written as (None: its type looks)."""

    many: bool
    written: Any


def known_queries(dependant: Dependant, reads: bool) -> dict[str, Asked]:
    """The parameters of a query that a route and what it depends on know, by name.

    Of whatever is read it may be said by when: whose customer somebody is depends on it.
    """
    known = {field.alias: _asked(field.field_info) for one in _all(dependant) for field in one.query_params}
    return {_POSITION: Asked(False, None)} | known if reads else known


def known_ids(dependant: Dependant) -> dict[str, Asked]:
    """Those of its path."""
    return {field.alias: _asked(field.field_info) for one in _all(dependant) for field in one.path_params}


def refuse_strange_ids(request: Request, known: Mapping[str, Asked]) -> None:
    """The same of a path. Raises Problem: VALIDATION_FAILED."""
    wrong = [
        _wrong("path", name, known[name].written)
        for name, text in request.path_params.items()
        if name in known and not _fits(known[name], text)
    ]
    if wrong:
        raise Problem("VALIDATION_FAILED", errors=wrong)


def refuse_strange(request: Request, known: Mapping[str, Asked]) -> None:
    """Raises Problem: QUERY_INVALID for names, VALIDATION_FAILED for values."""
    if not request.scope["query_string"]:
        return
    said = request.query_params.multi_items()
    names = [name for name, _ in said]
    strange = [
        FieldError(pointer(("query", name)), "EXTRA_FORBIDDEN", "is not known here") for name in names if name not in known
    ]
    twice = {name for name in names if name in known and not known[name].many and names.count(name) > 1}
    strange += [FieldError(pointer(("query", name)), "REPEATED", "is said more than once") for name in sorted(twice)]
    if strange:
        raise Problem("QUERY_INVALID", errors=strange[:100])
    wrong = [_wrong("query", name, known[name].written) for name, text in said if not _fits(known[name], text)]
    if wrong:
        raise Problem("VALIDATION_FAILED", errors=wrong[:100])


def _fits(asked: Asked, text: str) -> bool:
    return asked.written is None or _FORMS[asked.written][0].fullmatch(text) is not None


def _wrong(where: str, name: str, written: Any) -> FieldError:
    _, code, detail = _FORMS[written]
    return FieldError(pointer((where, name)), code, detail)


def _all(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for inner in dependant.dependencies:
        yield from _all(inner)


def _asked(field: FieldInfo) -> Asked:
    kinds = {field.annotation, *get_args(field.annotation)}
    return Asked(is_said_often(field), next((kind for kind in _FORMS if kind in kinds), None))


def is_said_often(field: FieldInfo) -> bool:
    """Whether a parameter may be said more than once."""
    origins: list[Any] = [get_origin(kind) for kind in (field.annotation, *get_args(field.annotation))]
    return any(isinstance(origin, type) and issubclass(list, origin) for origin in origins)
