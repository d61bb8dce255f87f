"""What the other services say of a customer and what was put into it, as it is shown; of several cards together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from services.cards.api.promises import promise_body
from services.cards.read_models.dossier import Dossier, alerts_of, classified_of, complaints_of, graded_of, investments_of
from services.cards.read_models.dossier_parts import ZERO, Invested, OpenAlert, OpenComplaint
from services.cards.read_models.promises import PromiseRow
from shared.web.amounts import money_body


def class_body(row: Dossier) -> dict[str, Any] | None:
    """The class by value with its figures, as it was last changed; None where none was ever given."""
    found = classified_of(row)
    if found is None:
        return None
    shown: dict[str, Any] = msgspec.to_builtins(found)
    for name in ("customer_id", "run_id"):
        del shown[name]
    if found.net is not None:
        shown["net"] = money_body(found.net.amount, found.net.currency)
    return {"value_class": found.value_class, **shown, "reason": found.reason}


def grade_body(row: Dossier) -> dict[str, Any] | None:
    """The credit grade with its reasons, as it was last changed; None where none was ever given."""
    found = graded_of(row)
    if found is None:
        return None
    return {
        "grade": found.grade,
        "since": found.graded_on,
        "points": found.points,
        "reasons": found.reasons,
        "expected_change": [money_body(one.amount, one.currency) for one in found.expected_change],
        "standard_version": found.standard_version,
    }


def complaints_body(rows: Sequence[Dossier]) -> dict[str, Any]:
    """Open ones, the oldest first; how many were received, open ones among them, and withdrawn."""
    several = [complaints_of(row) for row in rows]
    listed = sorted((one for each in several for one in each.open), key=lambda one: (one.received_on, one.complaint_id))
    return {
        "open": [complaint_body(one) for one in listed],
        "received": sum(each.received for each in several),
        "withdrawn": sum(each.withdrawn for each in several),
    }


def complaint_body(one: OpenComplaint) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(one)
    if one.claimed is not None:
        shown["claimed"] = money_body(one.claimed.amount, one.claimed.currency)
    return shown


def alerts_body(rows: Sequence[Dossier]) -> dict[str, Any]:
    """Alerts that nobody has closed, the oldest first; how many there ever were."""
    several = [alerts_of(row) for row in rows]
    listed = sorted((one for each in several for one in each.open), key=_opened)
    return {"open": [alert_body(one) for one in listed], "opened": sum(each.opened for each in several)}


def _opened(alert: OpenAlert) -> tuple[Any, Any]:
    return (alert.opened_at, alert.alert_id)


def alert_body(one: OpenAlert) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(one)
    return shown


def promises_body(rows: Sequence[PromiseRow], today: date) -> dict[str, Any]:
    """Pending promises of both sides by the day on which they are due; what became of the others, by who had made them."""
    ended: dict[str, dict[str, int]] = {}
    for row in rows:
        if row.state != "PENDING":
            counts = ended.setdefault(row.made_by, {"KEPT": 0, "BROKEN": 0, "WAIVED": 0})
            counts[row.state] += 1
    return {"pending": [promise_body(row, today) for row in rows if row.state == "PENDING"], "ended": ended}


def invested_body(rows: Sequence[Dossier]) -> dict[str, Any]:
    """What was put into the customer, by kind and in all. Costs by currency, never mixed; hours of our people beside them."""
    entries = [one for row in rows for one in investments_of(row)]
    kinds = sorted({one.kind for one in entries})
    return {
        **_invested(entries),
        "kinds": [{"kind": kind, **_invested([one for one in entries if one.kind == kind])} for kind in kinds],
    }


def _invested(entries: Sequence[Invested]) -> dict[str, Any]:
    costs: dict[str, Decimal] = {}
    for one in entries:
        for currency, amount in one.costs.items():
            costs[currency] = costs.get(currency, ZERO) + amount
    found: dict[str, Any] = {
        "times": sum(one.times for one in entries),
        "hours": sum((one.hours for one in entries), ZERO),
        "costs": _by_currency(costs),
    }
    return found | ({"last_on": max(one.last_on for one in entries)} if entries else {})


def _by_currency(amounts: Mapping[str, Decimal]) -> list[dict[str, str] | None]:
    return [money_body(amount, currency) for currency, amount in sorted(amounts.items())]
