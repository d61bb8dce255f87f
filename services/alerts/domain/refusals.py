"""What persons may not do, in the language of the business."""

from __future__ import annotations

from collections.abc import Iterable


class AlertRefused(Exception):
    """Base of the refusals; nothing happened."""


class AlertUnknown(AlertRefused):
    """There is no such alert."""


class AlertExists(AlertRefused):
    """The abnormality was reported before under this id."""


class AlertIsClosed(AlertRefused):
    """A closed alert takes notes only. If the condition comes back, the data reopen it."""


class NextCheckNotAhead(AlertRefused):
    """Whoever acknowledges says on which later day there will be another look."""


class CauseMissing(AlertRefused):
    """An alert ends with a cause and an outcome."""


class CameTrueAhead(AlertRefused):
    """What was warned of has happened today or earlier, or not yet."""


class ReportedInFuture(AlertRefused):
    """Nobody notices something tomorrow."""


class AlreadyLive(AlertRefused):
    """An installation goes live once."""


class LiveOnAhead(AlertRefused):
    """Going live takes effect at once; its day is not in the future."""


class RuleUnknown(AlertRefused):
    """No rule has this id."""


class WebhookUnknown(AlertRefused):
    """There is no such subscription, or it has ended."""


class ParametersRefused(AlertRefused):
    """A parameter that the rule does not have, or a value that it cannot have. `why` names it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class LiveFromPast(AlertRefused):
    """A version begins today or later: what was said before was said by another one."""


class ScopeUnknown(AlertRefused):
    """No version was published for just these customers."""


class MeasureUnknown(AlertRefused):
    """The alert has no such measure."""


class MeasureWasTaken(AlertRefused):
    """A measure is taken once."""


class TakenInFuture(AlertRefused):
    """Nobody has done something tomorrow."""


class DueBeforeToday(AlertRefused):
    """What is decided today is due today or later."""


class SideNotAsked(AlertRefused):
    """The alert was routed, and not to this side. `why` names those that were asked."""

    def __init__(self, asked: Iterable[str]) -> None:
        self.why = f"asked were {', '.join(sorted(asked))}"
        super().__init__(self.why)


class MuteUnknown(AlertRefused):
    """There is no such mute."""


class MuteIsOver(AlertRefused):
    """It was ended, or its last day has passed."""


class MuteUntilBefore(AlertRefused):
    """A mute holds through today at least."""


class MuteMatchesAll(AlertRefused):
    """A mute names what it holds."""


class ProcedureRefused(AlertRefused):
    """A procedure that cannot be followed. `why` says what is wrong."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class CalendarRefused(ProcedureRefused):
    """A calendar that cannot be followed."""
