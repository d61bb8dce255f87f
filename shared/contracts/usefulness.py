"""Events of the service alerts about what the rules' warnings were worth."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.event import Event, registered


class ProbationEvent(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Base. Of the alerts that this version of the rule opened, `right` were true or true and too late, `wrong` were false.

    `promised` is the share of right ones that was published with the rule, `owner` who published it; nobody did the defaults.
    `alert_id` is the warning about the company that tells of it.
    """

    rule_id: str
    rule_version: int
    promised: Decimal
    right: int
    wrong: int
    owner: UUID | None = None
    alert_id: UUID | None = None


@registered
class RulePutOnProbation(ProbationEvent, frozen=True, kw_only=True, omit_defaults=True):
    """Fewer of its warnings are right than was promised. It goes on to warn: its owner looks into it."""

    type: ClassVar[str] = "regulars.alerts.rule-put-on-probation.v1"


@registered
class RuleTakenOffProbation(ProbationEvent, frozen=True, kw_only=True, omit_defaults=True):
    """It keeps its promise again, or is in force no more: another version begins anew."""

    type: ClassVar[str] = "regulars.alerts.rule-taken-off-probation.v1"
    because: Literal["PROMISE_KEPT", "NOT_IN_FORCE"]
