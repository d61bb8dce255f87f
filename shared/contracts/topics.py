"""Which event goes to which topic, and how each topic is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import msgspec

from shared.contracts import (
    alert_steps,
    alerts,
    cards,
    classification,
    company_alerts,
    complaint_facts,
    complaint_steps,
    complaints,
    credit_grades,
    customer_grades,
    loyalty,
    plans,
    products,
    prospects,
    transactions,
    usefulness,
    webhooks,
)

SERVICES = ("cards", "classification", "complaints", "alerts")

CARDS_EVENTS = "regulars.cards.events.v1"
CARDS_TRANSACTIONS = "regulars.cards.transactions.v1"
CARDS_CONTROL = "regulars.cards.control.v1"
CLASSIFICATION_EVENTS = "regulars.classification.events.v1"
CLASSIFICATION_CONTROL = "regulars.classification.control.v1"
COMPLAINTS_EVENTS = "regulars.complaints.events.v1"
COMPLAINTS_CONTROL = "regulars.complaints.control.v1"
ALERTS_EVENTS = "regulars.alerts.events.v1"
ALERTS_CONTROL = "regulars.alerts.control.v1"
ALERTS_COMPANY = "regulars.alerts.company.v1"
ALERT_KIND_TOPICS = {kind: f"regulars.alerts.{kind}.v1" for kind in get_args(alerts.AlertKind)}

_DAY_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the installation. `one_part`: a single partition that every worker reads whole. `retention_ms` -1: for ever."""

    name: str
    service: str
    one_part: bool = False
    cleanup: Literal["delete", "compact"] = "delete"
    retention_ms: int = 365 * _DAY_MS


def watermarks_topic(service: str) -> str:
    return f"regulars.{service}.watermarks.v1"


TOPICS: tuple[Topic, ...] = (
    Topic(CARDS_EVENTS, "cards"),
    Topic(CARDS_TRANSACTIONS, "cards"),
    Topic(CARDS_CONTROL, "cards", one_part=True, retention_ms=-1),
    Topic(CLASSIFICATION_EVENTS, "classification"),
    Topic(CLASSIFICATION_CONTROL, "classification", one_part=True, retention_ms=-1),
    Topic(COMPLAINTS_EVENTS, "complaints"),
    Topic(COMPLAINTS_CONTROL, "complaints", one_part=True, retention_ms=-1),
    Topic(ALERTS_EVENTS, "alerts"),
    Topic(ALERTS_CONTROL, "alerts", one_part=True, retention_ms=-1),
    Topic(ALERTS_COMPANY, "alerts"),
    *(Topic(name, "alerts", retention_ms=30 * _DAY_MS) for name in ALERT_KIND_TOPICS.values()),
    *(Topic(watermarks_topic(service), service, one_part=True, cleanup="compact", retention_ms=-1) for service in SERVICES),
)

# What is on the transactions topic and is ours: a dealer's sales to others are there too, and count nowhere.
TRANSACTION_TYPES = frozenset(
    cls.type
    for cls in (
        transactions.SaleRecorded,
        transactions.GoodsReturned,
        transactions.InvoiceIssued,
        transactions.PaymentReceived,
        transactions.PaymentReversed,
        transactions.PaymentMade,
        transactions.CreditNoted,
        transactions.WrittenOff,
    )
)

