import pytest

from shared.testing.eventually import eventually


async def test_the_first_truthy_answer_is_returned():
    answers = iter([0, None, "", 7, 8])

    async def probe():
        return next(answers)

    assert await eventually(probe, interval=0) == 7


async def test_the_deadline_names_the_last_answer():
    async def probe():
        return []

    with pytest.raises(TimeoutError, match=r"last answer \[\]"):
        await eventually(probe, timeout=0.02, interval=0)


async def test_a_failed_assertion_means_not_yet():
    answers = iter([False, True])

    async def probe():
        assert next(answers)
        return True

    assert await eventually(probe, interval=0)


async def test_another_error_is_not_waited_for():
    async def probe():
        raise LookupError

    with pytest.raises(LookupError):
        await eventually(probe)
