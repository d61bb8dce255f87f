"""Events of the service complaints about facts and prevention: what was said and shown, who is responsible, what is promised in general.

What concerns one complaint stands in the complaint's own stream beside the steps of its handling. Questions, requests for
help and opinions are cases with streams of their own: they never count as complaints.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from shared.contracts.complaints import Channel
from shared.contracts.event import Event, Personal, registered

CaseKind = Literal["QUESTION", "HELP", "OPINION"]
Concern = Literal["PURCHASE", "USE", "REPAIR", "DELIVERY", "PAYMENT", "OTHER"]
Side = Literal["CUSTOMER", "COMPANY", "THIRD_PARTY"]
Party = Literal["COMPANY", "CUSTOMER", "CARRIER", "SUPPLIER"]
EvidenceKind = Literal["STATEMENT", "PHOTO", "DOCUMENT", "SAMPLE", "MEASUREMENT", "OTHER"]
LinkKind = Literal["SAME_MATTER", "CONTINUES", "FROM_CASE"]
FairWayReason = Literal["FACTS_UNCLEAR", "BOTH_RESPONSIBLE"]
Dimension = Literal["article", "batch", "cause", "carrier", "area", "kind"]
PromisedWhat = Literal["PRODUCT", "SERVICE", "GUARANTEE", "DELIVERY"]
PromiseKind = Literal["DELIVER", "CALL_BACK", "REPAIR", "SUPPORT"]


class OfComplaint(Event, frozen=True, kw_only=True, omit_defaults=True):
    complaint_id: UUID
    customer_id: UUID
    decided_by: UUID | None = None


@registered
class SummaryConfirmed(OfComplaint, frozen=True, kw_only=True, omit_defaults=True):
    """What the customer said was read back, and the customer has confirmed it; `corrected`: after setting something right."""

    type: ClassVar[str] = "regulars.complaints.summary-confirmed.v1"
    summary: Personal
    confirmed_by: Personal
    confirmed_on: date
    how: Channel
    corrected: bool = False


@registered
class EvidenceAdded(OfComplaint, frozen=True, kw_only=True, omit_defaults=True):
    """The file itself stays where it is kept: `reference` says where, `sha256` (hexadecimal) what it held when it was added."""

    type: ClassVar[str] = "regulars.complaints.evidence-added.v1"
    evidence_id: UUID
    side: Side
    kind: EvidenceKind
    given_on: date
    given_by: Personal | None = None
    reference: str | None = None
    sha256: str | None = None
    says: Personal | None = None


class Responsible(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`share` in per cent. `department` of the company; `name` of a carrier or supplier, as the company codes it."""

    party: Party
    share: Decimal
    department: str | None = None
    name: str | None = None


@registered
class CauseFound(OfComplaint, frozen=True, kw_only=True, omit_defaults=True):
    """`cause` is on the list of causes, in the version that was in force."""

    type: ClassVar[str] = "regulars.complaints.cause-found.v1"
    cause: str
    list_version: int
    found_on: date


@registered
class ResponsibilityFixed(OfComplaint, frozen=True, kw_only=True, omit_defaults=True):
    """The shares add up to 100. Fixed again, the last one stands. No person is named."""

    type: ClassVar[str] = "regulars.complaints.responsibility-fixed.v1"
    parties: tuple[Responsible, ...]
    fixed_on: date


@registered
class FairWayTold(OfComplaint, frozen=True, kw_only=True, omit_defaults=True):
    """The facts are unclear or both sides share the fault: the customer was told how a fair solution will be found."""

    type: ClassVar[str] = "regulars.complaints.fair-way-told.v1"
    reason: FairWayReason
    method: str
    told_on: date
    how: Channel
    answer_by: date | None = None
    words: Personal | None = None


@registered
class ComplaintLinked(OfComplaint, frozen=True, kw_only=True, omit_defaults=True):
    """`other_id`: a complaint, or with FROM_CASE a case. Both sides of a link are told. Claims stay what they are."""

    type: ClassVar[str] = "regulars.complaints.complaint-linked.v1"
    other_id: UUID
    kind: LinkKind
    linked_on: date


@registered
class BrokenCommitmentNamed(OfComplaint, frozen=True, kw_only=True, omit_defaults=True):
    """The complaint says that this was promised in general, in the version that held, and not kept."""

    type: ClassVar[str] = "regulars.complaints.broken-commitment-named.v1"
    commitment: str
    commitment_version: int
    named_on: date


