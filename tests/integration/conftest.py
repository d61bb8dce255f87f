"""What holds for all tests that talk to a service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.running import LOOKING
from tests.integration.witness import watched


@pytest.fixture(scope="session", autouse=True)
def answers_are_as_documented() -> Iterator[None]:
    """Every answer that a test gets is compared with the document of its service, where REGULARS_ANSWERS asks for it."""
    LOOKING.append(watched)
    yield
    LOOKING.pop()
