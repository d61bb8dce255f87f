"""For how long an import has the machine."""

import asyncio

import pytest

from services.cards.imports.flow import CALM_SECONDS, HOLD_SECONDS, ImportFlow


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def waits(flow: ImportFlow) -> bool:
    waiting = asyncio.create_task(flow.over())
    for _ in range(5):
        await asyncio.sleep(0)
    if not waiting.done():
        waiting.cancel()
        return True
    return False


async def test_lists_wait_for_an_import_and_go_on_at_its_end(clock: Clock) -> None:
    flow = ImportFlow(clock)
    assert not await waits(flow)
    with flow.importing():
        waiting = asyncio.create_task(flow.over())
        await asyncio.sleep(0)
        assert not waiting.done()
    async with asyncio.timeout(1):
        await waiting
    assert not await waits(flow)


@pytest.mark.parametrize(("later", "still"), [(HOLD_SECONDS - 0.1, True), (HOLD_SECONDS, False)])
async def test_a_long_import_goes_on_beside_the_lists(clock: Clock, later: float, still: bool) -> None:
    flow = ImportFlow(clock)
    with flow.importing():
        clock.now += later
        assert await waits(flow) == still


async def test_waiting_ends_by_itself(clock: Clock) -> None:
    flow = ImportFlow(clock)
    with flow.importing():
        clock.now += HOLD_SECONDS - 0.01
        async with asyncio.timeout(1):
            await flow.over()


@pytest.mark.parametrize(("pause", "again"), [(CALM_SECONDS, False), (CALM_SECONDS + 1, True)])
async def test_one_import_after_the_other_is_one(clock: Clock, pause: float, again: bool) -> None:
    flow = ImportFlow(clock)
    with flow.importing():
        clock.now += HOLD_SECONDS
    clock.now += pause
    with flow.importing():
        assert await waits(flow) == again


async def test_an_import_that_fails_is_over(clock: Clock) -> None:
    flow = ImportFlow(clock)
    with pytest.raises(ValueError, match="defect"), flow.importing():
        raise ValueError("defect")
    assert not await waits(flow)
