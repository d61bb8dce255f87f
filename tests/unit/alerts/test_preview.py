"""The effect of a version before it is published: the same as publishing it, and nothing that would happen anyway."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from services.alerts.domain.business_days import start_of
from services.alerts.domain.rules import RULES_BY_ID
from services.alerts.engine.preview import Affected, affected
from shared.contracts.alerts import AlertEvent, AlertOpened, AlertRecovered, AlertReopened, AlertWorsened, RulePublished
from tests.unit.alerts.telling import ZONE, folded, sayings
from tests.unit.alerts.trade import BAKER, SHOP, Trade, noon

RULE = "overdue_debt"
LIVE = date(2026, 1, 5)
TODAY = date(2026, 4, 20)
EFFECTS = {AlertOpened: "OPENS", AlertWorsened: "WORSENS", AlertReopened: "REOPENS", AlertRecovered: "CLOSES"}


def version(**values: str) -> RulePublished:
    parameters = {name: Decimal(value) for name, value in values.items()}
    return RulePublished(rule_id=RULE, version=2, parameters=parameters)


def trade() -> Trade:
    """The shop has owed 100 for four days, the baker 40 for twelve."""
    found = Trade()
    found.went_live(LIVE)
    for customer, days, amount in ((SHOP, 4, "100.00"), (BAKER, 12, "40.00")):
        due = TODAY - timedelta(days=days)
        found.invoiced(due - timedelta(days=30), f"N{days}", due, amount, customer)
    return found


def preview(story: Trade, published: RulePublished) -> list[Affected]:
    stepped = folded(story, TODAY)
    customers = [row.customer for row in stepped.rows.values()]
    return affected(customers, stepped.control, published, RULES_BY_ID[RULE], start_of(TODAY, ZONE), ZONE)


def done_by(published: RulePublished) -> set[tuple[str, UUID]]:
    """What publishing it does on that day."""
    story = trade()
    story.record(published, noon(TODAY))
    after: list[AlertEvent] = [one.event for one in sayings(story, TODAY) if one.at >= noon(TODAY)]
    return {(EFFECTS[type(one)], one.alert_id) for one in after}


def test_a_preview_is_what_publishing_does() -> None:
    for published in (
        version(watch_days="3"),
        version(watch_days="3", act_days="10"),
        version(watch_days="2", act_days="3", stop_days="11"),
        version(watch_days="20"),
        version(minimum_amount="1000"),
    ):
        foretold = {(one.effect, one.alert_id) for one in preview(trade(), published) if one.effect != "STAYS"}
        assert foretold == done_by(published), published
    assert {effect for effect, _ in done_by(version(watch_days="3", act_days="10"))} == {"OPENS", "WORSENS"}


def test_an_alert_that_the_version_would_not_have_raised_stays() -> None:
    stays = preview(trade(), version(watch_days="13"))
    assert [(one.effect, one.customer_id, one.present_level, one.level) for one in stays] == [("STAYS", BAKER, "watch", None)]
    assert preview(trade(), version(watch_days="12")) == []


def test_what_the_present_version_would_not_raise_either_is_no_effect() -> None:
    story = trade()
    # The alert of the baker was opened before small amounts were left out; it stays open until all is paid.
    story.record(
        RulePublished(rule_id=RULE, version=2, parameters={"minimum_amount": Decimal(50)}), noon(TODAY - timedelta(days=1))
    )
    assert preview(story, version(minimum_amount="60")) == []


def test_the_version_that_is_in_force_changes_nothing() -> None:
    assert preview(trade(), version()) == []
