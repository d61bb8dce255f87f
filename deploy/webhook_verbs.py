"""`regulars webhooks`: who is told of alerts, what was sent, and sending it again."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import typer
from rich.console import Console
from rich.table import Table

from clients.python.regulars_client import Api, api
from deploy.local.folder import Folder
from deploy.options import HERE, FolderOption

KeyOption = Annotated[str | None, typer.Option(envvar="REGULARS_KEY", help="API key; the try-out key otherwise.")]
console = Console(width=None if sys.stdout.isatty() else 130)
webhook_verbs = typer.Typer(no_args_is_help=True, help="Webhooks: list, calls, redeliver.")


@webhook_verbs.command("list")
def list_verb(folder: FolderOption = HERE, key: KeyOption = None) -> None:
    """Subscriptions, and how many of their calls wait or were given up."""
    table = Table("id", "name", "url", "state", "waiting", "given up", "failing since")
    for one in asyncio.run(_all(folder, key, "/webhooks")):
        state = " ".join(filter(None, (one["state"], one.get("reason"))))
        counts = (str(one["waiting"]), str(one["dead"]))
        table.add_row(one["id"], one["name"], one["url"], state, *counts, one.get("failing_since", ""))
    console.print(table if table.row_count else "nobody has subscribed")


@webhook_verbs.command("calls")
def calls_verb(
    webhook_id: UUID,
    state: Annotated[str, typer.Option(help="WAITING, DELIVERED or DEAD")] = "DEAD",
    folder: FolderOption = HERE,
    key: KeyOption = None,
) -> None:
    """Calls of a subscription in a state, the latest first, and what their last attempt met with."""
    table = Table("event", "type", "queued", "attempts", "last answer")
    for one in asyncio.run(_all(folder, key, f"/webhooks/{webhook_id}/deliveries", state=state)):
        answer = str(one.get("last_status") or one.get("last_failure") or "")
        table.add_row(one["event_id"], one["type"], one["queued_at"], str(one["attempts"]), answer)
    console.print(table if table.row_count else f"no call is {state}")


@webhook_verbs.command("redeliver")
def redeliver_verb(
    webhook_id: UUID,
    event: Annotated[UUID | None, typer.Option(help="One call.")] = None,
    since: Annotated[datetime | None, typer.Option(help="All that were queued since then (UTC).")] = None,
    delivered: Annotated[bool, typer.Option("--delivered", help="Those that were delivered, too.")] = False,
    folder: FolderOption = HERE,
    key: KeyOption = None,
) -> None:
    """Make calls again that were given up, under the same ids and in their order."""
    if (event is None) == (since is None):
        raise typer.BadParameter("name --event or --since")
    asyncio.run(_redeliver(folder, key, webhook_id, event, since, delivered))
    console.print("the calls wait to be made")


async def redeliver(alerts: Api, webhook_id: UUID, event: UUID | None, since: datetime | None, delivered: bool) -> None:
    """Ask for it. Raises ApiRefused, ApiUnreachable."""
    body: dict[str, Any] = {"event_id": str(event)} if event is not None else {}
    if since is not None:
        states = ["DEAD", "DELIVERED"] if delivered else ["DEAD"]
        body = {"since": since.replace(tzinfo=since.tzinfo or UTC).isoformat(), "states": states}
    await alerts.post(f"/webhooks/{webhook_id}/redelivery", body, key=str(uuid4()))


@asynccontextmanager
async def _alerts(folder: FolderOption, key: str | None) -> AsyncIterator[Api]:
    endpoints = Folder(folder).read_endpoints()
    async with api(endpoints["services"]["alerts"]["url"], key or endpoints["keys"]["everything"]) as found:
        yield found


async def _all(folder: FolderOption, key: str | None, path: str, **params: str) -> list[dict[str, Any]]:
    async with _alerts(folder, key) as alerts:
        return [one async for one in alerts.pages(path, **params)]


async def _redeliver(
    folder: FolderOption, key: str | None, webhook_id: UUID, event: UUID | None, since: datetime | None, delivered: bool
) -> None:
    async with _alerts(folder, key) as alerts:
        await redeliver(alerts, webhook_id, event, since, delivered)
