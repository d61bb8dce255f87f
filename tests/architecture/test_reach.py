"""No query over customers can be written past the predicate of `shared.projections.narrowing`.

A query gets the names of its tables from `shared.projections.routing`, which narrows them. What names a table itself stands here, with
the reason why no caller with limited rows reads others' customers by it.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path
    for path in (ROOT / "services").glob("*/*/*.py")
    if path.parts[-2] not in ("migrations", "domain") and path.name != "env.py"
)
BY_STREAM = "one stream, that of what the address names: the door has asked whose it is"
ADDRESSED = "of the customer whom the address names: the door has asked whose it is"
GIVEN = "of customers or objects that the caller of the function has found already, or that a command decides on"
WORK = "read by work, which answers nobody"
COMMAND = "read where a command decides: it decides on what there is"
NOBODY = "about nobody in particular"
KEPT = "its routes are for callers who reach everybody"
NAMED_DIRECTLY: dict[str, dict[str, str]] = {
    "cards/read_models/authors.py": {"events": BY_STREAM},
    "cards/read_models/customer_lookup.py": {"events": GIVEN},
    "cards/read_models/customer_search.py": {"customer_search": COMMAND},
    "cards/read_models/duplicates.py": {
        "customer_search": "joined to the narrowed customers on both sides",
        "external_ids": "joined to the narrowed customers on both sides",
    },
    "cards/read_models/erasures.py": {"events": KEPT},
    "cards/read_models/import_jobs.py": {"import_errors": KEPT, "import_jobs": KEPT, "import_lines": WORK},
    "cards/read_models/investments.py": {"events": BY_STREAM},
    "cards/read_models/ledger_currencies.py": {"events": COMMAND},
    "cards/read_models/ledger_figures.py": {"events": COMMAND},
    "cards/read_models/purchases.py": {"events": BY_STREAM},
    "cards/read_models/subject.py": {"customer_search": ADDRESSED, "events": ADDRESSED, "published_decisions": ADDRESSED},
    "cards/read_models/transactions.py": {"events": BY_STREAM},
    "cards/read_models/visits.py": {
        "events": "who took the card last: asked by the door",
        "reads": "of visits on the narrowed list, by the person of each visit",
    },
    "classification/read_models/credit_grades.py": {"events": "the day's grades are narrowed as a table; the newest of all are a run's"},
    "classification/read_models/customer_grades.py": {"events": "the day's grades are narrowed as a table; the newest of all are a run's"},
    "classification/read_models/decisions.py": {"events": WORK},
    "classification/read_models/findings.py": {
        "value_class_findings": "its customers are unpacked and joined to those whom the caller may know of",
        "value_class_ranks": "a customer's place, by a customer whom the door has let pass",
        "value_class_runs": NOBODY,
        "{table}": WORK,
    },
    "classification/read_models/grade_runs.py": {"{name}": NOBODY},
    "classification/read_models/purchase_intents.py": {"purchase_intents_": "which customer is behind an intent: asked by the door", "routing": NOBODY},
    "classification/read_models/run_changes.py": {"{name}": WORK},
    "classification/read_models/runs.py": {"value_class_runs": NOBODY},
    "complaints/read_models/next_steps.py": {"next_steps": WORK},
    "complaints/read_models/received.py": {"events": GIVEN},
    "alerts/read_models/backtests.py": {"backtest_parts": KEPT, "backtests": KEPT},
    "alerts/read_models/bought_articles.py": {"bought_articles": WORK, "published_events": WORK},
    "alerts/read_models/company_alerts.py": {"events": NOBODY},
    "alerts/read_models/log_places.py": {"log_places": NOBODY, "published_events": NOBODY},
    "alerts/read_models/logged_days.py": {"published_events": NOBODY},
    "alerts/read_models/purchase_days.py": {"published_events": WORK},
    "alerts/read_models/silent_sources.py": {"events": NOBODY},
    "alerts/read_models/spoken_days.py": {"published_events": WORK, "spoken_days": NOBODY},
    "alerts/read_models/watched_customers.py": {"positions": NOBODY, "routing": NOBODY, "watched_customers_": "read by work and by the door"},
    "alerts/read_models/webhook_deliveries.py": {"webhook_deliveries": KEPT},
    "alerts/read_models/webhook_queue.py": {"webhook_alerts": WORK, "webhook_deliveries": WORK, "webhooks": WORK},
    "alerts/read_models/webhooks.py": {"webhook_deliveries": KEPT, "webhooks": KEPT},
}  # fmt: skip
WHOLE_TOTALS = {
    "cards/read_models/results.py": "groups that the caller reaches, and the company's figures behind a share",
    "classification/read_models/customer_sales.py": "the company's figures behind a share",
}
"""Files that read totals of everybody for callers with limited rows."""
WIDENED = {
    "classification/read_models/class_ladders.py": "ranks are the company's; who is listed is narrowed",
    "classification/read_models/cross_selling.py": "what is learnt from the company's baskets names nobody; whom it is looked at for is narrowed",
    "classification/read_models/distribution.py": "what a dealer of the caller's reaches is counted whole and names nobody",
    "classification/read_models/mark_columns.py": "only joined to customers that are narrowed, beside the company's average",
    "classification/read_models/marks.py": "the company's average",
    "classification/read_models/opportunities.py": "how many intents of the company were won, by grade",
    "classification/read_models/stock_turnover.py": "sums of dealers that are the caller's",
}
"""Files that read whole tables for callers with limited rows, by `narrowed(None)`."""
_TABLE = re.compile(
    r"\b(?:FROM|JOIN)\s+(?:ONLY\s+)?(?:\{schema\}|\{service\}|cards|classification|complaints|alerts)\.(\{?\w+\}?)"
)


def home(path: Path) -> str:
    return path.relative_to(ROOT / "services").as_posix()


@pytest.mark.requirement("S0.23")
def test_who_names_a_table_past_the_predicate_says_why() -> None:
    strange = {
        f"{home(path)}: {table}"
        for path in SOURCES
        for table in _TABLE.findall(path.read_text())
        if table not in NAMED_DIRECTLY.get(home(path), {})
    }
    assert strange == set(), (
        "get the table from shared.projections.routing, or say here why nobody else's customers are read by it"
    )


def test_reasons_are_given_for_what_is_there() -> None:
    gone = [name for name in {**NAMED_DIRECTLY, **WHOLE_TOTALS, **WIDENED} if not (ROOT / "services" / name).exists()]
    assert gone == []


@pytest.mark.requirement("S0.23")
def test_who_reads_totals_of_everybody_says_why() -> None:
    users = {home(path) for path in SOURCES if "whole_totals" in path.read_text()}
    assert users <= set(WHOLE_TOTALS)


@pytest.mark.requirement("S0.23")
def test_only_the_mechanism_makes_names_of_tables_and_widens_a_request() -> None:
    apart = {"table_name", "totals_name", "narrowed", "those_of"}
    allowed = {f"{name}: narrowed" for name in WIDENED}
    users = {
        f"{home(path)}: {alias.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name in apart
    }
    assert users == allowed
    assert not {
        name
        for name in WIDENED
        for call in re.findall(r"\bnarrowed\((.*?)\)", (ROOT / "services" / name).read_text())
        if call != "None"
    }
