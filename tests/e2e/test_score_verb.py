"""`regulars score cards`: points and reasons for the accounts of a file."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

NAMES = ["client", "limit", *(f"{kind}_{i}" for kind in ("status", "bill", "paid") for i in range(1, 7))]


def score(folder: Path, *accounts: str, more: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    file = folder / "accounts.csv"
    file.write_text("\n".join([",".join(NAMES), *accounts]) + "\n")
    verb = [sys.executable, "-m", "deploy.cli", "score", "cards", str(file), "--out", str(folder / "out" / "scores.csv"), *more]
    return subprocess.run(verb, capture_output=True, text=True, timeout=60)


def test_accounts_get_points_with_reasons(tmp_path: Path) -> None:
    late = "7,40000,2,2,0,0,0,0,39000,38000,37000,36000,36000,36000,0,1000,1500,1500,1500,1500"
    calm = "8,400000,-1,-1,-1,-1,-1,-1" + ",20000" * 12
    done = score(tmp_path, late, calm)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "out" / "scores.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["client"], row["score"]) for row in rows] == [("7", "67"), ("8", "0")]
    reasons = json.loads(rows[0]["reasons"])
    assert reasons[0]["code"] == "ARREARS_NOW" and sum(one["figures"]["points"] for one in reasons) == 67
    assert json.loads(rows[1]["reasons"]) == []


def test_a_bad_account_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    done = score(tmp_path, "8,much" + ",1" * 18)
    assert done.returncode == 1 and "line 2" in done.stderr and "much" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_points_are_learnt_from_past_accounts(tmp_path: Path) -> None:
    def account(client: int, status: int) -> str:
        return f"{client},{40000 + client},{status},0,0,0,0,0" + ",20000" * 6 + ",5000" * 6

    past = tmp_path / "past.csv"
    lines = [f"{account(i, 2 if i % 2 else 0)},{int((i % 2 == 1 and i % 10 != 3) or i % 20 == 0)}" for i in range(1000)]
    past.write_text("\n".join([",".join([*NAMES, "default_next_month"]), *lines]) + "\n")
    done = score(tmp_path, account(1, 2), account(2, 0), more=("--outcomes", str(past)))
    assert done.returncode == 0, done.stderr
    with (tmp_path / "out" / "scores.csv").open(newline="") as file:
        late, calm = csv.DictReader(file)
    assert int(late["score"]) - int(calm["score"]) > 60
    past.write_text("\n".join(past.read_text().splitlines()[:100]) + "\n")
    refused = score(tmp_path, account(1, 2), more=("--outcomes", str(past)))
    assert refused.returncode == 1 and "200 accounts that defaulted" in refused.stderr
