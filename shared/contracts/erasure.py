"""Events of the service cards about erasing a customer's personal data: asked for, taken back, and what the law keeps."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.event import Event, registered

HoldGround = Literal["LITIGATION", "AUTHORITY", "OPEN_CLAIM", "RETENTION_DUTY"]
"""Why personal data must be kept although somebody wants them gone (Regulation (EU) 2016/679, article 17 (3))."""


@registered
class ErasureRequested(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody wants the customer's personal data erased; a second person has to agree. `person_id`: of the sales organisation,
    where the caller stands for one."""

    type: ClassVar[str] = "regulars.cards.erasure-requested.v1"
    customer_id: UUID
    reason: str
    requested_by: UUID
    person_id: str | None = None


@registered
class ErasureWithdrawn(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The request was taken back or turned down: nothing is erased for it."""

    type: ClassVar[str] = "regulars.cards.erasure-withdrawn.v1"
    customer_id: UUID
    decided_by: UUID


@registered
class LegalHoldPlaced(Event, frozen=True, kw_only=True, omit_defaults=True):
    """While it stands the customer's key is not destroyed. `reference`: the number of the file that it comes from."""

    type: ClassVar[str] = "regulars.cards.legal-hold-placed.v1"
    customer_id: UUID
    hold_id: UUID
    ground: HoldGround
    reference: str | None = None
    decided_by: UUID


@registered
class LegalHoldLifted(Event, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.cards.legal-hold-lifted.v1"
    customer_id: UUID
    hold_id: UUID
    decided_by: UUID
