"""What operators see of consumers and read models."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from prometheus_client import REGISTRY, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

FOLDED = Counter("regulars_projection_events_total", "Events folded into a read model", ["schema", "read_model"])
SKIPPED = Counter(
    "regulars_projection_skipped_total", "Records of a type that a read model does not ask for", ["schema", "read_model"]
)
REPEATED = Counter("regulars_projection_repeated_total", "Records that were delivered again and dropped", ["schema", "topic"])
UNDECODABLE = Counter(
    "regulars_projection_undecodable_total", "Records without readable headers, kept as bytes", ["schema", "topic"]
)
PARKED = Counter("regulars_projection_parked_total", "Keys parked", ["schema", "read_model"])
UNPARKED = Counter("regulars_projection_unparked_total", "Keys folded anew and taken out of parking", ["schema", "read_model"])
PARKED_KEYS = Gauge("regulars_projection_parked_keys", "Keys that are parked now, in the whole service", ["schema", "read_model"])
PARTS_LOST = Counter(
    "regulars_projection_parts_lost_total", "Batches given up because another process had moved the position", ["schema"]
)
REWOUND = Counter(
    "regulars_projection_rewound_total", "Topic parts read again from their beginning: a record was missing", ["schema", "topic"]
)
BATCH_SECONDS = Histogram(
    "regulars_projection_batch_seconds",
    "Time to fold and store one batch",
    ["schema"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
PARTS_OWNED = Gauge("regulars_projection_parts_owned", "Parts that this process works on", ["schema"])
NOT_BUILT = Gauge(
    "regulars_projection_not_built", "1 when no slot of this version exists yet: a rebuild is due", ["schema", "read_model"]
)


class Place(NamedTuple):
    """How far a read model is on a part: the records of its topics that wait, and the moment through which it has all.

    None: not known, or not known yet.
    """

    read_model: str
    part: int
    behind: int | None
    through: datetime | None


def parked_now(schema: str, parked: Mapping[str, int]) -> None:
    """Show how many keys are parked, by read model; those that are not named have none."""
    known = _shown.setdefault(schema, set())
    for name in known | parked.keys():
        PARKED_KEYS.labels(schema, name).set(parked.get(name, 0))
    known |= parked.keys()


_shown: dict[str, set[str]] = {}


class _Places(Collector):
    """Asked when somebody looks, so that reading and folding pay nothing for it."""

    def __init__(self) -> None:
        self.followed: dict[str, Callable[[], Iterable[Place]]] = {}

    def collect(self) -> Iterable[Metric]:
        labels = ["schema", "read_model", "part"]
        behind = GaugeMetricFamily(
            "regulars_projection_lag_events", "Records of a read model's topics that wait to be folded", labels=labels
        )
        through = GaugeMetricFamily(
            "regulars_projection_complete_through_seconds",
            "Unix time through which a read model has everything of a part; its distance to now is the lag in seconds",
            labels=labels,
        )
        for schema, look in list(self.followed.items()):
            for place in look():
                values = [schema, place.read_model, str(place.part)]
                if place.behind is not None:
                    behind.add_metric(values, place.behind)
                if place.through is not None:
                    through.add_metric(values, place.through.timestamp())
        return (behind, through)


_places = _Places()
REGISTRY.register(_places)


def follow_places(schema: str, look: Callable[[], Iterable[Place]]) -> None:
    """From now on `look` says how far the read models of this process are."""
    _places.followed[schema] = look
