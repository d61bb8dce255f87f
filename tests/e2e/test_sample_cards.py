"""What the sample shows of the card, beside its stories: read from a running installation, as a newcomer would."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.installations import DEALERS, Installation

Body = dict[str, Any]


class Reader:
    """Calls to one service with the key of the installation. `calls` counts them."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.calls = 0

    def get(self, path: str, **params: str) -> Body:
        self.calls += 1
        answer = self.client.get(f"/v1{path}", params=params)
        assert answer.status_code == 200, answer.text
        found: Body = answer.json()
        return found

    def all_of(self, path: str, **params: str) -> list[Body]:
        page = self.get(path, limit="100", **params)
        found = list(page["items"])
        while "next_cursor" in page:
            page = self.get(path, limit="100", cursor=page["next_cursor"], **params)
            found += page["items"]
        return found


@pytest.fixture
def cards(on_kafka: Installation) -> Iterator[Reader]:
    key = on_kafka.endpoints["keys"]["everything"]
    with httpx.Client(
        base_url=on_kafka.endpoints["services"]["cards"]["url"], headers={"authorization": f"Bearer {key}"}, timeout=30
    ) as client:
        yield Reader(client)


def of_sample(everybody: list[Body]) -> list[Body]:
    """Without those whom other tests register in the same installation: they serve nobody's area and stand under no dealer."""
    return [one for one in everybody if "area_id" in one or "dealer_id" in one]


def number_of(on: Installation, story: str) -> str:
    return next(one["external_id"] for one in on.summary["stories"] if one["story"] == story)


@pytest.mark.requirement("S0.3", "S4.1", "S1.3", "S1.4")
def test_everybody_is_on_file_and_nobody_twice(on_kafka: Installation, cards: Reader) -> None:
    everybody = of_sample(cards.all_of("/customers"))
    merged = cards.all_of("/customers", merged="true")
    stages = Counter((one["stage"], "dealer_id" in one) for one in everybody)
    assert stages[("TRADING", False)] == DEALERS
    assert stages[("PROSPECT", False)] >= 1
    assert stages[("ABOUT_TO_TRADE", False)] == 1
    assert stages[("PROSPECT", True)] >= 3
    assert len(everybody) + len(merged) == on_kafka.summary["customers"]
    dealer = next(one["dealer_id"] for one in everybody if one.get("dealer_id") not in (None, *_below(everybody)))
    assert {one["depth"] for one in cards.all_of(f"/customers/{dealer}/sub-distributors")} == {1, 2}
    assert cards.get(f"/customers/{dealer}/sub-sales")["totals"][0]["sales"] > 1


def _below(everybody: list[Body]) -> set[str]:
    return {one["customer_id"] for one in everybody if "dealer_id" in one}


@pytest.mark.requirement("S3.43", "S4.17")
def test_some_cards_are_full_some_are_not_and_some_figures_are_doubtful(on_kafka: Installation, cards: Reader) -> None:
    said = on_kafka.summary["cards"]
    assert said["cards"] > said["complete"] > DEALERS / 2
    tasks = cards.all_of("/verifications")
    assert {(one["field"], one["known_from"]) for one in tasks} == {("business.annual_purchases", "LEDGER")}
    assert len(tasks) == said["open_verifications"] == 1
    waiting = cards.get(f"/customers/{tasks[0]['customer_id']}")
    assert [one["task_id"] for one in waiting["open_verifications"]] == [tasks[0]["task_id"]]
    assert "annual_purchases" not in waiting["parts"]["business"]
    ours = {one["customer_id"] for one in of_sample(cards.all_of("/customers"))}
    pairs = [pair for pair in cards.all_of("/duplicates") if {one["customer_id"] for one in pair["customers"]} <= ours]
    assert [pair["reasons"] for pair in pairs] == [["name"]]
    assert len(pairs) == said["possible_duplicates"]


@pytest.mark.requirement("S2.14", "S3.45", "S0.5", "S3.26")
def test_who_is_in_charge_what_is_promised_and_what_is_hoped_for(on_kafka: Installation, cards: Reader) -> None:
    dealer = cards.get("/customers", external_id=f"erp:{number_of(on_kafka, 'withholding')}")["items"][0]
    charge = cards.get(f"/customers/{dealer['customer_id']}/responsible")
    sellers = cards.get("/salespeople", area_id=dealer["area_id"])["items"]
    assert charge["salesperson_id"] in {one["salesperson_id"] for one in sellers}
    assert charge["superior_id"]
    assert charge["custodian_id"]
    assert {one["made_by"] for one in cards.all_of("/promises")} == {"CUSTOMER", "COMPANY"}
    assert cards.all_of("/payment-plan")
    assert cards.all_of("/intents")


def test_debts_disputes_and_history_of_a_customer_in_four_calls(on_kafka: Installation, cards: Reader) -> None:
    number = number_of(on_kafka, "withholding")
    customer = cards.get("/customers", external_id=f"erp:{number}")["items"][0]["customer_id"]
    dossier = cards.get(f"/customers/{customer}/dossier")
    debts = dossier["statistics"]["receivables"][0]
    assert debts["overdue"] == debts["disputed_overdue"] != "0.00"
    complaint = dossier["complaints"]["open"][0]
    assert complaint["claimed"]["amount"] == debts["overdue"]
    assert debts["items"][0]["number"] == complaint["invoices"][0]["number"]
    entries = cards.get(f"/customers/{customer}/transactions")["items"]
    assert {"sale", "invoice", "payment"} <= {one["type"] for one in entries}
    changes = cards.get(f"/customers/{customer}/changes")["items"]
    assert "basics.name" in {one["field"] for one in changes}
    assert cards.calls == 4
