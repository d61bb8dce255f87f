"""The table on the terminal and build/bench.json."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from tests.performance.bench.harness import Measured

FILE = Path("build/bench.json")


def line(measured: Measured) -> dict[str, Any]:
    """One entry of `results`. `ratio` is what is held against the bar: for some bars a difference or the figure itself (`compare`)."""
    bar, compared = measured.bar, measured.compared()
    return {
        "bar_number": bar.number,
        "line": bar.key,
        "name": bar.name,
        "ours": _short(measured.ours.median),
        "baseline": None if measured.baseline is None else _short(measured.baseline.median),
        "unit": bar.unit,
        "compare": bar.compare,
        "ratio": _short(measured.figure),
        "sense": bar.sense,
        "bar": bar.bar,
        "stretch": bar.stretch,
        "holds": measured.holds,
        "holds_stretch": bar.holds(measured.figure, bar.stretch),
        "spread": [_short(min(compared)), _short(max(compared))],
        "rounds": len(compared),
        "also": dict(measured.also),
    }


def write(results: Sequence[dict[str, Any]], also: Mapping[str, Any], void: Sequence[str], small: bool) -> None:
    """Write the file. Lines of an earlier run of the same kind stay where this run measured other bars."""
    FILE.parent.mkdir(exist_ok=True)
    before: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {}
    kept = before if before.get("small") == small else {}
    lines = {one["line"]: one for one in [*kept.get("results", ()), *results]}
    content = {
        "results": sorted(lines.values(), key=lambda one: (one["bar_number"], one["line"])),
        "machine": machine(),
        "also": {**kept.get("also", {}), **also},
        "void": list(void),
        "small": small,
    }
    staged = FILE.with_suffix(".new")
    staged.write_text(json.dumps(content, indent=2) + "\n")
    os.replace(staged, FILE)


def show(results: Sequence[dict[str, Any]]) -> None:
    table = Table("bar", "path", "ours", "baseline", "unit", "figure", "wanted", "stretch", "spread", "holds")
    for one in results:
        sign = "≥" if one["sense"] == "at least" else "≤"
        table.add_row(
            one["line"],
            one["name"],
            _words(one["ours"]),
            _words(one["baseline"]),
            one["unit"],
            _words(one["ratio"]),
            f"{sign} {one['bar']:g}",
            f"{sign} {one['stretch']:g}",
            " .. ".join(_words(value) for value in one["spread"]),
            "[green]yes[/green]" if one["holds"] else "[red]NO[/red]",
        )
    Console(width=170).print(table)


def machine() -> dict[str, Any]:
    """What the figures are of."""
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "load_1_minute": round(os.getloadavg()[0], 2),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _words(value: float | None) -> str:
    return "" if value is None else f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
