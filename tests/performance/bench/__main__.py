"""All bars, each beside its baseline in the same run, on a PostgreSQL and a Kafka of our own.

    python -m tests.performance.bench --only 3,4 --rounds 5

Writes build/bench.json and a table. Ends with 2 when the baselines are not what they should be among themselves: then the
run says nothing. Ends with 1 when a bar does not hold. `--small` runs everything once with little, to see that it runs.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import logging
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvloop

from tests.performance.bench import report, soundness
from tests.performance.bench.bars import MODULES
from tests.performance.bench.harness import Size
from tests.performance.bench.place import own_place


async def run(modules: Sequence[str], size: Size) -> int:
    results: list[dict[str, Any]] = []
    also: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="regulars-bench-") as made:
        async with own_place(Path(made)) as place:
            print("the baselines among themselves", flush=True)
            void, also["baselines"] = await soundness.measure(place, size)
            for name in modules:
                began = time.monotonic()
                print(f"{name}: bars {', '.join(map(str, MODULES[name]))}", flush=True)
                module = importlib.import_module(f"tests.performance.bench.{name}")
                measured = await module.measure(place, size)
                results += [report.line(one) for one in measured]
                also[name] = {"seconds": round(time.monotonic() - began, 1)}
                report.write(results, also, void, size.small)
    report.show(results)
    missed = [one["line"] for one in results if not one["holds"]]
    if size.small:
        print("a small run: everything ran; its figures mean nothing")
        return 0
    if void:
        print("VOID: " + "; ".join(void))
        return 2
    print(f"does not hold: {', '.join(missed)}" if missed else "all hold")
    return 1 if missed else 0


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--only", default="", help="numbers of bars, 3,4")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--small", action="store_true")
    chosen = arguments.parse_args()
    wanted = {int(number) for number in chosen.only.split(",") if number}
    there = [name for name in MODULES if importlib.util.find_spec(f"tests.performance.bench.{name}") is not None]
    modules = [name for name in there if not wanted or wanted & set(MODULES[name])]
    # While a topic is young or dropped, the client says so with every try.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    size = Size(rounds=1, small=True) if chosen.small else Size(rounds=chosen.rounds)
    return uvloop.run(run(modules, size))


if __name__ == "__main__":
    sys.exit(main())
