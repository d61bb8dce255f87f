"""What the handlers work with; made once, in the wiring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.cards.handlers.known import KnownCustomers
from shared.event_store.together import Together
from shared.postgres.pool import Pool
from shared.privacy.sealing import Sealer
from shared.web.pages import CursorCodec

SCHEMA = "cards"


@dataclass(frozen=True, slots=True)
class Deps:
    """`zone` is the company's: business days are days there. `line_secret` makes the keys of import jobs. `stores`: where the
    published views of each service are read."""

    pool: Pool
    together: Together
    keystore: Pool
    sealer: Sealer
    known: KnownCustomers
    cursors: CursorCodec
    now: Callable[[], datetime]
    zone: ZoneInfo
    parts: int
    line_secret: bytes
    stores: Mapping[str, Pool]

    def today(self) -> date:
        """The company's business day."""
        return self.now().astimezone(self.zone).date()
