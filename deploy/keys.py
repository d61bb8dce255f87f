"""API keys of an installation: the scopes there are, try-out keys, and the verbs of `regulars keys`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from uuid import UUID, uuid5

from shared.auth.keys import make_key
from shared.privacy.secrets import load_secrets

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
SCOPES = READING + WRITING

_PRINCIPALS = UUID("0b7f7c9e-50a4-5d0a-8a35-9f3a31f1d9ce")


def new_key(secrets: Path, env: str, name: str, scopes: Iterable[str], limit_per_minute: int | None = None) -> str:
    """Add a key to the installation's file and return it raw; the same name is the same principal. Raises ValueError for an unknown scope."""
    wanted = tuple(scopes)
    if unknown := set(wanted) - set(SCOPES):
        raise ValueError(f"no such scope: {', '.join(sorted(unknown))}")
    return make_key(
        env,
        secrets / "keys.json",
        load_secrets(secrets).pepper,
        name=name,
        scopes=wanted,
        principal=uuid5(_PRINCIPALS, name),
        limit_per_minute=limit_per_minute,
    )
