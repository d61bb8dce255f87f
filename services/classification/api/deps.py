"""How a route gets what the handlers work with."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from services.classification.handlers.deps import Deps


async def get_deps(request: Request) -> Deps:
    deps: Deps = request.app.state.deps
    return deps


Dependencies = Annotated[Deps, Depends(get_deps)]
