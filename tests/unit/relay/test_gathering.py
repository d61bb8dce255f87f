"""How long the relay waits after a burst: not at all, a little, or until an import has passed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import chain, count, repeat

import pytest

from shared.relay import relay
from shared.relay.relay import FLOOD_ROWS, FLOWING_ROWS, gather


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "FLOOD_SECONDS", 0.6)
    monkeypatch.setattr(relay, "CALM_SECONDS", 0.1)


async def waited(burst: int, ends: Iterator[int]) -> tuple[int, float]:
    """How often the end of the store was asked for, and the seconds."""
    asked = 0

    async def head() -> int:
        nonlocal asked
        asked += 1
        return next(ends)

    began = time.monotonic()
    await gather(burst, head)
    return asked, time.monotonic() - began


async def test_single_rows_are_sent_at_once() -> None:
    asked, seconds = await waited(FLOWING_ROWS - 1, count())
    assert (asked, seconds < 0.05) == (0, True)


async def test_after_a_bulk_request_it_waits_a_little() -> None:
    asked, seconds = await waited(FLOOD_ROWS - 1, count())
    assert (asked, seconds >= 0.09) == (0, True)


async def test_an_import_is_gathered_for_a_bounded_time() -> None:
    asked, seconds = await waited(FLOOD_ROWS, count())
    assert (asked, seconds >= 0.59) == (6, True)


async def test_what_follows_an_import_does_not_wait_for_more() -> None:
    asked, seconds = await waited(FLOOD_ROWS, chain([1, 2], repeat(3)))
    assert (asked, seconds < 0.59) == (4, True)
