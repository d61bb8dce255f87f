"""The company's standards of marks, of portfolios and of care: published, versioned, never changed afterwards."""

from __future__ import annotations

from decimal import Decimal

from services.classification.domain.standard import LONGEST_PERIOD, StandardRefused
from services.classification.domain.versions import next_version
from shared.contracts.customer_grades import (
    MarkStandardPublished,
    PortfolioStandardPublished,
    ServiceLevel,
    ServiceLevelsPublished,
)
from shared.contracts.event import Event

MARKS_STREAM = "standard-marks"
MARKS = MarkStandardPublished(version=0)
PORTFOLIO_STREAM = "standard-portfolio"
PORTFOLIO = PortfolioStandardPublished(version=0)
LEVELS_STREAM = "standard-service-levels"
LEVELS = ServiceLevelsPublished(
    version=0,
    levels=(
        ServiceLevel(value_class="A", visit_days=14, contact_days=7, carer="SUPERIOR"),
        ServiceLevel(value_class="B", visit_days=30, contact_days=14),
        ServiceLevel(value_class="C", visit_days=90, contact_days=45, carer="OFFICE"),
    ),
)
"""Ours: no source gives days. A is held firmly, B looked after, C cared for from the office."""
LONGEST_LENGTH = 3660


class MarksOutOfRange(StandardRefused):
    """Periods have 1 to 731 days, lengths of trade at most ten years, and a main customer buys more than the average."""


class PortfolioOutOfRange(StandardRefused):
    """0 <= alike < apart <= 1, a share above nothing and at most all, a segment that brings more than its number of customers would."""


class LevelsOutOfRange(StandardRefused):
    """Every class at most once, contacts at least as often as visits, a visit at least every 731 days."""


def decide_marks(state: MarkStandardPublished, wanted: MarkStandardPublished) -> list[Event]:
    """Raises MarksOutOfRange."""
    periods = (wanted.period_days, wanted.new_days, wanted.trading_days)
    if not all(1 <= days <= LONGEST_PERIOD for days in periods):
        raise MarksOutOfRange
    if not (0 <= wanted.main_days <= LONGEST_LENGTH and 1 <= wanted.scattered_days <= wanted.period_days):
        raise MarksOutOfRange
    if not 1 < wanted.main_times <= 1000:
        raise MarksOutOfRange
    return next_version(state, wanted)


def decide_portfolio(state: PortfolioStandardPublished, wanted: PortfolioStandardPublished) -> list[Event]:
    """Raises PortfolioOutOfRange."""
    if not 0 <= wanted.alike_gini < wanted.apart_gini <= 1:
        raise PortfolioOutOfRange
    if not (0 < wanted.segment_share <= 1 and Decimal(1) < wanted.segment_times <= 1000):
        raise PortfolioOutOfRange
    return next_version(state, wanted)


def decide_levels(state: ServiceLevelsPublished, wanted: ServiceLevelsPublished) -> list[Event]:
    """Raises LevelsOutOfRange."""
    classes = [level.value_class for level in wanted.levels]
    if not classes or len(set(classes)) != len(classes):
        raise LevelsOutOfRange
    if not all(1 <= level.contact_days <= level.visit_days <= LONGEST_PERIOD for level in wanted.levels):
        raise LevelsOutOfRange
    return next_version(state, wanted)


def evolve_marks(state: MarkStandardPublished, event: Event) -> MarkStandardPublished:
    if not isinstance(event, MarkStandardPublished):
        raise AssertionError(f"unknown event {event!r}")
    return event


def evolve_portfolio(state: PortfolioStandardPublished, event: Event) -> PortfolioStandardPublished:
    if not isinstance(event, PortfolioStandardPublished):
        raise AssertionError(f"unknown event {event!r}")
    return event


def evolve_levels(state: ServiceLevelsPublished, event: Event) -> ServiceLevelsPublished:
    if not isinstance(event, ServiceLevelsPublished):
        raise AssertionError(f"unknown event {event!r}")
    return event
