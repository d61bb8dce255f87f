"""The command `regulars`."""

from __future__ import annotations

import asyncio
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import typer
from rich.console import Console
from rich.table import Table

import deploy.backup.verbs as backup_verbs
import deploy.contracts as published
import deploy.kafka.verbs as kafka_verbs
from clients.python.regulars_client import ApiRefused, ApiUnreachable
from deploy.audit_verbs import audit_verbs
from deploy.backtest.files import BadFile
from deploy.backtest.installation import BacktestFailed
from deploy.backtest.looking_back import CustomerFailed
from deploy.backtest.verb import backtest_verb
from deploy.backup.erasures import BadLedger
from deploy.backup.files import BackupFailed
from deploy.backup.generation import StillRunning
from deploy.consistency import UnknownReadModel, differences
from deploy.contracts.answers import take_over
from deploy.erasure.verb import erasure_verbs
from deploy.import_verb import Request, bring_in, write_bad
from deploy.imports.files import UnknownFormat
from deploy.imports.mapping import FIELDS, Kind, UnknownMapping
from deploy.imports.send import ImportFailed
from deploy.kafka.acls import RightsRefused
from deploy.key_verbs import key_verbs, member_verbs
from deploy.local.database import migrate_all
from deploy.local.folder import Folder
from deploy.local.kafka import BrokerFailed
from deploy.local.load import UnknownFile
from deploy.local.postgres import PostgresFailed
from deploy.local.stack import StartFailed
from deploy.local.supervisor import end_left_over
from deploy.local.up import AlreadyRunning, OtherData, Wanted, up
from deploy.options import HERE, FolderOption
from deploy.rebuilding import all_due, rebuild_shown, say_due
from deploy.requirement_rows import print_rows
from deploy.score_verbs import score_verbs
from deploy.settle import NotSettled
from deploy.status import show_status
from deploy.traces import NoTrace, trace_verb
from deploy.webhook_verbs import webhook_verbs
from shared.contracts.cursor import PARTS
from shared.contracts.topics import SERVICES
from shared.kafka.admin import TopicRefused
from shared.kafka.settings import PasswordRefused
from shared.postgres.roles import OWNER
from shared.projections.parking import ask_retry, read_parked
from shared.projections.slots import RebuildRefused

ROOT = Path(__file__).resolve().parents[1]
console = Console(width=None if sys.stdout.isatty() else 130)
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Regulars: customers on credit, and early warnings.",
)
app.add_typer(key_verbs, name="keys")
app.add_typer(audit_verbs, name="audit")
app.add_typer(member_verbs, name="members")
app.add_typer(erasure_verbs, name="erasure")
app.command("backtest")(backtest_verb)
app.command("trace")(trace_verb)
backup_verbs.add_to(app)
kafka_verbs.add_to(app)
app.add_typer(score_verbs, name="score")
app.add_typer(webhook_verbs, name="webhooks")

_EXPECTED = (
    OtherData, AlreadyRunning, UnknownFile, UnknownFormat, UnknownMapping, StartFailed, BrokerFailed, PostgresFailed, NotSettled, ApiRefused,
    ApiUnreachable, ImportFailed, TopicRefused, RebuildRefused, UnknownReadModel, published.BreakingChange, FileNotFoundError, BadFile,
    CustomerFailed, BacktestFailed, BackupFailed, BadLedger, StillRunning, NoTrace, PasswordRefused, RightsRefused,
)  # fmt: skip


