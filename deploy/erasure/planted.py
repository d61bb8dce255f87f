"""The made-up person in an installation: registered, talked about, shown, erased by two callers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from clients.python.regulars_client import Api, ApiRefused, api
from deploy.erasure.canary import Canary
from deploy.keys import new_key
from deploy.local.folder import Folder
from shared.auth.keys import withdraw_key
from shared.auth.scopes import SCOPES

_ANSWERS: Mapping[str, tuple[str, ...]] = {
    "cards": (
        "/customers.csv",
        "/mailing-list.csv",
        "/customers/{id}",
        "/customers/{id}/changes",
        "/customers/{id}/dossier",
        "/customers/{id}/subject-access",
        "/intents?customer_id={id}",
        "/register?limit=500",
    ),
    "complaints": ("/complaints?customer_id={id}", "/complaints/{complaint}"),
}
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Callers:
    """`asking` calls each service; `agreeing` is somebody else."""

    asking: Mapping[str, Api]
    agreeing: Api


@asynccontextmanager
async def callers(folder: Folder, canary: Canary) -> AsyncIterator[Callers]:
    """Two callers with keys of their own, which end with the block. What they ask bears the marker, so that logs hold it."""
    services = folder.read_endpoints()["services"]
    raw = [new_key(folder.secrets, "local", f"erasure verify {who}", SCOPES) for who in ("asks", "agrees")]
    async with AsyncExitStack() as stack:
        stack.callback(lambda: [withdraw_key(folder.secrets / "keys.json", key.split("_")[2]) for key in raw])
        asking = {name: await stack.enter_async_context(api(services[name]["url"], raw[0])) for name in services}
        agreeing = await stack.enter_async_context(api(services["cards"]["url"], raw[1]))
        for one in (*asking.values(), agreeing):
            one.client.headers.update({"regulars-purpose": "SUBJECT_REQUEST", "x-request-id": canary.marker})
        yield Callers(asking, agreeing)


@dataclass(frozen=True, slots=True)
class Planted:
    customer: str
    complaint: str


async def plant(who: Callers, canary: Canary) -> Planted:
    """Register the person, with an intent and a complaint. Raises ApiRefused."""
    cards, complaints = who.asking["cards"], who.asking["complaints"]
    customer = str((await cards.post("/customers", canary.card(), key=f"{canary.marker}-card")).body["customer_id"])
    await cards.post(f"/customers/{customer}/intents", canary.intent(), key=f"{canary.marker}-intent")
    body = canary.complaint(customer, datetime.now(UTC).date())
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            answer = await complaints.post("/complaints", body, key=f"{canary.marker}-complaint")
        except ApiRefused as error:
            # The news of the customer is on its way.
            if error.status != 404 or time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.2)
        else:
            return Planted(customer, str(answer.body["id"]))


async def shown(who: Callers, planted: Planted) -> list[bytes]:
    """What the services answer and export about the person."""
    found = []
    for service, paths in _ANSWERS.items():
        for path in paths:
            address = path.format(id=planted.customer, complaint=planted.complaint)
            answer = await who.asking[service].client.get(f"/v1{address}")
            found.append(answer.content)
    return found


async def metrics(folder: Folder) -> list[bytes]:
    """What every process tells of itself."""
    found = []
    for one in folder.read_endpoints()["services"].values():
        for address in (one["url"], one["work"]):
            async with api(address, "nobody") as process:
                found.append((await process.client.get("/metrics")).content)
    return found


async def erase(who: Callers, customer: str, canary: Canary) -> dict[str, Any]:
    """Asked for by one, agreed to by the other. Raises ApiRefused."""
    path = f"/customers/{customer}/erasure"
    await who.asking["cards"].post(path, {"reason": "ERASURE_VERIFY"}, key=f"{canary.marker}-ask")
    body: dict[str, Any] = (await who.agreeing.post(f"{path}/approval", {}, key=f"{canary.marker}-agree")).body
    return body
