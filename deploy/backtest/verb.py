"""The verb `regulars backtest`."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from deploy.backtest.run import Request, backtest

DAY = ["%Y-%m-%d"]
_File = Path | None


def backtest_verb(
    learn_until: Annotated[datetime, typer.Option(formats=DAY, help="Last day that population parameters may learn from.")],
    until: Annotated[datetime, typer.Option(formats=DAY, help="Last day of the test.")],
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder for alerts, scores, invoices (csv) and summary.json.")],
    transactions: Annotated[
        _File, typer.Option(exists=True, dir_okay=False, help="customer,date[,amount]; csv, plain, .gz or .xz")
    ] = None,
    invoices: Annotated[
        _File,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="customer,invoice,invoice_date,due_date,settled_date,amount; empty settled_date: open",
        ),
    ] = None,
    processes: Annotated[int, typer.Option(min=1, max=64, help="Customers are shared among so many processes.")] = 2,
) -> None:
    """Which warnings would have been raised over the past of plain files, by the rules that are live. Nobody is notified."""
    if transactions is None and invoices is None:
        raise typer.BadParameter("name --transactions, --invoices or both")
    console = Console(width=None if sys.stdout.isatty() else 130)
    summary = backtest(Request(transactions, invoices, learn_until.date(), until.date(), out, processes), console)
    table = Table("rule", "version", "alerts", "customers", "still open", "days to recovery (median)")
    for rule, one in summary["rules"].items():
        days = one["median_days_to_recovery"]
        numbers = (one["version"], one["alerts"], one["customers"], one["still_open"], "" if days is None else f"{days:g}")
        table.add_row(rule, *map(str, numbers))
    console.print(table if table.row_count else "no warning would have been raised")
    console.print(f"written to {out}", highlight=False, soft_wrap=True)