def main() -> None:
    """Entry point: what went wrong as one line, not as a traceback, where it is an answer and no defect."""
    try:
        app()
    except _EXPECTED as error:
        Console(stderr=True).print(f"[bold red]{type(error).__name__}[/]: {error}", highlight=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _endpoints(folder: Path) -> dict[str, Any]:
    return Folder(folder).read_endpoints()


@app.command("up")
def up_verb(
    folder: FolderOption = HERE,
    once: Annotated[bool, typer.Option("--once", envvar="ONCE", help="Write the summary and end.")] = False,
    kafka: Annotated[bool, typer.Option(envvar="KAFKA", help="Without it, on the event stores themselves.")] = True,
    seed: Annotated[int | None, typer.Option(envvar="SEED", help="Other dealers, the same stories.")] = None,
    dealers: Annotated[int | None, typer.Option(envvar="DEALERS", help="Number of dealers of the sample.")] = None,
    data: Annotated[
        Path | None, typer.Option(envvar="DATA", exists=True, dir_okay=False, help="A file of your own trade.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", envvar="FRESH", help="Drop the data that are there.")] = False,
    secured: Annotated[
        bool, typer.Option("--secured", envvar="SECURED", help="A broker that asks every service who it is.")
    ] = False,
    traces: Annotated[
        bool, typer.Option("--traces", envvar="TRACES", help="Record what requests lead to: `regulars trace`.")
    ] = False,
) -> None:
    """Start everything on this machine, load two years of trade, print the warnings, stay until Ctrl-C."""
    up(Wanted(folder, once, kafka, seed, dealers, data, fresh, traces, secured), console)


@app.command()
def down(folder: FolderOption = HERE) -> None:
    """Stop what a run that was itself killed has left running."""
    found = end_left_over(Folder(folder).processes)
    console.print(f"stopped {', '.join(found)}" if found else "nothing was running")


@app.command()
def migrate(
    folder: FolderOption = HERE,
    dsn: Annotated[str | None, typer.Option(envvar="REGULARS_OWNER_DSN", help="Address for the owner role.")] = None,
) -> None:
    """Bring the schemas of the four services to their newest revision, and name the rebuilds that are then due."""
    asyncio.run(_migrate(dsn or _endpoints(folder)["postgres"][OWNER]))


async def _migrate(dsn: str) -> None:
    await migrate_all(dsn, PARTS, console.print)
    say_due(console, await all_due(dsn))


def _pairs(given: list[str], what: str) -> dict[str, str]:
    pairs = {}
    for one in given:
        name, sign, value = one.partition("=")
        if not sign:
            raise typer.BadParameter(f"{one!r}: {what} are given as field=value")
        pairs[name] = value
    return pairs


@app.command("import")
def import_verb(
    kind: Annotated[Kind, typer.Argument(help=" | ".join(FIELDS))],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="csv, ndjson or jsonl; plain, .gz or .xz")],
    folder: FolderOption = HERE,
    preset: Annotated[str | None, typer.Option(help="online-retail, cdnow, ibm-late-payments, cfpb-complaints")] = None,
    column: Annotated[list[str] | None, typer.Option(help="field=column of the file; repeatable")] = None,
    fixed: Annotated[
        list[str] | None, typer.Option("--set", help="field=value for all rows, such as currency=CNY; repeatable")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Name of the delivering system.")] = None,
    system: Annotated[str | None, typer.Option(help="Whose customer numbers these are.")] = None,
    date_format: Annotated[str | None, typer.Option(help="Form of the days, as %m/%d/%Y; ISO otherwise.")] = None,
    last_day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Move all days so that this is the last.")
    ] = None,
    ends: Annotated[bool, typer.Option(help="The source will deliver nothing more.")] = True,
    go_live: Annotated[bool, typer.Option("--go-live", help="Then let the rules fire.")] = False,
    key: Annotated[str | None, typer.Option(envvar="REGULARS_KEY", help="API key; the try-out key otherwise.")] = None,
) -> None:
    """Bring in a file through the HTTP API. A second run of the same file records nothing."""
    day: date | None = None if last_day is None else last_day.date()
    request = Request(
        kind,
        file,
        preset,
        _pairs(column or [], "columns"),
        _pairs(fixed or [], "values"),
        source,
        system,
        date_format,
        day,
        ends,
        go_live,
    )
    outcome, bad = asyncio.run(bring_in(_endpoints(folder), key, request, console))
    console.print(
        ", ".join(f"{count} {name}" for name, count in sorted(outcome.counts.items())) or "nothing to load", highlight=False
    )
    if bad:
        console.print(f"{len(bad)} lines were not loaded: {write_bad(file, bad)}", highlight=False)


@app.command()
def verify(folder: FolderOption = HERE) -> None:
    """Compare topics, read models and the alerts engine with what the stores say. Status 1 and the differences, if any."""
    found = asyncio.run(differences(_endpoints(folder), console.print))
    for one in found:
        console.print(f"[red]{one}[/]", highlight=False, soft_wrap=True)
    console.print("no difference" if not found else f"{len(found)} differences", highlight=False)
    if found:
        raise typer.Exit(1)


@app.command()
def rebuild(
    service: Annotated[str, typer.Argument(help=" | ".join(SERVICES))],
    read_model: Annotated[str, typer.Argument(help="Its name, or all: every one of the service in one pass.")],
    folder: FolderOption = HERE,
    anew: Annotated[
        bool, typer.Option("--anew", help="From the beginning, also where an interrupted rebuild could go on.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Swap even if the slots differ.")] = False,
) -> None:
    """Make read models anew from the stores while they are in use, compare, swap."""
    asyncio.run(rebuild_shown(console, _endpoints(folder), service, read_model, anew=anew, force=force))


@app.command()
def parked(
    folder: FolderOption = HERE,
    retry: Annotated[bool, typer.Option("--retry", help="Ask the owners of the parts to fold them anew.")] = False,
    key: Annotated[str | None, typer.Option(help="Only this key.")] = None,
    read_model: Annotated[str | None, typer.Option(help="Only of this read model.")] = None,
) -> None:
    """Row keys whose events wait because one of them could not be applied."""
    asyncio.run(_parked(_endpoints(folder), retry, key, read_model))


async def _parked(endpoints: dict[str, Any], retry: bool, key: str | None, read_model: str | None) -> None:
    conn = await asyncpg.connect(endpoints["postgres"]["admin"])
    try:
        table = Table("service", "read model", "part", "key", "at", "cause", "retry")
        for service in SERVICES:
            if retry:
                console.print(f"{service}: {await ask_retry(conn, service, read_model, key)} will be tried again")
            for one in await read_parked(conn, service):
                if key in (None, one.parked.key) and read_model in (None, one.read_model):
                    where = f"{one.parked.topic} {one.parked.cursor}"
                    table.add_row(
                        service,
                        one.read_model,
                        str(one.part),
                        one.parked.key,
                        where,
                        one.parked.cause,
                        "asked" if one.retry else "",
                    )
        console.print(table if table.row_count else "nothing is parked")
    finally:
        await conn.close()


@app.command()
def status(folder: FolderOption = HERE) -> None:
    """One screen: processes, versions, relays, watermarks, what lags by how much, what waits for a rebuild, what is parked."""
    asyncio.run(show_status(console, _endpoints(folder)))


@app.command("contracts")
def contracts_verb(
    answers: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="What tests were answered, to be documented.")
    ] = None,
) -> None:
    """Generate schemas, the AsyncAPI document and the event catalogue from the event classes, OpenAPI documents from the routes."""
    if answers is not None:
        take_over(ROOT, answers)
    changed = published.write(ROOT)
    console.print("\n".join(str(path) for path in changed) or "nothing has changed", highlight=False)


@app.command("requirements")
def requirements_verb() -> None:
    """Requirement rows with and without a test, from the last test run."""
    print_rows(console)


if __name__ == "__main__":
    main()
