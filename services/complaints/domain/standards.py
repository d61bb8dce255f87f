"""The standards that a decision on a complaint follows."""

from __future__ import annotations

from dataclasses import dataclass

from services.complaints.domain import authority, procedure
from shared.contracts.complaint_steps import ComplaintProcedurePublished, DecisionRulePublished


@dataclass(frozen=True, slots=True)
class Standards:
    """Those in force; by themselves the built-in ones: the short way, and whoever handles a complaint decides."""

    procedure: ComplaintProcedurePublished = procedure.BUILT_IN
    rule: DecisionRulePublished = authority.BUILT_IN
