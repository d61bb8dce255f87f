"""What the grades rest on, folded from the events of four topics."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec

from services.classification.domain.credit_figures import CreditFigures
from services.classification.domain.credit_standard import BUILT_IN
from services.classification.handlers.credit_customers import figures_of
from services.classification.read_models.credit_standings import CreditStanding, evolve, warnings_in
from shared.contracts.alerts import AlertClosed, AlertOpened, Finding, Outcome
from shared.contracts.card_parts import TradeStatus, TradeStatusRevised
from shared.contracts.cards import Provenance, TradeTermsAgreed
from shared.contracts.credit_grades import LOWERED_RULE_ID
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.relations import MergedInto
from tests.unit.cards.telling import CUSTOMER, told

ZONE = ZoneInfo("Asia/Shanghai")
# 17:00 in London is the next day in Shanghai.
AT = datetime(2026, 6, 30, 17, tzinfo=UTC)
DAY = date(2026, 7, 1)


def folded(*events: tuple[Event, datetime]) -> CreditStanding:
    row: CreditStanding | None = None
    for envelope, (_, at) in zip(told([event for event, _ in events]), events, strict=True):
        row = evolve(row, msgspec.structs.replace(envelope, occurred_at=at, recorded_at=at))
    assert row is not None
    return row


def figures(row: CreditStanding, day: date = DAY) -> CreditFigures:
    return figures_of(CUSTOMER, [row], day, BUILT_IN, ZONE)


def warned(rule_id: str, outcome: Outcome, at: datetime = AT, alert: UUID | None = None) -> list[tuple[Event, datetime]]:
    alert = alert or uuid4()
    finding = Finding(rule_id=rule_id, rule_version=1, level="act", true_on=DAY, reasons=())
    opened = AlertOpened(alert_id=alert, customer_id=CUSTOMER, kind="credit", channel="CNY", finding=finding)
    closed = AlertClosed(alert_id=alert, customer_id=CUSTOMER, kind="credit", outcome=outcome, cause="SLOW", closed_by=uuid4())
    return [(opened, at), (closed, at)]


def test_warnings_that_were_true_count_from_the_day_on_which_they_were_closed() -> None:
    row = folded(*warned("overdue_debt", "TRUE"), *warned("overdue_debt", "TOO_LATE"), *warned("overdue_debt", "FALSE"))
    assert [figures(row, day).true_warnings for day in (DAY - timedelta(days=1), DAY, DAY + timedelta(days=364))] == [0, 2, 2]
    assert figures(row, DAY + timedelta(days=365)).true_warnings == 0


def test_a_warning_that_a_grade_had_raised_does_not_count_for_the_next_grade() -> None:
    row = folded(*warned(LOWERED_RULE_ID, "TRUE"))
    assert (figures(row).true_warnings, warnings_in(row.warnings).left_out) == (0, ())


def test_one_that_was_closed_twice_counts_once_by_its_last_outcome() -> None:
    alert = uuid4()
    assert (
        figures(folded(*warned("overdue_debt", "TRUE", alert=alert), *warned("overdue_debt", "TRUE", alert=alert))).true_warnings
        == 1
    )
    assert (
        figures(folded(*warned("overdue_debt", "TRUE", alert=alert), *warned("overdue_debt", "FALSE", alert=alert))).true_warnings
        == 0
    )


def _limit(amount: int) -> TradeTermsAgreed:
    return TradeTermsAgreed(
        customer_id=CUSTOMER, payment_days=30, credit_limit=Money(Decimal(amount), "CNY"), agreed_on=date(2026, 1, 1)
    )


def test_the_terms_of_the_later_day_stand() -> None:
    earlier = AT - timedelta(days=1)
    assert figures(folded((_limit(5), AT), (_limit(9), earlier))).limit == Money(Decimal(5), "CNY")
    assert figures(folded((_limit(9), earlier), (_limit(5), AT))).limit == Money(Decimal(5), "CNY")


def _report(status: Any, source: Any = "AGENCY", observed_on: date | None = None) -> TradeStatusRevised:
    said = Provenance(source=source, observed_on=observed_on)
    return TradeStatusRevised(customer_id=CUSTOMER, provenance=said, stated=TradeStatus(credit_status=status))


def test_only_what_an_agency_reports_counts_and_not_before_its_day() -> None:
    row = folded((_report("POOR"), AT), (_report("GOOD", "SALESPERSON"), AT), (_report(None), AT))
    assert (figures(row).report, figures(row).reported_on) == ("POOR", DAY)
    assert figures(row, DAY - timedelta(days=1)).report is None
    seen = folded((_report("FAIR", observed_on=date(2026, 5, 2)), AT))
    assert figures(seen).reported_on == date(2026, 5, 2)


def test_a_merged_card_names_the_one_that_leads() -> None:
    assert folded((MergedInto(customer_id=CUSTOMER, lead_id=UUID(int=1)), AT)).lead_id == UUID(int=1)
