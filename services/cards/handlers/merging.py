"""Merging two cards of one customer: both streams in one append, so that neither says what the other does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.cards.domain.card import Card, Unregistered
from services.cards.domain.erasing import erasing_of
from services.cards.domain.hierarchy import merge_makes_circle
from services.cards.domain.identity import card_stream
from services.cards.domain.merging import Side, decide, merging_of
from services.cards.domain.refusals import CardRefused, CardUnknown, HierarchyCycle
from services.cards.handlers.cards import place_on_cards, state_of
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.facts import part_of_customer, start_of_day
from services.cards.handlers.problems import refused
from services.cards.read_models import receivables
from services.cards.read_models.hierarchy_lookup import links_above, lock_hierarchy
from services.cards.read_models.ledger_currencies import currencies
from shared.contracts.event import Event
from shared.event_store.append import append_many
from shared.event_store.events import Append, Expected, Loaded, NewEvent
from shared.event_store.load import load
from shared.postgres.pool import Connection
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem
from shared.web.repeats import concluded, remembered, repeated

_TRIES = 5


@dataclass(frozen=True, slots=True)
class MergeCards:
    lead_id: UUID
    merged_id: UUID
    reason: str | None


async def merge(deps: Deps, command: MergeCards, key: CommandKey, meta: Mapping[str, str], expected: int) -> Answer:
    """Merge a card into the one that leads from now on. Raises Problem: VERSION_STALE when `expected` is not the version of the
    leading card, CUSTOMER_UNKNOWN, IDEMPOTENCY_KEY_REUSED, UNAVAILABLE when others keep changing the other card."""
    for _ in range(_TRIES):
        answer = await _once(deps, command, key, meta, expected)
        if answer is not None:
            return answer
    raise Problem("UNAVAILABLE", headers={"Retry-After": "1"})


async def _once(deps: Deps, command: MergeCards, key: CommandKey, meta: Mapping[str, str], expected: int) -> Answer | None:
    async with deps.pool.acquire() as c, c.transaction():
        await lock_hierarchy(c)
        lead = await load(c, SCHEMA, card_stream(command.lead_id), (key.principal, key.route, key.key))
        if lead.stored is not None:
            return repeated(lead.stored, key, place_on_cards(deps.parts))
        if lead.version and lead.version != expected:
            raise Problem("VERSION_STALE")
        other = await load(c, SCHEMA, card_stream(command.merged_id))
        events: list[tuple[UUID, Expected, Event]] = []
        answer = Answer(200, {"customer_id": str(command.lead_id), "merged_id": str(command.merged_id)}, lead.version + 1)
        try:
            links = await links_above(c, SCHEMA, [command.lead_id, command.merged_id])
            if merge_makes_circle(links, command.lead_id, command.merged_id, deps.today()):
                raise HierarchyCycle
            leading, led = decide(
                await _side(deps, c, command.lead_id, lead),
                await _side(deps, c, command.merged_id, other),
                command.reason,
                key.principal,
            )
            events = [(command.lead_id, lead.version, leading), (command.merged_id, other.version, led)]
        except CardUnknown as refusal:
            raise refused(refusal) from None
        except CardRefused as refusal:
            answer = Answer.of(refused(refusal))
        at = start_of_day(deps.today(), deps.zone)
        appends = [
            Append(
                card_stream(customer),
                version,
                customer,
                part_of_customer(customer, deps.parts),
                [NewEvent(key.new_id(n), event, at, meta)],
            )
            for n, (customer, version, event) in enumerate(events, 1)
        ]
        nothing = Append(card_stream(command.lead_id), "any", command.lead_id, part_of_customer(command.lead_id, deps.parts), [])
        command_record = remembered(key, answer)
        appended = await append_many(c, SCHEMA, appends or [nothing], command=command_record)
    return concluded(appended, answer, command_record, key, place_on_cards(deps.parts))


async def _side(deps: Deps, c: Connection, customer_id: UUID, loaded: Loaded) -> Side:
    card = state_of(loaded)
    merging = merging_of(envelope.event for envelope in loaded.events)
    if isinstance(card, Unregistered):
        return Side(customer_id, card, merging, frozenset(), disputes=False)
    traded = await _currencies(c, customer_id, card)
    for one in merging.merged:
        # A card that had no currency has got those of the cards that it leads.
        traded |= await _currencies(c, one, state_of(await load(c, SCHEMA, card_stream(one))))
    owing = await receivables.one(c, SCHEMA, customer_id)
    claims = () if owing is None else receivables.claims_of(owing.claims).claims
    disputes = any(claim.open_at(deps.today()) and (claim.claimed is not None or claim.invoices) for claim in claims)
    to_be_erased = erasing_of(envelope.event for envelope in loaded.events).request is not None
    return Side(customer_id, card, merging, traded, disputes, to_be_erased)


async def _currencies(c: Connection, customer_id: UUID, card: Card) -> frozenset[str]:
    terms = card.particulars.terms
    limit = frozenset() if terms is None or terms.credit_limit is None else {terms.credit_limit.currency}
    return await currencies(c, SCHEMA, customer_id) | limit
