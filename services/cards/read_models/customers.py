"""Which customers are there? The list of cards, stubs and merged ones included, erased ones not. Personal fields are carried sealed.

Of two statements about one field that of the later business day stands, and of the same day the later in the stream.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from services.cards.domain import dealer, trade_stage
from services.cards.domain.likeness import name_key
from services.cards.read_models.customer_parts import confirmed, figures_of, stated_figures, waiting
from services.cards.read_models.customer_row import (
    MARKS,
    Customer,
    Standing,
    external_ids_of,
    figures_in,
    ids_text,
    sort_name,
    standing_in,
    text_of,
)
from shared.contracts import card_parts, cards, relations
from shared.contracts.cards import Basics, CustomerErased, CustomerRegistered, ExternalIdLinked, Marks, StubOpened
from shared.contracts.envelope import Envelope
from shared.contracts.topics import CARDS_EVENTS
from shared.projections.read_model import ReadModel


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: Customer | None, envelope: Envelope) -> Customer | None:
    event = envelope.event
    match event:
        case CustomerErased():
            return None
        case StubOpened() if row is None:
            row = Customer(event.customer_id, True, envelope.recorded_at, external_ids=ids_text((event.external_id,)))
        case CustomerRegistered():
            known = row or Customer(event.customer_id, False, envelope.recorded_at)
            row = replace(known, stub=False, external_ids=ids_text(event.external_ids))
    if row is None:
        # Measures of credit control may come before a card or after its erasure: there is nothing to list.
        return None
    row = _changed(row, envelope)
    stage = trade_stage.standing(standing_in(row.standing).step, row.trading_since, stub=row.stub)
    return replace(row, stage=stage.stage, stage_since=stage.since, changed_at=envelope.recorded_at)


def _changed(row: Customer, envelope: Envelope) -> Customer:
    event = envelope.event
    match event:
        case CustomerRegistered():
            row = _with_basics(row, event.basics, figures_of(event.basics, given=True), envelope)
            row = _with_marks(row, event.marks, envelope)
            return _assigned(row, event.area_id, event.salesperson_id, envelope)
        case cards.BasicsRevised():
            return _with_basics(row, event.basics, figures_of(event.basics, given=False, kept=event.kept), envelope)
        case cards.MarksAssigned():
            return _with_marks(row, event.marks, envelope)
        case cards.SalespersonAssigned():
            return _assigned(row, event.area_id, event.salesperson_id, envelope)
        case cards.TradeTermsAgreed():
            limit = event.credit_limit
            return _stated(
                row,
                "terms",
                envelope,
                payment_days=event.payment_days,
                credit_limit=None if limit is None else limit.amount,
                credit_currency=None if limit is None else limit.currency,
                agreed_on=event.agreed_on,
            )
        case ExternalIdLinked():
            return replace(row, external_ids=ids_text((*external_ids_of(row.external_ids), event.external_id)))
        case cards.TradeRestricted():
            return replace(row, restriction=event.measure)
        case cards.TradeReleased():
            return replace(row, restriction=None)
        case relations.MergedInto():
            return replace(row, merged_into=event.lead_id)
        case relations.ProspectAdmitted() | relations.TradeStarted() | relations.TradeEnded():
            known = standing_in(row.standing)
            return _standing_as(row, msgspec.structs.replace(known, step=trade_stage.evolve(known.step, event)))
        case relations.AttachedToDealer() | relations.DetachedFromDealer() | StubOpened():
            known = standing_in(row.standing)
            under = dealer.evolve(known.dealer, event)
            return _standing_as(replace(row, dealer_id=under.newest), msgspec.structs.replace(known, dealer=under))
        case card_parts.VerificationRequested():
            known = standing_in(row.standing)
            task, figure = waiting(event, envelope.occurred_at)
            return _standing_as(row, msgspec.structs.replace(known, waiting={**known.waiting, task: figure}))
        case card_parts.FieldVerified():
            return _verified(row, event)
    return _with_figures(row, stated_figures(event), envelope.occurred_at)


def _stated(row: Customer, what: str, envelope: Envelope, **fields: Any) -> Customer:
    """The row with these fields, unless what stands of them holds from a later day."""
    known = standing_in(row.standing)
    if known.since.get(what, envelope.occurred_at) > envelope.occurred_at:
        return row
    since = {**known.since, what: envelope.occurred_at}
    return _standing_as(replace(row, **fields), msgspec.structs.replace(known, since=since))


def _standing_as(row: Customer, known: Standing) -> Customer:
    return replace(row, standing=text_of(known))


def _with_basics(row: Customer, basics: Basics, figures: Iterable[tuple[str, Any]], envelope: Envelope) -> Customer:
    row = _with_figures(row, figures, envelope.occurred_at)
    return _stated(
        row,
        "basics",
        envelope,
        kind=basics.kind,
        name=basics.name,
        sort_name=sort_name(basics.name),
        name_key=name_key(basics.name),
        place=basics.place,
        country=basics.country,
        legal_form=basics.legal_form,
        founded_on=basics.founded_on,
        trading_since=basics.trading_since,
        basics=text_of(basics),
    )


def _with_marks(row: Customer, marks: Marks, envelope: Envelope) -> Customer:
    return _stated(row, "marks", envelope, **{name: getattr(marks, name) for name in MARKS})


def _assigned(row: Customer, area_id: str | None, salesperson_id: str | None, envelope: Envelope) -> Customer:
    return _stated(row, "assignment", envelope, area_id=area_id, salesperson_id=salesperson_id)


def _with_figures(row: Customer, stated: Iterable[tuple[str, Any]], at: datetime) -> Customer:
    known = standing_in(row.standing)
    news = {name: value for name, value in stated if known.since.get(name, at) <= at}
    if not news:
        return row
    figures = {**figures_in(row.figures), **news}
    held = {name: value for name, value in figures.items() if value is not None}
    row = replace(row, figures=text_of(held))
    return _standing_as(row, msgspec.structs.replace(known, since={**known.since, **dict.fromkeys(news, at)}))


def _verified(row: Customer, event: card_parts.FieldVerified) -> Customer:
    known = standing_in(row.standing)
    task = str(event.task_id)
    if task not in known.waiting:
        return row
    figure = known.waiting[task]
    left = {name: other for name, other in known.waiting.items() if name != task}
    row = _standing_as(row, msgspec.structs.replace(known, waiting=left))
    return _with_figures(row, [(figure.field, confirmed(figure))], figure.since) if event.outcome == "CONFIRMED" else row


CUSTOMERS = ReadModel(
    name="customers",
    version=2,
    row=Customer,
    columns={
        "customer_id": "uuid",
        "stub": "boolean",
        "changed_at": "timestamptz",
        "kind": "text",
        "name": "text",
        "sort_name": "text",
        "name_key": "text",
        "place": "text",
        "country": "text",
        "legal_form": "text",
        "founded_on": "date",
        "trading_since": "date",
        "basics": "text",
        "external_ids": "text",
        "area_id": "text",
        "salesperson_id": "text",
        "nature": "text",
        "shop_kind": "text",
        "industry": "text",
        "ownership": "text",
        "location": "text",
        "payment_days": "integer",
        "credit_limit": "numeric",
        "credit_currency": "text",
        "agreed_on": "date",
        "restriction": "text",
        "stage": "text",
        "stage_since": "date",
        "dealer_id": "uuid",
        "merged_into": "uuid",
        "figures": "jsonb",
        "standing": "text",
    },
    key_column="customer_id",
    topics={
        CARDS_EVENTS: frozenset(
            cls.type
            for cls in (
                StubOpened,
                CustomerRegistered,
                ExternalIdLinked,
                cards.BasicsRevised,
                cards.MarksAssigned,
                cards.SalespersonAssigned,
                cards.TradeTermsAgreed,
                cards.TradeRestricted,
                cards.TradeReleased,
                CustomerErased,
                card_parts.CharacteristicsRevised,
                card_parts.BusinessStatusRevised,
                card_parts.TradeStatusRevised,
                card_parts.DecisionMakerNamed,
                card_parts.VerificationRequested,
                card_parts.FieldVerified,
                relations.ProspectAdmitted,
                relations.TradeStarted,
                relations.TradeEnded,
                relations.AttachedToDealer,
                relations.DetachedFromDealer,
                relations.MergedInto,
            )
        )
    },
    key=key,
    evolve=evolve,
)
