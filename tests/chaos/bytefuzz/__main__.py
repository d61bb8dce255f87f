"""`make bytefuzz SECONDS=600`: atheris (libFuzzer) looks for bytes that break a promise, target by target, so many seconds each.

What it learns stays in `build/fuzz/<target>`, so a later run goes on from there; what breaks a promise is written to
`build/fuzz/crash-<target>-*`: `python -m tests.chaos.bytefuzz --target <target> --input <file>` runs it again.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.chaos.results import FILE, record

FOLDER = FILE.parent / "fuzz"
LONGEST = 4096
_INSTRUMENTED = ["shared.contracts", "shared.web", "shared.outgoing", "shared.auth", "json", "csv", "urllib"]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make bytefuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=20, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", help="only this one, in this process")
    parser.add_argument("--input", type=Path, help="with --target: this input alone")
    chosen = parser.parse_args(arguments)
    if chosen.target and chosen.input:
        from tests.chaos.bytefuzz.targets import TARGETS

        TARGETS[chosen.target](chosen.input.read_bytes())
        print("nothing is wrong with it")
        return 0
    if chosen.target:
        _fuzz(chosen.target, chosen.seconds, chosen.seed)
    from tests.chaos.bytefuzz.targets import TARGETS

    began = time.monotonic()
    with ThreadPoolExecutor(2) as two:
        done = list(two.map(lambda target: _in_its_own_process(target, chosen.seconds, chosen.seed), TARGETS))
    found = [line for _, lines in done for line in lines]
    inputs = {target: n for target, (n, _) in zip(TARGETS, done, strict=True)}
    record("byte fuzz", chosen.seed, sum(inputs.values()), found, seconds=round(time.monotonic() - began), **inputs)
    print(f"{sum(inputs.values())} inputs, {len(found)} of them break a promise")
    return 1 if found else 0


def _in_its_own_process(target: str, seconds: int, seed: int) -> tuple[int, list[str]]:
    command = [sys.executable, "-m", "tests.chaos.bytefuzz", "--target", target, "--seconds", str(seconds), "--seed", str(seed)]
    ran = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    counted = re.search(r"number_of_executed_units: +(\d+)", ran.stderr)
    n = int(counted[1]) if counted else 0
    print(f"{target}: {n} inputs{'' if ran.returncode == 0 else ', FAILED'}", flush=True)
    if ran.returncode == 0 and n:
        return n, []
    print(ran.stderr[-3000:], file=sys.stderr)
    return n, [f"{target}: " + " | ".join(re.findall(r"^.*(?:Error|Exception|crash-).*$", ran.stderr, re.MULTILINE)[-3:])]


def _fuzz(target: str, seconds: int, seed: int) -> None:
    """Never returns: libFuzzer ends the process, with 0 where nothing was found."""
    import atheris

    with atheris.instrument_imports(include=_INSTRUMENTED):
        from tests.chaos.bytefuzz.targets import TARGETS, seeds
    known = FOLDER / target
    known.mkdir(parents=True, exist_ok=True)
    for n, one in enumerate(seeds(target)):
        (known / f"seed-{n}").write_bytes(one)
    options = [
        f"-max_total_time={seconds}",
        f"-seed={seed}",
        f"-max_len={LONGEST}",
        "-timeout=20",
        "-rss_limit_mb=2048",
        "-print_final_stats=1",
        f"-artifact_prefix={FOLDER}/crash-{target}-",
    ]
    atheris.Setup([sys.argv[0], *options, str(known)], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
