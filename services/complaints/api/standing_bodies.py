"""Causes and commitments as they are sent."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.complaints.api.bodies import Day
from services.complaints.domain.commitments import EndCommitment, PublishCommitment
from shared.contracts.complaint_facts import Cause, PromisedWhat, PromiseKind
from shared.contracts.complaints import ComplaintKind
from shared.web.fields import Body, Code, FreeText, Name, Reference, Whole


class CauseInBody(Body):
    """`kinds`: of complaints that it may be behind; none means all."""

    code: Code
    name: Name
    kinds: Annotated[tuple[ComplaintKind, ...], Field(max_length=4)] = ()

    def cause(self) -> Cause:
        return Cause(code=self.code, name=self.name, kinds=self.kinds)


class CausesBody(Body):
    """The whole list from now on."""

    causes: Annotated[tuple[CauseInBody, ...], Field(min_length=1, max_length=500)]


class CommitmentBody(Body):
    """What is promised in general, to everybody. Nothing about a person belongs here."""

    what: PromisedWhat
    title: Name
    words: FreeText
    since: Day = None
    article: Reference | None = None
    guarantee_days: Annotated[Whole | None, Field(ge=1, le=36_500)] = None
    promise_kind: PromiseKind | None = None

    def command(self, commitment: str, by: UUID, today: date) -> PublishCommitment:
        return PublishCommitment(
            commitment=commitment,
            what=self.what,
            title=self.title,
            words=self.words,
            since=self.since or today,
            article=self.article,
            guarantee_days=self.guarantee_days,
            promise_kind=self.promise_kind,
            decided_by=by,
        )


class CommitmentEndBody(Body):
    """The first day on which it is promised no more."""

    until: Day = None

    def command(self, commitment: str, by: UUID, today: date) -> EndCommitment:
        return EndCommitment(commitment, self.until or today, by)
