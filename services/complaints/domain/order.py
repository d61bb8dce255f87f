"""Whether a step may be taken now, by the procedure in force."""

from __future__ import annotations

from services.complaints.domain import refusals
from services.complaints.domain.procedure import OF_A_SOLUTION, left_out
from services.complaints.domain.standards import Standards
from services.complaints.domain.states import Open
from shared.contracts.complaint_steps import ProcedureStep


def in_order(state: Open, standards: Standards, step: ProcedureStep, *, gives: bool = True, answered: bool = True) -> None:
    """Raises StepsLeftOut where obligatory steps come first. `gives`: the customer may get something by this step; `answered`: the
    customer is still to be heard.

    Who was found to be wrong and gets nothing is told so: there is no solution to propose, approve or carry out.
    """
    missing = left_out(standards.procedure, state.severity, state.done, step)
    if state.founded is False and not gives:
        missing = [one for one in missing if one not in OF_A_SOLUTION]
    if not answered:
        missing = [one for one in missing if one != "CONFIRMED"]
    if missing:
        raise refusals.StepsLeftOut(", ".join(missing))
