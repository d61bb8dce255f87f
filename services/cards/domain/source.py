"""How far a delivering system is complete, kind of fact by kind of fact. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.cards.domain.refusals import CompletenessTakenBack, SourceHasEnded
from shared.contracts.cards import FactKind, SourceCompletedThrough, SourceEnded, SourceOpened
from shared.contracts.event import Event


@dataclass(frozen=True, slots=True)
class Live:
    """Delivers as things happen: never declared otherwise."""


@dataclass(frozen=True, slots=True)
class InBatches:
    through: date | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    through: date | None = None


Source = Live | InBatches | Ended


@dataclass(frozen=True, slots=True)
class OpenSource:
    source: str
    fact_kind: FactKind


@dataclass(frozen=True, slots=True)
class CompleteSource:
    source: str
    fact_kind: FactKind
    day: date


@dataclass(frozen=True, slots=True)
class EndSource:
    source: str
    fact_kind: FactKind


SourceCommand = OpenSource | CompleteSource | EndSource


def decide(state: Source, command: SourceCommand) -> list[Event]:
    """What follows; nothing when it is no news. Raises SourceHasEnded or CompletenessTakenBack."""
    match state, command:
        case InBatches(), OpenSource():
            return []
        case ((Live() | Ended()), OpenSource(source=name, fact_kind=kind)):
            return [SourceOpened(source=name, fact_kind=kind)]
        case Ended(), EndSource():
            return []
        case ((Live() | InBatches()), EndSource(source=name, fact_kind=kind)):
            return [SourceEnded(source=name, fact_kind=kind)]
        case Ended(), CompleteSource():
            raise SourceHasEnded
        case InBatches(through=through), CompleteSource(day=day) if through is not None and day <= through:
            if day < through:
                raise CompletenessTakenBack
            return []
        case ((Live() | InBatches()), CompleteSource(source=name, fact_kind=kind, day=day)):
            return [SourceCompletedThrough(source=name, fact_kind=kind, day=day)]
    raise AssertionError(f"no case for {type(state).__name__} and {type(command).__name__}")


def evolve(state: Source, event: Event) -> Source:
    match event:
        case SourceOpened():
            return InBatches()
        case SourceCompletedThrough():
            return InBatches(event.day)
        case SourceEnded():
            return Ended()
    return state
