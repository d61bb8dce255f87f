"""`make evaluate DATA_DIR=...`: targets against what was reached, beside the fixed rules on the same data."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import msgspec
from rich.console import Console
from rich.table import Table

from deploy.backtest.files import Bill, Trader, read
from deploy.backtest.replay import replay
from deploy.backtest.run import histories, rules_from
from deploy.evaluate.cost import cost_of_scores
from deploy.evaluate.measures import Pair, auc, average_precision, calibration_error, interval
from deploy.evaluate.planted import Reached, live_score, oldest_open, reached, runs, streams
from deploy.evaluate.silence import Spell, by_customer, earlier_than, learnt_from, refitted_monthly, spells, total, weekly
from deploy.imports.files import Row as FileRow
from deploy.imports.files import rows_of
from deploy.local.folder import write_file
from deploy.score_verbs import account_of, scored
from services.alerts.domain.card_points import points_of, table_learnt
from services.alerts.domain.population_fit import fitted

RESULTS = Path("build/evaluate.json")
PURCHASES = {
    "cdnow": (date(1997, 9, 30), date(1998, 6, 30), 0.77),
    "grocery": (date(2006, 12, 31), date(2007, 12, 31), 0.785),
}
"""By data set: last day of learning, last day of the data, target of average precision."""
LEARN_INVOICES_UNTIL, INVOICES_UNTIL = date(2012, 12, 31), date(2014, 1, 31)
PLANTINGS = (1, 2, 3)
WATCH = 0.6
FOLDS = 5


class Row(NamedTuple):
    """One measure. `at_least` says which side of the target is good; `baseline` is the fixed rule named, on the same data."""

    measure: str
    target: float
    at_least: bool
    reached: float
    low: float | None = None
    high: float | None = None
    baseline: str = ""

    @property
    def met(self) -> bool:
        return self.reached >= self.target if self.at_least else self.reached <= self.target


def main() -> None:
    console = Console(width=None if sys.stdout.isatty() else 150)
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        console.print("name the folder of the data: make evaluate DATA_DIR=<folder>")
        sys.exit(2)
    folder = Path(sys.argv[1])
    rows: list[Row] = []
    for name in PURCHASES:
        console.print(f"silence: {name}", highlight=False)
        rows += _silence(name, folder / name / "transactions.csv.gz")
    console.print("invoices", highlight=False)
    traders = read(None, folder / "ibm-late-payments" / "invoices.csv.gz")
    rows += [
        _cost("invoices", traders, LEARN_INVOICES_UNTIL, INVOICES_UNTIL),
        _late(traders),
        *_planted(traders),
        *_cards(folder / "uci-card-default" / "clients.csv.xz"),
    ]
    table = Table("measure", "target", "reached", "90 % interval", "met", "on the same data")
    for row in rows:
        between = "" if row.low is None or row.high is None else f"{row.low:.3f} to {row.high:.3f}"
        sign = "≥" if row.at_least else "≤"
        table.add_row(
            row.measure, f"{sign} {row.target:g}", f"{row.reached:.3f}", between, "yes" if row.met else "no", row.baseline
        )
    console.print(table)
    found = [{**row._asdict(), "met": row.met} for row in rows]
    write_file(RESULTS, msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
    console.print(f"written to {RESULTS}", highlight=False)


def _silence(name: str, file: Path) -> list[Row]:
    learn_until, end, target = PURCHASES[name]
    traders = read(file, None)
    until, customers = learn_until.toordinal(), _days(traders)
    population = learnt_from(customers, until)
    found = spells(customers, population, until, end.toordinal())
    rows = weekly(found, "live", until)
    pairs = _all(rows)
    fixed, two = _all(weekly(found, "days", until)), spells(customers, replace(population, odds=None), until, end.toordinal())
    without = average_precision(_all(weekly(two, "live", until)))
    baseline = f"days {average_precision(fixed):.3f}, own units {average_precision(_all(weekly(found, 'units', until))):.3f}, two models {without:.3f}"
    ranking = f"days {auc(fixed):.3f}, two models {auc(_all(weekly(two, 'live', until))):.3f}"
    precision = total(one[0] for one in by_customer(found, "live", [WATCH]).values())
    earlier, units = earlier_than(found, 90), earlier_than(found, 90, "units")
    split = _customer_split(customers, until, end.toordinal())
    return [
        Row(f"{name}: weekly average precision", target, True, average_precision(pairs), *interval(rows, average_precision), baseline),
        Row(f"{name}: the same, learnt from other customers", target, True, average_precision(split)),
        Row(f"{name}: weekly AUC", 0.64 if name == "cdnow" else 0.8, True, auc(pairs), *interval(rows, auc), ranking),
        Row(
            f"{name}: delay saved, no more false alerts than 90 days", 0.28, True, earlier.saved, earlier.low, earlier.high,
            f"own units {units.saved:.3f} at recall {units.live.recall:.2f}",
        ),
        Row(f"{name}: recall at that line", 0.85, True, earlier.live.recall, baseline=f"own units {units.live.recall:.2f}"),
        Row(f"{name}: precision of P >= 0.6, set beforehand", 0.65, True, precision.precision, baseline=f"recall {precision.recall:.2f}"),
        Row(f"{name}: calibration error", 0.03, False, calibration_error(pairs), *interval(rows, calibration_error)),
        *_monthly(name, refitted_monthly(customers, until, end.toordinal()), until),
        _cost(name, traders, learn_until, end),
    ]  # fmt: skip


def _monthly(name: str, found: Sequence[Spell], until: int) -> list[Row]:
    rows = weekly(found, "live", until)
    pairs = _all(rows)
    precision = total(one[0] for one in by_customer(found, "live", [WATCH]).values())
    earlier = earlier_than(found, 90)
    what = f"{name}, learnt anew each month"
    return [
        Row(f"{what}: weekly average precision", PURCHASES[name][2], True, average_precision(pairs)),
        Row(f"{what}: delay saved", 0.28, True, earlier.saved, earlier.low, earlier.high, f"recall {earlier.live.recall:.2f}"),
        Row(f"{what}: precision of P >= 0.6", 0.65, True, precision.precision, baseline=f"recall {precision.recall:.2f}"),
        Row(f"{what}: calibration error", 0.03, False, calibration_error(pairs), *interval(rows, calibration_error)),
    ]


def _cost(name: str, traders: Sequence[Trader], learn_until: date, end: date) -> Row:
    cost = cost_of_scores(traders, rules_from(traders, fitted(histories(traders, learn_until)), learn_until, end))
    baseline = f"{cost.events} events, judged on {cost.timers} further days"
    return Row(f"{name}: microseconds an event, scores and deadlines", 50, False, cost.microseconds, baseline=baseline)


def _customer_split(customers: Mapping[str, Sequence[int]], until: int, end: int) -> list[Pair]:
    names = sorted(customers)
    pairs: list[Pair] = []
    for half in (0, 1):
        others = learnt_from({name: customers[name] for name in names[1 - half :: 2]}, until)
        pairs += _all(weekly(spells({name: customers[name] for name in names[half::2]}, others, until, end), "live", until))
    return pairs


def _late(traders: Sequence[Trader]) -> Row:
    rules = rules_from(traders, None, LEARN_INVOICES_UNTIL, INVOICES_UNTIL)
    bills = {(trader.name, bill.number): bill for trader in traders for bill in trader.bills}
    rows: dict[str, list[Pair]] = {}
    last: list[Pair] = []
    for row in replay(traders, rules).invoices:
        bill = bills[row.customer, row.invoice]
        late = bill.settled_on is None or bill.settled_on > bill.due_on
        rows.setdefault(row.customer, []).append((row.probability_late, late))
        last.append((_last_days_late([one for (name, _), one in bills.items() if name == row.customer], bill.issued_on), late))
    baseline = f"last days late {auc(last):.3f}"
    return Row("next invoice late: AUC", 0.90, True, auc(_all(rows)), *interval(rows, auc), baseline)


def _last_days_late(bills: Sequence[Bill], on: date) -> float:
    known = [(bill.settled_on, bill.due_on) for bill in bills if bill.settled_on is not None and bill.settled_on <= on]
    return 0.0 if not known else float((max(known)[0] - max(known)[1]).days)


def _planted(traders: Sequence[Trader]) -> list[Row]:
    by_name = {trader.name: trader.bills for trader in traders}
    found: list[Row] = []
    for told, name in ((False, "planted deterioration"), (True, "the same, disputes told")):
        ours: list[Reached] = []
        rule: list[Reached] = []
        for seed in PLANTINGS:
            planted = streams(by_name, seed)
            ours.append(reached(runs(planted, live_score, INVOICES_UNTIL, disputes_told=told)))
            rule.append(reached(runs(planted, oldest_open, INVOICES_UNTIL, disputes_told=told)))
        delays = [one.median_delay for one in ours]
        usual = f"oldest open item {fmean(one.median_delay for one in rule):.0f} days"
        share = f"oldest open item {fmean(one.within_120 for one in rule):.2f}"
        within = fmean(one.within_120 for one in ours)
        found += [
            Row(f"{name}: median delay in days", 115, False, fmean(delays), min(delays), max(delays), usual),
            Row(f"{name}: share within 120 days", 0.5, True, within, baseline=share),
        ]
    return found


def _cards(file: Path) -> list[Row]:
    outcomes = {row.values["client"]: row.values for row in rows_of(file) if isinstance(row, FileRow)}
    pairs: dict[str, list[Pair]] = {}
    arrears: list[Pair] = []
    for client, one in scored(file):
        defaulted = outcomes[client]["default_next_month"] == "1"
        pairs[client] = [(one.points, defaulted)]
        arrears.append((float(outcomes[client]["status_1"]), defaulted))
    baseline = f"newest status {auc(arrears):.3f}"
    learnt = _cards_learnt(list(outcomes.values()))
    return [
        Row("card default, points set by hand: AUC", 0.765, True, auc(_all(pairs)), *interval(pairs, auc), baseline),
        Row(
            "card default, points learnt from other clients: AUC",
            0.765,
            True,
            auc(_all(learnt)),
            *interval(learnt, auc),
            baseline,
        ),
    ]


def _cards_learnt(outcomes: Sequence[Mapping[str, str]]) -> dict[str, list[Pair]]:
    """Five folds: each fifth of the clients by points learnt from the other four."""
    known = [(values["client"], account_of(values), values["default_next_month"] == "1") for values in outcomes]
    found: dict[str, list[Pair]] = {}
    for fold in range(FOLDS):
        others = [one for i, one in enumerate(known) if i % FOLDS != fold]
        table = table_learnt([account for _, account, _ in others], [defaulted for _, _, defaulted in others])
        if table is not None:
            for client, account, defaulted in known[fold::FOLDS]:
                found[client] = [(points_of(account, table).points, defaulted)]
    return found


def _days(traders: Sequence[Trader]) -> dict[str, list[int]]:
    return {trader.name: sorted({one.on.toordinal() for one in trader.purchases}) for trader in traders if trader.purchases}


def _all(rows: Mapping[str, Sequence[Pair]]) -> list[Pair]:
    return [pair for several in rows.values() for pair in several]


if __name__ == "__main__":
    main()
