"""The file of results keeps one row for each scenario and seed."""

from __future__ import annotations

from multiprocessing import get_context
from pathlib import Path

from tests.chaos.results import read, record


def test_a_row_has_the_number_of_violations_and_its_figures(tmp_path: Path) -> None:
    file = tmp_path / "build" / "chaos.json"
    record("C1 killed", 1, 20, ["a sale is lost", "a sale is doubled"], file=file, kills=40)
    assert read(file) == [
        {
            "name": "C1 killed",
            "seed": 1,
            "runs": 20,
            "violations": 2,
            "found": ["a sale is lost", "a sale is doubled"],
            "kills": 40,
        }
    ]


def test_the_same_scenario_and_seed_is_written_anew_and_others_stay(tmp_path: Path) -> None:
    file = tmp_path / "chaos.json"
    record("C10 full disk", 1, 1, [], file=file)
    record("C2 killed relay", 1, 1, ["lost"], file=file)
    record("C2 killed relay", 2, 1, [], file=file)
    record("C2 killed relay", 1, 5, [], file=file)
    assert [(row["name"], row["seed"], row["runs"], row["violations"]) for row in read(file)] == [
        ("C2 killed relay", 1, 5, 0),
        ("C2 killed relay", 2, 1, 0),
        ("C10 full disk", 1, 1, 0),
    ]


def _record(at: tuple[Path, int]) -> None:
    record(f"scenario {at[1]}", 1, 1, [], file=at[0])


def test_processes_that_record_at_once_lose_no_row(tmp_path: Path) -> None:
    file = tmp_path / "chaos.json"
    with get_context("fork").Pool(4) as pool:
        pool.map(_record, [(file, n) for n in range(40)])
    assert len(read(file)) == 40
