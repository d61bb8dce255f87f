"""What a customer's card says is known in one row, whatever the order of the days on which it was said."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from services.classification.read_models.profiles import PROFILES, Profile
from shared.contracts.cards import Basics, BasicsRevised, CustomerRegistered, ExternalId, Marks, MarksAssigned, StubOpened
from shared.contracts.cursor import Cursor
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.relations import (
    AttachedToDealer,
    DetachedFromDealer,
    MergedInto,
    ProspectAdmitted,
    TradeEnded,
    TradeStarted,
)
from shared.contracts.topics import CARDS_EVENTS

CUSTOMER, DEALER, OTHER = UUID(int=7), UUID(int=8), UUID(int=9)


def day(number: int) -> date:
    return date(2026, 1, 1) + timedelta(days=number)


def told(*said: tuple[int, Event]) -> Profile:
    """Events with the number of the day from which each holds, in the order of the stream."""
    row: Profile | None = None
    for version, (number, event) in enumerate(said, 1):
        moment = datetime.combine(day(number), time(9), UTC)
        row = PROFILES.evolve(
            row,
            Envelope(
                event=event, type=event.type, event_id=UUID(int=version), stream="of one", version=version, topic=CARDS_EVENTS,
                part=3, cursor=Cursor(1, 700, version), customer_id=CUSTOMER, occurred_at=moment, recorded_at=moment,
            ),
        )  # fmt: skip
    assert row is not None
    return row


def registered(**basics: object) -> CustomerRegistered:
    return CustomerRegistered(
        customer_id=CUSTOMER,
        basics=Basics(kind="COMPANY", name="Hua Xin", **basics),
        marks=Marks(shop_kind="CHAIN"),  # type: ignore[arg-type]
    )


def stub(dealer_id: UUID | None = None) -> StubOpened:
    return StubOpened(
        customer_id=CUSTOMER, external_id=ExternalId("erp", "7"), dealer_id=dealer_id, since=None if dealer_id is None else day(1)
    )


def test_of_two_statements_about_marks_or_basics_that_of_the_later_day_stands_and_of_one_day_the_later() -> None:
    first = (10, MarksAssigned(customer_id=CUSTOMER, marks=Marks(shop_kind="KIOSK")))
    late = (5, MarksAssigned(customer_id=CUSTOMER, marks=Marks(shop_kind="MARKET")))
    same = (10, MarksAssigned(customer_id=CUSTOMER, marks=Marks(shop_kind="STORE", nature="RETAIL")))
    assert told((1, registered())).shop_kind == "CHAIN"
    assert told((1, registered()), first, late).shop_kind == "KIOSK"
    row = told((1, registered()), first, late, same)
    assert (row.shop_kind, row.nature, row.marks_on, row.kind) == ("STORE", "RETAIL", day(10), "COMPANY")
    revised = BasicsRevised(customer_id=CUSTOMER, basics=Basics(kind="COMPANY", legal_form="LLC"))
    assert told((3, registered(legal_form="JSC")), (2, revised)).legal_form == "JSC"
    assert told((3, registered(legal_form="JSC")), (3, revised)).legal_form == "LLC"


def test_a_stub_trades_until_somebody_registers_it_as_a_prospect() -> None:
    assert (told((1, stub())).registered, told((1, stub())).stage) == (False, "TRADING")
    row = told((1, stub()), (2, registered()))
    assert (row.registered, row.stage, row.stage_on) == (True, "PROSPECT", None)
    row = told((1, registered(trading_since=day(-400))))
    assert (row.stage, row.stage_on) == ("TRADING", day(-400))


def test_steps_of_trade_stand_by_their_days_and_all_are_kept() -> None:
    admitted = (1, ProspectAdmitted(customer_id=CUSTOMER, standard_version=1, checks=(), admitted_on=day(1)))
    started = (2, TradeStarted(customer_id=CUSTOMER, started_on=day(8)))
    ended = (3, TradeEnded(customer_id=CUSTOMER, ended_on=day(5), reason="OUR_DECISION"))
    row = told((0, registered()), admitted, started, ended)
    assert (row.stage, row.stage_on) == ("TRADING", day(8))
    assert row.stages == (f"{day(1)} ABOUT_TO_TRADE", f"{day(5)} PAST", f"{day(8)} TRADING")
    again = told((0, registered()), started, (3, TradeEnded(customer_id=CUSTOMER, ended_on=day(8), reason="OUR_DECISION")))
    assert (again.stage, again.stages) == ("PAST", (f"{day(8)} PAST",))


def test_dealers_are_kept_by_day_those_of_stubs_as_well() -> None:
    row = told((1, stub(DEALER)), (9, AttachedToDealer(customer_id=CUSTOMER, dealer_id=OTHER, since=day(9))))
    assert (row.dealer_id, row.dealers) == (OTHER, (f"{day(1)} {DEALER}", f"{day(9)} {OTHER}"))
    row = told((1, stub(DEALER)), (9, DetachedFromDealer(customer_id=CUSTOMER, dealer_id=DEALER, until=day(9))))
    assert (row.dealer_id, row.dealers[-1]) == (None, f"{day(9)} ")
    late = AttachedToDealer(customer_id=CUSTOMER, dealer_id=OTHER, since=day(0))
    assert told((1, stub(DEALER)), (9, late)).dealer_id == DEALER


def test_a_merged_card_names_the_one_that_leads() -> None:
    assert told((1, registered()), (2, MergedInto(customer_id=CUSTOMER, lead_id=OTHER))).merged_into == OTHER
