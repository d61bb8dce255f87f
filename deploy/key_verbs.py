"""`regulars keys` and `regulars members`: make, list, withdraw."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from deploy.keys import FILE, new_key, new_member
from deploy.local.folder import Folder
from deploy.options import HERE, FolderOption
from shared.auth.keys import Entry, read_keys, withdraw_key
from shared.auth.members import read_members, withdraw_member
from shared.auth.roles import ROLES
from shared.auth.scopes import READING, SCOPES

console = Console(soft_wrap=False)
key_verbs = typer.Typer(no_args_is_help=True, help="API keys: make, list, withdraw.")
member_verbs = typer.Typer(no_args_is_help=True, help="Whom the identity provider may vouch for: add, list, withdraw.")

RoleOption = Annotated[str | None, typer.Option(help=" | ".join(ROLES))]
PersonOption = Annotated[str | None, typer.Option(help="The person of the sales organisation, by the company's own id.")]
ScopeOption = Annotated[list[str] | None, typer.Option(help="A scope, of the role's where there is one; repeatable.")]
LimitOption = Annotated[int | None, typer.Option(help="Requests per minute.")]


@key_verbs.command("new")
def keys_new(
    name: Annotated[str, typer.Argument(help="Who it is for; a second key of the same name is the same principal.")],
    role: RoleOption = None,
    person: PersonOption = None,
    scope: ScopeOption = None,
    everything: Annotated[bool, typer.Option("--everything", help="All scopes, without a role.")] = False,
    limit: LimitOption = None,
    folder: FolderOption = HERE,
) -> None:
    """Make a key. It is shown this once. Without a role and a scope it may read, of everybody."""
    wanted = SCOPES if everything else scope or (() if role else READING)
    try:
        raw = new_key(Folder(folder).secrets, os.environ.get("REGULARS_ENV", "local"), name, wanted, limit, role, person)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    console.print(raw, highlight=False, soft_wrap=True)


@key_verbs.command("list")
def keys_list(folder: FolderOption = HERE) -> None:
    """All keys, without their secrets."""
    found = read_keys(Folder(folder).secrets / FILE)
    console.print(_table("id", [(one.id, one) for one in found]))


@key_verbs.command("withdraw")
def keys_withdraw(key_id: str, folder: FolderOption = HERE) -> None:
    """Take a key away; it opens nothing from the next request on."""
    if not withdraw_key(Folder(folder).secrets / FILE, key_id):
        raise typer.BadParameter(f"there is no key {key_id}")
    console.print(f"{key_id} is withdrawn")


@member_verbs.command("add")
def members_add(
    subject: Annotated[str, typer.Argument(help="As the provider calls them: `sub` of the token.")],
    name: Annotated[str, typer.Option(help="The principal; a key of the same name is the same one.")],
    role: Annotated[str, typer.Option(help=" | ".join(ROLES))],
    person: PersonOption = None,
    scope: ScopeOption = None,
    limit: LimitOption = None,
    folder: FolderOption = HERE,
) -> None:
    """Admit a subject, or admit it anew in another role."""
    try:
        new_member(Folder(folder).secrets, subject, name, role, person, scope or (), limit)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    console.print(f"{subject} is admitted")


@member_verbs.command("list")
def members_list(folder: FolderOption = HERE) -> None:
    """All who are admitted."""
    found = read_members(Folder(folder).secrets / FILE)
    console.print(_table("subject", [(one.subject, one) for one in found]))


@member_verbs.command("withdraw")
def members_withdraw(subject: str, folder: FolderOption = HERE) -> None:
    """Admit a subject no longer, from the next request on."""
    if not withdraw_member(Folder(folder).secrets / FILE, subject):
        raise typer.BadParameter(f"{subject} is not admitted")
    console.print(f"{subject} is withdrawn")


def _table(first: str, found: Sequence[tuple[str, Entry]]) -> Table:
    table = Table(first, "name", "role", "person", "limit", "scopes")
    for known_as, one in found:
        table.add_row(
            known_as, one.name, one.role or "", one.person or "", str(one.limit_per_minute or ""), "\n".join(one.scopes)
        )
    return table
