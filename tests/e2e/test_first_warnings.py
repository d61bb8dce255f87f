"""From a company's trade to its early warnings: the planted stories, on both feeds."""

from __future__ import annotations

import pytest

from tests.e2e.installations import DEALERS, Installation, regulars, up_once


@pytest.mark.requirement("S3.38", "S1.22", "S1.23")
def test_every_planted_story_ends_as_planned(on_kafka: Installation) -> None:
    summary = on_kafka.summary
    assert summary["feed"] == "kafka"
    assert summary["customers"] > DEALERS
    assert {story["story"]: story["warned"] for story in summary["stories"]} == {
        "fading": ["silence"],
        "paying-later": ["credit"],
        "withholding": [],
        "seasonal": [],
        "new-and-quiet": ["silence"],
        "new-and-starting": [],
    }
    assert all(story["as_planned"] for story in summary["stories"])
    done = {
        (alert["story"], alert.get("cause"), alert.get("measure"), alert.get("outcome"))
        for alert in summary["alerts"]
        if alert["story"]
    }
    assert done == {
        ("fading", "RIVAL_PRICES", "VISIT", None),
        ("paying-later", "CASH_SHORTAGE", "SETTLE", None),
        ("new-and-quiet", "ONLY_TRIED", "VISIT", "TRUE"),
    }


def test_both_feeds_give_the_same_alerts(on_kafka: Installation, on_stores: Installation) -> None:
    assert on_stores.summary["feed"] == "store"
    assert on_stores.summary["alerts"] == on_kafka.summary["alerts"]


def test_a_second_start_repeats_nothing_and_other_data_ask_for_a_fresh_folder(on_stores: Installation) -> None:
    before = on_stores.summary
    again = up_once(on_stores.folder, "--no-kafka")
    assert again.returncode == 0, again.stdout + again.stderr
    after = on_stores.summary
    # Jobs may tell of what is due meanwhile; nothing is loaded again.
    assert (after["loaded"], after["alerts"]) == (before["loaded"], before["alerts"])
    other = up_once(on_stores.folder, "--no-kafka", "--seed", "2")
    assert other.returncode == 1
    assert "FRESH=1" in other.stderr


def test_only_one_run_works_on_a_folder(on_kafka: Installation) -> None:
    second = up_once(on_kafka.folder)
    assert second.returncode == 1
    assert "another run" in second.stderr


def test_status_and_parked_say_that_all_is_well(on_kafka: Installation) -> None:
    said = regulars(on_kafka.folder, "status")
    assert said.returncode == 0, said.stderr
    assert "parked keys: 0" in said.stdout
    assert "everything is up to date" in said.stdout
    assert (said.stdout.count("│ up "), said.stdout.count("generation 1"), said.stdout.count("nothing")) == (8, 4, 4)
    assert "nothing is parked" in regulars(on_kafka.folder, "parked").stdout
