"""Events of the service classification about purchase intents: who may, can and wants to buy, how near it is, and who looks after it.

The grade here follows a published standard and is one an intent. It shares no column with the grade that persons state (intents.py),
nor with the value class of a customer.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.alerts import Reason
from shared.contracts.event import Event, registered
from shared.contracts.intents import Grade

Has = Literal["YES", "NO", "UNKNOWN"]
Need = Literal["LARGE", "NONE", "UNKNOWN"]
Finding = Literal["IN_ORDER", "NOT_FILLED", "OUTDATED", "WRONG", "NOT_VISITED"]
"""What a supervisor finds on a card."""


@registered
class ManAnswered(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Money, authority, need of the customer for one intent, as far as somebody has something to say; None: as it was.

    `answered_by` is the company's own number of the person who found out, `answered_on` the business day. Of two answers about one
    condition that of the later day stands, of one day the later in the stream.
    """

    type: ClassVar[str] = "regulars.classification.man-answered.v1"
    intent_id: UUID
    customer_id: UUID
    money: Has | None = None
    authority: Has | None = None
    need: Need | None = None
    answered_by: str
    answered_on: date
    decided_by: UUID | None = None


@registered
class ProspectStandardPublished(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The standard that grades of intents follow, and how often their cards are looked at.

    A point for each of money, authority and need that is there; two for an expected day within `near_days`, one within `far_days`; one for
    a contact in the last `contact_days`. A from `a_points`, B from `b_points`, else C. A further intent of a customer has at
    least B in the first `further_days`. `regraded_on`: ISO weekdays on which all are graded anew. `review_days`: how often A, B and C
    are read; `grace_days` after the due day a review is missed. `sample_size`: cards of each salesperson that the superior looks at
    each week.
    """

    type: ClassVar[str] = "regulars.classification.prospect-standard-published.v1"
    version: int
    near_days: int = 30
    far_days: int = 90
    contact_days: int = 30
    a_points: int = 5
    b_points: int = 3
    further_days: int = 30
    regraded_on: tuple[int, ...] = (1, 4)
    review_days: tuple[int, int, int] = (1, 7, 30)
    grace_days: int = 2
    sample_size: int = 5
    decided_by: UUID | None = None


@registered
class ProspectGraded(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The grade of an intent has changed, or what follows from money, authority and need, or what speaks for it now that something was
    found out. `answer`: MAN to man, capitals for what is there; None while one of the three is unknown. `man_version`: how many answers
    were known."""

    type: ClassVar[str] = "regulars.classification.prospect-graded.v1"
    intent_id: UUID
    customer_id: UUID
    standard_version: int
    graded_on: date
    grade: Grade
    previous: Grade | None = None
    points: int = 0
    answer: str | None = None
    man_version: int = 0
    reasons: tuple[Reason, ...] = ()


@registered
class ProspectsRegraded(Event, frozen=True, kw_only=True, omit_defaults=True):
    """All open intents were graded anew, as of the business day `graded_on`."""

    type: ClassVar[str] = "regulars.classification.prospects-regraded.v1"
    graded_on: date
    standard_version: int
    intents: int
    changed: int


@registered
class IntentReviewed(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody has gone through the card of an intent: an act of its own, opening the card is none. `grade` as it stood then."""

    type: ClassVar[str] = "regulars.classification.intent-reviewed.v1"
    intent_id: UUID
    customer_id: UUID
    reviewed_by: str
    reviewed_on: date
    grade: Grade | None = None
    decided_by: UUID | None = None


@registered
class ReviewMissed(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The card of an intent was due to be read on `due_on`, and was not, nor in the days of grace."""

    type: ClassVar[str] = "regulars.classification.review-missed.v1"
    intent_id: UUID
    customer_id: UUID
    grade: Grade
    due_on: date
    salesperson_id: str | None = None


@registered
class CardsSampled(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The cards of a salesperson that the superior looks at in the week that begins on `week_from`, a Monday. Chosen by `seed`."""

    type: ClassVar[str] = "regulars.classification.cards-sampled.v1"
    sample_id: UUID
    salesperson_id: str
    supervisor_id: str
    week_from: date
    drawn_on: date
    seed: str
    customer_ids: tuple[UUID, ...]
    decided_by: UUID | None = None


@registered
class SampledCardChecked(Event, frozen=True, kw_only=True, omit_defaults=True):
    """What the superior has found on one card of the sample."""

    type: ClassVar[str] = "regulars.classification.sampled-card-checked.v1"
    sample_id: UUID
    checked_id: UUID
    finding: Finding
    checked_on: date
    decided_by: UUID | None = None


@registered
class SampleMissed(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A week has passed in which a salesperson's cards were not sampled, or not all of the sample were looked at."""

    type: ClassVar[str] = "regulars.classification.sample-missed.v1"
    salesperson_id: str
    week_from: date
    supervisor_id: str | None = None
    drawn: int = 0
    checked: int = 0
