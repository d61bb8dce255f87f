"""The past of a customer over HTTP: what changed, whose customer it was, and what was owed, each by what was known on a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query
from starlette.responses import Response

from services.cards.api import answers
from services.cards.api.balance_views import balance_body
from services.cards.api.card_views import SEES_PERSONS
from services.cards.api.clocks import AsOf, KnownAt
from services.cards.api.deps import Dependencies
from services.cards.domain.as_of import card_at, standing
from services.cards.domain.assignments import Span, spans
from services.cards.domain.card import Erased, Unregistered
from services.cards.domain.changes import Change, changes_between, place_of
from services.cards.domain.identity import card_stream, ledger_stream
from services.cards.domain.ledger_at import Turnover, ledger_at
from services.cards.domain.merging import merging_of
from services.cards.domain.refusals import CardUnknown, CustomerIsErased
from services.cards.domain.statement import Balance, balances
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.problems import refused
from services.cards.read_models.authors import authors
from shared.contracts.claims import Claims
from shared.contracts.envelope import Envelope
from shared.event_store.events import Loaded
from shared.event_store.load import load
from shared.postgres.pool import Connection
from shared.privacy.fields import change
from shared.web.amounts import money_body
from shared.web.fields import BusinessDay
from shared.web.pages import LARGEST_LIMIT, CursorParameter, Limit, filter_hash
from shared.web.problem import FieldError, Problem
from shared.web.rendering import Json
from shared.web.scope import Caller, scope

router = APIRouter(tags=["history"])
_UNKNOWN: answers.Responses = {404: {"description": "No customer has this id"}}
_WITHHELD = "\N{REPLACEMENT CHARACTER}withheld:"
"""Goes before the keyed hash of a personal text that the caller may not see: the change is told, the words are not."""


@router.get(
    "/v1/customers/{customer_id}/changes",
    dependencies=[scope("cards.customer.read")],
    responses={200: answers.CHANGES, **_UNKNOWN, 410: {"description": "The personal data were erased"}},
    summary="What changed on the card between two days: field by field, with who said it and when it was recorded",
)
async def list_changes(
    customer_id: UUID,
    caller: Caller,
    deps: Dependencies,
    first: Annotated[
        BusinessDay | None, Query(alias="from", description="First business day; the first there is by default")
    ] = None,
    last: Annotated[BusinessDay | None, Query(alias="to", description="Last business day; today by default")] = None,
    known_at: KnownAt = None,
    limit: Limit = LARGEST_LIMIT,
    cursor: CursorParameter = None,
) -> Response:
    # Before today takes the place of no day: a list may be read past midnight.
    bound = filter_hash(list="changes", customer_id=customer_id, first=first, last=last, known_at=known_at)
    first, last = first or date.min, last or deps.today()
    if last < first:
        raise Problem("VALIDATION_FAILED", errors=[FieldError("#/query/to", "PERIOD_BACKWARDS", "must not lie before `from`")])
    after = None if cursor is None else _after(deps, bound, cursor)
    stream = card_stream(customer_id)
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, stream)
        senders = await authors(c, SCHEMA, stream)
    _check(loaded.events, deps)
    told = await _readable(deps, loaded.events, stream, in_the_clear=caller.may(SEES_PERSONS))
    found = changes_between(told, deps.zone, first, last, known_at)
    rest = [one for one in found if after is None or place_of(one) > after]
    body: dict[str, Any] = {"customer_id": customer_id, "items": [_change(one, senders) for one in rest[:limit]]}
    if len(rest) > limit:
        day, version, field = place_of(rest[limit - 1])
        body["next_cursor"] = deps.cursors.encode(bound, (day.isoformat(), version, field))
    return Json(body)


def _after(deps: Deps, bound: bytes, cursor: str) -> tuple[date, int, str]:
    day, version, field = deps.cursors.decode(bound, cursor, 3)
    return date.fromisoformat(str(day)), int(version or 0), str(field)


def _check(events: Sequence[Envelope], deps: Deps) -> None:
    match card_at(events, deps.zone):
        case Unregistered():
            raise refused(CardUnknown())
        case Erased():
            raise refused(CustomerIsErased())


async def _readable(deps: Deps, events: Sequence[Envelope], stream: str, *, in_the_clear: bool) -> Sequence[Envelope]:
    # Sealing gives another text each time: what did not change can only be told from texts in the clear, or from their hashes.
    opened = await deps.sealer.unseal_structs([(envelope.event, stream) for envelope in events])
    if not in_the_clear:
        opened = [
            change(event, lambda _field, text: _WITHHELD + deps.sealer.fingerprint(text.encode()).hex()) for event in opened
        ]
    return [msgspec.structs.replace(envelope, event=event) for envelope, event in zip(events, opened, strict=True)]


def _change(found: Change, senders: Mapping[int, UUID]) -> dict[str, Any]:
    body: dict[str, Any] = {"field": found.field, "holds_from": found.holds_from, "recorded_at": found.recorded_at}
    for name, value in (("before", found.before), ("after", found.after)):
        if value is not None:
            body[name] = _shown(value)
    if (who := found.decided_by or senders.get(found.version)) is not None:
        body["decided_by"] = who
    if found.source is not None:
        body["source"] = found.source
    if found.observed_on is not None:
        body["observed_on"] = found.observed_on
    return body


def _shown(value: Any) -> Any:
    match value:
        case str() if value.startswith(_WITHHELD):
            return {"withheld": True}
        case dict():
            return {name: _shown(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_shown(inner) for inner in value]
    return value


@router.get(
    "/v1/customers/{customer_id}/assignments",
    dependencies=[scope("cards.customer.read")],
    responses={200: answers.ASSIGNMENTS, **_UNKNOWN},
    summary="Whose customer it is and was",
)
async def list_assignments(customer_id: UUID, deps: Dependencies, as_of: AsOf = None, known_at: KnownAt = None) -> Response:
    stream = card_stream(customer_id)
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, stream)
        senders = await authors(c, SCHEMA, stream)
    if not loaded.version:
        raise refused(CardUnknown())
    found = spans(loaded.events, deps.zone, as_of, known_at)
    return Json({"customer_id": customer_id, "items": [_span(one, senders) for one in found]})


def _span(span: Span, senders: Mapping[int, UUID]) -> dict[str, Any]:
    found: dict[str, Any] = {"since": span.since, "recorded_at": span.recorded_at}
    optional = {
        "area_id": span.area_id,
        "salesperson_id": span.salesperson_id,
        "until": span.until,
        "decided_by": span.decided_by or senders.get(span.version),
    }
    return found | {name: value for name, value in optional.items() if value is not None}


@router.get(
    "/v1/customers/{customer_id}/standing",
    dependencies=[scope("cards.ledger.read")],
    responses={200: answers.STANDING, **_UNKNOWN},
    summary="What was owed and bought at the end of a day, by what was known on a day",
)
async def get_standing(customer_id: UUID, deps: Dependencies, as_of: AsOf = None, known_at: KnownAt = None) -> Response:
    """Folded from the ledger and the card, each time. What is disputed is not told: complaints keep their own clocks. Of a customer
    that leads merged cards each of them stands beside it: nothing moves between them, so neither do credits and debts."""
    day = as_of or deps.today()
    async with deps.pool.acquire() as c:
        card = await load(c, SCHEMA, card_stream(customer_id))
        if not card.version:
            raise refused(CardUnknown())
        merging = merging_of(envelope.event for envelope in standing(card.events, deps.zone, day, known_at))
        body: dict[str, Any] = {"as_of": day, **({} if known_at is None else {"known_at": known_at})}
        body |= await _standing(deps, c, customer_id, card, day, known_at)
        if merging.lead_id is not None:
            body["merged_into"] = merging.lead_id
        if merging.merged:
            others = [(one, await load(c, SCHEMA, card_stream(one))) for one in merging.merged]
            body["merged"] = [await _standing(deps, c, one, its_card, day, known_at) for one, its_card in others]
    return Json(body)


async def _standing(
    deps: Deps, c: Connection, customer_id: UUID, card: Loaded, day: date, known_at: date | None
) -> dict[str, Any]:
    ledger = await load(c, SCHEMA, ledger_stream(customer_id))
    found = ledger_at(ledger.events, deps.zone, day, known_at)
    terms = card_at(card.events, deps.zone, day, known_at).particulars.terms
    owed = balances(found.account, Claims(), None if terms is None else terms.credit_limit, day)
    return {
        "customer_id": customer_id,
        **({} if terms is None else {"payment_days": terms.payment_days}),
        "balances": [_without_disputes(balance) for balance in owed],
        "turnover": [_turnover(one) for one in found.turnover],
    }


def _without_disputes(balance: Balance) -> dict[str, Any]:
    found = balance_body(balance, lines=True)
    found["items"] = [{name: value for name, value in item.items() if name != "disputed"} for item in found["items"]]
    return {name: value for name, value in found.items() if name not in ("disputed", "disputed_overdue")}


def _turnover(found: Turnover) -> dict[str, Any]:
    amounts = {"month": found.month, "year": found.year, "total": found.total}
    bodies = {name: money_body(amount, found.currency) for name, amount in amounts.items()}
    return {"currency": found.currency, **{name: body["amount"] for name, body in bodies.items() if body is not None}}
