"""What is told of a complaint's matter, as it is sent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.complaints.api.bodies import Day
from services.complaints.domain import facts
from shared.contracts.complaint_facts import EvidenceKind, Party, Responsible, Side
from shared.contracts.complaints import Channel, ComplaintKind
from shared.web.fields import Body, Code, DecimalString, Flag, FreeText, Name, Reference, Whole

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$", strict=True)]


class SummaryBody(Body):
    """What the customer said, read back, and confirmed by the customer. Sealed."""

    summary: FreeText
    confirmed_by: Name
    how: Channel = "HOTLINE"
    corrected: Annotated[Flag, Field(description="The customer set something right before confirming")] = False
    confirmed_on: Day = None

    def command(self, today: date, by: UUID) -> facts.ConfirmSummary:
        return facts.ConfirmSummary(
            self.confirmed_on or today, today, by, self.summary, self.confirmed_by, self.how, self.corrected
        )


class EvidenceBody(Body):
    """A piece of evidence of one side: words, or a file that stays where it is kept, under `reference` with its content's hash."""

    side: Side
    kind: EvidenceKind
    given_by: Name | None = None
    given_on: Day = None
    reference: Annotated[Reference | None, Field(description="Where the file is kept")] = None
    sha256: Annotated[Sha256 | None, Field(description="SHA-256 of the file's content, hexadecimal")] = None
    says: FreeText | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if (self.reference is None) is not (self.sha256 is None):
            raise PydanticCustomError("evidence", "reference and sha256 go together")
        if self.reference is None and self.says is None:
            raise PydanticCustomError("evidence", "either a file (reference and sha256) or what it says is needed")
        return self

    def command(self, evidence_id: UUID, today: date, by: UUID) -> facts.AddEvidence:
        return facts.AddEvidence(
            self.given_on or today,
            today,
            by,
            evidence_id,
            self.side,
            self.kind,
            self.given_by,
            self.reference,
            self.sha256,
            self.says,
        )


class CauseBody(Body):
    """A cause of the list in force."""

    cause: Code
    found_on: Day = None

    def command(self, today: date, by: UUID, list_version: int, kinds: tuple[ComplaintKind, ...] | None) -> facts.FindCause:
        return facts.FindCause(self.found_on or today, today, by, self.cause, list_version, kinds)


class ResponsibleBody(Body):
    """The share of one party in per cent. A department of the company, a carrier or supplier by name; no person."""

    party: Party
    share: Annotated[DecimalString, Field(examples=["70"])]
    department: Code | None = None
    name: Reference | None = None

    @model_validator(mode="after")
    def _whose(self) -> Self:
        if (self.department is not None) is not (self.party == "COMPANY"):
            raise PydanticCustomError("responsible", "the company is responsible with a department, nobody else has one")
        if (self.name is not None) is not (self.party in ("CARRIER", "SUPPLIER")):
            raise PydanticCustomError("responsible", "a carrier or supplier is named, nobody else is")
        return self

    def responsible(self) -> Responsible:
        share = self.share.normalize() if self.share % 1 else Decimal(int(self.share))
        return Responsible(party=self.party, share=share, department=self.department, name=self.name)


class ResponsibilityBody(Body):
    """Who is responsible, with shares that add up to 100. Fixed again, the last one stands."""

    parties: Annotated[tuple[ResponsibleBody, ...], Field(min_length=1, max_length=20)]
    fixed_on: Day = None

    def command(self, today: date, by: UUID) -> facts.FixResponsibility:
        return facts.FixResponsibility(self.fixed_on or today, today, by, tuple(one.responsible() for one in self.parties))


class FairWayBody(Body):
    """What the customer was told of how a fair solution will be found: by which method, and by when there will be an answer."""

    method: Annotated[Code, Field(examples=["JOINT_INSPECTION", "INDEPENDENT_TEST", "ARBITRATION", "SHARED_COST"])]
    how: Channel = "HOTLINE"
    answer_by: Day = None
    words: FreeText | None = None
    told_on: Day = None

    def command(self, today: date, by: UUID) -> facts.TellFairWay:
        return facts.TellFairWay(self.told_on or today, today, by, self.method, self.how, self.answer_by, self.words)


class LinkBody(Body):
    """Another complaint of the customer about the same matter."""

    complaint_id: UUID
    linked_on: Day = None

    def command(self, today: date, by: UUID, other: facts.Facts | None) -> facts.Link:
        return facts.Link(self.linked_on or today, today, by, self.complaint_id, other)


class BrokenCommitmentBody(Body):
    """What was promised in general, in the version that held on the day of the receipt, and was not kept as the customer says."""

    commitment: Code
    named_on: Day = None

    def command(self, today: date, by: UUID, version: int | None) -> facts.NameBrokenCommitment:
        return facts.NameBrokenCommitment(self.named_on or today, today, by, self.commitment, version)


class SatisfactionBody(Body):
    """How content the customer is, from 1 (not at all) to 5 (fully). `words` are sealed."""

    score: Annotated[Whole, Field(ge=1, le=5)]
    how: Channel = "QUESTIONNAIRE"
    words: FreeText | None = None
    given_on: Day = None

    def command(self, today: date, by: UUID) -> facts.GiveSatisfaction:
        return facts.GiveSatisfaction(self.given_on or today, today, by, self.score, self.how, self.words)
