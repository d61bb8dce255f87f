"""`regulars backtest` over plain files: what would have been said, on which day, and nothing that was not yet known."""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

LEARN, UNTIL = date(2024, 6, 30), date(2025, 3, 31)
FIRST = date(2024, 1, 1)


def shops(stopping: date) -> list[tuple[str, date, str]]:
    """Forty shops that buy every ten days, give or take; shop 7 stops after a day."""
    rows = []
    for shop in range(40):
        day, i = FIRST + timedelta(days=shop % 10), 0
        while day <= UNTIL and not (shop == 7 and day > stopping):
            rows.append((f"shop-{shop}", day, f"{100 + shop}.50"))
            i += 1
            day += timedelta(days=8 + (shop * 7 + i * 5) % 5)
    return rows


def bills(worse_from: date) -> list[tuple[str, str, date, date, date | None, str]]:
    """Shop 3 pays each invoice a day or two late, then ever later, then not at all."""
    found = []
    for i in range(20):
        issued = FIRST + timedelta(days=14 * i)
        due = issued + timedelta(days=30)
        late = 1 + i % 2 if issued < worse_from else 1 + 9 * ((issued - worse_from).days // 14 + 1)
        found.append(("shop-3", f"A{i}", issued, due, due + timedelta(days=late) if late < 40 else None, "250.00"))
    return found


def write(path: Path, columns: str, rows: list[tuple[object, ...]]) -> Path:
    with gzip.open(path, "wt", newline="") as file:
        out = csv.writer(file)
        out.writerow(columns.split(","))
        out.writerows(["" if value is None else str(value) for value in row] for row in rows)
    return path


def backtest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    verb = [sys.executable, "-m", "deploy.cli", "backtest", "--learn-until", str(LEARN), "--until", str(UNTIL)]
    return subprocess.run([*verb, "--out", str(folder), *arguments], capture_output=True, text=True, timeout=120)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def sales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows_ = shops(date(2024, 10, 1))
    return write(tmp_path_factory.mktemp("files") / "sales.csv.gz", "customer,date,amount", list(rows_))


def test_a_back_test_says_what_would_have_been_said(sales: Path, tmp_path: Path) -> None:
    invoices = write(
        tmp_path / "invoices.csv.gz",
        "customer,invoice,invoice_date,due_date,settled_date,amount",
        list(bills(date(2024, 7, 20))),
    )
    done = backtest(tmp_path / "out", "--transactions", str(sales), "--invoices", str(invoices))
    assert done.returncode == 0, done.stderr
    alerts = rows(tmp_path / "out" / "alerts.csv")
    assert list(alerts[0]) == "alert_id,kind,level,customer,opened_on,resolved_on,score,threshold,rule_version,reasons".split(",")

    silent = [one for one in alerts if one["kind"] == "silence" and '"CHANCE_OF_NO_ORDER"' in one["reasons"]]
    assert {one["customer"] for one in silent} == {"shop-7"}
    assert [one["level"] for one in silent] == ["watch", "act"]
    assert len({one["alert_id"] for one in silent}) == 1
    last = max(day for name, day, _ in shops(date(2024, 10, 1)) if name == "shop-7")
    assert last + timedelta(days=14) < date.fromisoformat(silent[0]["opened_on"]) <= last + timedelta(days=45)
    assert silent[0]["resolved_on"] == "" and float(silent[1]["score"]) >= float(silent[1]["threshold"]) == 0.8
    assert {reason["code"] for reason in json.loads(silent[0]["reasons"])} >= {"OWN_RHYTHM", "SILENT_DAYS", "AT_STAKE"}

    worse = [one for one in alerts if "WORSENING_SCORE" in one["reasons"]]
    assert worse and all(one["customer"] == "shop-3" and one["kind"] == "credit" for one in worse)
    assert date(2024, 8, 20) < date.fromisoformat(worse[0]["opened_on"]) < date(2024, 10, 10)

    scores = rows(tmp_path / "out" / "scores.csv")
    assert list(scores[0]) == ["day", "customer", "kind", "score", "probability"]
    assert len([one for one in scores if one["day"] == "2024-07-07" and one["kind"] == "silence"]) == 40
    assert {one["customer"] for one in scores if one["kind"] == "credit"} == {"shop-3"}
    assert all(LEARN < date.fromisoformat(one["day"]) <= UNTIL and 0 <= float(one["probability"]) <= 1 for one in scores)

    odds = rows(tmp_path / "out" / "invoices.csv")
    assert list(odds[0]) == ["invoice", "customer", "issued_on", "probability_late"]
    assert [one["invoice"] for one in odds] == [one[1] for one in bills(date(2024, 7, 20)) if one[2] > LEARN]

    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["customers"] == 40 and summary["rules"]["silent_beyond_own_rhythm"]["alerts"] == 1


def test_a_draft_is_held_against_the_rule_as_it_is(sales: Path, tmp_path: Path) -> None:
    arguments = ("--rule", "silent_beyond_own_rhythm", "--parameters", "watch=0.9", "--parameters", "act=0.95")
    done = backtest(tmp_path / "out", "--transactions", str(sales), *arguments)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "out" / "summary.json").read_text())["hindsight"]
    present, draft = result["variants"]["present"], result["variants"]["draft"]
    assert (result["losses"], present["alerts"], present["true"], present["losses_missed"]) == (1, 1, 1, 0)
    assert (draft["rule_version"], draft["true"]) == (2, 1)
    assert present["median_days_before_loss"] > draft["median_days_before_loss"]
    assert result["compared"]["draft_later"] == 1
    assert "days before the loss" in done.stdout
    drawn = ElementTree.parse(tmp_path / "out" / "plot.svg").getroot()
    assert {"present: right", "draft: right", "losses"} <= {text.strip() for text in drawn.itertext()}

    for bad in (
        ("--rule", "none"),
        ("--rule", "overdue_debt", "--parameters", "watch=1"),
        (*arguments[:2], "--parameters", "act=x"),
    ):
        refused = backtest(tmp_path / "bad", "--transactions", str(sales), *bad)
        assert refused.returncode == 1 and refused.stderr.startswith("BadFile"), refused.stderr


