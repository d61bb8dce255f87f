"""Publishing a standard: of value classes, of credit grades, of marks, of the company's own grades, of portfolios, of care, of products, and of loyalty."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Generic, NamedTuple, TypeVar

from services.classification.domain import (
    credit_standard,
    customer_grade,
    loyalty_standard,
    mark_standards,
    product_standard,
    prospect_standard,
    standard,
)
from services.classification.domain.standard import PublishStandard, StandardRefused
from services.classification.domain.value_class import Standard
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.problems import refused
from shared.contracts.credit_grades import CreditStandardPublished
from shared.contracts.cursor import TopicPart
from shared.contracts.customer_grades import (
    CustomerGradeStandardPublished,
    MarkStandardPublished,
    PortfolioStandardPublished,
    ServiceLevelsPublished,
)
from shared.contracts.event import Event
from shared.contracts.loyalty import LoyaltyStandardPublished
from shared.contracts.products import ProductStandardPublished
from shared.contracts.prospects import ProspectStandardPublished
from shared.contracts.topics import CLASSIFICATION_CONTROL
from shared.event_store.append import append_many
from shared.event_store.events import Append, AppendResult, NewEvent
from shared.event_store.load import load
from shared.postgres.pool import Connection
from shared.projections.waiting import position_token
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem
from shared.web.repeats import concluded, remembered, repeated

CONTROL_PART = 0
S = TypeVar("S")
C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Kind(Generic[S, C]):
    """What is published: its stream, the standard that is built in, how the next version follows, and how one is shown."""

    stream: str
    built_in: S
    decide: Callable[[S, C], Sequence[Event]]
    evolve: Callable[[S, Event], S]
    shown: Callable[[S], dict[str, Any]]


class Current(NamedTuple, Generic[S]):
    """The standard in force and the version of its stream, 0 when none was published."""

    standard: S
    version: int


def _value_class(one: Standard) -> dict[str, Any]:
    bounds = {"a_below": str(one.a_below), "b_below": str(one.b_below), "margin": str(one.margin)}
    return {"version": one.version, **bounds, "period_days": one.period_days}


def _published(one: Event) -> dict[str, Any]:
    """A standard that is kept as the event that published it."""
    return {name: getattr(one, name) for name in one.__struct_fields__ if name != "decided_by"}


VALUE_CLASS: Kind[Standard, PublishStandard] = Kind(standard.STREAM, Standard(), standard.decide, standard.evolve, _value_class)
CREDIT_GRADE: Kind[CreditStandardPublished, CreditStandardPublished] = Kind(
    credit_standard.STREAM, credit_standard.BUILT_IN, credit_standard.decide, credit_standard.evolve, _published
)
MARKS: Kind[MarkStandardPublished, MarkStandardPublished] = Kind(
    mark_standards.MARKS_STREAM, mark_standards.MARKS, mark_standards.decide_marks, mark_standards.evolve_marks, _published
)
CUSTOMER_GRADE: Kind[CustomerGradeStandardPublished, CustomerGradeStandardPublished] = Kind(
    customer_grade.STREAM, customer_grade.BUILT_IN, customer_grade.decide, customer_grade.evolve, _published
)
PORTFOLIO: Kind[PortfolioStandardPublished, PortfolioStandardPublished] = Kind(
    mark_standards.PORTFOLIO_STREAM,
    mark_standards.PORTFOLIO,
    mark_standards.decide_portfolio,
    mark_standards.evolve_portfolio,
    _published,
)
SERVICE_LEVELS: Kind[ServiceLevelsPublished, ServiceLevelsPublished] = Kind(
    mark_standards.LEVELS_STREAM,
    mark_standards.LEVELS,
    mark_standards.decide_levels,
    mark_standards.evolve_levels,
    _published,
)
PRODUCTS: Kind[ProductStandardPublished, ProductStandardPublished] = Kind(
    product_standard.STREAM, product_standard.BUILT_IN, product_standard.decide, product_standard.evolve, _published
)
PROSPECTS: Kind[ProspectStandardPublished, ProspectStandardPublished] = Kind(
    prospect_standard.STREAM, prospect_standard.BUILT_IN, prospect_standard.decide, prospect_standard.evolve, _published
)

LOYALTY: Kind[LoyaltyStandardPublished, LoyaltyStandardPublished] = Kind(
    loyalty_standard.STREAM, loyalty_standard.BUILT_IN, loyalty_standard.decide, loyalty_standard.evolve, _published
)


async def current(c: Connection, kind: Kind[S, C]) -> Current[S]:
    loaded = await load(c, SCHEMA, kind.stream)
    return Current(reduce(kind.evolve, (envelope.event for envelope in loaded.events), kind.built_in), loaded.version)


async def publish(
    deps: Deps, kind: Kind[S, C], command: C, seen_version: int, key: CommandKey, meta: Mapping[str, str]
) -> Answer:
    """Decide on the version that the caller has seen. Raises Problem: 412 for another version, 422 for a key used otherwise."""
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, kind.stream, (key.principal, key.route, key.key))
    if loaded.stored is not None:
        return repeated(loaded.stored, key, _place)
    if loaded.version != seen_version:
        raise Problem("VERSION_STALE")
    state = reduce(kind.evolve, (envelope.event for envelope in loaded.events), kind.built_in)
    new = []
    try:
        for n, event in enumerate(kind.decide(state, command)):
            state = kind.evolve(state, event)
            new.append(NewEvent(key.new_id(n), event, deps.now(), meta))
        answer = Answer(200, kind.shown(state), version=loaded.version + len(new))
    except StandardRefused as refusal:
        answer = Answer.of(refused(refusal))
    record = remembered(key, answer)
    async with deps.pool.acquire() as c, c.transaction():
        done = await append_many(
            c, SCHEMA, [Append(kind.stream, loaded.version or "new", None, CONTROL_PART, new)], command=record
        )
    told = concluded(done, answer, record, key, _place)
    if told is None:
        raise Problem("VERSION_STALE")
    return told


def _place(results: Sequence[AppendResult], _stored: Mapping[str, Any]) -> str | None:
    cursors = [result.cursor for result in results if result.cursor is not None]
    return position_token(TopicPart(CLASSIFICATION_CONTROL, CONTROL_PART), cursors[-1]) if cursors else None
