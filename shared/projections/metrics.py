"""What operators see of consumers and read models."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

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
FEED_THROUGH = Gauge(
    "regulars_feed_complete_through_seconds", "Unix time through which all topic parts of this process are read", ["schema"]
)
NOT_BUILT = Gauge(
    "regulars_projection_not_built", "1 when no slot of this version exists yet: a rebuild is due", ["schema", "read_model"]
)
