"""Every scope there is: `<service>.<resource>.<access>`."""

from __future__ import annotations

import re

SCOPE_FORM = re.compile(r"[a-z]+\.[a-z]+\.[a-z]+")

READING = (
    "cards.customer.read",
    "cards.ledger.read",
    "cards.credit.read",
    "cards.organisation.read",
    "cards.intent.read",
    "cards.promise.read",
    "cards.investment.read",
    "cards.dossier.read",
    "classification.class.read",
    "complaints.complaint.read",
    "alerts.alert.read",
    "alerts.rule.read",
    "alerts.webhook.read",
)
WRITING = (
    "cards.customer.write",
    "cards.customer.erase",
    "cards.pii.read",
    "cards.ledger.write",
    "cards.source.write",
    "cards.list.write",
    "cards.organisation.write",
    "cards.intent.write",
    "cards.promise.write",
    "cards.investment.write",
    "classification.class.write",
    "complaints.complaint.write",
    "complaints.settlement.decide",
    "complaints.standard.write",
    "alerts.alert.write",
    "alerts.abnormality.write",
    "alerts.rule.write",
    "alerts.golive.write",
    "alerts.webhook.write",
)
"""What changes something, and what shows persons."""
SCOPES = READING + WRITING
