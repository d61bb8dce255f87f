"""pytest plugin (`-p tests.canaries`): every personal value of the run is a canary, and none may stand in a log, problem, metric or span.

A value is personal when it was sealed, or came in a request under the name of a personal field, whether it was accepted or not. What
applications in the test's own process tell is kept as it is told; logs and spans of processes that tests have started are read from
their folders. Values that are words of the program as well (short or plain ones) would be found everywhere and are left out.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.privacy import sealing
from shared.privacy.fields import personal_texts
from shared.telemetry import logs, spans
from tests.trust.counts import counted

_ALWAYS = frozenset(("person_name", "telephone", "email", "address", "born_on"))
_PEOPLE = frozenset(("contacts", "owner", "manager", "legal_representative", "traits", "postal", "decision_maker"))
_DIGITS = re.compile(r"[0-9]{7,}")


def is_telling(text: str) -> bool:
    """Whether a text, found somewhere, came from this value and nowhere else."""
    if text.startswith(("sealed:", "\ufffd")):
        return False
    if not text.isascii():
        return len(text) >= 2
    return len(text) >= 5 and (" " in text or "@" in text or _DIGITS.search(text.replace(" ", "")) is not None)


def personal_in(body: Any, inside: bool = False) -> Iterator[str]:
    """What stands under names of personal fields in a request."""
    if isinstance(body, dict):
        for name, value in body.items():
            yield from personal_in(value, inside or name in _PEOPLE or name in _ALWAYS)
    elif isinstance(body, list):
        for value in body:
            yield from personal_in(value, inside)
    elif isinstance(body, str) and inside:
        yield body


class Canaries:
    """What was personal in this process, and what it told."""

    def __init__(self, folder: Path) -> None:
        self.values: set[str] = set()
        self.log = (folder / "log.ndjson").open("a+", encoding="utf-8")
        self.spans = folder / "spans"
        self.problems: list[str] = []
        self.applications: dict[int, Any] = {}

    def met(self, texts: Iterable[str]) -> None:
        self.values.update(text for text in texts if is_telling(text))

    def told(self) -> dict[str, list[str]]:
        """Everything that was told, by its kind. Metrics are asked for now."""
        measured = asyncio.run(_metrics(list(self.applications.values())))
        self.log.seek(0)
        kept = [line for file in self.spans.glob("*.ndjson") for line in file.read_text().splitlines()]
        return {"log lines": self.log.read().splitlines(), "problems": self.problems, "metrics": measured, "spans": kept}


def found_in(values: Iterable[str], told: Iterable[str]) -> list[str]:
    """The values that stand in what was told, as they are or as JSON writes them."""
    everything = "\n".join(told)
    return sorted(one for one in values if one in everything or json.dumps(one)[1:-1] in everything)


async def _metrics(applications: Iterable[Any]) -> list[str]:
    found = []
    for application in applications:
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://canaries") as client:
            answer = await client.get("/metrics")
            if answer.status_code == 200:
                found.append(answer.text)
    return found


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Watch(config), "regulars-canaries")


class _Watch:
    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.lines: list[str] = []
        self.hits = 0

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        base: Path = self._config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
        folder = base / "canaries"
        folder.mkdir(parents=True, exist_ok=True)
        self.base, self.canaries = base, Canaries(folder)
        _listen(self.canaries)
        self._again()

    def pytest_runtest_setup(self) -> None:
        self._again()

    def _again(self) -> None:
        # A test of the logs themselves may have turned them elsewhere.
        logs.configure_logs("tests", "INFO", self.canaries.log)
        if not spans.are_on():
            spans.configure_spans("tests", "canaries", str(self.canaries.spans))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        told = self.canaries.told()
        apart = self.base / "canaries"
        started = [file for kind in ("*.log", "*.ndjson") for file in self.base.rglob(kind) if not file.is_relative_to(apart)]
        told["files of processes"] = [
            file.read_text(errors="replace") for file in started if file.parent.name in ("logs", "traces") and file.is_file()
        ]
        for kind, texts in told.items():
            found = found_in(self.canaries.values, texts)
            self.hits += len(found)
            self.lines.append(f"{kind}: {len(texts)}, {len(found)} personal values found")
            self.lines += [f"  {one!r}" for one in found[:20]]
        if self.hits and session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        _count(len(self.canaries.values), {kind: len(texts) for kind, texts in told.items()}, self.hits)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        terminalreporter.section(f"{len(self.canaries.values)} personal values, {self.hits} found in what was told")
        for line in self.lines:
            terminalreporter.write_line(line)


def _count(values: int, told: dict[str, int], hits: int) -> None:
    counted(personal_values=values, **{kind.replace(" ", "_"): number for kind, number in told.items()}, found=hits)


def _listen(canaries: Canaries) -> None:
    """Hear what is sealed, what is asked, and which problems are answered."""
    seal, seal_text = sealing.Sealer.seal, sealing.Sealer.seal_text
    handle = httpx.ASGITransport.handle_async_request

    def sealed(self: Any, event: Any, *more: Any) -> Any:
        canaries.met(text for _, text in personal_texts(event))
        return seal(self, event, *more)

    def sealed_text(self: Any, text: str, *more: Any) -> Any:
        canaries.met([text])
        return seal_text(self, text, *more)

    async def handled(self: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
        application: Any = self.app
        if hasattr(application, "state"):
            canaries.applications[id(application)] = application
        if "json" in request.headers.get("content-type", ""):
            with suppress(httpx.RequestNotRead):
                for line in request.content.splitlines():
                    with suppress(ValueError, RecursionError):
                        canaries.met(personal_in(json.loads(line)))
        response = await handle(self, request)
        if response.headers.get("content-type", "").startswith("application/problem"):
            canaries.problems.append((await response.aread()).decode("utf-8", "replace") + repr(response.headers.raw))
        return response

    sealing.Sealer.seal, sealing.Sealer.seal_text = sealed, sealed_text  # type: ignore[method-assign]
    httpx.ASGITransport.handle_async_request = handled  # type: ignore[method-assign]
