"""Results of a back-test: files that a reader sees whole or not at all, and the comparison as a table."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.table import Table

from services.alerts.engine.backtest_summary import DRAFT, PRESENT

_LINES = {
    "rule version": "rule_version",
    "warnings": "alerts",
    "standing at the beginning": "standing",
    "customers": "customers",
    "right": "true",
    "for nothing": "false",
    "too late": "too_late",
    "not decided yet": "undecided",
    "precision": "precision",
    "losses foretold": "losses_foretold",
    "losses missed": "losses_missed",
    "recall": "recall",
    "days before the loss (median)": "median_days_before_loss",
}


def comparison(result: Mapping[str, Any]) -> Table:
    """The variants side by side."""
    # The present rule comes first, whatever order the answer has.
    variants = {name: result["variants"][name] for name in (PRESENT, DRAFT) if name in result["variants"]}
    table = Table("", *variants)
    for text, name in _LINES.items():
        table.add_row(text, *("" if one[name] is None else f"{one[name]}" for one in variants.values()))
    return table


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with _staged(path) as staged, staged.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def write_bytes(path: Path, content: bytes) -> None:
    with _staged(path) as staged:
        staged.write_bytes(content)


@contextmanager
def _staged(path: Path) -> Iterator[Path]:
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    yield staged
    os.replace(staged, path)
