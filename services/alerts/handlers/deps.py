"""What the handlers work with; made once, in the wiring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.alerts.domain.business_days import business_day
from shared.outgoing.addresses import Network
from shared.postgres.pool import Pool
from shared.privacy.sealing import Sealer
from shared.privacy.wrapping import MasterKey
from shared.web.pages import CursorCodec

SCHEMA = "alerts"


@dataclass(frozen=True, slots=True)
class Deps:
    """`zone` is the company's: business days are days there. `stores`: pools that see the published views, by service.
    `callable_networks` may be called though they are not public.
    """

    pool: Pool
    sealer: Sealer
    cursors: CursorCodec
    now: Callable[[], datetime]
    zone: ZoneInfo
    parts: int
    stores: Mapping[str, Pool]
    master: MasterKey
    callable_networks: tuple[Network, ...] = ()

    def today(self) -> date:
        """The company's business day."""
        return business_day(self.now(), self.zone)
