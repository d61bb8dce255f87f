"""`make replay DATA_DIR=...`: purchases of a data set in every way of reading; without a folder, the running installation's own log."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from rich.console import Console
from rich.table import Table

from deploy.backtest.files import Bill, Trader, read
from deploy.backtest.items import item, items_of
from deploy.local.folder import Folder
from deploy.options import HERE
from deploy.replay.installation import log_of
from deploy.replay.ways import WAYS, digest, said_by
from services.alerts.domain.control import Control
from services.alerts.domain.judging import Saying
from services.alerts.engine.items import Item, item_of
from services.alerts.engine.step import step
from shared.contracts.alerts import WentLive
from shared.contracts.cursor import Cursor

ZONE = ZoneInfo("UTC")
DATA = "online-retail/transactions.csv.gz"
TERMS = timedelta(days=30)
AFTERWARDS = timedelta(days=400)


class Story(NamedTuple):
    """Items, the moment up to which timers are fired, and what was said of them, by whom."""

    items: Sequence[Item]
    through: datetime
    zone: ZoneInfo
    said: Sequence[Saying]
    by: str


def main(arguments: Sequence[str]) -> int:
    console = Console(width=None if sys.stdout.isatty() else 130)
    story = of_folder(Path(arguments[0])) if arguments else of_installation()
    expected = digest(story.said)
    table = Table("read how", "events of alerts", "digest", "seconds", title=f"{len(story.items)} facts and control items")
    table.add_row(story.by, str(len(story.said)), expected[:16], "")
    equal = True
    for way in WAYS:
        began = time.monotonic()
        said = said_by(story.items, way, story.through, story.zone)
        found = digest(said)
        equal = equal and found == expected
        table.add_row(str(way), str(len(said)), found[:16], f"{time.monotonic() - began:.1f}")
        console.print(f"{way}: {'equal' if found == expected else 'DIFFERENT'}")
    console.print(table)
    return 0 if equal else 1


def of_installation() -> Story:
    log = asyncio.run(log_of(Folder(HERE).read_endpoints()))
    return Story(log.items, log.through, log.zone, log.said, "said live")


def of_folder(folder: Path) -> Story:
    items = list(of_file(folder / DATA))
    through = items[-1].record.recorded_at + AFTERWARDS
    said = step({}, Control(), items, through, ZONE).sayings
    return Story(items, through, ZONE, said, "all at once")


def of_file(path: Path) -> Iterator[Item]:
    """The purchases of a file as sales with invoices, which are paid late or not at all as a seeded chance has it, in order."""
    chance = Random(1)
    traders = read(path, None)
    until = max(one.on for trader in traders for one in trader.purchases)
    live_on = min(one.on for trader in traders for one in trader.purchases) + timedelta(days=90)
    found = [item(WentLive(live_on=live_on), None, live_on, 0)]
    for trader in traders:
        trader.bills = list(_bills(trader, until, chance))
        found += [dated.item for dated in items_of(trader, until)]
    # Customers have days in common, and of each topic no two items have one place.
    yield from _numbered(sorted(found, key=lambda one: (one.key, str(one.record.customer_id))))


def _bills(trader: Trader, until: date, chance: Random) -> Iterator[Bill]:
    for number, purchase in enumerate(trader.purchases):
        if purchase.amount is not None and purchase.amount > 0:
            due = purchase.on + TERMS
            paid = due + timedelta(days=chance.choice((-5, 0, 0, 2, 9, 25, 70)))
            settled = paid if paid <= until and chance.random() < 0.97 else None
            yield Bill(f"{trader.name}-{number}", purchase.on, due, settled, purchase.amount, disputed=chance.random() < 0.03)


def _numbered(items: Iterable[Item]) -> Iterator[Item]:
    for number, one in enumerate(items, 1):
        yield item_of(msgspec.structs.replace(one.record, cursor=Cursor(1, number, number)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
