"""Grades told by classification become warnings that are explained, over HTTP."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from shared.contracts.alerts import Reason
from shared.contracts.credit_grades import CreditGrade, CreditGraded
from tests.integration.alerts.conftest import Alerts, PoolOf, ago
from tests.integration.running import record

WHY = Reason(
    code="PAYS_LATE", sentence="4 invoices in CNY were paid 40.0 days late on average, by amount.", figures={"points": 2}
)


def graded(customer: UUID, grade: CreditGrade, previous: CreditGrade | None, days: int) -> CreditGraded:
    return CreditGraded(
        customer_id=customer,
        run_id=uuid4(),
        standard_version=0,
        graded_on=ago(days),
        grade=grade,
        previous=previous,
        points=3,
        reasons=(WHY,),
    )


@pytest.mark.requirement("S0.10", "S2.30")
async def test_bad_news_reaches_credit_and_good_news_sales_each_with_its_evidence(alerts: Alerts, pool_of: PoolOf) -> None:
    bad, good = uuid4(), uuid4()
    store = await pool_of(alerts.database, "classification")
    await alerts.go_live()
    told = [
        graded(bad, "HOLD", None, 2),
        graded(bad, "SHRINK", "HOLD", 1),
        graded(good, "HOLD", None, 2),
        graded(good, "GROW", "HOLD", 1),
    ]
    await record(store, "classification", [(f"credit-grade-{one.customer_id}", one.customer_id, one) for one in told])
    lowered, raised = await alerts.the_alert(bad), await alerts.the_alert(good)
    assert (lowered["kind"], lowered["rule_id"], lowered["level"]) == ("credit", "credit_grade_lowered", "act")
    assert (raised["kind"], raised["rule_id"], raised["level"]) == ("sales", "credit_grade_raised", "watch")
    assert lowered["reasons"] == [
        {
            "code": "CREDIT_GRADE",
            "sentence": f"Graded SHRINK on {ago(1)}, HOLD before.",
            "figures": {"grade": "SHRINK", "graded_on": f"{ago(1)}", "points": 3, "previous": "HOLD"},
        },
        {"code": WHY.code, "sentence": WHY.sentence, "figures": WHY.figures},
    ]
    for alert in (lowered, raised):
        evidence = (await alerts.client.get(f"/v1/alerts/{alert['id']}/evidence")).json()
        assert [one["type"] for one in evidence["events"]] == ["regulars.classification.credit-graded.v1"], evidence
        assert evidence["equal"] is True, evidence
    answer = (await alerts.client.get(f"/v1/customers/{good}/why-not", params={"rule": "credit_grade_lowered"})).json()
    missing = [one for one in answer["rules"][0]["channels"][0]["conditions"] if one.get("missing") is not None]
    assert [(one["level"], one["code"], one["missing"]) for one in missing] == [("act", "GRADE", 2), ("stop", "GRADE", 3)]
