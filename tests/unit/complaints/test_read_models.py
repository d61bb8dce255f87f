"""The rows that complaints and customers become."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from services.complaints.read_models.complaints import COMPLAINTS, ComplaintRow
from services.complaints.read_models.customers import CUSTOMERS, Customer
from shared.contracts.cards import (
    Basics,
    BasicsRevised,
    CustomerErased,
    CustomerRegistered,
    ExternalId,
    ExternalIdLinked,
    StubOpened,
)
from shared.contracts.complaints import (
    ClaimSettled,
    ComplaintAssessed,
    ComplaintClosed,
    ComplaintReceived,
    ComplaintWithdrawn,
    SolutionCarriedOut,
)
from shared.contracts.cursor import Cursor
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.topics import main_topic
from shared.projections.read_model import ReadModel, Row

ID, CUSTOMER = UUID(int=1), UUID(int=2)
NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
COMPANY = Basics(kind="COMPANY", name="Hua Xin")
RECEIVED = ComplaintReceived(
    complaint_id=ID,
    customer_id=CUSTOMER,
    kind="QUALITY",
    channel="WEB",
    received_on=date(2026, 3, 1),
    claimed=Money(Decimal(500), "CNY"),
)
ASSESSED = ComplaintAssessed(complaint_id=ID, customer_id=CUSTOMER, founded=True, assessed_on=date(2026, 3, 5))
SOLVED = SolutionCarriedOut(complaint_id=ID, customer_id=CUSTOMER, solution="REPLACED", carried_out_on=date(2026, 3, 9))
SETTLED = ClaimSettled(complaint_id=ID, customer_id=CUSTOMER, settled_on=date(2026, 3, 12), agreed=Money(Decimal(300), "CNY"))
CLOSED = ComplaintClosed(complaint_id=ID, customer_id=CUSTOMER, closed_on=date(2026, 3, 15), lesson="CHECK_EACH_BATCH")
WITHDRAWN = ComplaintWithdrawn(complaint_id=ID, customer_id=CUSTOMER, withdrawn_on=date(2026, 3, 15))


def envelope(event: Event, version: int) -> Envelope:
    return Envelope(
        event=event,
        type=event.type,
        event_id=uuid4(),
        stream="of one",
        version=version,
        topic=main_topic(event.type),
        part=3,
        cursor=Cursor(1, 700, version),
        customer_id=CUSTOMER,
        occurred_at=NOON,
        recorded_at=NOON,
    )


def folded(model: ReadModel[Row], *events: Event) -> Row | None:
    row: Row | None = None
    for version, event in enumerate(events, 1):
        found = envelope(event, version)
        assert model.key(found) in (ID, CUSTOMER)
        row = model.evolve(row, found)
    return row


def complaint(*events: Event) -> ComplaintRow:
    row = folded(COMPLAINTS, *events)
    assert row is not None
    return row


def totals(row: ComplaintRow) -> object:
    assert COMPLAINTS.totals is not None
    return COMPLAINTS.totals(row)


def test_a_complaint_on_its_way() -> None:
    row = complaint(RECEIVED)
    assert (row.state, row.claimed, row.currency, row.disputed, row.ended_on) == ("OPEN", Decimal(500), "CNY", True, None)
    row = complaint(RECEIVED, ASSESSED)
    assert (row.state, row.founded, row.severity, row.version) == ("ASSESSED", True, "MEDIUM", 2)
    assert complaint(RECEIVED, ASSESSED, SOLVED).solution == "REPLACED"
    row = complaint(RECEIVED, ASSESSED, SOLVED, SETTLED)
    assert (row.state, row.agreed, row.disputed) == ("SOLVED", Decimal(300), False)
    row = complaint(RECEIVED, ASSESSED, SOLVED, SETTLED, CLOSED)
    assert (row.state, row.ended_on, row.lesson) == ("CLOSED", date(2026, 3, 15), "CHECK_EACH_BATCH")
    assert complaint(RECEIVED, WITHDRAWN).state == "WITHDRAWN"


def test_totals_count_what_is_open_and_claimed() -> None:
    assert totals(complaint(RECEIVED)) == {"kind:QUALITY": {"open": 1}, "currency:CNY": {"claimed": Decimal(500)}}
    assert totals(complaint(RECEIVED, SETTLED)) == {"kind:QUALITY": {"open": 1}}
    assert totals(complaint(RECEIVED, WITHDRAWN)) == {}


def test_a_customer_is_known_by_all_external_ids() -> None:
    erp, shop, crm = ExternalId("erp", "K-1"), ExternalId("shop", "9"), ExternalId("crm", "a")
    row = folded(
        CUSTOMERS,
        StubOpened(customer_id=CUSTOMER, external_id=erp),
        CustomerRegistered(customer_id=CUSTOMER, basics=COMPANY, external_ids=(erp, shop)),
        ExternalIdLinked(customer_id=CUSTOMER, external_id=crm),
        BasicsRevised(customer_id=CUSTOMER, basics=COMPANY),
    )
    assert row == Customer(CUSTOMER, ("crm/a", "erp/K-1", "shop/9"), erased=False)
    gone = folded(
        CUSTOMERS,
        StubOpened(customer_id=CUSTOMER, external_id=erp),
        CustomerErased(customer_id=CUSTOMER, reason="REQUESTED_BY_CUSTOMER"),
    )
    assert gone == Customer(CUSTOMER, ("erp/K-1",), erased=True)
