"""`python -m tests.chaos.mutants`: every seeded bug in a copy of its own, and whether it was found. `--only 1,2`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.chaos.mutants.bugs import BUGS
from tests.chaos.mutants.copies import copied, seek
from tests.chaos.results import record


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.chaos.mutants", description=__doc__)
    arguments.add_argument("--only", default="", help="numbers of bugs, with commas between")
    arguments.add_argument("--schedules", type=int, default=1000, help="within how many the simulation must find a bug")
    asked = arguments.parse_args()
    only = {int(number) for number in asked.only.split(",") if number}
    missed = 0
    for bug in BUGS:
        if only and bug.number not in only:
            continue
        with TemporaryDirectory(prefix="mutant-") as folder:
            copy = copied(Path(folder))
            told = seek(copy, bug, asked.schedules)
        missed += not told.found
        print(f"{bug.number:>3}  {'found' if told.found else 'NOT FOUND':<10}  {bug.name}: {told.how}", flush=True)
        record(
            f"mutant {bug.number}: {bug.name}",
            seed=0,
            runs=1,
            violations=[] if told.found else [f"not found by {bug.found_by}"],
            found_by=bug.found_by,
            how=told.how,
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
