"""`regulars backtest`: the warnings of the live code over plain files, seeing on each day only what was known by then."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
from rich.console import Console

from deploy.backtest.files import BadFile, Trader, read
from deploy.backtest.items import item
from deploy.backtest.output import write_bytes, write_rows
from deploy.backtest.replay import AlertRow, Found, InvoiceRow, Rules, ScoreRow, payments_of, replay
from deploy.progress import progress
from services.alerts.api.backtest_plot import plot
from services.alerts.domain import control as controls
from services.alerts.domain import late_odds
from services.alerts.domain.control import DEFAULT_VERSION, SILENCE_POPULATION, Control
from services.alerts.domain.hindsight import FAILED_AFTER_DAYS, LOST_AFTER_DAYS
from services.alerts.domain.late_payment import payers_of
from services.alerts.domain.population_fit import Fitted, History, fitted
from services.alerts.domain.rules import RULES_BY_ID
from services.alerts.domain.signs import checked_parameters
from services.alerts.domain.silence_score import parameters_of
from services.alerts.engine.backtest_summary import DRAFT, PRESENT, summary_of
from services.alerts.engine.items import Item
from services.alerts.engine.past import Rerun
from services.alerts.engine.warned import Piece
from shared.contracts.alerts import PopulationRefitted, RulePublished, WentLive
from shared.contracts.envelope import opened
from shared.contracts.event import Event

CHUNK = 250
LAST_OF_THE_DAY = 900_000
DRAFT_VERSION = DEFAULT_VERSION + 1
ALERT_COLUMNS = AlertRow._fields[:-1]


@dataclass(frozen=True, slots=True)
class Request:
    """Files, the last day that population parameters may learn from, the last day of the test, and where results go.

    `rule`: the one that is looked at in hindsight, and compared with a draft of its parameters if there is one.
    """

    transactions: Path | None
    invoices: Path | None
    learn_until: date
    until: date
    out: Path
    processes: int = 2
    rule: str | None = None
    draft: Mapping[str, str] | None = None


def backtest(request: Request, console: Console) -> dict[str, Any]:
    """Write alerts.csv, scores.csv, invoices.csv and summary.json into the folder; the summary. The same files give the same
    results, bit for bit, with any number of processes.

    Raises BadFile, UnknownFormat, CustomerFailed.
    """
    if request.until <= request.learn_until:
        raise BadFile("the last day lies after the last day of learning")
    console.print("reading", highlight=False)
    traders = read(request.transactions, request.invoices)
    console.print(f"learning from what was known by {request.learn_until}", highlight=False)
    learnt = fitted(histories(traders, request.learn_until))
    rules = with_draft(rules_from(traders, learnt, request.learn_until, request.until), learnt, request)
    found = Found()
    chunks = [traders[at : at + CHUNK] for at in range(0, len(traders), CHUNK)]
    with progress(console, "customers, day by day", len(traders)) as advance:
        for chunk, part in zip(chunks, _replayed(chunks, rules, request.processes), strict=True):
            found.alerts += part.alerts
            found.scores += part.scores
            found.invoices += part.invoices
            found.warned += part.warned
            found.suffered += part.suffered
            advance(len(chunk))
    return _write(request, traders, learnt, rules, found)


def histories(traders: Iterable[Trader], until: date) -> list[History]:
    """Purchase days through `until` of all who had bought by then."""
    found = []
    for trader in traders:
        days = sorted({one.on.toordinal() for one in trader.purchases if one.on <= until and (one.amount or 0) >= 0})
        if days:
            found.append(History(days, until.toordinal()))
    return found


def with_draft(rules: Rules, learnt: Fitted | None, request: Request) -> Rules:
    """The rules, and what a draft of one of them would be compared with. Raises BadFile for a rule or a parameter that is none."""
    if request.rule is None:
        return rules
    if request.rule not in RULES_BY_ID:
        raise BadFile(f"there is no rule {request.rule}")
    if request.draft is None:
        return rules._replace(rule=request.rule)
    try:
        parameters = dict(checked_parameters(RULES_BY_ID[request.rule], {k: Decimal(v) for k, v in request.draft.items()}))
    except (ValueError, InvalidOperation) as error:
        raise BadFile(f"{request.rule}: {error if isinstance(error, ValueError) else 'a parameter is a number'}") from None
    published = RulePublished(rule_id=request.rule, version=DRAFT_VERSION, parameters=parameters)
    return rules._replace(
        rule=request.rule, draft=_items([*_learnt(learnt), published, *_live(rules.learn_until)], rules.learn_until)
    )


def rules_from(traders: Sequence[Trader], learnt: Fitted | None, learn_until: date, until: date) -> Rules:
    """The rules as they are by default, with the population that was learnt, live from the end of `learn_until`."""
    events = [*_learnt(learnt), *_live(learn_until)]
    items = _items(events, learn_until)
    control = Control()
    for one, event in zip(items, events, strict=True):
        control = controls.evolve(control, event, one.record.event_id)
    habits, outcomes = payments_of(traders, learn_until)
    payers = payers_of(habits)
    return Rules(control, items, payers, late_odds.learnt(outcomes, payers), learn_until, until)


def _learnt(learnt: Fitted | None) -> list[Event]:
    if learnt is None:
        return []
    numbers = parameters_of(learnt.population)
    return [PopulationRefitted(name=SILENCE_POPULATION, version=1, parameters=numbers, customers=learnt.histories)]


def _live(learn_until: date) -> list[Event]:
    return [WentLive(live_on=learn_until)]


def _items(events: Sequence[Event], on: date) -> list[Item]:
    return [item(event, None, on, LAST_OF_THE_DAY + i) for i, event in enumerate(events)]


def _replayed(chunks: Sequence[Sequence[Trader]], rules: Rules, processes: int) -> Iterable[Found]:
    work = partial(replay, rules=rules)
    wanted = min(processes, os.cpu_count() or 1, len(chunks))
    if wanted <= 1:
        yield from map(work, chunks)
        return
    with ProcessPoolExecutor(wanted) as pool:
        yield from pool.map(work, chunks)


def _write(request: Request, traders: Sequence[Trader], learnt: Fitted | None, rules: Rules, found: Found) -> dict[str, Any]:
    request.out.mkdir(parents=True, exist_ok=True)
    alerts = sorted(found.alerts, key=lambda row: (row.opened_on, row.customer, str(row.alert_id)))
    scores = sorted(found.scores, key=lambda row: (row.day, row.customer, row.kind))
    invoices = sorted(found.invoices, key=lambda row: (row.issued_on, row.customer, row.invoice))
    write_rows(request.out / "alerts.csv", ALERT_COLUMNS, (row[:-1] for row in alerts))
    write_rows(
        request.out / "scores.csv", ScoreRow._fields, ((*row[:3], f"{row.score:.6f}", f"{row.probability:.6f}") for row in scores)
    )
    write_rows(request.out / "invoices.csv", InvoiceRow._fields, ((*row[:3], f"{row.probability_late:.6f}") for row in invoices))
    compared = _compared(request, rules, found, traders)
    write_bytes(
        request.out / "plot.svg",
        plot(f"{request.rule or 'all rules'}, {compared['from']} to {compared['until']}", compared["months"]),
    )
    summary = {
        "learn_until": request.learn_until.isoformat(),
        "until": request.until.isoformat(),
        "customers": len(traders),
        "purchases": sum(len(one.purchases) for one in traders),
        "invoices": sum(len(one.bills) for one in traders),
        "population": None
        if learnt is None
        else {"version": 1, "histories": learnt.histories, **parameters_of(learnt.population)},
        "payers": asdict(rules.payers),
        "late_odds": None if rules.late_odds is None else rules.late_odds._asdict(),
        "alerts": sum(1 for _ in {row.alert_id for row in alerts}),
        "rules": _by_rule(alerts),
        "hindsight": compared,
        "weekly_scores": dict(sorted(Counter(row.kind for row in scores).items())),
    }
    write_bytes(request.out / "summary.json", msgspec.json.format(msgspec.json.encode(summary), indent=2) + b"\n")
    return summary


def _compared(request: Request, rules: Rules, found: Found, traders: Sequence[Trader]) -> dict[str, Any]:
    """What became of the warnings: of all rules, or of one beside its draft."""
    rule = request.rule or ""
    present = RulePublished(rule_id=rule, version=DEFAULT_VERSION, parameters=dict(RULES_BY_ID[rule].defaults) if rule else {})
    variants: dict[str, tuple[RulePublished, ...]] = {PRESENT: (present,)}
    for one in rules.draft:
        event = opened(one.record).event
        if isinstance(event, RulePublished):
            variants[DRAFT] = (present, event)
    what = Rerun(
        rule_id=rule,
        variants=variants,
        first=request.learn_until + timedelta(days=1),
        last=request.until,
        known="AS_RECORDED",
        lost_after_days=LOST_AFTER_DAYS,
        failed_after_days=FAILED_AFTER_DAYS,
        known_until=request.until,
        live_at=None,
        zone="UTC",
    )
    return summary_of(
        what,
        [
            Piece(
                customers=len(traders),
                events=sum(len(one.purchases) + len(one.bills) for one in traders),
                warned=found.warned,
                suffered=found.suffered,
            )
        ],
    )


def _by_rule(alerts: Sequence[AlertRow]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for rule in sorted({row.rule_id for row in alerts}):
        rows = [row for row in alerts if row.rule_id == rule]
        lasted = [(row.resolved_on - row.opened_on).days for row in rows if row.resolved_on is not None]
        found[rule] = {
            "version": max(row.rule_version for row in rows),
            "alerts": len({row.alert_id for row in rows}),
            "customers": len({row.customer for row in rows}),
            "by_level": dict(sorted(Counter(row.level for row in rows).items())),
            "still_open": len({row.alert_id for row in rows if row.resolved_on is None}),
            "median_days_to_recovery": median(lasted) if lasted else None,
        }
    return found
