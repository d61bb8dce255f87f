"""How many requests a process has in hand at once. What comes above that is told to come later, at once and for next to nothing:
were it taken in, everybody would wait, and most of them in vain."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web.problem import Problem, problem_response

IN_HAND = 100
"""Ten for each connection of the pool: what waits behind them would wait longer than it may."""
_ALWAYS = frozenset(("/livez", "/readyz", "/startupz", "/metrics"))


@dataclass
class Hands:
    """The requests in hand of one process, whatever way they go, and how many there may be."""

    most: int = IN_HAND
    full: int = 0

    def take(self) -> None:
        """Take one more in hand, if there is room. Raises Problem: UNAVAILABLE."""
        if self.full >= self.most:
            raise Problem("UNAVAILABLE", headers={"Retry-After": "1"})
        self.full += 1


class Admission:
    """Middleware. A request is in hand until its answer begins: streams then last as long as they like. Health is always answered."""

    def __init__(self, app: ASGIApp, hands: Hands) -> None:
        self.app, self.hands = app, hands

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _ALWAYS:
            await self.app(scope, receive, send)
            return
        try:
            self.hands.take()
        except Problem as problem:
            response = problem_response(problem.body(), problem.status, scope["path"], problem.headers)
            await response(scope, receive, send)
            return
        held = True

        async def sending(message: Message) -> None:
            nonlocal held
            if held:
                held = False
                self.hands.full -= 1
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            if held:
                self.hands.full -= 1
