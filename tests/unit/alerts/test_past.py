"""The past once more: what is known on which day, and that a re-run says what the engine says."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import msgspec

from services.alerts.engine.items import Item, item_of
from services.alerts.engine.past import Known, Rerun, rerun
from services.alerts.engine.warned import Piece
from shared.contracts.alerts import RulePublished
from shared.contracts.transactions import InvoiceRef, WrittenOff
from tests.unit.alerts.telling import ZONE, told
from tests.unit.alerts.trade import BAKER, SHOP, Trade, cny, noon

RULE = "overdue_debt"
LIVE = date(2026, 1, 5)
DUE = date(2026, 3, 2)
UNTIL = date(2026, 10, 31)


def version(number: int, **values: int) -> RulePublished:
    return RulePublished(rule_id=RULE, version=number, parameters={name: Decimal(value) for name, value in values.items()})


def what(known: Known = "AS_RECORDED", live_at: datetime | None = None, **draft: int) -> Rerun:
    present = version(1)
    return Rerun(
        rule_id=RULE,
        variants={"present": (present,)} | ({"draft": (present, version(2, **draft))} if draft else {}),
        first=LIVE,
        last=UNTIL,
        known=known,
        lost_after_days=120,
        failed_after_days=90,
        known_until=UNTIL,
        live_at=live_at,
        zone=ZONE.key,
    )


def run(rerun_: Rerun, items: list[Item]) -> Piece:
    return rerun(
        rerun_,
        [one for one in items if one.record.customer_id is not None],
        [one for one in items if one.record.customer_id is None],
    )


def debts() -> Trade:
    trade = Trade()
    trade.went_live(LIVE)
    trade.invoiced(DUE - timedelta(days=30), "A1", DUE)
    trade.invoiced(DUE - timedelta(days=30), "B1", DUE, customer=BAKER)
    trade.paid(DUE + timedelta(days=40), "100.00", "B1", BAKER)
    return trade


def test_a_rerun_says_what_the_engine_says() -> None:
    trade = debts()
    live = told(trade, UNTIL, RULE)
    found = run(what(), trade.sorted())
    levels = sorted(level.on for one in found.warned for level in one.levels)
    assert levels == sorted(day for what_, _, level, day in live if level is not None)
    assert {(one.customer_id, one.level, one.recovered_on) for one in found.warned} == {
        (SHOP, "stop", None),
        (BAKER, "act", DUE + timedelta(days=40)),
    }


def test_what_became_of_it_is_told() -> None:
    found = run(what(watch_days=3), debts().sorted())
    assert {(one.variant, one.customer_id, one.verdict, (one.opened_on - DUE).days) for one in found.warned} == {
        ("present", SHOP, "TRUE", 7),
        ("present", BAKER, "FALSE", 7),
        ("draft", SHOP, "TRUE", 3),
        ("draft", BAKER, "FALSE", 3),
    }
    assert [(one.customer_id, one.on, one.foretold) for one in found.suffered] == [
        (SHOP, DUE + timedelta(days=90), ("present", "draft"))
    ]


def test_a_debt_that_is_written_off_has_failed_and_fails_once() -> None:
    def failed(on: date) -> list[date]:
        trade = debts()
        fact = WrittenOff(
            customer_id=SHOP,
            source="erp",
            source_event_id="w",
            invoice=InvoiceRef("erp", "A1"),
            written_off_on=on,
            amount=cny(100),
        )
        trade.record(fact, noon(on))
        return [one.on for one in run(what(), trade.sorted()).suffered]

    early, late = DUE + timedelta(days=50), DUE + timedelta(days=120)
    assert failed(early) == [early]
    assert failed(late) == [DUE + timedelta(days=90)]


def loaded(items: list[Item], at: datetime) -> list[Item]:
    """As if all of it had been loaded at one moment."""
    return [
        item_of(msgspec.structs.replace(one.record, recorded_at=at + timedelta(microseconds=number)))
        for number, one in enumerate(items)
        if one.record.customer_id is not None
    ]


def test_loaded_history_is_known_on_its_own_day_or_when_it_was_loaded() -> None:
    at = noon(UNTIL - timedelta(days=1))
    items = loaded(debts().sorted(), at)
    on_its_day = run(what("HISTORY_ON_ITS_DAY", None), items)
    assert [one.levels[0].on for one in on_its_day.warned if one.customer_id == SHOP] == [DUE + timedelta(days=7)]
    as_recorded = run(what("AS_RECORDED", None), items)
    assert {(one.customer_id, one.opened_on) for one in as_recorded.warned} == {
        (one, UNTIL - timedelta(days=1)) for one in (SHOP, BAKER)
    }
    # What was recorded after going live is known from its recording, whatever is said of history.
    after = run(what("HISTORY_ON_ITS_DAY", at - timedelta(days=1)), items)
    assert after.warned == as_recorded.warned


def test_the_same_items_give_the_same_in_any_order() -> None:
    items = debts().sorted()
    assert run(what(watch_days=3), items) == run(what(watch_days=3), items[::-1])
