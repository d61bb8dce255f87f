"""The parts of `make trust`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """`selection`: what pytest is given. The part holds when that runs tests, all of them pass, and none is left out."""

    name: str
    what: str
    selection: tuple[str, ...]


PARTS = (Part("keys", "API keys and roles", ("tests/unit/auth",)),)
