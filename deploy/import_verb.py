"""`regulars import`: a file of another system, through the HTTP API like any other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from clients.python.regulars_client import api
from deploy.imports.bodies import Line, days_of, lines_of
from deploy.imports.files import BadLine, columns_of, rows_of
from deploy.imports.mapping import Kind, Layout, UnknownMapping
from deploy.imports.presets import preset
from deploy.imports.send import Outcome
from deploy.local.folder import write_file
from deploy.local.load import Services, go_live, send


@dataclass(frozen=True)
class Request:
    """What is to be imported and how its columns are to be read. `last_day`: all days are moved so that this is the last one."""

    kind: Kind
    file: Path
    preset: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    source: str | None = None
    system: str | None = None
    date_format: str | None = None
    last_day: date | None = None
    ends: bool = True
    go_live: bool = False


def layout_for(request: Request) -> Layout:
    """The preset, with what was given beside it. Raises UnknownMapping, UnknownFormat."""
    found = columns_of(request.file)
    base: dict[str, Any] = {
        "kind": request.kind,
        "columns": {},
        "fixed": {},
        "source": request.file.name.split(".")[0],
        "system": "file",
    }
    if request.preset is not None:
        layout = preset(request.preset, request.kind, found)
        if layout is None:
            raise UnknownMapping(f"no preset {request.preset} of {request.kind} fits the columns {', '.join(found)}")
        base = dict(vars(layout))
    given = {"source": request.source, "system": request.system, "date_format": request.date_format}
    layout = Layout(
        **{
            **base,
            **{name: value for name, value in given.items() if value is not None},
            "columns": {**base["columns"], **request.columns},
            "fixed": {**base["fixed"], **request.fixed},
        }
    )
    if request.last_day is None:
        return layout
    last = max(days_of(rows_of(request.file), layout), default=request.last_day)
    return Layout(**{**vars(layout), "move_days": (request.last_day - last).days})


@asynccontextmanager
async def reached(endpoints: Mapping[str, Any], key: str | None) -> AsyncIterator[Services]:
    """The interfaces of a running installation."""
    async with AsyncExitStack() as opened:
        raw = key or endpoints["keys"]["everything"]
        yield Services(
            **{name: await opened.enter_async_context(api(one["url"], raw)) for name, one in endpoints["services"].items()}
        )


async def bring_in(
    endpoints: Mapping[str, Any], key: str | None, request: Request, console: Console
) -> tuple[Outcome, Sequence[BadLine]]:
    """Import the file; every line that was not loaded, with its reason, in the order of the file.

    Raises UnknownMapping, UnknownFormat, ApiRefused, ApiUnreachable, ImportFailed.
    """
    layout = layout_for(request)
    found = list(lines_of(rows_of(request.file), layout))
    async with reached(endpoints, key) as services:
        outcome = await send(services, layout, [one for one in found if isinstance(one, Line)], request.ends, console)
        if request.go_live:
            await go_live(services, request.last_day or datetime.now(UTC).date())
    bad = [*(one for one in found if isinstance(one, BadLine)), *outcome.refused]
    return outcome, sorted(bad, key=lambda one: one.line)


def write_bad(file: Path, bad: Sequence[BadLine]) -> Path:
    """The error file beside the working directory: line number, a tab, the reason."""
    path = Path(f"{file.name}.errors.txt")
    write_file(path, "".join(f"{one.line}\t{one.reason}\n" for one in bad))
    return path
