"""Events of the service alerts about warnings that concern no single customer: a source, an area, an article, a salesperson."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from shared.contracts.alerts import Finding, Outcome, Reason
from shared.contracts.cards import FactKind
from shared.contracts.event import Event, Personal, registered

SubjectKind = Literal["source", "salesperson", "area", "article", "rule"]


class Subject(msgspec.Struct, frozen=True):
    """What a warning is about. `id` is the company's own: of a source its name, of an article its number."""

    kind: SubjectKind
    id: str


class Child(msgspec.Struct, frozen=True):
    """A customer's alert that has the common mark."""

    alert_id: UUID
    customer_id: UUID


class CompanyAlertEvent(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Base of the events of one warning about the company."""

    alert_id: UUID
    subject: Subject


@registered
class CompanyAlertOpened(CompanyAlertEvent, frozen=True, kw_only=True, omit_defaults=True):
    """`channel`: which facts of a source, a currency, or what the customers do together. `began_on` names the spell.

    `children` are alerts of customers that this one explains; they are inhibited while it is open.
    """

    type: ClassVar[str] = "regulars.alerts.company-alert-opened.v1"
    channel: str
    began_on: date
    finding: Finding
    children: tuple[Child, ...] = ()


@registered
class CompanyAlertChanged(CompanyAlertEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The level rose, or other customers belong to it. `children` are all of them."""

    type: ClassVar[str] = "regulars.alerts.company-alert-changed.v1"
    finding: Finding
    children: tuple[Child, ...] = ()


@registered
class CompanyAlertEnded(CompanyAlertEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The data say that it is over."""

    type: ClassVar[str] = "regulars.alerts.company-alert-ended.v1"
    reasons: tuple[Reason, ...]
    true_on: date


@registered
class CompanyAlertAcknowledged(CompanyAlertEvent, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody looks after it, and will look again on a day."""

    type: ClassVar[str] = "regulars.alerts.company-alert-acknowledged.v1"
    acknowledged_by: UUID
    next_check_on: date


@registered
class CompanyAlertNoteAdded(CompanyAlertEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The note is sealed with a key of the alert's own."""

    type: ClassVar[str] = "regulars.alerts.company-alert-note-added.v1"
    note: Personal
    added_by: UUID


@registered
class CompanyAlertClosed(CompanyAlertEvent, frozen=True, kw_only=True, omit_defaults=True):
    """Ended by a person, with cause and outcome."""

    type: ClassVar[str] = "regulars.alerts.company-alert-closed.v1"
    outcome: Outcome
    cause: str
    closed_by: UUID


@registered
class SourceFellSilent(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A source has stopped delivering: from this item on warnings wait for it, as for one that is complete through `through`."""

    type: ClassVar[str] = "regulars.alerts.source-fell-silent.v1"
    source: str
    fact_kind: FactKind
    through: date
    alert_id: UUID | None = None


@registered
class SourceSpokeAgain(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The source delivers again and had time to catch up: warnings wait for it no longer."""

    type: ClassVar[str] = "regulars.alerts.source-spoke-again.v1"
    source: str
    fact_kind: FactKind
    alert_id: UUID | None = None


@registered
class CompanyRulePublished(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Parameters of a rule about the company from now on. Warnings carry the version that decided."""

    type: ClassVar[str] = "regulars.alerts.company-rule-published.v1"
    rule_id: str
    version: int
    parameters: dict[str, Decimal]
    decided_by: UUID | None = None
