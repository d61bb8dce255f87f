"""`regulars erasure verify`, `regulars erasure rewrite-keys`."""

from __future__ import annotations

import asyncio
import sys

import typer
from rich.console import Console
from rich.table import Table

from deploy.erasure.verify import Report, rewrite_keys, verify
from deploy.local.folder import Folder
from deploy.options import HERE, FolderOption

console = Console(width=None if sys.stdout.isatty() else 130)
erasure_verbs = typer.Typer(no_args_is_help=True, help="That erased persons are gone from everything.")


@erasure_verbs.command("verify")
def verify_verb(folder: FolderOption = HERE) -> None:
    """Plant a made-up person, erase it, and look for it in answers, tables, files, topics, logs and metrics. Status 1 where it is found."""
    report = asyncio.run(verify(Folder(folder), lambda text: console.print(text, highlight=False)))
    _show(report)
    if not report.holds:
        raise typer.Exit(1)


@erasure_verbs.command("rewrite-keys")
def rewrite_verb(folder: FolderOption = HERE) -> None:
    """Write the table of keys anew, so that none of its files holds a key that was destroyed. Run it each night."""
    asyncio.run(rewrite_keys(Folder(folder).read_endpoints()["postgres"]["admin"]))
    console.print("the table of keys was written anew")


def _show(report: Report) -> None:
    table = Table("place", "seen to be looked at", "person before", "person after", "")
    for one in report.places:
        table.add_row(one.name, str(one.proof), str(one.before), str(one.after), "" if one.holds else "[red]WRONG[/]")
    console.print(table)
    found = sum(one.after for one in report.places)
    console.print(f"{len(report.places)} places, {found} found after the erasure", highlight=False)
    console.print(f"the last process had forgotten the key after {report.forgotten_after:.0f} s (60 at most)", highlight=False)
    console.print(
        f"{report.log_files} files of the write-ahead log hold the wrapped key until they are used again; without the master key it "
        "opens nothing",
        highlight=False,
        soft_wrap=True,
    )
