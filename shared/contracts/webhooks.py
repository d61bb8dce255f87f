"""Subscriptions of other systems to alerts over HTTP. Addresses and secrets are sealed: an address may be a secret itself."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.alerts import AlertKind, Level
from shared.contracts.event import Event, Instant, registered

WebhookKind = Literal[AlertKind, "company"]
"""Kinds of alerts about a customer, and warnings that concern no single one."""


class WebhookEvent(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Base of the events of one subscription."""

    webhook_id: UUID


@registered
class WebhookSubscribed(WebhookEvent, frozen=True, kw_only=True, omit_defaults=True):
    """What is recorded from here on is delivered. No kinds, levels or rules: all of them."""

    type: ClassVar[str] = "regulars.alerts.webhook-subscribed.v1"
    name: str
    sealed_url: str
    sealed_secret: str
    subscribed_by: UUID
    kinds: tuple[WebhookKind, ...] = ()
    levels: tuple[Level, ...] = ()
    rules: tuple[str, ...] = ()


@registered
class WebhookRevised(WebhookEvent, frozen=True, kw_only=True, omit_defaults=True):
    """Where to and what of, as a whole."""

    type: ClassVar[str] = "regulars.alerts.webhook-revised.v1"
    name: str
    sealed_url: str
    revised_by: UUID
    kinds: tuple[WebhookKind, ...] = ()
    levels: tuple[Level, ...] = ()
    rules: tuple[str, ...] = ()


@registered
class WebhookSecretRotated(WebhookEvent, frozen=True, kw_only=True, omit_defaults=True):
    """Until `previous_until` calls are signed with both secrets."""

    type: ClassVar[str] = "regulars.alerts.webhook-secret-rotated.v1"
    sealed_secret: str
    previous_until: Instant
    rotated_by: UUID


@registered
class WebhookPaused(WebhookEvent, frozen=True, kw_only=True, omit_defaults=True):
    """Nothing is sent; what happens meanwhile waits."""

    type: ClassVar[str] = "regulars.alerts.webhook-paused.v1"
    paused_by: UUID


@registered
class WebhookResumed(WebhookEvent, frozen=True, kw_only=True, omit_defaults=True):
    """What has waited is sent, in order."""

    type: ClassVar[str] = "regulars.alerts.webhook-resumed.v1"
    resumed_by: UUID


@registered
class WebhookDisabled(WebhookEvent, frozen=True, kw_only=True, omit_defaults=True):
    """Nothing is sent any more until a person resumes it: the receiver said that it is gone, or has failed since a moment too long ago."""

    type: ClassVar[str] = "regulars.alerts.webhook-disabled.v1"
    reason: Literal["GONE", "FAILING"]
    failing_since: Instant | None = None


@registered
class WebhookEnded(WebhookEvent, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.alerts.webhook-ended.v1"
    ended_by: UUID