def test_nothing_that_comes_later_changes_what_was_said_before(sales: Path, tmp_path: Path) -> None:
    """The future is cut off: everything up to that day stays as it was, with one process and with two."""
    cut = date(2024, 11, 24)
    kept = [one for one in shops(date(2024, 10, 1)) if one[1] <= cut]
    short = write(tmp_path / "short.csv.gz", "customer,date,amount", list(kept))
    assert backtest(tmp_path / "whole", "--transactions", str(sales), "--processes", "1").returncode == 0
    assert backtest(tmp_path / "cut", "--transactions", str(short)).returncode == 0
    before = [one for one in rows(tmp_path / "whole" / "scores.csv") if one["day"] <= str(cut)]
    assert before and before == [one for one in rows(tmp_path / "cut" / "scores.csv") if one["day"] <= str(cut)]

    def opened(folder: Path) -> list[tuple[str, ...]]:
        named = ("alert_id", "level", "customer", "opened_on", "score", "reasons")
        return [tuple(one[name] for name in named) for one in rows(folder / "alerts.csv") if one["opened_on"] <= str(cut)]

    assert opened(tmp_path / "whole") and opened(tmp_path / "whole") == opened(tmp_path / "cut")


def test_a_dispute_keeps_an_invoice_from_being_late(sales: Path, tmp_path: Path) -> None:
    """The same invoices, those of the worse time disputed: nothing is overdue and nothing worsens."""
    worse_from = date(2024, 7, 20)
    invoices = write(
        tmp_path / "invoices.csv.gz",
        "customer,invoice,invoice_date,due_date,settled_date,amount,disputed",
        [(*one, 1 if one[2] >= worse_from else 0) for one in bills(worse_from)],
    )
    done = backtest(tmp_path / "out", "--transactions", str(sales), "--invoices", str(invoices))
    assert done.returncode == 0, done.stderr
    assert [one for one in rows(tmp_path / "out" / "alerts.csv") if one["kind"] == "credit"] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("customer,date\nA,2024-13-01\n", "line 2: a day is written"),
        ("customer,day\nA,2024-01-01\n", "the column date is missing"),
        ("customer,date,amount\nA,2024-01-01,much\n", "line 2: an amount"),
        ("customer,date\n ,2024-01-01\n", "line 2: a customer"),
        ("customer,date\nA\n", "line 2: 1 columns"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_written(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(text)
    done = backtest(tmp_path / "out", "--transactions", str(file))
    assert done.returncode == 1 and said in done.stderr
    assert not (tmp_path / "out").exists()
