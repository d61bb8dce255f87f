"""Recording facts: who is meant, is it well formed, then one append for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from services.cards.domain.identity import card_stream, fact_id, ledger_stream, stub_id, sub_sales_stream
from services.cards.domain.ledger import KINDS, Delivered, FactFlawed, Seller, Written, body_of, written
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.problems import FACT_CONFLICT, FACT_TOO_LARGE, flawed
from services.cards.handlers.relation_problems import DEALER_UNKNOWN
from shared.contracts.cards import ExternalId, StubOpened
from shared.contracts.cursor import part_of
from shared.contracts.topics import CARDS_TRANSACTIONS
from shared.contracts.transactions import SubSaleReported
from shared.event_store.events import Append, CommandRecord, Fact, Guard, NewEvent, StoredAnswer, Stub, Verdict
from shared.event_store.fact_command import FactCommand, KeyTaken
from shared.event_store.load import load
from shared.web.commands import CommandKey, reused_key
from shared.web.problem import FieldError, Problem

_TRIES = 5


@dataclass(slots=True)
class Prepared:
    """Facts ready to be appended, with their places among what was delivered; what cannot be recorded, by place."""

    rows: list[int] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    stubs: dict[ExternalId, Stub] = field(default_factory=dict)
    refused: dict[int, Problem] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FactAnswer:
    """What became of one fact."""

    status: str
    fact_id: str | None = None
    customer_id: str | None = None
    problem: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class FactsAnswer:
    """One answer a delivered fact, in order. `positions` are those of the recorded ones, one a part."""

    items: Sequence[FactAnswer]
    positions: str | None
    replayed: bool


def part_of_customer(customer_id: UUID, parts: int) -> int:
    return _home(customer_id, parts).part


class _Home(NamedTuple):
    """Where the facts of a customer go, and the customer's id as text."""

    stream: str
    part: int
    customer_id: bytes


@lru_cache(maxsize=200_000)
def _home(customer_id: UUID, parts: int) -> _Home:
    text = str(customer_id)
    return _Home(ledger_stream(customer_id), part_of(text, parts), text.encode())


@lru_cache(maxsize=4_000)
def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """A fact happened on a business day; as a moment it stands at the day's beginning in the company's zone."""
    return datetime.combine(day, time.min, zone)


async def look_up(deps: Deps, delivered: Sequence[Delivered | Written | None]) -> None:
    """Learn who is meant, with at most two statements, and none when all are remembered."""
    named: list[Delivered | Written | Seller] = [one for one in delivered if one is not None]
    named += [one.seller for one in named if isinstance(one, Delivered) and one.seller is not None]
    new = [one for one in named if not _is_known(deps, one)]
    if new:
        externals = {one.external_id for one in new if one.external_id is not None}
        customers = {one.customer_id for one in new if one.customer_id is not None}
        async with deps.pool.acquire() as c:
            await deps.known.look_up(c, externals, customers)


def _is_known(deps: Deps, one: Delivered | Written | Seller) -> bool:
    if one.external_id is not None and deps.known.owner(one.external_id) is None:
        return False
    return one.customer_id is None or deps.known.has_card(one.customer_id)


def prepare(
    deps: Deps,
    delivered: Sequence[Delivered | Written | None],
    first: int,
    meta: Mapping[str, str],
    today: date,
    ready: Prepared,
) -> None:
    """Validate, name the customers, encode what was delivered from place `first` on, behind what `ready` holds.

    Places that are None are passed over. Nothing is awaited: `look_up` comes first.
    """
    for place, one in enumerate(delivered, first):
        if one is None:
            continue
        if isinstance(one, Delivered) and one.seller is not None:
            sold = _with_dealer(deps, one, one.seller)
            if isinstance(sold, Problem):
                ready.refused[place] = sold
                continue
            one = sold
        try:
            fact = written(one, today) if isinstance(one, Delivered) else one
        except FactFlawed as error:
            ready.refused[place] = flawed(error.flaws)
            continue
        if isinstance(one, Delivered) and isinstance(one.fact, SubSaleReported):
            _meet(deps, one.external_id, one.fact, ready)
        customer = _customer(deps, fact, ready)
        if customer is None:
            ready.refused[place] = Problem("CUSTOMER_UNKNOWN")
            continue
        ready.rows.append(place)
        ready.facts.append(_kept(deps, fact, customer, meta))


def _customer(deps: Deps, one: Written, ready: Prepared) -> UUID | None:
    external = one.external_id
    if external is None:
        return one.customer_id if one.customer_id is not None and deps.known.has_card(one.customer_id) else None
    owner = deps.known.owner(external)
    if owner is None:
        owner = stub_id(external.system, external.value)
        if external not in ready.stubs:
            ready.stubs[external] = _stub(deps, external, owner)
    return owner


def _with_dealer(deps: Deps, one: Delivered, seller: Seller) -> Delivered | Problem:
    """The sale with its dealer, who has to be known."""
    external = seller.external_id
    dealer_id = seller.customer_id if external is None else deps.known.owner(external)
    if dealer_id is None or not deps.known.has_card(dealer_id):
        return Problem(DEALER_UNKNOWN, errors=[FieldError("#/dealer", DEALER_UNKNOWN, "is not known as a customer")])
    if dealer_id == one.customer_id or (one.external_id is not None and dealer_id == deps.known.owner(one.external_id)):
        error = FieldError("#/dealer", "DEALER_IS_CUSTOMER", "nobody is his own dealer")
        return Problem("VALIDATION_FAILED", errors=[error])
    return replace(one, fact=replace(one.fact, dealer_id=dealer_id))


