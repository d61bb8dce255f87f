"""Alerts as they are shown, also rows that an older version has made."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, cast
from uuid import UUID

from services.alerts.api.views import in_list
from services.alerts.read_models.alert_pages import Listed
from services.alerts.read_models.alerts import evolve
from shared.contracts.alerts import AbnormalityReported
from shared.contracts.cursor import Cursor
from shared.contracts.envelope import Envelope, Record, opened
from shared.contracts.event import encode
from shared.contracts.topics import ALERTS_EVENTS

ALERT, CUSTOMER = UUID(int=1), UUID(int=2)
AT = datetime(2026, 3, 2, 4, tzinfo=UTC)


def reported() -> Envelope:
    event = AbnormalityReported(
        alert_id=ALERT,
        customer_id=CUSTOMER,
        kind="reported",
        reported_by=UUID(int=3),
        reported_on=date(2026, 3, 2),
        sign="SHOP_EMPTY",
    )
    cursor = Cursor(1, 1, 1)
    return opened(
        Record(
            ALERTS_EVENTS, 0, None, cursor, None, UUID(int=4), event.type, f"alert-{ALERT}", 1, CUSTOMER, AT, AT, encode(event)
        )
    )


def test_a_row_without_its_procedure_is_shown_as_it_was() -> None:
    row = evolve(None, reported())
    assert row is not None
    none = cast(Any, None)
    older = replace(row, procedure=none, asked=none, waiting=none, persons=none, routed=none, held=none, restricts=none)
    assert in_list(Listed(older, None)) == in_list(Listed(row, None))
