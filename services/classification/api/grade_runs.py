"""How a run of grades is shown, whichever grade it gives."""

from __future__ import annotations

from typing import Any

from services.classification.read_models.grade_runs import GradeRun
from services.classification.read_models.run_changes import event_in
from shared.contracts.credit_grades import CreditStandardPublished
from shared.contracts.customer_grades import CustomerGradeStandardPublished


def run_body(run: GradeRun, standard: type[CreditStandardPublished] | type[CustomerGradeStandardPublished]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": run.run_id,
        "state": run.state,
        "graded_on": run.graded_on,
        "standard_version": event_in(run.standard, standard).version,
        "customers": run.customers,
        "changed": run.changed,
        "appended": run.appended,
        "made_at": run.made_at,
    }
    return found if run.ended_at is None else {**found, "ended_at": run.ended_at}
