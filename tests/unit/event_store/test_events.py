"""What is checked before anything is sent to the database."""

from dataclasses import replace
from uuid import UUID

import pytest

from shared.contracts.topics import CONTROL_TYPES
from shared.event_store.append import Unstorable, append_facts, append_many
from shared.event_store.events import COVERING_TYPES, Append, Guard, NewEvent
from shared.testing.stored_events import NOON, command, event_of, payment, releases

CUSTOMER = UUID(int=1)


def too_large():
    return NewEvent(CUSTOMER, event_of(payment(CUSTOMER, "x" * 65_536)), NOON)


class Recorder:
    """A connection that keeps what is sent."""

    sent = None

    async def fetchval(self, sql, *arguments):
        self.sent = arguments

    async def fetchrow(self, sql, *arguments):
        self.sent = arguments
        return {"verdicts": ["rejected"], "xid": None}


@pytest.mark.parametrize(
    ("appends", "how"),
    [
        ([Append("card-1", "any", None, 0, [too_large()])], {}),
        ([releases(CUSTOMER)], {"guards": [Guard("erp", "K\x00", CUSTOMER)]}),
        ([releases(CUSTOMER)], {"command": command("key\x00")}),
    ],
)
async def test_what_cannot_be_stored_is_not_sent(appends, how):
    connection = Recorder()
    with pytest.raises(Unstorable):
        await append_many(connection, "cards", appends, **how)
    assert connection.sent is None


async def test_a_naive_time_is_not_sent():
    (whole,) = releases(CUSTOMER).events
    naive = replace(whole, occurred_at=NOON.replace(tzinfo=None))
    with pytest.raises(ValueError, match="naive"):
        await append_many(Recorder(), "cards", [Append("card-1", "any", None, 0, [naive])])


@pytest.mark.parametrize(
    ("number", "fit"),
    [("1", True), ("a\x00", False), (r"\u0000", True), ("\\", True), ("\\\x00", False), ("x" * 65_536, False), ("得意先", True)],
)
async def test_an_unfit_fact_is_sent_without_its_body(number, fit):
    connection = Recorder()
    await append_facts(connection, "cards", [payment(CUSTOMER, number)])
    _, _, _, numbers, _, bodies, _ = connection.sent
    assert bodies == ([] if fit else [None])
    assert all("\x00" not in text for text in numbers)


def test_events_about_completeness_are_control_events():
    assert COVERING_TYPES < CONTROL_TYPES
