"""One example a request about facts, cases and prevention, shown in the API's document."""

from __future__ import annotations

from services.complaints.api.examples import example

SUMMARY = example(
    {"summary": "Of 400 hinges 31 broke at the first opening.", "confirmed_by": "Mr. Wang", "how": "HOTLINE", "corrected": True}
)
EVIDENCE = example(
    {
        "side": "CUSTOMER",
        "kind": "PHOTO",
        "given_by": "Mr. Wang",
        "given_on": "2026-03-03",
        "reference": "dms:2026/4417/1",
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    }
)
CAUSE = example({"cause": "MATERIAL", "found_on": "2026-03-08"})
RESPONSIBILITY = example(
    {
        "parties": [
            {"party": "COMPANY", "share": "70", "department": "QUALITY_CONTROL"},
            {"party": "CARRIER", "share": "30", "name": "YTO"},
        ]
    }
)
FAIR_WAY = example({"method": "JOINT_INSPECTION", "how": "HOTLINE", "answer_by": "2026-03-20"})
LINK = example({"complaint_id": "c64d0474-f68b-541f-ac54-2aa48d703ff3"})
BROKEN_COMMITMENT = example({"commitment": "HINGE_GUARANTEE"})
SATISFACTION = example({"score": 4, "how": "QUESTIONNAIRE", "words": "Quick, but the second parcel came open."})
CASE = example(
    {
        "customer": {"system": "erp", "value": "K-1077"},
        "kind": "HELP",
        "channel": "HOTLINE",
        "concern": "USE",
        "article": "HINGE-65",
        "text": "How is the spring set?",
    }
)
ANSWER = example({"how": "EMAIL", "answer": "With the key of 3 mm, a quarter turn."})
CASE_CLOSURE = example({"solved": True})
CASE_COMPLAINT = example({"kind": "QUALITY", "remedy_sought": "REPLACEMENT", "article": "HINGE-65", "batch": "B-2606"})
CAUSES = example(
    {"causes": [{"code": "MATERIAL", "name": "Bad material", "kinds": ["QUALITY"]}, {"code": "UNKNOWN", "name": "Not found out"}]}
)
COMMITMENT = example(
    {
        "what": "GUARANTEE",
        "title": "Hinges hold for two years",
        "words": "A hinge that breaks within two years is replaced without charge.",
        "since": "2026-01-01",
        "article": "HINGE-65",
        "guarantee_days": 730,
        "promise_kind": "REPAIR",
    }
)
COMMITMENT_END = example({"until": "2026-12-31"})
PREVENTION = example(
    {
        "against": "batch",
        "value": "B-2606",
        "action": "CHECK_HARDNESS_OF_EACH_BATCH",
        "owner": "E-31",
        "due_on": "2026-04-01",
        "check_days": 90,
    }
)
PREVENTION_STEP = example({"on": "2026-03-30"})
PREVENTION_DROP = example({"reason": "BATCH_RECALLED"})
