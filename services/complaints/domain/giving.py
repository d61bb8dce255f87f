"""What a complaint gives the customer, all rounds together, and who may decide that it gives more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from uuid import UUID

from services.complaints.domain import refusals
from services.complaints.domain.authority import who_decides
from shared.contracts.complaint_steps import Authority, DecisionRulePublished
from shared.contracts.complaints import ComplaintKind, Remedy
from shared.contracts.money import Money

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Giving:
    """Amounts by currency. `before`: given in the rounds that have ended. In this round what was `agreed` on is the same money as what
    was `carried_out`, so that the larger of the two counts."""

    before: Mapping[str, Decimal] = field(default_factory=dict)
    carried_out: Mapping[str, Decimal] = field(default_factory=dict)
    agreed: Money | None = None

    def total(self, currency: str) -> Decimal:
        return self._of(currency, ZERO)

    @property
    def left_of_agreement(self) -> Money | None:
        """What of the agreed amount was not carried out in this round; None where nothing is left of one."""
        if self.agreed is None:
            return None
        left = self.agreed.amount - self.carried_out.get(self.agreed.currency, ZERO)
        return Money(left, self.agreed.currency) if left > 0 else None

    def with_solution(self, amount: Money) -> Money:
        """All that is given once this is carried out as well."""
        return Money(self._of(amount.currency, amount.amount), amount.currency)

    def with_settlement(self, agreed: Money) -> Money:
        """All that is given once the claim is settled with this."""
        return replace(self, agreed=agreed).with_solution(Money(ZERO, agreed.currency))

    def after_solution(self, amount: Money) -> Giving:
        carried_out = self.carried_out.get(amount.currency, ZERO) + amount.amount
        return replace(self, carried_out={**self.carried_out, amount.currency: carried_out})

    def next_round(self) -> Giving:
        agreed = set() if self.agreed is None else {self.agreed.currency}
        return Giving({one: self.total(one) for one in {*self.before, *self.carried_out, *agreed}})

    def _of(self, currency: str, more: Decimal) -> Decimal:
        agreed = ZERO if self.agreed is None or self.agreed.currency != currency else self.agreed.amount
        return self.before.get(currency, ZERO) + max(agreed, self.carried_out.get(currency, ZERO) + more)


@dataclass(frozen=True, slots=True)
class Approval:
    authority: Authority
    by: UUID | None
    rule_version: int


@dataclass(frozen=True, slots=True)
class Offer:
    """What was proposed last. `carried_out`: how much of the amount was."""

    remedies: tuple[Remedy, ...]
    amount: Money | None
    carried_out: Decimal = ZERO
    approval: Approval | None = None

    @property
    def left(self) -> Money | None:
        return None if self.amount is None else Money(self.amount.amount - self.carried_out, self.amount.currency)

    def covers(self, amount: Money | None) -> bool:
        """Whether so much was approved."""
        if self.approval is None or amount is None or self.amount is None:
            return False
        return amount.currency == self.amount.currency and amount.amount <= self.amount.amount

    def after_solution(self, amount: Money) -> Offer:
        return replace(self, carried_out=self.carried_out + amount.amount)


def decider(rule: DecisionRulePublished, kind: ComplaintKind, before: Giving, total: Money | None) -> Authority:
    """Whose decision it is that all rounds together give so much; None: nobody has said how much. What gives no more than was
    given before takes no decision of headquarters."""
    if total is not None and total.amount <= before.total(total.currency):
        return "SALESPERSON"
    return who_decides(rule, kind, total)


def check_authority(authority: Authority, decides: Authority, total: Money | None) -> None:
    """Raises AboveAuthority, which says what the limit was compared with."""
    if authority == "SALESPERSON" and decides == "HEADQUARTERS":
        raise refusals.AboveAuthority("nobody has said what it comes to" if total is None else f"{total.amount} {total.currency}")
