"""Access tokens, from a provider over real HTTP: who gets in, and every forged one that does not."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter

from shared.auth.keys import KeyRing, Refused, make_key
from shared.auth.members import add_member, withdraw_member
from shared.auth.provider import FRESH_SECONDS, KEPT_SECONDS, ProviderKeys, fetcher, usable
from shared.auth.roles import ROLES
from shared.auth.tokens import Expected, Tokens, named_key, tokens_of
from shared.outgoing.addresses import AddressRefused
from shared.settings import ServiceSettings
from shared.web.app import create_app
from shared.web.health import Readiness
from shared.web.reach import Reach, company
from shared.web.scope import Caller, scope
from tests.trust.counts import counted
from tests.unit.auth import provider as providers
from tests.unit.auth.forged import FORGED, Forger
from tests.unit.auth.provider import AUDIENCE, SECRET, SUBJECT, Provider, new_key, rs256, shown, signed
from tests.unit.projections.test_narrowing import SERVED

PEPPER = b"pepper"
LI = UUID("00000000-0000-4000-8000-000000000044")
DOCS = Path(__file__).parents[3] / "docs" / "security.md"


@dataclass
class Served:
    client: httpx.AsyncClient
    forger: Forger
    file: Path
    clock: list[float]
    reached: list[str]

    @property
    def provider(self) -> Provider:
        return self.forger.provider

    async def get(self, token: str, path: str = "/v1/me") -> httpx.Response:
        return await self.client.get(path, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
def forger() -> Iterator[Forger]:
    with providers.serving(Provider()) as provider, providers.serving(Provider()) as own:
        found = Forger(provider, own, new_key(), new_key(), new_key(1024), new_key())
        provider.keys += [
            shown(found.for_encryption, "enc", use="enc"),
            shown(found.weak, "weak"),
            shown(new_key(), "twice"),
            shown(found.twice, "twice"),
            {"kty": "oct", "kid": "oct", "k": "c2VjcmV0"},
        ]
        yield found


async def ready() -> Readiness:
    return Readiness(True)


def router_of(reached: list[str]) -> APIRouter:
    router = APIRouter(tags=["me"])

    @router.get("/v1/me", dependencies=[scope("cards.customer.read"), company])
    async def get_me(caller: Caller) -> dict[str, Any]:
        reached.append(caller.name)
        return {
            "id": caller.id,
            "person": caller.person_id,
            "role": caller.role,
            "rows": str(caller.rows),
            "scopes": sorted(caller.scopes),
        }

    @router.get("/v1/ledger", dependencies=[scope("cards.ledger.read"), company])
    async def get_ledger(caller: Caller) -> dict[str, Any]:
        reached.append(caller.name)
        return {}

    return router


@pytest.fixture
async def served(forger: Forger, tmp_path: Path) -> AsyncIterator[Served]:
    file, clock, reached = tmp_path / "keys.json", [0.0], []
    add_member(file, SUBJECT, name="Li", principal=LI, role="salesperson", person="E-44")
    add_member(file, "00u-withdrawn", name="Wu", principal=LI, role="auditor")
    withdraw_member(file, "00u-withdrawn")
    ring = KeyRing(file, PEPPER, "test")
    keys = ProviderKeys(fetcher(f"{forger.provider.issuer}/jwks"), "RS256", lambda: clock[0])
    tokens = Tokens(Expected(forger.provider.issuer, AUDIENCE, "RS256"), keys, ring)
    app = create_app(
        service="demo", title="Demo", routers=[router_of(reached)], keys=ring, tokens=tokens, ready=ready, reach=Reach(SERVED)
    )
    app.state.deps = None
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://demo") as client:
        yield Served(client, forger, file, clock, reached)


def refused(response: httpx.Response) -> None:
    assert (response.status_code, response.json()["code"]) == (401, "TOKEN_INVALID"), response.text
    assert response.headers["www-authenticate"] == 'Bearer realm="regulars", error="invalid_token"'


async def test_a_member_with_a_token_is_who_our_file_says(served: Served) -> None:
    answer = await served.get(served.provider.token())
    assert answer.json() == {
        "id": str(LI),
        "person": "E-44",
        "role": "salesperson",
        "rows": "Own(person_id='E-44')",
        # Without a purpose persons are not shown to anybody.
        "scopes": sorted(ROLES["salesperson"].scopes - {"cards.pii.read"}),
    }


async def test_a_token_that_the_provider_gave_to_a_client_is_taken(served: Served) -> None:
    add_member(served.file, "erp", name="erp", principal=LI, role="integrator")
    asked = {"grant_type": "client_credentials", "client_id": "erp", "client_secret": SECRET, "scope": "cards.customer.read"}
    async with httpx.AsyncClient() as client:
        known = (await client.get(f"{served.provider.issuer}/.well-known/openid-configuration")).json()
        given = (await client.post(known["token_endpoint"], data=asked)).json()
    assert (await served.get(given["access_token"])).json()["scopes"] == ["cards.customer.read"]
    assert (await served.get(given["access_token"], "/v1/ledger")).json()["code"] == "SCOPE_MISSING"


@pytest.mark.parametrize("name", FORGED)
async def test_a_forged_token_opens_nothing(served: Served, name: str) -> None:
    asked_of_forger = served.forger.own.asked.total()
    token = FORGED[name](served.forger)
    refused(await served.get(token))
    assert served.reached == []
    assert served.forger.own.asked.total() == asked_of_forger, "whatever a token says, no other address is asked"
    # What differs from this one is what the case is about.
    assert (await served.get(served.provider.token())).status_code == 200
    counted(forged_tokens=1, accepted=0)


@pytest.mark.parametrize(
    "name",
    [
        "alg_none_spelled_otherwise", "hmac_with_the_public_pem", "other_hash_of_the_same_key", "type_of_an_identity_token",
        "critical_extension", "header_said_twice", "signature_written_otherwise", "too_long", "padded", "kid_is_no_text",
    ],
)  # fmt: skip
def test_what_a_header_gives_away_is_refused_before_any_key_is_touched(forger: Forger, name: str) -> None:
    assert named_key(forger.provider.token(), "RS256") == forger.provider.kid
    with pytest.raises(Refused):
        named_key(FORGED[name](forger), "RS256")


def test_of_two_keys_of_one_id_neither_is_taken() -> None:
    one, two = new_key(), new_key()
    for order in ((one, two), (two, one)):
        listed = [shown(key, "twice") for key in order]
        assert usable(json.dumps({"keys": [*listed, shown(one, "once")]}).encode(), "RS256").keys() == {"once"}


def test_the_forged_tokens_are_listed_under_their_names() -> None:
    section = DOCS.read_text().partition("## Forged tokens")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `([a-z0-9_]+)` \|", section, re.MULTILINE)
    assert sorted(listed) == sorted(FORGED)
    assert len(listed) >= 25


async def test_a_token_goes_nowhere_but_into_its_header(served: Served) -> None:
    token = served.provider.token()
    for address, headers in (
        (f"/v1/me?access_token={token}", {}),
        ("/v1/me", {"Cookie": f"access_token={token}"}),
        ("/v1/me", {"X-Authorization": f"Bearer {token}"}),
    ):
        answer = await served.client.get(address, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "KEY_MISSING")
    twice = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]
    assert (await served.client.get("/v1/me", headers=twice)).status_code == 401
    for kind in ("DPoP", "Basic", "JWT", ""):
        assert (await served.client.get("/v1/me", headers={"Authorization": f"{kind} {token}".strip()})).status_code == 401
    assert served.reached == []


async def test_a_token_narrows_its_member_and_never_widens(served: Served) -> None:
    narrow = served.provider.token(claims=served.provider.claims(scope="openid cards.customer.read cards.ledger.write"))
    assert (await served.get(narrow)).json()["scopes"] == ["cards.customer.read"]
    assert (await served.get(narrow, "/v1/ledger")).status_code == 403
    nothing = served.provider.token(claims=served.provider.claims(scope="openid profile"))
    assert (await served.get(nothing)).status_code == 403


async def test_roles_and_rows_in_a_token_mean_nothing(served: Served) -> None:
    grand = served.provider.claims(roles=["auditor", "ops"], groups=["everybody"], role="auditor", rows="everybody", person="E-1")
    found = (await served.get(served.provider.token(claims=grand))).json()
    assert (found["role"], found["person"]) == ("salesperson", "E-44")


async def test_who_is_withdrawn_is_out_with_the_next_request(served: Served) -> None:
    token = served.provider.token()
    assert (await served.get(token)).status_code == 200
    add_member(served.file, SUBJECT, name="Li", principal=LI, role="ops")
    assert (await served.get(token)).status_code == 403
    withdraw_member(served.file, SUBJECT)
    refused(await served.get(token))


async def test_keys_and_tokens_are_taken_side_by_side(served: Served) -> None:
    key = make_key("test", served.file, PEPPER, name="erp", scopes=["cards.customer.read"], principal=LI)
    assert (await served.get(key)).json()["role"] is None
    assert (await served.get(served.provider.token())).json()["role"] == "salesperson"


async def test_a_provider_is_asked_once_for_many_and_again_for_a_key_that_is_new(served: Served) -> None:
    before = served.provider.asked["/jwks"]
    for _ in range(20):
        assert (await served.get(served.provider.token())).status_code == 200
    assert served.provider.asked["/jwks"] == before + 1
    key = new_key()
    served.provider.keys.append(shown(key, "k2"))
    new = signed(served.provider.header(kid="k2"), served.provider.claims(), rs256(key))
    refused(await served.get(new))
    served.clock[0] += 11
    assert (await served.get(new)).status_code == 200
    served.clock[0] += 11
    for number in range(30):
        refused(await served.get(signed(served.provider.header(kid=f"none-{number}"), served.provider.claims(), rs256(key))))
    assert served.provider.asked["/jwks"] == before + 3
    served.provider.keys.pop()
    assert (await served.get(new)).status_code == 200
    served.clock[0] += FRESH_SECONDS
    refused(await served.get(new))


async def test_a_provider_that_is_away_is_waited_for_with_longer_and_longer_pauses(served: Served) -> None:
    known, unknown = served.provider.token(), served.provider.token(served.provider.header(kid="k7"))
    assert (await served.get(known)).status_code == 200
    served.provider.away = True
    try:
        served.clock[0] += FRESH_SECONDS + 1
        assert (await served.get(known)).status_code == 200, "its keys serve on while it is away"
        before = served.provider.asked["/jwks"]
        answer = await served.get(unknown)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        for _ in range(400):
            served.clock[0] += 1
            await served.get(unknown)
        # Pauses of 2, 4, 8, 16, 32 and then 60 seconds.
        assert 8 <= served.provider.asked["/jwks"] - before <= 12
        served.clock[0] += KEPT_SECONDS
        assert (await served.get(known)).status_code == 503
    finally:
        served.provider.away = False
    served.clock[0] += 61
    assert (await served.get(known)).status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"keys": {}}', b'{"keys": [1, null, {}, {"kid": 5}, {"kty": "RSA", "kid": "x", "n": 1, "e": "??"}]}', b"\xff", b"<html>"]
)  # fmt: skip
async def test_what_is_no_set_of_keys_is_no_key(body: bytes) -> None:
    async def fetch() -> bytes:
        return body

    keys = ProviderKeys(fetch, "RS256")
    try:
        assert await keys.find("x") is None
    except Exception as error:
        assert type(error).__name__ == "ProviderAway"


@pytest.mark.parametrize(
    "url", ["http://idp.example.com/jwks", "ftp://127.0.0.1/x", "file:///etc/passwd", "https://u:p@idp.example.com/jwks", "jwks"]
)
def test_keys_are_asked_for_over_https(url: str) -> None:
    with pytest.raises(AddressRefused):
        fetcher(url)


def test_half_a_provider_is_none(tmp_path: Path) -> None:
    add_member(tmp_path / "keys.json", SUBJECT, name="Li", principal=LI, role="auditor")
    ring = KeyRing(tmp_path / "keys.json", PEPPER, "test")
    assert tokens_of(ServiceSettings(dsn=""), ring) is None
    for half in (
        {"token_issuer": "https://idp"},
        {"token_keys": "https://idp/jwks"},
        {"token_issuer": "a", "token_keys": "https://b", "token_audience": ""},
    ):
        with pytest.raises(ValueError):
            tokens_of(ServiceSettings(dsn="", **half), ring)
    assert tokens_of(ServiceSettings(dsn="", token_issuer="https://idp", token_keys="https://idp/jwks"), ring) is not None
