"""Bodies of the commands on subscriptions, with one example each."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi.openapi.models import Example
from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.alerts.domain.webhook import Wanted
from shared.contracts.alerts import Level
from shared.contracts.webhooks import WebhookKind
from shared.outgoing.addresses import LONGEST
from shared.web.fields import Body, Moment, Name

Url = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST, strict=True),
    Field(examples=["https://crm.example.com/hooks/alerts"]),
]
RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,99}$", strict=True)]


class WebhookBody(Body):
    """Where to, and what of: kinds, levels and rules that are left out are all of them. An alert of no rule belongs to no rule."""

    name: Name
    url: Url
    kinds: Annotated[tuple[WebhookKind, ...], Field(max_length=20)] = ()
    levels: Annotated[tuple[Level, ...], Field(max_length=10)] = ()
    rules: Annotated[tuple[RuleId, ...], Field(max_length=100)] = ()

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.kinds, self.levels, self.rules)


class RedeliveryBody(Body):
    """One call, or all since a moment that ended in one of these states."""

    event_id: UUID | None = None
    since: Moment | None = None
    states: Annotated[tuple[Literal["DEAD", "DELIVERED"], ...], Field(min_length=1, max_length=2)] = ("DEAD",)

    @model_validator(mode="after")
    def _which(self) -> RedeliveryBody:
        if (self.event_id is None) == (self.since is None):
            raise PydanticCustomError("redelivery", "must name either event_id or since")
        return self


WEBHOOK = {
    "example": Example(
        summary="An example",
        value={"name": "CRM", "url": "https://crm.example.com/hooks/alerts", "kinds": ["credit"], "levels": ["act", "stop"]},
    )
}
REDELIVERY = {"example": Example(summary="An example", value={"since": "2026-03-30T00:00:00Z", "states": ["DEAD"]})}
