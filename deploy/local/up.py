"""`regulars up`: from nothing to the first warnings, on this machine."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import shutil
import signal
import time
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.panel import Panel

from deploy.imports.files import BadLine
from deploy.local.folder import DataSet, Folder, write_file
from deploy.local.load import Services, classify, go_live, layout_of, load_file, load_sample, services_of
from deploy.local.looking_after import look_after
from deploy.local.report import counts, kept, say_kept, show, summary, warnings
from deploy.local.sample import Expected, make_sample
from deploy.local.stack import Stack, running
from deploy.local.supervisor import end_left_over
from deploy.rebuilding import all_due, rebuild_shown
from deploy.settle import settled
from shared.contracts.cursor import PARTS

_PATIENCE_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for. Neither a seed nor a file: whatever is there, or the sample of seed 1."""

    folder: Path
    once: bool = False
    kafka: bool = True
    seed: int | None = None
    dealers: int | None = None
    data: Path | None = None
    fresh: bool = False
    traces: bool = False
    secured: bool = False


class OtherData(Exception):
    """The folder holds another data set than the one asked for."""


class AlreadyRunning(Exception):
    """Another `regulars up` works on the folder."""


@dataclass
class Phases:
    """Seconds that each phase took, and all of them."""

    began: float = field(default_factory=time.monotonic)
    last: float = field(default_factory=time.monotonic)
    seconds: dict[str, float] = field(default_factory=dict)

    def ended(self, phase: str) -> None:
        now = time.monotonic()
        self.seconds[phase] = self.seconds.get(phase, 0.0) + now - self.last
        self.last = now
        self.seconds["total"] = now - self.began


def up(wanted: Wanted, console: Console) -> None:
    """Start everything, load what is not loaded yet, print the warnings, stay until Ctrl-C (or end, with `once`).

    Raises OtherData, AlreadyRunning, and what stack, load and settle raise.
    """
    folder = Folder(wanted.folder)
    folder.root.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        if wanted.fresh:
            end_left_over(folder.processes)
            _empty(folder)
        data_set = _data_set(folder, wanted)
        finished = asyncio.run(_until_stopped(_up(folder, data_set, wanted, console)))
    if wanted.once and not finished:
        raise KeyboardInterrupt


async def _up(folder: Folder, data_set: DataSet, wanted: Wanted, console: Console) -> None:
    phases = Phases()
    console.print(f"[bold]Regulars[/bold] in {folder.root}: {data_set}, trade up to {data_set.anchor}", highlight=False)

    def say(text: str) -> None:
        console.print(f"  {text}", highlight=False)

    async with running(folder, data_set, wanted.kafka, say, wanted.traces) as stack:
        if stack.feed.why:
            text = f"This runs WITHOUT KAFKA, on the event stores themselves: {stack.feed.why}"
            console.print(Panel(text, style="bold red", title="no Kafka"))
        for due in await all_due(stack.database.admin):
            await rebuild_shown(console, folder.read_endpoints(), due.service, due.read_model)
        phases.ended("start")
        async with services_of(stack) as services:
            expected = await _loaded(folder, services, stack, console, phases)
            found = await warnings(services, expected)
            counted, cards = await counts(stack.database.admin), await kept(services)
            phases.ended("warnings")
            show(console, found, expected)
            write_file(folder.summary, summary(stack.feed.feed, counted, cards, found, expected, phases.seconds))
            say_kept(console, cards)
            console.print(
                f"{counted['events']} events of {counted['customers']} customers, {phases.seconds['total']:.0f} seconds, feed: {stack.feed.feed}"
            )
            if not wanted.once:
                _addresses(folder, stack, console)
                await asyncio.Event().wait()


async def _loaded(folder: Folder, services: Services, stack: Stack, console: Console, phases: Phases) -> Sequence[Expected]:
    data_set = folder.data_set()
    if data_set is None:
        raise OtherData("the folder was emptied meanwhile")
    sample = None if data_set.seed is None else make_sample(data_set.seed, data_set.anchor, data_set.dealers)
    if "loaded" not in data_set.done:
        if sample is not None:
            await load_sample(services, sample, console)
        elif data_set.file is not None:
            _say_bad(folder, await load_file(services, Path(data_set.file), data_set.anchor, console), console)
        phases.ended("load")
        await settled(stack.database.admin, PARTS, _PATIENCE_SECONDS)
        phases.ended("read models")
        await go_live(services, data_set.anchor)
        await classify(services, data_set.anchor)
        if sample is not None:
            await settled(stack.database.admin, PARTS, _PATIENCE_SECONDS)
            await look_after(services, sample.expected, data_set.anchor)
        folder.keep(replace(data_set, done=(*data_set.done, "loaded")))
    await settled(stack.database.admin, PARTS, _PATIENCE_SECONDS)
    return () if sample is None else sample.expected


def _data_set(folder: Folder, wanted: Wanted) -> DataSet:
    """What the folder holds, or what it will hold. Raises OtherData, UnknownFile."""
    there = folder.data_set()
    digest = None if wanted.data is None else hashlib.sha256(wanted.data.read_bytes()).hexdigest()
    if there is not None:
        other = (
            (digest is not None and digest != there.digest)
            or (wanted.seed is not None and wanted.seed != there.seed)
            or (wanted.dealers is not None and wanted.dealers != there.dealers)
            or (wanted.secured and not there.secured)
        )
        if other:
            raise OtherData(f"{folder.root} holds {there}. Another data set needs FRESH=1, which drops this one")
        return there
    today = datetime.now(UTC).date()
    if wanted.data is not None:
        layout_of(wanted.data)
        data_set = DataSet(today, file=str(wanted.data.resolve()), digest=digest, secured=wanted.secured)
    else:
        seed = 1 if wanted.seed is None else wanted.seed
        data_set = DataSet(today, seed=seed, dealers=wanted.dealers or 400, secured=wanted.secured)
    folder.keep(data_set)
    return data_set


def _say_bad(folder: Folder, bad: Sequence[BadLine], console: Console) -> None:
    if bad:
        file = folder.root / "not-loaded.txt"
        write_file(file, "".join(f"{one.line}\t{one.reason}\n" for one in bad))
        console.print(f"{len(bad)} lines were not loaded: see {file}")


def _addresses(folder: Folder, stack: Stack, console: Console) -> None:
    for service, url in stack.urls.items():
        console.print(f"  {service:<15} {url}/docs", highlight=False)
    keys = folder.read_endpoints()["keys"]
    width = max(map(len, keys))
    console.print(
        "[bold]Try-out keys, for this machine only:[/] never give them to anybody, never take them elsewhere", highlight=False
    )
    for name, raw in keys.items():
        console.print(f"  {name:<{width}}  {raw}", highlight=False, soft_wrap=True)
    console.print(f"  everything else {folder.endpoints}", highlight=False, soft_wrap=True)
    console.print("Ctrl-C stops everything; the data stay for the next start.")


@contextmanager
def _alone(folder: Folder) -> Iterator[None]:
    with folder.lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(f"another run works on {folder.root}") from None
        yield


def _empty(folder: Folder) -> None:
    for path in folder.root.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path != folder.lock:
            path.unlink()


async def _until_stopped(work: Coroutine[Any, Any, None]) -> bool:
    """Run to the end (True), or until SIGINT or SIGTERM; a second one does not break off the stopping."""
    task = asyncio.create_task(work)
    stopped = False

    def stop() -> None:
        nonlocal stopped
        if not stopped:
            stopped = True
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    with suppress(asyncio.CancelledError):
        await task
    return not stopped
