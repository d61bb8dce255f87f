"""Whether an installation kept its promises: asked of stores, topics and APIs alone, by rules written down here a second time.

Nothing of the program under test decides: tables are read by SQL, records by a plain consumer, answers over HTTP. The letters
are those of the invariants: I1 acknowledged once, I2 streams without gap and never rewritten, I3 topics = store, I4 links
and parts, I5 lists = facts, I6 positions at the end and nothing parked, I7 warnings = what was deserved, I9 one answer a key, I10 reads on record and sealed,
I12 no error of an unknown kind in the logs, I13 no transaction left open.
"""