@registered
class SatisfactionGiven(OfComplaint, frozen=True, kw_only=True, omit_defaults=True):
    """How content the customer is after the end, from 1 (not at all) to 5 (fully). Asked again, the last answer stands."""

    type: ClassVar[str] = "regulars.complaints.satisfaction-given.v1"
    score: int
    given_on: date
    how: Channel
    words: Personal | None = None


class OfCase(Event, frozen=True, kw_only=True, omit_defaults=True):
    case_id: UUID
    customer_id: UUID
    decided_by: UUID | None = None


@registered
class CaseReceived(OfCase, frozen=True, kw_only=True, omit_defaults=True):
    """A question, a request for help or an opinion. `source` and `source_event_id` name it in the system that delivered it."""

    type: ClassVar[str] = "regulars.complaints.case-received.v1"
    kind: CaseKind
    channel: Channel
    received_on: date
    concern: Concern = "OTHER"
    article: str | None = None
    text: Personal | None = None
    source: str | None = None
    source_event_id: str | None = None


@registered
class CaseSummaryConfirmed(OfCase, frozen=True, kw_only=True, omit_defaults=True):
    """As SummaryConfirmed, of a case."""

    type: ClassVar[str] = "regulars.complaints.case-summary-confirmed.v1"
    summary: Personal
    confirmed_by: Personal
    confirmed_on: date
    how: Channel
    corrected: bool = False


@registered
class CaseAnswered(OfCase, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.complaints.case-answered.v1"
    answered_on: date
    how: Channel
    answer: Personal | None = None


@registered
class CaseClosed(OfCase, frozen=True, kw_only=True, omit_defaults=True):
    """`solved`: whether the customer was helped. An opinion is heard, which is all that it asks for."""

    type: ClassVar[str] = "regulars.complaints.case-closed.v1"
    closed_on: date
    solved: bool


@registered
class CaseBecameComplaint(OfCase, frozen=True, kw_only=True, omit_defaults=True):
    """The case has ended; the complaint is a record of its own, linked to it."""

    type: ClassVar[str] = "regulars.complaints.case-became-complaint.v1"
    complaint_id: UUID
    on: date


class Cause(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`kinds` of complaints that it may be the cause of; none means all."""

    code: str
    name: str
    kinds: tuple[Literal["QUALITY", "CONTRACT", "TRANSPORT", "SERVICE"], ...] = ()


@registered
class CausesPublished(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The whole list of causes from now on. Causes found by an earlier list stay as they were found."""

    type: ClassVar[str] = "regulars.complaints.causes-published.v1"
    version: int
    causes: tuple[Cause, ...]
    decided_by: UUID | None = None


@registered
class CommitmentPublished(Event, frozen=True, kw_only=True, omit_defaults=True):
    """What the company promises in general. `promise_kind`: promises of this kind to single customers are how it is kept."""

    type: ClassVar[str] = "regulars.complaints.commitment-published.v1"
    commitment: str
    version: int
    what: PromisedWhat
    title: str
    words: str
    since: date
    article: str | None = None
    guarantee_days: int | None = None
    promise_kind: PromiseKind | None = None
    decided_by: UUID | None = None


@registered
class CommitmentEnded(Event, frozen=True, kw_only=True, omit_defaults=True):
    """From this day on it is promised no more; what was bought before keeps it."""

    type: ClassVar[str] = "regulars.complaints.commitment-ended.v1"
    commitment: str
    version: int
    until: date
    decided_by: UUID | None = None


class OfMeasure(Event, frozen=True, kw_only=True, omit_defaults=True):
    measure_id: UUID
    decided_by: UUID | None = None


@registered
class PreventionDecided(OfMeasure, frozen=True, kw_only=True, omit_defaults=True):
    """A measure against complaints about one value of one dimension, such as a batch. `owner`: whoever carries it out."""

    type: ClassVar[str] = "regulars.complaints.prevention-decided.v1"
    against: Dimension
    value: str
    action: str
    owner: str
    decided_on: date
    due_on: date
    check_days: int


@registered
class PreventionCarriedOut(OfMeasure, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.complaints.prevention-carried-out.v1"
    carried_out_on: date


@registered
class PreventionChecked(OfMeasure, frozen=True, kw_only=True, omit_defaults=True):
    """Complaints of equally many days before it was carried out, and after it."""

    type: ClassVar[str] = "regulars.complaints.prevention-checked.v1"
    checked_on: date
    before: int
    after: int
    effective: bool


@registered
class PreventionDropped(OfMeasure, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.complaints.prevention-dropped.v1"
    dropped_on: date
    reason: str
