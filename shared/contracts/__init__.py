"""The published language. Its event classes are known by being imported: whoever reads any of it knows all types."""

from shared.contracts import (
    alert_steps,
    alerts,
    card_parts,
    cards,
    classification,
    company_alerts,
    complaints,
    credit_grades,
    intents,
    lists,
    organisation,
    promises,
    relations,
    transactions,
    usefulness,
    webhooks,
)

__all__ = [
    "alert_steps",
    "alerts",
    "card_parts",
    "cards",
    "classification",
    "company_alerts",
    "complaints",
    "credit_grades",
    "intents",
    "lists",
    "organisation",
    "promises",
    "relations",
    "transactions",
    "usefulness",
    "webhooks",
]
