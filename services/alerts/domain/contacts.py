"""Days on which the company and a customer were in touch, as far as facts tell of it.

That is: we visited, supported or trained the customer; it complained; somebody of ours or a questionnaire observed
something there; a need was recorded or acted on; something was promised; a purchase intent was opened. Orders and
payments are none of these: they come without anybody talking, and have rhythms of their own.
"""

from __future__ import annotations

from datetime import date

from shared.contracts.card_parts import (
    BusinessStatusRevised,
    CharacteristicsRevised,
    NeedActedOn,
    NeedRecorded,
    TradeStatusRevised,
)
from shared.contracts.complaints import ComplaintReceived
from shared.contracts.event import Event
from shared.contracts.intents import IntentOpened
from shared.contracts.promises import InvestmentRecorded, PromiseMade

CONTACTS = (
    ComplaintReceived,
    InvestmentRecorded,
    CharacteristicsRevised,
    BusinessStatusRevised,
    TradeStatusRevised,
    NeedRecorded,
    NeedActedOn,
    PromiseMade,
    IntentOpened,
)
IN_PERSON = ("VISIT", "SUPPORT", "TRAINING")
SAID_THERE = ("SALESPERSON", "QUESTIONNAIRE")


def contact_day(event: Event, recorded_on: date) -> date | None:
    """The business day of the contact that the event tells of, never after that of its recording; None: it tells of none."""
    match event:
        case ComplaintReceived():
            day: date | None = event.received_on
        case InvestmentRecorded():
            day = event.spent_on if event.kind in IN_PERSON else None
        case CharacteristicsRevised() | BusinessStatusRevised() | TradeStatusRevised():
            day = event.provenance.observed_on if event.provenance.source in SAID_THERE else None
        case NeedRecorded():
            told = event.provenance
            day = recorded_on if told is None or told.observed_on is None else told.observed_on
        case NeedActedOn():
            day = event.taken_on
        case PromiseMade():
            day = event.made_on
        case IntentOpened():
            day = event.opened_on
        case _:
            day = None
    return None if day is None else min(day, recorded_on)
