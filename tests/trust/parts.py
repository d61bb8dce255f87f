"""The parts of `make trust`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """`selection`: what pytest is given. The part holds when that runs tests, all of them pass, and none is left out."""

    name: str
    what: str
    selection: tuple[str, ...]


PARTS = (
    Part(
        "supply",
        "what is shipped, by digest and licence; no secret in the project, in an environment or in a log",
        ("tests/unit/supply", "tests/unit/process", "tests/architecture/test_secrets.py"),
    ),
    Part(
        "kafka",
        "each principal, topic and operation on a broker that asks who one is; services that work through it",
        ("tests/integration/kafka/test_rights.py", "tests/e2e/test_secured_broker.py"),
    ),
    Part(
        "keys",
        "API keys, members and roles",
        (
            "tests/unit/auth/test_keys.py",
            "tests/unit/auth/test_members.py",
            "tests/unit/auth/test_roles.py",
            "tests/unit/deploy/test_key_verbs.py",
        ),
    ),
    Part("tokens", "access tokens, and every forged one refused", ("tests/unit/auth/test_tokens.py",)),
    Part(
        "outgoing",
        "calls to addresses that somebody has named",
        (
            "tests/unit/outgoing",
            "tests/integration/alerts/webhooks/test_webhooks.py::test_an_address_inside_is_refused_without_being_repeated",
            "tests/integration/alerts/webhooks/test_deliveries.py::test_a_name_that_leads_inside_is_not_called",
        ),
    ),
    Part(
        "reads",
        "what any service tells of a customer is on record, and a sealed log that was changed is found",
        (
            "tests/unit/audit",
            "tests/integration/audit",
            "tests/integration/cards/test_reads.py",
            "tests/integration/reach/test_reads.py",
            "tests/architecture/test_reads.py",
        ),
    ),
    Part(
        "reach",
        "whom a caller reaches: what is narrowed, what is refused, who changes hands meanwhile",
        (
            "tests/unit/reach",
            "tests/unit/web/test_reach.py",
            "tests/unit/projections/test_narrowing.py",
            "tests/architecture/test_reach.py",
            "tests/integration/cards/test_reach.py",
        ),
    ),
    Part(
        "matrix",
        "every route as every role about own and foreign customers",
        ("tests/integration/reach/test_matrix.py",),
    ),
    Part(
        "surface",
        "headers, documents, promises to callers, strict bodies",
        ("tests/unit/web", "tests/contract/web", "tests/contract/schemas"),
    ),
    Part(
        "custody",
        "cards go out with their salesperson for a visit of the day, and come back",
        ("tests/unit/cards/test_custody.py", "tests/integration/cards/test_custody.py"),
    ),
    Part(
        "erasure",
        "an erasure by two persons leaves nothing of the person; what is held is told; what is kept for a while is forgotten",
        (
            "tests/unit/cards/test_erasing.py",
            "tests/unit/deploy/test_erasure_scan.py",
            "tests/integration/deploy/test_erasure_tables.py",
            "tests/integration/cards/test_erasure.py",
            "tests/integration/cards/test_erasure_ledger.py",
            "tests/integration/cards/test_subject_access.py",
            "tests/integration/cards/test_forgetting.py",
            "tests/integration/audit/test_expiry.py",
            "tests/e2e/test_erasure_verify.py",
        ),
    ),
    Part(
        "canaries",
        "no personal value is told in logs, problems, metrics and spans; all tests with make canaries",
        (
            "-p",
            "tests.canaries",
            "tests/unit/telemetry",
            "tests/integration/cards/test_cards.py",
            "tests/integration/cards/test_erasure.py",
            "tests/integration/cards/test_subject_access.py",
            "tests/integration/complaints/test_complaints_api.py",
        ),
    ),
)
