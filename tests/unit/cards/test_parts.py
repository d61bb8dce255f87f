"""The parts of a card: two clocks order what is said, in whatever order it is folded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from services.cards.domain.parts import Parts, parts_of
from shared.contracts.card_parts import (
    BusinessStatus,
    BusinessStatusRevised,
    Characteristics,
    CharacteristicsRevised,
    FieldVerified,
    NeedActedOn,
    NeedRecorded,
    VerificationRequested,
    YearSales,
)
from shared.contracts.cards import (
    Basics,
    BasicsRevised,
    CustomerRegistered,
    Marks,
    MarksAssigned,
    Provenance,
)
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.money import Money
from tests.unit.cards.telling import told

SHANGHAI = ZoneInfo("Asia/Shanghai")
CUSTOMER, ASKER, LOOKER, TASK, NEED = (UUID(int=n) for n in range(1, 6))
VISIT = Provenance(source="SALESPERSON", observed_on=date(2026, 3, 2))
FORM = Provenance(source="QUESTIONNAIRE", observed_on=date(2026, 3, 5))
PAID = Provenance(source="AGENCY", agency="Harbour Credit", observed_on=date(2026, 1, 5))
FIRST = date(2026, 3, 1)


def on(*events: tuple[int, Event]) -> list[Envelope]:
    """Events in the order of the stream, each with the day of March from which it holds, at noon of that day in Shanghai."""
    stamped = told([event for _, event in events], CUSTOMER)
    days = [datetime(2026, 3, day, 12, tzinfo=SHANGHAI).astimezone(UTC) for day, _ in events]
    return [replace(envelope, occurred_at=day) for envelope, day in zip(stamped, days, strict=True)]


def folded(envelopes: Sequence[Envelope]) -> Parts:
    return parts_of(envelopes, SHANGHAI)


def power(grade: int, provenance: Provenance = VISIT) -> CharacteristicsRevised:
    return CharacteristicsRevised(
        customer_id=CUSTOMER, provenance=provenance, stated=Characteristics(sales_power=grade), decided_by=ASKER
    )


def purchases(amount: str) -> Money:
    return Money(Decimal(amount), "CNY")


REQUESTED = VerificationRequested(
    customer_id=CUSTOMER,
    task_id=TASK,
    field="business.annual_purchases",
    stated=Decimal(1500),
    known=Decimal(880),
    known_from="LEDGER",
    currency="CNY",
    provenance=FORM,
    decided_by=ASKER,
)


def verified(field: str, outcome: str = "CONFIRMED", task: UUID | None = None) -> FieldVerified:
    return FieldVerified(
        customer_id=CUSTOMER,
        field=field,
        outcome="CONFIRMED" if outcome == "CONFIRMED" else "REFUTED",
        verified_on=date(2026, 3, 20),
        task_id=task,
        decided_by=LOOKER,
    )


def test_the_statement_of_the_later_day_stands_whenever_it_was_recorded() -> None:
    parts = folded(on((10, power(4)), (5, power(2))))
    assert parts.statements["characteristics.sales_power"].value == 4


def test_of_one_day_the_later_in_the_stream_stands_whatever_the_hour() -> None:
    first, second = on((10, power(4)), (10, power(2)))
    at_dawn = replace(second, occurred_at=first.occurred_at - timedelta(hours=11))
    assert folded([first, at_dawn]).statements["characteristics.sales_power"].value == 2


def test_days_are_those_of_the_company() -> None:
    late = replace(on((9, power(4)))[0], occurred_at=datetime(2026, 3, 9, 17, tzinfo=UTC))
    assert folded([late]).statements["characteristics.sales_power"].valid_from == date(2026, 3, 10)


def test_the_state_is_the_same_in_any_order() -> None:
    history = on(
        (2, CustomerRegistered(customer_id=CUSTOMER, basics=Basics(kind="COMPANY", name="Lotus"), marks=Marks(nature="A"))),
        (9, power(4)),
        (4, power(2)),
        (9, verified("characteristics.sales_power")),
        (6, REQUESTED),
        (6, verified("business.annual_purchases", task=TASK)),
    )
    expected = folded(history)
    assert expected.statements["business.annual_purchases"].value == purchases("1500")
    for order in permutations(history):
        # What was asked for comes before what became of it in both orders.
        if order.index(history[4]) < order.index(history[5]):
            assert folded(order) == expected


def test_what_a_registration_leaves_out_it_says_nothing_about() -> None:
    parts = folded(
        on(
            (10, CustomerRegistered(customer_id=CUSTOMER, basics=Basics(kind="COMPANY", name="Lotus"))),
            (5, MarksAssigned(customer_id=CUSTOMER, marks=Marks(ownership="JOINT_STOCK"))),
        )
    )
    assert parts.has("marks.ownership")
    assert not parts.has("basics.telephone")


def test_revised_basics_take_away_what_they_leave_out_but_not_what_they_keep() -> None:
    before = Basics(kind="COMPANY", name="Lotus", place="Suzhou", assets=purchases("5"))
    revised = BasicsRevised(
        customer_id=CUSTOMER, basics=Basics(kind="COMPANY", name="Lotus", assets=purchases("5")), kept=("assets",)
    )
    parts = folded(on((1, CustomerRegistered(customer_id=CUSTOMER, basics=before)), (2, revised)))
    assert not parts.has("basics.place")
    assert parts.statements["basics.assets"].valid_from == FIRST
    assert parts.statements["basics.name"].valid_from == date(2026, 3, 2)


def test_each_year_of_sales_stands_for_itself() -> None:
    def sold(year: int, amount: str) -> BusinessStatusRevised:
        stated = BusinessStatus(sales_results=(YearSales(year=year, sales=purchases(amount)),))
        return BusinessStatusRevised(customer_id=CUSTOMER, provenance=VISIT, stated=stated)

    parts = folded(on((1, sold(2024, "7")), (2, sold(2025, "9")), (3, sold(2025, "8"))))
    values = {field: one.value for field, one in parts.known()}
    assert values == {"business.sales_results.2024": purchases("7"), "business.sales_results.2025": purchases("8")}
    assert parts.has("business.sales_results")


def test_a_withdrawn_field_is_empty_from_that_day() -> None:
    gone = CharacteristicsRevised(customer_id=CUSTOMER, provenance=VISIT, withdrawn=("sales_power",))
    assert not folded(on((1, power(4)), (3, gone))).has("characteristics.sales_power")
    assert folded(on((4, power(4)), (3, gone))).has("characteristics.sales_power")


def test_a_verification_holds_for_what_stood_when_it_was_made() -> None:
    field = "characteristics.sales_power"
    assert folded(on((1, power(4)), (1, verified(field)))).verification(field) is not None
    assert folded(on((1, power(4)), (1, verified(field)), (2, power(3)))).verification(field) is None
    older = folded(on((5, power(4)), (5, verified(field)), (2, power(3)))).verification(field)
    assert older is not None
    assert older.confirmed


def test_the_last_look_counts_in_whatever_order_looks_are_folded() -> None:
    field = "characteristics.sales_power"
    stated, first, last = on((1, power(4)), (1, verified(field)), (1, verified(field, "REFUTED")))
    for order in ([stated, first, last], [stated, last, first]):
        look = folded(order).verification(field)
        assert look is not None
        assert not look.confirmed


def test_what_was_found_wrong_is_not_there() -> None:
    field = "characteristics.sales_power"
    assert not folded(on((1, power(4)), (1, verified(field, "REFUTED")))).has(field)


def test_a_waiting_figure_overwrites_nothing_until_it_is_confirmed() -> None:
    field = "business.annual_purchases"
    stated = BusinessStatusRevised(
        customer_id=CUSTOMER, provenance=VISIT, stated=BusinessStatus(annual_purchases=purchases("900"))
    )
    waiting = folded(on((1, stated), (5, REQUESTED)))
    assert waiting.statements[field].value == purchases("900")
    assert [task.task_id for task in waiting.open_tasks()] == [TASK]
    refuted = folded(on((1, stated), (5, REQUESTED), (5, verified(field, "REFUTED", TASK))))
    assert (refuted.statements[field].value, refuted.verification(field), refuted.open_tasks()) == (purchases("900"), None, [])
    confirmed = folded(on((1, stated), (5, REQUESTED), (5, verified(field, task=TASK))))
    assert confirmed.statements[field].value == purchases("1500")
    assert confirmed.statements[field].entered_by == ASKER
    look = confirmed.verification(field)
    assert look is not None
    assert (look.verified_by, look.verified_on) == (LOOKER, date(2026, 3, 20))


def test_the_last_report_of_an_agency_is_remembered_when_others_speak_later() -> None:
    parts = folded(on((1, power(2, PAID)), (4, power(5))))
    assert parts.statements["characteristics.sales_power"].value == 5
    assert parts.agency["characteristics.sales_power"].value == 2


def test_needs_keep_what_was_done_about_them() -> None:
    need = NeedRecorded(customer_id=CUSTOMER, need_id=NEED, kind="SERVICE", text="sealed:a")

    def act(text: str, *, met: bool) -> NeedActedOn:
        return NeedActedOn(customer_id=CUSTOMER, need_id=NEED, action=text, taken_on=date(2026, 3, 9), met=met)

    parts = folded(on((1, need), (9, act("sealed:b", met=False))))
    assert not parts.needs[NEED].met
    assert folded(on((1, need), (9, act("sealed:b", met=False)), (9, act("sealed:c", met=True)))).needs[NEED].met
