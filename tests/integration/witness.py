"""Looks at every answer of an application that tests talk to: it must be as the OpenAPI document of the application says.

REGULARS_ANSWERS=check asks for that. With REGULARS_ANSWERS=<folder> nothing is compared; what was answered is written down there, for
`regulars contracts --answers`.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import jsonschema
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deploy.contracts.shapes import closed

NOT_AS_DOCUMENTED = (
    "{operation} answered {status}, and not as its document says: {what}. Is the answer right? Then run this test with "
    "REGULARS_ANSWERS=build/answers, then `regulars contracts --answers build/answers`, and commit what they write."
)
_RUN = uuid4().hex
_HEADERS = ("ETag", "Location", "Link", "Regulars-Position", "Idempotent-Replayed")


def watched(app: FastAPI) -> ASGIApp:
    """The application, with its answers looked at where that is wanted. One that is not documented fails the test that has asked."""
    wanted = os.environ.get("REGULARS_ANSWERS")
    if wanted is None:
        return app

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        told: list[Message] = []

        async def sending(message: Message) -> None:
            told.append(message)
            await send(message)

        await app(scope, receive, sending)
        operation = getattr(scope.get("route"), "unique_id", None)
        if scope["type"] != "http" or operation is None or not told:
            return
        headers = {name.decode().lower() for name, _ in told[0]["headers"]}
        content = dict(told[0]["headers"]).get(b"content-type", b"").partition(b";")[0].decode()
        body = b"".join(message.get("body", b"") for message in told[1:])
        status = str(told[0]["status"])
        if wanted != "check":
            _write_down(Path(wanted) / f"{app.state.service}-{_RUN}.jsonl", operation, status, content, body, headers)
        elif problem := _wrong(app, operation, status, content, body):
            raise AssertionError(NOT_AS_DOCUMENTED.format(operation=operation, status=status, what=problem))

    # Tests read the table of routes off the application that they talk to.
    call.strict_routes = app.strict_routes  # type: ignore[attr-defined]
    return call


def _write_down(file: Path, operation: str, status: str, content: str, body: bytes, headers: set[str]) -> None:
    lines: list[tuple[str, Any]] = []
    if status < "300":
        lines.append((f"{status} headers", [name for name in _HEADERS if name.lower() in headers]))
        if content == "application/json":
            lines.append((status, json.loads(body)))
    elif content == "application/problem+json":
        lines.append((status, json.loads(body)["code"]))
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as out:
        out.writelines(json.dumps([operation, at, value]) + "\n" for at, value in lines)


def _wrong(app: FastAPI, operation: str, status: str, content: str, body: bytes) -> str | None:
    if status == "304":
        return None
    responses = _responses(app)[operation]
    if status not in responses:
        return "the status is not documented" if status not in ("405", "500") else None
    if status >= "400":
        code = json.loads(body)["code"]
        codes = _codes(app, operation, status)
        return None if code in codes else f"{code} is not among {', '.join(sorted(codes))}"
    documented = responses[status].get("content", {})
    if not content and not body and not documented:
        return None
    if content not in documented:
        return f"its media type {content!r} is not documented"
    if content != "application/json":
        return None
    validator = _validator(app, operation, status)
    found = next(iter(validator.iter_errors(json.loads(body))), None)
    return None if found is None else f"{found.json_path}: {found.message[:300]}"


@cache
def _responses(app: FastAPI) -> dict[str, dict[str, Any]]:
    document = app.openapi()
    return {one["operationId"]: one["responses"] for methods in document["paths"].values() for one in methods.values()}


@cache
def _codes(app: FastAPI, operation: str, status: str) -> set[str]:
    given = _responses(app)[operation][status]
    if "$ref" in given:
        given = app.openapi()["components"]["responses"][given["$ref"].rpartition("/")[2]]
    return set(given["content"]["application/problem+json"]["examples"])


@cache
def _validator(app: FastAPI, operation: str, status: str) -> Any:
    schema = _responses(app)[operation][status]["content"]["application/json"]["schema"]
    return jsonschema.Draft202012Validator(closed(schema), format_checker=jsonschema.FormatChecker())
