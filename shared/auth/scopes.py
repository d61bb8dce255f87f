"""Every scope there is: `<service>.<resource>.<access>`."""

from __future__ import annotations

import re

SCOPE_FORM = re.compile(r"[a-z]+\.[a-z]+\.[a-z]+")
SEES_PERSONS = "cards.pii.read"
"""Persons' data, for a purpose that goes with the request."""

READING = (
    "cards.customer.read",
    "cards.ledger.read",
    "cards.credit.read",
    "cards.organisation.read",
    "cards.intent.read",
    "cards.promise.read",
    "cards.investment.read",
    "cards.dossier.read",
    "cards.erasure.read",
    "cards.visit.read",
    "classification.class.read",
    "complaints.complaint.read",
    "alerts.alert.read",
    "alerts.company.read",
    "alerts.rule.read",
    "alerts.webhook.read",
)
WRITING = (
    "cards.customer.write",
    "cards.customer.erase",
    "cards.assignment.write",
    "cards.terms.write",
    "cards.merging.write",
    SEES_PERSONS,
    "cards.audit.read",
    "cards.erasure.approve",
    "cards.hold.write",
    "cards.subject.read",
    "cards.ledger.write",
    "cards.source.write",
    "cards.list.write",
    "cards.organisation.write",
    "cards.intent.write",
    "cards.promise.write",
    "cards.investment.write",
    "cards.visit.write",
    "classification.class.write",
    "classification.article.write",
    "classification.sample.write",
    "classification.standard.write",
    "complaints.complaint.write",
    "complaints.settlement.decide",
    "complaints.prevention.write",
    "complaints.standard.write",
    "alerts.alert.write",
    "alerts.company.write",
    "alerts.abnormality.write",
    "alerts.rule.write",
    "alerts.golive.write",
    "alerts.webhook.write",
)
"""What changes something, what shows persons, and who has read about them."""
SCOPES = READING + WRITING
