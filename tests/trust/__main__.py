"""`make trust`: everything that shows who may see and do what, one line a part with what was counted. ONLY=tokens,... runs some of it."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

from tests.trust.counts import FILE, read_counts
from tests.trust.parts import PARTS, Part

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.trust")
    parser.add_argument("--only", default="", help="names of parts, separated by commas")
    only = {name for name in parser.parse_args().only.split(",") if name}
    if unknown := only - {part.name for part in PARTS}:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    wanted = [part for part in PARTS if not only or part.name in only]
    held = [_run(part) for part in wanted]
    print(f"\n{sum(held)} of {len(held)} parts hold", flush=True)
    return 0 if all(held) else 1


def _run(part: Part) -> bool:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="regulars-trust-") as folder:
        report, counts = Path(folder, "report.xml"), Path(folder, "counts")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n0", f"--junitxml={report}", *part.selection],
            cwd=ROOT,
            env={**os.environ, FILE: str(counts)},
            capture_output=True,
            text=True,
        )
        tests, failed, skipped = _tests(report)
        held = done.returncode == 0 and tests > 0 and failed == 0 and skipped == 0
        figures = {"tests": tests, "failed": failed, **({"skipped": skipped} if skipped else {}), **read_counts(counts)}
    told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in figures.items())
    print(f"{'holds ' if held else 'BROKEN'} {part.name:<12} {told}  ({time.monotonic() - began:.0f} s)  {part.what}", flush=True)
    if not held:
        print(done.stdout[-20_000:], done.stderr[-5_000:], sep="\n", flush=True)
    return held


def _tests(report: Path) -> tuple[int, int, int]:
    """Tests, failures and errors, tests left out."""
    if not report.exists():
        return 0, 0, 0
    suites = list(ElementTree.parse(report).iter("testsuite"))

    def total(name: str) -> int:
        return sum(int(suite.get(name, 0)) for suite in suites)

    return total("tests"), total("failures") + total("errors"), total("skipped")


if __name__ == "__main__":
    sys.exit(main())
