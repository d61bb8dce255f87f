"""One call: what is signed, when it is made again; and which alerts a subscription is told of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from standardwebhooks.webhooks import Webhook as PublicWebhook
from standardwebhooks.webhooks import WebhookVerificationError

from services.alerts.domain.webhook import Wanted
from services.alerts.domain.webhook_call import JITTER, SCHEDULE, Next, Reply, body_of, headers_of, new_secret, next_of

NOW = datetime.now(UTC)
DAYS = timedelta(seconds=sum(SCHEDULE))
BODY = body_of("regulars.alerts.alert-opened.v1", NOW, {"name": "李"})


def test_a_call_is_accepted_with_either_secret_while_both_are_live() -> None:
    old, new, other = (new_secret(bytes([n]) * 32) for n in range(3))
    # The library takes a moment of the last minutes only.
    headers = headers_of(uuid4(), BODY, [new, old], datetime.now(UTC))
    for secret in (old, new):
        assert PublicWebhook(secret).verify(BODY.encode(), headers)["data"] == {"name": "李"}
    with pytest.raises(WebhookVerificationError):
        PublicWebhook(other).verify(BODY.encode(), headers)


def test_a_changed_body_id_or_moment_is_not_accepted() -> None:
    secret = new_secret(bytes(32))
    headers = headers_of(uuid4(), BODY, [secret], datetime.now(UTC))
    assert PublicWebhook(secret).verify(BODY.encode(), headers)
    changed = [
        (BODY.replace("opened", "closed"), headers),
        (BODY, headers | {"webhook-id": str(uuid4())}),
        (BODY, headers | {"webhook-timestamp": str(int(headers["webhook-timestamp"]) - 1)}),
    ]
    for body, its in changed:
        with pytest.raises(WebhookVerificationError):
            PublicWebhook(secret).verify(body, its)


def test_a_secret_is_long_enough() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        new_secret(bytes(31))


@pytest.mark.parametrize("status", [200, 204, 299])
def test_a_success_ends_the_call(status: int) -> None:
    assert next_of(Reply(status), 1, timedelta(0), SCHEDULE, "seed") == Next("DELIVERED")


@pytest.mark.parametrize("reply", [Reply(199), Reply(300), Reply(302), Reply(400), Reply(500), Reply(None, "TIMEOUT")])
def test_anything_else_is_tried_again_by_the_schedule_and_then_given_up(reply: Reply) -> None:
    for attempt, seconds in enumerate(SCHEDULE, 1):
        following = next_of(reply, attempt, DAYS, SCHEDULE, "seed")
        assert following.state == "WAITING" and following.wait is not None
        assert seconds <= following.wait.total_seconds() <= seconds * (1 + JITTER)
    last = len(SCHEDULE) + 1
    assert next_of(reply, last, DAYS, SCHEDULE, "seed") == Next("DEAD")
    # Where somebody asked for attempts ahead of the schedule, it goes on as long as it would have.
    early = next_of(reply, last, DAYS - timedelta(seconds=1), SCHEDULE, "seed")
    assert early.state == "WAITING" and early.wait is not None and early.wait >= timedelta(days=1)


def test_retries_go_on_for_days() -> None:
    assert timedelta(days=3) < timedelta(seconds=sum(SCHEDULE)) < timedelta(days=5)


def test_the_jitter_is_of_the_call_and_can_be_told_again() -> None:
    waits = [next_of(Reply(500), 3, timedelta(0), SCHEDULE, f"call {n}").wait for n in range(50)]
    assert len(set(waits)) == 50
    assert waits == [next_of(Reply(500), 3, timedelta(0), SCHEDULE, f"call {n}").wait for n in range(50)]


@pytest.mark.parametrize(("status", "obeyed"), [(429, True), (503, True), (500, False), (302, False)])
def test_a_receiver_that_is_busy_says_for_how_long(status: int, obeyed: bool) -> None:
    wait = next_of(Reply(status, None, 600.0), 1, timedelta(0), SCHEDULE, "seed").wait
    assert wait is not None
    assert (wait == timedelta(seconds=600)) is obeyed
    longest = next_of(Reply(503, None, 1e9), 1, timedelta(0), SCHEDULE, "seed").wait
    assert longest == timedelta(days=1)


def test_a_receiver_that_is_gone_is_told_apart() -> None:
    for attempt in (1, len(SCHEDULE) + 1):
        following = next_of(Reply(410), attempt, DAYS, SCHEDULE, "seed")
        assert following.state == "GONE" and following.wait is not None


def test_empty_filters_want_everything_and_each_one_narrows() -> None:
    assert Wanted().includes("credit", None, None)
    wanted = Wanted(("credit",), ("act", "stop"), ("overdue_debt",))
    assert wanted.includes("credit", "stop", "overdue_debt")
    assert not wanted.includes("silence", "stop", "overdue_debt")
    assert not wanted.includes("credit", "watch", "overdue_debt")
    assert not wanted.includes("credit", "stop", "credit_limit_nearly_used")
    assert not wanted.includes("credit", "stop", None)
