"""How an API process is served."""

from __future__ import annotations

import uvicorn
from starlette.types import ASGIApp


def serve_api(app: ASGIApp, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT: requests in hand are answered first, for ten seconds at most. Logs are set up before."""
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=10,
        h11_max_incomplete_event_size=64 * 1024,
    )
