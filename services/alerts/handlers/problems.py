"""The service's own problems, and what each refusal of the domain becomes."""

from __future__ import annotations

from services.alerts.domain import refusals
from shared.web.catalogue import describe
from shared.web.problem import Problem

ALERT_UNKNOWN = describe("ALERT_UNKNOWN", 404, "There is no such alert", "No alert has this id.")
ALERT_EXISTS = describe("ALERT_EXISTS", 409, "The abnormality was reported before", "An alert with this id exists already.")
ALERT_CLOSED = describe(
    "ALERT_CLOSED",
    409,
    "The alert is closed",
    "A closed alert takes notes only. If its condition comes back, it is opened again.",
)
NEXT_CHECK_NOT_AHEAD = describe(
    "NEXT_CHECK_NOT_AHEAD",
    422,
    "The next check is not ahead",
    "Whoever acknowledges an alert says on which later day of the company's calendar there will be another look.",
)
CAUSE_MISSING = describe(
    "CAUSE_MISSING",
    409,
    "The cause is missing",
    "An alert ends with a cause and an outcome. Name the cause here, or record it before.",
)
CAME_TRUE_AHEAD = describe(
    "CAME_TRUE_AHEAD",
    422,
    "The day lies in the future",
    "What was warned of came true today or earlier; leave the day out where it has not.",
)
REPORTED_IN_FUTURE = describe(
    "REPORTED_IN_FUTURE",
    422,
    "The day lies in the future",
    "An abnormality is reported on the day on which it was noticed, or later.",
)
ALREADY_LIVE = describe("ALREADY_LIVE", 409, "The installation is live already", "An installation goes live once.")
LIVE_ON_AHEAD = describe(
    "LIVE_ON_AHEAD", 422, "The day of going live lies ahead", "Going live takes effect at once; its day is today or earlier."
)
RULE_UNKNOWN = describe("RULE_UNKNOWN", 404, "There is no such rule", "GET /v1/rules names all rules.")
POPULATION_UNKNOWN = describe("POPULATION_UNKNOWN", 404, "There is no such population", "GET /v1/populations names all.")
RULE_PARAMETERS = describe(
    "RULE_PARAMETERS",
    422,
    "The parameters do not fit the rule",
    "A rule has the parameters that GET /v1/rules shows; levels rise from watch to act to stop, probabilities lie between 0 and 1.",
)
LIVE_FROM_PAST = describe(
    "LIVE_FROM_PAST", 422, "The version would begin in the past", "A version of a rule begins today or on a later business day."
)
RULE_SCOPE_UNKNOWN = describe(
    "RULE_SCOPE_UNKNOWN",
    409,
    "There is no version for these customers",
    "GET /v1/rules/{rule_id} shows the scopes that have one.",
)
BACKTEST_UNKNOWN = describe("BACKTEST_UNKNOWN", 404, "There is no such back-test", "No back-test has this id.")
BACKTEST_NOT_DONE = describe(
    "BACKTEST_NOT_DONE",
    409,
    "The back-test has nothing to show",
    "It is not at its end yet, it failed, or it is older than the last ten, whose tables are kept.",
)
BACKTEST_WINDOW = describe(
    "BACKTEST_WINDOW",
    422,
    "These days are no window of the past",
    "A back-test ends today or earlier, begins on its last day or earlier, and covers ten years at most.",
)
WEBHOOK_UNKNOWN = describe(
    "WEBHOOK_UNKNOWN", 404, "There is no such subscription", "No subscription has this id, or it has ended."
)
WEBHOOK_URL_REFUSED = describe(
    "WEBHOOK_URL_REFUSED",
    422,
    "The address may not be called",
    "Calls go to public addresses over https, without user, password or fragment. The operator may allow networks of the company's own.",
)
DELIVERY_UNKNOWN = describe(
    "DELIVERY_UNKNOWN", 404, "There is no such call", "No call of this subscription has this id, or it is forgotten."
)
MEASURE_UNKNOWN = describe(
    "MEASURE_UNKNOWN", 404, "There is no such measure", "The alert shows its measures with their ids: GET /v1/alerts/{alert_id}."
)
MEASURE_TAKEN = describe("MEASURE_TAKEN", 409, "The measure was taken before", "A measure is taken once.")
TAKEN_IN_FUTURE = describe(
    "TAKEN_IN_FUTURE", 422, "The day lies in the future", "A measure is reported when it has been taken, on that day or later."
)
DUE_BEFORE_TODAY = describe(
    "DUE_BEFORE_TODAY", 422, "The due day has passed", "A measure that is decided today is due today or later."
)
SIDE_NOT_ASKED = describe(
    "SIDE_NOT_ASKED",
    409,
    "This side was not asked",
    "GET /v1/alerts/{alert_id} names the sides that the alert was routed to; GET /v1/procedure says which alerts go where.",
)
MUTE_UNKNOWN = describe("MUTE_UNKNOWN", 404, "There is no such mute", "GET /v1/mutes lists all mutes.")
MUTE_OVER = describe("MUTE_OVER", 409, "The mute is over", "It was ended before, or its last day has passed.")
MUTE_UNTIL_BEFORE = describe("MUTE_UNTIL_BEFORE", 422, "The last day has passed", "A mute holds through today at least.")
MUTE_MATCHES_ALL = describe(
    "MUTE_MATCHES_ALL",
    422,
    "The mute names nothing",
    "A mute names what it holds: rules, kinds, levels, customers, areas or salespeople.",
)
PROCEDURE_REFUSED = describe(
    "PROCEDURE_REFUSED", 422, "This cannot be followed", "GET /v1/procedure and GET /v1/calendars show what is in force."
)
AREA_UNKNOWN = describe(
    "AREA_UNKNOWN", 404, "There is no such area", "No area has this id, or the larger area named has not been defined."
)

