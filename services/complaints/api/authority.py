"""With which authority a caller decides."""

from __future__ import annotations

from shared.auth.principal import Principal
from shared.contracts.complaint_steps import Authority

DECIDES = "complaints.settlement.decide"
"""The scope of headquarters."""


def authority_of(caller: Principal) -> Authority:
    return "HEADQUARTERS" if caller.may(DECIDES) else "SALESPERSON"
