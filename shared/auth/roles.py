"""Roles: a bundle of scopes, and which customers they reach.

A salesperson knows own customers and a supervisor those of the areas that he leads; whoever keeps cards, credit or complaints
for the whole company knows all. Who runs the installation (`ops`) changes its rules and sees no person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from shared.auth.rows import EVERYBODY, Areas, Own, Rows
from shared.auth.scopes import READING

Reach = Literal["own", "areas", "everybody"]


@dataclass(frozen=True, slots=True)
class Role:
    scopes: frozenset[str]
    reach: Reach

    @property
    def needs_person(self) -> bool:
        """Whether it means nothing without a person of the sales organisation."""
        return self.reach != "everybody"


_FIELD_WORK = frozenset(
    (
        "cards.customer.read",
        "cards.customer.write",
        "cards.pii.read",
        "cards.dossier.read",
        "cards.ledger.read",
        "cards.organisation.read",
        "cards.list.write",
        "cards.intent.read",
        "cards.intent.write",
        "cards.promise.read",
        "cards.promise.write",
        "cards.investment.read",
        "cards.visit.read",
        "cards.visit.write",
        "classification.class.read",
        "classification.class.write",
        "complaints.complaint.read",
        "complaints.complaint.write",
        "alerts.alert.read",
        "alerts.alert.write",
        "alerts.abnormality.write",
    )
)

ROLES: Mapping[str, Role] = {
    "salesperson": Role(_FIELD_WORK, "own"),
    "supervisor": Role(
        _FIELD_WORK
        | {
            "cards.assignment.write",
            "cards.credit.read",
            "cards.investment.write",
            "classification.sample.write",
        },
        "areas",
    ),
    "custodian": Role(
        frozenset(
            (
                "cards.customer.read",
                "cards.customer.write",
                "cards.customer.erase",
                "cards.assignment.write",
                "cards.merging.write",
                "cards.erasure.read",
                "cards.subject.read",
                "cards.pii.read",
                "cards.dossier.read",
                "cards.ledger.read",
                "cards.organisation.read",
                "cards.organisation.write",
                "cards.list.write",
                "cards.visit.read",
                "cards.visit.write",
                "classification.class.read",
                "complaints.complaint.read",
                "alerts.alert.read",
            )
        ),
        "everybody",
    ),
    "credit_controller": Role(
        frozenset(
            (
                "cards.customer.read",
                "cards.pii.read",
                "cards.dossier.read",
                "cards.ledger.read",
                "cards.credit.read",
                "cards.terms.write",
                "cards.erasure.approve",
                "cards.erasure.read",
                "cards.hold.write",
                "cards.organisation.read",
                "cards.list.write",
                "cards.promise.read",
                "cards.promise.write",
                "classification.class.read",
                "complaints.complaint.read",
                "alerts.alert.read",
                "alerts.alert.write",
                "alerts.company.read",
                "alerts.company.write",
                "alerts.rule.read",
            )
        ),
        "everybody",
    ),
    "complaint_handler": Role(
        frozenset(
            (
                "cards.customer.read",
                "cards.pii.read",
                "cards.dossier.read",
                "cards.ledger.read",
                "cards.organisation.read",
                "complaints.complaint.read",
                "complaints.complaint.write",
                "complaints.prevention.write",
                "complaints.settlement.decide",
                "alerts.alert.read",
            )
        ),
        "everybody",
    ),
    "ops": Role(
        frozenset(
            (
                "cards.organisation.read",
                "cards.source.write",
                "classification.class.read",
                "classification.standard.write",
                "complaints.complaint.read",
                "complaints.standard.write",
                "alerts.alert.read",
                "alerts.alert.write",
                "alerts.company.read",
                "alerts.company.write",
                "alerts.rule.read",
                "alerts.rule.write",
                "alerts.golive.write",
                "alerts.webhook.read",
                "alerts.webhook.write",
            )
        ),
        "everybody",
    ),
    "integrator": Role(
        frozenset(
            (
                "cards.customer.read",
                "cards.customer.write",
                "cards.assignment.write",
                "cards.terms.write",
                "cards.ledger.read",
                "cards.ledger.write",
                "cards.source.write",
                "cards.organisation.read",
                "cards.organisation.write",
                "classification.class.read",
                "classification.article.write",
                "complaints.complaint.read",
                "complaints.complaint.write",
                "alerts.alert.read",
                "alerts.webhook.read",
                "alerts.webhook.write",
            )
        ),
        "everybody",
    ),
    "auditor": Role(frozenset((*READING, "cards.audit.read")), "everybody"),
}


def rows_of(role: Role, person_id: str | None) -> Rows:
    """Which customers a person in a role may know of. Raises ValueError for a role that needs a person and has none."""
    if role.reach == "everybody":
        return EVERYBODY
    if not person_id:
        raise ValueError("this role is that of a person of the sales organisation")
    return Own(person_id) if role.reach == "own" else Areas(person_id)
