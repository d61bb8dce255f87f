"""The load that runs while faults are brought about."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from tests.chaos.load import Load


async def test_a_reader_that_dies_is_no_quiet_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    load, over = Load("http://127.0.0.1:9", "none", 1000.0, "run", date(2026, 3, 1)), asyncio.Event()

    async def dies(_: Load) -> None:
        over.set()
        raise NameError("forgotten")

    async def takes_all(_: Load, waiting: asyncio.Queue[object]) -> None:
        while True:
            await waiting.get()
            waiting.task_done()

    monkeypatch.setattr(Load, "_reader", dies)
    monkeypatch.setattr(Load, "_sender", takes_all)
    async with asyncio.timeout(5):
        with pytest.raises(NameError):
            await load.send(over)
