"""Surveys and relation types as they are entered, and what is known of the loyalty of customers, put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.classification.domain import loyalty, survey
from services.classification.domain.loyalty import Answers, Buying, Depth, Incidents, Judged, Measured, Scored
from services.classification.domain.survey import RecordSurvey, StateRelation
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.entering import Entry, enter
from services.classification.read_models.loyalty import Buyer
from services.classification.read_models.quality_incidents import incidents_of
from services.classification.read_models.relation_types import relations_of
from services.classification.read_models.surveys import answers_of
from shared.contracts.loyalty import LoyaltyStandardPublished
from shared.contracts.topics import CLASSIFICATION_EVENTS
from shared.postgres.pool import Connection
from shared.web.answers import Answer
from shared.web.commands import CommandKey


async def record_survey(deps: Deps, command: RecordSurvey, key: CommandKey, meta: Mapping[str, str]) -> Answer:
    """Raises Problem as `entering.enter` does."""
    entry = Entry(
        survey.stream_of(command.customer_id),
        CLASSIFICATION_EVENTS,
        command.customer_id,
        lambda _: survey.decide_survey(command),
        lambda _: {"survey_id": str(command.survey_id)},
        status=201,
    )
    return await enter(deps, entry, key, meta)


async def state_relation(deps: Deps, command: StateRelation, key: CommandKey, meta: Mapping[str, str]) -> Answer:
    """Raises Problem as `entering.enter` does."""
    entry = Entry(
        survey.stream_of(command.customer_id),
        CLASSIFICATION_EVENTS,
        command.customer_id,
        lambda events: survey.decide_relation(events, command),
        lambda _: {"customer_id": str(command.customer_id), "relation": command.relation},
    )
    return await enter(deps, entry, key, meta)


@dataclass(frozen=True, slots=True)
class Known:
    """A customer's loyalty at the end of a day. No `judged`: it bought nothing in the period. `first_on`: its first purchase ever;
    `relation` with the day of its statement."""

    customer_id: UUID
    first_on: date | None
    buying: Buying | None
    judged: Judged | None
    answers: Answers
    measures: Sequence[Measured]
    quality: Scored
    depth: Depth
    relation: tuple[str, date] | None


async def known_of(
    c: Connection, found: Sequence[tuple[UUID, date | None, Buyer | None]], as_of: date, standard: LoyaltyStandardPublished
) -> list[Known]:
    """Everything about these customers, each with its first purchase ever and what it bought in the period."""
    customers = [customer_id for customer_id, _, _ in found]
    answers = await answers_of(c, SCHEMA, customers, as_of, standard.survey_days)
    incidents = await incidents_of(c, SCHEMA, customers, as_of, standard.incident_days, standard.tolerance_days)
    relations = await relations_of(c, SCHEMA, customers, as_of)
    known = []
    for customer_id, first_on, buyer in found:
        said = answers.get(customer_id, {})
        buying = None if buyer is None else buyer.buying
        wallet = None if "share_of_wallet" not in said else said["share_of_wallet"].value
        measured = loyalty.measures(buying, first_on, said, incidents.get(customer_id, Incidents()), as_of, standard)
        known.append(
            Known(
                customer_id=customer_id,
                first_on=first_on,
                buying=buying,
                judged=None if buying is None else loyalty.attitude(buying, wallet, as_of, standard),
                answers=said,
                measures=measured,
                quality=loyalty.quality(measured, standard),
                depth=loyalty.depth(measured, standard),
                relation=relations.get(customer_id),
            )
        )
    return known
