"""What the company has put into a customer, recorded."""

from __future__ import annotations

from collections.abc import Mapping

from services.cards.domain.investment import RecordInvestment, decide, investment_stream
from services.cards.handlers.belongings import Deed, begin
from services.cards.handlers.deps import Deps
from shared.web.answers import Answer
from shared.web.commands import CommandKey


async def record_investment(deps: Deps, command: RecordInvestment, key: CommandKey, meta: Mapping[str, str]) -> Answer:
    """Raises Problem: CUSTOMER_UNKNOWN, IDEMPOTENCY_KEY_REUSED. A refusal is remembered with its key."""
    deed = Deed(
        stream=investment_stream(command.customer_id),
        expected="any",
        on=command.spent_on,
        decide=lambda _loaded: decide(command),
        body=lambda _events: {"id": str(command.investment_id), "customer_id": str(command.customer_id)},
        location=f"/v1/customers/{command.customer_id}/investments",
    )
    return await begin(deps, command.customer_id, deed, key, meta)
