"""Complaints as the CFPB publishes them, and the story of each as it goes through the procedure.

Real are the day of receipt, the day on which the complaint went to the company, the state, the kind, how it ended, and whether the
customer disputed that. The data have no moments and no day of the answer: those, and who waited for whom, are drawn by a seed.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from tests.simulation.walked_time import Hold, Shift

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONES: Mapping[str, str] = {
    **dict.fromkeys("TX IL TN MO LA WI AL MN OK KS MS AR NE IA SD ND".split(), "America/Chicago"),
    **dict.fromkeys("CO UT NM ID WY MT".split(), "America/Denver"),
    **dict.fromkeys("CA WA NV OR".split(), "America/Los_Angeles"),
    "AZ": "America/Phoenix",
    "AK": "America/Anchorage",
    "HI": "Pacific/Honolulu",
    "PR": "America/Puerto_Rico",
}
EAST = "America/New_York"
ELSEWHERE = frozenset(("", "AE", "AP", "VI"))
"""No area of its own: the company's hours."""
_OFFICE: Sequence[Shift] = (("08:30", "12:30"), ("13:00", "17:00"))
_LONG: Sequence[Shift] = (("07:00", "11:00"), ("12:00", "16:00"), ("16:30", "20:00"))
_WEEK: Mapping[str, Sequence[Shift]] = {str(day): _OFFICE for day in range(1, 6)}
WEEKS: Mapping[str, Mapping[str, Sequence[Shift]]] = {
    "America/Los_Angeles": {**{str(day): _LONG for day in range(1, 6)}, "6": (("09:00", "13:00"),)},
    "America/Chicago": {**_WEEK, "7": (("22:00", "24:00"),), "1": (("00:00", "03:30"), *_OFFICE)},
}
HOLIDAYS = tuple(date(year, month, day) for year in range(2013, 2018) for month, day in ((1, 1), (7, 4), (11, 11), (12, 25)))
DUE: Mapping[str, Mapping[str, int]] = {
    "HIGH": {"ACKNOWLEDGED": 480, "INVESTIGATED": 1920, "CARRIED_OUT": 3360, "CLOSED": 4800},
    "MEDIUM": {"ACKNOWLEDGED": 960, "INVESTIGATED": 2880, "CARRIED_OUT": 4320, "CLOSED": 7200},
    "LOW": {"ACKNOWLEDGED": 1440, "CLOSED": 9600},
}
KINDS = {"Web": "WEB", "Phone": "HOTLINE", "Postal mail": "LETTER", "Fax": "LETTER", "Referral": "OTHER"}


def week_of(zone: str) -> Mapping[str, Sequence[Shift]]:
    return WEEKS.get(zone, _WEEK)


def zone_of(state: str) -> str:
    return ZONES.get(state, EAST)


@dataclass(slots=True)
class Story:
    """A complaint, and what is done with it: (route, moment, body)."""

    number: int
    state: str
    severity: str
    received_on: date
    received_at: datetime
    body: Mapping[str, Any]
    steps: list[tuple[str, datetime, Mapping[str, Any]]] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    round_began: datetime | None = None
    """When the customer was not satisfied; None: was, or said nothing."""

    def does(self, route: str, at: datetime, **body: Any) -> datetime:
        self.steps.append((route, at, body))
        return at


def read(folder: Path) -> list[Mapping[str, str]]:
    """The rows of the file. Raises OSError."""
    with gzip.open(folder / "complaints.csv.gz", "rt", newline="") as lines:
        return list(csv.DictReader(lines))


def stories(rows: Iterable[Mapping[str, str]], seed: int = 1) -> list[Story]:
    return [_story(number, row, Random(f"{seed}/{number}")) for number, row in enumerate(rows)]


def _story(number: int, row: Mapping[str, str], random: Random) -> Story:
    answer, state = row["Company response to consumer"], row["State"]
    severity = "HIGH" if answer == "Closed with monetary relief" else "LOW" if answer == "Closed" else "MEDIUM"
    zone = ZoneInfo(zone_of(state))
    received_on, sent_on = _day(row["Date received"]), _day(row["Date sent to company"])
    # Where the beginning of a day is all that is known: the company's.
    received_at = datetime.combine(received_on, time.min, ZoneInfo(EAST)).astimezone(UTC)
    story = Story(number, state, severity, received_on, received_at, _body(number, row))
    at = max(datetime.combine(sent_on, time(10, random.randrange(60)), zone).astimezone(UTC), received_at + HOUR)
    at = story.does("acknowledgement", at)
    at = story.does("assessment", at + HOUR, founded="relief" in answer, severity=severity)
    at = story.does("assignment", at + HOUR, department=_code(row["Product"]))
    if random.random() < 0.2:
        since = story.does("hold", at + HOUR, reason="WAITING_FOR_DOCUMENTS")
        at = story.does("resumption", since + random.randrange(60, 10 * 24 * 60) * timedelta(minutes=1))
        story.holds.append((since, at))
    if answer == "In progress":
        return story
    late = random.randrange(15 * 24, 60 * 24) if row["Timely response?"] == "No" else random.randrange(1, 15 * 24)
    at = story.does("investigation", at + late * HOUR)
    at = story.does("proposal", at + HOUR, remedies=["COMPENSATION" if severity == "HIGH" else "REPAIR"])
    at = story.does("solution", story.does("approval", at + HOUR) + HOUR, solution=_code(answer))
    if row["Consumer disputed?"] == "Yes":
        story.round_began = story.does("confirmation", at + 2 * DAY, satisfied=False)
        at = story.does("investigation", story.round_began + random.randrange(1, 30) * DAY)
        at = story.does("solution", at + DAY, solution="EXPLAINED_AGAIN")
    if row["Consumer disputed?"]:
        at = story.does("confirmation", at + DAY, satisfied=True)
    story.does("closure", at + HOUR)
    return story


def _body(number: int, row: Mapping[str, str]) -> Mapping[str, Any]:
    kind = "CONTRACT" if "loan" in row["Issue"].lower() or row["Product"] == "Mortgage" else "SERVICE"
    return {
        "customer": {"system": "cfpb", "value": row["State"] or "NONE"},
        "kind": kind,
        "channel": KINDS.get(row["Submitted via"], "OTHER"),
        "received_on": _day(row["Date received"]).isoformat(),
        "article": row["Product"],
        "source": "cfpb",
        "source_event_id": str(number),
    }


def _code(text: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in text.upper())[:60]


def _day(text: str) -> date:
    month, day, year = (int(part) for part in text.split("/"))
    return date(year, month, day)
