"""What is said about a customer, as it is sent: with its source, and from which day it holds."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.cards.api.contact_bodies import KeyPersonBody, Words
from services.cards.api.contact_data import telephone_flaws
from services.cards.domain.stating import ActOnNeed, NameDecisionMaker, RecordNeed, Stated, StatePart, VerifyField
from shared.contracts.card_parts import BusinessStatus, Characteristics, CreditProblem, TradeStatus, YearSales
from shared.contracts.cards import Provenance
from shared.web.days import PastDay
from shared.web.fields import (
    Body,
    BusinessDay,
    Code,
    Country,
    Flag,
    MoneyIn,
    Name,
    PositiveMoneyIn,
    Reference,
    Whole,
)
from shared.web.problem import FieldError, Problem

Grade = Annotated[Whole, Field(ge=1, le=5, description="1 (weak) to 5 (strong)")]
FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}(\.[a-z0-9_]{1,40}){0,2}$", strict=True)]


class ProvenanceBody(Body):
    """Who said it, when it was seen or heard, and what an agency took for it."""

    source: Literal["SALESPERSON", "QUESTIONNAIRE", "AGENCY", "OFFICE", "SYSTEM"]
    observed_on: Annotated[PastDay | None, Field(description="The day of the visit, the questionnaire or the report")] = None
    reference: Reference | None = None
    agency: Name | None = None
    cost: MoneyIn | None = None

    @model_validator(mode="after")
    def _agency_is_named(self) -> Self:
        if (self.source == "AGENCY") != (self.agency is not None) or (self.cost is not None and self.source != "AGENCY"):
            raise PydanticCustomError("agency", "an agency is named where it is the source, and nobody else has a name or a cost")
        return self

    def provenance(self) -> Provenance:
        return Provenance(
            source=self.source,
            observed_on=self.observed_on,
            reference=self.reference,
            agency=self.agency,
            cost=None if self.cost is None else self.cost.money,
        )


class CharacteristicsBody(Body):
    """What kind of customer it is; `annual_sales` are its own."""

    service_area: Name | None = None
    sales_power: Grade | None = None
    potential: Grade | None = None
    philosophy: Words | None = None
    policy: Words | None = None
    staff: Annotated[Whole, Field(ge=0, le=10_000_000)] | None = None
    annual_sales: PositiveMoneyIn | None = None
    management_traits: Words | None = None

    def stated(self) -> Characteristics:
        return Characteristics(
            service_area=self.service_area,
            sales_power=self.sales_power,
            potential=self.potential,
            philosophy=self.philosophy,
            policy=self.policy,
            staff=self.staff,
            annual_sales=None if self.annual_sales is None else self.annual_sales.money,
            management_traits=self.management_traits,
        )


class YearSalesBody(Body):
    year: Annotated[Whole, Field(ge=1900, le=2200)]
    sales: PositiveMoneyIn


class BusinessStatusBody(Body):
    """How it does business. `annual_purchases`: what it says to buy from us in a year; `share_with_us`: percent of all it buys."""

    sales_results: Annotated[tuple[YearSalesBody, ...], Field(min_length=1, max_length=30)] | None = None
    annual_purchases: PositiveMoneyIn | None = None
    share_with_us: Annotated[Whole, Field(ge=0, le=100)] | None = None
    managers_quality: Grade | None = None
    staff_quality: Grade | None = None
    competitors: Words | None = None
    business_tie: Code | None = None
    attitude: Literal["COOPERATIVE", "NEUTRAL", "DIFFICULT"] | None = None

    @model_validator(mode="after")
    def _a_year_once(self) -> Self:
        years = [one.year for one in self.sales_results or ()]
        if len(set(years)) < len(years):
            raise PydanticCustomError("year_twice", "each year once")
        return self

    def stated(self) -> BusinessStatus:
        results = self.sales_results
        return BusinessStatus(
            sales_results=None if results is None else tuple(YearSales(year=one.year, sales=one.sales.money) for one in results),
            annual_purchases=None if self.annual_purchases is None else self.annual_purchases.money,
            share_with_us=self.share_with_us,
            managers_quality=self.managers_quality,
            staff_quality=self.staff_quality,
            competitors=self.competitors,
            business_tie=self.business_tie,
            attitude=self.attitude,
        )


class CreditProblemBody(Body):
    happened_on: PastDay
    kind: Annotated[Code, Field(examples=["LATE_PAYMENT", "BOUNCED_CHEQUE", "DEFAULT"])]
    amount: PositiveMoneyIn | None = None
    note: Words | None = None


class TradeStatusBody(Body):
    """How trade stands. `days_late`: how late it pays on average, as it is told; `credit_problems` are all there are."""

    activity: Words | None = None
    problems: Words | None = None
    advantages: Words | None = None
    measures: Words | None = None
    reputation: Grade | None = None
    credit_status: Literal["GOOD", "FAIR", "POOR"] | None = None
    trade_conditions: Name | None = None
    days_late: Annotated[Whole, Field(ge=-366, le=3660)] | None = None
    credit_problems: Annotated[tuple[CreditProblemBody, ...], Field(min_length=1, max_length=50)] | None = None

    def stated(self) -> TradeStatus:
        problems = self.credit_problems
        return TradeStatus(
            activity=self.activity,
            problems=self.problems,
            advantages=self.advantages,
            measures=self.measures,
            reputation=self.reputation,
            credit_status=self.credit_status,
            trade_conditions=self.trade_conditions,
            days_late=self.days_late,
            credit_problems=None
            if problems is None
            else tuple(
                CreditProblem(
                    happened_on=one.happened_on,
                    kind=one.kind,
                    amount=None if one.amount is None else one.amount.money,
                    note=one.note,
                )
                for one in problems
            ),
        )


class Saying(Body):
    """What goes with everything that is said."""

    provenance: ProvenanceBody
    valid_from: Annotated[BusinessDay | None, Field(description="The day from which it holds; today by default")] = None


class _StatementBody(Saying):
    withdrawn: Annotated[
        tuple[FieldName, ...], Field(max_length=20, description="Fields whose value was wrong; a year as `sales_results.2025`")
    ] = ()

    def _saying(self, stated: Stated, decided_by: UUID) -> StatePart:
        names = stated.__struct_fields__
        for at, name in enumerate(self.withdrawn):
            first, _, year = name.partition(".")
            if first not in names or (first == "sales_results") != year.isdigit():
                raise _invalid(f"#/withdrawn/{at}", "FIELD_UNKNOWN", "this part has no such field")
            given = getattr(stated, first)
            if given is not None and (not year or int(year) in [one.year for one in given]):
                raise _invalid(f"#/withdrawn/{at}", "FIELD_STATED", "is stated in the same breath")
        if stated == type(stated)() and not self.withdrawn:
            raise _invalid("#", "NOTHING_STATED", "state or withdraw at least one field")
        return StatePart(stated, self.withdrawn, self.provenance.provenance(), decided_by)


class StatedCharacteristics(_StatementBody, CharacteristicsBody):
    def saying(self, decided_by: UUID) -> StatePart:
        """Raises Problem (VALIDATION_FAILED)."""
        return self._saying(self.stated(), decided_by)


class StatedBusinessStatus(_StatementBody, BusinessStatusBody):
    def saying(self, decided_by: UUID) -> StatePart:
        """Raises Problem (VALIDATION_FAILED)."""
        return self._saying(self.stated(), decided_by)


class StatedTradeStatus(_StatementBody, TradeStatusBody):
    def saying(self, decided_by: UUID) -> StatePart:
        """Raises Problem (VALIDATION_FAILED)."""
        return self._saying(self.stated(), decided_by)


class DecisionMakerBody(Body):
    """Who decides about buying at the customer."""

    role: Reference
    person: KeyPersonBody

    def saying(self, provenance: Provenance | None, decided_by: UUID | None) -> NameDecisionMaker:
        return NameDecisionMaker(self.role, self.person.person(), provenance, decided_by)


class NamedDecisionMaker(Saying, DecisionMakerBody):
    country: Annotated[Country | None, Field(description="Where a telephone number without a country code belongs")] = None

    def checked(self) -> Self:
        """Raises Problem (VALIDATION_FAILED) for a number that no country has."""
        flaws = telephone_flaws([("#/person/telephone", self.person.telephone)], self.country)
        if flaws:
            raise Problem("VALIDATION_FAILED", errors=flaws)
        return self


class NeedBody(Body):
    """What the customer needs or likes."""

    kind: Literal["SERVICE", "PRODUCT", "PREFERENCE"]
    text: Words

    def saying(self, need_id: UUID | None, provenance: Provenance | None, decided_by: UUID | None) -> RecordNeed:
        return RecordNeed(need_id, self.kind, self.text, provenance, decided_by)


class RecordedNeed(Saying, NeedBody):
    pass


class ActionBody(Body):
    """What was done about a need; `met` ends it."""

    action: Words
    taken_on: PastDay
    met: Flag = False

    def command(self, need_id: UUID, decided_by: UUID) -> ActOnNeed:
        return ActOnNeed(need_id, self.action, self.taken_on, self.met, decided_by)


class VerificationBody(Body):
    """Of a field as it stands, or of a figure that waits."""

    field: FieldName | None = None
    task_id: UUID | None = None
    outcome: Literal["CONFIRMED", "REFUTED"]
    verified_on: PastDay

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.field is None) == (self.task_id is None):
            raise PydanticCustomError("verified_thing", "give one of field and task_id")
        return self

    def command(self, decided_by: UUID) -> VerifyField:
        return VerifyField(self.field, self.task_id, self.outcome, self.verified_on, decided_by)


def _invalid(pointer: str, code: str, detail: str) -> Problem:
    return Problem("VALIDATION_FAILED", errors=[FieldError(pointer, code, detail)])
