"""Random processes are killed under load, many times; nothing may be lost, doubled or disordered.

    python -m tests.chaos.kills --kills 1000 --seed 1 --rate 100

Of twenty kills twelve hit processes of ours, five PostgreSQL, three Kafka. Each comes when the one before it is overcome or not:
a few seconds after it. After every fifty the load rests and everything is checked. `--seconds` ends it earlier, after a check.
Another seed is another sequence; rows of several seeds in build/chaos.json add up.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import sys
import time

from deploy.local import postgres
from tests.chaos.place import Place, running_place
from tests.chaos.results import record
from tests.chaos.stage import Stage, go_live

KINDS = ("ours",) * 12 + ("postgres",) * 5 + ("kafka",) * 3
CHECKED_EVERY = 50
PAUSE_SECONDS = (0.5, 4.0)


async def kill_one(place: Place, dice: random.Random) -> str:
    """Kill one process that is there; its name."""
    while True:
        kind = dice.choice(KINDS)
        if kind == "postgres":
            await asyncio.to_thread(postgres.kill, place.server)
            return kind
        name = kind if kind == "kafka" else dice.choice(sorted(set(place.urls)))
        if place.signal(name, signal.SIGKILL):
            return name
        await asyncio.sleep(0.2)


async def kills(wanted: int, seed: int, rate: float, seconds: float) -> int:
    """Kill so many, and record it. The number of violations."""
    began = time.monotonic()
    done = 0
    async with running_place(seed) as place:
        await go_live(place)
        stage = Stage(place, random.Random(seed), 0.0, rate, f"kills{seed}")
        while done < wanted and not stage.violations and time.monotonic() - began < seconds:
            stage.dice = random.Random(f"{seed} {done}")
            async with stage.loaded(patience=180.0):
                for _ in range(min(CHECKED_EVERY, wanted - done)):
                    await asyncio.sleep(stage.dice.uniform(*PAUSE_SECONDS))
                    stage.add(f"kills_of_{await kill_one(place, stage.dice)}")
                    done += 1
            stage.worst("recovery_seconds_worst", await place.ready())
            await stage.rest()
            await stage.check(folded=done >= wanted or done % (4 * CHECKED_EVERY) == 0)
            print(f"{done} kills, {len(stage.violations)} violations, {time.monotonic() - began:.0f} s", flush=True)
    record("random kills", seed, done, stage.violations, seconds=round(time.monotonic() - began), **stage.figures)
    for text in stage.violations[:20]:
        print(f"    {text}")
    return len(stage.violations)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--kills", type=int, default=100)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--rate", type=float, default=100.0)
    arguments.add_argument("--seconds", type=float, default=1e9, help="end after so many, at the next check")
    chosen = arguments.parse_args()
    return 1 if asyncio.run(kills(chosen.kills, chosen.seed, chosen.rate, chosen.seconds)) else 0


if __name__ == "__main__":
    sys.exit(main())
