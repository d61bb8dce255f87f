"""What all published standards have in common: they are numbered, and publishing what holds already publishes nothing."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from shared.contracts.event import Event

S = TypeVar("S", bound=Event)


def next_version(state: S, wanted: S) -> list[Event]:
    """The next version; nothing when it says what the last published one says. `wanted` has any version."""
    # Every standard has both fields; the base class of events has none.
    now: Any = state
    following = msgspec.structs.replace(wanted, version=now.version + 1)
    same = msgspec.structs.replace(wanted, version=now.version, decided_by=now.decided_by) == state
    return [] if same and now.version else [following]