CONTROL_TYPES = frozenset(
    cls.type
    for cls in (
        cards.SourceOpened,
        cards.SourceCompletedThrough,
        cards.SourceEnded,
        classification.StandardPublished,
        credit_grades.CreditStandardPublished,
        customer_grades.MarkStandardPublished,
        customer_grades.CustomerGradeStandardPublished,
        customer_grades.PortfolioStandardPublished,
        customer_grades.ServiceLevelsPublished,
        products.ProductStandardPublished,
        prospects.ProspectStandardPublished,
        plans.SalesPlanned,
        loyalty.LoyaltyStandardPublished,
        complaint_steps.ComplaintProcedurePublished,
        complaint_steps.WorkingHoursPublished,
        complaint_steps.DecisionRulePublished,
        complaint_facts.CausesPublished,
        complaint_facts.CommitmentPublished,
        complaint_facts.CommitmentEnded,
        alerts.WentLive,
        alerts.RulePublished,
        alerts.PopulationRefitted,
        alert_steps.MuteSet,
        alert_steps.MuteEnded,
        alert_steps.ProcedurePublished,
        alert_steps.CalendarPublished,
        company_alerts.SourceFellSilent,
        company_alerts.SourceSpokeAgain,
        company_alerts.CompanyRulePublished,
        usefulness.RulePutOnProbation,
        usefulness.RuleTakenOffProbation,
        webhooks.WebhookSubscribed,
        webhooks.WebhookRevised,
        webhooks.WebhookSecretRotated,
        webhooks.WebhookPaused,
        webhooks.WebhookResumed,
        webhooks.WebhookDisabled,
        webhooks.WebhookEnded,
    )
)
"""What concerns all parts: stored with part 0, sent to the one-part control topic of its service."""

COMPANY_TYPES = frozenset(
    cls.type
    for cls in (
        company_alerts.CompanyAlertOpened,
        company_alerts.CompanyAlertChanged,
        company_alerts.CompanyAlertEnded,
        company_alerts.CompanyAlertAcknowledged,
        company_alerts.CompanyAlertNoteAdded,
        company_alerts.CompanyAlertClosed,
    )
)
"""Warnings that concern no single customer: each belongs to the part of its stream."""

COMPLAINT_TYPES = frozenset(
    cls.type
    for cls in (
        complaints.ComplaintReceived,
        complaints.ComplaintAssessed,
        complaints.SolutionCarriedOut,
        complaints.ClaimSettled,
        complaints.ComplaintClosed,
        complaints.ComplaintWithdrawn,
    )
)
"""What other services know a complaint by."""

COMPLAINT_STREAM_TYPES = COMPLAINT_TYPES | frozenset(
    cls.type
    for cls in (
        complaint_steps.ComplaintAcknowledged,
        complaint_steps.ComplaintAssigned,
        complaint_steps.ComplaintInvestigated,
        complaint_steps.SolutionProposed,
        complaint_steps.SolutionApproved,
        complaint_steps.SolutionRefused,
        complaint_steps.CustomerSatisfied,
        complaint_steps.CustomerDissatisfied,
        complaint_steps.ComplaintHeld,
        complaint_steps.ComplaintResumed,
    )
)
"""The steps of a complaint's handling, as they stand in its stream."""

COMPLAINT_FACT_TYPES = frozenset(
    cls.type
    for cls in (
        complaint_facts.SummaryConfirmed,
        complaint_facts.EvidenceAdded,
        complaint_facts.CauseFound,
        complaint_facts.ResponsibilityFixed,
        complaint_facts.FairWayTold,
        complaint_facts.ComplaintLinked,
        complaint_facts.BrokenCommitmentNamed,
        complaint_facts.SatisfactionGiven,
    )
)
"""What stands in a complaint's stream beside the steps of its handling."""


def main_topic(type_name: str) -> str:
    """The topic of a type that services read. Every event is on exactly one of these."""
    service = type_name.split(".", 2)[1]
    if type_name in TRANSACTION_TYPES or type_name == transactions.SubSaleReported.type:
        return CARDS_TRANSACTIONS
    if type_name in COMPANY_TYPES:
        return ALERTS_COMPANY
    return f"regulars.{service}.control.v1" if type_name in CONTROL_TYPES else f"regulars.{service}.events.v1"


class _OfKind(msgspec.Struct):
    kind: str | None = None


_kind_of = msgspec.json.Decoder(_OfKind)


def topics_of(type_name: str, body: bytes) -> Sequence[str]:
    """Every topic that an event is sent to: its main topic, and for an alert the topic of its kind."""
    main = main_topic(type_name)
    if main != ALERTS_EVENTS:
        return (main,)
    kind_topic = ALERT_KIND_TOPICS.get(_kind_of.decode(body).kind or "")
    return (main,) if kind_topic is None else (main, kind_topic)
