"""python -m services.alerts.jobs.fitting: histories on standard input, what was learnt from them on standard output.

A process of its own: it computes for seconds, in which the loops of `work` must not stand still.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence

import msgspec

from services.alerts.domain.population_fit import Fitted, History, fitted

MODULE = "services.alerts.jobs.fitting"
NICENESS = 10
_answers = msgspec.json.Decoder(Fitted | None)


class FitFailed(Exception):
    """The process ended without an answer, or took too long."""


async def fit_elsewhere(histories: Sequence[History], seconds: float) -> Fitted | None:
    """`fitted` in another process, which ends with this task. Raises FitFailed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", MODULE, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(seconds):
            answer, _ = await process.communicate(msgspec.json.encode(histories))
    except TimeoutError:
        raise FitFailed(f"no answer within {seconds:.0f} seconds") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise FitFailed(f"status {process.returncode}")
    learnt: Fitted | None = _answers.decode(answer)
    return learnt


def main() -> None:
    os.nice(NICENESS)
    histories = msgspec.json.decode(sys.stdin.buffer.read(), type=list[History])
    sys.stdout.buffer.write(msgspec.json.encode(fitted(histories)))


if __name__ == "__main__":
    main()
