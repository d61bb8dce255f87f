"""Problems of promises and investments, and what each refusal about them becomes."""

from __future__ import annotations

from collections.abc import Mapping

from services.cards.domain import refusals
from shared.web.catalogue import describe

DAY_IN_FUTURE = describe("DAY_IN_FUTURE", 422, "The day lies in the future", "Today is a day in the company's time zone.")
PROMISE_UNKNOWN = describe("PROMISE_UNKNOWN", 404, "There is no such promise", "No promise of this service has this id.")
PROMISE_ENDED = describe(
    "PROMISE_ENDED", 409, "The promise has ended", "It was kept, broken or waived. What is agreed anew is a promise of its own."
)
PROMISE_NOT_DUE = describe(
    "PROMISE_NOT_DUE", 409, "The promise is not due yet", "It is broken when its day has passed, not before. Waive it instead."
)
PROMISE_DAYS = describe(
    "PROMISE_DAYS", 422, "The days of the promise contradict each other", "It is made first, falls due then or later, and ends."
)
PROMISE_AMOUNT_MISSING = describe(
    "PROMISE_AMOUNT_MISSING", 422, "A promise to pay without an amount", "A promise of kind PAY says how much, in which currency."
)
PROMISE_INVOICES = describe(
    "PROMISE_INVOICES",
    422,
    "Only a promise to pay names invoices",
    "Leave the invoices out, or make the promise one of kind PAY.",
)
NOTHING_INVESTED = describe("NOTHING_INVESTED", 422, "Nothing was invested", "Give a cost, hours, or both.")

CODES: Mapping[type[refusals.CardRefused], str] = {
    refusals.DayInFuture: DAY_IN_FUTURE,
    refusals.PromiseUnknown: PROMISE_UNKNOWN,
    refusals.PromiseHasEnded: PROMISE_ENDED,
    refusals.PromiseNotDue: PROMISE_NOT_DUE,
    refusals.DueBeforeMade: PROMISE_DAYS,
    refusals.BeforeMade: PROMISE_DAYS,
    refusals.PaymentWithoutAmount: PROMISE_AMOUNT_MISSING,
    refusals.InvoicesWithoutPayment: PROMISE_INVOICES,
    refusals.NothingInvested: NOTHING_INVESTED,
}
