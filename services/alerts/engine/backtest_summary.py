"""A back-test in numbers: how many warnings, how many days before the loss, how many for nothing, beside the present rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from statistics import median
from typing import Any

import msgspec

from services.alerts.domain.signs import LEVELS
from services.alerts.engine.past import Rerun
from services.alerts.engine.warned import Piece, Suffered, Warned
from shared.contracts.alerts import RulePublished

PRESENT, DRAFT = "present", "draft"


def summary_of(what: Rerun, pieces: Sequence[Piece]) -> dict[str, Any]:
    """What stands in the answer. Warnings whose condition held before the first day (`standing`) are counted apart: when they
    would have been raised is not known."""
    warned = [one for piece in pieces for one in piece.warned]
    losses = [one for piece in pieces for one in piece.suffered]
    return {
        "from": what.first.isoformat(),
        "until": what.last.isoformat(),
        "known": what.known,
        "known_until": what.known_until.isoformat(),
        "customers": sum(piece.customers for piece in pieces),
        "events": sum(piece.events for piece in pieces),
        "parked": sum(piece.parked for piece in pieces),
        "learnt_from": None if what.population is None else what.population.customers,
        "losses": len(losses),
        "variants": {
            name: variant_shown(name, published) | _counted([one for one in warned if one.variant == name], name, losses)
            for name, published in what.variants.items()
        },
        "compared": _compared(warned) if {PRESENT, DRAFT} <= what.variants.keys() else None,
        "months": _months(what, warned, losses),
    }


def variant_shown(name: str, published: Sequence[RulePublished]) -> dict[str, Any]:
    """The version that a variant is about: of the present ones that for everybody, of a draft the draft."""
    one = published[-1] if name == DRAFT else published[0]
    shown: dict[str, Any] = {"rule_version": one.version, "parameters": dict(sorted(one.parameters.items()))}
    return shown if one.scope is None else shown | {"scope": msgspec.to_builtins(one.scope)}


def fresh(warned: Sequence[Warned]) -> list[Warned]:
    return [one for one in warned if not one.standing]


def days_before(one: Warned) -> int | None:
    """Days from the warning to the loss that it foretold."""
    return None if one.verdict != "TRUE" or one.loss_on is None else (one.loss_on - one.opened_on).days


def _counted(warned: Sequence[Warned], name: str, losses: Sequence[Suffered]) -> dict[str, Any]:
    new = fresh(warned)
    verdicts = Counter(one.verdict for one in new)
    ahead = [days for one in new if (days := days_before(one)) is not None]
    right, wrong = verdicts["TRUE"], verdicts["FALSE"]
    foretold = sum(name in one.foretold for one in losses)
    levels = Counter(one.level for one in new)
    return {
        "alerts": len(new),
        "standing": len(warned) - len(new),
        "customers": len({one.customer_id for one in new}),
        "by_level": {level: levels[level] for level in LEVELS if level in levels},
        "true": right,
        "false": wrong,
        "too_late": verdicts["TOO_LATE"],
        "undecided": verdicts["UNDECIDED"] + verdicts[None],
        "precision": _share(right, right + wrong),
        "losses_foretold": foretold,
        "losses_missed": len(losses) - foretold,
        "recall": _share(foretold, len(losses)),
        "median_days_before_loss": median(ahead) if ahead else None,
    }


def _share(part: int, whole: int) -> str | None:
    return None if whole == 0 else f"{part / whole:.3f}"


def _compared(warned: Sequence[Warned]) -> Mapping[str, int]:
    """By alert: its id says what it is about, whichever version raised it."""
    present = {one.alert_id: one for one in warned if one.variant == PRESENT}
    draft = {one.alert_id: one for one in warned if one.variant == DRAFT}
    both = present.keys() & draft.keys()
    return {
        "both": len(both),
        "only_present": len(present) - len(both),
        "only_draft": len(draft) - len(both),
        "draft_earlier": sum(draft[one].opened_on < present[one].opened_on for one in both),
        "draft_later": sum(draft[one].opened_on > present[one].opened_on for one in both),
    }


def _months(what: Rerun, warned: Sequence[Warned], losses: Sequence[Suffered]) -> list[dict[str, Any]]:
    """Of every month of the window: losses, and by variant the warnings raised, those right and those for nothing."""
    found = []
    number, last = _number(what.first), _number(what.last)
    lost = Counter(_number(one.on) for one in losses)
    counts = Counter((one.variant, _number(one.opened_on), verdict) for one in fresh(warned) for verdict in ("all", one.verdict))
    while number <= last:
        variants = {
            name: {
                "alerts": counts[name, number, "all"],
                "true": counts[name, number, "TRUE"],
                "false": counts[name, number, "FALSE"],
            }
            for name in what.variants
        }
        found.append({"month": f"{number // 12}-{number % 12 + 1:02}", "losses": lost[number]} | variants)
        number += 1
    return found


def _number(day: date) -> int:
    return day.year * 12 + day.month - 1
