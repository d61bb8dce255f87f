"""Parameters that could be published and then end the engine, or a job, are refused; both sides of each line."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from services.alerts.domain.company_rules import COMPANY_RULES_BY_ID, SOURCE_SILENT, publish
from services.alerts.domain.decisions import publish_rule
from services.alerts.domain.refusals import ParametersRefused
from services.alerts.domain.signs import Parameters
from services.alerts.domain.source_silence import Feeding, judged

BY = UUID(int=7)
TODAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("rule_id", "name", "taken", "refused"),
    [
        ("overdue_debt", "watch_days", "1", "0"),
        ("sales_below_expectation", "months", "12", "13"),
        ("sales_below_expectation", "months", "1", "0"),
        ("sales_below_expectation", "months", "2", "1.5"),
        ("complaint_burst", "complaints", "1", "0"),
        ("complaint_burst", "complaints", "16", "17"),
        ("credit_signs_add_up", "signs", "1", "0"),
        ("overdue_debt", "promise_outcomes", "1", "0"),
    ],
)
def test_what_a_rule_counts_lies_within_what_it_remembers(rule_id: str, name: str, taken: str, refused: str) -> None:
    publish_rule([], rule_id, {name: Decimal(taken)}, BY, today=TODAY)
    with pytest.raises(ParametersRefused, match=name):
        publish_rule([], rule_id, {name: Decimal(refused)}, BY, today=TODAY)


@pytest.mark.parametrize(
    ("rule_id", "name", "taken", "refused"),
    [
        ("source_silent", "prompt_days", "1", "0"),
        ("source_silent", "least_days", "1", "0"),
        ("source_silent", "rhythm_days", "366", "367"),
        ("source_silent", "grace_days", "0", "0.5"),
        ("source_silent", "catch_up_minutes", "0", "100001"),
        ("common_cause", "window_days", "1", "0"),
        ("common_cause", "least_customers", "1", "0"),
    ],
)
def test_what_a_rule_about_the_company_counts_is_there_to_be_counted(rule_id: str, name: str, taken: str, refused: str) -> None:
    rule = COMPANY_RULES_BY_ID[rule_id]
    publish(rule, [], {name: Decimal(taken)}, BY)
    with pytest.raises(ParametersRefused, match=name):
        publish(rule, [], {name: Decimal(refused)}, BY)


def test_a_source_of_which_nothing_came_promptly_is_judged_by_the_others_whatever_was_published() -> None:
    loaded = {TODAY - timedelta(days=n): TODAY for n in range(20, 60)}
    any_number = Parameters(2, {**SOURCE_SILENT.defaults, "prompt_days": Decimal(0)})
    assert judged(Feeding("shop", "sales", loaded), any_number, TODAY) is None
    assert judged(Feeding("shop", "sales", loaded, others_since=10), any_number, TODAY) is not None
