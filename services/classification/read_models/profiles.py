"""Who is each customer, as its card says? One row a customer: what marks and analyses group by, and where it stands in trade.

When it bought first and last is said by `customer_sales`, who serves it by `served`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from shared.contracts.cards import Basics, BasicsRevised, CustomerRegistered, Marks, MarksAssigned, StubOpened
from shared.contracts.envelope import Envelope
from shared.contracts.relations import (
    AttachedToDealer,
    DetachedFromDealer,
    MergedInto,
    ProspectAdmitted,
    TradeEnded,
    TradeStarted,
)
from shared.contracts.topics import CARDS_EVENTS
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table

PROSPECT, ABOUT_TO_TRADE, TRADING, PAST = "PROSPECT", "ABOUT_TO_TRADE", "TRADING", "PAST"


@dataclass(frozen=True, slots=True)
class Profile:
    """`registered`: not only a stub. Marks are those said last; `mark_statements` has those of any day.

    `stages` and `dealers` are what was said, by day: "2026-03-01 TRADING", "2026-03-01 <dealer_id>" or "2026-03-01 " for none. Of one day
    the last statement stands, so what holds on a day is the greatest text that begins with that day or one before. `stage`,
    `stage_on`, `dealer_id` are what holds by the last of them; a stub trades since nobody knows when, and `trading_since` of the basics
    counts as a statement of trade.
    """

    customer_id: UUID
    registered: bool
    kind: str | None = None
    legal_form: str | None = None
    country: str | None = None
    trading_since: date | None = None
    basics_on: date | None = None
    nature: str | None = None
    ownership: str | None = None
    shop_kind: str | None = None
    location: str | None = None
    industry: str | None = None
    marks_on: date | None = None
    stage: str = PROSPECT
    stage_on: date | None = None
    stages: tuple[str, ...] = ()
    dealer_id: UUID | None = None
    dealers: tuple[str, ...] = ()
    merged_into: UUID | None = None


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: Profile | None, envelope: Envelope) -> Profile | None:
    if envelope.customer_id is None:
        return row
    row = row or Profile(envelope.customer_id, registered=False)
    said_on = envelope.occurred_at.date()
    match envelope.event:
        case CustomerRegistered() as event:
            row = replace(_marked(_with_basics(row, event.basics, said_on), event.marks, said_on), registered=True)
        case StubOpened() as event:
            if event.dealer_id is not None and event.since is not None:
                row = _under(row, event.since, event.dealer_id)
        case BasicsRevised() as event:
            row = _with_basics(row, event.basics, said_on)
        case MarksAssigned() as event:
            row = _marked(row, event.marks, said_on)
        case ProspectAdmitted() as event:
            row = _stepped(row, event.admitted_on, ABOUT_TO_TRADE)
        case TradeStarted() as event:
            row = _stepped(row, event.started_on, TRADING)
        case TradeEnded() as event:
            row = _stepped(row, event.ended_on, PAST)
        case AttachedToDealer() as event:
            row = _under(row, event.since, event.dealer_id)
        case DetachedFromDealer() as event:
            row = _under(row, event.until, None)
        case MergedInto() as event:
            row = replace(row, merged_into=event.lead_id)
    return _standing(row)


def _with_basics(row: Profile, basics: Basics, on: date) -> Profile:
    if row.basics_on is not None and row.basics_on > on:
        return row
    return replace(
        row,
        kind=basics.kind,
        legal_form=basics.legal_form,
        country=basics.country,
        trading_since=basics.trading_since,
        basics_on=on,
    )


def _marked(row: Profile, marks: Marks, on: date) -> Profile:
    if row.marks_on is not None and row.marks_on > on:
        return row
    return replace(
        row,
        nature=marks.nature,
        ownership=marks.ownership,
        shop_kind=marks.shop_kind,
        location=marks.location,
        industry=marks.industry,
        marks_on=on,
    )


def _stepped(row: Profile, on: date, stage: str) -> Profile:
    return replace(row, stages=_said(row.stages, on, stage))


def _under(row: Profile, on: date, dealer_id: UUID | None) -> Profile:
    dealers = _said(row.dealers, on, "" if dealer_id is None else str(dealer_id))
    last = dealers[-1][11:]
    return replace(row, dealers=dealers, dealer_id=UUID(last) if last else None)


def _said(before: tuple[str, ...], on: date, what: str) -> tuple[str, ...]:
    day = on.isoformat()
    return tuple(sorted([*(one for one in before if one[:10] != day), f"{day} {what}"]))


def _standing(row: Profile) -> Profile:
    stage, on = (row.stages[-1][11:], date.fromisoformat(row.stages[-1][:10])) if row.stages else (PROSPECT, None)
    if row.trading_since is not None and (on is None or row.trading_since > on):
        stage, on = TRADING, row.trading_since
    elif not row.registered and on is None:
        stage = TRADING
    return row if (stage, on) == (row.stage, row.stage_on) else replace(row, stage=stage, stage_on=on)


PROFILES = ReadModel(
    name="profiles",
    version=1,
    row=Profile,
    columns={
        "customer_id": "uuid",
        "registered": "boolean",
        "kind": "text",
        "legal_form": "text",
        "country": "text",
        "trading_since": "date",
        "basics_on": "date",
        "nature": "text",
        "ownership": "text",
        "shop_kind": "text",
        "location": "text",
        "industry": "text",
        "marks_on": "date",
        "stage": "text",
        "stage_on": "date",
        "stages": "text[]",
        "dealer_id": "uuid",
        "dealers": "text[]",
        "merged_into": "uuid",
    },
    key_column="customer_id",
    topics={
        CARDS_EVENTS: frozenset(
            one.type
            for one in (
                CustomerRegistered,
                StubOpened,
                BasicsRevised,
                MarksAssigned,
                ProspectAdmitted,
                TradeStarted,
                TradeEnded,
                AttachedToDealer,
                DetachedFromDealer,
                MergedInto,
            )
        )
    },
    key=key,
    evolve=evolve,
)


async def profiles_table(c: Connection, schema: str) -> str:
    """The table that readers are shown; ask in every request."""
    return await live_table(c, schema, PROFILES)
