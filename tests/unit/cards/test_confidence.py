"""Confidence falls with age, rises with a second look, and ends with a refutation."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import get_args
from uuid import UUID

import pytest

from services.cards.domain.confidence import confidence
from services.cards.domain.parts import Statement, Verification
from shared.contracts.cards import Provenance, Source

DAY = date(2026, 3, 2)


def statement(source: Source | None = "SALESPERSON", observed_on: date | None = DAY) -> Statement:
    provenance = None if source is None else Provenance(source=source, observed_on=observed_on)
    return Statement(4, DAY, 1, provenance, datetime(2026, 3, 3, tzinfo=UTC), UUID(int=1))


@pytest.mark.parametrize(
    "source, expected",
    [("AGENCY", "0.90"), ("OFFICE", "0.80"), ("SALESPERSON", "0.80"), ("SYSTEM", "0.70"), ("QUESTIONNAIRE", "0.50")],
)
def test_who_said_it_is_where_it_begins(source: Source, expected: str) -> None:
    assert confidence("trade.days_late", statement(source), None, DAY) == Decimal(expected)


def test_every_source_has_its_own_beginning() -> None:
    assert all(confidence("trade.days_late", statement(source), None, DAY) > 0 for source in get_args(Source))
    assert confidence("trade.days_late", statement(None), None, DAY) == Decimal("0.60")


@pytest.mark.parametrize(
    "field, years",
    [
        ("trade.days_late", 1),
        ("business.sales_results.2025", 1),
        ("characteristics.staff", 2),
        ("basics.telephone", 2),
        ("basics.name", 5),
    ],
)
def test_it_is_halved_in_the_life_of_its_field(field: str, years: int) -> None:
    later = date.fromordinal(DAY.toordinal() + 365 * years)
    assert confidence(field, statement(), None, later) == Decimal("0.40")


def test_it_counts_from_the_visit_and_not_from_the_entry() -> None:
    seen = date.fromordinal(DAY.toordinal() - 365)
    assert confidence("trade.days_late", statement(observed_on=seen), None, DAY) == Decimal("0.40")


def test_a_second_look_counts_from_its_day() -> None:
    looked_on = date.fromordinal(DAY.toordinal() + 365)
    look = Verification(True, looked_on, UUID(int=2), 2)
    assert confidence("trade.days_late", statement("QUESTIONNAIRE"), look, looked_on) == Decimal("0.95")
    assert confidence("trade.days_late", statement(), Verification(False, looked_on, UUID(int=2), 2), looked_on) == 0


def test_before_its_day_it_is_no_more_than_on_it() -> None:
    assert confidence("trade.days_late", statement(), None, date(2020, 1, 1)) == Decimal("0.80")
