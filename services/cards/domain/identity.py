"""Ids that two writers compute alike, so that they meet on one card or one fact."""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid5

CUSTOMERS = UUID("5b1f8f0a-58a5-5c0e-9d39-3f2f6a0f3a51")
FACTS = UUID("c2b9c5a4-6c1b-5a5f-8e0b-9d6a4c1e7b20")
REGISTRATIONS = UUID("0a7d3f5e-2f0d-5c43-9f6e-7a5c1b8d4e92")
TASKS = UUID("e4f4b1a7-35f5-5b5e-8f0c-2c6f1d0a9b37")
NEEDS = UUID("7d5c2e90-8a41-5e0f-9b6d-41f3a7c8d215")
OVERDUE = UUID("b8c1f6d2-1e57-5b0a-8c43-6f9d2a7e5104")


def stub_id(system: str, value: str) -> UUID:
    """Id of the customer who is first heard of by an external id. A system's name holds no slash."""
    return uuid5(CUSTOMERS, f"{system}/{value}")


def fact_id(source: str, kind: str, source_event_id: str) -> UUID:
    """Event id of a fact: one per source, kind and the source's own id. Neither of the first two holds a slash."""
    return uuid5(FACTS, f"{source}/{kind}/{source_event_id}")


def registration_id(customer_id: UUID, content: bytes) -> UUID:
    """Event id of a registration with this content (its keyed fingerprint): the same card delivered twice is known by it."""
    return uuid5(REGISTRATIONS, f"{customer_id}/{content.hex()}")


def task_id(seed: UUID, field: str) -> UUID:
    """Id of the task that a figure of a field makes; `seed` is one of a command and part."""
    return uuid5(TASKS, f"{seed}/{field}")


def need_id(customer_id: UUID, place: int) -> UUID:
    """Id of a need that was recorded with the registration, by its place there."""
    return uuid5(NEEDS, f"{customer_id}/{place}")


def overdue_id(visit_id: UUID) -> UUID:
    """Event id of a card's not being back from a visit: told once, whoever tells it."""
    return uuid5(OVERDUE, str(visit_id))


def card_stream(customer_id: UUID) -> str:
    return f"card-{customer_id}"


def ledger_stream(customer_id: UUID) -> str:
    return f"ledger-{customer_id}"


def sub_sales_stream(customer_id: UUID) -> str:
    """What dealers sold to a sub-distributor: beside the ledger, since none of it is ours."""
    return f"subsales-{customer_id}"


def source_stream(source: str, fact_kind: str) -> str:
    return f"source-{source}-{fact_kind}"


def visits_stream(customer_id: UUID) -> str:
    """Visits of a customer, and who has had its card with them: one stream, since what is decided is decided on all of it."""
    return f"visits-{customer_id}"
