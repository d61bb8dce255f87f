"""Which customer is behind what the service's paths name."""

from __future__ import annotations

from services.complaints.handlers.fact_problems import CASE_UNKNOWN
from services.complaints.handlers.problems import COMPLAINT_UNKNOWN
from services.complaints.read_models.whose import WHOSE
from shared.web.reach import Behind, Reach

REACH = Reach(
    served=WHOSE,
    objects={"complaint_id": Behind(COMPLAINT_UNKNOWN, "complaint-"), "case_id": Behind(CASE_UNKNOWN, "case-")},
    of_nobody=frozenset({"commitment", "measure_id", "place"}),
)
