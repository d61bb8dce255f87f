"""How well a card is kept: which of the fields that trade rests on are filled, since when, how fresh, and how long after the visit
they were entered. Folded from the card's events alone; contents are not carried, only that there are some. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import msgspec
from msgspec.structs import replace

from services.cards.domain import trade_stage
from services.cards.domain.completeness import SALESPERSON, TERMS, Kind, tracked
from services.cards.domain.parts import Statement, said_by
from services.cards.domain.trade_stage import Stage, TradeStep, standing
from shared.contracts.card_parts import FieldVerified, VerificationRequested
from shared.contracts.cards import (
    Basics,
    BasicsRevised,
    CustomerErased,
    CustomerRegistered,
    Provenance,
    SalespersonAssigned,
    StubOpened,
    TradeTermsAgreed,
)
from shared.contracts.envelope import Envelope
from shared.contracts.relations import MergedInto, TradeStarted


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What stands in a field. `holds_from`: the beginning of the business day from which it holds; `version`: its place in the stream."""

    filled: bool
    holds_from: datetime
    version: int
    entered_at: datetime
    source: str | None = None
    observed_on: date | None = None
    looked_at: int = 0
    confirmed: bool = True
    verified_on: date | None = None


class Waiting(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A figure that waits to be verified."""

    field: str
    entry: Entry


class Keeping(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """State of the fold. `known_since`: when something first stood in a field; `delays`: by the salesperson whose customer it was when
    it was entered, how many statements of salespeople came how many days after the visit. `gone`: erased, or merged into another card.
    """

    registered: bool = False
    stub: bool = False
    gone: bool = False
    kind: Kind = "COMPANY"
    name: str | None = None
    trading_since: date | None = None
    area_id: str | None = None
    salesperson_id: str | None = None
    entries: dict[str, Entry] = {}
    waiting: dict[str, Waiting] = {}
    known_since: dict[str, datetime] = {}
    delays: dict[str, dict[int, int]] = {}
    step: TradeStep = TradeStep()
    traded_at: datetime | None = None
    traded_on: date | None = None

    @property
    def stage(self) -> Stage:
        return standing(self.step, self.trading_since, stub=self.stub).stage

    def has(self, field: str) -> bool:
        """Whether something stands there that nobody has found wrong."""
        entry = self.entries.get(field)
        return entry is not None and entry.filled and (entry.confirmed or entry.looked_at < entry.version)


NOTHING_KEPT = Keeping()
NOBODY = ""
"""The salesperson of customers that have none."""


def evolve(state: Keeping, envelope: Envelope) -> Keeping:
    """The state after an event of the card, in the order of its stream."""
    event = envelope.event
    if state.gone:
        return state
    match event:
        case CustomerErased() | MergedInto():
            return Keeping(gone=True)
        case StubOpened():
            # The fact that opened it was recorded with it: that is trade, and the card is empty.
            state = replace(state, stub=True, traded_at=_earlier(state.traded_at, envelope.recorded_at))
        case CustomerRegistered():
            state = replace(state, registered=True, stub=False)
        case TradeStarted():
            state = replace(
                state,
                traded_at=_earlier(state.traded_at, envelope.recorded_at),
                traded_on=event.started_on if state.traded_on is None else min(event.started_on, state.traded_on),
            )
    state = replace(state, step=trade_stage.evolve(state.step, event))
    entries = _said(envelope)
    before = state
    state = _with_contents(state, envelope, entries)
    state = _with_entries(state, entries)
    match event:
        case VerificationRequested():
            waiting = Waiting(_field_of(event.field), _entry(envelope, event.provenance, filled=True))
            state = replace(state, waiting={**state.waiting, str(event.task_id): waiting})
        case FieldVerified():
            state = _verified(state, event, envelope)
    return _with_delay(state, before, event)


def _earlier(known: datetime | None, moment: datetime) -> datetime:
    return moment if known is None else min(known, moment)


def _entry(envelope: Envelope, provenance: Provenance | None, *, filled: bool) -> Entry:
    return Entry(
        filled,
        envelope.occurred_at,
        envelope.version,
        envelope.recorded_at,
        None if provenance is None else provenance.source,
        None if provenance is None else provenance.observed_on,
    )


def _field_of(name: str) -> str:
    """The field that is asked for: each year of sales results is one of the same."""
    return ".".join(name.split(".")[:2])


def _said(envelope: Envelope) -> dict[str, Entry]:
    """What the event says about fields that any stage asks for."""
    event = envelope.event
    found: dict[str, Entry] = {}
    for name, statement in said_by(envelope, date.min):
        if tracked(name):
            found[name] = _entry(envelope, statement.provenance, filled=_is_something(statement))
    if isinstance(event, CustomerRegistered | SalespersonAssigned):
        found[SALESPERSON] = _entry(envelope, None, filled=event.salesperson_id is not None)
    if isinstance(event, TradeTermsAgreed):
        found[TERMS] = _entry(envelope, None, filled=True)
    return found


def _is_something(statement: Statement) -> bool:
    return statement.value is not None


def _stands(state: Keeping, field: str, entry: Entry) -> bool:
    before = state.entries.get(field)
    return before is None or (before.holds_from, before.version) < (entry.holds_from, entry.version)


def _is_newest(state: Keeping, envelope: Envelope) -> bool:
    """Whether basics that hold from this day are those that stand: all of them are said at once, a name among them."""
    names = (state.entries.get(field) for field in ("basics.name", "basics.person_name"))
    return all((name.holds_from, name.version) < (envelope.occurred_at, envelope.version) for name in names if name is not None)


def _with_contents(state: Keeping, envelope: Envelope, entries: Mapping[str, Entry]) -> Keeping:
    """The few plain contents that lists and stages need, where they are the news that stands."""
    event = envelope.event
    if isinstance(event, CustomerRegistered | BasicsRevised):
        basics: Basics = event.basics
        if _is_newest(state, envelope):
            state = replace(state, kind=basics.kind)
        if (entry := entries.get("basics.name")) is not None and _stands(state, "basics.name", entry):
            state = replace(state, name=basics.name)
        entry = entries.get("basics.trading_since")
        if entry is not None and _stands(state, "basics.trading_since", entry):
            state = replace(state, trading_since=basics.trading_since)
    if isinstance(event, CustomerRegistered | SalespersonAssigned) and _stands(state, SALESPERSON, entries[SALESPERSON]):
        state = replace(state, area_id=event.area_id, salesperson_id=event.salesperson_id)
    return state


def _with_entries(state: Keeping, entries: Mapping[str, Entry]) -> Keeping:
    if not entries:
        return state
    stands = {}
    for field, entry in entries.items():
        if _stands(state, field, entry):
            before = state.entries.get(field)
            # A look into an older statement says nothing about this one; its version tells.
            look = (0, True, None) if before is None else (before.looked_at, before.confirmed, before.verified_on)
            stands[field] = replace(entry, looked_at=look[0], confirmed=look[1], verified_on=look[2])
    first = {field: entry.entered_at for field, entry in entries.items() if entry.filled and field not in state.known_since}
    return replace(state, entries={**state.entries, **stands}, known_since={**state.known_since, **first})


def _verified(state: Keeping, event: FieldVerified, envelope: Envelope) -> Keeping:
    confirmed = event.outcome == "CONFIRMED"
    field = _field_of(event.field)
    if event.task_id is not None:
        waited = state.waiting.get(str(event.task_id))
        left = {task: one for task, one in state.waiting.items() if task != str(event.task_id)}
        state = replace(state, waiting=left)
        if waited is None or not confirmed:
            return state
        state = _with_entries(state, {waited.field: replace(waited.entry, version=envelope.version)})
    entry = state.entries.get(field)
    if entry is None or entry.looked_at > envelope.version:
        return state
    looked = replace(entry, looked_at=envelope.version, confirmed=confirmed, verified_on=event.verified_on)
    return replace(state, entries={**state.entries, field: looked})


def _with_delay(state: Keeping, before: Keeping, event: object) -> Keeping:
    provenance: Provenance | None = getattr(event, "provenance", None)
    if (
        provenance is None
        or provenance.source != "SALESPERSON"
        or provenance.observed_on is None
        or provenance.entered_on is None
    ):
        return state
    days = max((provenance.entered_on - provenance.observed_on).days, 0)
    whose = (state.salesperson_id if isinstance(event, CustomerRegistered) else before.salesperson_id) or NOBODY
    counted = state.delays.get(whose, {})
    return replace(state, delays={**state.delays, whose: {**counted, days: counted.get(days, 0) + 1}})
