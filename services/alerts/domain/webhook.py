"""A subscription of another system: what it asks for, its secrets, whether it is served."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from typing import Literal
from uuid import UUID

from services.alerts.domain.refusals import WebhookUnknown
from shared.contracts.alerts import Level
from shared.contracts.webhooks import (
    WebhookDisabled,
    WebhookEnded,
    WebhookEvent,
    WebhookKind,
    WebhookPaused,
    WebhookResumed,
    WebhookRevised,
    WebhookSecretRotated,
    WebhookSubscribed,
)

State = Literal["ACTIVE", "PAUSED", "DISABLED", "ENDED"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alerts are told. Empty means all."""

    kinds: tuple[WebhookKind, ...] = ()
    levels: tuple[Level, ...] = ()
    rules: tuple[str, ...] = ()

    def includes(self, kind: str, level: str | None, rule_id: str | None) -> bool:
        """Whether an alert is among them; what nobody's rule found is of no rule."""
        return (
            (not self.kinds or kind in self.kinds)
            and (not self.levels or level in self.levels)
            and (not self.rules or rule_id in self.rules)
        )


@dataclass(frozen=True, slots=True)
class Secret:
    """Signs calls until `until`; None: until it is replaced."""

    sealed: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Webhook:
    """`secrets`: the one in force, and behind it the one before it as long as that is accepted."""

    webhook_id: UUID
    name: str
    sealed_url: str
    secrets: tuple[Secret, ...]
    wanted: Wanted
    state: State = "ACTIVE"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Address and secret are sealed already."""

    webhook_id: UUID
    by: UUID
    name: str
    sealed_url: str
    sealed_secret: str
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Revise:
    by: UUID
    name: str
    sealed_url: str
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class RotateSecret:
    by: UUID
    sealed_secret: str
    previous_until: datetime


@dataclass(frozen=True, slots=True)
class Pause:
    by: UUID


@dataclass(frozen=True, slots=True)
class Resume:
    by: UUID


@dataclass(frozen=True, slots=True)
class Disable:
    """The sender gives up. `failing_since` None: the receiver said that it is gone."""

    failing_since: datetime | None


@dataclass(frozen=True, slots=True)
class End:
    by: UUID


WebhookCommand = Subscribe | Revise | RotateSecret | Pause | Resume | Disable | End


def webhook_stream(webhook_id: UUID) -> str:
    return f"webhook-{webhook_id}"


def sealed_place(webhook_id: UUID, field: Literal["url", "secret"]) -> str:
    """What a sealed address or secret is bound to."""
    return f"webhook\n{webhook_id}\n{field}"


def decide(hook: Webhook | None, command: WebhookCommand) -> list[WebhookEvent]:
    """Nothing where it is so already. Raises WebhookUnknown."""
    if isinstance(command, Subscribe):
        return [] if hook is not None else [_subscribed(command)]
    if hook is None or hook.state == "ENDED":
        raise WebhookUnknown
    webhook_id = hook.webhook_id
    match command:
        case Revise(by, name, url, wanted):
            revised = WebhookRevised(
                webhook_id=webhook_id,
                name=name,
                sealed_url=url,
                revised_by=by,
                kinds=wanted.kinds,
                levels=wanted.levels,
                rules=wanted.rules,
            )
            return [revised]
        case RotateSecret(by, secret, until):
            return [WebhookSecretRotated(webhook_id=webhook_id, sealed_secret=secret, previous_until=until, rotated_by=by)]
        case Pause(by):
            return [] if hook.state == "PAUSED" else [WebhookPaused(webhook_id=webhook_id, paused_by=by)]
        case Resume(by):
            return [] if hook.state == "ACTIVE" else [WebhookResumed(webhook_id=webhook_id, resumed_by=by)]
        case Disable(since):
            if hook.state != "ACTIVE":
                return []
            return [WebhookDisabled(webhook_id=webhook_id, reason="FAILING" if since else "GONE", failing_since=since)]
        case End(by):
            return [WebhookEnded(webhook_id=webhook_id, ended_by=by)]


def _subscribed(command: Subscribe) -> WebhookSubscribed:
    return WebhookSubscribed(
        webhook_id=command.webhook_id,
        name=command.name,
        sealed_url=command.sealed_url,
        sealed_secret=command.sealed_secret,
        subscribed_by=command.by,
        kinds=command.wanted.kinds,
        levels=command.wanted.levels,
        rules=command.wanted.rules,
    )


def evolve(hook: Webhook | None, event: WebhookEvent) -> Webhook | None:
    if isinstance(event, WebhookSubscribed):
        wanted = Wanted(event.kinds, event.levels, event.rules)
        return Webhook(event.webhook_id, event.name, event.sealed_url, (Secret(event.sealed_secret),), wanted)
    if hook is None:
        raise AssertionError("the stream of a subscription begins with it")
    match event:
        case WebhookRevised():
            wanted = Wanted(event.kinds, event.levels, event.rules)
            return replace(hook, name=event.name, sealed_url=event.sealed_url, wanted=wanted)
        case WebhookSecretRotated():
            previous = replace(hook.secrets[0], until=event.previous_until)
            return replace(hook, secrets=(Secret(event.sealed_secret), previous))
        case WebhookPaused():
            return replace(hook, state="PAUSED", reason=None)
        case WebhookResumed():
            return replace(hook, state="ACTIVE", reason=None)
        case WebhookDisabled():
            return replace(hook, state="DISABLED", reason=event.reason)
        case WebhookEnded():
            return replace(hook, state="ENDED", reason=None)
    raise AssertionError(f"unknown event {event.type}")


def state_of(events: Iterable[WebhookEvent]) -> Webhook | None:
    return reduce(evolve, events, None)


def live_secrets(secrets: Iterable[Secret], now: datetime) -> list[str]:
    """The sealed secrets that sign a call at this moment, the newest first."""
    return [secret.sealed for secret in secrets if secret.until is None or now < secret.until]
