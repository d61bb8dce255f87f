"""Where a customer stands in trade: still a prospect, about to trade, trading, or past. Pure.

The company says so in steps: admitted, started, ended. Facts never move it: a payment of a prospect is recorded and leaves a
prospect. Every step holds from its business day; of two steps that of the later day stands, of the same day the later in the
stream. What the card says otherwise counts too: since when the customer trades with us, and that a fact opened it as a stub.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from services.cards.domain.refusals import (
    AdmissionConditionsUnmet,
    AdmissionStandardMissing,
    AlreadyTrading,
    ConditionTwice,
    ConditionUnknown,
    IncompleteForTrade,
    NotAdmitted,
    NotTrading,
    StageDayTooEarly,
)
from shared.contracts.event import Event
from shared.contracts.relations import (
    AdmissionStandardPublished,
    ConditionChecked,
    ProspectAdmitted,
    TradeEnded,
    TradeStarted,
)

Stage = Literal["PROSPECT", "ABOUT_TO_TRADE", "TRADING", "PAST"]


@dataclass(frozen=True, slots=True)
class TradeStep:
    """The step that stands and its business day; no step yet at first."""

    stage: Stage = "PROSPECT"
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """The stage of a card; `since` is None where nobody said when it began."""

    stage: Stage
    since: date | None


@dataclass(frozen=True, slots=True)
class Admit:
    """`standard` is the newest of the company, None when there is none."""

    standard: AdmissionStandardPublished | None
    checks: Sequence[ConditionChecked]
    on: date
    decided_by: UUID


@dataclass(frozen=True, slots=True)
class StartTrade:
    """`missing` names the fields that the card lacks for it."""

    missing: Sequence[str]
    on: date
    decided_by: UUID


@dataclass(frozen=True, slots=True)
class EndTrade:
    reason: str
    on: date
    decided_by: UUID


StageCommand = Admit | StartTrade | EndTrade


def evolve(step: TradeStep, event: Event) -> TradeStep:
    """The step that stands after the event."""
    match event:
        case ProspectAdmitted():
            said = TradeStep("ABOUT_TO_TRADE", event.admitted_on)
        case TradeStarted():
            said = TradeStep("TRADING", event.started_on)
        case TradeEnded():
            said = TradeStep("PAST", event.ended_on)
        case _:
            return step
    return said if step.on is None or said.on is None or said.on >= step.on else step


def standing(step: TradeStep, trading_since: date | None, *, stub: bool) -> Standing:
    """The stage of a card with this step. `trading_since` is what its basics say, `stub` that a fact opened it and nobody filled it."""
    if trading_since is not None and (step.on is None or trading_since > step.on):
        return Standing("TRADING", trading_since)
    if stub and step.on is None:
        return Standing("TRADING", None)
    return Standing(step.stage, step.on)


def decide(customer_id: UUID, now: Standing, command: StageCommand) -> list[Event]:
    """The step that follows; nothing when it is no news. Raises a CardRefused."""
    if not _is_news(now, command):
        return []
    _check_stage(now, command)
    if now.since is not None and command.on < now.since:
        raise StageDayTooEarly
    match command:
        case Admit():
            return [_admitted(customer_id, command)]
        case StartTrade():
            if command.missing:
                raise IncompleteForTrade(command.missing)
            return [TradeStarted(customer_id=customer_id, started_on=command.on, decided_by=command.decided_by)]
        case EndTrade():
            return [
                TradeEnded(customer_id=customer_id, ended_on=command.on, reason=command.reason, decided_by=command.decided_by)
            ]


def _is_news(now: Standing, command: StageCommand) -> bool:
    match command:
        case StartTrade():
            return (now.stage, now.since) != ("TRADING", command.on)
        case EndTrade():
            return (now.stage, now.since) != ("PAST", command.on)
    return True


def _check_stage(now: Standing, command: StageCommand) -> None:
    match command:
        case Admit() | StartTrade() if now.stage == "TRADING":
            raise AlreadyTrading
        case StartTrade() if now.stage != "ABOUT_TO_TRADE":
            raise NotAdmitted
        case EndTrade() if now.stage != "TRADING":
            raise NotTrading


def _admitted(customer_id: UUID, command: Admit) -> ProspectAdmitted:
    if command.standard is None:
        raise AdmissionStandardMissing
    codes = [condition.code for condition in command.standard.conditions]
    if unknown := [check.code for check in command.checks if check.code not in codes]:
        raise ConditionUnknown(unknown)
    checked = [check.code for check in command.checks]
    if twice := sorted({code for code in checked if checked.count(code) > 1}):
        raise ConditionTwice(twice)
    met = {check.code for check in command.checks if check.met}
    # What nobody has checked is not met.
    if unmet := [code for code in codes if code not in met]:
        raise AdmissionConditionsUnmet(unmet)
    return ProspectAdmitted(
        customer_id=customer_id,
        standard_version=command.standard.version,
        checks=tuple(command.checks),
        admitted_on=command.on,
        decided_by=command.decided_by,
    )
