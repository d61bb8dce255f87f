"""`regulars trace`: what a request led to, through its event to whatever followed it, as text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.console import Console

from deploy.local.folder import Folder
from deploy.options import HERE, FolderOption

console = Console()
_LATEST = 10


class NoTrace(Exception):
    """Nothing was recorded of this trace."""


class Span(NamedTuple):
    """What one process did for a trace. Times in nanoseconds of the Unix epoch."""

    trace: str
    span: str
    parent: str | None
    process: str
    name: str
    began: int
    ended: int
    about: str


def trace_verb(
    trace_id: Annotated[
        str | None, typer.Argument(help="As `traceparent`, problems and logs name it; the latest without.")
    ] = None,
    folder: FolderOption = HERE,
) -> None:
    """What a request led to, of an installation that was started with --traces."""
    spans = sorted(read_spans(Folder(folder).traces), key=lambda span: span.began)
    if trace_id is None:
        roots = [span for span in spans if span.parent is None and not span.name.startswith("GET ")][-_LATEST:]
        lines = [f"{span.trace}  {span.process:<20} {span.name}" for span in roots]
    else:
        wanted = trace_id.split("-")[1] if "-" in trace_id else trace_id
        lines = tree([span for span in spans if span.trace == wanted])
    if not lines:
        raise NoTrace("nothing of it was recorded; are traces on (regulars up --traces)?")
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)


def read_spans(folder: Path) -> Iterator[Span]:
    """Every span that the processes of an installation have written; half a line at the end of a file is left out."""
    for file in sorted(folder.glob("*.ndjson")):
        for line in file.read_text().splitlines():
            try:
                fields = json.loads(line)
            except ValueError:
                continue
            yield Span(**{name: fields[name] for name in Span._fields})


def tree(spans: Sequence[Span]) -> list[str]:
    """The spans of one trace, each below the one that caused it: when it began (ms after the first), how long it took, who did what."""
    if not spans:
        return []
    first = min(span.began for span in spans)
    known = {span.span for span in spans}
    return list(_below([span for span in spans if span.parent not in known], spans, first, 0))


def _below(these: Iterable[Span], spans: Sequence[Span], first: int, depth: int) -> Iterator[str]:
    for one in sorted(these, key=lambda span: span.began):
        at, took = (one.began - first) / 1e6, (one.ended - one.began) / 1e6
        what = f"{'  ' * depth}{one.name}" + (f"  {one.about}" if one.about else "")
        yield f"{at:9.1f} ms {took:8.1f} ms  {one.process:<20} {what}"
        yield from _below([span for span in spans if span.parent == one.span], spans, first, depth + 1)
