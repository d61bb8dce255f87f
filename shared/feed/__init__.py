"""The feed: events in commit order from two sources, Kafka and the event stores themselves, behind one port."""
