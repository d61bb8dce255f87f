"""What customers answered in surveys, and what kind of relation a person sees: entered, never computed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.classification.domain.refusals import EntryRefused
from shared.contracts.event import Event
from shared.contracts.loyalty import RelationType, RelationTypeStated, SurveyAnswered


class SurveyEmpty(EntryRefused):
    """A survey without an answer says nothing."""


class AnswersContradict(EntryRefused):
    """Needs are named and met together, and no more are met than named; a share of wallet is a fraction."""


class NotYet(EntryRefused):
    """What lies in the future was neither answered nor seen."""


class Answers(NamedTuple):
    """See SurveyAnswered; None: not asked."""

    concern: int | None = None
    needs_named: int | None = None
    needs_met: int | None = None
    price_sensitivity: int | None = None
    competing_products: int | None = None
    identification: int | None = None
    share_of_wallet: Decimal | None = None
    days_to_decide: int | None = None
    leads: bool | None = None


@dataclass(frozen=True, slots=True)
class RecordSurvey:
    """`today` is the company's business day."""

    survey_id: UUID
    customer_id: UUID
    source: str
    answered_on: date
    answers: Answers
    recorded_by: UUID
    today: date


@dataclass(frozen=True, slots=True)
class StateRelation:
    """`today` is the company's business day."""

    customer_id: UUID
    relation: RelationType
    stated_on: date
    decided_by: UUID
    today: date


def stream_of(customer_id: UUID) -> str:
    return f"loyalty-{customer_id}"


def decide_survey(command: RecordSurvey) -> list[Event]:
    """Raises an EntryRefused."""
    answers = command.answers
    if command.answered_on > command.today:
        raise NotYet
    if all(answer is None for answer in answers):
        raise SurveyEmpty
    named, met, wallet = answers.needs_named, answers.needs_met, answers.share_of_wallet
    if (named is None) != (met is None) or (named is not None and met is not None and not met <= named):
        raise AnswersContradict
    if wallet is not None and not 0 <= wallet <= 1:
        raise AnswersContradict
    return [
        SurveyAnswered(
            survey_id=command.survey_id,
            customer_id=command.customer_id,
            source=command.source,
            answered_on=command.answered_on,
            recorded_by=command.recorded_by,
            **answers._asdict(),
        )
    ]


def decide_relation(before: Sequence[Event], command: StateRelation) -> list[Event]:
    """Nothing when the day says it already. Raises NotYet."""
    if command.stated_on > command.today:
        raise NotYet
    event = RelationTypeStated(
        customer_id=command.customer_id,
        relation=command.relation,
        stated_on=command.stated_on,
        decided_by=command.decided_by,
    )
    said = [one for one in before if isinstance(one, RelationTypeStated) and one.stated_on == command.stated_on]
    return [] if said and said[-1].relation == command.relation else [event]
