"""What the engine says of credit grades: bad news goes to credit, good news to sales, both sides of each border."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from services.alerts.domain.watched_customer import read, write
from shared.contracts.alerts import AlertOpened, Reason
from shared.contracts.credit_grades import CreditGrade, CreditGraded
from tests.unit.alerts.telling import folded, sayings, told
from tests.unit.alerts.trade import SHOP, Trade, noon

LIVE = date(2025, 1, 1)
DAY = date(2025, 3, 1)
WHY = Reason(
    code="PAYS_LATE", sentence="4 invoices in CNY were paid 40.0 days late on average, by amount.", figures={"points": 2}
)


def graded(trade: Trade, on: date, grade: CreditGrade | None, previous: CreditGrade | None = None) -> None:
    event = CreditGraded(
        customer_id=SHOP,
        run_id=UUID(int=on.toordinal()),
        standard_version=1,
        graded_on=on,
        grade=grade,
        previous=previous,
        points=4,
        reasons=(WHY,),
    )
    trade.record(event, noon(on + timedelta(days=1)))


def live(*grades: CreditGrade | None) -> Trade:
    trade = Trade()
    trade.went_live(LIVE)
    before: CreditGrade | None = None
    for place, grade in enumerate(grades):
        graded(trade, DAY + timedelta(days=30 * place), grade, before)
        before = grade
    return trade


def said(*grades: CreditGrade | None) -> list[tuple[str, str, str | None]]:
    return [(what, rule, level) for what, rule, level, _ in told(live(*grades), date(2025, 12, 31))]


LOWERED, RAISED = "credit_grade_lowered", "credit_grade_raised"


@pytest.mark.parametrize(
    ("grades", "expected"),
    [
        (("HOLD",), []),
        (("GROW",), []),
        (("SHRINK",), [("Opened", LOWERED, "act")]),
        (("STOP",), [("Opened", LOWERED, "stop")]),
        (("HOLD", "GROW"), [("Opened", RAISED, "watch")]),
        (("HOLD", "SHRINK", "STOP"), [("Opened", LOWERED, "act"), ("Worsened", LOWERED, "stop")]),
        (("STOP", "SHRINK", "HOLD"), [("Opened", LOWERED, "stop"), ("Recovered", LOWERED, None)]),
        (("SHRINK", None), [("Opened", LOWERED, "act"), ("Recovered", LOWERED, None)]),
        (
            ("HOLD", "GROW", "SHRINK"),
            [("Opened", RAISED, "watch"), ("Opened", LOWERED, "act"), ("Recovered", RAISED, None)],
        ),
    ],
)
def test_what_is_said_of_grades(grades: tuple[CreditGrade | None, ...], expected: list[tuple[str, str, str | None]]) -> None:
    assert sorted(said(*grades), key=str) == sorted(expected, key=str)


def test_a_warning_has_the_reasons_of_the_grade_and_the_kind_of_its_reader() -> None:
    trade = live("HOLD", "SHRINK")
    [opened] = [one.event for one in sayings(trade, date(2025, 12, 31))]
    assert isinstance(opened, AlertOpened)
    assert (opened.kind, opened.channel, opened.finding.true_on) == ("credit", "grade", DAY + timedelta(days=30))
    assert [reason.code for reason in opened.finding.reasons] == ["CREDIT_GRADE", "PAYS_LATE"]
    assert opened.finding.reasons[0].figures["previous"] == "HOLD"
    assert opened.finding.evidence == (opened.began_event_id,)
    [good] = [one.event for one in sayings(live("SHRINK", "GROW"), date(2025, 12, 31)) if one.event.kind == "sales"]
    assert isinstance(good, AlertOpened)


def test_lowered_again_after_it_was_better_is_another_warning() -> None:
    opened = [one.event for one in sayings(live("SHRINK", "HOLD", "SHRINK"), date(2025, 12, 31))]
    assert len({event.alert_id for event in opened if isinstance(event, AlertOpened)}) == 2


def test_before_going_live_nothing_is_said_and_then_what_holds_is() -> None:
    trade = Trade()
    graded(trade, DAY, "STOP")
    assert told(trade, DAY + timedelta(days=9)) == []
    trade.went_live(DAY + timedelta(days=10))
    assert [(what, level) for what, _, level, _ in told(trade, DAY + timedelta(days=11))] == [("Opened", "stop")]


def test_the_state_is_written_and_read() -> None:
    customer = folded(live("HOLD", "SHRINK"), date(2025, 12, 31)).rows[SHOP].customer
    assert customer.credit is not None
    assert read(write(customer)) == customer
