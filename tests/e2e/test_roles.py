"""One call for each role, exactly as the README writes it, on a running installation."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import httpx
import pytest

from shared.auth.roles import ROLES
from tests.e2e.installations import ROOT, Installation

_SECTION = re.compile(r"^## One call for each role\n(.*?)^## ", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks() -> list[str]:
    section = _SECTION.search((ROOT / "README.md").read_text())
    assert section is not None
    return _BLOCK.findall(section[1])


def answered(on: Installation, command: str) -> dict[str, Any]:
    """The answer to one of the calls, typed into a shell."""
    addresses = {name.upper(): one["url"] for name, one in on.endpoints["services"].items()}
    define = blocks()[0].replace(".regulars/", f"{on.folder}/")
    script = f"{define}\n{command}"
    done = subprocess.run(
        ["bash", "-euc", script], env={"PATH": "/usr/local/bin:/usr/bin:/bin", **addresses}, capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert "code" not in found, found
    return found


CALLS = {block.split()[1]: block for block in blocks()[1:]}


def test_the_readme_has_one_call_for_each_role() -> None:
    assert sorted(CALLS) == sorted(ROLES)


@pytest.mark.parametrize("role", sorted(ROLES))
def test_the_call_of_a_role_is_answered(on_kafka: Installation, role: str) -> None:
    if role == "integrator":
        register(on_kafka, "K-2")
    answered(on_kafka, CALLS[role])


def test_the_salesperson_of_the_sample_sees_own_customers_and_nobody_elses(on_kafka: Installation) -> None:
    own = answered(on_kafka, CALLS["salesperson"])["items"]
    assert own and {one["salesperson_id"] for one in own} == {"S-02"}
    led = answered(on_kafka, 'call supervisor "$CARDS/v1/customers?limit=100"')["items"]
    assert {one["area_id"] for one in led} <= {"EAST", "EAST-1", "EAST-2"}
    assert {one["customer_id"] for one in own} < {one["customer_id"] for one in led}
    everybody = answered(on_kafka, 'call custodian "$CARDS/v1/customers?limit=100"')["items"]
    other = next(one["customer_id"] for one in everybody if one.get("area_id", "").startswith("SOUTH"))
    for role in ("salesperson", "supervisor"):
        assert seen(on_kafka, role, other) == 404
        assert seen(on_kafka, role, own[0]["customer_id"]) == 200


def test_the_try_out_keys_are_said_to_be_for_this_machine_only(on_kafka: Installation) -> None:
    said = (on_kafka.folder.parent / "said.txt").read_text()
    assert "for this machine only" in said
    assert (on_kafka.folder / "endpoints.json").stat().st_mode & 0o777 == 0o600
    for role in ROLES:
        assert on_kafka.endpoints["keys"][role] in said.replace("\n", "")


def seen(on: Installation, role: str, customer: str) -> int:
    address = f"{on.endpoints['services']['cards']['url']}/v1/customers/{customer}"
    return httpx.get(address, headers={"Authorization": f"Bearer {on.endpoints['keys'][role]}"}).status_code


def register(on: Installation, number: str) -> None:
    answer = httpx.post(
        f"{on.endpoints['services']['cards']['url']}/v1/customers",
        headers={"Authorization": f"Bearer {on.endpoints['keys']['integrator']}", "Idempotency-Key": f"register-{number}"},
        json={"kind": "COMPANY", "name": "Blue Gate Tools", "external_ids": [{"system": "erp", "value": number}]},
    )
    assert answer.status_code in (200, 201), answer.text