_CODES: dict[type[refusals.AlertRefused], str] = {
    refusals.AlertUnknown: ALERT_UNKNOWN,
    refusals.AlertExists: ALERT_EXISTS,
    refusals.AlertIsClosed: ALERT_CLOSED,
    refusals.NextCheckNotAhead: NEXT_CHECK_NOT_AHEAD,
    refusals.CauseMissing: CAUSE_MISSING,
    refusals.CameTrueAhead: CAME_TRUE_AHEAD,
    refusals.ReportedInFuture: REPORTED_IN_FUTURE,
    refusals.AlreadyLive: ALREADY_LIVE,
    refusals.LiveOnAhead: LIVE_ON_AHEAD,
    refusals.RuleUnknown: RULE_UNKNOWN,
    refusals.ParametersRefused: RULE_PARAMETERS,
    refusals.WebhookUnknown: WEBHOOK_UNKNOWN,
    refusals.LiveFromPast: LIVE_FROM_PAST,
    refusals.ScopeUnknown: RULE_SCOPE_UNKNOWN,
    refusals.MeasureUnknown: MEASURE_UNKNOWN,
    refusals.MeasureWasTaken: MEASURE_TAKEN,
    refusals.TakenInFuture: TAKEN_IN_FUTURE,
    refusals.DueBeforeToday: DUE_BEFORE_TODAY,
    refusals.SideNotAsked: SIDE_NOT_ASKED,
    refusals.MuteUnknown: MUTE_UNKNOWN,
    refusals.MuteIsOver: MUTE_OVER,
    refusals.MuteUntilBefore: MUTE_UNTIL_BEFORE,
    refusals.MuteMatchesAll: MUTE_MATCHES_ALL,
    refusals.ProcedureRefused: PROCEDURE_REFUSED,
    refusals.CalendarRefused: PROCEDURE_REFUSED,
}


def refused(refusal: refusals.AlertRefused) -> Problem:
    """The problem behind a refusal."""
    detail = (
        refusal.why
        if isinstance(refusal, refusals.ParametersRefused | refusals.ProcedureRefused | refusals.SideNotAsked)
        else None
    )
    return Problem(_CODES[type(refusal)], detail=detail)
