"""The verb `regulars backtest`: over plain files, or over the log of an installation."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from deploy.backtest.installation import Wanted, backtest_installation
from deploy.backtest.output import comparison, write_bytes
from deploy.backtest.run import Request, backtest
from deploy.local.folder import Folder
from deploy.options import HERE, FolderOption

DAY = ["%Y-%m-%d"]
_File = Path | None
_Day = datetime | None


def backtest_verb(
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
    learn_until: Annotated[
        _Day, typer.Option(formats=DAY, help="Of files: last day that population parameters may learn from.")
    ] = None,
    until: Annotated[_Day, typer.Option(formats=DAY, help="Last day of the test.")] = None,
    out: Annotated[_File, typer.Option(file_okay=False, help="Folder for tables (csv), plot.svg and summary.json.")] = None,
    rule: Annotated[
        str | None, typer.Option(help="Look at this rule in hindsight; without files, over the log of the installation.")
    ] = None,
    parameters: Annotated[list[str] | None, typer.Option(help="name=value of a draft of the rule; repeatable.")] = None,
    scope: Annotated[
        list[str] | None, typer.Option(help="value_classes|area_ids|kinds|shop_kinds=value, for whom the draft is; repeatable.")
    ] = None,
    first: Annotated[_Day, typer.Option("--from", formats=DAY, help="Of an installation: first day of the test.")] = None,
    as_recorded: Annotated[
        bool, typer.Option("--as-recorded", help="Loaded history too is known from its recording on only.")
    ] = False,
    folder: FolderOption = HERE,
    key: Annotated[str | None, typer.Option(envvar="REGULARS_KEY", help="API key; the try-out key otherwise.")] = None,
    processes: Annotated[int, typer.Option(min=1, max=64, help="Of files: customers are shared among so many processes.")] = 2,
) -> None:
    """Which warnings would have been raised over the past, by the rules that are live or a draft of one. Nobody is notified."""
    console = Console(width=None if sys.stdout.isatty() else 130)
    draft = None if parameters is None and scope is None else _pairs(parameters or [], "--parameters")
    if transactions is None and invoices is None:
        if rule is None:
            raise typer.BadParameter("name --transactions, --invoices or both; or --rule to try it on an installation")
        narrowed = _lists(scope or [])
        day = None if first is None else first.date()
        wanted = Wanted(rule, draft, narrowed, day, None if until is None else until.date(), as_recorded)
        endpoints = Folder(folder).read_endpoints()
        found, files = asyncio.run(backtest_installation(endpoints, key, wanted, out is not None, console))
        _over_log(found, files, out, console)
        return
    if draft is not None and rule is None:
        raise typer.BadParameter("a draft is of a --rule")
    if learn_until is None or until is None or out is None:
        raise typer.BadParameter("files need --learn-until, --until and --out")
    request = Request(transactions, invoices, learn_until.date(), until.date(), out, processes, rule, draft)
    _over_files(backtest(request, console), out, console)


def _over_log(found: dict[str, Any], files: dict[str, bytes], out: Path | None, console: Console) -> None:
    result = found["result"]
    console.print(comparison(result))
    console.print(
        f"{result['from']} to {result['until']}: {result['customers']} customers, {result['losses']} losses", highlight=False
    )
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write_bytes(out / name, content)
        console.print(f"written to {out}", highlight=False, soft_wrap=True)


def _over_files(summary: dict[str, Any], out: Path, console: Console) -> None:
    table = Table("rule", "version", "alerts", "customers", "still open", "days to recovery (median)")
    for name, one in summary["rules"].items():
        days = one["median_days_to_recovery"]
        numbers = (one["version"], one["alerts"], one["customers"], one["still_open"], "" if days is None else f"{days:g}")
        table.add_row(name, *map(str, numbers))
    console.print(table if table.row_count else "no warning would have been raised")
    console.print(comparison(summary["hindsight"]))
    console.print(f"written to {out}", highlight=False, soft_wrap=True)


def _pairs(given: Sequence[str], option: str) -> dict[str, str]:
    found = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not value:
            raise typer.BadParameter(f"{one!r}: {option} is given as name=value")
        found[name] = value
    return found


def _lists(given: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in given:
        for name, value in _pairs([one], "--scope").items():
            found.setdefault(name, []).append(value)
    return found
