"""The gate of the HTTP interfaces: a caller of yesterday is understood today, and understands today's answers.

What is sent may get freer and what is answered may get more; everything else waits for another major version, or for the
sunset of the operation (RFC 8594). Words of an answer are an open list: readers take one that they do not know for "something else".
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from deploy.contracts.http_promises import ALWAYS, NEEDED, SUNSET, Lines, Promises

_SENT = ("query", "header", "path", "cookie", "body")
_MAY_RISE = frozenset(("maxLength", "maximum", "maxItems", "maxProperties"))


def breaks(before: Promises, now: Promises, today: date) -> list[str]:
    """A line for each promise of `before` that `now` does not keep on the day `today`."""
    lines: list[str] = []
    for operation, promised in before.items():
        if operation in now:
            lines += [f"{operation}: {line}" for line in _operation(promised, now[operation])]
        elif SUNSET not in promised:
            lines.append(f"{operation}: it is gone, and no sunset was announced")
        elif date.fromisoformat(promised[SUNSET]) > today:
            lines.append(f"{operation}: it is gone before its sunset on {promised[SUNSET]}")
    return lines


def _operation(before: Lines, now: Lines) -> Iterator[str]:
    for place, said in before.items():
        if place == SUNSET:
            if place in now and now[place] < said:
                yield f"its sunset was {said} and is {now[place]}"
        elif place not in now:
            yield f"{place} was removed"
        elif place in ("operationId", "scope"):
            if now[place] != said:
                yield f"{place} was {said} and is {now[place]}"
        elif not (_as_free if place.split(" ")[0] in _SENT else _as_much)(said, now[place]):
            yield f"{place} was {said} and is {now[place]}"
    for place, said in now.items():
        if place not in before and NEEDED in said.split(" | ")[1:] and place.split(" ")[0] in _SENT and _stood(place, before):
            yield f"{place} is new and needed, but callers do not send it"


def _as_free(before: str, now: str) -> bool:
    """Whether whatever was taken is taken still."""
    (kinds, limits), (kinds_now, limits_now) = _read(before), _read(now)
    if not (kinds <= kinds_now or kinds_now == {"any"}):
        return False
    for name, limit in limits_now.items():
        was = limits.get(name)
        if was is None or (name in (NEEDED, "pattern") and was != limit):
            return False
        if name not in (NEEDED, "pattern") and not (
            float(limit) >= float(was) if name in _MAY_RISE else float(limit) <= float(was)
        ):
            return False
    return True


def _as_much(before: str, now: str) -> bool:
    """Whether a reader of what was answered reads also what is answered now."""
    (kinds, marks), (kinds_now, marks_now) = _read(before), _read(now)
    if ALWAYS in marks and ALWAYS not in marks_now:
        return False
    more = kinds_now - kinds
    # What was not said before may be said now.
    return kinds in ({"any"}, {"nothing"}) or (
        all(_word(kind) for kind in more) and (not more or any(_word(kind) for kind in kinds))
    )


def _read(said: str) -> tuple[set[str], dict[str, str]]:
    kinds, *limits = said.split(" | ")
    return set(kinds.split(" or ")), {name: value for name, _, value in (limit.partition("=") for limit in limits)}


def _word(kind: str) -> bool:
    return kind.startswith('"')


def _stood(place: str, before: Lines) -> bool:
    # A field of a structure that is itself new, and may be left out, does no harm.
    parent = place.rpartition(".")[0]
    if not parent:
        return place.split(" ")[0] != "body" or "body" in before
    while parent.endswith(("[]", "{}", ">")):
        parent = parent[: parent.rindex("<")] if parent.endswith(">") else parent[:-2]
    return parent.strip() in before
