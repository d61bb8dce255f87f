"""Whom a version of a rule concerns, and from when: each customer is judged by the version that fits it most closely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from services.alerts.domain.signs import Parameters, Terms, Version
from services.alerts.domain.watched_customer import WatchedCustomer
from shared.contracts.alerts import RuleScope

EVERYBODY = RuleScope()


def fits(scope: RuleScope, customer: WatchedCustomer) -> bool:
    """Whether the customer is in every list that the scope gives."""
    named = (
        (scope.value_classes, "value_class"),
        (scope.area_ids, "area"),
        (scope.kinds, "kind"),
        (scope.shop_kinds, "shop_kind"),
    )
    for wanted, name in named:
        if wanted:
            known = customer.belongs.get(name)
            if known is None or known.value not in wanted:
                return False
    return True


def terms_for(terms: Terms, customer: WatchedCustomer, today: date) -> Terms:
    """The terms for one customer on a day: of each rule the version that names most of its marks, then the newest."""
    if not terms.versions:
        return terms
    parameters = dict(terms.parameters)
    for rule_id, versions in terms.versions.items():
        there = [one for one in versions if in_force(one, today) and fits(one.scope, customer)]
        if there:
            closest = max(there, key=lambda one: (_named(one.scope), one.parameters.version))
            if _named(closest.scope) or closest.parameters.version > parameters[rule_id].version:
                parameters[rule_id] = closest.parameters
    return replace(terms, parameters=parameters)


def in_force(version: Version, today: date) -> bool:
    return version.live_from is None or version.live_from <= today


def next_start(terms: Terms, today: date) -> date | None:
    """The next day on which a version comes into force."""
    if not terms.versions:
        return None
    ahead = [one.live_from for several in terms.versions.values() for one in several if one.live_from is not None]
    return min((day for day in ahead if day > today), default=None)


def base_of(versions: Sequence[Version], present: Parameters, today: date) -> Parameters:
    """The version for everybody on a day."""
    there = [one.parameters for one in versions if one.scope == EVERYBODY and in_force(one, today)]
    return max([present, *there], key=lambda one: one.version)


def _named(scope: RuleScope) -> int:
    return sum(bool(one) for one in (scope.value_classes, scope.area_ids, scope.kinds, scope.shop_kinds))
