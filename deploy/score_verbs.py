"""The verbs `regulars score ...`: scores of plain files."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
import typer
from rich.console import Console

from deploy.backtest.files import BadFile
from deploy.imports.files import BadLine, rows_of
from services.alerts.domain.card_points import (
    BY_HAND,
    FEWEST_DEFAULTS,
    STATEMENTS,
    CardAccount,
    Scored,
    Table,
    points_of,
    table_learnt,
)

T = TypeVar("T")
COLUMNS = ("client", "score", "reasons")
score_verbs = typer.Typer(no_args_is_help=True, help="Scores of plain files.")
_NUMBERS = range(1, STATEMENTS + 1)


@score_verbs.callback()
def scores() -> None:
    """Scores of plain files."""


@score_verbs.command("cards")
def cards_verb(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="client,limit,status_1..6,bill_1..6,paid_1..6; newest first")
    ],
    out: Annotated[Path, typer.Option(dir_okay=False, help="File for client,score,reasons.")],
    outcomes: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Past accounts with default_next_month: points are learnt from them, not set by hand.",
        ),
    ] = None,
) -> None:
    """Points of card accounts, each with its reasons: the more, the likelier the account defaults next month."""
    table = BY_HAND if outcomes is None else learnt_from(outcomes)
    found = scored(file, table)
    out.parent.mkdir(parents=True, exist_ok=True)
    staged = out.with_name(f".{out.name}.{os.getpid()}")
    with staged.open("w", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((client, one.points, msgspec.json.encode(one.reasons).decode()) for client, one in found)
    os.replace(staged, out)
    Console().print(f"{len(found)} accounts, written to {out}", highlight=False, soft_wrap=True)


def scored(file: Path, table: Table = BY_HAND) -> list[tuple[str, Scored]]:
    """Every account of the file in its order. Raises BadFile, UnknownFormat."""
    return _each(file, lambda values: (str(values["client"]), points_of(account_of(values), table)))


def learnt_from(file: Path) -> Table:
    """Points learnt from accounts whose outcome is known. Raises BadFile, UnknownFormat."""
    known = _each(file, lambda values: (account_of(values), _defaulted(values)))
    table = table_learnt([account for account, _ in known], [defaulted for _, defaulted in known])
    if table is None:
        raise BadFile(f"{file.name}: {FEWEST_DEFAULTS} accounts that defaulted and as many that did not are needed to learn from")
    return table


def _each(file: Path, read: Callable[[dict[str, Any]], T]) -> list[T]:
    found = []
    for row in rows_of(file):
        if isinstance(row, BadLine):
            raise BadFile(f"{file.name}, line {row.line}: {row.reason}")
        try:
            found.append(read(row.values))
        except KeyError as missing:
            raise BadFile(f"{file.name}: the column {missing.args[0]} is missing") from None
        except ValueError:
            raise BadFile(f"{file.name}, line {row.line}: no account with a limit and six statements in numbers") from None
    return found


def _defaulted(values: dict[str, Any]) -> bool:
    return bool(int(values["default_next_month"]))


def account_of(values: Mapping[str, Any]) -> CardAccount:
    """The account of one row. Raises KeyError for a column that is missing, ValueError for what is no number."""
    return CardAccount(
        limit=float(values["limit"]),
        status=[int(values[f"status_{i}"]) for i in _NUMBERS],
        billed=[float(values[f"bill_{i}"]) for i in _NUMBERS],
        paid=[float(values[f"paid_{i}"]) for i in _NUMBERS],
    )
