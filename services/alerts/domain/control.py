"""What concerns every customer: going live, completeness of sources, versions of rules and populations.

Folded from the control topics as items of every part's sequence.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from services.alerts.domain.rules import ALL_RULES
from services.alerts.domain.signs import Awaited, Parameters, Rule, Terms, Version
from services.alerts.domain.silence_score import Population, population_from
from shared.contracts.alerts import PopulationRefitted, RulePublished, RuleScope, WentLive
from shared.contracts.cards import FactKind, SourceCompletedThrough, SourceEnded, SourceOpened
from shared.contracts.company_alerts import SourceFellSilent, SourceSpokeAgain
from shared.contracts.event import Event

SILENCE_POPULATION = "silence"
DEFAULT_VERSION = 1
"""Of a rule's parameters. A population that nobody has fitted is version 0."""


class Completeness(msgspec.Struct, frozen=True, omit_defaults=True):
    """A source that delivers in batches: complete through its last delivered day, or for ever once it has ended."""

    through: date | None = None
    ended: bool = False


class Published(msgspec.Struct, frozen=True, omit_defaults=True):
    """`scope` None: for everybody; `live_from` None: at once."""

    version: int
    parameters: dict[str, Decimal] = {}
    scope: RuleScope | None = None
    live_from: date | None = None


class Control(msgspec.Struct, frozen=True, omit_defaults=True):
    """`sources` by "kind/source": only sources that were opened; every other source is live. `rules` by rule id.

    `further`, by rule id too: versions for some customers only, or from a later day on. `silent`, by the same keys: live sources that have stopped delivering, with the last day of which they had spoken.
    """

    live_on: date | None = None
    live_by: UUID | None = None
    sources: dict[str, Completeness] = {}
    rules: dict[str, Published] = {}
    population: Published | None = None
    silent: dict[str, date] = {}
    further: dict[str, tuple[Published, ...]] = {}


FOLDED_TYPES = frozenset(
    cls.type
    for cls in (
        WentLive,
        RulePublished,
        PopulationRefitted,
        SourceOpened,
        SourceCompletedThrough,
        SourceEnded,
        SourceFellSilent,
        SourceSpokeAgain,
    )
)
JUDGE_ALL = (WentLive, RulePublished, PopulationRefitted)
"""After these every customer is judged anew."""
JUDGE_WAITING = (SourceCompletedThrough, SourceEnded, SourceSpokeAgain)
"""After these the customers are judged anew whose warnings wait for a delivery."""


def source_key(kind: str, source: str) -> str:
    return f"{kind}/{source}"


def evolve(before: Control, event: Event, event_id: UUID) -> Control:
    """Fold one control event. A second go-live changes nothing."""
    match event:
        case WentLive() if before.live_on is None:
            return msgspec.structs.replace(before, live_on=event.live_on, live_by=event_id)
        case RulePublished():
            return _published(before, event)
        case PopulationRefitted() if event.name == SILENCE_POPULATION:
            return msgspec.structs.replace(before, population=Published(event.version, event.parameters))
        case SourceOpened() | SourceCompletedThrough() | SourceEnded():
            key = source_key(event.fact_kind, event.source)
            known = before.sources.get(key, Completeness())
            match event:
                case SourceOpened():
                    now = Completeness(known.through, ended=False)
                case SourceCompletedThrough():
                    now = Completeness(event.day, known.ended)
                case SourceEnded():
                    now = Completeness(known.through, ended=True)
            # What a source says about itself counts for more than what was concluded from its silence.
            return msgspec.structs.replace(before, sources={**before.sources, key: now}, silent=_without(before.silent, key))
        case SourceFellSilent():
            key = source_key(event.fact_kind, event.source)
            return msgspec.structs.replace(before, silent={**before.silent, key: event.through})
        case SourceSpokeAgain():
            key = source_key(event.fact_kind, event.source)
            return msgspec.structs.replace(before, silent=_without(before.silent, key))
    return before


def _published(before: Control, event: RulePublished) -> Control:
    """A version takes the place of those of the same scope that would begin when it does, or later."""
    published = Published(event.version, event.parameters, event.scope, event.live_from)
    begins = event.live_from or date.min
    kept = tuple(
        one
        for one in before.further.get(event.rule_id, ())
        if one.scope != event.scope or (not event.withdrawn and (one.live_from or date.min) < begins)
    )
    rules = before.rules
    if event.scope is None and event.live_from is None:
        rules = {**rules, event.rule_id: published}
    elif not event.withdrawn:
        kept = (*kept, published)
    others = {rule_id: versions for rule_id, versions in before.further.items() if rule_id != event.rule_id}
    return msgspec.structs.replace(before, rules=rules, further={**others, event.rule_id: kept} if kept else others)


def _without(silent: dict[str, date], key: str) -> dict[str, date]:
    return {one: through for one, through in silent.items() if one != key}


def complete_through(awaited: Sequence[Awaited], kinds: Sequence[FactKind], sales_sources: Sequence[str]) -> date | None:
    """The last day through which all these facts have been delivered; None: there is nothing to wait for.

    Of sales only the customer's own sources count, of payments every source that was declared for the company.
    """
    return min(
        (one.through for one in awaited if one.kind in kinds and (one.kind != "sales" or one.source in sales_sources)),
        default=None,
    )


def terms_of(control: Control, zone: ZoneInfo) -> Terms:
    """The terms that rules are given; before going live as if that were never."""
    population, population_version = Population(), 0
    if control.population is not None:
        population, population_version = population_from(control.population.parameters), control.population.version
    parameters = {rule.id: _parameters(rule, control.rules.get(rule.id, Published(DEFAULT_VERSION))) for rule in ALL_RULES}
    versions = {
        rule.id: [Version(_parameters(rule, one), one.scope or RuleScope(), one.live_from) for one in control.further[rule.id]]
        for rule in ALL_RULES
        if rule.id in control.further
    }
    return Terms(zone, control.live_on or date.max, population, population_version, parameters, awaited(control), versions)


def _parameters(rule: Rule, published: Published) -> Parameters:
    return Parameters(published.version, {**rule.defaults, **published.parameters})


def awaited(control: Control) -> list[Awaited]:
    """The sources whose deliveries are waited for: those that deliver in batches, and those that have fallen silent."""
    found = []
    for key, source in control.sources.items():
        kind, _, name = key.partition("/")
        if not source.ended:
            found.append(Awaited(kind, name, date.min if source.through is None else source.through))
    for key, through in control.silent.items():
        kind, _, name = key.partition("/")
        found.append(Awaited(kind, name, through))
    return found
