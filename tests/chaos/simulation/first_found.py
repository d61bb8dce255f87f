"""`python -m tests.chaos.simulation.first_found N`: the first of N schedules that finds something; ends with 1 if there is one."""

from __future__ import annotations

import sys

from tests.chaos.simulation.orders import begin_in, order_of
from tests.chaos.simulation.schedules import kind_of, prepare, run


def main() -> int:
    begin_in(order_of(0))
    prepare()
    most = int(sys.argv[1])
    done = run(range(most), most_found=1)
    for seed, violation in done.found.items():
        print(f"schedule {seed + 1} of {most} ({kind_of(seed)}): {' '.join(violation.split())[:200]}")
        return 1
    print(f"{most} schedules found nothing")
    return 0


if __name__ == "__main__":
    sys.exit(main())
