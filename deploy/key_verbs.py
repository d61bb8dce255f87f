"""`regulars keys`: make, list, withdraw."""

from __future__ import annotations

import os
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from deploy.keys import new_key
from deploy.local.folder import Folder
from deploy.options import HERE, FolderOption
from shared.auth.keys import read_keys, withdraw_key
from shared.auth.scopes import READING, SCOPES

console = Console(soft_wrap=False)
key_verbs = typer.Typer(no_args_is_help=True, help="API keys: make, list, withdraw.")


@key_verbs.command("new")
def keys_new(
    name: Annotated[str, typer.Argument(help="Who it is for; a second key of the same name is the same principal.")],
    scope: Annotated[list[str] | None, typer.Option(help="A scope; repeatable. All reading scopes when none is given.")] = None,
    everything: Annotated[bool, typer.Option("--everything", help="All scopes.")] = False,
    limit: Annotated[int | None, typer.Option(help="Requests per minute.")] = None,
    folder: FolderOption = HERE,
) -> None:
    """Make a key. It is shown this once."""
    wanted = SCOPES if everything else scope or READING
    console.print(
        new_key(Folder(folder).secrets, os.environ.get("REGULARS_ENV", "local"), name, wanted, limit),
        highlight=False,
        soft_wrap=True,
    )


@key_verbs.command("list")
def keys_list(folder: FolderOption = HERE) -> None:
    """All keys, without their secrets."""
    table = Table("id", "name", "limit", "scopes")
    for one in read_keys(Folder(folder).secrets / "keys.json"):
        table.add_row(one.id, one.name, str(one.limit_per_minute or ""), "\n".join(one.scopes))
    console.print(table)


@key_verbs.command("withdraw")
def keys_withdraw(key_id: str, folder: FolderOption = HERE) -> None:
    """Take a key away; it stops working within a second."""
    if not withdraw_key(Folder(folder).secrets / "keys.json", key_id):
        raise typer.BadParameter(f"there is no key {key_id}")
    console.print(f"{key_id} is withdrawn")
