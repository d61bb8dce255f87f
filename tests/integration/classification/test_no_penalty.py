"""Who complains, founded or not, open or ended, keeps the class."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from shared.contracts.complaints import ClaimSettled, ComplaintAssessed, ComplaintReceived
from shared.contracts.money import Money
from tests.integration.classification.conftest import Classification, PoolOf, days_ago, sale
from tests.integration.running import record


@pytest.mark.requirement("S2.50")
async def test_complaining_never_touches_the_class(classification: Classification, pool_of: PoolOf) -> None:
    loud, quiet = UUID(int=1), UUID(int=2)
    await classification.trade(sale(loud, 100), sale(quiet, 90))
    before = await classification.run()
    shown = await figures(classification)
    complaints = await pool_of(classification.database, "complaints")
    for n in range(5):
        complaint = uuid4()
        received = ComplaintReceived(
            complaint_id=complaint,
            customer_id=loud,
            kind="SERVICE",
            channel="WEB",
            received_on=days_ago(10),
            claimed=Money(Decimal(90), "CNY"),
        )
        assessed = ComplaintAssessed(complaint_id=complaint, customer_id=loud, founded=n % 2 == 0, assessed_on=days_ago(9))
        settled = ClaimSettled(complaint_id=complaint, customer_id=loud, settled_on=days_ago(8))
        events = (received, assessed, settled)[: n % 3 + 1]
        await record(complaints, "complaints", [(f"complaint-{complaint}", loud, event) for event in events])
    after = await classification.run()
    assert (before["changed"], after["changed"]) == (2, 0)
    assert await figures(classification) == shown


async def figures(service: Classification) -> list[tuple[str, ...]]:
    items = (await service.client.get("/v1/value-classes")).json()["items"]
    return [(item["customer_id"], item["value_class"], item["share"], item["net"]["amount"]) for item in items]
