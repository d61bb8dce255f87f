"""A process of a service that can be hurt at named points: `python -m tests.chaos.faulty api|work`.

It runs the shipped program, `services.<CHAOS_SERVICE>`, with nothing changed in it but this: some of its functions are
wrapped, and a wrapper looks whether a file `<CHAOS_FOLDER>/<point>` is there when the program passes by. The file says
what happens: `kill` (SIGKILL of the own process), `stop` (SIGSTOP; whoever wrote the file wakes it again), `sleep <seconds>`,
`raise` (a lost connection). One file hurts once. A file `clock` holds seconds by which the injected clock is ahead of
the machine's. With a file `newer` at its start it writes events as a later version will. `CHAOS_UNLOCKED=1`: the advisory lock of the leader is not taken, so that two lead at once.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

RELAY_POINTS = (
    "relay-before-read",
    "relay-after-read",
    "relay-half-sent",
    "relay-sent",
    "relay-acknowledged",
    "relay-saved",
    "relay-in-lock",
    "relay-in-watermark",
)
CONSUMER_POINTS = ("consumer-read", "consumer-before-move", "consumer-moved", "consumer-committed")
_FOLDER = Path(os.environ.get("CHAOS_FOLDER", "/nonexistent"))


def pass_by(point: str) -> None:
    """Where the program is at a named point: be hurt if a file says so."""
    file = _FOLDER / point
    if not file.exists():
        return
    wanted = file.read_text().split()
    file.unlink(missing_ok=True)
    match wanted:
        case ["kill"]:
            os.kill(os.getpid(), signal.SIGKILL)
        case ["stop"]:
            os.kill(os.getpid(), signal.SIGSTOP)
        case ["sleep", seconds]:
            time.sleep(float(seconds))
        case ["raise"]:
            raise ConnectionResetError(point)


def _around(module: Any, name: str, before: str | None = None, after: str | None = None) -> None:
    shipped: Callable[..., Awaitable[Any]] = getattr(module, name)

    async def wrapped(*arguments: Any, **named: Any) -> Any:
        if before is not None:
            pass_by(before)
        found = await shipped(*arguments, **named)
        if after is not None:
            pass_by(after)
        return found

    setattr(module, name, wrapped)


def hurt_at_points() -> None:
    """Wrap the shipped functions at every named point. A name that is not there any more is an error."""
    from aiokafka import AIOKafkaProducer

    from shared.projections import apply, runner
    from shared.relay import leader, relay, watermark

    _around(relay, "read_tail", before="relay-before-read", after="relay-after-read")
    _around(AIOKafkaProducer, "send_batch", after="relay-half-sent")
    _around(relay, "save", before="relay-acknowledged", after="relay-saved")
    _around(leader, "take_epoch", after="relay-in-lock")
    _around(watermark, "publish", after="relay-in-watermark")
    _around(runner, "apply_batches", before="consumer-read", after="consumer-committed")
    _around(apply, "move", before="consumer-before-move", after="consumer-moved")
    shipped_send = relay.send

    async def send(*arguments: Any, **named: Any) -> Any:
        # Everything is handed over, and whether Kafka has it is not known yet.
        sending = asyncio.ensure_future(shipped_send(*arguments, **named))
        await asyncio.sleep(0)
        pass_by("relay-sent")
        return await sending

    relay.send = send


def lead_unlocked() -> None:
    """Lead without asking whether another process leads."""
    from shared.relay import leader

    async def while_leading(_dsn: str, _name: str, work: Callable[[], Awaitable[None]], *, application: str) -> None:
        del application
        await work()

    setattr(leader, "while_leading", while_leading)  # noqa: B010  (the module does not offer the name)


def write_as_newer() -> None:
    """Write every event with a field that this version does not know, as a later version of the program will."""
    from shared.event_store import append

    shipped_body, shipped_event = append._body, append._event

    def newer(body: bytes) -> bytes:
        return body[:-1] + (b"," if len(body) > 2 else b"") + b'"of_a_later_version":{"kind":"x","amount":"1.00"}}'

    def body_of(fact: Any) -> str | None:
        body = shipped_body(fact)
        return None if body is None else newer(body.encode()).decode()

    def event_of(new: Any) -> dict[str, Any]:
        event = shipped_event(new)
        return {**event, "body": msgspec.Raw(newer(bytes(event["body"])))}

    append._body, append._event = body_of, event_of


def skewed_now() -> datetime:
    """The machine's clock, and what the file `clock` adds."""
    try:
        ahead = float((_FOLDER / "clock").read_text())
    except (FileNotFoundError, ValueError):
        ahead = 0.0
    return datetime.now(UTC) + timedelta(seconds=ahead)


def main(arguments: list[str]) -> int:
    service = os.environ["CHAOS_SERVICE"]
    wiring: Any = importlib.import_module(f"services.{service}.wiring")
    hurt_at_points()
    if os.environ.get("CHAOS_UNLOCKED"):
        lead_unlocked()
    if (_FOLDER / "newer").exists():
        write_as_newer()
    shipped_api, shipped_work = wiring.build_api, wiring.run_work
    wiring.build_api = lambda settings: shipped_api(settings, now=skewed_now)
    wiring.run_work = lambda settings: shipped_work(settings, now=skewed_now)
    program = importlib.import_module(f"services.{service}.__main__")
    found: int = program.main(arguments)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
