"""`regulars backup`, `restore`, `generation`, `erasures`, `drill`."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from deploy.backup.drill import drill
from deploy.backup.erasures import read_ledger
from deploy.backup.generation import begin_generation
from deploy.backup.steps import back_up, restore
from deploy.kafka.verbs import AuthorityOption, BootstrapOption, PasswordOption, ReplicationOption, UserOption, settings_from
from deploy.local.folder import Folder
from deploy.options import HERE, FolderOption
from shared.postgres.roles import OWNER

console = Console(width=None if sys.stdout.isatty() else 130)
AboveOption = Annotated[int, typer.Option(help="A generation that was used elsewhere; the new one is above it.")]


def _say(text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True)


def backup_verb(
    to: Annotated[Path, typer.Argument(file_okay=False, help="A new folder.")],
    folder: FolderOption = HERE,
) -> None:
    """Back up the database while everything runs. Keep `secrets/` and the ledger of `regulars erasures` elsewhere."""
    asyncio.run(back_up(Folder(folder), to, _say))


def restore_verb(
    backup: Annotated[Path, typer.Argument(exists=True, file_okay=False)],
    secrets: Annotated[Path, typer.Option(exists=True, file_okay=False, help="The secrets, which no backup holds.")],
    folder: FolderOption = HERE,
    erasures: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="The newest ledger of erasures; who is in it is erased again."),
    ] = None,
    above: AboveOption = 0,
) -> None:
    """Make a new installation of a backup, in a generation of its own. `regulars up` starts it, `regulars verify` proves it."""
    ledger = [] if erasures is None else erasures.read_text().splitlines()
    asyncio.run(restore(backup, Folder(folder), secrets, ledger, above, _say))
    _say(f"start it with regulars up --folder {folder}")


def generation_verb(
    folder: FolderOption = HERE,
    dsn: Annotated[str | None, typer.Option(envvar="REGULARS_OWNER_DSN", help="Address for the owner role.")] = None,
    bootstrap: BootstrapOption = None,
    user: UserOption = None,
    password_file: PasswordOption = None,
    ca_file: AuthorityOption = None,
    replication: ReplicationOption = 1,
    above: AboveOption = 0,
) -> None:
    """After a database was restored by other means: raise its generations, and make all topics anew. Stop every process first."""
    reached = None if bootstrap is None else settings_from(bootstrap, user, password_file, ca_file)
    kafka = None if reached is None else replace(reached, replication=replication)
    address = dsn or Folder(folder).read_endpoints()["postgres"][OWNER]
    asyncio.run(begin_generation(address, kafka, above=above, say=_say))


def erasures_verb(folder: FolderOption = HERE) -> None:
    """The ledger of erasures, line by line. Keep it where backups are not, and newer than any of them."""
    for line in asyncio.run(read_ledger(Folder(folder).read_endpoints()["postgres"]["admin"])):
        print(line)


def drill_verb(folder: FolderOption = HERE, kafka: Annotated[bool, typer.Option(envvar="KAFKA")] = True) -> None:
    """Back up what runs here, restore it beside it, start the copy, record something, verify. Leaves nothing behind."""
    found = asyncio.run(drill(Folder(folder), kafka, _say))
    for one in found:
        console.print(f"[red]{one}[/]", highlight=False, soft_wrap=True)
    _say("the restored copy is what the stores say" if not found else f"{len(found)} differences")
    if found:
        raise typer.Exit(1)


def add_to(app: typer.Typer) -> None:
    """Add these verbs to the command."""
    app.command("backup")(backup_verb)
    app.command("restore")(restore_verb)
    app.command("generation")(generation_verb)
    app.command("erasures")(erasures_verb)
    app.command("drill")(drill_verb)
