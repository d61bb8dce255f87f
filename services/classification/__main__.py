"""python -m services.classification api | work"""

from __future__ import annotations

import sys

from services.classification.settings import Settings
from services.classification.wiring import serve, work


def main(arguments: list[str]) -> int:
    match arguments:
        case ["api"]:
            serve(Settings.model_validate({}))
        case ["work"]:
            work(Settings.model_validate({}))
        case _:
            sys.stderr.write("usage: python -m services.classification api | work\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
