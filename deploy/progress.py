"""Long work made visible: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Advance = Callable[[int], None]


@contextmanager
def progress(console: Console, text: str, total: int) -> Iterator[Advance]:
    """Shows how much of `total` is done: call the function that is given with each further amount."""
    if console.is_terminal:
        columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console) as bar:
            task = bar.add_task(text, total=total)
            yield lambda amount: bar.advance(task, amount)
        return
    done = shown = 0

    def advance(amount: int) -> None:
        nonlocal done, shown
        done += amount
        if total and done * 5 // total > shown:
            shown = done * 5 // total
            console.print(f"{text}: {done} of {total}", highlight=False)

    yield advance
