"""What the relay says about itself."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

UNSENT_AGE = Gauge(
    "regulars_relay_unsent_age_seconds", "Age of the oldest event that is not yet acknowledged by Kafka", ["service"]
)
RELAYED = Counter("regulars_relay_records_total", "Records acknowledged by Kafka", ["service"])
WATERMARK_AGE = Gauge("regulars_watermark_age_seconds", "Age of the newest published watermark", ["service"])
EPOCH = Gauge("regulars_relay_epoch", "Term of leadership of this process; 0 while it stands by", ["service"])
TAIL_LOST = Counter("regulars_relay_tail_lost_total", "Topic parts whose newest records Kafka had lost", ["service"])
