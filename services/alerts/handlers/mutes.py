"""Setting and ending mutes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.alerts.domain.muting import end_mute, mute_of, mute_stream, set_mute
from services.alerts.handlers.carrying_out import Decided, Meta, carry_out
from services.alerts.handlers.deps import Deps
from services.alerts.handlers.problems import MUTE_UNKNOWN
from shared.contracts.alert_steps import MuteMatcher
from shared.contracts.event import Event
from shared.web.answers import Answer
from shared.web.commands import CommandKey


async def mute(deps: Deps, matcher: MuteMatcher, reason: str, until: date, key: CommandKey, meta: Meta) -> Answer:
    """Raises Problem."""
    mute_id = key.new_id()

    async def decided(before: Sequence[Event]) -> Decided:
        event = set_mute(mute_id, matcher, reason, until, deps.today(), key.principal)
        return Decided([event], {"id": str(mute_id), "until": until.isoformat()}, None, 201, f"/v1/mutes/{mute_id}")

    return await carry_out(deps, mute_stream(mute_id), decided, key, meta, None)


async def unmute(deps: Deps, mute_id: UUID, key: CommandKey, meta: Meta) -> Answer:
    """Raises Problem."""

    async def decided(before: Sequence[Event]) -> Decided:
        return Decided([end_mute(mute_of(before), deps.today(), key.principal)], {"id": str(mute_id), "ended": True}, None)

    return await carry_out(deps, mute_stream(mute_id), decided, key, meta, None, unknown=MUTE_UNKNOWN)
