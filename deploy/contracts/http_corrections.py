"""Promises to callers that were never true: found by asking, and taken back with a reason each, before the first release.

What is answered is documented from answers, so a field that was there by chance in all of them was promised to be always there.
Such a line is no promise to keep: the service never kept it. `openapi/corrections.json` names each with what it said, what it says
now, and why. Only what is answered can be corrected; what is taken from callers is decided by the code alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import msgspec

from deploy.contracts.http_promises import Promises

_ANSWER = re.compile(r"[23][0-9]{2} ")


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a place of a document said and what it says now; None: the place is gone."""

    was: str
    now: str | None


class Correction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lines that were wrong for one reason, by operation (`cards GET /v1/sales`) and place (`200 items[].net`)."""

    on: date
    why: str
    lines: dict[str, dict[str, Line]]


def read(file: Path) -> Sequence[Correction]:
    """The corrections that were agreed on. Raises ValueError for one of something else than an answer."""
    if not file.exists():
        return ()
    found = msgspec.json.decode(file.read_bytes(), type=tuple[Correction, ...])
    for correction in found:
        for operation, lines in correction.lines.items():
            for place in lines:
                if not _ANSWER.match(place):
                    raise ValueError(f"{operation}: {place} is no place of an answer")
    return found


def corrected(promised: Promises, corrections: Iterable[Correction]) -> Promises:
    """The promises as they would have been made, had one known better. A line that says something else by now is left as it is."""
    made = {operation: dict(lines) for operation, lines in promised.items()}
    for correction in corrections:
        for operation, places in correction.lines.items():
            lines = made.get(operation, {})
            for place, line in places.items():
                if lines.get(place) != line.was:
                    continue
                if line.now is None:
                    del lines[place]
                else:
                    lines[place] = line.now
    return made
