"""`regulars audit`: who has read of a customer, and whether the logs of reads are what was sealed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import asyncpg
import typer
from rich.console import Console
from rich.table import Table

from deploy.local.folder import Folder
from deploy.options import HERE, FolderOption
from shared.audit.reads import Recorded, reads_of
from shared.audit.seals import Signer
from shared.audit.verifying import Verified, verify
from shared.auth.keys import read_keys
from shared.contracts.topics import SERVICES
from shared.postgres.roles import AUDITOR

console = Console(soft_wrap=True)
audit_verbs = typer.Typer(no_args_is_help=True, help="Reads of customers: show, verify, key.")
_WIDE = 160
DsnOption = Annotated[str | None, typer.Option(envvar="REGULARS_AUDITOR_DSN", help="Address for the role auditor.")]


@audit_verbs.command("show")
def show_verb(
    customer_id: UUID,
    folder: FolderOption = HERE,
    dsn: DsnOption = None,
    limit: Annotated[int, typer.Option(help="So many of the latest.")] = 50,
) -> None:
    """Who opened, listed or exported what any service holds on a customer, when and why; the latest first."""
    found = asyncio.run(_reads(_address(folder, dsn), customer_id, limit))
    keys = Folder(folder).secrets / "keys.json"
    names = {one.principal: one.name for one in read_keys(keys)}
    table = Table("at", "who", "person", "did", "in", "by", "for", "persons' data")
    for log, one in found:
        read = one.read
        who = names.get(read.principal, str(read.principal))
        shown = (f"{one.read_at:%Y-%m-%d %H:%M:%S}", who, read.person_id or "", read.kind.lower(), log, read.operation)
        table.add_row(*shown, read.purpose or "", "yes" if read.personal else "")
    # Words are kept whole: they are what is looked for.
    Console(soft_wrap=True, width=max(console.width, _WIDE)).print(table if found else "nobody has read it")


async def _reads(dsn: str, customer_id: UUID, limit: int) -> list[tuple[str, Recorded]]:
    connection = await asyncpg.connect(dsn)
    try:
        found = [(log, one) for log in SERVICES for one in await reads_of(connection, log, customer_id, None, limit)]
    finally:
        await connection.close()
    return sorted(found, key=lambda one: one[1].read_at, reverse=True)[:limit]


@audit_verbs.command("verify")
def verify_verb(
    folder: FolderOption = HERE,
    dsn: DsnOption = None,
    seals: Annotated[
        Path | None, typer.Option(file_okay=False, help="The second place; that of the installation otherwise.")
    ] = None,
    public_key: Annotated[
        list[str] | None, typer.Option(help="In hexadecimal digits; repeatable, for logs that were sealed with several.")
    ] = None,
) -> None:
    """Compare the logs of reads with their seals and with the second place. Status 1 and each finding. Changes nothing, and needs no right to."""
    keys = [bytes.fromhex(one) for one in public_key or ()] or [Signer(Folder(folder).secrets).public]
    findings = 0
    for log, one in asyncio.run(_verified(_address(folder, dsn), seals or Folder(folder).seals, keys)):
        counts = f"{one.rows} reads under {one.seals} seals, {one.exported} seals in the second place, {one.unsealed} reads not sealed yet"
        console.print(
            f"{log}: {counts}{f', {one.expired} seals whose reads have expired' if one.expired else ''}", highlight=False
        )
        for finding in one.findings:
            console.print(f"[red]{log}: {finding}[/]", highlight=False)
        findings += len(one.findings)
    console.print("the logs are what was sealed" if not findings else f"{findings} findings", highlight=False)
    if findings:
        raise typer.Exit(1)


async def _verified(dsn: str, seals: Path, keys: Sequence[bytes]) -> list[tuple[str, Verified]]:
    connection = await asyncpg.connect(dsn)
    try:
        return [(log, await verify(connection, log, seals, keys, datetime.now(UTC))) for log in SERVICES]
    finally:
        await connection.close()


@audit_verbs.command("key")
def key_verb(folder: FolderOption = HERE) -> None:
    """The public key of the seals. Keep it where the installation cannot change it, and verify with it."""
    console.print(Signer(Folder(folder).secrets).public.hex(), highlight=False)


def _address(folder: Path, dsn: str | None) -> str:
    return dsn or str(Folder(folder).read_endpoints()["postgres"][AUDITOR])
