"""One of many answers as the example of its operation: the one that shows most, with two of everything that it lists."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

_LISTED = 2
_STANDS_FOR = {"secret": "whsec_...", "next_cursor": "AbC...", "next": "https://api.example/v1/...?cursor=AbC..."}
"""What is long, of no use to a reader, or best not shown even where it opens nothing."""


def example_of(values: Iterable[Any]) -> Any:
    """The answer with the most places that hold something; of these the shortest, then the first as text, so that any order finds it."""
    return min(map(_short, values), key=_worth)


def _short(value: Any) -> Any:
    match value:
        case dict():
            return {name: _STANDS_FOR[name] if name in _STANDS_FOR else _short(one) for name, one in value.items()}
        case list():
            return [_short(one) for one in value[:_LISTED]]
    return value


def _worth(value: Any) -> tuple[int, int, str]:
    text = json.dumps(value, sort_keys=True)
    return -len(set(_places(value, ""))), len(text), text


def _places(value: Any, at: str) -> Iterator[str]:
    match value:
        case dict():
            for name, one in value.items():
                yield from _places(one, f"{at}.{name}")
        case list():
            for one in value:
                yield from _places(one, f"{at}[]")
        case None:
            pass
        case _:
            yield at
