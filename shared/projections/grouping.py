"""Which batches are folded in one transaction. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from shared.feed.feed import Batch

TOGETHER = 1_000
"""Records that make a transaction of their own: with so many, what they cost themselves is more than what the statements do."""


def grouped(batches: Iterable[Batch]) -> list[list[Batch]]:
    """All batches of a part go into one group, and parts with few records go together."""
    by_part: dict[int, list[Batch]] = {}
    for batch in batches:
        by_part.setdefault(batch.part, []).append(batch)
    groups: list[list[Batch]] = []
    held = TOGETHER
    for its in by_part.values():
        if held >= TOGETHER:
            groups.append([])
            held = 0
        groups[-1] += its
        held += sum(len(batch.records) for batch in its)
    return groups


def rounds(batches: Sequence[Batch]) -> Iterator[list[Batch]]:
    """One batch of each part at a time, those of one part in their order."""
    waiting = list(batches)
    while waiting:
        first: dict[int, Batch] = {}
        for batch in waiting:
            first.setdefault(batch.part, batch)
        taken = list(first.values())
        yield taken
        waiting = [batch for batch in waiting if batch is not first[batch.part]]