def _meet(deps: Deps, external: ExternalId | None, sale: SubSaleReported, ready: Prepared) -> None:
    """A sub-distributor first heard of by its dealer's sale gets a card that says under whom it is."""
    if external is None or deps.known.owner(external) is not None or external in ready.stubs:
        return
    customer = stub_id(external.system, external.value)
    ready.stubs[external] = _stub(deps, external, customer, sale.dealer_id, sale.sold_on)


def _stub(deps: Deps, external: ExternalId, customer: UUID, dealer_id: UUID | None = None, since: date | None = None) -> Stub:
    event = StubOpened(customer_id=customer, external_id=external, dealer_id=dealer_id, since=since)
    opened = NewEvent(customer, event, deps.now())
    part = part_of_customer(customer, deps.parts)
    return Stub(Guard(external.system, external.value, customer), Append(card_stream(customer), "new", customer, part, [opened]))


def _kept(deps: Deps, one: Written, customer: UUID, meta: Mapping[str, str]) -> Fact:
    home = _home(customer, deps.parts)
    body = body_of(home.customer_id, one)
    return Fact(
        stream=sub_sales_stream(customer) if one.kind == "sub_sale" else home.stream,
        event_id=fact_id(one.source, one.kind, one.source_event_id),
        type=KINDS[one.kind].type,
        customer_id=customer,
        part=home.part,
        source=f"{one.source}/{one.kind}",
        source_event_id=one.source_event_id,
        fingerprint=deps.sealer.fingerprint(body),
        occurred_at=start_of_day(one.day, deps.zone),
        body=body,
        meta=meta,
    )


async def deliver(
    deps: Deps,
    delivered: Sequence[Delivered | Written | None],
    refused: Mapping[int, Problem],
    key: CommandKey,
    meta: Mapping[str, str],
) -> FactsAnswer:
    """Record what one request delivers. `refused` are the places that could not even be read.

    Raises Problem: IDEMPOTENCY_KEY_REUSED; UNAVAILABLE when external ids keep changing hands, which is not to be expected.
    """
    settled: dict[int, Verdict] = {}
    for _ in range(_TRIES):
        await look_up(deps, delivered)
        ready = Prepared()
        prepare(deps, delivered, 0, meta, deps.today(), ready)
        answer = _skeleton(len(delivered), ready, {**refused, **ready.refused}, settled)
        command = CommandRecord(key.principal, key.route, key.key, key.fingerprint, 207, answer)
        try:
            verdicts, place = await deps.together.record(FactCommand(ready.facts, list(ready.stubs.values()), command))
        except KeyTaken:
            return await _answered(deps, key)
        if place is not None:
            learn(deps, ready, verdicts)
            return _read({**answer, "verdicts": verdicts, "place": place}, replayed=False)
        # Somebody claimed an external id after it was looked up. All go once more, the moved ones to its owner; those that
        # are recorded by now will be called duplicates, and stay what they were.
        settled |= {row: verdict for row, verdict in zip(ready.rows, verdicts, strict=True) if verdict == "recorded"}
    raise Problem("UNAVAILABLE", headers={"Retry-After": "1"})


def learn(deps: Deps, ready: Prepared, verdicts: Sequence[Verdict]) -> None:
    """Remember the customers whose stubs were opened by recorded facts."""
    if not ready.stubs:
        return
    recorded = {fact.customer_id for fact, verdict in zip(ready.facts, verdicts, strict=True) if verdict == "recorded"}
    opened = {external: stub.guard.customer_id for external, stub in ready.stubs.items()}
    deps.known.learn({external: customer for external, customer in opened.items() if customer in recorded})


def _skeleton(count: int, ready: Prepared, refused: Mapping[int, Problem], settled: Mapping[int, Verdict]) -> dict[str, Any]:
    """The answer but for the verdicts, which the store adds: it is remembered together with the facts."""
    return {
        "count": count,
        "rows": ready.rows,
        "ids": [str(fact.event_id) for fact in ready.facts],
        "customers": [str(fact.customer_id) for fact in ready.facts],
        "parts": [fact.part for fact in ready.facts],
        "refused": {str(place): problem.body() for place, problem in refused.items()},
        "settled": {str(place): verdict for place, verdict in settled.items()},
    }


async def _answered(deps: Deps, key: CommandKey) -> FactsAnswer:
    async with deps.pool.acquire() as c:
        stored: StoredAnswer | None = (await load(c, SCHEMA, "", (key.principal, key.route, key.key))).stored
    if stored is None or stored.fingerprint != key.fingerprint:
        raise reused_key()
    return _read(stored.answer, replayed=True)


def _read(answer: Mapping[str, Any], *, replayed: bool) -> FactsAnswer:
    items: list[FactAnswer | None] = [None] * answer["count"]
    for place, problem in answer["refused"].items():
        items[int(place)] = FactAnswer("rejected", problem=problem)
    recorded_parts: set[int] = set()
    rows = zip(answer["rows"], answer["verdicts"] or (), answer["ids"], answer["customers"], answer["parts"], strict=True)
    for row, fresh, event_id, customer, part in rows:
        verdict = answer["settled"].get(str(row), fresh)
        problem = _PROBLEMS.get(verdict)
        items[row] = FactAnswer(verdict, event_id, customer, None if problem is None else problem.body())
        if verdict == "recorded":
            recorded_parts.add(part)
    positions = ",".join(f"{CARDS_TRANSACTIONS}/{part}/{answer['place']}" for part in sorted(recorded_parts))
    return FactsAnswer([one for one in items if one is not None], positions or None, replayed)


_PROBLEMS: Mapping[str, Problem] = {"conflict": Problem(FACT_CONFLICT), "rejected": Problem(FACT_TOO_LARGE)}
