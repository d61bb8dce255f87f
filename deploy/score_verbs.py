"""The verbs `regulars score ...`: scores of plain files."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from deploy.backtest.files import BadFile
from deploy.imports.files import BadLine, rows_of
from services.alerts.domain.card_points import STATEMENTS, CardAccount, Scored, points_of

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
) -> None:
    """Points of card accounts, each with its reasons: the more, the likelier the account defaults next month."""
    found = scored(file)
    out.parent.mkdir(parents=True, exist_ok=True)
    staged = out.with_name(f".{out.name}.{os.getpid()}")
    with staged.open("w", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((client, one.points, msgspec.json.encode(one.reasons).decode()) for client, one in found)
    os.replace(staged, out)
    Console().print(f"{len(found)} accounts, written to {out}", highlight=False, soft_wrap=True)


def scored(file: Path) -> list[tuple[str, Scored]]:
    """Every account of the file in its order. Raises BadFile, UnknownFormat."""
    found = []
    for row in rows_of(file):
        if isinstance(row, BadLine):
            raise BadFile(f"{file.name}, line {row.line}: {row.reason}")
        try:
            found.append((str(row.values["client"]), points_of(_account(row.values))))
        except KeyError as missing:
            raise BadFile(f"{file.name}: the column {missing.args[0]} is missing") from None
        except ValueError:
            raise BadFile(f"{file.name}, line {row.line}: no account with a limit and six statements in numbers") from None
    return found


def _account(values: dict[str, Any]) -> CardAccount:
    return CardAccount(
        limit=float(values["limit"]),
        status=[int(values[f"status_{i}"]) for i in _NUMBERS],
        billed=[float(values[f"bill_{i}"]) for i in _NUMBERS],
        paid=[float(values[f"paid_{i}"]) for i in _NUMBERS],
    )
