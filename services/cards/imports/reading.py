"""From stored lines to commands: each line is parsed and validated on its own, and a bad one spoils no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from services.cards.api.card_bodies import read_customer
from services.cards.api.fact_bodies import read_fact
from services.cards.domain.card import RegisterCustomer
from services.cards.domain.ledger import Delivered, Written
from services.cards.imports import plain_sales
from services.cards.read_models.import_jobs import LineError
from shared.web.problem import FieldError, Problem
from shared.web.strict_json import parse

_NOBODY = UUID(int=0)
_MOST_ERRORS_A_LINE = 20


@dataclass(slots=True)
class Lines:
    """What a chunk holds: the readable lines with their numbers, and what is wrong with the others."""

    numbers: list[int] = field(default_factory=list)
    facts: list[Delivered | Written] = field(default_factory=list)
    customers: list[RegisterCustomer] = field(default_factory=list)
    errors: list[LineError] = field(default_factory=list)
    refused: int = 0

    def refuse(self, line: int, problem: Problem) -> None:
        self.refused += 1
        self.errors += line_errors(line, problem)


def line_errors(line: int, problem: Problem) -> list[LineError]:
    """A problem as rows of the list of errors."""
    found = problem.errors[:_MOST_ERRORS_A_LINE] or [FieldError("#", problem.code, problem.detail or problem.title)]
    return [LineError(line, n, one.pointer[:500], one.code[:100], one.detail[:500]) for n, one in enumerate(found)]


@dataclass(frozen=True, slots=True)
class Given:
    """What lines are read as: their kind, the source they speak for, who sent them, the day on which they are read."""

    kind: str
    source: str
    principal: UUID
    today: date


def read_lines(given: Given, first_line: int, content: Sequence[bytes], lines: Lines) -> None:
    """Read lines that follow each other, behind those that `lines` holds; empty ones are passed over."""
    kind, source, principal = given.kind, given.source, given.principal
    plain = plain_sales.reader(source, given.today) if kind == "transactions" else _nothing_plain
    for number, raw in enumerate(content, first_line):
        ordinary = plain(raw)
        if ordinary is not None:
            lines.numbers.append(number)
            lines.facts.append(ordinary)
            continue
        if not raw or raw.isspace():
            continue
        try:
            item = parse(raw)
        except Problem as problem:
            lines.refuse(number, problem)
            continue
        found = _fact(item, source) if kind == "transactions" else _customer(item, principal)
        if isinstance(found, Problem):
            lines.refuse(number, found)
            continue
        lines.numbers.append(number)
        if isinstance(found, Delivered):
            lines.facts.append(found)
        else:
            lines.customers.append(found)


def _nothing_plain(_raw: bytes) -> None:
    """Cards are read one way."""


def _fact(item: Any, source: str) -> Delivered | Problem:
    if isinstance(item, dict) and item.setdefault("source", source) != source:
        error = FieldError("#/source", "SOURCE_DIFFERS", "the import speaks for another source")
        return Problem("VALIDATION_FAILED", errors=[error])
    return read_fact(item)


def _customer(item: Any, principal: UUID) -> RegisterCustomer | Problem:
    found = read_customer(item, _NOBODY, principal)
    if isinstance(found, RegisterCustomer) and not found.external_ids:
        # Without one, the same file delivered again would register everybody again.
        error = FieldError("#/external_ids", "EXTERNAL_ID_MISSING", "a card of an import carries at least one external id")
        return Problem("VALIDATION_FAILED", errors=[error])
    return found
