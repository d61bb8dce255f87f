"""Deterministic simulation: the shipped coroutines in one thread, under a seeded scheduler, against a faulty store, broker and clock.

Nothing of the program is modelled here. What is modelled is what lies outside of it: PostgreSQL's transactions, Kafka's logs and
clients, processes that are killed and stopped, and time. A schedule is a function of its seed.
"""
