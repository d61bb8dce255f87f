"""`regulars requirements`: rows with and without a test."""

from __future__ import annotations

import json

from rich.console import Console

from shared.testing.requirements import REPORT, known_rows


def print_rows(console: Console) -> None:
    """Rows proved by tests that passed in the last run, then the others."""
    proved: dict[str, list[str]] = json.loads(REPORT.read_text()) if REPORT.exists() else {}
    rows = known_rows()
    console.print(f"[bold]{len(proved)} of {len(rows)} rows have a test[/] (those that passed in the last run)", highlight=False)
    for row in proved:
        console.print(f"  {row:<6} {rows.get(row, '')}", highlight=False)
        for test in proved[row]:
            console.print(f"         [dim]{test}[/]", highlight=False, soft_wrap=True)
    console.print("[bold]without a test[/]")
    for row, title in rows.items():
        if row not in proved:
            console.print(f"  {row:<6} {title}", highlight=False)
