"""The API's document: every request has an example that is accepted, every answer one that is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from services.cards.api import examples, part_examples
from services.cards.api.card_bodies import AssignedMarksBody, RevisedBasicsBody, read_customer
from services.cards.api.examples import CUSTOMER, FACT_EXAMPLES
from services.cards.api.fact_bodies import read_fact
from services.cards.api.part_bodies import (
    ActionBody,
    NamedDecisionMaker,
    RecordedNeed,
    StatedBusinessStatus,
    StatedCharacteristics,
    StatedTradeStatus,
    VerificationBody,
)
from services.cards.domain.card import RegisterCustomer
from services.cards.domain.ledger import Delivered
from services.cards.settings import Settings
from services.cards.wiring import build_api
from shared.privacy.secrets import make_secrets
from shared.web.fields import Body
from tests.unit.cards.telling import CUSTOMER as NOBODY


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("secrets")
    make_secrets(folder)
    (folder / "keys.json").write_text('{"keys": []}')
    app = build_api(Settings(dsn="postgresql://nowhere", secrets=folder, keys_file=folder / "keys.json"))
    found: dict[str, Any] = app.openapi()
    return found


def test_every_request_and_every_answer_has_an_example(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            for content in operation.get("requestBody", {}).get("content", {}).values():
                assert "example" in content or "examples" in content, where
            for status, response in operation["responses"].items():
                shared = response.get("$ref", "").rpartition("/")[2]
                answer = document["components"]["responses"][shared] if shared else response
                assert status == "304" or answer["content"], f"{where} {status}"
                for content in answer.get("content", {}).values():
                    assert "example" in content or "examples" in content, f"{where} {status}"


@pytest.mark.parametrize("kind", FACT_EXAMPLES)
def test_examples_of_facts_are_accepted(kind: str) -> None:
    example: Any = FACT_EXAMPLES[kind]["example"]
    assert isinstance(read_fact({"type": kind, **example["value"]}), Delivered)


def test_the_example_of_a_card_is_accepted() -> None:
    example: Any = CUSTOMER["example"]
    assert isinstance(read_customer(example["value"], NOBODY, None), RegisterCustomer)


@pytest.mark.parametrize(
    "body, example",
    [
        (StatedCharacteristics, part_examples.CHARACTERISTICS),
        (StatedBusinessStatus, part_examples.BUSINESS_STATUS),
        (StatedTradeStatus, part_examples.TRADE_STATUS),
        (NamedDecisionMaker, part_examples.DECISION_MAKER),
        (RecordedNeed, part_examples.NEED),
        (ActionBody, part_examples.ACTION),
        (VerificationBody, part_examples.VERIFICATION),
        (RevisedBasicsBody, examples.BASICS),
        (AssignedMarksBody, examples.MARKS),
    ],
)
def test_examples_of_statements_are_accepted(body: type[Body], example: dict[str, Any]) -> None:
    assert body.model_validate(example["example"]["value"])
