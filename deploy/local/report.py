"""What a run ends with: the warnings with their reasons, as a table and as a summary for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import asyncpg
from rich.console import Console
from rich.table import Table

from deploy.local.load import Services
from deploy.local.sample import Expected
from shared.contracts.topics import SERVICES
from shared.postgres.schema import within

_LEVELS = {"stop": 0, "act": 1, "watch": 2}
_COLOURS = {"stop": "bold red", "act": "red", "watch": "yellow"}
_BY_ITSELF = "RECOVERED"
_DONE = ("cause", "measure", "outcome")
_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning. `day` is the business day on which its condition became true; `story` what was planted, if anything. `cause`,
    `measure` and `outcome` are what people made of it, as far as they did."""

    story: str | None
    external_id: str
    kind: str
    level: str
    day: str
    rule: str
    name: str
    reasons: tuple[str, ...]
    cause: str | None = None
    measure: str | None = None
    outcome: str | None = None


async def warnings(services: Services, expected: Sequence[Expected]) -> list[Warned]:
    """All alerts but those that are over by themselves, the most serious first."""
    stories = {one.external_id: one.story for one in expected}
    found, cards = [], {}
    async for alert in services.alerts.pages("/alerts", limit="200"):
        if _BY_ITSELF in (alert["state"], alert.get("outcome")):
            continue
        customer = alert["customer"]["id"]
        if customer not in cards:
            cards[customer] = (await services.cards.get(f"/customers/{customer}")).body
        card = cards[customer]
        number = next((one["value"] for one in card.get("external_ids", ())), customer)
        found.append(
            Warned(
                story=stories.get(number),
                external_id=number,
                kind=alert["kind"],
                level=alert["level"],
                day=alert["true_on"],
                rule=alert["rule_id"],
                name=card.get("name") or number,
                reasons=tuple(reason["sentence"] for reason in alert["reasons"]),
                **{name: alert.get(name) for name in _DONE},
            )
        )
    return sorted(found, key=lambda one: (_LEVELS.get(one.level, 9), one.story is None, one.day, one.external_id, one.rule))


async def kept(services: Services) -> dict[str, int]:
    """How well the cards are kept: how many, those with all that their stage asks for, and what waits for somebody to look into it."""
    keepers = (await services.cards.get("/card-health/salespeople")).body["items"]
    waiting = {"possible_duplicates": "/duplicates", "open_verifications": "/verifications"}
    return {
        "cards": sum(one["cards"] for one in keepers),
        "complete": sum(one["complete"] for one in keepers),
        **{name: len([one async for one in services.cards.pages(path, limit="200")]) for name, path in waiting.items()},
    }


async def counts(dsn: str) -> dict[str, int]:
    """Number of events in all stores, those of cards among them (what was loaded), and of customers."""
    conn = await asyncpg.connect(dsn)
    try:
        events = 0
        for service in SERVICES:
            events += await conn.fetchval(within(service, "SELECT count(*) FROM {schema}.events"))
        loaded = await conn.fetchval("SELECT count(*) FROM cards.events")
        customers = await conn.fetchval("SELECT count(DISTINCT customer_id) FROM cards.events")
        return {"events": events, "loaded": loaded, "customers": customers}
    finally:
        await conn.close()


def endings(found: Sequence[Warned], expected: Sequence[Expected]) -> list[dict[str, Any]]:
    """How each planted story ended, beside how it was planned."""
    by_number: dict[str, set[str]] = {}
    for one in found:
        by_number.setdefault(one.external_id, set()).add(one.kind)
    return [
        {
            **asdict(one),
            "warned": sorted(by_number.get(one.external_id, set())),
            "as_planned": by_number.get(one.external_id, set()) == ({one.kind} if one.kind else set()),
        }
        for one in expected
    ]


def summary(
    feed: str,
    counted: Mapping[str, int],
    cards: Mapping[str, int],
    found: Sequence[Warned],
    expected: Sequence[Expected],
    seconds: Mapping[str, float],
) -> str:
    """The summary of a run as JSON."""
    content = {
        "feed": feed,
        **counted,
        "cards": dict(cards),
        "alerts": [
            {"story": a.story, "external_id": a.external_id, "kind": a.kind, "level": a.level, "day": a.day, "rule": a.rule}
            | {name: getattr(a, name) for name in _DONE if getattr(a, name) is not None}
            for a in found
        ],
        "stories": endings(found, expected),
        "seconds": {phase: round(took, 2) for phase, took in seconds.items()},
    }
    return json.dumps(content, indent=2) + "\n"


def show(console: Console, found: Sequence[Warned], expected: Sequence[Expected]) -> None:
    """The table of warnings, and below it what became of the planted stories that deserve none."""
    table = Table(title=f"Early warnings: {len(found)}", title_justify="left", show_lines=True)
    for column in ("level", "kind", "customer", "since", "why"):
        table.add_column(column, overflow="fold")
    for one in found[:_SHOWN]:
        who = f"{one.external_id}\n{one.name}" + (f"\n[dim]planted: {one.story}[/dim]" if one.story else "")
        table.add_row(
            f"[{_COLOURS.get(one.level, '')}]{one.level}[/]", one.kind, who, one.day, "\n".join((*one.reasons, *_done(one)))
        )
    console.print(table)
    if len(found) > _SHOWN:
        console.print(f"... and {len(found) - _SHOWN} more: GET /v1/alerts of alerts")
    for ending in endings(found, expected):
        said = ", ".join(ending["warned"]) or "no warning"
        mark = "as planned" if ending["as_planned"] else f"[bold red]planned: {ending['kind'] or 'no warning'}[/]"
        console.print(f"  story {ending['story']:<17} {ending['external_id']}: {said} ({mark})", highlight=False)


def _done(one: Warned) -> list[str]:
    """What people made of it, in one line."""
    said = [f"{name} {value}" for name in _DONE if (value := getattr(one, name)) is not None]
    return [f"[green]{', '.join(said)}[/green]"] if said else []


def say_kept(console: Console, cards: Mapping[str, int]) -> None:
    """How well the cards are kept, in one line."""
    console.print(
        f"{cards['cards']} cards, {cards['complete']} of them complete; {cards['possible_duplicates']} possible duplicates and "
        f"{cards['open_verifications']} doubtful figures to look into",
        highlight=False,
    )
