"""When a population is learnt anew, and the event that says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from services.alerts.domain.control import SILENCE_POPULATION
from services.alerts.domain.population_fit import FEWEST_CUSTOMERS, Fitted
from services.alerts.domain.silence_score import parameters_of, population_from
from shared.contracts.alerts import PopulationRefitted
from shared.contracts.event import Event

EVERY = timedelta(days=7)
AT_MOST_EVERY = timedelta(days=1)
"""Every customer is judged anew by a new population, so that an import of many years does not cause one after the other."""
NEW_GAPS_PERCENT = 5
POPULATIONS = UUID("8f4c7b7e-6b1f-5d0a-9a55-2f2d1a0c3e71")
"""Namespace of the ids of refits. It never changes."""


def population_stream(name: str) -> str:
    return f"population-{name}"


def refit_id(name: str, version: int) -> UUID:
    """The same version of a population is the same event, whoever appends it."""
    return uuid5(POPULATIONS, f"{name}/{version}")


def latest(before: Sequence[Event]) -> PopulationRefitted | None:
    """The refit in force after these events of a population's stream."""
    refits = [event for event in before if isinstance(event, PopulationRefitted)]
    return refits[-1] if refits else None


def due(last: PopulationRefitted | None, customers: int, gaps: int, at: datetime) -> bool:
    """Whether to learn at a moment, with so many customers who have bought and so many gaps between their purchase days.

    First with 200 customers; then once a week, or a day after 5 % more gaps. Where nobody has bought since, there is
    nothing to learn: the source has gone quiet, not the customers.
    """
    if customers < FEWEST_CUSTOMERS:
        return False
    if last is None or last.fitted_instant is None or last.gaps is None:
        return True
    if gaps <= last.gaps:
        return False
    grown = (gaps - last.gaps) * 100 >= NEW_GAPS_PERCENT * last.gaps
    return at - last.fitted_instant >= (AT_MOST_EVERY if grown else EVERY)


def refitted(last: PopulationRefitted | None, learnt: Fitted, gaps: int, at: datetime, through: date) -> PopulationRefitted:
    """The next version. Raises ValueError where what was learnt is no population that a score can be made of."""
    parameters = parameters_of(learnt.population)
    population_from(parameters)
    return PopulationRefitted(
        name=SILENCE_POPULATION,
        version=1 if last is None else last.version + 1,
        parameters=parameters,
        customers=learnt.histories,
        fitted_instant=at,
        gaps=gaps,
        learnt_through=through,
    )
