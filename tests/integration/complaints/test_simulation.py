"""Made complaints in the form of the published ones go through the procedure; the figures are those of another computation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from shared.testing.databases import Database
from tests.simulation.cfpb import stories
from tests.simulation.complaints import simulate


def row(received: str, sent: str, state: str, answer: str, timely: str = "Yes", disputed: str = "No") -> Mapping[str, str]:
    return {
        "Date received": received,
        "Date sent to company": sent,
        "State": state,
        "Company response to consumer": answer,
        "Timely response?": timely,
        "Consumer disputed?": disputed,
        "Product": "Mortgage",
        "Issue": "Loan servicing",
        "Submitted via": "Web",
    }


MADE = [
    row("3/7/2015", "3/9/2015", "CA", "Closed with explanation"),
    row("10/31/2014", "11/3/2014", "TX", "Closed with monetary relief", disputed="Yes"),
    row("12/24/2014", "1/2/2015", "AZ", "Closed with non-monetary relief", timely="No"),
    row("1/3/2015", "1/2/2015", "PR", "Closed", disputed=""),
    row("11/1/2014", "11/4/2014", "", "Closed with explanation", disputed="Yes"),
    row("2/20/2015", "2/23/2015", "NY", "In progress", disputed=""),
]


@pytest.mark.requirement("S2.46", "S2.47")
async def test_deadlines_are_those_of_another_computation(database: Database, tmp_path: Path) -> None:
    # The second seed lets other complaints wait for the customer.
    told = [*stories(MADE, seed=1), *stories(MADE, seed=7)]
    for number, story in enumerate(told):
        story.number, story.body = number, {**story.body, "source_event_id": str(number)}
    found = await simulate(database, tmp_path, told)
    assert found.differing == []
    assert (found.complaints, found.figures["open"], found.missed_facts) == (12, 2, 6)
    assert any(story.holds for story in told) and any(story.round_began for story in told)
    assert sum(one["missed"] for one in found.figures["deadlines"]) > found.missed_facts
